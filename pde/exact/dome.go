package exact

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mathext"

	"pdesolve/grid"
)

// dome is the probability density proportional to
//
//	(1 − |x − c|²/R²)_+^p,    p ≥ 0,
//
// in d dimensions: a Barenblatt profile (p = 1/(m − 1)), a semicircle (d = 1, p = 1/2)
// or a uniform ball (p = 0).
//
// The marginal of a dome in d dimensions is a dome in one with exponent
// p + (d − 1)/2, and what is left, given one coordinate x, is a dome of d − 1
// dimensions and the same exponent whose radius is √(R² − x²) (derived): masses of
// boxes follow by recursion.
type dome struct {
	p      float64
	radius float64
	center []float64
}

// peak returns the density at the center: Γ(p + 1 + d/2)/(π^{d/2} Γ(p + 1) R^d).
func (d *dome) peak() float64 {
	return domePeak(d.p, len(d.center)) / math.Pow(d.radius, float64(len(d.center)))
}

// domePeak returns the density at the center of a dome of radius 1.
func domePeak(p float64, dim int) float64 {
	half := float64(dim) / 2
	up, _ := math.Lgamma(p + 1 + half)
	down, _ := math.Lgamma(p + 1)
	return math.Exp(up-down) / math.Pow(math.Pi, half)
}

// square returns ∫|x − c|² ρ = R² d/(d + 2 + 2p).
func (d *dome) square() float64 {
	n := float64(len(d.center))
	return d.radius * d.radius * n / (n + 2 + 2*d.p)
}

// box returns the smallest box around the support.
func (d *dome) box() (lo, hi []float64) {
	for _, c := range d.center {
		lo, hi = append(lo, c-d.radius), append(hi, c+d.radius)
	}
	return lo, hi
}

// density returns the cell averages on g. With one axis they are exact to
// rounding; with more their error is about 1e-11 of the largest in the cells which
// the edge of the support crosses and rounding elsewhere. It fails if more than
// 1e-9 of the mass lies outside g's box. what names the solution in errors.
func (d *dome) density(g *grid.Grid, what string) (*grid.Density, error) {
	n := len(d.center)
	if g.Dim() != n {
		return nil, fmt.Errorf("exact: %s: the grid has %d axes: want %d", what, g.Dim(), n)
	}
	out := grid.NewDensity(g)
	lo, hi := make([]float64, n), make([]float64, n)
	for i := range out.Values {
		for k := range n {
			a := g.Axis(k)
			j := i / g.Stride(k) % a.N
			lo[k], hi[k] = (a.Edge(j)-d.center[k])/d.radius, (a.Edge(j+1)-d.center[k])/d.radius
		}
		out.Values[i] = domeMass(d.p, lo, hi) / g.Volume(i)
	}
	if lost := 1 - out.Mass(); lost > leakTolerance {
		from, to := d.box()
		return nil, fmt.Errorf("exact: %s: mass %.3g lies outside the box: want at most %.0e: the support spans %.6g to %.6g", what, lost, leakTolerance, from, to)
	}
	for range 2 { // the second round removes the rounding of the first
		out.Scale(1 / out.Mass())
	}
	return out, nil
}

// domeMass returns the mass in a box of the dome of radius 1 around the origin.
func domeMass(p float64, lo, hi []float64) float64 {
	var near, far, width float64
	for k := range lo {
		a, b := lo[k], hi[k]
		if a > 0 || b < 0 {
			m := min(math.Abs(a), math.Abs(b))
			near += m * m
		}
		m := max(math.Abs(a), math.Abs(b))
		far += m * m
		width += (b - a) * (b - a)
	}
	if near >= 1 {
		return 0
	}
	if len(lo) == 1 {
		return domeLine(p, lo[0], hi[0])
	}
	if math.Sqrt(far)+math.Sqrt(width) < 1 {
		// No singularity within a diagonal of the box: the Gauss–Legendre rule's error is
		// below (3.8 + √(3.8² − 1))^{−20} ≈ 2e-18 (derived: the Bernstein ellipse).
		return domeSlices(p, lo, hi, lo[0], hi[0], innerRule())
	}
	cuts := domeCuts(lo, hi)
	var sum float64
	for i := range len(cuts) - 1 {
		sum += domeSlices(p, lo, hi, cuts[i], cuts[i+1], edgeRule())
	}
	return sum
}

