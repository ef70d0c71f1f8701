package pde

import (
	"context"
	"errors"
	"fmt"
	"math"

	"pdesolve/grid"
)

// implicit is the workspace of the implicit finite-volume schemes: steps of order 1 or 2
// made of stages
//
//	ρ = b + σ L(ρ),
//
// L being the balance of the scheme's fluxes. What the fluxes take from the density of a
// cell itself is solved by an implicitStage; what depends on averages of ρ, the rest of
// the energy, is the fixed point of an outer iteration, or explicit.
//
// Order 1 is one stage with b = ρⁿ and σ = τ. Order 2 is the diagonally implicit
// Runge–Kutta method with γ = 1 − 1/√2,
//
//	ρ¹ = ρⁿ + γτ L(ρ¹),    ρⁿ⁺¹ = b + γτ L(ρⁿ⁺¹),    b = ρⁿ + (1 − γ)τ L(ρ¹) = ρ¹ + √2 (ρ¹ − ρⁿ),
//
// which is L-stable and has the stability function of TR-BDF2 with the same two equal
// diagonal entries (derived: R(z) = (1 + (1 − 2γ)z)/(1 − γz)²), but no explicit L(ρⁿ), which
// at a vacuum is infinite. See extend for b < 0.
type implicit struct {
	halving
	implicitSettings
	rest    Functional // what is not local in the energy: nil if nothing
	stage   []implicitStage
	control *implicitControl // nil: a fixed step

	// The stages run on the masses of cells, which on equal cells are the densities: those
	// of begin, in from, and those of the step's end, in to.
	from, to  *cellMass
	old, next State

	v     flatField
	fixed bool // v holds the variation of a constant rest
	image flatField
	point State // where the rest is evaluated, in masses
	mix   *anderson

	first, rhs State // order 2: ρ¹ and b
	limited    []int // cells in which b was limited
}

// implicitSettings are what the descriptions have in common.
type implicitSettings struct {
	order    int
	residual float64 // of the outer iteration
	limit    int     // of its iterations
	explicit bool    // the rest is taken at ρⁿ
}

// implicitStage solves the stages of one component.
type implicitStage interface {
	// solve writes the solution ρ ≥ 0 of ρ = rhs + tau L(ρ) to rho, which holds a guess and
	// is neither rhs ≥ 0 nor v, the first variation of the rest. Σρ is Σrhs to rounding. It
	// returns the residual Σ|R|/Σrhs, the number of Newton iterations or of
	// linear solves, and an error that wraps ErrNotConverged where a shorter
	// step may help.
	solve(rho, rhs, v []float64, tau float64) (residual float64, iterations int, err error)
	// flows returns the balance with up and down set to factor times the mass that passed up
	// and down in the stage just solved, whose result is rho; one of them is 0.
	flows(rho []float64, factor float64) *balance
	// exactly makes solve go on to rounding, or not.
	exactly(bool)
}

// newImplicit returns the workspace without its stages.
func newImplicit(name string, step float64, f Functional, rest Functional, grids []*grid.Grid, o implicitSettings) (*implicit, error) {
	for c, g := range grids {
		if g.Len() >= 1<<28 {
			return nil, fmt.Errorf("component %d has %d cells: want fewer than 2²⁸; the explicit schemes take it", c, g.Len())
		}
	}
	s := &implicit{halving: newHalving(name, step, f, grids), implicitSettings: o, rest: rest, limited: make([]int, len(grids))}
	s.attempt = s.try
	s.exhausted = func(dt float64, reason error) error {
		return &DivergedError{Component: -1, What: fmt.Sprintf("no step down to %.3g can be taken: %v", dt, reason)}
	}
	s.from, s.to = newCellMass(grids), newCellMass(grids)
	s.v = newFlatField(grids)
	if rest != nil && rest.Dependence() != Constant && !o.explicit {
		s.image = newFlatField(grids)
		s.point = s.begin.Clone()
		s.mix = newAnderson(defaultMemory, len(s.v.flat))
	}
	if o.order == 2 {
		s.first, s.rhs = s.begin.Clone(), s.begin.Clone()
	}
	return s, nil
}

// try takes a step of length r.Dt from begin to rho. If a shorter one may
// succeed where it failed, reason says why it failed.
//
// Near equilibrium a residual within the tolerance can outweigh the fall of the
// energy, by the tolerance times the range of ψ: a step that raises the energy is
// first solved again, as well as rounding allows.
func (s *implicit) try(ctx context.Context, rho State, r *StepReport) (reason, err error) {
	s.shrink = 0
	s.old = s.from.masses(s.begin)
	if s.control != nil {
		if err := s.slope(ctx, rho, r); err != nil {
			return notConverged(err)
		}
	}
	for _, strict := range []bool{false, true} {
		for _, stage := range s.stage {
			stage.exactly(strict)
		}
		if err := s.advance(ctx, rho, r); err != nil {
			return notConverged(err)
		}
		rise := s.f.Value(rho) - r.Energy
		if rise <= jkoRounding*max(1, math.Abs(r.Energy)) {
			if s.control != nil {
				s.shrink, reason = s.control.judge(s, rho, r)
				return reason, nil
			}
			return nil, nil
		}
		reason = fmt.Errorf("the energy would rise by %.3g", rise)
	}
	return reason, nil
}

// notConverged returns err as the reason for a shorter step if it wraps
// ErrNotConverged.
func notConverged(err error) (reason, other error) {
	if errors.Is(err, ErrNotConverged) {
		return err, nil
	}
	return nil, err
}

