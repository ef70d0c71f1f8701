package compare

import (
	"context"
	"math"
	"slices"

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
	r := refinement{t: t, power: power, first: float64(ladder[0])}
	for level, n := range ladder {
		if level >= 2 {
			within := r.within(t.budget(), ladder[level-2], ladder[level-1])
			switch {
			case within >= float64(n):
			case level >= leastLevels:
				return nil
			case within >= leastRatio*float64(ladder[1]):
				return r.level(ctx, int(within)&^1)
			default:
				return r.level(ctx, (ladder[0]+ladder[1])/2)
			}
		}
		if err := r.level(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// refinement makes the levels of a row in space.
type refinement struct {
	t            *verifyTask
	power        float64 // exponent of h in the step
	first        float64 // cells an axis of the first level
	bound        float64 // step bound there
	before, work float64 // updates of a cell that the last two levels took
}

// level adds the level of n cells an axis to the row, whose levels ascend.
func (r *refinement) level(ctx context.Context, n int) error {
	t, horizon := r.t, r.t.c.facts.Horizon
	fall := math.Pow(r.first/float64(n), r.power)
	scheme := t.scheme
	if _, ok := scheme.(pde.StepScheme); ok {
		scheme = withStep(scheme, horizon*firstStep*fall)
	} else if r.bound > 0 && r.power > 1 {
		scheme = withStep(scheme, r.bound*fall)
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
	if r.bound == 0 {
		r.bound = c.MaxDt
	}
	at, _ := slices.BinarySearch(t.row.Levels, float64(n))
	e, err := t.distance(start, end, at == len(t.row.Levels))
	if err != nil {
		return err
	}
	t.row.Errors, t.row.Levels = slices.Insert(t.row.Errors, at, e), slices.Insert(t.row.Levels, at, float64(n))
	r.before, r.work = r.work, t.updates(c, float64(g.Len()*t.c.components))
	return nil
}

// within returns the number of cells an axis of a level that takes the budget, by the power
// law through the work of the last two levels.
func (r *refinement) within(budget float64, before, last int) float64 {
	ratio := float64(last) / float64(before)
	power := math.Log(r.work/r.before) / math.Log(ratio)
	return float64(last) * math.Pow(budget/r.work, 1/power)
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
// where the scheme or the energy says so.
func (t *verifyTask) updates(c *pde.Contracts, cells float64) float64 {
	step, evaluation := 1., 1.
	if l, ok := t.scheme.(pde.Laborious); ok {
		step, evaluation = l.Labor()
	}
	evaluation += t.demand
	return (step*float64(c.Steps) + evaluation*float64(c.Evaluations) + newtonWork*float64(c.Iterations)) * cells
}

// distance returns the error of the state at the horizon, and keeps the Wasserstein
// distances of the finest level.
func (t *verifyTask) distance(start *grid.Density, end pde.State, finest bool) (float64, error) {
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
	if finest {
		_, t.row.W1, t.row.W2 = DensityErrors(end[0], want)
	}
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
