package compare

import (
	"fmt"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// verifyCase is an exact solution with the box of all its times.
type verifyCase struct {
	name       string
	solution   exact.Solution
	facts      exact.Facts
	energy     pde.Energy
	components int
	lo, hi     []float64
	graded     bool
}

// gradedScale is the scale of the sinh grading of graded cases, relative to the width of
// the box: the cells at the walls are three times as wide as those in the middle.
const gradedScale = 1. / 6

// newVerifyCase makes the case of an example.
func newVerifyCase(e exact.NamedSolution) (*verifyCase, error) {
	c := &verifyCase{name: e.Name, solution: e.Solution, facts: e.Solution.Facts()}
	c.energy, c.components = e.Solution.Energy()
	const samples = 8
	for i := range samples + 1 {
		tau := c.facts.Horizon * float64(i) / samples
		lo, hi, err := e.Solution.Box(tau)
		if err != nil {
			return nil, fmt.Errorf("compare: the exact solution %s: %w", e.Name, err)
		}
		if i == 0 {
			c.lo, c.hi = lo, hi
		}
		for k := range lo {
			c.lo[k], c.hi[k] = min(c.lo[k], lo[k]), max(c.hi[k], hi[k])
		}
	}
	if c.facts.Regularity > 0 && !c.facts.Walls { // schemes of first order spread an edge
		for k, lo := range c.lo {
			margin := supportMargin * (c.hi[k] - lo)
			c.lo[k], c.hi[k] = lo-margin, c.hi[k]+margin
		}
	}
	return c, nil
}

// dim returns the number of axes.
func (c *verifyCase) dim() int { return len(c.lo) }

// rough reports whether the solution has a jump, a kink or something between.
func (c *verifyCase) rough() bool { return c.facts.Regularity > 0 && c.facts.Regularity <= 2 }

// grid returns the case's grid of n cells an axis.
func (c *verifyCase) grid(n int) (*grid.Grid, error) {
	axes := make([]grid.Axis, len(c.lo))
	for k := range axes {
		lo, hi := c.lo[k], c.hi[k]
		axes[k] = grid.Axis{Lo: lo, Hi: hi, N: n}
		if c.graded {
			axes[k].Grading = grid.Sinh{Center: (lo + hi) / 2, Scale: gradedScale * (hi - lo)}
		}
	}
	return grid.New(axes...)
}

// bind binds the scheme to the case on n cells an axis and reports why it refuses. It
// returns the energy, bound to the grids.
func (c *verifyCase) bind(s pde.Scheme, n int) (pde.Functional, error) {
	g, err := c.grid(n)
	if err != nil {
		return nil, err
	}
	grids := make([]*grid.Grid, c.components)
	for i := range grids {
		grids[i] = g
	}
	f, err := c.energy.Bind(grids)
	if err != nil {
		return nil, err
	}
	_, err = withStep(s, c.facts.Horizon).Bind(f, grids)
	return f, err
}
