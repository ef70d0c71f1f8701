package transformer_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// BenchmarkGradient has the shape and data of PyTorch's 31 ms: S + MLP, L = 8,
// M = 256, 16 prompts of 8 tokens, all parameters uniform in (0, 1).
func BenchmarkGradient(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	m := &transformer.Model{Depth: 8, Prompts: randomPrompts(r, 16, 8), Read: query, Blocks: families()["softmax+mlp"]}
	n := make([]int, m.Components())
	for c := range n {
		n[c] = 256
	}
	e := pde.NewEnsemble(m.Dims(), n)
	for i := range e.Theta {
		e.Theta[i] = r.Float64()
	}
	f := bindAtoms(b, m, e)
	grad := make([]float64, len(e.Theta))
	b.ReportAllocs()
	for b.Loop() {
		f.Gradient(grad, e)
	}
}

// diabetes returns a model of the shape of the built-in experiment: 49 prompts of
// 9 tokens, on drawn data.
func diabetes() *transformer.Model {
	p := randomPrompts(rand.New(rand.NewPCG(1, 2)), 49, 9)
	return &transformer.Model{
		Depth: 8, Decay: 0.02, Prompts: p, Read: query,
		Blocks: []transformer.Component{
			{
				Block:   &transformer.SoftmaxScalar{},
				Initial: &grid.Bump{Center: []float64{1, 0.3}, Radius: []float64{1, 0.8}},
				Axes:    []grid.Axis{{Lo: -1.5, Hi: 3.5, N: 64}, {Lo: -2.5, Hi: 2.5, N: 64}},
			},
			{
				Block:   &transformer.MLPLabel{},
				Initial: &grid.Bump{Center: []float64{1, 0.3}, Radius: []float64{1, 0.8}},
				Axes:    []grid.Axis{{Lo: -1.5, Hi: 3.5, N: 64}, {Lo: -2.5, Hi: 2.5, N: 64}},
			},
		},
	}
}

func BenchmarkVariation(b *testing.B) {
	for _, n := range []int{64, 128} {
		b.Run(map[int]string{64: "64x64", 128: "128x128"}[n], func(b *testing.B) {
			m := diabetes()
			grids, err := m.Grids(n)
			require.NoError(b, err)
			rho, err := m.InitialState(grids)
			require.NoError(b, err)
			f, err := m.Bind(grids)
			require.NoError(b, err)
			psi := pde.NewField(grids)
			b.ReportAllocs()
			for b.Loop() {
				f.Variation(psi, rho)
			}
		})
	}
}

// fullHeads is the shape of PyTorch's 1.6 s on the machine of the package's figures:
// softmax heads of matrices, D = 8, L = 8, M = 256, 16 prompts of 32 tokens.
func fullHeads(dim, depth, width, prompts, tokens int, blocks ...transformer.Block) (*transformer.Model, *pde.Ensemble) {
	r := rand.New(rand.NewPCG(1, 1))
	m := &transformer.Model{Depth: depth, Prompts: randomTokens(r, prompts, tokens, dim), Read: query}
	for _, b := range blocks {
		m.Blocks = append(m.Blocks, transformer.Component{Block: b})
	}
	n := make([]int, m.Components())
	for c := range n {
		n[c] = width
	}
	e := pde.NewEnsemble(m.Dims(), n)
	for i := range e.Theta {
		e.Theta[i] = 0.3 * r.NormFloat64()
	}
	return m, e
}

func BenchmarkFullHeads(b *testing.B) {
	for name, list := range map[string][]transformer.Block{
		"softmax": {&transformer.Softmax{}}, "mlp": {&transformer.MLP{}}, "linear": {&transformer.LinearAttention{}},
	} {
		b.Run(name, func(b *testing.B) {
			m, e := fullHeads(8, 8, 256, 16, 32, list...)
			f := bindAtoms(b, m, e)
			grad := make([]float64, len(e.Theta))
			b.ReportAllocs()
			for b.Loop() {
				f.Gradient(grad, e)
			}
		})
	}
}
