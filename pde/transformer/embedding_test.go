package transformer_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// embeddingModel classifies random inputs with a trained embedding.
func embeddingModel(r *rand.Rand) (*transformer.Model, *pde.Ensemble) {
	const prompts, n, dim, inputs = 7, 4, 3, 2
	p := randomTokens(r, prompts, n, dim)
	p.InputDim = inputs
	for range prompts * n * inputs {
		p.Inputs = append(p.Inputs, r.NormFloat64())
	}
	for b := range p.Label {
		p.Label[b] = float64(b % 3)
	}
	m := &transformer.Model{
		Depth: 2, Decay: 0.1, Prompts: p, Loss: &transformer.CrossEntropy{},
		Read:      transformer.Readout{Mean: true, Weights: transformer.DrawWeights(3, dim, 2, 1)},
		Embedding: &transformer.Embedding{},
		Blocks:    []transformer.Component{{Block: &transformer.Softmax{Causal: true}}, {Block: &transformer.MLP{Activation: "tanh"}}},
	}
	for range dim * (inputs + n) {
		m.Embedding.Start = append(m.Embedding.Start, r.NormFloat64())
	}
	e := m.Shape([]int{5, 9, 5, 3})
	for i := range len(e.Theta) - len(m.Embedding.Start) {
		e.Theta[i] = r.NormFloat64()
	}
	return m, e
}

// The gradient of blocks and embedding is that of the tape and of central differences:
// for a block L/weight times ∂Q/∂θ, for the embedding ∂Q/∂θ.
func TestEmbeddingGradient(t *testing.T) {
	m, e := embeddingModel(rand.New(rand.NewPCG(7, 8)))
	f, err := m.BindAtoms(e)
	require.NoError(t, err)
	output, q, want := taped(m, e)
	grad := make([]float64, len(e.Theta))
	assert.InDelta(t, q, f.Gradient(grad, e), 1e-13)
	assert.InDelta(t, q, f.Value(e), 1e-13)
	_, got := f.(pde.Learner).Reading()
	assert.InDeltaSlice(t, output, got, 1e-13)
	at := 0
	for c, a := range e.Component {
		for i := range a.Theta {
			slope := grad[at+i] * a.Weight[i%a.N] * f.Weight(c)
			assert.InDelta(t, want[at+i], slope, 1e-13, "component %d, entry %d", c, i)
			const h = 1e-5
			x := e.Theta[at+i]
			e.Theta[at+i] = x + h
			up := f.Value(e)
			e.Theta[at+i] = x - h
			down := f.Value(e)
			e.Theta[at+i] = x
			assert.InDelta(t, (up-down)/(2*h), slope, 1e-8, "component %d, entry %d", c, i)
		}
		at += len(a.Theta)
	}
	assert.Equal(t, 1.0, f.Weight(4))
	assert.LessOrEqual(t, testing.AllocsPerRun(20, func() { f.Gradient(grad, e) }), 0.0)
}

// A batch's gradient is that of its prompts alone, and workers change no byte.
func TestEmbeddingBatchesAndWorkers(t *testing.T) {
	m, e := embeddingModel(rand.New(rand.NewPCG(9, 10)))
	f, err := m.BindAtoms(e)
	require.NoError(t, err)
	whole := make([]float64, len(e.Theta))
	f.Gradient(whole, e)
	mean := make([]float64, len(e.Theta))
	for b := range m.Prompts.Len() {
		g := make([]float64, len(e.Theta))
		f.(pde.Batched).BatchGradient(g, e, []int{b})
		for i, v := range g {
			mean[i] += v / float64(m.Prompts.Len())
		}
	}
	assert.InDeltaSlice(t, whole, mean, 1e-13)
	m.Workers = 2
	f, err = m.BindAtoms(e)
	require.NoError(t, err)
	again := make([]float64, len(e.Theta))
	f.Gradient(again, e)
	assert.Equal(t, whole, again)
}

