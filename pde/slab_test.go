package pde

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// A sweep that is divided into slabs gives the bytes of one that is not, reports
// included, in two and three dimensions.
func TestSlabsLeaveNoTrace(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(5))
	for _, shape := range [][]int{{256, 300}, {41, 40, 45}} {
		axes := make([]grid.Axis, len(shape))
		for k, n := range shape {
			axes[k] = grid.Axis{Lo: -1, Hi: 1.1, N: n}
		}
		g, err := grid.New(axes...)
		require.NoError(t, err)
		start := grid.NewDensity(g)
		for i := range start.Values {
			start.Values[i] = float64((i*7919)%13) / 13
		}
		for _, limiter := range []string{"mc", "koren", "third-order"} {
			run := func(workers int) (State, []StepReport) {
				rho := State{start.Clone()}
				f, err := Sum{Potential{Func: func(x []float64) float64 { return math.Sin(5*x[0]) * x[1] }}, Entropy{Coefficient: 0.01}}.Bind(rho.Grids())
				require.NoError(t, err)
				step, err := MUSCL{Limiter: limiter, Workers: workers}.Bind(f, rho.Grids())
				require.NoError(t, err)
				require.Equal(t, workers > 1, len(step.(*explicit).domain[0].slabs) > 1)
				var reports []StepReport
				for range 3 {
					r, err := step.Step(context.Background(), rho, 1)
					require.NoError(t, err)
					reports = append(reports, r)
				}
				return rho, reports
			}
			a, ra := run(1)
			for _, n := range []int{2, 3, 5} {
				b, rb := run(n)
				require.Equal(t, ra, rb)
				require.Equal(t, a[0].Values, b[0].Values, "%v, %d workers", shape, n)
			}
		}
	}
	require.ErrorContains(t, MUSCL{Workers: -1}.Validate(), "workers: -1")
}

// BenchmarkMUSCLWorkers measures whole steps that one and two goroutines share.
func BenchmarkMUSCLWorkers(b *testing.B) {
	for _, n := range []int{256, 1024, 4096} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%d/%d", n, workers), func(b *testing.B) {
				g := square(b, n)
				rho := State{grid.NewDensity(g)}
				for i := range rho[0].Values {
					rho[0].Values[i] = float64((i*7919)%13) / 13
				}
				f, err := Potential{Func: func(x []float64) float64 { return math.Cos(x[0]) + math.Sin(x[1]) }}.Bind(rho.Grids())
				require.NoError(b, err)
				s, err := MUSCL{Workers: workers}.Bind(f, rho.Grids())
				require.NoError(b, err)
				steps := 0
				b.ReportAllocs()
				for b.Loop() {
					if _, err := s.Step(context.Background(), rho, 1e-9); err != nil {
						b.Fatal(err)
					}
					steps++
				}
				reportSteps(b, g, steps)
			})
		}
	}
}
