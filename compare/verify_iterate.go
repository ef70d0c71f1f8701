package compare

import (
	"context"
	"fmt"
	"math"

	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// IterateAxis is that of rows in which the grid is refined and the errors are distances
// from exact JKO iterates (exact.Iterated) in place of the flow.
const IterateAxis = "iterate"

// iterateLadder holds the cells an axis, and iterateSteps the JKO steps to the horizon,
// of rows with iterates.
var iterateLadder = [...][]int{1: {40, 80, 160}, 2: {12, 24, 48}, 3: {8, 12, 16}, 4: {6, 8, 12}}

const iterateSteps = 4

// iterateRows returns the variants of JKO whose inner solver makes the true step, by
// their names in rows.
func iterateRows() (names []string, schemes []pde.Scheme) {
	for _, name := range pde.JKOInners.Names() {
		inner, err := pde.JKOInners.New(name)
		if err == nil && inner.Domain().Wasserstein {
			names, schemes = append(names, "jko, "+name), append(schemes, &pde.JKO{Inner: inner})
		}
	}
	return names, schemes
}

// iterate refines the grid with the steps fixed. It leaves the row out where the next level
// would take more work than the budget.
func (t *verifyTask) iterate(ctx context.Context) error {
	s := t.c.solution.(exact.Iterated)
	tau := t.c.facts.Horizon / iterateSteps
	end, err := s.Iterate(tau, iterateSteps)
	if err != nil {
		return err
	}
	var work, before float64 // the work of a level, and its cells
	for _, n := range iterateLadder[t.c.dim()] {
		cells := math.Pow(float64(n), float64(t.c.dim())) * float64(t.c.components)
		if next := work * cells / before; next > t.budget() {
			t.skip = fmt.Sprintf("the level of %d cells an axis takes at least %.0e updates of a cell: over the budget of %.0e", n, next, t.budget())
			return nil
		}
		g, err := t.c.grid(n)
		if err != nil {
			return err
		}
		start, err := s.Density(0, g)
		if err != nil {
			return err
		}
		want, err := end.Density(0, g)
		if err != nil {
			return err
		}
		got, c, err := t.solve(ctx, withStep(t.scheme, tau), start, t.c.facts.Horizon)
		if err != nil {
			return err
		}
		if c.Steps != iterateSteps {
			return fmt.Errorf("%d steps in place of %d: the inner solver does not converge", c.Steps, iterateSteps)
		}
		worst := 0.0
		for _, d := range got {
			worst = max(worst, l1Distance(d, want))
		}
		t.row.Errors, t.row.Levels = append(t.row.Errors, worst), append(t.row.Levels, float64(n))
		_, t.row.W1, t.row.W2 = DensityErrors(got[0], want)
		work, before = t.updates(c, cells), cells
	}
	return nil
}
