package transformer_test

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde/transformer"
)

// span is a piece of memory.
type span struct{ from, to uintptr }

// reach adds all memory that can be reached from v, but what functions and channels hold.
func reach(v reflect.Value, all map[span]bool) {
	add := func(at uintptr, size uintptr) (isNew bool) {
		s := span{at, at + size}
		isNew = !all[s]
		all[s] = true
		return isNew
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && add(v.Pointer(), v.Type().Elem().Size()) {
			reach(v.Elem(), all)
		}
	case reflect.Interface:
		if !v.IsNil() {
			reach(v.Elem(), all)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			reach(v.Field(i), all)
		}
	case reflect.Slice:
		if v.Cap() > 0 && add(v.Pointer(), uintptr(v.Cap())*v.Type().Elem().Size()) && hasPointers(v.Type().Elem()) {
			for i := range v.Len() {
				reach(v.Index(i), all)
			}
		}
	case reflect.Map:
		panic("a map: its size is not known")
	}
}

func hasPointers(t reflect.Type) bool {
	return t.Kind() > reflect.Complex128 && t.Kind() != reflect.String
}

// union returns the bytes of pieces that may overlap.
func union(all map[span]bool) (bytes uintptr) {
	end := uintptr(0)
	for _, s := range slices.SortedFunc(maps.Keys(all), func(a, b span) int { return cmp.Compare(a.from, b.from) }) {
		if s.to > end {
			bytes += s.to - max(s.from, end)
			end = s.to
		}
	}
	return bytes
}

// workspace returns the bytes that a gradient of networks takes beside the prompts, the
// parameters and the gradient itself, and those of its states: the parameters and the
// tokens of a prompt at every block, and those of all prompts before the first.
func workspace(t *testing.T, dim, depth, width, tokens int, list ...transformer.Block) (used, states float64) {
	m, e := fullHeads(dim, depth, width, 16, tokens, list...)
	states = 8 * float64(len(e.Theta)+len(m.Prompts.Tokens)+len(list)*depth*m.Prompts.N*m.Prompts.Dim)
	f, err := m.BindAtoms(e)
	require.NoError(t, err)
	given := map[span]bool{}
	for _, v := range []any{m, e} {
		reach(reflect.ValueOf(v), given)
	}
	outside := union(given)
	reach(reflect.ValueOf(f), given)
	return float64(union(given) - outside), states
}

// TestMemoryOfAGradient: counted to the byte, the workspace of one worker is below twice
// the states, at the shapes that the benchmarks have and at the largest networks of the
// package's scalar blocks. Small networks keep up to keptBytes beside that, all blocks
// together.
func TestMemoryOfAGradient(t *testing.T) {
	scalar := []transformer.Block{&transformer.SoftmaxScalar{}, &transformer.LinearScalar{}, &transformer.MLPLabel{}, &transformer.MLPQuery{}}
	for _, c := range []struct {
		dim, depth, width, tokens int
		blocks                    [][]transformer.Block
		beside                    float64 // bytes
	}{
		{8, 8, 256, 32, [][]transformer.Block{{&transformer.Softmax{}}, {&transformer.MLP{}}, {&transformer.LinearAttention{}}}, 0},
		{2, 64, 4096, 8, append(slices.Collect(slices.Chunk(scalar, 1)), []transformer.Block{&transformer.SoftmaxScalar{}, &transformer.MLPLabel{}}), 0},
		{2, 8, 256, 8, [][]transformer.Block{scalar}, 1 << 20},
		{2, 32, 256, 8, [][]transformer.Block{scalar}, 1 << 20},
	} {
		for _, list := range c.blocks {
			name := fmt.Sprintf("L = %d, M = %d, n = %d:", c.depth, c.width, c.tokens)
			for _, b := range list {
				name += " " + b.Name()
			}
			used, states := workspace(t, c.dim, c.depth, c.width, c.tokens, list...)
			t.Logf("%s: %.0f bytes, %.2f times the states", name, used, used/states)
			assert.LessOrEqual(t, used, 2*states+c.beside, name)
		}
	}
}

// TestComputedAgain: what blocks keep for use again, all, some or nothing, does
// not change a byte.
func TestComputedAgain(t *testing.T) {
	for _, continuous := range []bool{false, true} {
		for _, list := range [][]transformer.Block{
			{&transformer.SoftmaxScalar{}, &transformer.MLPLabel{Activation: "gelu"}, &transformer.MLPQuery{}},
			{&transformer.Softmax{}, &transformer.Softmax{Rank: 1, Scaled: true}, &transformer.LinearAttention{}, &transformer.MLP{}},
		} {
			m, e := fullHeads(2, 3, 150, 5, 6, list...)
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
}
