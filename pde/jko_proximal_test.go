package pde

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// The nearest point of a + b²/2 ≤ 0: on it, and with the rest along the normal (1, b).
func TestParaboloid(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 10000 {
		scale := math.Pow(10, 12*random.Float64()-6)
		a, b := scale*random.NormFloat64(), math.Pow(10, 6*random.Float64()-3)*random.NormFloat64()
		x, y := paraboloid(a, b)
		if a+b*b/2 <= 0 {
			require.Equal(t, [2]float64{a, b}, [2]float64{x, y})
			continue
		}
		size := math.Abs(a) + math.Abs(b) + b*b
		require.InDelta(t, 0, x+y*y/2, 1e-13*size, "a = %v, b = %v", a, b)
		require.InDelta(t, 0, (b-y)-(a-x)*y, 1e-12*(size+math.Abs(a*b)), "a = %v, b = %v", a, b)
	}
}

// The projection satisfies the continuity equation, so that it keeps the mass, changes
// nothing the second time, and moves at right angles to what satisfies the equation.
func TestProjectionOntoContinuity(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 1))
	for _, g := range []*grid.Grid{line(t, -1, 2, 13), plane(t, 7, 6)} {
		for _, layers := range []int{1, 2, 5} {
			n := g.Len()
			p := newProjection(g, layers, 0.7)
			first := make([]float64, n)
			fill := func(u curve) {
				for _, x := range append(append([][]float64(nil), u.r...), u.w...) {
					for i := range x {
						x[i] = random.NormFloat64()
					}
				}
			}
			for i := range first {
				first[i] = random.Float64()
			}
			inner := func(u, v curve) (s float64) {
				for k := range u.r {
					s += dot(u.r[k], v.r[k])
				}
				for k := range u.w {
					s += dot(u.w[k], v.w[k])
				}
				return s
			}
			minus := func(u, v curve) curve {
				d := newCurve(layers, g.Dim(), n)
				for k := range u.r {
					for i := range d.r[k] {
						d.r[k][i] = u.r[k][i] - v.r[k][i]
					}
				}
				for k := range u.w {
					for i := range d.w[k] {
						d.w[k][i] = u.w[k][i] - v.w[k][i]
					}
				}
				return d
			}
			copyOf := func(u curve) curve { return minus(u, newCurve(layers, g.Dim(), n)) }
			u, w := newCurve(layers, g.Dim(), n), newCurve(layers, g.Dim(), n)
			fill(u)
			fill(w)
			p.apply(w, first)
			// Momentum on the walls is no variable.
			start := copyOf(u)
			p.apply(u, first)
			for k := range start.w {
				for i, v := range u.w[k] {
					if v == 0 {
						start.w[k][i] = 0
					}
				}
			}
			for k := range u.r {
				require.InDelta(t, grid.Sum(first), grid.Sum(u.r[k]), 1e-12)
			}
			again := copyOf(u)
			p.apply(again, first)
			step := minus(again, u)
			require.Less(t, math.Sqrt(inner(step, step)), 1e-12)
			require.InDelta(t, 0, inner(minus(start, u), minus(u, w)), 1e-11)
		}
	}
}

func plane(t *testing.T, n, m int) *grid.Grid {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: n}, grid.Axis{Lo: -1, Hi: 1, N: m})
	require.NoError(t, err)
	return g
}

// A step that needs more iterations than it may have is an error, and bad descriptions
// are refused.
func TestProximalStops(t *testing.T) {
	g := []*grid.Grid{line(t, -2, 2, 20)}
	f, err := Entropy{Coefficient: 1}.Bind(g)
	require.NoError(t, err)
	rho := roughState(rand.New(rand.NewPCG(1, 1)), g[0])
	psi := NewField(g)
	start := JKOStart{Rho: rho, Variation: psi, Energy: f.Variation(psi, rho), Tau: 0.1}
	s, err := Proximal{Layers: 3, MaxIterations: 20}.Bind(f, g)
	require.NoError(t, err)
	_, err = s.Solve(t.Context(), rho.Clone(), start)
	require.ErrorIs(t, err, ErrNotConverged)
	require.ErrorContains(t, err, "after 20 primal-dual iterations at step 0.1: want 0.0001")
	require.ErrorContains(t, Proximal{Layers: 65}.Validate(), "want 1 to 64")
	require.ErrorContains(t, Proximal{Tolerance: 1}.Validate(), "want a number in [0, 1)")
	require.ErrorContains(t, Proximal{MaxIterations: -1}.Validate(), "want at least 1")
}

// What a step returns does not depend on earlier ones.
func TestProximalForgets(t *testing.T) {
	g := []*grid.Grid{line(t, -2, 2, 24)}
	f, err := Sum{Entropy{Coefficient: 0.3}, Interaction{Kernel: Quadratic{Strength: 1}}}.Bind(g)
	require.NoError(t, err)
	rho := roughState(rand.New(rand.NewPCG(3, 1)), g[0])
	psi := NewField(g)
	start := JKOStart{Rho: rho, Variation: psi, Energy: f.Variation(psi, rho), Tau: 0.2}
	s, err := Proximal{}.Bind(f, g)
	require.NoError(t, err)
	one, two := rho.Clone(), rho.Clone()
	a, err := s.Solve(t.Context(), one, start)
	require.NoError(t, err)
	start.Tau = 0.05
	_, err = s.Solve(t.Context(), two, start)
	require.NoError(t, err)
	start.Tau = 0.2
	b, err := s.Solve(t.Context(), two, start)
	require.NoError(t, err)
	assert.Equal(t, a, b)
	assert.Equal(t, one, two)
}
