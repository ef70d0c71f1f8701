package compare

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"pdesolve/grid"
	"pdesolve/pde"
)

// orderSlack is by how much a measured order may be below the declared one: a tenth
// for orders to 2, as asked of them, and the same part of higher ones, whose leading
// error term takes finer grids to stand out.
func orderSlack(declared float64) float64 { return max(0.1, 0.06*declared) }

// atRounding is the note of a row whose error falls to rounding, where no order can
// be seen.
const atRounding = "the error is rounding"

// orders measures the orders from the errors so far. Levels whose error is rounding
// do not count.
func (t *verifyTask) orders() {
	r := &t.row
	var x, y []float64
	for i, e := range r.Errors {
		if e > errorFloor {
			h := r.Levels[i]
			if r.Axis == SpaceAxis {
				h = 1 / h
			}
			x, y = append(x, math.Log2(h)), append(y, math.Log2(e))
		}
	}
	k := len(x) - 1
	if k < 1 {
		return
	}
	_, r.Fitted = stat.LinearRegression(x, y, nil, false)
	if r.Measured = (y[k-1] - y[k]) / (x[k-1] - x[k]); r.Axis == SpaceAxis && t.c.rough() {
		r.Measured = r.Fitted
	}
}

// rough reports whether the solution has a jump, a kink or something between.
func (c *verifyCase) rough() bool { return c.facts.Regularity > 0 && c.facts.Regularity <= 2 }

// met reports whether the order is.
func (t *verifyTask) met() bool {
	return t.row.Measured >= t.row.Declared-orderSlack(t.row.Declared)
}

// judge decides the row, given the error that ended it.
func (t *verifyTask) judge(err error) {
	r := &t.row
	var note string
	switch {
	case err != nil:
		note = err.Error()
	case len(r.Errors) > 0 && r.Errors[len(r.Errors)-1] <= errorFloor:
		note = atRounding
	case !t.met():
		note = fmt.Sprintf("the order is below %.4g", r.Declared-orderSlack(r.Declared))
	}
	r.Pass = note == "" || err == nil && note == atRounding
	for _, c := range []struct {
		bad  bool
		what string
	}{
		{!(r.MassError <= massClaim), fmt.Sprintf("the mass changes by %.2g", r.MassError)},
		{!(r.Min >= 0), fmt.Sprintf("the density falls to %.2g", r.Min)},
		{!(r.EnergyRise <= riseClaim || t.caveats().EnergyRise), fmt.Sprintf("the energy rises by %.2g", r.EnergyRise)},
	} {
		if c.bad {
			r.Pass = false
			if note != "" {
				note += "; "
			}
			note += c.what
		}
	}
	r.Note = note
}

// withStep returns the scheme with steps no longer than step.
func withStep(s pde.Scheme, step float64) pde.Scheme {
	if stepped, ok := s.(pde.StepScheme); ok {
		return stepped.WithStep(step)
	}
	return shortened{s, step}
}

// shortened is a scheme whose steps are no longer than a bound.
type shortened struct {
	pde.Scheme
	step float64
}

// Bind returns the scheme's stepper with its steps shortened.
func (s shortened) Bind(f pde.Functional, grids []*grid.Grid) (pde.Stepper, error) {
	stepper, err := s.Scheme.Bind(f, grids)
	return shortenedStepper{stepper, s.step}, err
}

type shortenedStepper struct {
	pde.Stepper
	step float64
}

// Step passes the largest step that divides limit into equal ones.
func (s shortenedStepper) Step(ctx context.Context, rho pde.State, limit float64) (pde.StepReport, error) {
	if n := math.Ceil(limit / s.step * (1 - 1e-9)); n > 1 {
		limit /= n
	}
	return s.Stepper.Step(ctx, rho, limit)
}

// l1Distance returns ∫|a − b|.
func l1Distance(a, b *grid.Density) float64 {
	var sum float64
	for i, v := range a.Values {
		sum += math.Abs(v-b.Values[i]) * a.Grid.RelativeVolume(i)
	}
	return sum * a.Grid.MeanVolume()
}

// DensityErrors returns the distances of two densities on the same grid: in L¹,
// and W₂ on a grid of one axis, where it is cheap; NaN on others.
func DensityErrors(a, b *grid.Density) (l1, w2 float64) {
	if !a.Grid.Equal(b.Grid) {
		panic("compare: DensityErrors: densities on different grids")
	}
	w2 = math.NaN()
	if a.Grid.Dim() == 1 {
		_, w2 = wassersteinLine(a, b)
	}
	return l1Distance(a, b), w2
}

// stateDistance returns the largest L¹ distance of a component.
func stateDistance(a, b pde.State) float64 {
	worst := 0.0
	for c, d := range a {
		worst = max(worst, l1Distance(d, b[c]))
	}
	return worst
}

// secondMoment returns ∫|x|² ρ with the mass of a cell at its center.
func secondMoment(d *grid.Density) float64 {
	var sum float64
	for k := range d.Grid.Dim() {
		sum += d.Moment(k, 2)
	}
	return sum
}

// wassersteinLine returns the distances W₁ and W₂ of two densities on the same grid
// of one axis, constant in each cell and of the same mass. Both quantile functions
// are linear between the levels at which either has a cell's edge, so that the
// integrals over the levels are exact.
func wassersteinLine(a, b *grid.Density) (w1, w2 float64) {
	ax := a.Grid.Axis(0)
	h := ax.Widths()
	var i, j int       // cells
	var fi, fj float64 // mass taken from cell i, j
	at := func(d *grid.Density, i int, taken float64) float64 {
		return ax.Edge(i) + h[i]*taken/(d.Values[i]*h[i])
	}
	var square float64
	for {
		for i < ax.N && fi >= a.Values[i]*h[i] {
			i, fi = i+1, 0
		}
		for j < ax.N && fj >= b.Values[j]*h[j] {
			j, fj = j+1, 0
		}
		if i == ax.N || j == ax.N {
			return w1, math.Sqrt(square)
		}
		left := at(a, i, fi) - at(b, j, fj)
		ra, rb := a.Values[i]*h[i]-fi, b.Values[j]*h[j]-fj
		m := min(ra, rb)
		if ra <= rb {
			fi = a.Values[i] * h[i]
		} else {
			fi += m
		}
		if rb <= ra {
			fj = b.Values[j] * h[j]
		} else {
			fj += m
		}
		right := at(a, i, fi) - at(b, j, fj)
		square += m * (left*left + left*right + right*right) / 3
		if left*right >= 0 {
			w1 += m * math.Abs(left+right) / 2
		} else {
			w1 += m * (left*left + right*right) / (2 * (math.Abs(left) + math.Abs(right)))
		}
	}
}
