package transformer_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// compile-time: what other packages rely on.
var _ pde.AtomEnergy = (*transformer.Model)(nil)

func goodModel() *transformer.Model {
	bump := func() grid.Law { return &grid.Bump{Center: []float64{1, 0.3}, Radius: []float64{1, 0.8}} }
	axes := func() []grid.Axis { return []grid.Axis{{Lo: -1, Hi: 3, N: 16}, {Lo: -1, Hi: 2, N: 12}} }
	return &transformer.Model{
		Depth: 3, Decay: 0.02, Prompts: randomPrompts(rand.New(rand.NewPCG(1, 1)), 2, 4), Read: query,
		Blocks: []transformer.Component{
			{Block: &transformer.SoftmaxScalar{}, Initial: bump(), Axes: axes()},
			{Block: &transformer.MLPLabel{}, Initial: bump(), Axes: axes()},
		},
	}
}

func TestValidate(t *testing.T) {
	require.NoError(t, goodModel().Validate())
	for want, change := range map[string]func(*transformer.Model){
		"depth: 0 layers: want at least 1":                                                                            func(m *transformer.Model) { m.Depth = 0 },
		"decay: -1: want a finite number, at least 0":                                                                 func(m *transformer.Model) { m.Decay = -1 },
		"decay: NaN: want a finite number, at least 0":                                                                func(m *transformer.Model) { m.Decay = math.NaN() },
		"prompts: missing: want at least one labelled prompt":                                                         func(m *transformer.Model) { m.Prompts = nil },
		"prompts: no prompt: want at least one":                                                                       func(m *transformer.Model) { m.Prompts = &transformer.Prompts{N: 1, Dim: 2} },
		"prompts: 0 tokens a prompt: want at least 1":                                                                 func(m *transformer.Model) { m.Prompts.N = 0 },
		"prompts: tokens of 0 coordinates: want at least 1":                                                           func(m *transformer.Model) { m.Prompts.Dim = 0 },
		"prompts: 16 token entries: want 24, for 2 prompts of 6 tokens in 2 dimensions":                               func(m *transformer.Model) { m.Prompts.N = 6 },
		"prompts: prompt 1, token 0, coordinate 1: NaN is not finite":                                                 func(m *transformer.Model) { m.Prompts.Tokens[9] = math.NaN() },
		"prompts: prompt 1: label +Inf is not finite":                                                                 func(m *transformer.Model) { m.Prompts.Label[1] = math.Inf(1) },
		"blocks: none: want at least one of [linear linear-scalar mlp mlp-label mlp-query softmax softmax-scalar]":    func(m *transformer.Model) { m.Blocks = nil },
		"blocks: entry 1: missing: want one of [linear linear-scalar mlp mlp-label mlp-query softmax softmax-scalar]": func(m *transformer.Model) { m.Blocks[1].Block = nil },
		`blocks: entry 1 (mlp-label): activation: unknown "tan": did you mean "tanh"? (one of clip, clipped-relu, erf, gelu, logistic, relu, softplus, tanh)`: func(m *transformer.Model) { m.Blocks[1].Block = &transformer.MLPLabel{Activation: "tan"} },
		"blocks: entry 0 (softmax-scalar): tokens of 4 coordinates: this block wants 2, (x, y)":                                                               func(m *transformer.Model) { m.Prompts.N, m.Prompts.Dim = 2, 4 },
		"blocks: entry 0 (softmax-scalar): initial: a law in 1 dimensions: want 2, for [a v]": func(m *transformer.Model) {
			m.Blocks[0].Initial = &grid.Bump{Center: []float64{0}, Radius: []float64{1}}
		},
		"blocks: entry 0 (softmax-scalar): grid: 1 axes: want 2, for [a v]":              func(m *transformer.Model) { m.Blocks[0].Axes = m.Blocks[0].Axes[:1] },
		"blocks: entry 1 (mlp-label): grid: axis 1 (u): n: 0 cells: want at least 1":     func(m *transformer.Model) { m.Blocks[1].Axes[1].N = 0 },
		"read: token: 4: want 0 to 3, or -4 to -1 counted from the end":                  func(m *transformer.Model) { m.Read.Token = 4 },
		"read: coordinate: -3: want 0 to 1, or -2 to -1 counted from the end":            func(m *transformer.Model) { m.Read.Coordinate = -3 },
		"read: coordinate: 0 is moved by no block, so no training can change the output": func(m *transformer.Model) { m.Read.Coordinate = 0 },
	} {
		m := goodModel()
		change(m)
		assert.EqualError(t, m.Validate(), want)
		_, err := m.Bind(nil)
		assert.EqualError(t, err, "transformer: "+want)
		_, err = m.BindAtoms(pde.NewEnsemble(nil, nil))
		assert.EqualError(t, err, "transformer: "+want)
	}
	m := goodModel()
	m.Blocks[0].Initial = &grid.Bump{Center: []float64{0, 0}, Radius: []float64{1, 0}}
	assert.ErrorContains(t, m.Validate(), "blocks: entry 0 (softmax-scalar): initial: ")
}

