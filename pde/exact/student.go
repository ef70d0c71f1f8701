package exact

import (
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/integrate/quad"

	"pdesolve/grid"
)

// student is the probability density proportional to
//
//	(1 + |x − c|²/R²)^{−p},    p > d/2,
//
// in d dimensions, the profile of fast diffusion (p = 1/(1 − m)) and Student's law with
// 2p − d degrees of freedom.
type student struct {
	p      float64
	radius float64
	center []float64
}

// studentPeak returns the density at the center for the radius 1:
// Γ(p)/(π^{d/2} Γ(p − d/2)).
func studentPeak(p float64, dim int) float64 {
	half := float64(dim) / 2
	up, _ := math.Lgamma(p)
	down, _ := math.Lgamma(p - half)
	return math.Exp(up-down) / math.Pow(math.Pi, half)
}

func (s *student) peak() float64 {
	return studentPeak(s.p, len(s.center)) / math.Pow(s.radius, float64(len(s.center)))
}

// box returns the box outside of which at most 1e-12 of the mass lies. Outside |x₁| ≤ y,
// in radii from the center, lies the mass of the marginal, which has the exponent
// r = p − (d − 1)/2 and at y > 1 at most 2K y^{1−2r}/(2r − 1) there, K being its peak
// (derived: 1 + y² > y²).
func (s *student) box() (lo, hi []float64) {
	dim := len(s.center)
	r := s.p - float64(dim-1)/2
	y := math.Pow(2*studentPeak(r, 1)*float64(dim)/((2*r-1)*1e-12), 1/(2*r-1))
	for _, c := range s.center {
		lo, hi = append(lo, c-max(y, 1)*s.radius), append(hi, c+max(y, 1)*s.radius)
	}
	return lo, hi
}

// density returns the cell averages on g, with a relative error of rounding in each. It
// fails if more than tailTolerance of the mass lies outside g's box, or 1e-9 if an axis is
// graded. what names the solution in errors.
func (s *student) density(g *grid.Grid, what string) (*grid.Density, error) {
	out, err := s.averages(g, what)
	if err != nil {
		return nil, err
	}
	allowed := tailTolerance
	if g.CheckUniform() != nil {
		allowed = leakTolerance
	}
	if lost := 1 - out.Mass(); lost > allowed {
		lo, hi := s.box()
		return nil, fmt.Errorf("exact: %s: mass %.3g lies outside the box: want at most %.0e: the box from %.6g to %.6g holds all but 1e-12", what, lost, allowed, lo, hi)
	}
	for range 2 { // the second round removes the rounding of the first
		out.Scale(1 / out.Mass())
	}
	return out, nil
}

// averages returns the cell averages, not scaled.
func (s *student) averages(g *grid.Grid, what string) (*grid.Density, error) {
	n := len(s.center)
	if g.Dim() != n {
		return nil, fmt.Errorf("exact: %s: the grid has %d axes: want %d", what, g.Dim(), n)
	}
	out := grid.NewDensity(g)
	edges := make([][]float64, n)
	for k := range edges {
		edges[k] = g.Axis(k).Edges()
		for i, e := range edges[k] {
			edges[k][i] = (e - s.center[k]) / s.radius
		}
	}
	peak := s.peak()
	lo, hi := make([]float64, n), make([]float64, n)
	for i := range out.Values {
		near := 1.0
		for k := range n {
			j := i / g.Stride(k) % g.Axis(k).N
			a, b := edges[k][j], edges[k][j+1]
			lo[k], hi[k] = a, b
			if a > 0 || b < 0 {
				m := min(math.Abs(a), math.Abs(b))
				near += m * m
			}
		}
		out.Values[i] = peak * studentMean(s.p, 1, lo, hi, 0.25*math.Sqrt(near))
	}
	return out, nil
}

// studentMean returns the mean of (base + |y|²)^{−p} over a box, by Gauss–Legendre rules of
// six points on panels no longer than the given length. As a function of one coordinate
// the integrand is analytic but at ±i√(base + the other squares), which is at least four
// panels away from every panel if the length is a quarter of √(base + the nearest squares):
// the error is below 16^{−12} ≈ 4e-15 of the largest value (derived: the Bernstein ellipse).
func studentMean(p, base float64, lo, hi []float64, length float64) float64 {
	if len(lo) == 0 {
		return math.Pow(base, -p)
	}
	a, b := lo[0], hi[0]
	panels := math.Ceil((b - a) / length)
	rule := panelRule()
	var sum float64
	for j := range int(panels) {
		from := a + (b-a)*float64(j)/panels
		for i, t := range rule[0] {
			y := from + (b-a)/panels*t
			sum += rule[1][i] * studentMean(p, base+y*y, lo[1:], hi[1:], length)
		}
	}
	return sum / panels
}

// panelRule is the Gauss–Legendre rule of six points on [0, 1].
var panelRule = sync.OnceValue(func() *[2][]float64 {
	x, w := make([]float64, 6), make([]float64, 6)
	quad.Legendre{}.FixedLocations(x, w, 0, 1)
	return &[2][]float64{x, w}
})
