package pde

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"pdesolve/grid"
)

// diffusionSettings say how a diffusionStepper steps.
type diffusionSettings struct {
	cfl       float64 // step as a fraction of the explicit bound; 0: step and super-steps
	step      float64 // nominal step
	tolerance float64 // of the estimated error of a step in L¹; 0: step always
}

// diffusionStepper steps a diffusionFlow: by SSP-RK2,
//
//	ρ¹ = ρ + dt L(ρ),    ρ² = ρ¹ + dt L(ρ¹),    ρ ← (ρ + ρ²)/2,
//
// where the step is at most 1/rate, and by a super-step of RKL2 where it is longer.
// A step that leaves a negative cell, a number that is not finite or more energy
// than before is redone with half the length.
type diffusionStepper struct {
	diffusionSettings
	flow  diffusionFlow
	grids []*grid.Grid
	mass  *cellMass // y and next hold masses on graded grids

	y, next  padded // ρ as last measured, and the step's result
	one, two padded // of error estimates; one also of SSP-RK2
	at       measurement
	ready    bool // at belongs to y
	control  stepControl
}

// energyRounding bounds by how much rounding alone can make a computed energy rise,
// relative to max(1, |F|), as in a JKO step.
const energyRounding = jkoRounding

// maxDiffusionHalvings bounds the halvings of one step: SSP-RK2 takes over after
// log₂ of the number of explicit steps in it.
const maxDiffusionHalvings = 60

// newDiffusionFlow returns the flow of f, or an error that names what cannot be
// treated.
func newDiffusionFlow(f Functional, grids []*grid.Grid) (diffusionFlow, error) {
	p := PartsOf(f)
	switch {
	case p.fitted():
		return newFitted(f, p, grids), nil
	case !p.HasLocal():
		return nil, errors.New("the energy has no diffusion, neither entropy nor porous-medium; schemes that take this one: upwind, muscl")
	case p.Dependence() == Pointwise:
		return nil, errors.New("a part of the energy besides entropy and porous-medium depends on ρ cell by cell; schemes that take this one: upwind, muscl")
	}
	for _, q := range p.Powers {
		if q.Exponent < 1 {
			return nil, fmt.Errorf("fast diffusion (exponent %v), whose diffusivity has no bound at vacuum; schemes that take this one: implicit-upwind, upwind, muscl", q.Exponent)
		}
	}
	if p.Rest != nil {
		return newDrifted(f, p, grids), nil
	}
	return newPorous(f, p, grids), nil
}

// newDiffusionStepper binds a flow.
func newDiffusionStepper(flow diffusionFlow, grids []*grid.Grid, o diffusionSettings) *diffusionStepper {
	s := &diffusionStepper{diffusionSettings: o, flow: flow, grids: grids, mass: newCellMass(grids)}
	s.control = stepControl{tolerance: o.tolerance, order: 2}
	s.y, s.next, s.one = flow.vectors(), flow.vectors(), flow.vectors()
	if o.tolerance > 0 {
		s.two = flow.vectors()
	}
	return s
}

// load measures rho unless it is the state that the last step left.
func (s *diffusionStepper) load(rho State) (evaluations int, err error) {
	if len(rho) != len(s.grids) {
		panic(fmt.Sprintf("pde: Step: a state of %d components: bound to %d", len(rho), len(s.grids)))
	}
	same, rho := s.ready, s.mass.masses(rho)
	for c, d := range rho {
		same = same && slices.Equal(s.flow.cells(s.y, c), d.Values)
	}
	if same {
		return 0, nil
	}
	for c, d := range rho {
		copy(s.flow.cells(s.y, c), d.Values)
	}
	s.at, err = s.flow.measure(s.y)
	s.ready = err == nil
	return s.at.evaluations, err
}

// unload writes y to rho. On graded grids y becomes what load would make of rho, which is
// y but for a rounding.
func (s *diffusionStepper) unload(rho State) {
	for c, d := range rho {
		copy(d.Values, s.flow.cells(s.y, c))
	}
	s.mass.store(rho, rho)
	if s.mass == nil {
		return
	}
	for c, d := range s.mass.masses(rho) {
		copy(s.flow.cells(s.y, c), d.Values)
	}
}

// probe returns the energy and the dissipation at rho.
func (s *diffusionStepper) probe(rho State) (StepReport, error) {
	n, err := s.load(rho)
	return StepReport{Energy: s.at.energy, Dissipation: s.at.dissipation, Evaluations: n}, err
}

// Step advances rho by one step; see Stepper.
func (s *diffusionStepper) Step(ctx context.Context, rho State, limit float64) (StepReport, error) {
	if !(limit > 0) {
		panic(fmt.Sprintf("pde: Step: limit = %v, want above 0", limit))
	}
	r, err := s.probe(rho)
	if err != nil {
		return r, err
	}
	r.Dt = s.length(limit)
	near := r.Dt < min(s.step, s.control.proposal)
	for {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		after, reason, err := s.attempt(r.Dt)
		r.Evaluations += after.evaluations
		if err != nil {
			return r, err
		}
		if reason == nil {
			scale := s.judge(r.Dt)
			if scale >= stepMargin {
				s.control.accept(r.Dt, scale, near && r.Rejections == 0)
				s.at = after
				break
			}
			r.Dt *= scale
		} else {
			if r.Rejections >= maxDiffusionHalvings {
				return r, fmt.Errorf("no step down to %.3g can be taken: %w", r.Dt, reason)
			}
			r.Dt /= 2
		}
		r.Rejections++
	}
	s.y, s.next = s.next, s.y
	s.unload(rho)
	return r, nil
}

