package compare

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// FlowAxis is that of rows in which the steps of JKO are halved and the errors are distances
// from the flow itself, on a grid so fine that its part of them is small.
const FlowAxis = "flow"

// The numbers of rows with the flow. Neither steps nor cells are chosen by the measured order.
const (
	// The levels are the first flowLevels numbers of steps, doubled, from firstSteps on, for
	// which the slope of the exact iterates has a half width of at most asymptoticHalf. bdf2
	// starts late: on Barenblatt its iterates have the slopes 1.45, 1.74, 1.86, 1.92, 1.96, 1.98
	// from 4 to 256 steps, and half widths of 0.071 on
	// 16 to 128 steps and 0.039 on 32 to 256.
	flowLevels     = 4
	asymptoticHalf = 0.04
	mostFlow       = 1024  // steps
	iterateCells   = 20000 // of the grid on which the distances of iterates from the flow are taken

	// Grids get finer from firstCells until at all levels the distance of the run from the
	// exact iterate is at most spacePart of that iterate's distance from the flow. Half widths
	// are a norm of the logarithms of the errors, and a part δ more on the finest level adds
	// at most 1.08 δ (derived): with a fortieth 0.027.
	firstCells = 100
	spacePart  = 1. / 40
	// A grid has as many cells as would do if the error in space fell with the solver's
	// order, and fewMore times that, but at most mostFiner times the one before.
	fewMore   = 1.05
	mostFiner = 4
	// fallPart is the part of the distance from the iterate that finer grids may leave
	// for cells to be what is wanting.
	fallPart = 0.75

	// flowWork is the budget of a row, in updates of a cell, and quickFlow that of --quick and
	// of inner solvers that are not pde.Tolerant, whose iterations are many and whose failed
	// steps, which no budget sees, take longest.
	flowWork, quickFlow = 4e8, 2e7

	halfWidthClaim = 0.05 // of the slope
	slopeLevel     = 0.95 // confidence of its interval

	// flowTolerance is that of pde.Tolerant inner solvers: what they leave of the equations
	// of a step is then little beside the error of the step.
	flowTolerance = 1e-10
)

// flowRows returns the forms of JKO whose inner solver makes the true step, by their names in
// rows; with quick those of first order alone.
func flowRows(quick bool) (names []string, schemes []pde.Scheme) {
	inners, firsts := iterateRows()
	for i, name := range inners {
		inner := firsts[i].(*pde.JKO).Inner
		if p, ok := inner.(pde.Tolerant); ok {
			inner = p.WithTolerance(flowTolerance)
		}
		names, schemes = append(names, name), append(schemes, &pde.JKO{Step: 1, Inner: inner})
		for _, form := range []string{"midpoint", "bdf2"} {
			if !quick && inner.Domain().SecondDim > 0 {
				names = append(names, name+", "+form)
				schemes = append(schemes, &pde.JKO{Step: 1, Inner: inner, TimeOrder: 2, Form: form})
			}
		}
	}
	return names, schemes
}

// imprecise says why the scheme's own certificate hides its error, if so.
func imprecise(scheme pde.Scheme) string {
	j := scheme.(*pde.JKO)
	if _, ok := j.Inner.(pde.Tolerant); ok || j.TimeOrder < 2 {
		return ""
	}
	return "what the inner solver leaves of a step's equations is not small beside an error of second order"
}

// iterates returns the exact iterates of a form of JKO on a line, or nil if they are not known.
func (c *verifyCase) iterates(scheme pde.Scheme) func(tau float64, steps int) (exact.Solution, error) {
	j, ok := scheme.(*pde.JKO)
	if !ok || c.dim() > 1 {
		return nil
	}
	if j.TimeOrder < 2 {
		if i, ok := c.solution.(exact.Iterated); ok {
			return i.Iterate
		}
		return nil
	}
	e, ok := c.solution.(exact.Extended)
	if !ok {
		return nil
	}
	form := exact.Midpoint
	if j.Form == "bdf2" {
		form = exact.BDF2
	}
	return func(tau float64, steps int) (exact.Solution, error) { return form(e, tau, steps) }
}

// flowBudget returns the updates of a cell that the row may take.
func (t *verifyTask) flowBudget() float64 {
	j, _ := t.scheme.(*pde.JKO)
	if _, ok := j.Inner.(pde.Tolerant); t.quick || !ok {
		return quickFlow
	}
	return flowWork
}

