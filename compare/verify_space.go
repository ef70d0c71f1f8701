package compare

import (
	"context"
	"math"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// newtonWork is the work of an iteration of an inner solver, in updates of a cell.
const newtonWork = 50

// space refines the grid; power is the exponent of h in the step.
func (t *verifyTask) space(ctx context.Context, power float64) error {
	order, _ := t.scheme.Order()
	ladder := resolved(spaceLadder[t.c.dim()], order)
	horizon := t.c.facts.Horizon
	var bound, before, work float64
	for level, n := range ladder {
		fall := math.Pow(float64(ladder[0])/float64(n), power)
		scheme := t.scheme
		if _, ok := scheme.(pde.StepScheme); ok {
			scheme = withStep(scheme, horizon*firstStep*fall)
		} else if level > 0 && power > 1 {
			scheme = withStep(scheme, bound*fall)
		}
		if level >= leastLevels && predicted(before, work, ladder[level-2:level+1]) > t.budget() {
			return nil
		}
		g, err := t.c.grid(n)
		if err != nil {
			return err
		}
		start, err := t.c.solution.Density(0, g)
		if err != nil {
			return err
		}
		end, c, err := t.solve(ctx, scheme, start, horizon)
		if err != nil {
			return err
		}
		if level == 0 {
			bound = c.MaxDt
		}
		e, err := t.distance(start, end)
		if err != nil {
			return err
		}
		t.row.Errors, t.row.Levels = append(t.row.Errors, e), append(t.row.Levels, float64(n))
		before, work = work, t.updates(c, float64(g.Len()*t.c.components))
	}
	return nil
}

// resolved returns the levels on which a scheme of that order has cells enough.
func resolved(ladder []int, order int) []int {
	for len(ladder) > 0 && ladder[0] < orderCells*order {
		ladder = ladder[1:]
	}
	return ladder
}

// budget returns the updates of a cell that a level may take.
func (t *verifyTask) budget() float64 {
	if t.quick {
		return quickWork
	}
	return fullWork
}

// updates returns the updates of a cell that a run took, as many of MUSCL's as take as long
// where the scheme says so.
func (t *verifyTask) updates(c *pde.Contracts, cells float64) float64 {
	step, evaluation := 1., 1.
	if l, ok := t.scheme.(pde.Laborious); ok {
		step, evaluation = l.Labor()
	}
	return (step*float64(c.Steps) + evaluation*float64(c.Evaluations) + newtonWork*float64(c.Iterations)) * cells
}

// predicted returns the work of the last of three levels from that of the two before
// it, by the power law through them.
func predicted(before, work float64, n []int) float64 {
	power := math.Log(work/before) / math.Log(float64(n[1])/float64(n[0]))
	return work * math.Pow(float64(n[2])/float64(n[1]), power)
}

// distance returns the error of the state at the horizon, and keeps the Wasserstein
// distances.
func (t *verifyTask) distance(start *grid.Density, end pde.State) (float64, error) {
	horizon := t.c.facts.Horizon
	if s, ok := t.c.solution.(exact.Momented); ok && t.c.facts.Known == exact.Moments {
		// Differences in time: cells add the same h²/12 an axis at both times.
		change := s.SecondMoment(horizon) - s.SecondMoment(0)
		return math.Abs(secondMoment(end[0])-secondMoment(start)-change) / math.Abs(change), nil
	}
	want, err := t.c.solution.Density(horizon, start.Grid)
	if err != nil {
		return 0, err
	}
	var worst float64
	for _, d := range end {
		worst = max(worst, l1Distance(d, want))
	}
	_, t.row.W1, t.row.W2 = DensityErrors(end[0], want)
	return worst, nil
}

// secondMoment returns ∫|x|² ρ with the mass of a cell at its center.
func secondMoment(d *grid.Density) float64 {
	var sum float64
	for k := range d.Grid.Dim() {
		sum += d.Moment(k, 2)
	}
	return sum
}
