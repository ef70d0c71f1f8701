package transformer_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// The mean of the gradients of all pairs of prompts is the gradient; the batch of all
// prompts is it to the byte; a batch is the model that has its prompts alone.
func TestBatchGradient(t *testing.T) {
	eachModel(t, func(t *testing.T, r *rand.Rand, m *transformer.Model) {
		const n = 5
		m.Prompts = randomPrompts(r, n, 4)
		m.Read.Token = -1
		m.Workers = 2
		e := randomEnsemble(r, m, 3)
		f := bindAtoms(t, m, e).(pde.Batched)
		assert.Equal(t, n, f.Samples())
		want, got, mean := make([]float64, len(e.Theta)), make([]float64, len(e.Theta)), make([]float64, len(e.Theta))
		value := f.Gradient(want, e)
		average, pairs := 0.0, float64(n*(n-1)/2)
		for i := range n {
			for j := range i {
				average += f.BatchGradient(got, e, []int{i, j}) / pairs
				for k, g := range got {
					mean[k] += g / pairs
				}
			}
		}
		assert.InDelta(t, value, average, 1e-13*(1+value))
		requireClose(t, want, mean, 1e-12)
		assert.Equal(t, value, f.BatchGradient(got, e, []int{4, 2, 0, 1, 3}))
		assert.Equal(t, want, got)
		f.BatchGradient(got, e, []int{3, 1})
		alone := *m
		alone.Prompts = &transformer.Prompts{N: m.Prompts.N, Dim: m.Prompts.Dim}
		for _, b := range []int{1, 3} {
			size := m.Prompts.N * m.Prompts.Dim
			alone.Prompts.Tokens = append(alone.Prompts.Tokens, m.Prompts.Tokens[b*size:(b+1)*size]...)
			alone.Prompts.Label = append(alone.Prompts.Label, m.Prompts.Label[b])
		}
		risk := bindAtoms(t, &alone, e).Gradient(mean, e)
		requireClose(t, mean, got, 1e-13)
		assert.InDelta(t, risk, f.BatchGradient(got, e, []int{3, 1}), 1e-14*(1+risk))
		assert.Equal(t, value, f.Gradient(got, e), "a batch leaves nothing behind")
		assert.Panics(t, func() { f.BatchGradient(got, e, nil) })
		assert.Panics(t, func() { f.BatchGradient(got, e, []int{1, 1}) })
	})
}
