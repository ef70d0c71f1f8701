package transformer

import (
	"slices"

	"gonum.org/v1/gonum/floats"
)

// kernel is a Block bound to prompts and to the shape of its parameters: the
// workspace that evaluates
//
//	F_k(Z) = Σ_m Σ_l coef_lm φ_l(Z, a_m)
//
// over the nodes of slice k and its adjoint, where the block is Σ_l v_l φ_l(Z, a). Z holds one prompt, coordinate-major:
// coordinate d of token i is Z[d·N+i]. One evaluation of the energy calls
//
//	load(k, …) for every slice,
//	per prompt b: begin(b), forward in the order of the depth plan, then, if a
//	    gradient is wanted, backward in reverse order and end(),
//	after every few prompts: drain(k, …) for every slice.
//
// Calls of forward are numbered by slot, the position in kernelShape.slots;
// backward with a slot sees what forward stored there.
//
// A block that depends on coordinates no block moves does all work that needs its
// nodes in begin, and gathers in backward what end turns into ψ (block_softmax_scalar.go).
// A block that depends on moving coordinates leaves begin empty and does it in forward,
// keeping the per-node values of that slot for backward while they are few, which then adds to ψ directly
// (block_mlp_label.go). Blocks with matrices (block_softmax.go) keep nothing by slot: their
// backward computes the values of a panel of nodes once more, which costs less than
// memory would.
type kernel interface {
	// load sets the nodes of slice k, kept until the next load, and forgets what
	// backward has gathered for it.
	load(k int, at nodes)
	// begin starts prompt b.
	begin(b int)
	// forward writes F_k(Z) to all coordinates of dst.
	forward(dst []float64, slot int, z []float64)
	// backward writes (D_Z F_k)ᵀp to dst, or at least its entries in the
	// coordinates that some block moves (the others may be anything finite), and
	// sees to it that end has gathered ⟨φ(Z, a_m), p⟩ for drain.
	backward(dst []float64, slot int, z, p []float64)
	// end closes prompt b: the contributions of its backward calls are gathered.
	end()
	// drain adds what was gathered for slice k to psi and slope and forgets it:
	//
	//	psi_lm += ⟨φ_l(Z, a_m), p⟩,    slope_dm += Σ_l v_lm ∂/∂a_dm ⟨φ_l(Z, a_m), p⟩,
	//
	// laid out like the nodes' v and a. slope is nil where slopes are not wanted.
	drain(k int, psi, slope []float64)
}

// nodes are the atoms of a slice, or the rows of cells of a density, M of them:
// coordinate d of node m is at d·M+m.
type nodes struct {
	a []float64 // the parameters that the block is not linear in
	// The parameters v that the block is linear in, and the weights. Rows of cells, which
	// have a law of v, have v = 1 and the moment ∫ v ρ dv for the weight.
	v, weight []float64
}

// coefficients writes weight·v of the nodes from ≤ m < to, of a block that is linear in one
// parameter, to the beginning of buffer.
func (at *nodes) coefficients(buffer []float64, from, to int) []float64 {
	return floats.MulTo(buffer[:to-from], at.weight[from:to], at.v[from:to])
}

// kernelShape is what a kernel is made for.
type kernelShape struct {
	prompts *Prompts
	tokens  [][]float64 // of each prompt, coordinate-major
	nodes   []int       // number of nodes of each slice
	slots   []int       // slice of each evaluation of the block along the depth plan
	fixed   [][]float64 // nodes of each slice, if they never change; slices with equal nodes share them
	slopes  bool        // whether slopes are wanted

	precision Precision // of panels

	left *int // bytes that may still be kept; the blocks of a network share them
}

// sameNodes reports whether two slices with fixed nodes share them.
func sameNodes(a, b []float64) bool { return len(a) == len(b) && &a[0] == &b[0] }

// keptBytes bounds what the blocks of a network together keep of atoms for use again,
// about half a second level of cache: exponentials and activations for the way back, and
// matrices laid out in panels. What does not fit is made again, so that a workspace is not
// much larger than its atoms.
var keptBytes = 1 << 20

// afford takes a number of bytes from those that may be kept, if there are as many.
func (s *kernelShape) afford(bytes int) bool {
	if bytes > *s.left {
		return false
	}
	*s.left -= bytes
	return true
}

// keep returns a buffer for every entry of sizes, in numbers: one of its own while it can
// be afforded, or for all where nodes are fixed, and one that the rest shares, whose
// contents do not last.
func (s *kernelShape) keep(sizes []int) (buffer [][]float64, kept []bool) {
	shared := []float64(nil)
	for _, n := range sizes {
		if s.fixed != nil || s.afford(8*n) {
			buffer, kept = append(buffer, make([]float64, n)), append(kept, true)
			continue
		}
		if shared == nil {
			shared = make([]float64, slices.Max(sizes))
		}
		buffer, kept = append(buffer, shared[:n]), append(kept, false)
	}
	return buffer, kept
}

// accumulators returns zeroed storage for ψ and, if wanted, for its slopes in dim
// coordinates, of blocks that are linear in one parameter.
func (s kernelShape) accumulators(dim int) (psi, slope [][]float64) {
	psi, slope = make([][]float64, len(s.nodes)), make([][]float64, len(s.nodes))
	for k, m := range s.nodes {
		psi[k] = make([]float64, m)
		if s.slopes {
			slope[k] = make([]float64, dim*m)
		}
	}
	return psi, slope
}

// drainScalar is the drain of a block that is linear in one parameter and has
// gathered ψ and ∂ψ/∂a.
func drainScalar(psi, slope, v, gathered, tilt []float64) {
	for m, g := range gathered {
		psi[m] += g
	}
	clear(gathered)
	for ; len(slope) > 0; slope, tilt = slope[len(v):], tilt[len(v):] {
		out, in := slope[:len(v)], tilt[:len(v)]
		for m, g := range in {
			out[m] += v[m] * g
		}
		clear(in)
	}
}
