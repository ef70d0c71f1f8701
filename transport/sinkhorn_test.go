package transport

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// The bracket of Sinkhorn holds the exact distance, for every ε, and closes with ε.
func TestSinkhornBracketsTheExactDistance(t *testing.T) {
	rng := source(1)
	a, b := cloud(rng, 60, 2, true), cloud(rng, 50, 2, true)
	b.Weight[3] = 0
	normalise(b.Weight)
	w, err := new(W2).Points(a, b)
	require.NoError(t, err)
	width := math.Inf(1)
	for _, epsilon := range []float64{1e-1, 1e-2, 3e-3, 1e-3, 1e-4} {
		r, err := (&Sinkhorn{Epsilon: epsilon}).Points(a, b)
		require.NoError(t, err)
		require.LessOrEqual(t, r.Lower, w.Value*(1+1e-12), "ε = %v", epsilon)
		require.GreaterOrEqual(t, r.Upper, w.Value*(1-1e-12), "ε = %v", epsilon)
		require.Less(t, r.Upper-r.Lower, width)
		width = r.Upper - r.Lower
	}
	assert.Less(t, width, 0.01*w.Value)
}

// Where it is stopped early there is an error and no value; the bounds would hold all
// the same.
func TestSinkhornStops(t *testing.T) {
	rng := source(2)
	a, b := cloud(rng, 40, 2, true), cloud(rng, 40, 2, true)
	r, err := (&Sinkhorn{Epsilon: 1e-4, Iterations: 5}).Points(a, b)
	assert.ErrorIs(t, err, ErrNotConverged)
	assert.ErrorContains(t, err, "5 iterations; the marginals still miss")
	assert.Equal(t, Result{}, r)
	_, err = (&SinkhornDivergence{Epsilon: 1e-4, Iterations: 5}).Points(a, b)
	assert.ErrorIs(t, err, ErrNotConverged)
	for _, bad := range []Sinkhorn{{Epsilon: -1}, {Tolerance: 2}, {Iterations: -1}, {Epsilon: 1e-12}, {Epsilon: math.NaN()}, {Epsilon: math.Inf(1)}} {
		assert.Error(t, bad.Validate())
	}
	w, err := new(W2).Points(a, b)
	require.NoError(t, err)
	e := newEntropic(newPointKernel(a, b), fractionsOf(a), fractionsOf(b))
	for e.epsilon = 1e-3; e.count < 3; e.count++ {
		e.iterate(1)
		assert.GreaterOrEqual(t, math.Sqrt(e.rounded()), w.Value)
	}
}

// Scaled down, the plan of a few iterations fits below both marginals.
func TestSinkhornShrinks(t *testing.T) {
	rng := source(5)
	a, b := cloud(rng, 12, 2, true), cloud(rng, 9, 2, true)
	e := newEntropic(newPointKernel(a, b), fractionsOf(a), fractionsOf(b))
	e.epsilon = 0.02
	e.iterate(1.7)
	e.shrink(e.f, e.a, e.g, e.logB, false)
	e.shrink(e.g, e.b, e.f, e.logA, true)
	c := Squared.between(a, b)
	columns := make([]float64, b.N)
	for i := range e.f {
		row := 0.0
		for j := range e.g {
			pi := e.a[i] * e.b[j] * math.Exp((e.f[i]+e.g[j]-c(i, j))/e.epsilon)
			row += pi
			columns[j] += pi
		}
		require.LessOrEqual(t, row, e.a[i]*(1+1e-12))
	}
	for j, w := range columns {
		require.LessOrEqual(t, w, e.b[j]*(1+1e-12))
	}
}

// The marginals of the plan are those promised.
func TestSinkhornMarginals(t *testing.T) {
	rng := source(3)
	a, b := cloud(rng, 30, 3, true), cloud(rng, 20, 3, false)
	e := newEntropic(newPointKernel(a, b), fractionsOf(a), fractionsOf(b))
	require.NoError(t, e.run(1e-3*Squared.largest(a, b), 3, 1e-7, 20000))
	rows, columns := make([]float64, a.N), make([]float64, b.N)
	c := Squared.between(a, b)
	for i := range rows {
		for j := range columns {
			pi := e.a[i] * e.b[j] * math.Exp((e.f[i]+e.g[j]-c(i, j))/e.epsilon)
			rows[i] += pi
			columns[j] += pi
		}
	}
	miss := 0.0
	for i, w := range rows {
		miss += math.Abs(w - e.a[i])
	}
	assert.LessOrEqual(t, miss, 2e-7)
	assert.InDelta(t, e.miss, miss, 1e-12)
	assert.InDeltaSlice(t, e.b, columns, 1e-13)
}

