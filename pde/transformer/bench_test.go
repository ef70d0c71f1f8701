package transformer_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"testing"
	"time"

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
		for _, p := range []transformer.Precision{transformer.Float64, transformer.Float32} {
			b.Run(fmt.Sprintf("%s/%s", name, p), func(b *testing.B) {
				m, e := fullHeads(8, 8, 256, 16, 32, list...)
				m.Precision = p
				f := bindAtoms(b, m, e)
				grad := make([]float64, len(e.Theta))
				b.ReportAllocs()
				for b.Loop() {
					f.Gradient(grad, e)
				}
			})
		}
	}
}

// BenchmarkWorkers reports how many times as fast two workers are as one.
func BenchmarkWorkers(b *testing.B) {
	for name, list := range map[string][]transformer.Block{
		"softmax-scalar+mlp-label": {&transformer.SoftmaxScalar{}, &transformer.MLPLabel{}}, "softmax": {&transformer.Softmax{}},
	} {
		b.Run(name, func(b *testing.B) {
			dim, tokens := 2, 8
			if name == "softmax" {
				dim, tokens = 8, 32
			}
			m, e := fullHeads(dim, 8, 256, 16, tokens, list...)
			ratio := 0.0
			for b.Loop() {
				m.Workers = 1
				one := shortest(b, m, e)
				m.Workers = 2
				ratio = one / shortest(b, m, e)
			}
			b.ReportMetric(ratio, "times-as-fast")
		})
	}
}

// BenchmarkGrowth reports the exponent of the gradient's time in each size over a
// sixteenfold range, fitted to its ends. The last layer is a third of a layer cheaper than
// the others, where only the read token has an adjoint, which makes the exponent in depth
// larger than 1: by 0.06 from 2 layers on, by 0.03 from 4 on. In tokens, from 8 to 128, it is
// 1.83 for scalar heads: there are n(n+1)/2 pairs, of which those of 128 tokens are too many
// to be kept.
func BenchmarkGrowth(b *testing.B) {
	base := map[string]int{"prompts": 4, "width": 32, "depth": 4, "tokens": 8}
	for name, list := range map[string][]transformer.Block{
		"scalar": {&transformer.SoftmaxScalar{}, &transformer.MLPLabel{}}, "full": {&transformer.Softmax{}, &transformer.MLP{}},
	} {
		for _, size := range []string{"prompts", "width", "depth", "tokens"} {
			b.Run(name+"/"+size, func(b *testing.B) {
				exponent := 0.0
				for b.Loop() {
					exponent = math.Log(seconds(b, name, list, base, size, 16)/seconds(b, name, list, base, size, 1)) / math.Log(16)
				}
				b.ReportMetric(exponent, "exponent")
			})
		}
	}
}

// seconds returns the shortest time of a gradient with one size multiplied.
func seconds(b *testing.B, name string, list []transformer.Block, base map[string]int, size string, times int) float64 {
	n := maps.Clone(base)
	n[size] *= times
	dim := 2
	if name == "full" {
		dim = 4
	}
	m, e := fullHeads(dim, n["depth"], n["width"], n["prompts"], n["tokens"], list...)
	return shortest(b, m, e)
}

// shortest returns the shortest time of a gradient, in seconds.
func shortest(b *testing.B, m *transformer.Model, e *pde.Ensemble) float64 {
	f := bindAtoms(b, m, e)
	grad := make([]float64, len(e.Theta))
	best := math.Inf(1)
	for range 20 {
		begin := time.Now()
		f.Gradient(grad, e)
		best = min(best, time.Since(begin).Seconds())
	}
	return best
}