// length returns the step to try first.
func (s *diffusionStepper) length(limit float64) float64 {
	longest := (maxStages*maxStages + maxStages - 2) / (4 * spectralMargin * s.at.rate)
	dt := min(s.step, longest)
	switch {
	case s.cfl > 0:
		dt = s.cfl * (1 - slack) / s.at.rate
	case s.tolerance > 0:
		if s.control.proposal == 0 {
			s.control.proposal = 1 / s.at.rate
		}
		dt = min(dt, s.control.proposal)
	default:
		if n := math.Ceil(limit / dt * (1 - 1e-12)); n > 1 {
			return limit / n
		}
		return limit
	}
	return withoutSliver(limit, dt)
}

// attempt takes a step of length dt from y to next and measures next. If a shorter
// step may succeed where this one failed, reason says why it failed.
func (s *diffusionStepper) attempt(dt float64) (after measurement, reason, err error) {
	if err := s.advance(dt); err != nil {
		if errors.Is(err, errTooLong) || errors.Is(err, ErrDiverged) {
			return after, err, nil
		}
		return after, nil, err
	}
	for c := range s.next {
		z := s.flow.cells(s.next, c)
		sum, low := sumLeast(z)
		if math.IsNaN(sum) || math.IsInf(sum, 0) {
			return after, &DivergedError{Component: c, What: "the density is not finite"}, nil
		}
		if low < 0 {
			return after, fmt.Errorf("the smallest cell average of component %d would be %.3g", c, low), nil
		}
		keepMass(z, sum, s.flow.cells(s.y, c), stageRounding(s.stages(dt)))
	}
	after, err = s.flow.measure(s.next)
	if err != nil {
		return after, err, nil
	}
	if rise := after.energy - s.at.energy; !(rise <= energyRounding*max(1, math.Abs(s.at.energy))) {
		return after, fmt.Errorf("the energy would rise by %.3g", rise), nil
	}
	return after, nil, nil
}

// stageRounding is the largest relative change of the mass in a step of s stages that is
// taken for rounding: 2⁻⁵² s^{3/2}, but at least 2⁻⁴⁸ (3.6e-15). Before any correction rough
// densities show 7e-16 with up to 9 stages, 1e-13 with 301, of either sign.
func stageRounding(s int) float64 {
	return max(0x1p-48, 0x1p-52*math.Pow(float64(s), 1.5))
}

// keepMass multiplies z, whose sum is given, by the ratio of the sum of y to it, if
// that is 1 up to rounding. A larger error is left for the contracts to report.
func keepMass(z []float64, sum float64, y []float64, rounding float64) {
	before, _ := sumLeast(y)
	if e := (before - sum) / sum; e != 0 && math.Abs(e) <= rounding {
		relax(z, z, z, -e, 0)
	}
}

// sumLeast returns the compensated sum and the minimum of x. The sum is not finite
// if an element is not; the minimum may then be anything.
func sumLeast(x []float64) (sum, least float64) {
	inf := math.Inf(1)
	low := lanes{inf, inf, inf, inf}
	var total compensated
	for len(x) > 0 {
		n := min(len(x), stripLength)
		var s lanes
		sumMin(x[:n], &s, &low)
		total.add(s.sum())
		x = x[n:]
	}
	return total.value(), min(low[0], low[1], low[2], low[3])
}

// stages returns the stages of a super-step of length dt, 0 if SSP-RK2 takes it.
func (s *diffusionStepper) stages(dt float64) int {
	if dt*s.at.rate > 1-slack {
		return rklStages(2 * spectralMargin * s.at.rate * dt)
	}
	return 0
}

// advance takes a step of length dt from y to next.
func (s *diffusionStepper) advance(dt float64) error {
	if n := s.stages(dt); n > 0 {
		return s.flow.leap(s.next, s.y, dt, n)
	}
	if err := s.flow.euler(s.one, s.y, dt); err != nil {
		return err
	}
	if err := s.flow.euler(s.next, s.one, dt); err != nil {
		return err
	}
	for c := range s.next {
		z := s.flow.cells(s.next, c)
		blend(z, s.flow.cells(s.y, c), z, 0.5)
	}
	return nil
}

// spectralMargin is by how much the spectral radius may grow during a step.
const spectralMargin = 1.02

// maxStages bounds the stages of a super-step; longer steps are cut. A rounding of the
// mass in stage j reaches the end multiplied by j log(s/j) (derived from the Legendre
// recursion), so that the mass would drift in proportion to s^{3/2}; see keepMass.
const maxStages = 499

// judge returns the factor by which the error estimate of the step dt from y to next
// allows to change the step, 1 without a tolerance:
//
//	e = weight · (ρⁿ − ρⁿ⁺¹ + dt/2 (L(ρⁿ) + L(ρⁿ⁺¹))),    factor = 0.9 (tolerance/∫|e|)^{1/3}.
func (s *diffusionStepper) judge(dt float64) float64 {
	if s.tolerance == 0 {
		return 1
	}
	if s.flow.change(s.one, s.y, dt) != nil || s.flow.change(s.two, s.next, dt) != nil {
		return 0.5
	}
	weight := rkl{2}.errorWeight()
	if n := s.stages(dt); n > 0 {
		weight = rkl{n}.errorWeight()
	}
	var size float64
	for c, g := range s.grids {
		var sum float64
		y, z := s.flow.cells(s.y, c), s.flow.cells(s.next, c)
		v, w := s.flow.cells(s.one, c), s.flow.cells(s.two, c)
		for i, a := range y {
			sum += math.Abs((a - z[i]) + 0.5*((v[i]-a)+(w[i]-z[i])))
		}
		size = max(size, weight*sum*g.MeanVolume())
	}
	return s.control.factor(size)
}
