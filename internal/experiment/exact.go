package experiment

import (
	"fmt"
	"math"
	"strings"

	"pdesolve/compare"
	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// checkExact lets an exact solution without options take its parameters from the
// energy and the initial law, and reports one that is not the solution of the
// experiment.
func (e *Experiment) checkExact() {
	d, s := e.reading, e.Exact
	if s == nil {
		return
	}
	path := child("exact", s.Name())
	bare := true
	for p := range d.at {
		bare = bare && !strings.HasPrefix(p, path+".")
	}
	if a, ok := s.(exact.Adopter); ok && bare && e.Initial != nil && len(e.Energy) > 0 {
		if err := a.Adopt(e.energy(), e.Initial); err != nil {
			d.failAt(path, "is not the solution of this experiment: %s", trim(err))
			return
		}
	}
	if err := s.Validate(); err != nil {
		d.complain(path, trim(err))
		return
	}
	if s.Facts().Known == exact.Moments {
		d.failAt(path, "only the moments of this solution are known: there is no error of a density")
		return
	}
	if err := e.agrees(); err != nil {
		d.failAt(path, "%s", trim(err))
	}
}

// The tolerances of agrees. The cell averages of laws and solutions are within
// 1e-9 of each other if they are of the same function; formulas with constants of six
// digits are taken.
const (
	startTolerance = 1e-5 // L¹ distance of the initial densities
	forceTolerance = 1e-5 // of differences of Ψ, relative to the range of Ψ
)

// agrees reports how the exact solution differs from the experiment: its
// dimension, its box, its initial density, or its energy, of which the first
// variations at the initial density may differ by a constant.
func (e *Experiment) agrees() error {
	energy, components := e.Exact.Energy()
	if components != 1 {
		return fmt.Errorf("is a solution of %d densities: want one", components)
	}
	g, err := grid.New(refined(e.Grid, 0)...)
	if err != nil {
		return err
	}
	for _, tau := range e.Times() {
		if _, err := e.Exact.Density(tau, g); err != nil {
			return err
		}
	}
	p, err := e.Problem(0)
	if err != nil {
		return err
	}
	start, err := e.Exact.Density(0, g)
	if err != nil {
		return err
	}
	if l1, _, _ := compare.DensityErrors(p.Initial[0], start); l1 > startTolerance {
		return fmt.Errorf("starts from another density: its L1 distance from initial is %.3g", l1)
	}
	var psi [2]pde.Field
	for i, f := range []pde.Energy{p.Energy, energy} {
		bound, err := f.Bind([]*grid.Grid{g})
		if err != nil {
			return err
		}
		psi[i] = pde.NewField([]*grid.Grid{g})
		bound.Variation(psi[i], pde.State{start})
	}
	top := 0.0
	for _, v := range start.Values {
		top = max(top, v)
	}
	low, high := math.Inf(1), math.Inf(-1) // of Ψ, and of the difference
	least, most := low, high
	for i, v := range start.Values {
		if v < 1e-6*top {
			continue
		}
		low, high = min(low, psi[1][0][i]), max(high, psi[1][0][i])
		gap := psi[0][0][i] - psi[1][0][i]
		least, most = min(least, gap), max(most, gap)
	}
	if most-least > forceTolerance*max(high-low, math.SmallestNonzeroFloat64) {
		return fmt.Errorf("belongs to another energy: the first variations differ by %.3g of their range of %.3g", most-least, high-low)
	}
	return nil
}

// Errors returns the distances of the states of a trajectory from the exact
// solution at its saved times: in L¹, and in one dimension W₂, which is nil in more.
// Both are nil if the experiment names no exact solution.
func (e *Experiment) Errors(t *pde.Trajectory) (l1, w2 []float64, err error) {
	if e.Exact == nil {
		return nil, nil, nil
	}
	for i, tau := range t.Time {
		got := t.States[i][0]
		want, err := e.Exact.Density(tau, got.Grid)
		if err != nil {
			return nil, nil, err
		}
		a, _, b := compare.DensityErrors(got, want)
		l1 = append(l1, a)
		if !math.IsNaN(b) {
			w2 = append(w2, b)
		}
	}
	return l1, w2, nil
}