// flow chooses the levels, and then takes finer grids until the error in space is small
// beside the one in time on all of them. It leaves the row out where that takes more work than
// budget, unless finer grids bring the longest steps no nearer to their iterate.
func (t *verifyTask) flow(ctx context.Context, budget float64) error {
	steps, ends, err := t.asymptoticSteps()
	if err != nil || t.skip != "" {
		return err
	}
	order, _ := t.scheme.Order()
	var work, longest float64
	for cells := firstCells; ; {
		l, err := t.flowLadder(ctx, cells, steps, ends, budget-work)
		if err != nil || t.skip != "" {
			return err
		}
		if l.part <= spacePart && len(l.errors) == len(steps) {
			for i, n := range steps {
				t.row.add(l.errors[i], n)
			}
			return nil
		}
		if cells == firstCells {
			longest = l.longest
		}
		growth := max(min(fewMore*math.Pow(l.part/spacePart, 1/float64(order)), mostFiner), 1)
		work += l.work
		if next := growth * l.all; work+next > budget {
			if cells > firstCells && l.longest > max(fallPart*longest, spacePart) {
				return fmt.Errorf("with %d steps %d cells do not bring the run nearer to the exact iterate than %d cells", steps[0], cells, firstCells)
			}
			t.skip = fmt.Sprintf("on the levels made with %d cells the error in space is %.2g of the one in time, and all with %.2g take at least %.0e updates of a cell: over the budget of %.0e",
				cells, l.part, spacePart, work+next, budget)
			return nil
		}
		cells = int(math.Ceil(growth * float64(cells)))
	}
}

// flowLadder is what the runs on one grid say.
type flowLadder struct {
	errors  []float64 // distances from the flow, of all levels if there was no reason to stop
	part    float64   // largest part that the error in space is of the one in time
	longest float64   // that part with the longest steps
	work    float64   // updates of a cell
	all     float64   // … that all levels take, at least
}

// flowLadder makes the runs on a grid: that with the longest steps, which is cheap, then from
// the shortest on, until the error in space is not small or the work is above the budget.
func (t *verifyTask) flowLadder(ctx context.Context, cells int, steps []int, ends []exact.Solution, budget float64) (*flowLadder, error) {
	horizon := t.c.facts.Horizon
	g, err := t.c.grid(cells)
	if err != nil {
		return nil, err
	}
	start, err := t.c.solution.Density(0, g)
	if err != nil {
		return nil, err
	}
	flow, err := t.c.solution.Density(horizon, g)
	if err != nil {
		return nil, err
	}
	l, errors := &flowLadder{}, make([]float64, len(steps))
	total := 0
	for _, n := range steps {
		total += n
	}
	for k := range steps {
		i := (len(steps) - k) % len(steps)
		want, err := ends[i].Density(0, g)
		if err != nil {
			return nil, err
		}
		got, c, err := t.solve(ctx, withStep(t.scheme, horizon/float64(steps[i])), start, horizon)
		if err != nil {
			return nil, err
		}
		if c.Steps != steps[i] {
			t.skip = fmt.Sprintf("%d steps in place of %d on %d cells: the inner solver cuts steps", c.Steps, steps[i], cells)
			return l, nil
		}
		updates := t.updates(c, float64(g.Len()*t.c.components))
		l.work, l.all = l.work+updates, max(l.all, updates*float64(total)/float64(steps[i]))
		space, time := 0.0, l1Distance(want, flow)
		for _, d := range got {
			space, errors[i] = max(space, l1Distance(d, want)), max(errors[i], l1Distance(d, flow))
		}
		l.part = max(l.part, space/time)
		if i == len(steps)-1 {
			_, t.row.W1, t.row.W2 = DensityErrors(got[0], flow)
		}
		if k == 0 {
			l.longest = l.part
		}
		if l.part > spacePart || l.all > budget {
			return l, nil
		}
	}
	l.errors = errors
	return l, nil
}

// asymptoticSteps returns the levels with the exact iterates at the horizon. It leaves the row
// out where they have no order.
func (t *verifyTask) asymptoticSteps() (steps []int, ends []exact.Solution, err error) {
	g, err := t.c.grid(iterateCells)
	if err != nil {
		return nil, nil, err
	}
	horizon := t.c.facts.Horizon
	flow, err := t.c.solution.Density(horizon, g)
	if err != nil {
		return nil, nil, err
	}
	iterate := t.c.iterates(t.scheme)
	var x, y []float64
	for n := firstSteps; n <= mostFlow; n *= 2 {
		end, err := iterate(horizon/float64(n), n)
		if err != nil {
			return nil, nil, err
		}
		d, err := end.Density(0, g)
		if err != nil {
			return nil, nil, err
		}
		gap := l1Distance(d, flow)
		if gap <= spaceFloor {
			t.skip = "the exact iterates are the flow: there is no error in time"
			return nil, nil, nil
		}
		steps, ends = append(steps, n), append(ends, end)
		x, y = append(x, -math.Log2(float64(n))), append(y, math.Log2(gap))
		if k := len(x) - flowLevels; k >= 0 {
			if _, half := slopeOf(x[k:], y[k:]); half <= asymptoticHalf {
				return steps[k:], ends[k:], nil
			}
		}
	}
	t.skip = fmt.Sprintf("the exact iterates have no order up to %d steps", mostFlow)
	return nil, nil, nil
}

// slopeOf returns the least-squares slope of y and the half width of its 95 % interval
// (Student).
func slopeOf(x, y []float64) (slope, half float64) {
	a, slope := stat.LinearRegression(x, y, nil, false)
	w := make([]float64, len(x))
	for i := range w {
		w[i] = 1
	}
	lo, hi := studentInterval(x, y, w, a, slope, slopeLevel)
	return slope, (hi - lo) / 2
}
