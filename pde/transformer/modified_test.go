package transformer_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde/transformer"
)

// oracleW is w = ¼ Σ_{i<j} Dg_j g_i − ½ Du u by central differences along g_i and u.
func oracleW(g []func(matrix) matrix, z matrix) matrix {
	const h = 1e-4
	along := func(f func(matrix) matrix, v matrix) matrix {
		return oracleAdd(scaled(f(oracleAdd(z, h, v)), 1/(2*h)), -1/(2*h), f(oracleAdd(z, -h, v)))
	}
	u := func(z matrix) matrix {
		sum := scaled(g[0](z), 0.5)
		for _, f := range g[1:] {
			sum = oracleAdd(sum, 0.5, f(z))
		}
		return sum
	}
	w := scaled(along(u, u(z)), -0.5)
	for j := range g {
		for i := range j {
			w = oracleAdd(w, 0.25, along(g[j], g[i](z)))
		}
	}
	return w
}

func scaled(z matrix, c float64) matrix {
	s := make(matrix, len(z))
	for i := range z {
		s[i] = []float64{c * z[i][0], c * z[i][1]}
	}
	return s
}

// Depth with Modified = ε follows u + εw, with w from the formula written out, and so to
// first order do residual layers of step ε.
func TestModifiedFollowsTheFieldOfResidualLayers(t *testing.T) {
	for name, blocks := range families() {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(41, 42))
			m := transformer.Model{Depth: 1, Prompts: randomPrompts(r, 2, 5), Read: query, Blocks: blocks}
			require.NoError(t, m.Validate())
			atoms := randomEnsemble(r, &m, 3).Component
			const epsilon, slices = 1e-4, 64
			plain := outputs(t, m, slices, true, atoms)
			modified := m
			modified.Modified, modified.Continuous = epsilon, true
			shifted := outputs(t, modified, slices, true, atoms)
			var g []func(matrix) matrix
			for i, c := range blocks {
				g = append(g, func(z matrix) matrix { return oracleVelocity(c.Block, z, atoms[i]) })
			}
			layered := [2][]float64{outputs(t, m, 128, false, atoms), outputs(t, m, 256, false, atoms)}
			for b := range plain {
				// The flow of the field, and of its derivative by ε, by Runge–Kutta.
				at := func(epsilon float64) float64 {
					field := func(z matrix) matrix {
						u := scaled(g[0](z), 0.5)
						for _, f := range g[1:] {
							u = oracleAdd(u, 0.5, f(z))
						}
						return oracleAdd(u, epsilon, oracleW(g, z))
					}
					z := make(matrix, m.Prompts.N)
					for i := range z {
						at := (b*m.Prompts.N + i) * 2
						z[i] = []float64{m.Prompts.Tokens[at], m.Prompts.Tokens[at+1]}
					}
					for range 16 {
						z = oracleFlow(field, z, 1./16, true)
					}
					return z[len(z)-1][1]
				}
				want := (at(1e-3) - at(-1e-3)) / 2e-3
				got := (shifted[b] - plain[b]) / epsilon
				assert.InDelta(t, want, got, 2e-3*(1+abs(want)), "prompt %d", b)
				// L (out_L − out_∞), extrapolated from L = 128 and 256.
				fine := 256 * (layered[1][b] - plain[b])
				coarse := 128 * (layered[0][b] - plain[b])
				assert.InDelta(t, want, 2*fine-coarse, 5e-3*(1+abs(want)), "prompt %d", b)
			}
		})
	}
}

func abs(x float64) float64 { return max(x, -x) }

// The gradient is that of the modified network.
func TestModifiedGradient(t *testing.T) {
	r := rand.New(rand.NewPCG(43, 44))
	m := transformer.Model{Depth: 2, Continuous: true, Modified: 0.3, Decay: 0.02, Prompts: randomPrompts(r, 3, 5), Read: query, Blocks: families()["softmax+mlp"]}
	e := randomEnsemble(r, &m, 3)
	f := bindAtoms(t, &m, e)
	grad := make([]float64, len(e.Theta))
	f.Gradient(grad, e)
	at := 0
	for c := range e.Component {
		a := &e.Component[c]
		for i := range a.Theta {
			const h = 1e-5
			x := a.Theta[i]
			a.Theta[i] = x + h
			up := f.Value(e)
			a.Theta[i] = x - h
			down := f.Value(e)
			a.Theta[i] = x
			assert.InDelta(t, (up-down)/(2*h), grad[at+i]*a.Weight[i%a.N]*f.Weight(c), 1e-8)
		}
		at += len(a.Theta)
	}
}

func TestModifiedWantsContinuousDepth(t *testing.T) {
	m := transformer.Model{Depth: 2, Modified: 0.1, Prompts: &transformer.Prompts{N: 1, Dim: 2, Tokens: []float64{1, 1}, Label: []float64{1}}, Read: query, Blocks: families()["linear"]}
	assert.ErrorContains(t, m.Validate(), "modified: 0.1")
	m.Continuous = true
	assert.NoError(t, m.Validate())
	m.Modified = -1
	assert.ErrorContains(t, m.Validate(), "at least 0")
}
