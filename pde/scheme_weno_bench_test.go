package pde

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// BenchmarkWENO measures whole steps of ten stages of degree 5 in a constant potential.
func BenchmarkWENO(b *testing.B) {
	for _, shape := range [][]int{{256, 256}, {64, 64, 64}} {
		b.Run(fmt.Sprint(shape), func(b *testing.B) {
			axes := make([]grid.Axis, len(shape))
			for k, n := range shape {
				axes[k] = grid.Axis{Lo: -4, Hi: 4, N: n}
			}
			g, err := grid.New(axes...)
			require.NoError(b, err)
			rho := State{grid.NewDensity(g)}
			mean, covariance := make([]float64, len(axes)), make([][]float64, len(axes))
			for k := range axes {
				covariance[k] = make([]float64, len(axes))
				covariance[k][k] = 0.3
			}
			require.NoError(b, (&grid.Gaussian{Mean: mean, Covariance: covariance}).Average(rho[0]))
			f, err := Potential{Formula: "-x - y/2"}.Bind(rho.Grids())
			require.NoError(b, err)
			s, err := WENO{}.Bind(f, rho.Grids())
			require.NoError(b, err)
			steps := 0
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Step(context.Background(), rho, 1e-4); err != nil {
					b.Fatal(err)
				}
				steps++
			}
			b.ReportMetric(10*float64(g.Len())*float64(steps)/b.Elapsed().Seconds(), "cell-stages/s")
		})
	}
}
