package finite

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde"
	"pdesolve/pde/exact"
)

func TestJKOOrder(t *testing.T) {
	for order := 1; order <= 2; order++ {
		checkOrder(t, float64(order), 0.1, []float64{0.05, 0.025, 0.0125, 0.00625}, func(h float64) Dynamics { return JKO{Step: h, TimeOrder: order} })
	}
}

// On benchmark B steps of order 1 are the exact JKO iterates.
func TestJKOIterates(t *testing.T) {
	m := linearModel(3)
	start := Repeat(m, 16, 1)
	s, err := exact.NewLinearAttentionAtoms(m, &start.Component[0])
	require.NoError(t, err)
	for _, h := range []float64{0.1, 0.4} {
		tr, err := Simulate(context.Background(), m, start, []float64{0, 5 * h}, JKO{Step: h}, nil)
		require.NoError(t, err)
		iterate, err := s.Iterate(h, 5)
		require.NoError(t, err)
		want := iterate.(*exact.LinearAttention)
		assert.InDelta(t, want.Objective(0), tr.Energy[1], 1e-13, "h = %v", h)
		assert.InDelta(t, want.Risk(0), tr.Risk[1], 1e-13, "h = %v", h)
		assert.Greater(t, math.Abs(s.Objective(5*h)-tr.Energy[1]), 1e-4, "the flow is elsewhere")
	}
}

// On a quadratic potential of curvature κ a step divides by 1 + hκ, and one of order 2
// multiplies by (1 − hκ/2)/(1 + hκ/2), for every h with hκ < 1.
func TestJKOSteps(t *testing.T) {
	for order, factor := range map[int]float64{1: 1 / (1 + 0.63), 2: (1 - 0.315) / (1 + 0.315)} {
		tr, err := Simulate(context.Background(), &testEnergy{κ: 0.9}, testAtoms(2), []float64{0, 2.1}, JKO{Step: 0.7, TimeOrder: order}, nil)
		require.NoError(t, err)
		for i, x := range testAtoms(2).Theta {
			assert.InEpsilon(t, math.Pow(factor, 3)*x, tr.Ensembles[1].Theta[i], 1e-13)
		}
		assert.LessOrEqual(t, tr.Contracts.EnergyRise, 1e-15)
	}
}

// The step is a minimising movement: what is minimised is not above its value at the start,
// and the energy does not rise for steps that gradient descent cannot make.
func TestJKOFalls(t *testing.T) {
	m := testModel(2, true)
	start := Draw(m, 8, 1)
	for _, h := range []float64{0.05, 0.5, 1} {
		tr, err := Simulate(context.Background(), m, start, []float64{0, h}, JKO{Step: h}, nil)
		require.NoError(t, err)
		moved := 0.0
		for c := range start.Component {
			a, b := &start.Component[c], &tr.Ensembles[1].Component[c]
			for j := range a.N {
				for d := range a.Dim {
					x := a.Theta[d*a.N+j] - b.Theta[d*a.N+j]
					moved += a.Weight[j] * x * x / float64(m.Depth)
				}
			}
		}
		assert.LessOrEqual(t, tr.Energy[1]+moved/(2*h), tr.Energy[0], "h = %v", h)
	}
}

func TestJKORefuses(t *testing.T) {
	assert.ErrorContains(t, JKO{Step: -1}.Validate(), "step: -1")
	assert.ErrorContains(t, JKO{Step: 1, TimeOrder: 3}.Validate(), "order: 3: want 1 or 2")
	assert.ErrorContains(t, Characteristics{TimeOrder: 2}.Validate(), "order: 2: want a step")
	_, err := Simulate(context.Background(), &testEnergy{κ: 3}, testAtoms(2), []float64{0, 1}, JKO{Step: 1}, nil)
	require.ErrorIs(t, err, pde.ErrDiverged)
	assert.ErrorContains(t, err, "the step is too long")
}
