package pde

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/floats"

	"pdesolve/grid"
)

// square returns the grid of n² cells on [−4, 4]².
func square(tb testing.TB, n int) *grid.Grid {
	g, err := grid.New(grid.Axis{Lo: -4, Hi: 4, N: n}, grid.Axis{Lo: -4, Hi: 4, N: n})
	require.NoError(tb, err)
	return g
}

// BenchmarkMUSCL2D measures whole steps (both stages, MC limiter, energy and
// dissipation) in a constant potential on one and two cores. The smooth density is a
// Gaussian; the rough one is random in every cell, which is the worst case of a limiter
// with branches. The density is put back before it has become smooth or a point.
func BenchmarkMUSCL2D(b *testing.B) {
	for _, data := range []string{"smooth", "rough"} {
		for _, n := range []int{64, 128, 256, 512, 1024, 4096} {
			for workers := range min(2, runtime.GOMAXPROCS(0)) {
				b.Run(fmt.Sprintf("%s/%d/workers=%d", data, n, workers+1), func(b *testing.B) {
					benchmarkMUSCL(b, data == "smooth", square(b, n), workers+1)
				})
			}
		}
	}
}

// BenchmarkMUSCLCache tells what the cost of a cell depends on: not on the length of a row
// (64×1024 cells are in the second-level cache as 256² are), but on whether the
// arrays stay in that cache. triad is the time that a loop x += a·y of the same traffic takes.
func BenchmarkMUSCLCache(b *testing.B) {
	for _, n := range [][2]int{{128, 128}, {256, 256}, {64, 1024}, {512, 512}, {1024, 1024}, {8192, 128}} {
		b.Run(fmt.Sprintf("%dx%d", n[0], n[1]), func(b *testing.B) {
			g, err := grid.New(grid.Axis{Lo: -4, Hi: 4, N: n[0]}, grid.Axis{Lo: -4, Hi: 4, N: n[1]})
			require.NoError(b, err)
			benchmarkMUSCL(b, true, g, 1)
			x, y := make([]float64, g.Len()), make([]float64, g.Len())
			for i := range y {
				x[i], y[i] = 1, 1
			}
			best := time.Duration(math.MaxInt64)
			for range 50 {
				start := time.Now()
				floats.AddScaled(x, 1e-9, y)
				best = min(best, time.Since(start))
			}
			cells := float64(g.Len())
			b.ReportMetric(float64(best)/cells, "triad-ns/cell")
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/cells, "ns/cell-step")
		})
	}
}

func benchmarkMUSCL(b *testing.B, smooth bool, g *grid.Grid, workers int) {
	start := grid.NewDensity(g)
	if smooth {
		require.NoError(b, (&grid.Gaussian{Mean: []float64{0.5, -0.5}, Covariance: [][]float64{{0.3, 0}, {0, 0.3}}}).Average(start))
	} else {
		rnd := rand.New(rand.NewPCG(1, 2))
		for i := range start.Values {
			start.Values[i] = rnd.Float64()
		}
	}
	grids := []*grid.Grid{g}
	f, err := Potential{Func: func(x []float64) float64 { return math.Cos(x[0]) + math.Sin(x[1]) }}.Bind(grids)
	require.NoError(b, err)
	s, err := MUSCL{Workers: workers}.Bind(f, grids)
	require.NoError(b, err)
	rho := State{start.Clone()}
	steps := 0
	b.ReportAllocs()
	for b.Loop() {
		if steps%512 == 0 {
			b.StopTimer()
			copy(rho[0].Values, start.Values)
			b.StartTimer()
		}
		if _, err := s.Step(context.Background(), rho, 1e9); err != nil {
			b.Fatal(err)
		}
		steps++
	}
	reportSteps(b, g, steps)
}

// reportSteps reports cells times steps a second, and the least traffic of a step whose
// arrays do not stay in a cache: ρ read and written and Ψ read, in one pass for both
// stages and the energy.
func reportSteps(b *testing.B, g *grid.Grid, steps int) {
	b.ReportMetric(float64(g.Len())*float64(steps)/b.Elapsed().Seconds(), "cell-steps/s")
	b.ReportMetric(3*8*float64(g.Len()), "bytes/step")
}

// BenchmarkMUSCLSolve measures what Solve does a step: the step and the checks after it, on
// one and two cores.
func BenchmarkMUSCLSolve(b *testing.B) {
	for _, n := range []int{256, 1024} {
		for workers := range min(2, runtime.GOMAXPROCS(0)) {
			b.Run(fmt.Sprintf("%d/workers=%d", n, workers+1), func(b *testing.B) {
				g := square(b, n)
				rho := grid.NewDensity(g)
				require.NoError(b, (&grid.Gaussian{Mean: []float64{0.5, -0.5}, Covariance: [][]float64{{0.3, 0}, {0, 0.3}}}).Average(rho))
				p := Problem{Energy: Potential{Func: func(x []float64) float64 { return math.Cos(x[0]) + math.Sin(x[1]) }}, Initial: State{rho}, Times: []float64{0, 1e9}}
				r, err := newRun(p, MUSCL{Workers: workers + 1}, &Options{WallMass: -1})
				require.NoError(b, err)
				steps := 0
				b.ReportAllocs()
				for b.Loop() {
					if steps%512 == 0 {
						b.StopTimer()
						copy(r.rho[0].Values, rho.Values)
						b.StartTimer()
					}
					if err := r.advance(context.Background(), 1e9); err != nil {
						b.Fatal(err)
					}
					steps++
				}
				reportSteps(b, g, steps)
			})
		}
	}
}
