package pde

import (
	"context"
	"fmt"
	"math"

	"pdesolve/grid"
)

// maxHalvings bounds the halvings of one step: a smaller step than a millionth of
// the wanted one means that no step can be taken.
const maxHalvings = 20

// halving is what the steppers of implicit schemes share: it evaluates F and Ψ at ρⁿ,
// chooses the length of a step, and halves it as long as attempt asks for a shorter
// one. It makes its owner a Stepper.
type halving struct {
	name    string
	nominal float64 // the wanted step
	f       Functional
	begin   State      // ρⁿ
	psi     Field      // Ψ[ρⁿ]
	at      StepReport // energy and dissipation at ρⁿ
	ready   bool       // psi and at belong to the state that comes next
	report  StepReport // of the step at hand; here, and not on the stack, because attempt gets its address

	// production returns the dissipation of one component in the scheme's face sums.
	production func(d *grid.Density, psi []float64) float64
	// length, if not nil, returns the length to try first, in place of nominal.
	length func(limit float64) float64
	// most bounds the halvings of one step; 0 is maxHalvings.
	most int
	// shrink is the factor of the next length after an attempt that failed; 0 is ½.
	shrink float64
	// attempt takes a step of length r.Dt from begin to rho. If a shorter one may
	// succeed it returns the reason, and leaves rho unspecified.
	attempt func(ctx context.Context, rho State, r *StepReport) (reason, err error)
	// exhausted makes the error of a step that no halving saved.
	exhausted func(dt float64, reason error) error
}

// newHalving returns the part for the given grids, without its two functions.
func newHalving(name string, nominal float64, f Functional, grids []*grid.Grid) halving {
	h := halving{name: name, nominal: nominal, f: f, psi: NewField(grids), production: dissipation}
	for _, g := range grids {
		h.begin = append(h.begin, grid.NewDensity(g))
	}
	return h
}

// probe evaluates the functional at rho and returns the energy and the dissipation
// there. The next Step must be from the same state, and uses them.
func (h *halving) probe(rho State) (StepReport, error) {
	h.ready = false
	err := h.evaluate(rho)
	h.ready = err == nil
	return h.at, err
}

// evaluate sets psi and at. It returns a *DivergedError if the energy or the first
// variation is not finite.
func (h *halving) evaluate(rho State) error {
	h.at = StepReport{Energy: h.f.Variation(h.psi, rho), Evaluations: 1}
	if err := finiteEnergy(h.at.Energy); err != nil {
		return err
	}
	for c, psi := range h.psi {
		if i := firstNonFinite(psi); i >= 0 {
			return &DivergedError{Component: c, What: fmt.Sprintf("the first variation is %v in cell %d", psi[i], i)}
		}
		h.at.Dissipation += h.f.Weight(c) * h.production(rho[c], psi)
	}
	return nil
}

// Step takes the nominal step, or the largest smaller one that divides limit into
// equal steps, halved as often as the step's checks demand. When ctx ends it
// returns ctx's error.
func (h *halving) Step(ctx context.Context, rho State, limit float64) (StepReport, error) {
	if len(rho) != len(h.begin) {
		panic(fmt.Sprintf("pde: %s: a state of %d components: bound to %d", h.name, len(rho), len(h.begin)))
	}
	if !(limit > 0) {
		panic(fmt.Sprintf("pde: %s: limit = %v: want a number above 0", h.name, limit))
	}
	if h.ready {
		h.at.Evaluations = 0 // probe has reported its own
	} else if err := h.evaluate(rho); err != nil {
		return h.at, err
	}
	h.ready = false
	for c, d := range rho {
		copy(h.begin[c].Values, d.Values)
	}
	r := &h.report
	*r = h.at
	r.Dt = limit
	if h.length != nil {
		r.Dt = h.length(limit)
	} else if n := math.Ceil(limit / h.nominal * (1 - 1e-12)); n > 1 {
		r.Dt = limit / n
	}
	most := h.most
	if most == 0 {
		most = maxHalvings
	}
	for {
		reason, err := h.attempt(ctx, rho, r)
		if err != nil || reason == nil {
			return *r, err
		}
		if r.Rejections == most {
			return *r, h.exhausted(r.Dt, reason)
		}
		if h.shrink > 0 {
			r.Dt *= h.shrink
		} else {
			r.Dt /= 2
		}
		r.Rejections++
	}
}
