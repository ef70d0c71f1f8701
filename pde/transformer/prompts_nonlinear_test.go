package transformer_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde/transformer"
)

// TestDrawnTasks: without noise a linear task fits exactly and a nonlinear one does not;
// x has variance 1, y of a linear task too; fewer prompts are the first of more.
func TestDrawnTasks(t *testing.T) {
	for _, features := range []int{1, 4, 9} {
		l, err := (&transformer.Linear{Prompts: 400, Tokens: 24, Features: features, Seed: 3}).Draw()
		require.NoError(t, err)
		n, err := (&transformer.Nonlinear{Prompts: 400, Tokens: 24, Features: features, Units: 3, Seed: 3}).Draw()
		require.NoError(t, err)
		few, err := (&transformer.Nonlinear{Prompts: 2, Tokens: 24, Features: features, Units: 3, Seed: 3}).Draw()
		require.NoError(t, err)
		assert.Equal(t, n.Tokens[:len(few.Tokens)], few.Tokens)
		for _, p := range []*transformer.Prompts{l, n} {
			require.NoError(t, p.Validate())
			require.Equal(t, features+1, p.Dim)
			x2, y2, count := 0.0, 0.0, 0.0
			for i := 0; i < len(p.Tokens); i += p.Dim {
				if i/p.Dim%p.N == p.N-1 {
					assert.Zero(t, p.Tokens[i+features])
					continue
				}
				x2 += p.Tokens[i] * p.Tokens[i]
				y2 += p.Tokens[i+features] * p.Tokens[i+features]
				count++
			}
			assert.InDelta(t, 1, x2/count, 0.05) // 9,200 squares of variance 2: 3 deviations are 0.045
			if p == l {
				assert.InDelta(t, 1, y2/count, 0.35) // 400 slopes
			} else {
				assert.Less(t, y2/count, 1.0) // |tanh| < 1
			}
		}
		// The best linear fit of the first prompt's 23 examples through the query.
		assert.Less(t, misfit(l), 1e-9)
		assert.Greater(t, misfit(n), 1e-3)
	}
	_, err := (&transformer.Nonlinear{Prompts: 1, Tokens: 2, Units: -1}).Draw()
	assert.EqualError(t, err, "units: -1: want 1 to 65536")
	_, err = (&transformer.Linear{Prompts: 1, Tokens: 2, Features: -1}).Draw()
	assert.EqualError(t, err, "features: -1: want 1 to 65536")
}

// misfit returns the error of the query's label under least squares by Gauss elimination of
// the normal equations.
func misfit(p *transformer.Prompts) float64 {
	f := p.Dim - 1
	a := make([][]float64, f)
	for r := range a {
		a[r] = make([]float64, f+1)
		for i := range p.N - 1 {
			for c := range f + 1 {
				a[r][c] += p.Tokens[i*p.Dim+r] * p.Tokens[i*p.Dim+c]
			}
		}
	}
	for k := range f {
		for r := range a {
			if r != k {
				q := a[r][k] / a[k][k]
				for c := range a[r] {
					a[r][c] -= q * a[k][c]
				}
			}
		}
	}
	y := 0.0
	for k := range f {
		y += a[k][f] / a[k][k] * p.Tokens[(p.N-1)*p.Dim+k]
	}
	return math.Abs(y - p.Label[0])
}
