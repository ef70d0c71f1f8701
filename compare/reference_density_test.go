package compare

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// On benchmark B the density of characteristics is the exact one, far closer than any
// scheme comes.
func TestDensityOfNodesIsExact(t *testing.T) {
	s := linearStudy(t)
	s.blind = true
	p := newPlan(&s)
	ref := p.baseReference()
	require.NoError(t, p.work(context.Background(), &Options{}))
	r, err := ref.get()
	require.NoError(t, err)
	require.NotNil(t, r.Density)
	assert.Less(t, r.Error[Density], 1e-6, "the map is linear: two nodes an axis are exact")
	solution, err := exact.NewLinearAttention(&s.Model)
	require.NoError(t, err)
	g, err := grid.New(grid.Axis{Lo: -2, Hi: 4, N: 108}, grid.Axis{Lo: -2, Hi: 4, N: 108})
	require.NoError(t, err)
	for _, tau := range s.Times {
		want, err := solution.Density(tau, g)
		require.NoError(t, err)
		got, err := r.Density(1, tau, g)
		require.NoError(t, err)
		d := l1Distance(got, want)
		t.Log(tau, d)
		assert.Less(t, d, 1e-3, "τ = %v", tau)
	}
	_, err = r.Density(0, 1.5, g)
	assert.ErrorContains(t, err, "want one of the saved times")
}

// Where no solution is known the ladder in cells has the density all the same.
func TestCellsByDensity(t *testing.T) {
	s := Study{Name: "cells", Model: fixtureModel(24), Times: []float64{0, 1}, Confidence: 0.95, Rates: []Against{Cells}}
	for _, n := range []int{24, 36, 54} {
		s.Solvers = append(s.Solvers, Solver{Scheme: &pde.MUSCL{CFL: 0.4}, Cells: n})
	}
	s.Solvers = append(s.Solvers, Solver{Characteristics: &finite.Characteristics{Nodes: 10}})
	r, err := Execute(context.Background(), s, nil)
	require.NoError(t, err)
	require.Len(t, r.Ladders, len(Quantities)+1)
	l := r.Ladders[len(Quantities)]
	require.Equal(t, Density, l.Quantity)
	for _, p := range l.Points {
		t.Log(p.X, p.Error, p.Reference)
		assert.True(t, p.Used, p.Why)
	}
	assert.Less(t, l.Rate.Value, -1.3)
}
