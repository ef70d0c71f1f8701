package grid_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// fillElliptic sets random coefficients: a over four orders of magnitude, κ over six.
func fillElliptic(e *grid.Elliptic, g *grid.Grid, rng *rand.Rand) {
	for i := range g.Len() {
		e.Cells()[i] = math.Pow(10, -4*rng.Float64())
		for k := range g.Dim() {
			e.Faces(k)[i] = math.Pow(10, -6*rng.Float64())
		}
	}
	e.Prepare()
}

// applyElliptic is the definition of the operator.
func applyElliptic(e *grid.Elliptic, g *grid.Grid, u []float64) []float64 {
	out := make([]float64, len(u))
	for i := range u {
		out[i] += e.Cells()[i] * u[i]
		for k := range g.Dim() {
			s, a := g.Stride(k), g.Axis(k)
			if i/s%a.N < a.N-1 {
				flux := e.Faces(k)[i] * (u[i] - u[i+s]) / (a.H() * a.H())
				out[i] += flux
				out[i+s] -= flux
			}
		}
	}
	return out
}

func TestEllipticSolvesItsEquations(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, g := range poissonGrids(t) {
		e := grid.NewElliptic(g)
		fillElliptic(e, g, rng)
		f := make([]float64, g.Len())
		for i := range f {
			f[i] = rng.NormFloat64()
		}
		u, iterations, residual := e.Solve(nil, f, 1e-12, 100)
		require.LessOrEqual(t, residual, 1e-12, "shape %v after %d", g.Shape(), iterations)
		if g.Dim() == 1 {
			require.LessOrEqual(t, iterations, 2, "one line is solved directly")
		}
		norm := 0.0
		for _, v := range f {
			norm += v * v
		}
		for i, v := range applyElliptic(e, g, u) {
			require.InDelta(t, f[i], v, 1e-11*math.Sqrt(norm), "shape %v", g.Shape())
		}
		assert.Equal(t, u, func() []float64 { u, _, _ := e.Solve(f, f, 1e-12, 100); return u }(), "in place")
	}
	e := grid.NewElliptic(poissonGrids(t)[1])
	u, iterations, residual := e.Solve(nil, make([]float64, 7), 1e-12, 9)
	assert.Zero(t, u[3])
	assert.Zero(t, iterations)
	assert.Zero(t, residual)
	assert.Panics(t, func() { e.Solve(nil, make([]float64, 6), 0.1, 1) })
}

// The number of iterations hardly grows with the number of cells for a density of
// compact support as κ, where a is next to nothing against κ/h².
func TestEllipticDoesNotSlowDown(t *testing.T) {
	var counts []int
	for _, n := range []int{32, 64, 128, 256} {
		e, f := bumpProblem(n)
		_, iterations, residual := e.Solve(nil, f, 1e-8, 200)
		require.LessOrEqual(t, residual, 1e-8)
		counts = append(counts, iterations)
	}
	t.Logf("iterations %v", counts)
	assert.LessOrEqual(t, counts[3], counts[1]+counts[1]/3)
}

// bumpProblem has κ = (1 − r²)₊ and a = 10⁻² in place of it.
func bumpProblem(n int) (*grid.Elliptic, []float64) {
	g, _ := grid.New(grid.Axis{Lo: -1.5, Hi: 1.5, N: n}, grid.Axis{Lo: -1.5, Hi: 1.5, N: n})
	e, f, x := grid.NewElliptic(g), make([]float64, g.Len()), make([]float64, 2)
	for i := range f {
		g.Center(x, i)
		k := max(0, 1-x[0]*x[0]-x[1]*x[1])
		e.Cells()[i], e.Faces(0)[i], e.Faces(1)[i] = 1e-2, k, k
		f[i] = k * math.Sin(3*x[0]+x[1])
	}
	e.Prepare()
	return e, f
}

func TestEllipticDoesNotDependOnProcessors(t *testing.T) {
	e, f := bumpProblem(128)
	want, _, _ := e.Solve(nil, f, 1e-6, 50)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	e, _ = bumpProblem(128)
	got, _, _ := e.Solve(nil, f, 1e-6, 50)
	assert.Equal(t, want, got)
}

func ExampleElliptic() {
	g, _ := grid.New(grid.Axis{Lo: 0, Hi: math.Pi, N: 400})
	e := grid.NewElliptic(g)
	f := make([]float64, g.Len())
	for i := range f {
		e.Cells()[i], e.Faces(0)[i] = 1, 2 // u − 2u″ = cos x
		f[i] = math.Cos(g.Axis(0).Center(i))
	}
	e.Prepare()
	u, _, _ := e.Solve(nil, f, 1e-10, 10)
	fmt.Printf("%.4f\n", u[0])
	// Output: 0.3333
}

func BenchmarkElliptic(b *testing.B) {
	for _, n := range []int{256, 512} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e, f := bumpProblem(n)
			dst := make([]float64, len(f))
			var count int
			for b.Loop() {
				e.Prepare()
				_, count, _ = e.Solve(dst, f, 1e-2, 50)
			}
			b.ReportMetric(float64(count), "iterations")
		})
	}
}

// Coefficients that are next to nothing, or subnormal, do no harm: the solution is finite and
// that of the cells which they leave alone.
func TestEllipticTakesNextToNothingForNothing(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 8, N: 8}, grid.Axis{Lo: 0, Hi: 6, N: 6})
	require.NoError(t, err)
	solve := func(vacuum float64) []float64 {
		e, f := grid.NewElliptic(g), make([]float64, g.Len())
		for i := range f {
			e.Cells()[i], e.Faces(0)[i], e.Faces(1)[i] = vacuum, vacuum, vacuum
			if i < 24 { // the lower four rows
				e.Cells()[i], e.Faces(1)[i], f[i] = 1, 2, float64(i)
			}
			if i < 18 {
				e.Faces(0)[i] = 3
			}
			if i == 40 {
				f[i] = 1e-3 // what cannot be met
			}
		}
		e.Prepare()
		z := make([]float64, len(f))
		e.Precondition(z, f)
		u, _, _ := e.Solve(nil, f, 1e-12, 50)
		for i := range u {
			require.False(t, math.IsNaN(z[i]) || math.IsInf(z[i], 0), "Precondition in cell %d for %v", i, vacuum)
			require.False(t, math.IsNaN(u[i]) || math.IsInf(u[i], 0), "Solve in cell %d for %v", i, vacuum)
		}
		return u
	}
	want := solve(0)
	assert.NotZero(t, want[3])
	for _, vacuum := range []float64{1e-310, 1e-300, 1e-200} {
		assert.Equal(t, want, solve(vacuum))
	}
}
