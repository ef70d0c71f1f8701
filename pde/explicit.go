package pde

import (
	"context"
	"fmt"
	"math"
	"slices"

	"pdesolve/grid"
)

// Diffusive is a Functional whose first variation contains D log ρ or behaves like
// it, as that of a Pointwise energy does: its flow contains the diffusion DΔρ.
// Explicit schemes bound their step by it.
type Diffusive interface {
	// Diffusivity returns the largest D in component c at the state last given to
	// Variation.
	Diffusivity(c int) float64
}

// explicit is the common part of the explicit schemes: the sweeps of [CCH15] in
// space, forward Euler or the two-stage strong-stability-preserving Runge–Kutta
// method
//
//	ρ¹ = ρ + dt L(ρ),    ρ ← (ρ + ρ¹ + dt L(ρ¹))/2
//
// in time, and the choice of the step.
//
// Positivity (derived). In a forward Euler step cell i keeps at least
//
//	ρ_i − dt Σ_k (a_k ρ^+_k + b_k ρ^-_k)/h_k,
//
// where a_k, b_k ≥ 0 are the outward velocities at its upper and lower face along
// axis k and ρ^±_k = ρ_i ± s_k ≥ 0 the reconstructed values. If ρ^+_k + ρ^-_k ≤ cρ_i, the
// loss along axis k is at most c max(a_k, b_k) ρ_i, and for the first-order scheme,
// where both values are ρ_i, it is (a_k + b_k) ρ_i. So ρ ≥ 0 stays true if
//
//	dt · max_i r_i ≤ 1,    r_i = Σ_k c max(a_k, b_k)/h_k    or    Σ_k (a_k + b_k)/h_k,
//
// the rates of all axes added. For equal slopes towards both faces c = 2. Koren's
// differ, by |b − a|/6 or, where one is limited, by less; with m = min(|a|, |b|) the
// difference is largest, m/4, where the larger of |a| and |b| is 5m/2, and m ≤ ρ_i
// because the lower neighbour is ≥ 0: c = 9/4. With the bounds of
// third-order, wider by w ≤ m_ρ/8 where m_ρ is the least of the three densities, it is
// m/4 + w/2 with m ≤ ρ_i − m_ρ, or 2w where the signs differ: again at most ρ_i/4. The Runge–Kutta step is an average of ρ and of two
// such steps in a row; it keeps positivity if both stages satisfy the bound. The
// velocity of the second stage is known only when the first is done: its bound is
// then checked, and a step that violates it is redone with half the length. No
// value is ever clipped. In floating point the bound has a slack of 1e-12 for the
// roundings of one cell's update (a dozen); subtracted fluxes round monotonically,
// so inflow never hurts. Below the smallest normal number, 2.2e-308, roundings are
// not relative and this needs cfl ≤ 1/2: a flux of x units in the last place
// rounds to at most 2x of them.
//
// The diffusive bound dt · Σ_k 2D/h_k² ≤ 1 is that of linear stability of the
// three-point Laplacian. The step is cfl times the smaller of the two bounds.
type explicit struct {
	f      Functional
	cfl    float64
	stages int

	team     *team
	domain   []*domain // per component; equal grids share one
	mass     *cellMass
	space    []float64
	psi      Field // at the start of the step
	psi1     Field // at the second stage, if Ψ is not constant
	one      State // ρ¹, if Ψ is not constant
	constant bool  // Ψ is constant and in psi, its rate in rate
	rate     float64
	energy   float64
	ready    bool    // psi, rate and energy belong to the state that comes next
	rest     float64 // F − Σ_c Weight(c) ∫Ψ_cρ_c, a constant if Ψ is
}

// slack is what the step bound leaves for rounding; see explicit.
const slack = 1e-12

// newExplicit binds an explicit scheme; the zero limiter makes it first order in space.
// Up to workers goroutines share its passes over a grid.
func newExplicit(f Functional, grids []*grid.Grid, l limiter, cfl float64, stages, workers int) *explicit {
	e := &explicit{f: f, cfl: cfl, stages: stages, psi: NewField(grids), mass: newCellMass(grids)}
	two := stages == 2 && f.Dependence() != Constant
	e.team = newTeam(workers)
	for c, g := range grids {
		e.space = append(e.space, laplacian(g))
		if two {
			e.one = append(e.one, grid.NewDensity(g))
		}
		if k := slices.IndexFunc(grids[:c], g.Equal); k >= 0 {
			e.domain = append(e.domain, e.domain[k])
			continue
		}
		e.domain = append(e.domain, newDomain(g, l, stages, e.team))
	}
	if two {
		e.psi1 = NewField(grids)
	}
	return e
}

