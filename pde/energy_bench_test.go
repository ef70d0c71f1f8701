package pde

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// BenchmarkLocalVariation measures F and its first variation at 256² cells.
func BenchmarkLocalVariation(b *testing.B) {
	g := square(b, 256)
	rho := State{grid.NewDensity(g)}
	require.NoError(b, (&grid.Gaussian{Mean: []float64{0.5, -0.5}, Covariance: [][]float64{{0.3, 0}, {0, 0.3}}}).Average(rho[0]))
	for _, e := range []struct {
		name   string
		energy Energy
	}{
		{"entropy", Entropy{1}}, {"m=2", PorousMedium{2, 1}}, {"m=1.7", PorousMedium{1.7, 1}}, {"m=0.9", PorousMedium{0.9, 1}},
		{"renyi 1.7", Renyi{1.7, 1}}, {"entropy and potential", Sum{Entropy{1}, Potential{Func: func(x []float64) float64 { return x[0] * x[0] }}}},
	} {
		b.Run(e.name, func(b *testing.B) {
			f, err := e.energy.Bind(rho.Grids())
			require.NoError(b, err)
			psi := NewField(rho.Grids())
			b.ReportAllocs()
			for b.Loop() {
				f.Variation(psi, rho)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(g.Len()), "ns/cell")
		})
	}
}
