package compare

import (
	"fmt"
	"math"

	"pdesolve/pde"
)

// VerifyRule is the rule of Verify, for readers. It is the same for all schemes and
// cases; no level, horizon or tolerance depends on whether a claim is met.
const VerifyRule = `Space. The grid is refined by the ladder 40, 80, 160, 320, 640 cells an axis in
one dimension, 32, 64, 128, 256 in two, 16, 32, 64 in three and 8, 12, 16, 24 in
four, as far as they have three cells an axis for each order of the scheme.
From the fourth level on the ladder ends where a level would take more than
2e9 (--quick: 4e7) updates of a cell, predicted from the two levels before it; where the
third would, it has as many cells as take no more, or if they are not a quarter more than
the second has, it is half way between the first two. What takes longer than an update by
muscl counts for more: an evaluation of an interaction for 20, an iteration of an implicit
step for 50, a step of weno for 50 and 15 with each evaluation of the first variation.
The box is that of the solution, 8 % wider on each side where the solution has a compact
support; the end is the solution's horizon. Errors are L1 distances from the exact cell
averages at the end, or the relative error of the second moment's change where only
moments are known.
Schemes with a step bound follow it, and where they are of lower order in time take
steps that fall like h^(space/time); schemes with a nominal step take
horizon/32 on the first level and then steps that fall like h^(space/time): so short
that the error of the step, which can have the other sign, does not hide the grid's.

Time. The grid has 64, 24, 12, 8 cells an axis, 256, 64, 24, 12 for schemes with a
nominal step, whose purpose are stiff problems. The start is the product over the
axes of 1 + 0.999 cos(pi s), s from -1 to 1 through the box. A scheme with a nominal
step takes 4, 8, 16, 32, 64 steps (--quick: up to 32), and its errors are L1
distances from the solution of its own semi-discrete equation; any other scheme takes
n, 2n, ..., 32n steps (--quick: 16n), n the smallest number that its step bound allows
but at least 4, and its errors are distances from the run with twice as many steps.
Where a scheme cuts one of the steps of the first two levels they start from twice as
many. The end is the horizon, or for a scheme with a step bound the one of horizon,
horizon/2, ..., horizon/32 at which the first error is largest and no positivity limiter
acts, for a limiter that acts depends on the step.

Iterates. Every inner solver of jko that makes the true step takes four steps to the
horizon on 40, 80, 160 cells an axis in one dimension, 12, 24, 48 in two, 8, 12, 16 in three
and 6, 8, 12 in four, where the exact JKO iterates of the solution are known. Errors are
L1 distances from the fourth iterate, so that no error in time is in them. Where the
next level would take more than 2e9 (--quick: 4e7) updates of a cell, predicted from
the last one at the same number of iterations, the pair is listed among the skipped.

Flow. Every inner solver of jko that makes the true step, and both forms of second order
with it (--quick: those of first order alone), take n, 2n, 4n, 8n steps to the horizon where in
one dimension the exact iterates of the form are known. Errors are L1 distances from the
solution of the PDE. n is the first of 4, 8, 16, ... for which the slope of the exact
iterates against the PDE has a half width of at most 0.04 (95 %, Student), from their
closed forms alone. The grid, of 100 cells first, is refined until on every level the
distance of the run from its exact iterate, the error in space, is at most a fortieth
of that iterate's distance from the PDE, the error in time. Inner solvers that can at little
cost solve to 1e-10; the others have no row of second order. Where that takes more than
4e8 (--quick, and for the others: 2e7) updates of a cell,
predicted with the solver's order in space, or where the solver cuts a step, the pair is
listed among the skipped; where finer grids bring the longest steps no nearer to their iterate
it does not pass. The least-squares slope decides, and its half width must be at most 0.05.

Levels do not count where the error is below 1e-12 in space, or in time below 1e-14
or one unit in the last place a step: that is rounding. With fewer than three levels that
count nothing is measured: the pair is listed among the skipped.

Orders. A row passes if one of the slope between the two finest levels, the
least-squares slope over all levels and the limit of the slopes is at least the
declared order less a slack, and the finest is not below the declared order by more
than three times the slack. The limit is that of a straight line in the width of
cells or steps through the last two slopes, and stands where they still rise; where they
fall it is below both. The
slack is 0.1, or 0.06 times a declared order above 5/3; for a scheme that documents
that the constant of its error in time grows by a factor q as steps get shorter, it
is log2(q)/(levels - 1) more. Ladders of three levels, and those of --quick, take
one and a half times the slack. Where a
jump, a kink or a weaker edge of the solution leaves less than the scheme's order, the
error of a level depends on where the edge falls in its cell, and the least-squares
slope alone decides; in time the same holds where a scheme documents that its
right-hand side is not smooth. The declared order
is the scheme's own, or less where its documentation or the edge of the solution
leaves less.

Contracts. At every step of every level the mass stays to 1e-12, no cell is negative
and the energy rises by at most 1e-10 of itself, unless the scheme disclaims the last.`