func TestEmbeddingRefuses(t *testing.T) {
	for want, change := range map[string]func(*transformer.Model){
		"embedding: the prompts have no inputs to embed":        func(m *transformer.Model) { m.Prompts.InputDim, m.Prompts.Inputs = 0, nil },
		"embedding: 17 numbers to start from: want 18, for 3×2": func(m *transformer.Model) { m.Embedding.Start = m.Embedding.Start[1:] },
		"prompt 0, token 0, input 1: NaN is not finite":         func(m *transformer.Model) { m.Prompts.Inputs[1] = math.NaN() },
		"55 numbers of inputs: want 56":                         func(m *transformer.Model) { m.Prompts.Inputs = m.Prompts.Inputs[1:] },
	} {
		m, e := embeddingModel(rand.New(rand.NewPCG(1, 2)))
		change(m)
		_, err := m.BindAtoms(e)
		assert.ErrorContains(t, err, want)
	}
	m, e := embeddingModel(rand.New(rand.NewPCG(1, 2)))
	short := &pde.Ensemble{Component: e.Component[:4], Theta: e.Theta}
	_, err := m.BindAtoms(short)
	assert.ErrorContains(t, err, "an ensemble of 4 components: want 5")
	_, err = m.Bind(nil)
	assert.ErrorContains(t, err, "a trained one is for networks and has no grid")
}

// At τ = 0 the tokens are those of the fixed embedding.
func TestLearnedImagesStartAsFixedOnes(t *testing.T) {
	m := transformer.Images{File: "tiny.csv", Label: "class", Patch: 1, Embed: 3, Seed: 1, Train: 4, Test: 1}
	fixed, err := m.Read(strings.NewReader(tiny))
	require.NoError(t, err)
	assert.Nil(t, fixed.Embedding)
	m.Learned = true
	learned, err := m.Read(strings.NewReader(tiny))
	require.NoError(t, err)
	require.NoError(t, learned.Train.Validate())
	model := transformer.Model{Depth: 1, Read: transformer.Readout{Mean: true, Weights: transformer.DrawWeights(2, 3, 1, 1)}, Loss: &transformer.CrossEntropy{},
		Blocks: []transformer.Component{{Block: &transformer.MLP{Activation: "tanh"}}}}
	var outputs [][]float64
	for _, sets := range []transformer.ImageSets{fixed, learned} {
		m := model
		m.Prompts, m.Embedding = sets.Test, sets.Embedding
		e := m.Shape([]int{2})
		for i := range 14 {
			e.Theta[i] = 0.1 * float64(i)
		}
		f, err := m.BindAtoms(e)
		require.NoError(t, err)
		f.Value(e)
		_, y := f.(pde.Learner).Reading()
		outputs = append(outputs, append([]float64{}, y...))
	}
	assert.Equal(t, outputs[0], outputs[1])
}

func ExampleEmbedding() {
	m := &transformer.Model{
		Depth:     1,
		Prompts:   &transformer.Prompts{N: 1, Dim: 1, Tokens: []float64{0}, Label: []float64{1}, InputDim: 2, Inputs: []float64{3, 4}},
		Read:      transformer.Readout{Token: -1, Coordinate: -1},
		Embedding: &transformer.Embedding{Start: []float64{1, 0.5, 2}}, // z = 1·3 + 0.5·4 + 2
		Blocks:    []transformer.Component{{Block: &transformer.MLP{Activation: "tanh"}}},
	}
	e := m.Shape([]int{1}) // the neuron is 0 and does nothing
	f, err := m.BindAtoms(e)
	if err != nil {
		panic(err)
	}
	grad := make([]float64, len(e.Theta))
	f.Gradient(grad, e)
	_, y := f.(pde.Learner).Reading()
	fmt.Println("output", y, "gradient by the embedding", grad[3:])
	// Output:
	// output [7] gradient by the embedding [18 24 6]
}
