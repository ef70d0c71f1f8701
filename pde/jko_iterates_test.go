package pde_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// iterateGap makes two JKO steps by an inner solver on n cells an axis and returns the
// L¹ distance from the exact iterate, and the worst certificate over its tolerance.
func iterateGap(t *testing.T, inner pde.JKOInner, s exact.Iterated, tau float64, n int) (gap, certificate float64) {
	t.Helper()
	energy, components := s.Energy()
	next, err := s.Iterate(tau, 2)
	require.NoError(t, err)
	lo, hi, err := s.Box(0)
	require.NoError(t, err)
	low, high, err := next.Box(0)
	require.NoError(t, err)
	axes := make([]grid.Axis, len(lo))
	for k := range axes {
		a, b := min(lo[k], low[k]), max(hi[k], high[k])
		if !s.Facts().Walls {
			a, b = a-0.05*(b-a), b+0.05*(b-a)
		}
		axes[k] = grid.Axis{Lo: a, Hi: b, N: n}
	}
	g, err := grid.New(axes...)
	require.NoError(t, err)
	rho, err := s.Density(0, g)
	require.NoError(t, err)
	got, err := pde.Solve(t.Context(), pde.Problem{Energy: energy, Initial: slices.Repeat(pde.State{rho}, components), Times: []float64{0, 2 * tau}},
		pde.JKO{Step: tau, Inner: inner}, &pde.Options{WallMass: -1})
	require.NoError(t, err)
	require.Equal(t, 2, got.Contracts.Steps)
	require.Zero(t, got.Contracts.Rejections)
	require.LessOrEqual(t, got.Contracts.MassError, 1e-13)
	want, err := next.Density(0, g)
	require.NoError(t, err)
	for i, v := range got.States[1][0].Values {
		gap += math.Abs(v-want.Values[i]) * g.CellVolume()
	}
	return gap, got.Contracts.Certificate / got.Contracts.Tolerance
}

// Every inner solver of the true JKO step converges to the exact iterates of every
// solution that it takes, with the order in space that it declares or what the edges of
// the solution leave of it.
func TestInnerSolversOnExactIterates(t *testing.T) {
	cells := [...][]int{1: {50, 100, 200}, 2: {24, 48}, 3: {10, 20}}
	for _, name := range pde.JKOInners.Names() {
		inner, err := pde.JKOInners.New(name)
		require.NoError(t, err)
		if !inner.Domain().Wasserstein {
			continue
		}
		for _, which := range exact.Solutions.Names() {
			s, err := exact.Solutions.New(which)
			require.NoError(t, err)
			it, ok := s.(exact.Iterated)
			if !ok {
				continue
			}
			lo, _, err := s.Box(0)
			require.NoError(t, err)
			if !takes(t, inner, s) || pde.Slow(name, len(lo)) {
				continue
			}
			t.Run(name+"/"+which, func(t *testing.T) {
				var gaps []float64
				for _, n := range cells[len(lo)] {
					gap, certificate := iterateGap(t, inner, it, s.Facts().Horizon/4, n)
					assert.LessOrEqual(t, certificate, 1.0)
					gaps = append(gaps, gap)
				}
				k := len(gaps) - 1
				order := math.Log2(gaps[0]/gaps[k]) / math.Log2(float64(cells[len(lo)][k])/float64(cells[len(lo)][0]))
				t.Logf("gaps %.3g, order %.2f", gaps, order)
				assert.GreaterOrEqual(t, order, s.Facts().Order(inner.Domain().Space)-0.2)
				assert.Less(t, gaps[k], 0.15/float64(inner.Domain().Space)) // the edge of a disc in 48 cells
			})
		}
	}
}

// takes reports whether the solver's domain has the energy of the solution.
func takes(t *testing.T, inner pde.JKOInner, s exact.Solution) bool {
	lo, hi, err := s.Box(0)
	require.NoError(t, err)
	axes := make([]grid.Axis, len(lo))
	for k := range axes {
		axes[k] = grid.Axis{Lo: lo[k], Hi: hi[k], N: 4}
	}
	g, err := grid.New(axes...)
	require.NoError(t, err)
	energy, components := s.Energy()
	grids := slices.Repeat([]*grid.Grid{g}, components)
	f, err := energy.Bind(grids)
	require.NoError(t, err)
	return inner.Domain().Takes(f, grids)
}
