package finite

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde/transformer"
)

// Training in single precision costs no further steps down to rtol 1e-6 and moves the
// risk by less than those tolerances do: by 1e-8, beside the flow of 1e-11.
func TestFloat32Training(t *testing.T) {
	m := testModel(4, false)
	m.Blocks = []transformer.Component{{Block: &transformer.Softmax{}, Initial: normal(8, 0.3)}, {Block: &transformer.MLP{}, Initial: normal(5, 0.3)}}
	start, times := Draw(m, 40, 1), []float64{0, 0.5, 1, 2, 4}
	run := func(p transformer.Precision, rtol float64) (risk []float64, steps int) {
		n := *m
		n.Precision = p
		tr, err := Simulate(context.Background(), &n, start, times, Gradient{RTol: rtol, ATol: rtol / 100}, nil)
		require.NoError(t, err)
		assert.LessOrEqual(t, tr.Contracts.EnergyRise, 0.0)
		assert.LessOrEqual(t, tr.Contracts.Residual, 100*rtol+1e-6)
		return tr.Risk, tr.Contracts.Steps
	}
	exact, _ := run(transformer.Float64, 1e-11)
	assert.Greater(t, exact[0]-exact[4], 0.1, "the test must see training")
	off := func(risk []float64) (worst float64) {
		for s, r := range risk {
			worst = max(worst, math.Abs(r-exact[s]))
		}
		return worst
	}
	for _, rtol := range []float64{1e-4, 1e-5, 1e-6, 1e-8} {
		double, n := run(transformer.Float64, rtol)
		single, k := run(transformer.Float32, rtol)
		t.Logf("rtol %.0e: risk off by %.2g in %d steps, in float32 by %.2g in %d", rtol, off(double), n, off(single), k)
		assert.LessOrEqual(t, off(single), off(double)+2e-8)
		if rtol >= 1e-6 {
			assert.Equal(t, n, k)
		}
	}
}

// normal returns a product of normal laws of mean 0.1 in so many dimensions.
func normal(dim int, deviation float64) grid.Law {
	g := &grid.Gaussian{Mean: make([]float64, dim), Covariance: make([][]float64, dim)}
	for i := range dim {
		g.Mean[i], g.Covariance[i] = 0.1, make([]float64, dim)
		g.Covariance[i][i] = deviation * deviation
	}
	return g
}
