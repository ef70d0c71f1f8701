package compare

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// FitOptions says how a ladder is fitted and what it is compared with. The zero
// value of a field means its default.
type FitOptions struct {
	Confidence float64 // level of the interval, in (0.5, 1); default 0.95
	Predicted  float64 // predicted slope; NaN where nothing is predicted
	Bound      bool    // whether it is that of an upper bound; see Verdict
	Source     string  // where the prediction is from
	Seed       uint64  // of the bootstrap
	Resamples  int     // of the bootstrap; default 2000
}

func (o FitOptions) defaults() FitOptions {
	if o.Confidence == 0 {
		o.Confidence = 0.95
	}
	if o.Resamples == 0 {
		o.Resamples = 2000
	}
	return o
}

// Fit measures how the error of a ladder falls: the least-squares slope of
// log Error against log X, with an interval and a verdict on the predicted slope.
//
// Fit completes the points in place. A point with Seeds gets the root mean square of
// its seeds as its Error, or the size of their mean if it is Signed. Used says whether a point entered the fit, and Why, in
// words, why it did not: its error is not a positive number, or its reference is not
// known to be ten times more accurate than the point's own error, or, of a bias, it is
// not three standard errors from zero. The reason that a point without an error comes
// with is kept.
//
// The interval of a ladder without chance is the hull of Student's, from the scatter
// about the line with n − 2 degrees of freedom, and of what a term of next order
// would change; see correction. That of a ladder with seeds is the hull of Student's
// and of the bootstrap over seeds, which sees the scatter that levels share because
// their draws are nested; see bootstrap.interval. Both comments say how often the
// interval covers the true slope.
//
// A ladder of more than four levels whose local slopes drift is shortened from its coarse
// end; see asymptotic. Levels with more seeds weigh more; see weights.
//
// With fewer than two usable points the slope is NaN, with fewer than three the
// interval of a ladder without chance is. The result is the same for the same points
// and seed. Fit panics if Confidence is outside (0.5, 1).
func Fit(points []Point, o FitOptions) Rate {
	o = o.defaults()
	if !(o.Confidence > 0.5 && o.Confidence < 1) {
		panic(fmt.Sprintf("compare: Fit: confidence %v is not in (0.5, 1)", o.Confidence))
	}
	used, drifts := asymptotic(admit(points), o)
	r := Rate{
		Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN(), Constant: math.NaN(),
		Predicted: o.Predicted, Bound: o.Bound, Source: o.Source, Points: len(used),
	}
	if len(used) >= 2 {
		x, y, w := logs(used), logErrors(used), weights(used)
		a, b := stat.LinearRegression(x, y, w, false)
		r.Value, r.Constant = b, math.Exp(a)
		r.join(Student, interval(studentInterval(x, y, w, a, b, o.Confidence)), true)
		switch {
		case seeded(used):
			s := newBootstrap(used, o)
			r.join(Expanded, interval(s.interval(o.Confidence)), true)
			r.join(BCa, interval(s.corrected(b, o.Confidence)), false)
		case len(used) >= ladderLevels:
			h := correction(x, y, b)
			r.join(Extrapolated, Interval{Lo: b - h, Hi: b + h}, true)
		}
		r.LeaveOut = leaveOneOut(x, y, w)
		r.Floor = fitFloor(points)
	}
	r.Verdict = judge(r)
	r.Warnings = doubts(points, used, r, drifts)
	return r
}

// admit marks the points that may enter a fit, and returns them.
func admit(points []Point) []*Point {
	used := make([]*Point, 0, len(points))
	for i := range points {
		p := &points[i]
		if p.Seeds != nil {
			p.Error = p.summarise(p.Seeds)
		}
		if isFinite(p.Error) || p.Why == "" {
			p.Why = whyNot(p)
		}
		if p.Used = p.Why == ""; p.Used {
			used = append(used, p)
		}
	}
	return used
}

