package compare

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// preAsymptotic is why a level is left out that the drift of the slopes condemns.
const preAsymptotic = "it lies before the range in which the error is one power"

// asymptotic shortens a ladder by a rule that is fixed here, so that no study chooses its
// range: as long as more than ladderLevels levels are left and the slopes between
// neighbours drift one way by more than the tolerance of a verdict (with seeds: by more
// than chance, too), the coarsest level is left out. It marks the levels left out,
// and reports whether those that stay drift still.
func asymptotic(used []*Point, o FitOptions) (kept []*Point, drifts bool) {
	for {
		drifts = drifting(used, o.Predicted) &&
			(!seeded(used) || newBootstrap(used, o).driftCertain(o.Confidence))
		if !drifts || len(used) <= ladderLevels {
			return used, drifts
		}
		coarsest := slices.MinFunc(used, func(a, b *Point) int {
			if a.X < b.X {
				return -1
			}
			return 1
		})
		coarsest.Used, coarsest.Why = false, preAsymptotic
		used = slices.DeleteFunc(slices.Clone(used), func(p *Point) bool { return p == coarsest })
	}
}

// weights returns the weight of every level in a fit: the number of its seeds, in
// inverse proportion to the variance of log Error where the law of the errors has the
// same shape on all levels; 1 where there is no chance. (Variances estimated level by
// level are worse than none: with 8 seeds they scatter by a factor of three.)
func weights(points []*Point) []float64 {
	w := make([]float64, len(points))
	for i, p := range points {
		w[i] = float64(max(1, len(p.Seeds)))
	}
	return w
}

// interval makes an Interval of two ends.
func interval(lo, hi float64) Interval { return Interval{Lo: lo, Hi: hi} }

// join records an interval and, if joined, widens the rate's to hold it.
func (r *Rate) join(m Method, v Interval, joined bool) {
	if math.IsNaN(v.Lo) || math.IsNaN(v.Hi) {
		return
	}
	v.Method, v.Joined = m, joined
	r.Intervals = append(r.Intervals, v)
	if joined {
		r.Lo, r.Hi = hull(r.Lo, r.Hi, v.Lo, v.Hi)
	}
}

// leaveOneOut returns the range of the slopes of the ladder less one level; nil for
// fewer than four levels, of which the rest would be no ladder.
func leaveOneOut(x, y, w []float64) *Interval {
	if len(x) < ladderLevels {
		return nil
	}
	out := &Interval{Lo: math.NaN(), Hi: math.NaN()}
	for i := range x {
		less := func(v []float64) []float64 { return slices.Delete(slices.Clone(v), i, i+1) }
		_, b := stat.LinearRegression(less(x), less(y), less(w), false)
		out.Lo, out.Hi = hull(out.Lo, out.Hi, b, b)
	}
	return out
}

// fitFloor fits error² = (C Xᵖ)² + f², f the same on all levels, to the points used and
// to those left out only because their reference is too close, if there are any: what
// the reference adds then bends the ladder, and the slope is that of the part below.
// For given f the logarithm of error² − f² is a straight line; f is found on a grid
// from 0 to the smallest error as the one with the least squared residual of log error.
// It returns nil if no point calls for it or fewer than ladderLevels points can be used.
func fitFloor(points []Point) *Floor {
	var x, e []float64
	near := false
	for i := range points {
		p := &points[i]
		close := !p.Used && p.Error > 0 && p.Reference > 0 && p.Reference*floorRatio > p.Error && p.Reference < p.Error && !p.Signed
		if p.Used || close {
			x, e = append(x, math.Log(p.X)), append(e, p.Error)
		}
		near = near || close
	}
	if !near || len(x) < ladderLevels {
		return nil
	}
	const steps = 400
	lowest, best := slices.Min(e), math.Inf(1)
	out := &Floor{Points: len(x)}
	y := make([]float64, len(x))
	for i := range steps {
		f := lowest * float64(i) / steps
		for j, v := range e {
			y[j] = math.Log(v*v-f*f) / 2
		}
		a, b := stat.LinearRegression(x, y, nil, false)
		sse := 0.0
		for j, v := range e {
			r := math.Log(v) - math.Log(math.Hypot(math.Exp(a+b*x[j]), f))
			sse += r * r
		}
		if sse < best {
			best, out.Slope, out.Level = sse, b, f
		}
	}
	return out
}
