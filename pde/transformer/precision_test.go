package transformer_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde/transformer"
)

// panelled returns models of blocks with matrices, of 37 atoms a layer, which fill no
// number of panels of either precision.
func panelled() map[string]*transformer.Model {
	mask := [][]int{{1, 0, 0, 1, 0, 0}, {1, 1, 0, 0, 0, 0}, {0, 0, 1, 1, 0, 1}, {1, 1, 1, 1, 1, 1}, {0, 0, 0, 0, 1, 0}, {1, 0, 1, 0, 1, 0}}
	all := map[string]*transformer.Model{}
	for name, blocks := range map[string][]transformer.Block{
		"softmax":  {&transformer.Softmax{}},
		"low rank": {&transformer.Softmax{Rank: 2, Scaled: true, Causal: true}},
		"mask":     {&transformer.Softmax{Mask: mask}},
		"linear":   {&transformer.LinearAttention{}},
		"mlp":      {&transformer.MLP{}},
		"gelu":     {&transformer.MLP{Activation: "gelu"}},
		"relu":     {&transformer.MLP{Activation: "relu"}},
		"layers":   {&transformer.Softmax{}, &transformer.MLP{}, &transformer.LinearAttention{}},
	} {
		m := &transformer.Model{Depth: 3, Decay: 0.1, Prompts: randomTokens(rand.New(rand.NewPCG(61, 62)), 5, 6, 3), Read: query}
		for _, b := range blocks {
			m.Blocks = append(m.Blocks, transformer.Component{Block: b})
		}
		all[name] = m
	}
	return all
}

// gradients returns Q and the gradient at a precision.
func gradients(t testing.TB, m *transformer.Model, p transformer.Precision) (float64, []float64) {
	n := *m
	n.Precision = p
	e := randomEnsemble(rand.New(rand.NewPCG(63, 64)), &n, 37)
	g := make([]float64, len(e.Theta))
	return bindAtoms(t, &n, e).Gradient(g, e), g
}

// deviation returns the largest difference in units of the largest entry.
func deviation(a, b []float64) float64 {
	worst, size := 0.0, 0.0
	for i, v := range a {
		worst, size = max(worst, math.Abs(v-b[i])), max(size, math.Abs(v))
	}
	return worst / size
}

// Float32 changes Q and the gradient by a few of its units in the last place, 1.2e-7.
func TestFloat32Gradient(t *testing.T) {
	for name, m := range panelled() {
		value, want := gradients(t, m, transformer.Float64)
		single, got := gradients(t, m, transformer.Float32)
		t.Logf("%s: Q off by %.2g, gradient by %.2g", name, math.Abs(single/value-1), deviation(want, got))
		assert.NotEqual(t, want, got, "%s: the precision is seen", name)
		assert.InEpsilon(t, value, single, 1e-6, name)
		assert.Less(t, deviation(want, got), 1e-6, name)
	}
	// The shape of BenchmarkFullHeads.
	for _, b := range []transformer.Block{&transformer.Softmax{}, &transformer.MLP{}, &transformer.LinearAttention{}} {
		m, e := fullHeads(8, 8, 256, 4, 32, b)
		var g [2][]float64
		for i, p := range []transformer.Precision{transformer.Float64, transformer.Float32} {
			m.Precision = p
			g[i] = make([]float64, len(e.Theta))
			bindAtoms(t, m, e).Gradient(g[i], e)
		}
		t.Logf("%s, D = 8, L = 8, M = 256: gradient off by %.2g", b.Name(), deviation(g[0], g[1]))
		assert.Less(t, deviation(g[0], g[1]), 2e-6, b.Name())
	}
}

func TestFloat32Refuses(t *testing.T) {
	m := goodModel()
	m.Precision = transformer.Float32
	assert.ErrorContains(t, m.Validate(), "precision: float32: the block softmax-scalar computes in float64 alone")
	m.Precision = "float16"
	assert.ErrorContains(t, m.Validate(), `precision: unknown "float16"`)
	m.Precision = transformer.Float64
	assert.NoError(t, m.Validate())
}

// pathsVariable asks TestPathsAgree for its numbers in place of the comparison.
const pathsVariable = "PDESOLVE_TEST_PATH"

// The processor's paths give the same gradients: to the byte in float64, and in float32
// the vector paths too; plain Go differs there by at most one unit in the last place of the
// largest entry (see simd.Lanes).
func TestPathsAgree(t *testing.T) {
	models := panelled()
	models["scalar"] = &transformer.Model{Depth: 3, Decay: 0.1, Prompts: randomPrompts(rand.New(rand.NewPCG(65, 66)), 5, 7), Read: query, Blocks: families()["softmax+linear+mlp"]}
	if os.Getenv(pathsVariable) != "" {
		for name, m := range models {
			for _, p := range []transformer.Precision{transformer.Float64, transformer.Float32} {
				if name == "scalar" && p == transformer.Float32 {
					continue
				}
				value, g := gradients(t, m, p)
				fmt.Printf("gradient %s/%s %x\n", strings.ReplaceAll(name, " ", "-"), p, append(g, value))
			}
		}
		return
	}
	run := func(debug string) map[string][]float64 {
		c := exec.Command(os.Args[0], "-test.run", "^TestPathsAgree$")
		c.Env = append(os.Environ(), pathsVariable+"=1", "GODEBUG="+debug)
		out, err := c.CombinedOutput()
		require.NoError(t, err, string(out))
		all := map[string][]float64{}
		for line := range strings.Lines(string(out)) {
			f := strings.Fields(line)
			if len(f) < 3 || f[0] != "gradient" {
				continue
			}
			for _, w := range f[2:] {
				v, err := strconv.ParseFloat(strings.Trim(w, "[]"), 64)
				require.NoError(t, err)
				all[f[1]] = append(all[f[1]], v)
			}
		}
		return all
	}
	best, narrow, plain := run("cpu.avx512f=on"), run("cpu.avx512f=off"), run("cpu.avx2=off,cpu.fma=on")
	require.Len(t, best, 2*len(models)-1)
	for name, want := range best {
		assert.Equal(t, want, narrow[name], "%s without AVX-512", name)
		if !strings.HasSuffix(name, string(transformer.Float32)) {
			assert.Equal(t, want, plain[name], "%s in plain Go", name)
			continue
		}
		units := deviation(want, plain[name]) / 0x1p-23
		t.Logf("%s: plain Go differs by %.2g units", name, units)
		assert.LessOrEqual(t, units, 1.0, name)
	}
}

// Float32 keeps the promises of gradients: nothing is allocated and workers do not change
// a byte.
func TestFloat32Workers(t *testing.T) {
	m, e := fullHeads(4, 2, 37, 9, 6, &transformer.Softmax{}, &transformer.MLP{Activation: "gelu"}, &transformer.LinearAttention{})
	m.Precision = transformer.Float32
	var want []float64
	for _, workers := range []int{1, 2, 3} {
		m.Workers = workers
		f, g := bindAtoms(t, m, e), make([]float64, len(e.Theta))
		f.Gradient(g, e)
		if want == nil {
			want = g
		}
		assert.Equal(t, want, g)
		assert.LessOrEqual(t, testing.AllocsPerRun(20, func() { f.Gradient(g, e) }), 0.0)
	}
}