func TestShapesThatDoNotFit(t *testing.T) {
	m := goodModel()
	grids, err := m.Grids(0)
	require.NoError(t, err)
	_, err = m.Bind(grids[:5])
	assert.EqualError(t, err, "transformer: 5 grids: want 6, for 2 blocks and depth 3")
	line, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 4})
	require.NoError(t, err)
	grids[4] = line
	_, err = m.Bind(grids)
	assert.EqualError(t, err, "transformer: blocks: entry 1 (mlp-label): a grid of 1 axes: want 2, for [omega u]")
	_, err = m.BindAtoms(pde.NewEnsemble(m.Dims()[:5], []int{1, 1, 1, 1, 1}))
	assert.EqualError(t, err, "transformer: an ensemble of 5 components: want 6, for 2 blocks and depth 3")
	_, err = m.BindAtoms(pde.NewEnsemble([]int{2, 2, 2, 2, 3, 2}, []int{1, 1, 1, 1, 1, 1}))
	assert.EqualError(t, err, "transformer: blocks: entry 1 (mlp-label): layer 1 has 1 atoms of 3 parameters: want at least one of [omega u]")

	e := pde.NewEnsemble(m.Dims(), []int{1, 1, 1, 1, 1, 1})
	f := bindAtoms(t, m, e)
	assert.PanicsWithValue(t, "transformer: ensemble of another shape than bound", func() {
		f.Value(pde.NewEnsemble(m.Dims(), []int{1, 1, 1, 1, 1, 2}))
	})
	assert.PanicsWithValue(t, "transformer: Gradient: grad and e.Theta differ in length", func() { f.Gradient(nil, e) })
	assert.PanicsWithValue(t, "transformer: InitialState: want one grid per component", func() { _, _ = m.InitialState(nil) })
}

func TestGridsAndInitialState(t *testing.T) {
	m := goodModel()
	for _, n := range []int{0, 10} {
		grids, err := m.Grids(n)
		require.NoError(t, err)
		require.Len(t, grids, m.Components())
		want := []int{16, 12}
		if n > 0 {
			want = []int{n, n}
		}
		rho, err := m.InitialState(grids)
		require.NoError(t, err)
		for c, d := range rho {
			assert.Equal(t, want, d.Grid.Shape())
			assert.Same(t, grids[c], d.Grid)
			assert.InDelta(t, 1, d.Mass(), 1e-14)
			assert.GreaterOrEqual(t, d.Min(), 0.0)
		}
		rho[0].Values[0] = 5
		assert.NotEqual(t, 5.0, rho[1].Values[0], "slices own their values")
	}
	m.Blocks[1].Axes[0].Hi = 1.5
	grids, err := m.Grids(0)
	require.NoError(t, err)
	_, err = m.InitialState(grids)
	assert.ErrorContains(t, err, "blocks: entry 1 (mlp-label): initial: ")
	m.Blocks[1].Initial = nil
	_, err = m.InitialState(grids)
	assert.ErrorContains(t, err, "blocks: entry 1 (mlp-label): initial: missing: want one of ")
	m.Blocks[1].Axes = nil
	_, err = m.Grids(0)
	assert.EqualError(t, err, "blocks: entry 1 (mlp-label): grid: missing: want one axis for each of [omega u]")
	_, err = m.Grids(1 << 21)
	assert.ErrorContains(t, err, "blocks: entry 0 (softmax-scalar): ")
	assert.NoError(t, m.Validate(), "axes and laws may be missing")
}

func TestBlocksAreRegistered(t *testing.T) {
	for _, name := range transformer.Blocks.Names() {
		b, err := transformer.Blocks.New(name)
		require.NoError(t, err)
		assert.Equal(t, name, b.Name())
		assert.NoError(t, b.Validate())
		assert.GreaterOrEqual(t, len(b.Parameters(2)), 2)
	}
}
