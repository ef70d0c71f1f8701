package transformer_test

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// TestWorkersDoNotChangeAByte has more and fewer prompts than chunks, on atoms and on
// grids.
func TestWorkersDoNotChangeAByte(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, prompts := range []int{1, 3, 21} {
		r := rand.New(rand.NewPCG(41, uint64(prompts)))
		m := transformer.Model{Depth: 3, Decay: 0.1, Prompts: randomPrompts(r, prompts, 4), Read: query, Blocks: families()["softmax+linear+mlp"]}
		e := randomEnsemble(r, &m, 5)
		grids := randomGrids(t, r, &m, false)
		rho := randomState(r, grids)
		var value, variation float64
		var grad []float64
		var psi pde.Field
		for _, workers := range []int{0, 2, 3, 100} {
			m.Workers = workers
			g := make([]float64, len(e.Theta))
			v := bindAtoms(t, &m, e).Gradient(g, e)
			f, err := m.Bind(grids)
			require.NoError(t, err)
			p := pde.NewField(grids)
			w := f.Variation(p, rho)
			if workers == 0 {
				value, grad, variation, psi = v, g, w, p
				continue
			}
			assert.Equal(t, value, v)
			assert.Equal(t, grad, g)
			assert.Equal(t, variation, w)
			assert.Equal(t, psi, p)
		}
	}
}

// TestWorkersOfHeadsWithMatrices is the same for blocks without a grid, and their gradient
// allocates nothing.
func TestWorkersOfHeadsWithMatrices(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	r := rand.New(rand.NewPCG(45, 46))
	m := transformer.Model{Depth: 2, Prompts: randomTokens(r, 11, 6, 3), Read: query, Blocks: []transformer.Component{
		{Block: &transformer.Softmax{Rank: 2, Causal: true}}, {Block: &transformer.LinearAttention{}}, {Block: &transformer.MLP{Activation: "gelu"}}}}
	e := randomEnsemble(r, &m, 12)
	var want []float64
	for _, workers := range []int{1, 2, 3} {
		m.Workers = workers
		f := bindAtoms(t, &m, e)
		g := make([]float64, len(e.Theta))
		f.Gradient(g, e)
		if want == nil {
			want = g
		}
		assert.Equal(t, want, g)
		assert.LessOrEqual(t, testing.AllocsPerRun(20, func() { f.Gradient(g, e) }), 0.0)
	}
}

func TestGradientAllocatesNothing(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	for _, workers := range []int{1, 2} {
		r := rand.New(rand.NewPCG(43, 44))
		m := transformer.Model{Depth: 2, Prompts: randomPrompts(r, 5, 4), Read: query, Blocks: families()["softmax+mlp"], Workers: workers}
		e := randomEnsemble(r, &m, 5)
		f := bindAtoms(t, &m, e)
		g := make([]float64, len(e.Theta))
		assert.LessOrEqual(t, testing.AllocsPerRun(50, func() { f.Gradient(g, e) }), 0.0)
	}
}
