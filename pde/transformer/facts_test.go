package transformer_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// The velocity of every block stays below its growth constant, for small and large tokens
// and parameters: with one layer the adjoint is (Read − y)/N in the coordinate that is read,
// the mean over tokens, so that |∇Ψ| ≤ K/√N · E|Read − y| (1 + |θ|) with FullStep.
func TestFactsBoundTheGrowth(t *testing.T) {
	blocks := []transformer.Block{&transformer.Softmax{Scaled: true}, &transformer.Softmax{Causal: true}}
	for _, name := range transformer.Blocks.Names() {
		b, err := transformer.Blocks.New(name)
		require.NoError(t, err)
		blocks = append(blocks, b)
	}
	for _, a := range []string{"logistic", "relu", "gelu", "erf", "softplus", "clip", "clipped-relu"} {
		blocks = append(blocks, &transformer.MLP{Activation: a}, &transformer.MLPLabel{Activation: a}, &transformer.MLPQuery{Activation: a})
	}
	for l, block := range blocks {
		t.Run(fmt.Sprintf("%s%+v", block.Name(), block), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(l), 5))
			closest := 0.0
			for _, scale := range []float64{0.2, 1, 40} {
				p := randomTokens(r, 3, 4, 2)
				size := 0.0
				for i := range p.Tokens {
					p.Tokens[i] *= scale
					if i%2 == 1 {
						size = max(size, math.Hypot(p.Tokens[i-1], p.Tokens[i]))
					}
				}
				m := &transformer.Model{Depth: 1, FullStep: true, Prompts: p, Read: transformer.Readout{Mean: true, Coordinate: -1}, Blocks: []transformer.Component{{Block: block}}}
				facts := m.Facts(0, p.N, size)
				require.NotEmpty(t, facts.Reason)
				for _, spread := range [][2]float64{{1, 1}, {100, 1}, {1e-4, 100}, {10, 10}, {0.1, 0.1}} {
					e := pde.NewEnsemble(m.Dims(), []int{40})
					linear := len(e.Theta) - 40*m.LinearOf(0)
					for i := range e.Theta {
						e.Theta[i] = spread[0] * r.NormFloat64()
						if i >= linear {
							e.Theta[i] = spread[1] * r.NormFloat64()
						}
					}
					f, err := m.BindAtoms(e)
					require.NoError(t, err)
					grad := make([]float64, len(e.Theta))
					f.Gradient(grad, e)
					_, output := f.(pde.Learner).Reading()
					miss := 0.0
					for b, y := range output {
						miss += math.Abs(y-p.Label[b]) / float64(len(output))
					}
					a := &e.Component[0]
					for j := range a.N {
						size, g := 0.0, 0.0
						for d := range a.Dim {
							size, g = math.Hypot(size, a.Coordinate(d)[j]), math.Hypot(g, grad[d*a.N+j])
						}
						closest = max(closest, g/(facts.Growth/math.Sqrt(float64(p.N))*miss*(1+size)))
					}
				}
			}
			assert.LessOrEqual(t, closest, 1.0)
			assert.Greater(t, closest, 0.02, "the bound is far from sharp")
			t.Logf("%.2f of the bound", closest)
		})
	}
}

// A head of low rank grows faster: with Q = 0 the scores are 0, and the derivative by Q of a
// head that the network does not feel rises like the product of K and V.
func TestFactsOfLowRank(t *testing.T) {
	p := randomTokens(rand.New(rand.NewPCG(1, 5)), 3, 4, 2)
	m := &transformer.Model{Depth: 1, Prompts: p, Read: transformer.Readout{Token: -1, Coordinate: -1}, Blocks: []transformer.Component{{Block: &transformer.Softmax{Rank: 1}}}}
	facts := m.Facts(0, p.N, 1)
	assert.True(t, math.IsInf(facts.Growth, 1))
	assert.Contains(t, facts.Reason, "grows like |θ|²")
	along := func(s float64) float64 {
		e := pde.NewEnsemble(m.Dims(), []int{2})
		copy(e.Component[0].Weight, []float64{1, 0})
		for d := 2; d < 8; d++ { // K and V
			e.Component[0].Coordinate(d)[1] = s * float64(d)
		}
		f, err := m.BindAtoms(e)
		require.NoError(t, err)
		grad := make([]float64, len(e.Theta))
		f.Gradient(grad, e)
		return math.Hypot(grad[1], grad[3])
	}
	assert.InDelta(t, 4, along(20)/along(10), 1e-12)
}

func TestFactsOfRelu(t *testing.T) {
	of := func(a string) transformer.Facts {
		m := &transformer.Model{Blocks: []transformer.Component{{Block: &transformer.MLP{Activation: a}}}}
		return m.Facts(0, 4, 2)
	}
	assert.Contains(t, of("relu").Rough, "jumps at 0")
	assert.Empty(t, of("").Rough)
	assert.InDelta(t, 2*math.Sqrt(5), of("tanh").Growth, 1e-14)
	assert.InDelta(t, 4*math.Sqrt(5), of("relu").Growth, 1e-14)
}

// What a model's blocks are known to do.
func ExampleModel_Facts() {
	m := &transformer.Model{Blocks: []transformer.Component{{Block: &transformer.SoftmaxScalar{}}, {Block: &transformer.MLPLabel{Activation: "relu"}}}}
	for i, b := range m.Blocks {
		f := m.Facts(i, 9, 2)
		fmt.Printf("%s: %.3g, %s\n", b.Block.Name(), f.Growth, f.Reason)
	}
	// Output:
	// softmax-scalar: 24, K = √n max(B, B³)
	// mlp-label: 12, K = √n max(σ₀, (σ₁ + σ₂) B), |σ(x)| ≤ σ₀ + σ₁|x|, |σ′| ≤ σ₂
}
