package grid

import (
	"fmt"
	"math"
	"sync"
)

// Bump is the law with independent coordinates whose density on axis k is the
// bump
//
//	4/(3r) cos⁴(π(x − c)/(2r))   for |x − c| < r, else 0,    c = Center[k], r = Radius[k].
//
// It has mass one, compact support and three continuous derivatives, which is
// what the theorem asks of initial data and enough for second-order schemes. Mean
// c and variance r²(1/3 − 5/(2π²)) per axis (derived).
type Bump struct {
	Center []float64 `yaml:"center"` // middle of the support, one per axis
	Radius []float64 `yaml:"radius"` // half width of the support, one per axis, above 0
}

func init() { Laws.Add("bump", func() Law { return new(Bump) }) }

// Dim returns the number of coordinates.
func (b *Bump) Dim() int { return len(b.Center) }

// Validate reports what makes the law unusable: no coordinate, lists of unequal
// length, a number that is not finite, a radius that is not above 0 or so small
// that the support is a single number.
func (b *Bump) Validate() error {
	if len(b.Center) == 0 {
		return fmt.Errorf("center: empty: want one number per parameter")
	}
	if len(b.Radius) != len(b.Center) {
		return fmt.Errorf("radius: %d numbers for %d in center: want as many", len(b.Radius), len(b.Center))
	}
	if k := firstNotFinite(b.Center); k >= 0 {
		return fmt.Errorf("center: entry %d: %v is not finite", k, b.Center[k])
	}
	for k, r := range b.Radius {
		switch c := b.Center[k]; {
		case !(r > 0) || math.IsInf(r, 0):
			return fmt.Errorf("radius: entry %d: %v: want a finite number above 0", k, r)
		case c-r == c || c+r == c:
			return fmt.Errorf("radius: entry %d: %v is lost in the rounding of center = %v", k, r, c)
		case math.IsInf(c-r, 0) || math.IsInf(c+r, 0):
			return fmt.Errorf("radius: entry %d: the support %v ± %v overflows", k, c, r)
		}
	}
	return nil
}

// Average writes the cell averages to dst. They are exact to rounding, in the
// relative sense also in the tails as far as the support's ends, c ± r, are exact
// beside the cells' edges. See Law for what it refuses.
func (b *Bump) Average(dst *Density) error {
	if err := checkDim("bump", b.Dim(), dst); err != nil {
		return err
	}
	if err := b.Validate(); err != nil {
		return fmt.Errorf("grid: bump: %w", err)
	}
	err := checkLeak(dst.Grid, func(k int, lo, hi float64) (below, above float64) {
		lower, upper := b.ends(k)
		return bumpMass(lower, upper, b.Radius[k], math.Inf(-1), lo), bumpMass(lower, upper, b.Radius[k], hi, math.Inf(1))
	})
	if err != nil {
		return err
	}
	factor := make([][]float64, b.Dim())
	for k, a := range dst.Grid.axes {
		lower, upper := b.ends(k)
		factor[k] = make([]float64, a.N)
		for i := range factor[k] {
			factor[k][i] = bumpMass(lower, upper, b.Radius[k], a.Edge(i), a.Edge(i+1))
		}
	}
	fillProduct(dst, factor)
	return nil
}

// Density returns the density at a point.
func (b *Bump) Density(x []float64) float64 {
	rho := 1.0
	for k, v := range x {
		y := (v - b.Center[k]) / b.Radius[k]
		if math.Abs(y) >= 1 {
			return 0
		}
		rho *= 4 / (3 * b.Radius[k]) * bumpShape(y)
	}
	return rho
}

// ends returns the ends of the support on axis k.
func (b *Bump) ends(k int) (lower, upper float64) {
	return b.Center[k] - b.Radius[k], b.Center[k] + b.Radius[k]
}

// Quantile maps u ∈ [0, 1]^d to the point whose distribution function is u[k] in
// coordinate k, to rounding. See Law.
func (b *Bump) Quantile(dst, u []float64) {
	checkQuantile("Bump", b.Dim(), dst, u)
	for k, p := range u {
		if r := b.Radius[k]; p <= 0.5 {
			dst[k] = b.Center[k] - r + r*(bumpAngle(p)/math.Pi)
		} else {
			dst[k] = b.Center[k] + r - r*(bumpAngle(1-p)/math.Pi)
		}
	}
}

// Quadrature returns a tensor rule of n points an axis; see Law. Midpoint puts
// the points in the middle of n equal parts of the support. It fails on an
// unknown rule, on n < 1 and on more points than can be held.
func (b *Bump) Quadrature(rule Rule, n int) (points, weights []float64, err error) {
	if err := b.Validate(); err != nil {
		return nil, nil, fmt.Errorf("grid: bump: %w", err)
	}
	total, err := checkRule(rule, n, b.Dim())
	if err != nil {
		return nil, nil, err
	}
	x, w := bumpRule(rule, n)
	points, weights = tensorRule(x, w, b.Dim(), total)
	for k := range b.Center {
		p := points[k*total : (k+1)*total]
		for i := range p {
			p[i] = b.Center[k] + b.Radius[k]*p[i]
		}
	}
	return points, weights, nil
}