// whyNot says why a point cannot enter a fit; empty if it can.
func whyNot(p *Point) string {
	switch {
	case !isFinite(p.X) || p.X <= 0:
		return fmt.Sprintf("its place on the ladder, %v, is not a positive number", p.X)
	case !isFinite(p.Error):
		return "its error is not a number"
	case p.Error <= 0:
		return "its error is zero, which has no logarithm"
	case math.IsNaN(p.Reference) || p.Reference < 0:
		return "the error of its reference is unknown"
	case p.Signed && !(p.Error > biasErrors*stat.StdErr(stat.StdDev(p.Seeds, nil), float64(len(p.Seeds)))):
		return fmt.Sprintf("its mean %s is less than %d standard errors from zero", significant(p.Error, 2), biasErrors)
	case p.Reference*floorRatio > p.Error:
		return fmt.Sprintf("its error %s is not ten times that of its reference, %s",
			significant(p.Error, 2), significant(p.Reference, 2))
	}
	return ""
}

// summarise returns the error that the distances of several seeds amount to.
func (p *Point) summarise(seeds []float64) float64 {
	if p.Signed {
		return math.Abs(stat.Mean(seeds, nil))
	}
	return rms(seeds)
}

func rms(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return math.Sqrt(sum / float64(len(x)))
}

func logs(points []*Point) []float64 {
	x := make([]float64, len(points))
	for i, p := range points {
		x[i] = math.Log(p.X)
	}
	return x
}

func logErrors(points []*Point) []float64 {
	y := make([]float64, len(points))
	for i, p := range points {
		y[i] = math.Log(p.Error)
	}
	return y
}

func seeded(points []*Point) bool {
	for _, p := range points {
		if len(p.Seeds) > 1 {
			return true
		}
	}
	return false
}

// studentInterval returns the interval of the slope b of the line a + b x from the
// scatter of y about it:
//
//	b ± t_{n−2} s / sqrt(Σ w(x − x̄)²),   s² = Σ w(y − a − b x)²/(n − 2),
//
// x̄ being the weighted mean. It is NaN for fewer than three points.
func studentInterval(x, y, w []float64, a, b, confidence float64) (lo, hi float64) {
	n := len(x)
	if n < 3 {
		return math.NaN(), math.NaN()
	}
	mean, sxx, sse := stat.Mean(x, w), 0.0, 0.0
	for i := range x {
		sxx += w[i] * (x[i] - mean) * (x[i] - mean)
		e := y[i] - a - b*x[i]
		sse += w[i] * e * e
	}
	nu := float64(n - 2)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: nu}.Quantile((1 + confidence) / 2)
	half := t * math.Sqrt(sse/nu/sxx)
	return b - half, b + half
}

// correction returns how far the slope b of a ladder without chance may be from that
// of its leading term, C X^p in
//
//	Error = C X^p (1 + c/X + …),
//
// because of the term in c: 4/3 of the distance between b and the coefficient of x in
// the least-squares fit of y to 1, x = log X and 1/X. NaN for fewer than four points.
//
// Student's interval does not see this. The residuals of a smooth curve are not
// scatter, and the more levels there are the narrower it is about the wrong slope. On
// synthetic ladders with c X₀⁻¹ between −0.6 and 0.6 at the coarsest level X₀ = 2,
// 4 to 6 levels and an error of 0.3 % in each, Student's interval at level 0.95 held p
// for 2 % to 40 % of the ladders, the hull with this one for 96 % to 97 %; with c/X² in
// place of c/X, the first for 92 % to 99 %, the hull for more than 99 %. With c/√X neither covers: then
// only the drift of the local slopes tells. (Derived; fit_test.go repeats it.)
func correction(x, y []float64, b float64) float64 {
	n := len(x)
	if n < 4 {
		return math.NaN()
	}
	design := mat.NewDense(n, 3, nil)
	for i := range x {
		design.SetRow(i, []float64{1, x[i], math.Exp(x[0] - x[i])})
	}
	var c mat.VecDense
	if err := c.SolveVec(design, mat.NewVecDense(n, y)); err != nil {
		return math.NaN()
	}
	return 4.0 / 3 * math.Abs(b-c.AtVec(1))
}

