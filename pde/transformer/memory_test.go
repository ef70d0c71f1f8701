package transformer_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde/transformer"
)

// TestMemoryOfAGradient: the workspace of heads and neurons with matrices stays below
// twice the states (parameters and the tokens of all layers) beside buffers of a fixed
// number of panels, whose size depends on neither width, depth nor prompts.
func TestMemoryOfAGradient(t *testing.T) {
	const buffers = 200e3
	for _, b := range []transformer.Block{&transformer.Softmax{}, &transformer.MLP{}, &transformer.LinearAttention{}} {
		m, e := fullHeads(8, 8, 512, 16, 32, b)
		states := 8 * float64(len(e.Theta)+len(m.Prompts.Tokens)+m.Depth*m.Prompts.N*m.Prompts.Dim)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := m.BindAtoms(e)
		runtime.ReadMemStats(&after)
		require.NoError(t, err)
		used := float64(after.TotalAlloc - before.TotalAlloc)
		assert.LessOrEqual(t, used, 2*states+buffers, b.Name())
		runtime.KeepAlive(f)
	}
}
