package pde

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// Relaxation alone, without Newton's method, lowers Σ|R| in every sweep and comes to the
// density that Newton's method finds, on equal and on graded axes, in a potential whose jumps
// are a hundred times the diffusion.
func TestRelaxationConverges(t *testing.T) {
	for _, grading := range []grid.Grading{nil, grid.Geometric{Ratio: 3}} {
		g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 7, Grading: grading}, grid.Axis{Lo: -1, Hi: 1, N: 5})
		require.NoError(t, err)
		r := rand.New(rand.NewPCG(3, 4))
		v, rhs := make([]float64, g.Len()), make([]float64, g.Len())
		s := solveScale{tau: 0.01}
		for i := range v {
			v[i], rhs[i] = 10*r.Float64(), float64(r.IntN(2))+0.01
			s.mass += rhs[i]
		}
		s.floor, s.sparse = newtonVacuum, newtonSparse
		f, err := Sum{PorousMedium{Exponent: 1.5, Coefficient: 0.5}, Entropy{Coefficient: 0.1}}.Bind([]*grid.Grid{g})
		require.NoError(t, err)
		stepper, err := ImplicitUpwind{Step: s.tau}.Bind(f, []*grid.Grid{g})
		require.NoError(t, err)
		n := stepper.(*implicit).stage[0].(*implicitNewton)

		copy(n.rho, rhs)
		norm, _ := n.evaluate(n.rho, rhs, v, s)
		require.Greater(t, norm, 0.1)
		for k := 0; norm > n.tolerance; k++ {
			require.Less(t, k, 200)
			next, _ := n.relax(norm, rhs, v, s)
			require.Less(t, next, norm)
			norm = next
		}
		relaxed := append([]float64(nil), n.rho...)

		found := make([]float64, g.Len())
		copy(found, rhs)
		_, _, err = n.solve(found, rhs, v, s.tau)
		require.NoError(t, err)
		for i, want := range found {
			require.LessOrEqual(t, math.Abs(relaxed[i]-want), 1e-9*s.mass, "cell %d", i)
		}
	}
}
