package transformer

import (
	"fmt"

	"pdesolve/grid"
	"pdesolve/internal/registry"
)

// Model is the Transformer's objective Q as a pde.Energy: a description, safe to
// copy and share.
//
// Its states have one component per block and depth slice: component c = i·L + k
// is block i in slice k, where L = Depth.
type Model struct {
	Depth      int  // L ≥ 1, residual layers; depth slices of the density
	Continuous bool // integrate depth to second order (symmetric splitting) in place of the paper's residual steps
	// Modified is ε ≥ 0. Above 0, and with Continuous, depth follows the field u + εw, which
	// up to ε² is the one that residual layers of step ε follow; see the package comment.
	Modified float64
	Decay    float64 // λ ≥ 0, weight of the L2 regulariser
	// Temperature is σ ≥ 0, the weight of the entropy (1/L) Σ_c ∫ρ_c log ρ_c in Q. Its
	// flow is that of noisy gradient descent: every density also diffuses by σΔρ. Only
	// densities have an entropy; of atoms see BindAtoms.
	Temperature float64
	Prompts     *Prompts
	Read        Readout
	Loss        Loss        // what an output costs beside its label; nil means Squared
	Embedding   *Embedding  // trained along with the blocks; nil: the prompts' tokens are given
	Blocks      []Component // applied in this order in every layer, each with step dt/2
	FullStep    bool        // every block's step is dt in place of the paper's dt/2
	// Precision is that in which blocks with matrices treat atoms; "" means Float64.
	// Float32 computes heads and neurons in single precision and all that is summed over
	// lanes, prompts and layers in double: the gradient then has a relative error of about
	// 1e-6. Blocks with scalar parameters, and densities, know Float64 alone.
	Precision Precision
	// Workers is the number of prompts treated at a time, at most GOMAXPROCS; 0 means 1,
	// because runs of many networks at once use cores better. The number of workers does
	// not change a byte of the results.
	Workers int
}

// Precision is the type of numbers in panels of atoms.
type Precision string

// The precisions.
const (
	Float64 Precision = "float64"
	Float32 Precision = "float32"
)

// Component is one block of the model with the law its parameters start from
// and the axes of its grid, if the block has one.
type Component struct {
	Block   Block
	Initial grid.Law
	Axes    []grid.Axis // one per parameter; may be empty where only atoms are used
}

// Prompts is an empirical measure of B labelled prompts of N tokens in R^Dim, all
// of weight 1/B.
type Prompts struct {
	N, Dim int
	Tokens []float64 // [B][N][Dim], row-major
	Label  []float64 // [B]

	// Inputs are what a trained embedding makes the tokens of, InputDim numbers for each,
	// [B][N][InputDim]; Tokens are then those of its start. 0 and nil without one.
	InputDim int
	Inputs   []float64
}

// Len returns B.
func (p *Prompts) Len() int { return len(p.Label) }

// Block describes a kind of residual block: a function of the tokens and of an
// atom's parameters, linear in the last of them. That partial homogeneity is what
// makes grids affordable: of a density along a single linear axis a block needs the
// first moment only. Blocks of several linear parameters have no grid; their
// densities are made of atoms.
type Block interface {
	// Name returns the name under which the block is registered.
	Name() string
	// Parameters returns the names of an atom's parameters on tokens of dim
	// coordinates: those the block is not linear in, then those it is linear in. On a
	// grid they are the axes.
	Parameters(dim int) []string
	// Validate reports what makes the description unusable.
	Validate() error
	// fits reports what keeps the block from acting on the prompts.
	fits(p *Prompts) error
	// linear returns the number of parameters, the last ones, that the block is
	// linear in, on tokens of dim coordinates.
	linear(dim int) int
	// moves reports whether the block changes the given coordinate of the tokens.
	moves(coordinate int) bool
	// holds reports whether the block relies on the given coordinate never to change.
	holds(coordinate int) bool
	// facts returns what is proved of the block for prompts of n tokens of norm at most size.
	facts(n int, size float64) Facts
	// kernel binds the block; see kernel.
	kernel(shape kernelShape) kernel
}

// Blocks holds the blocks that an experiment file can name.
var Blocks = registry.New[Block]("block")

// onPairs is embedded by the blocks that act on tokens (x, y), of which y alone
// moves, and are linear in one parameter: those that have a grid.
type onPairs struct{}

func (onPairs) fits(p *Prompts) error {
	if p.Dim != 2 {
		return fmt.Errorf("tokens of %d coordinates: this block wants 2, (x, y)", p.Dim)
	}
	return nil
}

func (onPairs) linear(int) int { return 1 }

func (onPairs) moves(coordinate int) bool { return coordinate == 1 }

func (onPairs) holds(coordinate int) bool { return coordinate == 0 }