// The numbers of VerifyRule.
var (
	spaceLadder = [...][]int{1: {40, 80, 160, 320, 640}, 2: {32, 64, 128, 256}, 3: {16, 32, 64}, 4: {8, 12, 16, 24}}
	boundCells  = [...]int{1: 64, 2: 24, 3: 12, 4: 8}   // grid of time rows, schemes with a step bound
	stiffCells  = [...]int{1: 256, 2: 64, 3: 24, 4: 12} // … and with a nominal step
)

const (
	leastLevels          = 3 // levels that must count
	fullWork, quickWork  = 2e9, 4e7
	leastRatio           = 1.25    // of the cells of a third level in place of the ladder's to the second's
	firstStep            = 1. / 32 // of the horizon: nominal step on the first level in space
	orderCells           = 3       // cells an axis for each order of a scheme
	firstSteps           = 4       // on the first level in time
	fullTimes, quickTime = 5, 4    // levels in time
	shortSlack           = 1.5     // slack of short ladders, relative to that of long ones
	halfEnds             = 6       // ends tried in time: horizon, …, horizon/32
	supportMargin        = 0.08    // of the box on each side of a compact support
	spaceFloor           = 1e-12   // L¹ distances below are rounding, in space …
	timeFloor            = 1e-14   // … and in time, where both runs have the same grid
	riseClaim            = 1e-10   // largest rise of the energy that passes
	massClaim            = 1e-12   // largest mass error
)

// orderSlack is by how much a measured order may be below the declared one. It asks
// for 0.9, 1.9, 2.8 and 4.7 of the orders 1, 2, 3 and 5.
func (r *VerifyRow) orderSlack(c pde.Caveats, quick bool) float64 {
	slack := max(0.1, 0.06*r.Declared)
	if quick || len(r.Levels) <= leastLevels {
		slack *= shortSlack
	}
	if q := c.StepConstant; q > 1 && r.Axis == TimeAxis {
		slack += math.Log2(q) / float64(len(r.Levels)-1)
	}
	return slack
}

// floor returns the error below which a level is rounding.
func (r *VerifyRow) floor(level int) float64 {
	if r.Axis == SpaceAxis {
		return spaceFloor
	}
	return max(timeFloor, 0x1p-52*r.Levels[level])
}

// orders measures the orders from the levels that count, and returns their number.
func (r *VerifyRow) orders(rough bool) int {
	var x, y []float64
	for i, e := range r.Errors {
		if e > r.floor(i) {
			x, y = append(x, -math.Log2(r.Levels[i])), append(y, math.Log2(e))
		}
	}
	k := len(x) - 1
	if k < leastLevels-1 {
		return k + 1
	}
	r.Fitted, r.HalfWidth = slopeOf(x, y)
	slope := func(k int) float64 { return (y[k-1] - y[k]) / (x[k-1] - x[k]) }
	r.Finest = slope(k)
	r.Limit = r.Finest + (r.Finest-slope(k-1))/(math.Exp2(x[k-1]-x[k])-1)
	if r.Measured = max(r.Finest, r.Fitted, r.Limit); rough {
		r.Measured = r.Fitted
	}
	return k + 1
}

// shortfall says by how much the orders miss the declared one, or nothing.
func (r *VerifyRow) shortfall(rough bool, c pde.Caveats, quick bool) string {
	slack := r.orderSlack(c, quick)
	switch {
	case r.Axis == FlowAxis && !(r.HalfWidth <= halfWidthClaim):
		return fmt.Sprintf("the half width of the slope is %.3g, above %g", r.HalfWidth, halfWidthClaim)
	case !(r.Measured >= r.Declared-slack):
		return fmt.Sprintf("the order %.2f is below %.4g", r.Measured, r.Declared-slack)
	case !rough && !(r.Finest >= r.Declared-3*slack):
		return fmt.Sprintf("the order of the finest levels, %.2f, is below %.4g", r.Finest, r.Declared-3*slack)
	}
	return ""
}

// judge decides the row, given the error that ended it.
func (r *VerifyRow) judge(err error, rough bool, caveats pde.Caveats, quick bool) {
	if err != nil {
		r.Note = err.Error()
	} else {
		r.Note = r.shortfall(rough, caveats, quick)
	}
	for _, c := range []struct {
		bad  bool
		what string
	}{
		{!(r.MassError <= massClaim), fmt.Sprintf("the mass changes by %.2g", r.MassError)},
		{!(r.Min >= 0), fmt.Sprintf("the density falls to %.2g", r.Min)},
		{!(r.EnergyRise <= riseClaim || caveats.EnergyRise), fmt.Sprintf("the energy rises by %.2g", r.EnergyRise)},
	} {
		if c.bad {
			if r.Note != "" {
				r.Note += "; "
			}
			r.Note += c.what
		}
	}
	r.Pass = r.Note == ""
}
