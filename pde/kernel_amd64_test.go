//go:build amd64 && !purego

package pde

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Whole steps give the same bytes with and without vector code, on grids of every
// dimension, with rows shorter and longer than a strip.
func TestStepsAgreeWithoutVectors(t *testing.T) {
	defer func(two, five bool) { useAVX2, useAVX512 = two, five }(useAVX2, useAVX512)
	if !useAVX2 {
		t.Log("no AVX2 on this machine: nothing to compare")
	}
	paths := [][2]bool{{useAVX2, useAVX512}, {useAVX2, false}, {false, false}}
	schemes := append(explicitSchemes(t), WENO{CFL: 0.5}, WENO{Degree: 3, CFL: 0.5})
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(schemes).Draw(t, "scheme")
		_, weno := s.(WENO)
		g := drawBox(t, !weno)
		start := drawRough(t, g)
		energy := Sum{Potential{Func: func(x []float64) float64 {
			v := x[0] * x[0]
			for _, y := range x {
				v += (y - 0.3) * x[0]
			}
			return v
		}}, Entropy{Coefficient: 0.1}}
		run := func(path [2]bool) (State, []StepReport) {
			useAVX2, useAVX512 = path[0], path[1]
			rho := State{start.Clone()}
			f, err := energy.Bind(rho.Grids())
			require.NoError(t, err)
			step, err := s.Bind(f, rho.Grids())
			require.NoError(t, err)
			var reports []StepReport
			for range 4 {
				r, err := step.Step(context.Background(), rho, 10)
				require.NoError(t, err)
				reports = append(reports, r)
			}
			return rho, reports
		}
		a, ra := run(paths[0])
		for _, path := range paths[1:] {
			b, rb := run(path)
			require.Equal(t, ra, rb)
			require.Equal(t, a[0].Values, b[0].Values)
		}
	})
}