// On a grid the separable kernel gives what the dense one gives on the cells.
func TestSinkhornSeparable(t *testing.T) {
	rng := source(4)
	g := newGrid(7, 6, 5)
	k := &gridKernel{g}
	all := &grid.Density{Grid: g, Values: make([]float64, g.Len())}
	p := make([]float64, g.Len())
	for i := range p {
		all.Values[i] = 1
		p[i] = rng.NormFloat64()
		if i%4 == 0 {
			p[i] = math.Inf(-1)
		}
	}
	dense := newPointKernel(FromDensity(all), FromDensity(all))
	for _, epsilon := range []float64{1, 1e-2, 1e-5} {
		want, got := make([]float64, len(p)), make([]float64, len(p))
		dense.soft(want, p, epsilon, false)
		k.soft(got, p, epsilon, false)
		assert.InDeltaSlice(t, want, got, 1e-13)
	}
	for i := range p {
		p[i] = math.Inf(-1)
	}
	k.soft(p, p, 1, false)
	assert.True(t, math.IsInf(p[0], 1), "no mass: %v", p[0])
}

func TestSinkhornOnGrids(t *testing.T) {
	mu, nu, _ := pair("bump", 24)
	w, err := new(W2).Densities(mu, nu)
	require.NoError(t, err)
	r, err := (&Sinkhorn{Epsilon: 3e-4}).Densities(mu, nu)
	require.NoError(t, err)
	assert.LessOrEqual(t, r.Lower, w.Upper)
	assert.GreaterOrEqual(t, r.Upper, w.Lower)
	assert.Less(t, r.Upper-r.Lower, 0.02*w.Value)
	d, err := (&SinkhornDivergence{Epsilon: 3e-4}).Densities(mu, nu)
	require.NoError(t, err)
	assert.InEpsilon(t, w.Value, d.Value, 5e-3)
	points, err := (&SinkhornDivergence{Epsilon: 3e-4}).Points(FromDensity(mu), FromDensity(nu))
	require.NoError(t, err)
	assert.InEpsilon(t, d.Value, points.Value, 0.02, "ε refers to different boxes")
	other := grid.NewDensity(newGrid(3, 3))
	other.Values[4] = 1 / other.Grid.CellVolume()
	_, err = (&SinkhornDivergence{}).Densities(mu, other)
	require.NoError(t, err)
	_, err = (&Sinkhorn{}).Densities(mu, other)
	require.NoError(t, err)
}

// For Gaussians OT_ε has a closed form; on the line, with the entropy relative to the
// product (derived from the optimality conditions: the plan is Gaussian with
// covariance c, c² + cε/2 = σ²s²),
//
//	OT_ε = (m − m′)² + σ² + s² − 2c − (ε/2) log(1 − c²/(σ²s²)).
func TestSinkhornGaussian(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: -9, Hi: 9, N: 360})
	require.NoError(t, err)
	a, b := grid.NewDensity(g), grid.NewDensity(g)
	sigma, s, m := 1.2, 0.7, 0.5
	require.NoError(t, (&grid.Gaussian{Mean: []float64{0}, Covariance: [][]float64{{sigma * sigma}}}).Average(a))
	require.NoError(t, (&grid.Gaussian{Mean: []float64{m}, Covariance: [][]float64{{s * s}}}).Average(b))
	for _, epsilon := range []float64{0.1, 1} {
		e := newEntropic(&gridKernel{g}, fractions(a), fractions(b))
		require.NoError(t, e.run(epsilon, 10, 1e-10, 20000))
		c := -epsilon/4 + math.Sqrt(epsilon*epsilon/16+sigma*sigma*s*s)
		want := m*m + sigma*sigma + s*s - 2*c - epsilon/2*math.Log(1-c*c/(sigma*sigma*s*s))
		assert.InDelta(t, want, e.dual(), 1e-3*want, "ε = %v", epsilon) // midpoints: h²/6 = 4e-4
	}
}

func TestSinkhornDegenerate(t *testing.T) {
	one := &Measure{Dim: 2, N: 1, Points: []float64{1, 2}}
	far := &Measure{Dim: 2, N: 1, Points: []float64{4, 6}}
	for _, d := range []Distance{&Sinkhorn{}, &SinkhornDivergence{}} {
		r, err := d.Points(one, one)
		require.NoError(t, err)
		assert.InDelta(t, 0, r.Value, 1e-7)
		r, err = d.Points(one, far)
		require.NoError(t, err)
		assert.InDelta(t, 5, r.Value, 1e-12)
	}
}

func ExampleSinkhorn() {
	a, _ := NewMeasure([][]float64{{0, 0}, {1, 0}, {0, 1}}, nil)
	b, _ := NewMeasure([][]float64{{0.1, 0}, {1, 0.2}, {0.1, 1.1}}, nil)
	r, err := (&Sinkhorn{Epsilon: 1e-3}).Points(a, b)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.4f between %.4f and %.4f\n", r.Value, r.Lower, r.Upper)
	// Output: 0.1528 between 0.1528 and 0.1528
}

func BenchmarkSinkhorn(b *testing.B) {
	rng := source(1)
	p, q := cloud(rng, 1000, 2, true), cloud(rng, 1000, 2, true)
	for _, epsilon := range []float64{3e-3, 1e-3, 1e-4} {
		b.Run(fmt.Sprint(epsilon), func(b *testing.B) {
			for b.Loop() {
				r, err := (&Sinkhorn{Epsilon: epsilon}).Points(p, q)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(r.Iterations), "iterations")
			}
		})
	}
}
