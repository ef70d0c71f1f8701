package compare

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde/exact"
)

// The predicted and the measured constant of the depth ladder are those of the exact
// solution of benchmark B for the same atoms, at a depth at which nothing else is left.
func TestDepthConstantOfLinearAttention(t *testing.T) {
	serial(t)
	s := linearStudy(t)
	s.Rates, s.Solvers, s.Networks.Depths = []Against{DepthConstant}, nil, []int{4, 8, 16, 32}
	r, err := Execute(context.Background(), s, nil)
	require.NoError(t, err)
	require.Empty(t, r.Notes)
	require.Len(t, r.Findings, 1)
	f := r.Findings[0]
	t.Log("\n" + f.Table().Render())
	assert.Equal(t, Consistent, f.Verdict)

	at := func(depth int, continuous bool) *Reference {
		m := s.Model
		m.Depth, m.Continuous = depth, continuous
		nodes, err := finite.Nodes(&m, grid.Gauss, depthNodes)
		require.NoError(t, err)
		e, err := exact.NewLinearAttentionAtoms(&m, &nodes.Component[0])
		require.NoError(t, err)
		c, err := exactCurve(e, s.Times)
		require.NoError(t, err)
		return c
	}
	const deep = 1e5
	truth := combine([]float64{deep, -deep}, at(deep, false), at(1, true))
	for i, q := range Quantities {
		row := f.Rows[i].Values
		assert.InEpsilon(t, truth.size(q), row[0], 1e-3, "%s predicted", q)
		assert.LessOrEqual(t, row[1], truth.size(q), q)
		assert.GreaterOrEqual(t, row[2], truth.size(q), q)
		assert.LessOrEqual(t, row[4], truth.size(q), q)
		assert.GreaterOrEqual(t, row[5], truth.size(q), q)
		// The response of training is not small: without it the prediction is wrong.
		assert.Equal(t, Violates, sameConstant(within(row[7], 0), constant{row[3], row[4], row[5]}), q)
	}
}

// On sub-model S with an MLP, which has no exact solution, the two agree to 1 %.
func TestDepthConstantOfSoftmax(t *testing.T) {
	s := linearStudy(t)
	s.Model = fixtureModel(24)
	s.Times = []float64{0, 1, 2}
	s.Rates, s.Solvers, s.Networks.Depths = []Against{DepthConstant}, nil, []int{4, 8, 16}
	r, err := Execute(context.Background(), s, nil)
	require.NoError(t, err)
	require.Len(t, r.Findings, 1)
	f := r.Findings[0]
	t.Log("\n" + f.Table().Render())
	assert.Equal(t, Consistent, f.Verdict)
	for _, row := range f.Rows {
		assert.InDelta(t, 1, row.Values[6], 0.01, row.Label)
	}
}

func TestSameConstant(t *testing.T) {
	want := constant{1, 0.99, 1.01}
	for _, c := range []struct {
		got  constant
		want Verdict
	}{
		{constant{1, 0.95, 1.05}, Consistent},
		{constant{1.1, 1.05, 1.15}, Consistent},
		{constant{1.1, 1.07, 1.13}, Violates},
		{constant{0.9, 0.87, 0.93}, Violates},
		{constant{1, 0.8, 1.2}, Undecided},
		{constant{2, 1.5, 2.5}, Violates},
	} {
		assert.Equal(t, c.want, sameConstant(want, c.got), "%+v", c.got)
	}
	assert.Equal(t, Undecided, sameConstant(constant{}, constant{1, 1, 1}))
	assert.Equal(t, Violates, worstOf(Undecided, Violates))
	assert.Equal(t, Undecided, worstOf(Consistent, Undecided))
}