// domeSlices integrates over the first coordinate from a to b by a rule on
// [0, 1].
func domeSlices(p float64, lo, hi []float64, a, b float64, rule *[2][]float64) float64 {
	dim := len(lo)
	marginal := p + float64(dim-1)/2
	peak := domePeak(marginal, 1)
	l, h := make([]float64, dim-1), make([]float64, dim-1)
	var sum float64
	for i, t := range rule[0] {
		x := a + (b-a)*t
		rest := (1 - x) * (1 + x)
		if rest <= 0 {
			continue
		}
		s := math.Sqrt(rest)
		for k := range l {
			l[k], h[k] = lo[k+1]/s, hi[k+1]/s
		}
		sum += rule[1][i] * math.Pow(rest, marginal) * domeMass(p, l, h)
	}
	return sum * peak * (b - a)
}

// domeCuts returns where, along the first coordinate, the sphere enters or leaves
// an edge or a face of the box, between the ends of the box.
func domeCuts(lo, hi []float64) []float64 {
	squares := []float64{0} // of the distance from the first axis
	for k := 1; k < len(lo); k++ {
		var next []float64
		for _, s := range squares {
			next = append(next, s+lo[k]*lo[k], s+hi[k]*hi[k])
			if lo[k] < 0 && hi[k] > 0 {
				next = append(next, s)
			}
		}
		squares = next
	}
	squares = append(squares, 0)
	a, b := max(lo[0], -1), min(hi[0], 1)
	cuts := []float64{a, b}
	for _, s := range squares {
		if s > 1 {
			continue
		}
		for _, x := range [2]float64{-math.Sqrt(1 - s), math.Sqrt(1 - s)} {
			if x > a && x < b {
				cuts = append(cuts, x)
			}
		}
	}
	slices.Sort(cuts)
	return slices.Compact(cuts)
}

// domeLine returns the mass in [a, b] of the dome in one dimension. The mass below
// y is the regularised incomplete beta function I_{(1 + y)/2}(p + 1, p + 1); it is
// taken from the nearer end, where it is small.
func domeLine(p, a, b float64) float64 {
	a, b = max(a, -1), min(b, 1)
	switch {
	case a >= b:
		return 0
	case a < 0 && b > 0:
		return domeLine(p, a, 0) + domeLine(p, 0, b)
	case a >= 0:
		a, b = -b, -a
	}
	return mathext.RegIncBeta(p+1, p+1, (1+b)/2) - mathext.RegIncBeta(p+1, p+1, (1+a)/2)
}

// innerRule is the Gauss–Legendre rule of ten points on [0, 1].
var innerRule = sync.OnceValue(func() *[2][]float64 {
	x, w := make([]float64, 10), make([]float64, 10)
	quad.Legendre{}.FixedLocations(x, w, 0, 1)
	return &[2][]float64{x, w}
})

// edgeRule is the Gauss–Legendre rule of 24 points on [0, 1] after the substitution
// x = t³(10 − 15t + 6t²), whose first two derivatives vanish at both ends: an
// algebraic singularity x^q of the integrand there becomes t^{3q+2}.
var edgeRule = sync.OnceValue(func() *[2][]float64 {
	x, w := make([]float64, 24), make([]float64, 24)
	quad.Legendre{}.FixedLocations(x, w, 0, 1)
	for i, t := range x {
		x[i] = t * t * t * (10 - 15*t + 6*t*t)
		w[i] *= 30 * t * t * (1 - t) * (1 - t)
	}
	return &[2][]float64{x, w}
})
