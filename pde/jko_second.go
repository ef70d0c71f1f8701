package pde

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"pdesolve/grid"
)

// The forms of JKO of second order.
const (
	midpointForm = "midpoint"
	bdf2Form     = "bdf2"
)

// Extender is a JKOSolver that knows where the particles of its last step came from, and need
// not find the geodesic from the densities at its ends.
type Extender interface {
	JKOSolver
	// Extend writes to rho the density that the particles of the last step reach if they
	// go on for the part s of their way.
	Extend(rho State, s float64)
}

// potentialOwner is a JKOSolver that has the potentials of its last step: particles moved along
// −τ∇p. They may be changed where there is no mass.
type potentialOwner interface{ potentials() Field }

// secondOrder makes steps of second order in τ out of steps of first order; see JKO.
type secondOrder struct {
	form    string
	control float64         // 0: none
	middle  State           // of the half step; start of a bdf2 step
	psi     Field           // Ψ there
	first   State           // result of the embedded step of first order
	line    []*geodesicLine // on the line
	push    []*extension    // elsewhere
	plane   []*geodesic     // for bdf2 elsewhere

	before, last State // ρⁿ⁻¹ and ρⁿ as the last step left it
	dt           float64
}

func newSecondOrder(j JKO, grids []*grid.Grid) *secondOrder {
	o := &secondOrder{form: j.Form, control: j.Control, psi: NewField(grids)}
	if o.form == "" {
		o.form = midpointForm
	}
	for _, g := range grids {
		for _, s := range []*State{&o.middle, &o.first, &o.before, &o.last} {
			*s = append(*s, grid.NewDensity(g))
		}
		if g.Dim() == 1 {
			o.line = append(o.line, newGeodesicLine(g))
			continue
		}
		o.push = append(o.push, newExtension(g))
		if o.form == bdf2Form {
			o.plane = append(o.plane, newGeodesic(g))
		}
	}
	return o
}

// trySecond takes a step of second order from begin to rho; a reason asks for a
// shorter one. Where F would rise it takes the step of first order in its place and says so
// in r.Limited.
func (s *jko) trySecond(ctx context.Context, rho State, r *StepReport) (reason, err error) {
	o := s.second
	if o.form == bdf2Form && o.follows(s.begin) {
		reason, err = s.tryBDF2(ctx, rho, r)
	} else {
		reason, err = s.tryMidpoint(ctx, rho, r)
	}
	if reason != nil || err != nil {
		return reason, err
	}
	energy := s.f.Value(rho)
	r.Evaluations++
	rises := !(energy <= r.Energy+jkoRounding*max(1, math.Abs(r.Energy)))
	if rises || o.control > 0 {
		if reason, err := s.tryFirst(ctx, o.first, s.begin, s.psi, r.Dt, r); reason != nil || err != nil {
			return reason, err
		}
	}
	if o.control > 0 {
		if miss := stateGap(rho, o.first); !(miss <= o.control) {
			return fmt.Errorf("the steps of first and second order differ by %.3g of the mass: want %.3g", miss, o.control), nil
		}
	}
	if rises {
		for c, d := range o.first {
			copy(rho[c].Values, d.Values)
		}
		r.Limited++
	}
	o.keep(s.begin, rho, r.Dt)
	return nil, nil
}

// tryFirst makes a step of first order and checks it.
func (s *jko) tryFirst(ctx context.Context, rho, begin State, psi Field, tau float64, r *StepReport) (reason, err error) {
	energy := r.Energy
	if &begin[0].Values[0] != &s.begin[0].Values[0] {
		energy = s.f.Variation(psi, begin)
		r.Evaluations++
	}
	return s.inner(ctx, rho, JKOStart{Rho: begin, Variation: psi, Energy: energy, Tau: tau}, r)
}

// tryMidpoint makes half a step of first order and lets the particles go on as far:
// the implicit midpoint rule in the particles' positions. On a line the densities say where
// they came from. Elsewhere they go on along the solver's potential, prolonged over the edge of
// a support, at which particles of the vacuum, which stand still, would stop those that come,
// or along Ψ.
func (s *jko) tryMidpoint(ctx context.Context, rho State, r *StepReport) (reason, err error) {
	o := s.second
	if reason, err := s.tryFirst(ctx, o.middle, s.begin, s.psi, r.Dt/2, r); reason != nil || err != nil {
		return reason, err
	}
	if e, ok := s.solver.(Extender); ok {
		e.Extend(rho, 1)
		return nil, nil
	}
	if len(o.line) > 0 {
		for c, l := range o.line {
			l.extrapolate(rho[c].Values, s.begin[c].Values, o.middle[c].Values, 1)
		}
		return nil, nil
	}
	p := o.psi
	if w, ok := s.solver.(potentialOwner); ok {
		p = w.potentials()
		for c, e := range o.push {
			e.prolong(p[c], o.middle[c].Values)
		}
	} else {
		s.f.Variation(p, o.middle)
		r.Evaluations++
	}
	for c, e := range o.push {
		e.carry(rho[c].Values, o.middle[c].Values, p[c], r.Dt/2)
	}
	return nil, nil
}

