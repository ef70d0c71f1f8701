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

// minusLaplacian applies −Δ_h with no flux through the boundary.
func minusLaplacian(g *grid.Grid, x []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		for k := range g.Dim() {
			s, a := g.Stride(k), g.Axis(k)
			at := i / s % a.N
			if at > 0 {
				out[i] += (x[i] - x[i-s]) / (a.H() * a.H())
			}
			if at < a.N-1 {
				out[i] += (x[i] - x[i+s]) / (a.H() * a.H())
			}
		}
	}
	return out
}

func poissonGrids(t testing.TB) []*grid.Grid {
	var all []*grid.Grid
	for _, shape := range [][]int{{1}, {7}, {1, 1}, {1, 5}, {6, 1}, {8, 9}, {13, 10}, {4, 5, 6}, {3, 4, 2, 5}, {10, 3, 11}} {
		axes := make([]grid.Axis, len(shape))
		for k, n := range shape {
			axes[k] = grid.Axis{Lo: -float64(k), Hi: 1.5, N: n}
		}
		g, err := grid.New(axes...)
		require.NoError(t, err)
		all = append(all, g)
	}
	return all
}

// The discrete Laplacian of the solution is the right side less its mean.
func TestPoissonSolvesTheDiscreteEquation(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, g := range poissonGrids(t) {
		f := make([]float64, g.Len())
		for i := range f {
			f[i] = rng.NormFloat64()
		}
		phi := grid.NewPoisson(g).Solve(nil, f)
		mean := grid.Sum(f) / float64(len(f))
		for i, v := range minusLaplacian(g, phi) {
			require.InDelta(t, f[i]-mean, v, 1e-11, "shape %v", g.Shape())
		}
		assert.InDelta(t, 0, grid.Sum(phi), 1e-12*float64(len(f)))
		assert.Equal(t, phi, grid.NewPoisson(g).Solve(f, f), "in place")
	}
}

// The shifted problem needs no mean.
func TestShiftedPoissonSolvesTheDiscreteEquation(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	for _, g := range poissonGrids(t) {
		for _, a := range []float64{1e-3, 2, 1e4} {
			f := make([]float64, g.Len())
			for i := range f {
				f[i] = rng.NormFloat64()
			}
			phi := grid.NewShiftedPoisson(g, a).Solve(nil, f)
			for i, v := range minusLaplacian(g, phi) {
				require.InDelta(t, f[i], v+a*phi[i], 1e-10, "shape %v shift %v", g.Shape(), a)
			}
		}
	}
	assert.Panics(t, func() { grid.NewShiftedPoisson(poissonGrids(t)[0], 0) })
}

// Second order on cos(πx)cos(2πy).
func TestPoissonConverges(t *testing.T) {
	var before float64
	for _, n := range []int{24, 48, 96, 192} {
		g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: n}, grid.Axis{Lo: 0, Hi: 1, N: n})
		require.NoError(t, err)
		f, exact := make([]float64, g.Len()), make([]float64, g.Len())
		x := make([]float64, 2)
		for i := range f {
			g.Center(x, i)
			exact[i] = math.Cos(math.Pi*x[0]) * math.Cos(2*math.Pi*x[1])
			f[i] = 5 * math.Pi * math.Pi * exact[i]
		}
		worst := 0.0
		for i, v := range grid.NewPoisson(g).Solve(nil, f) {
			worst = max(worst, math.Abs(v-exact[i]))
		}
		if before > 0 {
			assert.InDelta(t, 2, math.Log2(before/worst), 0.03)
		}
		before = worst
	}
}

func TestPoissonDoesNotDependOnProcessors(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 30}, grid.Axis{Lo: 0, Hi: 2, N: 21})
	require.NoError(t, err)
	f := make([]float64, g.Len())
	for i := range f {
		f[i] = math.Sin(float64(i * i))
	}
	want := grid.NewPoisson(g).Solve(nil, f)
	old := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(old)
	assert.Equal(t, want, grid.NewPoisson(g).Solve(nil, f))
	runtime.GOMAXPROCS(5)
	assert.Equal(t, want, grid.NewPoisson(g).Solve(nil, f))
}

func TestPoissonPanics(t *testing.T) {
	g, _ := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 3})
	assert.Panics(t, func() { grid.NewPoisson(g).Solve(nil, make([]float64, 2)) })
	assert.Panics(t, func() { grid.NewPoisson(g).Solve(make([]float64, 2), make([]float64, 3)) })
}

func ExamplePoisson() {
	g, _ := grid.New(grid.Axis{Lo: 0, Hi: 4, N: 4})
	fmt.Printf("%.2f\n", grid.NewPoisson(g).Solve(nil, []float64{1, 0, 0, -1}))
	// Output: [1.50 0.50 -0.50 -1.50]
}

func BenchmarkPoisson(b *testing.B) {
	for _, n := range []int{512, 1024} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			g, _ := grid.New(grid.Axis{Lo: 0, Hi: 1, N: n}, grid.Axis{Lo: 0, Hi: 1, N: n})
			f := make([]float64, g.Len())
			f[7] = 1
			p := grid.NewPoisson(g)
			for b.Loop() {
				p.Solve(f, f)
			}
		})
	}
}
