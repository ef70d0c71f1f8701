package transformer_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// lastTokens returns the tokens that leave the model, [token][coordinate] of a prompt.
func lastTokens(t *testing.T, m transformer.Model, e *pde.Ensemble, prompt int) matrix {
	z := make(matrix, m.Prompts.N)
	dim := m.Prompts.Dim
	unit := make([][]float64, dim)
	for d := range unit {
		unit[d] = make([]float64, dim)
		unit[d][d] = 1
	}
	m.Loss = &transformer.CrossEntropy{}
	for i := range z {
		m.Read = transformer.Readout{Token: i, Weights: unit}
		f, err := m.BindAtoms(e)
		require.NoError(t, err)
		f.Value(e)
		_, output := f.(pde.Learner).Reading()
		z[i] = append(z[i], output[prompt*dim:(prompt+1)*dim]...)
	}
	return z
}

// The weights that Attention returns make of the tokens that reach the block what the
// block's kernel does: with z the tokens without the heads' V, the block adds
// ½ mean_h V_h Σ_j P_ij z_j.
func TestAttentionIsWhatTheBlockDoes(t *testing.T) {
	mask := [][]int{{1, 0, 1, 0}, {0, 1, 0, 0}, {1, 1, 1, 1}, {0, 0, 1, 1}}
	for name, b := range map[string]transformer.Block{
		"full": &transformer.Softmax{}, "scaled": &transformer.Softmax{Scaled: true}, "causal": &transformer.Softmax{Causal: true},
		"masked": &transformer.Softmax{Mask: mask}, "rank": &transformer.Softmax{Rank: 2, Scaled: true}, "scalar": &transformer.SoftmaxScalar{},
	} {
		t.Run(name, func(t *testing.T) {
			dim, heads := 3, 11
			var first transformer.Block = &transformer.MLP{Activation: "tanh"}
			if name == "scalar" {
				dim, first = 2, &transformer.MLPLabel{Activation: "tanh"}
			}
			r := rand.New(rand.NewPCG(5, 6))
			p := &transformer.Prompts{N: 4, Dim: dim, Label: []float64{0, 0}}
			for range 2 * p.N * dim {
				p.Tokens = append(p.Tokens, r.NormFloat64())
			}
			m := transformer.Model{Depth: 1, Prompts: p, Blocks: []transformer.Component{{Block: first}, {Block: b}}}
			e := pde.NewEnsemble(m.Dims(), []int{heads, heads})
			for i := range e.Theta {
				e.Theta[i] = r.NormFloat64()
			}
			var all []int
			for h := range heads {
				all = append(all, h)
			}
			require.False(t, m.Attends(0))
			require.True(t, m.Attends(1))
			m.Read = transformer.Readout{Coordinate: -1}
			got, err := m.Attention(e, 1, 1, [][]int{all})
			require.NoError(t, err)
			after := lastTokens(t, m, e, 1)
			linear := m.LinearOf(1)
			a := &e.Component[1]
			v := append([]float64{}, a.Theta[len(a.Theta)-linear*heads:]...)
			clear(a.Theta[len(a.Theta)-linear*heads:])
			before := lastTokens(t, m, e, 1)
			for i := range p.N {
				for d := range dim {
					want := before[i][d]
					for h := range heads {
						mean := make([]float64, dim)
						for j := range p.N {
							for c := range dim {
								mean[c] += got[0][h][i*p.N+j] * before[j][c]
							}
						}
						for c := range dim {
							entry := 0.0
							switch {
							case linear > 1:
								entry = v[(d*dim+c)*heads+h]
							case c == 1 && d == 1:
								entry = v[h]
							}
							want += 0.5 / float64(heads) * entry * mean[c]
						}
					}
					assert.InDelta(t, want, after[i][d], 1e-13)
				}
			}
		})
	}
}

func ExampleModel_Attention() {
	m := &transformer.Model{
		Depth: 1, Prompts: &transformer.Prompts{N: 3, Dim: 2, Tokens: []float64{1, 0.5, 0, 2, -1, 0}, Label: []float64{1}},
		Read:   transformer.Readout{Token: -1, Coordinate: -1},
		Blocks: []transformer.Component{{Block: &transformer.SoftmaxScalar{}}},
	}
	e := pde.NewEnsemble([]int{2}, []int{1})
	copy(e.Theta, []float64{1, 1}) // one head, (a, v) = (1, 1)
	p, err := m.Attention(e, 0, 0, [][]int{{0}})
	if err != nil {
		panic(err)
	}
	fmt.Printf("the first token looks at: %.3f\n", p[0][0][:3])
	// Output:
	// the first token looks at: [0.665 0.245 0.090]
}
