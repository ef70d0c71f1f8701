package compare

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
)

// signedLevels is the least number of levels of a ladder in cells whose signed errors are
// taken apart: two terms leave as many degrees of freedom as there are terms, and one.
const signedLevels = 5

// signedErrors explains a ladder in cells of a scheme of order p ≥ 2. Risk and objective are
// functions of integrals against the density. In those, errors of opposite sign cancel that
// the density's L¹ distance adds up, so that their error can have terms of the order p and
// of higher order that are of one size on all grids that can be afforded, and pass through
// 0 between them. The slope of its size is then no rate of the scheme. The table shows the
// errors with their sign times n^p; the fit is
//
//	error = h^p (a + b h),    h ~ 1/n,
//
// at each saved time on its own, and the residual is the root mean square over times and
// levels of error/h^p less the fit, relative to that of error/h^p.
//
// What b stands for was found on benchmark B (linear-exact, grids of 48 to 216 cells): the residual of the risk is 36 % with a alone and 13 % with both. Boxes that put the
// maximum of ρ₀ at the middle of a cell for all n take it to 7 %: a limiter flattens the
// density over a cell or two about its maximum, and by how much depends on where the
// faces are. With limiter: third-order, which does not flatten it, the terms are h² and h⁴
// (residual 3 %), of opposite sign; they cancel at 58 cells, and one power fits 62 % off.
func signedErrors(s *Study, l *ladderPlan, order int) (*Finding, error) {
	ref, err := l.levels[0].reference()
	if err != nil {
		return nil, err
	}
	f := &Finding{Against: Cells, Title: "Signed errors of the observables: " + l.scheme,
		Source: "errors of integrals have terms of several orders and both signs (derived)"}
	scale := func(i int) float64 { return math.Pow(l.levels[i].x, float64(order)) }
	var fits []signedFit
	for _, q := range []Quantity{Risk, Objective} {
		v := signedFit{quantity: q}
		for i := range l.levels {
			e := combine([]float64{1, -1}, curve(l.levels[i].tasks[0].result.Trajectory), ref).of(q)
			for k := range e {
				e[k] *= scale(i)
			}
			v.error, v.cells = append(v.error, e), append(v.cells, l.levels[i].x)
		}
		v.fit(s.Times)
		fits = append(fits, v)
	}
	f.Columns = []string{"n"}
	for _, v := range fits {
		f.Columns = append(f.Columns, fmt.Sprintf("error of the %s × n^%d at τ = %s", v.quantity, order, plain(s.Times[v.at])))
	}
	density := l.ladder(Density)
	if density != nil {
		f.Columns = append(f.Columns, fmt.Sprintf("L¹ distance of the density × n^%d", order))
		f.Verdict = density.Rate.Verdict
	}
	for i, v := range l.levels {
		row := []float64{v.x}
		for _, w := range fits {
			row = append(row, w.error[i][w.at])
		}
		if density != nil {
			row = append(row, density.Points[i].Error*scale(i))
		}
		f.Rows = append(f.Rows, FindingRow{Values: row})
	}
	for _, v := range fits {
		f.Text = append(f.Text, v.words(order))
	}
	judged := "The slope of the size of such an error is no rate of the scheme where terms of both signs are of one size."
	if density != nil {
		judged += fmt.Sprintf(" The L¹ distance of the density has no sign, and is what the scheme is judged by: slope %s %s, %s.", density.Rate.Slope(), density.Rate.Interval(), density.Rate.Verdict)
	}
	f.Text = append(f.Text, judged)
	return f, nil
}

// signedFit is the fit of the errors of a quantity.
type signedFit struct {
	quantity Quantity
	error    [][]float64 // of each level and saved time, times n^p
	cells    []float64
	at       int // saved time of the largest error of the finest level
	a, b     float64
	one, two float64 // residuals
}

// fit fits all saved times after the first, each on its own.
func (v *signedFit) fit(times []float64) {
	x, y := make([]float64, len(v.cells)), make([]float64, len(v.cells))
	for i, n := range v.cells {
		x[i] = v.cells[0] / n
	}
	var all, one, two, largest float64
	for t := 1; t < len(times); t++ {
		for i, e := range v.error {
			y[i] = e[t]
		}
		a, b := stat.LinearRegression(x, y, nil, false)
		mean := stat.Mean(y, nil)
		for i := range y {
			all += y[i] * y[i]
			one += (y[i] - mean) * (y[i] - mean)
			two += math.Pow(y[i]-a-b*x[i], 2)
		}
		if e := math.Abs(v.error[len(v.error)-1][t]); e > largest {
			largest, v.at, v.a, v.b = e, t, a, b
		}
	}
	v.one, v.two = math.Sqrt(one/all), math.Sqrt(two/all)
}

// words says what the fit found.
func (v *signedFit) words(order int) string {
	text := fmt.Sprintf("%s: one power, h^%d, leaves a residual of %s %% of the signed errors at all times and levels, h^%d and h^%d together one of %s %%.",
		v.quantity, order, significant(100*v.one, 2), order, order+1, significant(100*v.two, 2))
	n := -v.b / v.a * v.cells[0]
	if size := math.Abs(v.b / v.a); size > 0.25 {
		text += fmt.Sprintf(" On the coarsest grid the second term is %s times the first", significant(size, 2))
		if v.a*v.b < 0 {
			text += ", of the other sign"
			if n > v.cells[0]/2 && n < 2*v.cells[len(v.cells)-1] {
				text += fmt.Sprintf(": they cancel at n = %s", significant(n, 2))
			}
		}
		text += "."
	}
	return text
}

// ladder returns the measured ladder of a quantity; nil if there is none.
func (l *ladderPlan) ladder(q Quantity) *Ladder {
	for i := range l.measured {
		if l.measured[i].Quantity == q {
			return &l.measured[i]
		}
	}
	return nil
}

// of returns the risk or the objective of a curve.
func (r *Reference) of(q Quantity) []float64 {
	if q == Objective {
		return r.Objective
	}
	return r.Risk
}