// advance writes the state after a step of length r.Dt from begin to rho.
func (s *implicit) advance(ctx context.Context, rho State, r *StepReport) error {
	copyState(rho, s.begin)
	s.next = s.to.masses(rho)
	if err := s.stages(ctx, r); err != nil {
		return err
	}
	s.to.store(rho, s.next)
	return nil
}

// stages solves the stages of a step of length r.Dt from old to next, which holds a guess.
func (s *implicit) stages(ctx context.Context, r *StepReport) error {
	r.Residual, r.Limited = 0, 0
	if s.order == 1 {
		return s.solve(ctx, s.next, s.old, r.Dt, r)
	}
	tau := sdirkGamma * r.Dt
	if err := s.solve(ctx, s.next, s.old, tau, r); err != nil {
		return err
	}
	copyState(s.first, s.next)
	for _, n := range s.limited {
		r.Limited += n
	}
	return s.solve(ctx, s.next, s.rhs, tau, r)
}

// The method of order 2: γ, and b = ρ¹ + sdirkAhead (ρ¹ − ρⁿ).
const (
	sdirkGamma = 1 - 1/math.Sqrt2
	sdirkAhead = math.Sqrt2
)

// copyState copies the densities of from to to.
func copyState(to, from State) {
	for c, d := range from {
		copy(to[c].Values, d.Values)
	}
}

// solve writes the solution of a stage of length tau from rhs to rho, which holds a
// guess, and raises r.Residual to what is left. The rest is taken at the midpoint of the
// step for order 1, where that makes the fall of a quadratic energy exact, and at the
// stage for order 2.
func (s *implicit) solve(ctx context.Context, rho, rhs State, tau float64, r *StepReport) error {
	start := &rhs[0] == &s.old[0] // of a step
	switch {
	case s.rest == nil:
		return s.components(ctx, rho, rhs, tau, r)
	case s.rest.Dependence() == Constant, s.explicit:
		if constant := s.rest.Dependence() == Constant; start && !(constant && s.fixed) {
			s.rest.Variation(s.v.field, s.begin)
			s.fixed = constant
		}
		return s.components(ctx, rho, rhs, tau, r)
	}
	if start {
		s.rest.Variation(s.v.field, s.begin)
		r.Evaluations++
	}
	s.mix.reset()
	for k := 0; ; k++ {
		if err := s.components(ctx, rho, rhs, tau, r); err != nil {
			return err
		}
		share := 0.5
		if s.order == 2 {
			share = 1
		}
		for c, d := range rho {
			point, old := s.point[c].Values, s.old[c].Values
			for i, v := range d.Values {
				point[i] = share*v + (1-share)*old[i]
			}
		}
		s.rest.Variation(s.image.field, s.from.densities(s.point))
		r.Evaluations++
		worst := s.mismatch()
		if worst <= s.residual {
			r.Residual = max(r.Residual, worst)
			return nil
		}
		if k+1 == s.limit || worst-worst != 0 {
			return fmt.Errorf("%w: mean part of the first variation: residual %.3g after %d iterations at step %.3g: want %.3g",
				ErrNotConverged, worst, k+1, r.Dt, s.residual)
		}
		if k == 0 {
			s.weigh()
		}
		s.mix.next(s.v.flat, s.image.flat)
	}
}

// components solves the stages of all components, with v given, and raises r.Residual.
// After a first stage of order 2 it leaves the second one's right-hand side in rhs.
func (s *implicit) components(ctx context.Context, rho, rhs State, tau float64, r *StepReport) error {
	for c, d := range rho {
		if err := ctx.Err(); err != nil {
			return err
		}
		residual, iterations, err := s.stage[c].solve(d.Values, rhs[c].Values, s.v.field[c], tau)
		r.Iterations += iterations
		if err != nil {
			return err
		}
		r.Residual = max(r.Residual, residual)
		if s.order == 2 && &rhs[0] == &s.old[0] {
			s.limited[c] = s.extend(c, d.Values)
		}
	}
	return nil
}

// extend writes b = ρ¹ + √2 (ρ¹ − ρⁿ) of component c to rhs and returns the number of
// cells where that had to be limited.
//
// Where a stage takes more than 1 − 1/(1 + 1/√2) = 41 % from a cell b would be negative. b goes
// on with the flows of the stage, which run one way through the faces and in no circles:
// in their order, a cell that has not as much as it would pass on passes on what
// it has, in the same proportions. So b ≥ 0 and the mass stay, and with b ≥ 0 the second
// stage gives ρ ≥ 0.
func (s *implicit) extend(c int, first []float64) int {
	b, old, low := s.rhs[c].Values, s.old[c].Values, 0.0
	for i, v := range first {
		w := v + sdirkAhead*(v-old[i])
		b[i] = w
		low = min(low, w)
	}
	if low == 0 {
		return 0
	}
	return s.stage[c].flows(first, sdirkAhead).push(b, first)
}

// mismatch returns max|δE/δρ − v| over the cells that hold mass, relative to its range
// there; see residual of variational.
func (s *implicit) mismatch() float64 {
	worst := 0.0
	for c, d := range s.point {
		floor, largest := massFloor*maxOf(d.Values), 0.0
		v, image := s.v.field[c], s.image.field[c]
		for i, m := range d.Values {
			if m > floor {
				largest = max(largest, math.Abs(image[i]-v[i]))
			}
		}
		worst = max(worst, largest/spread(image, d.Values, floor))
	}
	return worst
}

// weigh gives the acceleration's inner product the mass that a cell has held.
func (s *implicit) weigh() {
	at := 0
	for c, d := range s.point {
		scale := s.f.Weight(c) * d.Grid.MeanVolume()
		for _, m := range d.Values {
			s.mix.weight[at] = scale * m
			at++
		}
	}
}
