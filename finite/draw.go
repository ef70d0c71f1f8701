package finite

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// Draw returns width atoms for each block and layer of m, drawn independently
// from the blocks' initial laws, with equal weights: the start of a network of
// width M = width.
//
// Atom j of block i in layer k has a random stream of its own, keyed by
// (seed, i, k, j). So the atoms of width M are the first M of width 2M, and layer k
// is the same whatever the depth, the width and the number of blocks. It panics
// if width < 1, m has no layer or block, or a law does not fit its block.
func Draw(m *transformer.Model, width int, seed uint64) *pde.Ensemble {
	e := shape(m, width)
	for i := range m.Blocks {
		for k := range m.Depth {
			drawComponent(&e.Component[i*m.Depth+k], m.Blocks[i].Initial, streamKey{seed: seed, block: uint64(i), layer: uint64(k)})
		}
	}
	return e
}

// Repeat returns width atoms for each block of m, drawn from the block's initial
// law, the same ones in every layer: a discrete ρ₀ that does not depend on depth,
// so that networks of different depth differ by depth alone. The streams are keyed
// by (seed, block, atom) and differ from those of Draw. It panics where Draw does.
func Repeat(m *transformer.Model, width int, seed uint64) *pde.Ensemble {
	e := shape(m, width)
	for i := range m.Blocks {
		first := &e.Component[i*m.Depth]
		drawComponent(first, m.Blocks[i].Initial, streamKey{seed: seed, block: uint64(i), layer: everyLayer})
		for k := 1; k < m.Depth; k++ {
			copy(e.Component[i*m.Depth+k].Theta, first.Theta)
		}
	}
	return e
}

// Nodes returns the points and weights of the tensor quadrature with n points an
// axis of each block's initial law, the same in every layer: the start of the
// method of characteristics. It fails if a law has no such rule, and panics if m has
// no layer or block or a law does not fit its block.
func Nodes(m *transformer.Model, rule grid.Rule, n int) (*pde.Ensemble, error) {
	checkModel(m)
	if m.Embedding != nil {
		return nil, fmt.Errorf("finite: nodes: a trained embedding is for networks: want random nodes or none")
	}
	points := make([][]float64, len(m.Blocks))
	weights := make([][]float64, len(m.Blocks))
	var dim, count []int
	for i, b := range m.Blocks {
		var err error
		points[i], weights[i], err = b.Initial.Quadrature(rule, n)
		if err != nil {
			return nil, fmt.Errorf("finite: nodes of block %d (%s): %w", i, b.Block.Name(), err)
		}
		for range m.Depth {
			dim, count = append(dim, b.Initial.Dim()), append(count, len(weights[i]))
		}
	}
	e := pde.NewEnsemble(dim, count)
	for c := range e.Component {
		a := &e.Component[c]
		copy(a.Theta, points[c/m.Depth])
		a.Weight = weights[c/m.Depth]
	}
	return e, nil
}

// shape returns an ensemble of zeros with the given number of atoms in each
// component of the blocks of m, and its embedding at the start.
func shape(m *transformer.Model, width int) *pde.Ensemble {
	checkModel(m)
	if width < 1 {
		panic(fmt.Sprintf("finite: width %d: want at least 1", width))
	}
	count := make([]int, m.Components())
	for c := range count {
		count[c] = width
	}
	return m.Shape(count)
}

func checkModel(m *transformer.Model) {
	if m == nil || m.Depth < 1 || len(m.Blocks) == 0 {
		panic("finite: the model has no layer or no block; use Model.Validate")
	}
	for i, b := range m.Blocks {
		if p := len(m.Parameters(i)); b.Initial == nil || b.Initial.Dim() != p {
			panic(fmt.Sprintf("finite: the initial law of block %d does not have the block's %d coordinates; use Model.Validate", i, p))
		}
	}
}

func drawComponent(a *pde.Atoms, law grid.Law, key streamKey) {
	u, θ := make([]float64, a.Dim), make([]float64, a.Dim)
	var source rand.ChaCha8
	for j := range a.N {
		key.atom = uint64(j)
		source.Seed(key.bytes())
		for d := range u {
			u[d] = openUniform(source.Uint64())
		}
		law.Quantile(θ, u)
		for d, v := range θ {
			a.Theta[d*a.N+j] = v
		}
	}
}

// everyLayer is the layer key of Repeat. No layer has this number.
const everyLayer = math.MaxUint64

// streamKey names the random stream of one atom. Its 32 bytes are the seed of a
// ChaCha8 generator. Two atoms therefore never share a stream, there is no hash
// that could collide, and streams whose keys differ in one bit are as unrelated as
// the cipher's outputs under related keys, which a generator with a small linear
// state does not promise.
type streamKey struct{ seed, block, layer, atom uint64 }

func (k streamKey) bytes() (b [32]byte) {
	binary.LittleEndian.PutUint64(b[0:], k.seed)
	binary.LittleEndian.PutUint64(b[8:], k.block)
	binary.LittleEndian.PutUint64(b[16:], k.layer)
	binary.LittleEndian.PutUint64(b[24:], k.atom)
	return b
}

// openUniform maps 64 random bits to the midpoint of one of 2⁵² equal parts of
// [0, 1]: all values are exact, symmetric about 1/2 and inside (0, 1).
func openUniform(bits uint64) float64 {
	return (float64(bits>>12) + 0.5) * 0x1p-52
}