// bumpRule returns the rule of n points for the bump on [−1, 1].
func bumpRule(rule Rule, n int) (x, w []float64) {
	if rule == Midpoint {
		x, w = make([]float64, n), make([]float64, n)
		for i := range x {
			x[i] = float64(2*i+1-n) / float64(n)
			w[i] = bumpShape(x[i])
		}
		scaleToOne(w)
		return x, w
	}
	// cos⁴(πy/2) equals a polynomial of degree 40 to rounding, so that n + 24 points
	// integrate p_n² cos⁴ exactly; eight more cost nothing.
	return gaussEven(stieltjes(bumpShape, n, n+32), n)
}

// bumpShape returns cos⁴(πy/2).
func bumpShape(y float64) float64 {
	c := math.Cos(math.Pi / 2 * y)
	return c * c * c * c
}

// bumpNodes is the Gauss–Legendre rule of bumpMass.
var bumpNodes = sync.OnceValue(func() [2][]float64 {
	x, w := legendre(16)
	return [2][]float64{x, w}
})

// bumpMass returns the mass in [a, b] of the bump supported on [lower, upper],
// upper − lower = 2r.
//
// The antiderivative (see bumpCDF) loses all digits when neighbouring values are
// subtracted near the ends of the support. The Gauss–Legendre rule of 16 points
// has positive terms only, and on an interval as wide as the whole support its
// error is below 1e-20 (derived: (2r)³³ (16!)⁴/(33 (32!)³) max|f⁽³²⁾| with
// max|f⁽³²⁾| ≤ (2π/r)³²/(4r)), so it is exact to rounding. Distances are taken from
// the nearer end of the support, where the density is small.
func bumpMass(lower, upper, r, a, b float64) float64 {
	a, b = max(a, lower), min(b, upper)
	if a >= b {
		return 0
	}
	s, t := (a-lower)/r, (b-lower)/r // distances from the lower end …
	if s+t > 2 {
		s, t = (upper-b)/r, (upper-a)/r // … or from the upper one
	}
	rule := bumpNodes()
	var sum float64
	for i, x := range rule[0] {
		v := math.Sin(math.Pi / 2 * (s + (t-s)*(1+x)/2))
		sum += rule[1][i] * (v * v) * (v * v)
	}
	return 2.0 / 3 * (t - s) * sum // 4/3 · half the width · Σ w sin⁴
}

// bumpCDF returns the mass of the bump between an end of its support and the
// point at distance rθ/π from it, 0 ≤ θ ≤ π (derived):
//
//	F(θ) = (6θ − 8 sin θ + sin 2θ)/(12π) = Σ_{k≥2} (−1)^k (2^{2k+1} − 8)/(2k+1)! θ^{2k+1}/(12π).
//
// The series serves θ < 2, where the closed form cancels.
func bumpCDF(θ float64) float64 {
	if θ >= 2 {
		return (6*θ - 8*math.Sin(θ) + math.Sin(2*θ)) / (12 * math.Pi)
	}
	sq := θ * θ
	power := sq * sq * θ / 120 // θ^{2k+1}/(2k+1)! with its sign, at k = 2
	two := 32.0                // 2^{2k+1}
	var sum float64
	for k := 2; ; k++ {
		term := power * (two - 8)
		sum += term
		if math.Abs(term) <= 1e-18*sum || k == 24 { // at θ = 2 the term of k = 17 is below
			return sum / (12 * math.Pi)
		}
		power *= -sq / float64((2*k+2)*(2*k+3))
		two *= 4
	}
}

// bumpAngle solves F(θ) = p for 0 ≤ p ≤ 1/2 by Newton's method, F' being
// (4/3π) sin⁴(θ/2). Because F(θ) ≤ θ⁵/(60π) the start is below the root, and because
// F is convex on [0, π] every later iterate is above it and they fall
// monotonically; clamping to [start/2, π] guards the rounding.
func bumpAngle(p float64) float64 {
	if p == 0 {
		return 0
	}
	low := math.Pow(60*math.Pi*p, 0.2)
	θ := min(low, math.Pi)
	for range 20 {
		s := math.Sin(θ / 2)
		step := (bumpCDF(θ) - p) / (4 / (3 * math.Pi) * (s * s) * (s * s))
		θ = min(max(θ-step, low/2), math.Pi)
		if math.Abs(step) <= 1e-15*θ {
			break
		}
	}
	return θ
}