// tryBDF2 makes a step from the geodesic extrapolation of the last two densities.
// With ω = τ/(the last step) the backward differentiation formula of second order is
//
//	xⁿ⁺¹ = xⁿ + ω²/(1 + 2ω) (xⁿ − xⁿ⁻¹) − τ(1 + ω)/(1 + 2ω) ∇Ψ[ρⁿ⁺¹].
func (s *jko) tryBDF2(ctx context.Context, rho State, r *StepReport) (reason, err error) {
	o := s.second
	ratio := r.Dt / o.dt
	beyond := ratio * ratio / (1 + 2*ratio)
	for c, d := range o.middle {
		if len(o.line) > 0 {
			o.line[c].extrapolate(d.Values, o.before[c].Values, s.begin[c].Values, beyond)
		} else {
			o.plane[c].extrapolate(d.Values, o.before[c].Values, s.begin[c].Values, beyond, o.push[c])
		}
	}
	return s.tryFirst(ctx, rho, o.middle, o.psi, r.Dt*(1+ratio)/(1+2*ratio), r)
}

// follows reports whether rho is where the last step ended.
func (o *secondOrder) follows(rho State) bool {
	if o.dt == 0 {
		return false
	}
	for c, d := range rho {
		for i, v := range d.Values {
			if v != o.last[c].Values[i] {
				return false
			}
		}
	}
	return true
}

// keep remembers a step.
func (o *secondOrder) keep(begin, end State, dt float64) {
	for c := range end {
		copy(o.before[c].Values, begin[c].Values)
		copy(o.last[c].Values, end[c].Values)
	}
	o.dt = dt
}

// stateGap returns the largest L¹ distance of a component, relative to its mass.
func stateGap(a, b State) float64 {
	worst := 0.0
	for c, d := range a {
		sum, mass := 0.0, 0.0
		for i, v := range d.Values {
			sum += math.Abs(v - b[c].Values[i])
			mass += v
		}
		worst = max(worst, sum/mass)
	}
	return worst
}

// validateOrder reports an order, a form or a control that cannot be.
func (j JKO) validateOrder() error {
	switch {
	case j.TimeOrder < 0 || j.TimeOrder > 2:
		return fmt.Errorf("order: %d: want 1 or 2", j.TimeOrder)
	case j.Form != "" && j.Form != midpointForm && j.Form != bdf2Form:
		return fmt.Errorf("form: %q: want %s or %s", j.Form, midpointForm, bdf2Form)
	case !(j.Control >= 0) || math.IsInf(j.Control, 0):
		return fmt.Errorf("control: %v: want a number of at least 0", j.Control)
	case j.TimeOrder < 2 && j.Control > 0:
		return errors.New("control: goes with order: 2, whose steps it compares with those of first order")
	case j.TimeOrder == 2 && j.inner().Domain().SecondDim == 0:
		return fmt.Errorf("order: 2 wants an inner solver whose step is within O(τ³) of the JKO step, not %s: want %s",
			j.inner().Name(), secondSolvers(1))
	}
	return nil
}

// bindOrder reports grids on which the inner solver does not make steps of the order.
func (j JKO) bindOrder(grids []*grid.Grid) error {
	d := dimension(grids)
	if most := j.inner().Domain().SecondDim; j.TimeOrder < 2 || d <= most {
		return nil
	}
	return fmt.Errorf("order: 2 takes the inner solver %s on a line alone, not in %d dimensions: want %s", j.inner().Name(), d, secondSolvers(d))
}

// secondSolvers names the inner solvers that take order 2 in so many dimensions.
func secondSolvers(d int) string {
	var names []string
	for _, name := range JKOInners.Names() {
		if i, err := JKOInners.New(name); err == nil && i.Domain().SecondDim >= d {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ") + ", or variational with symmetric: true"
}
