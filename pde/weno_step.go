package pde

import (
	"context"
	"fmt"
	"math"
	"slices"

	"pdesolve/grid"
)

// weno is a WENO bound to a problem. Both integrators are convex combinations of Euler
// steps of one length: dt for
//
//	ρ¹ = E(ρ),  ρ² = ¾ρ + ¼E(ρ¹),  ρ ← ⅓ρ + ⅔E(ρ²)                          (ssp-rk3)
//
// and dt/6 for [Ket08]
//
//	ρ⁵ = E⁵(ρ),  ρ⁹ = E⁴(⅗ρ + ⅖ρ⁵),  ρ ← (ρ + 9ρ⁵ + 15E(ρ⁹))/25               (ssp-rk104)
//
// Each Euler step keeps ρ ≥ 0
// under the bound of the first-order upwind scheme, dt·max_i Σ_k (a_k + b_k)/h_k ≤ 1
// with the outward velocities a_k and b_k (see explicit and limit), and so does their
// combination. The combinations are computed as ρ + θ(ρ' − ρ), which keeps the mass
// without a drift.
type weno struct {
	f      Functional
	cfl    float64
	stages int     // 3 or 10
	length float64 // Euler steps that make a step: 1 or 6

	sweep    []*wenoSweep // per component; equal grids share one
	space    []float64
	psi      Field
	point    State
	u        [][]faces // per component and axis
	x, y, z  State     // stages
	constant bool      // Ψ is constant; u and rate stay
	rate     float64
	energy   float64
	ready    bool // u, rate and energy belong to the state that comes next
}

// newWeno binds w, whose defaults are filled in.
func newWeno(f Functional, grids []*grid.Grid, w WENO) *weno {
	e := &weno{f: f, cfl: w.CFL, stages: 10, length: 6, psi: NewField(grids)}
	if w.Integrator == "ssp-rk3" {
		e.stages, e.length = 3, 1
	}
	for c, g := range grids {
		// The flux of highest frequency: ∂Ψ by at most 2.49/h, its divergence by 2/h, the
		// point value by 1.25 (derived), so that 2.49·2·1.25/2 < 3.2 takes the place of
		// the three-point Laplacian's 2.
		var space float64
		for k := range g.Dim() {
			h := g.Axis(k).H()
			space += 3.2 / (h * h)
		}
		e.space = append(e.space, space)
		e.u = append(e.u, newFaces(g))
		for _, s := range []*State{&e.point, &e.x, &e.y, &e.z} {
			*s = append(*s, grid.NewDensity(g))
		}
		if k := slices.IndexFunc(grids[:c], g.Equal); k >= 0 {
			e.sweep = append(e.sweep, e.sweep[k])
			continue
		}
		e.sweep = append(e.sweep, newWenoSweep(g, w.Degree))
	}
	return e
}

// Step advances rho by one step; see Stepper.
func (e *weno) Step(_ context.Context, rho State, limit float64) (StepReport, error) {
	if !(limit > 0) {
		panic(fmt.Sprintf("pde: Step: limit = %v, want above 0", limit))
	}
	var r StepReport
	if !e.ready {
		if err := e.evaluate(rho, &r); err != nil {
			return r, err
		}
	}
	e.ready = false
	r.Energy = e.energy
	r.Dt = stepLength(e.cfl*e.length*(1-slack)/e.rate, limit)
	for first := true; ; first = false {
		if !first { // an attempt has overwritten the velocities
			if err := e.evaluate(rho, &r); err != nil {
				return r, err
			}
		}
		r.Limited = 0
		ok, err := e.integrate(rho, &r)
		if ok || err != nil {
			return r, err
		}
		r.Dt /= 2
		r.Rejections++
	}
}

// integrate advances rho by r.Dt. If a stage violates the step bound, it reports false
// and rho is as it was.
func (e *weno) integrate(rho State, r *StepReport) (bool, error) {
	dt := r.Dt / e.length
	x, y := e.x, e.y
	r.Dissipation = e.euler(x, rho, dt, true, r)
	for s := 2; s <= e.stages; s++ {
		if ok, err := e.stage(x, dt, r); !ok || err != nil {
			return false, err
		}
		e.euler(y, x, dt, false, r)
		x, y = y, x
		switch {
		case e.stages == 3 && s == 2:
			mix(x, rho, x, 0.25)
		case e.stages == 10 && s == 5:
			mix(e.z, rho, x, 0.36)
			mix(x, rho, x, 0.4)
		}
	}
	if e.stages == 3 {
		mix(rho, rho, x, 2./3)
		return true, nil
	}
	for c, d := range rho { // z = ρ + 9/25 (ρ⁵ − ρ)
		for i, v := range d.Values {
			d.Values[i] = e.z[c].Values[i] + float64(0.6*(x[c].Values[i]-v))
		}
	}
	return true, nil
}

// mix writes a + θ(b − a) to dst, which may be a or b.
func mix(dst, a, b State, θ float64) {
	for c, d := range dst {
		x, y := a[c].Values, b[c].Values
		for i := range d.Values {
			d.Values[i] = x[i] + float64(θ*(y[i]-x[i]))
		}
	}
}

// euler writes the Euler step from rho to dst and returns, of the first stage, the
// dissipation at rho.
func (e *weno) euler(dst, rho State, dt float64, first bool, r *StepReport) float64 {
	var total float64
	for c, d := range rho {
		dissipation, limited := e.sweep[c].euler(dst[c].Values, d.Values, e.u[c], dt, first)
		total += e.f.Weight(c) * dissipation
		r.Limited += limited
	}
	return total
}

// stage brings the velocities up to date with rho and reports whether an Euler step dt
// keeps its bound.
func (e *weno) stage(rho State, dt float64, r *StepReport) (bool, error) {
	if e.constant {
		return true, nil
	}
	err := e.evaluate(rho, r)
	return dt*e.rate <= 1-slack, err
}

// evaluate brings u, rate and energy up to date with rho.
func (e *weno) evaluate(rho State, r *StepReport) error {
	for c, d := range rho {
		e.sweep[c].points(e.point[c].Values, d.Values)
	}
	if e.constant {
		e.energy = e.f.Value(e.point)
		return finiteEnergy(e.energy)
	}
	e.energy = e.f.Variation(e.psi, e.point)
	r.Evaluations++
	if err := finiteEnergy(e.energy); err != nil {
		return err
	}
	diffusive, _ := e.f.(Diffusive)
	e.rate = 0
	for c, psi := range e.psi {
		e.sweep[c].velocities(e.u[c], psi)
		rate := e.sweep[c].drain(e.u[c])
		if diffusive != nil {
			rate = max(rate, diffusive.Diffusivity(c)*e.space[c])
		}
		if math.IsNaN(rate) || math.IsInf(rate, 0) {
			return &DivergedError{Component: c, What: "the first variation is not finite"}
		}
		e.rate = max(e.rate, rate)
	}
	e.constant = e.f.Dependence() == Constant
	return nil
}

// probe evaluates energy and dissipation at rho; see prober.
func (e *weno) probe(rho State) (StepReport, error) {
	var r StepReport
	if err := e.evaluate(rho, &r); err != nil {
		return r, err
	}
	e.ready = true
	r.Energy = e.energy
	for c, d := range rho {
		r.Dissipation += e.f.Weight(c) * e.sweep[c].fluxes(d.Values, e.u[c], true)
	}
	return r, nil
}
