package transformer_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde/transformer"
)

// workspace returns the bytes that a gradient of a block takes and those of its states:
// the parameters and the tokens of all layers.
func workspace(t *testing.T, b transformer.Block, dim, depth, tokens int) (used, states float64) {
	m, e := fullHeads(dim, depth, 512, 16, tokens, b)
	states = 8 * float64(len(e.Theta)+len(m.Prompts.Tokens)+m.Depth*m.Prompts.N*m.Prompts.Dim)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := m.BindAtoms(e)
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	runtime.KeepAlive(f)
	return float64(after.TotalAlloc - before.TotalAlloc), states
}

// TestMemoryOfAGradient: the workspace of heads and neurons with matrices stays below
// twice the states beside buffers of a fixed number of panels, whose size depends on
// neither width, depth nor prompts. That of scalar ones grows by less than twice the
// states with depth: beside it are what keptBytes allows, and the exponentials of a panel
// or the values of a layer's neurons at the tokens of a prompt. (Scalar heads also keep two n×n matrices a
// layer, which is less than their parameters for n² below M.)
func TestMemoryOfAGradient(t *testing.T) {
	const buffers = 200e3
	for _, b := range []transformer.Block{&transformer.Softmax{}, &transformer.MLP{}, &transformer.LinearAttention{}} {
		used, states := workspace(t, b, 8, 8, 32)
		t.Logf("%s: %.2f times the states", b.Name(), used/states)
		assert.LessOrEqual(t, used, 2*states+buffers, b.Name())
	}
	for _, b := range []transformer.Block{&transformer.SoftmaxScalar{}, &transformer.LinearScalar{}, &transformer.MLPLabel{}, &transformer.MLPQuery{}} {
		used, states := workspace(t, b, 2, 40, 8)
		more, further := workspace(t, b, 2, 104, 8)
		t.Logf("%s: %.2f times the states, a further layer %.2f times", b.Name(), used/states, (more-used)/(further-states))
		assert.LessOrEqual(t, more-used, 2*(further-states), b.Name())
	}
}

// TestComputedAgain: what scalar blocks keep for the way back, all, some or nothing, does
// not change a byte.
func TestComputedAgain(t *testing.T) {
	for _, continuous := range []bool{false, true} {
		m, e := fullHeads(2, 3, 150, 5, 6, &transformer.SoftmaxScalar{}, &transformer.MLPLabel{Activation: "gelu"}, &transformer.MLPQuery{})
		m.Continuous = continuous
		var want []float64
		for _, bytes := range []int{1 << 30, 40e3, 0} {
			restore := transformer.SetKeptBytes(bytes)
			f, g := bindAtoms(t, m, e), make([]float64, len(e.Theta))
			f.Gradient(g, e)
			restore()
			if want == nil {
				want = g
			}
			assert.Equal(t, want, g, "%d bytes", bytes)
		}
	}
}
