package experiment

import (
	"context"
	"math"
	"time"

	"pdesolve/compare"
	"pdesolve/finite"
	"pdesolve/pde"
)

// maxTrial bounds the unknowns of a run whose first step is tried.
const maxTrial = 1 << 22

// evaluations is a guess at the gradients that an adaptive integration takes in a
// unit of training time.
const evaluations = 60

// Predict returns Costs with steps and times, from trying each solver's first two
// steps. It stops trying when ctx is done; the costs that are then missing stay 0.
func (e *Experiment) Predict(ctx context.Context) []Cost {
	all := e.Costs()
	for i, l := range e.Solvers() {
		if ctx.Err() != nil {
			break
		}
		if all[i].Unknowns > maxTrial {
			continue
		}
		if l.Characteristics != nil {
			all[i].Seconds = e.tryAtoms(l.Characteristics)
		} else if dt, seconds, ok := e.tryScheme(ctx, l); ok {
			all[i].Dt, all[i].Steps = dt, math.Ceil(e.Time.End/dt*(1-saveRounding))
			all[i].Seconds = seconds * all[i].Steps
		}
	}
	return all
}

// tryScheme takes two steps from the initial state and returns the size and the
// seconds of the second one.
func (e *Experiment) tryScheme(ctx context.Context, l compare.Solver) (dt, seconds float64, ok bool) {
	p, err := e.Problem(l.Cells)
	if err != nil {
		return 0, 0, false
	}
	f, err := p.Energy.Bind(p.Initial.Grids())
	if err != nil {
		return 0, 0, false
	}
	s, err := l.Scheme.Bind(f, p.Initial.Grids())
	if err != nil {
		return 0, 0, false
	}
	var r pde.StepReport
	start := time.Now()
	for range 2 {
		start = time.Now()
		if r, err = s.Step(ctx, p.Initial, e.Time.Save); err != nil || !(r.Dt > 0) {
			return 0, 0, false
		}
	}
	return r.Dt, time.Since(start).Seconds(), true
}

// tryAtoms takes two gradients and returns the seconds of a run.
func (e *Experiment) tryAtoms(c *finite.Characteristics) float64 {
	m, _ := e.Model()
	atoms, err := c.Start(&m)
	if err != nil {
		return 0
	}
	f, err := m.BindAtoms(atoms)
	if err != nil {
		return 0
	}
	gradient := make([]float64, len(atoms.Theta))
	start := time.Now()
	for range 2 {
		start = time.Now()
		f.Gradient(gradient, atoms)
	}
	return time.Since(start).Seconds() * evaluations * e.Time.End
}
