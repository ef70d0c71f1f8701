package pde

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// BenchmarkImplicit measures whole runs of the Ornstein–Uhlenbeck problem of
// the tables: on a line with as many steps as cells, on a square of 256² cells with
// 50 steps.
func BenchmarkImplicit(b *testing.B) {
	for _, s := range []Scheme{
		ImplicitUpwind{Step: 1}, ImplicitUpwind{Step: 1, TimeOrder: 2},
		ImplicitScharfetterGummel{Step: 1, TimeOrder: 1}, ImplicitScharfetterGummel{Step: 1},
	} {
		_, order := s.Order()
		b.Run(fmt.Sprintf("%s/order=%d", s.Name(), order), func(b *testing.B) { benchmarkImplicit(b, s) })
	}
}

func benchmarkImplicit(b *testing.B, scheme Scheme) {
	for _, c := range []struct{ dim, n, steps int }{{1, 400, 400}, {2, 64, 50}, {2, 256, 50}} {
		b.Run(fmt.Sprintf("%d-D/%d", c.dim, c.n), func(b *testing.B) {
			axes, law := make([]grid.Axis, c.dim), grid.Gaussian{Mean: make([]float64, c.dim), Covariance: make([][]float64, c.dim)}
			formula := "x^2/2"
			for k := range axes {
				axes[k] = grid.Axis{Lo: -6, Hi: 6, N: c.n}
				law.Mean[k], law.Covariance[k] = []float64{1.5, -1}[k], make([]float64, c.dim)
				law.Covariance[k][k] = 0.25
				if k == 1 {
					formula = "(x^2+y^2)/2"
				}
			}
			law.Mean[0] -= 0.1 // the tail beyond the box is less than Average allows
			g, err := grid.New(axes...)
			require.NoError(b, err)
			start := grid.NewDensity(g)
			require.NoError(b, (&law).Average(start))
			f := bind(b, Sum{Potential{Formula: formula}, Entropy{Coefficient: 1}}, g)
			s, err := scheme.Bind(f, []*grid.Grid{g})
			require.NoError(b, err)
			dt := 1 / float64(c.steps)
			b.ReportAllocs()
			for b.Loop() {
				rho := State{start.Clone()}
				for range c.steps {
					if _, err := s.Step(context.Background(), rho, dt); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N*c.steps*g.Len())*1e9, "ns/cell-step")
		})
	}
}