// hull returns the smallest interval that holds both; a NaN interval holds
// nothing.
func hull(lo, hi, lo2, hi2 float64) (float64, float64) {
	switch {
	case math.IsNaN(lo) || math.IsNaN(hi):
		return lo2, hi2
	case math.IsNaN(lo2) || math.IsNaN(hi2):
		return lo, hi
	}
	return math.Min(lo, lo2), math.Max(hi, hi2)
}

// localSlopes returns the slopes between neighbouring points.
func localSlopes(points []*Point) []float64 {
	x, y := logs(points), logErrors(points)
	s := make([]float64, 0, len(x))
	for i := 1; i < len(x); i++ {
		s = append(s, (y[i]-y[i-1])/(x[i]-x[i-1]))
	}
	return s
}

// drifting reports whether the local slopes, at least three, drift one way, by
// more than the tolerance of a verdict in all: the ladder then has not reached the
// range where its error is one power of X.
func drifting(points []*Point, predicted float64) bool {
	s := localSlopes(points)
	if len(s) < 3 {
		return false
	}
	up, down := true, true
	for i := 1; i < len(s); i++ {
		up = up && s[i] > s[i-1]
		down = down && s[i] < s[i-1]
	}
	if math.IsNaN(predicted) {
		predicted = 0
	}
	return (up || down) && math.Abs(s[len(s)-1]-s[0]) > tolerance(predicted)
}

// doubts says in words what makes a rate deserve doubt.
func doubts(all []Point, used []*Point, r Rate, drifts bool) []string {
	var w []string
	if r.Points < ladderLevels {
		w = append(w, fmt.Sprintf("%d of %d points could be used; a rate needs at least %d", r.Points, len(all), ladderLevels))
	}
	fewest, chance := math.MaxInt, false
	for _, p := range used {
		if p.Seeds != nil {
			chance, fewest = true, min(fewest, len(p.Seeds))
		}
	}
	if chance && fewest < ladderSeeds {
		w = append(w, fmt.Sprintf("only %d seeds; a rate with chance needs at least %d", fewest, ladderSeeds))
	}
	floor := 0
	for _, p := range all {
		if !p.Used && p.Error > 0 && p.Reference*floorRatio > p.Error {
			floor++
		}
	}
	if floor > 0 {
		w = append(w, fmt.Sprintf("the reference is too inaccurate for %d of %d points, which were left out", floor, len(all)))
	}
	early := 0
	for _, p := range all {
		if p.Why == preAsymptotic {
			early++
		}
	}
	if early > 0 {
		w = append(w, fmt.Sprintf("the %d coarsest levels were left out, because the slope between neighbouring levels drifts with them", early))
	}
	if other := len(all) - len(used) - floor - early; other > 0 {
		w = append(w, fmt.Sprintf("%d of %d points have no usable error and were left out", other, len(all)))
	}
	if half := (r.Hi - r.Lo) / 2; half > wideHalfWidth {
		w = append(w, fmt.Sprintf("the interval is wide: half-width %s", decimal(half, 2)))
	}
	if near := r.nearly(); near != "" {
		w = append(w, near)
	}
	if half := (r.Hi - r.Lo) / 2; r.LeaveOut != nil && (r.LeaveOut.Hi-r.Value > half || r.Value-r.LeaveOut.Lo > half) {
		w = append(w, fmt.Sprintf("it hangs on single levels: leaving one out gives slopes from %s to %s", decimal(r.LeaveOut.Lo, 2), decimal(r.LeaveOut.Hi, 2)))
	}
	if drifts {
		s := localSlopes(used)
		w = append(w, fmt.Sprintf("the slope between neighbouring points drifts from %s to %s: the ladder may not have reached its asymptotic range",
			decimal(s[0], 2), decimal(s[len(s)-1], 2)))
	}
	return w
}
