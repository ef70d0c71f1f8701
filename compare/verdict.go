package compare

import (
	"fmt"
	"math"
	"strconv"
)

// Limits of what a fit may claim. They are fixed here and not options, so that no
// study is tuned to its verdict.
const (
	// ladderLevels is the least number of points of a rate without a warning, and
	// fitLevels the least with a verdict: two points always lie on a line.
	ladderLevels = 4
	fitLevels    = 3
	// ladderSeeds is the least number of seeds of a level without a warning.
	ladderSeeds = 8
	// wideHalfWidth is the half-width of an interval above which a rate carries a
	// warning, whatever is predicted.
	wideHalfWidth = 0.25
	// biasErrors is how many standard errors of its mean a bias must be from zero.
	biasErrors = 3
	// floorRatio is the least ratio of a point's error to the error of its
	// reference: below it the reference, and not the run, may be what is measured.
	floorRatio = 10
)

// tolerance is the largest half-width of an interval with a verdict: a quarter
// of the prediction. An interval that narrow and holds the prediction p lies between
// p/2 and 3p/2, so it cannot also hold half or one and a half times p. Near p = 0 an
// eighth is used, which separates "flat" from a slope of a quarter.
func tolerance(predicted float64) float64 {
	return math.Max(math.Abs(predicted), 0.5) / 4
}

// margin is how far a slope may be from the prediction and still count as the same: a
// twentieth of the prediction, near 0 a fortieth. A ladder without chance can have an
// interval of a thousandth, while a next term c/X of a tenth at the coarsest of five levels,
// each twice the one before, moves its slope by 0.03, which says nothing about the rate.
func margin(predicted float64) float64 { return tolerance(predicted) / 5 }

// judge compares the interval of a rate with the band of slopes within margin of its
// prediction: it confirms the prediction if it meets the band, and contradicts it only if
// it lies beyond, as in tests of equivalence. X grows with the effort, so a slope below
// the prediction means that the error falls faster. An interval too wide to confirm a
// prediction still contradicts one whose band is farther from it than it is wide.
func judge(r Rate) Verdict {
	half := (r.Hi - r.Lo) / 2
	faster, slower, same := Faster, Slower, Consistent
	if r.Bound {
		faster, slower, same = Better, Violates, Sharp
	}
	m := margin(r.Predicted)
	below, above := r.Predicted-m-r.Hi, r.Lo-r.Predicted-m
	switch {
	case r.Points < fitLevels || math.IsNaN(r.Predicted) || !(half <= tolerance(r.Predicted) || max(below, above) > 2*half):
		return Undecided
	case below > 0:
		return faster
	case above > 0:
		return slower
	}
	return same
}

// nearly says how far the prediction is outside the interval of a rate that confirms it
// within the margin; empty if it is inside, or the rate confirms nothing.
func (r *Rate) nearly() string {
	apart := max(r.Lo-r.Predicted, r.Predicted-r.Hi)
	if !(apart > 0) || r.Verdict != Consistent && r.Verdict != Sharp {
		return ""
	}
	return fmt.Sprintf("the interval misses the prediction by %s, less than the margin of %s within which slopes count as the same: terms of higher order can do that in a short ladder",
		significant(apart, 2), plain(margin(r.Predicted)))
}

// Slope formats the rate's slope with no more digits than its interval supports:
// the last one shown is that of the half-width's second digit, and at most the
// third after the point. An undefined slope is "–".
func (r Rate) Slope() string { return decimal(r.Value, r.digits()) }

// Interval formats the rate's interval, like [-1.03, -0.99], with the digits of
// Slope. An undefined interval is "–".
func (r Rate) Interval() string {
	if !isFinite(r.Lo) || !isFinite(r.Hi) {
		return "–"
	}
	d := r.digits()
	return fmt.Sprintf("[%s, %s]", decimal(r.Lo, d), decimal(r.Hi, d))
}

// digits returns the number of decimals of Slope and Interval: two for
// half-widths from 0.1 down to 0.01, one above, three below. Without an interval
// nothing is known of the slope's error, and two are shown.
func (r Rate) digits() int {
	half := (r.Hi - r.Lo) / 2
	if !isFinite(half) {
		return 2
	}
	switch {
	case half >= 1:
		return 1
	case half >= 0.01:
		return 2
	}
	return 3
}

// decimal formats x with d decimals, without a negative zero; NaN and infinities
// are "–".
func decimal(x float64, d int) string {
	if !isFinite(x) {
		return "–"
	}
	s := strconv.FormatFloat(x, 'f', d, 64)
	if v, err := strconv.ParseFloat(s, 64); err == nil && v == 0 {
		return strconv.FormatFloat(0, 'f', d, 64)
	}
	return s
}

// significant formats x with d significant digits, like 0.0123 or 1.2e-07; NaN and
// infinities are "–".
func significant(x float64, d int) string {
	if !isFinite(x) {
		return "–"
	}
	if x == 0 {
		return "0"
	}
	if a := math.Abs(x); a >= 1e-3 && a < 1e4 {
		lead := int(math.Floor(math.Log10(a)))
		return strconv.FormatFloat(x, 'f', max(0, d-1-lead), 64)
	}
	return strconv.FormatFloat(x, 'e', d-1, 64)
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