// Step advances rho by one step; see Stepper.
func (e *explicit) Step(_ context.Context, rho State, limit float64) (StepReport, error) {
	if !(limit > 0) {
		panic(fmt.Sprintf("pde: Step: limit = %v, want above 0", limit))
	}
	var r StepReport
	if !e.constant {
		if err := e.evaluate(rho, &r); err != nil {
			return r, err
		}
	}
	r.Dt = stepLength(e.cfl*(1-slack)/e.rate, limit)
	m := e.mass.masses(rho)
	var err error
	if e.one == nil {
		err = e.whole(m, &r)
	} else {
		err = e.stagewise(m, &r)
	}
	e.mass.store(rho, m)
	return r, err
}

// crew returns the goroutines that share the passes; see crewed.
func (e *explicit) crew() *team { return e.team }

// whole takes a step in which Ψ stays what it is. If Ψ is constant, dF = Σ_c Weight(c)
// ∫Ψ_c dρ_c gives F up to a constant, and the pass over the grid sums it on its way. On
// graded grids rho is masses.
func (e *explicit) whole(rho State, r *StepReport) error {
	var content float64
	for c, d := range rho {
		dissipation, part := e.domain[c].step(d.Values, e.psi[c], r.Dt)
		r.Dissipation += e.f.Weight(c) * dissipation
		content += e.f.Weight(c) * part
	}
	if e.ready {
		e.rest = e.energy - content
	} else {
		e.energy = e.rest + content
	}
	e.ready = false
	r.Energy = e.energy
	return finiteEnergy(e.energy)
}

// stagewise takes the two stages of a step one after the other, with Ψ evaluated in
// between, and halves r.Dt until the second keeps its bound. On graded grids rho is masses.
func (e *explicit) stagewise(rho State, r *StepReport) error {
	e.ready, r.Energy = false, e.energy
	for {
		r.Dissipation = 0
		for c, d := range rho {
			r.Dissipation += e.f.Weight(c) * e.domain[c].stage(e.one[c].Values, d.Values, e.psi[c], r.Dt, false)
		}
		ok, err := e.secondBound(r.Dt, r)
		if err != nil {
			return err
		}
		if ok {
			break
		}
		r.Dt /= 2
		r.Rejections++
	}
	for c, d := range rho {
		e.domain[c].stage(d.Values, e.one[c].Values, e.psi1[c], r.Dt, true)
	}
	return nil
}

// evaluate brings psi, rate and energy up to date with rho.
func (e *explicit) evaluate(rho State, r *StepReport) error {
	if e.ready {
		return nil
	}
	if e.constant {
		e.energy = e.f.Value(rho)
	} else {
		e.energy = e.f.Variation(e.psi, rho)
		r.Evaluations++
	}
	err := finiteEnergy(e.energy)
	if !e.constant && err == nil {
		e.rate, err = e.drain(e.psi)
		e.constant = err == nil && e.f.Dependence() == Constant
	}
	e.ready = err == nil
	return err
}

// drain returns the largest rate of all components, advective or diffusive.
func (e *explicit) drain(psi Field) (float64, error) {
	diffusive, _ := e.f.(Diffusive)
	var rate float64
	for c, p := range psi {
		r := e.domain[c].sweep.drain(p)
		if diffusive != nil {
			r = max(r, diffusive.Diffusivity(c)*e.space[c])
		}
		if math.IsNaN(r) || math.IsInf(r, 0) {
			return 0, &DivergedError{Component: c, What: "the first variation is not finite"}
		}
		rate = max(rate, r)
	}
	return rate, nil
}

// stepLength returns dt, or limit if it is shorter, or half of limit if that leaves
// no sliver.
func stepLength(dt, limit float64) float64 {
	switch {
	case limit <= dt:
		return limit
	case limit < 2*dt:
		return limit / 2
	}
	return dt
}

// secondBound evaluates Ψ at the second stage and reports whether a step dt keeps
// its bound.
func (e *explicit) secondBound(dt float64, r *StepReport) (bool, error) {
	energy := e.f.Variation(e.psi1, e.mass.densities(e.one))
	r.Evaluations++
	if err := finiteEnergy(energy); err != nil {
		return false, err
	}
	rate, err := e.drain(e.psi1)
	if err != nil {
		return false, err
	}
	return dt*rate <= 1-slack, nil
}

// probe evaluates the functional at rho, once, and returns the energy and the
// dissipation there. The next Step must be from the same state, and uses them.
func (e *explicit) probe(rho State) (StepReport, error) {
	var r StepReport
	e.ready = false
	if err := e.evaluate(rho, &r); err != nil {
		return r, err
	}
	r.Energy = e.energy
	for c, d := range e.mass.masses(rho) {
		r.Dissipation += e.f.Weight(c) * e.domain[c].stage(nil, d.Values, e.psi[c], 1, false)
	}
	return r, nil
}
