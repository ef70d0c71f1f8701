package compare

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"pdesolve/grid"
	"pdesolve/pde/transformer"
)

// TestWordsOfHeadsWithMatrices: formulas in place of hundreds of names, laws in words, the
// read-out and the loss as they are.
func TestWordsOfHeadsWithMatrices(t *testing.T) {
	bump := &grid.Bump{Center: []float64{0.1}, Radius: []float64{0.5}}
	m := transformer.Model{
		Depth: 2, FullStep: true, Prompts: &transformer.Prompts{N: 3, Dim: 12, Label: []float64{1}},
		Loss: &transformer.CrossEntropy{}, Read: transformer.Readout{Mean: true, Weights: transformer.DrawWeights(10, 12, 1, 1)},
		Blocks: []transformer.Component{
			{Block: &transformer.Softmax{Rank: 2, Causal: true}, Initial: &grid.Product{{Times: 192, Law: bump}}},
			{Block: &transformer.MLP{Activation: "gelu"}},
		},
	}
	words := map[string]string{}
	for _, x := range setup(&Result{Study: Study{Model: m}}) {
		words[x.Name] = x.Text
	}
	assert.Equal(t, "f(Z, θ)ᵢ = V Σⱼ Pᵢⱼ zⱼ with Pᵢⱼ = softmaxⱼ(zᵢᵀ QᵀK zⱼ) and θ = (Q, K, V): a softmax attention head of low rank; rank 2; causal true. Initial law ρ₀: product ((times 192; law bump (center 0.1; radius 0.5))).",
		words["Block 1: softmax"])
	assert.Equal(t, "h(Z, w)ᵢ = u σ(ω·zᵢ + b) with w = (ω, b, u); activation gelu.", words["Block 2: mlp"])
	assert.Contains(t, words["Model"], "dT/dt = Σ ∫")
	assert.Contains(t, words["Data"], "The outputs are 10 fixed linear functions of the mean over all tokens of the last layer, the logits of as many classes")
	assert.Contains(t, words["Objective"], "R = mean of −log softmax(outputs) at y.")

	m.Loss, m.Read, m.FullStep = nil, transformer.Readout{Token: -1, Mean: true, Coordinate: -1}, false
	assert.Equal(t, "The output is coordinate last of the mean over all tokens of the last layer, compared with the prompt's label y.", readText(&m))
	m.Read = transformer.Readout{Token: 1, Weights: [][]float64{{1}}}
	assert.Equal(t, "The output is a fixed linear function of the token 1 of the last layer, compared with the prompt's label y.", readText(&m))
	assert.Equal(t, []string{"½(output − y)²", "½ "}, []string{lossText(&m), half(&m)})
	assert.Equal(t, "a, b", listed([]string{"a", "b"}))
	assert.Equal(t, "A, B, C, …, L", listed(strings.Split("A B C D E F G H I J K L", " ")))
}
