package pde

import (
	"pdesolve/grid"
	"pdesolve/internal/registry"
)

// State is the unknown: a tuple of densities, one per component, each of mass
// one. A classical flow has one component; a Transformer one per block and depth
// slice.
type State []*grid.Density

// Clone returns a deep copy.
func (s State) Clone() State {
	c := make(State, len(s))
	for i, d := range s {
		c[i] = d.Clone()
	}
	return c
}

// Grids returns the grid of each component.
func (s State) Grids() []*grid.Grid {
	g := make([]*grid.Grid, len(s))
	for i, d := range s {
		g[i] = d.Grid
	}
	return g
}

// Field is a function on the cells of a State: Field[c][i] belongs to cell i of
// component c.
type Field [][]float64

// NewField returns the zero field on the given grids.
func NewField(grids []*grid.Grid) Field {
	f := make(Field, len(grids))
	for c, g := range grids {
		f[c] = make([]float64, g.Len())
	}
	return f
}

// Energy describes a functional F of a State. It is a plain value; Bind makes
// the workspace that evaluates it.
type Energy interface {
	// Validate reports what makes the description unusable.
	Validate() error
	// Bind returns a workspace for states on the given grids.
	Bind(grids []*grid.Grid) (Functional, error)
}

// Dependence says how the first variation Ψ = δF/δρ depends on ρ, which decides
// the JKO inner solvers that fit an energy. The order is that of difficulty.
type Dependence int

const (
	// Constant: Ψ does not depend on ρ (a potential).
	Constant Dependence = iota
	// Mean: Ψ depends on ρ through averages only (the Transformer's risk, a smooth
	// interaction): a fixed point on Ψ converges.
	Mean
	// Pointwise: Ψ in a cell depends on ρ in that cell (entropy, porous medium):
	// needs Newton's method.
	Pointwise
)

// Functional is an Energy bound to grids. It owns its scratch and serves one
// goroutine.
type Functional interface {
	// Value returns F(ρ).
	Value(rho State) float64
	// Variation writes Ψ = δF/δρ at the cell centers to psi and returns F(ρ). Ψ is
	// taken in the component's own metric: dF = Σ_c Weight(c) ∫ Ψ_c dρ_c, so that
	// −∇Ψ_c is the velocity of component c.
	Variation(psi Field, rho State) float64
	// Dependence says how Ψ depends on ρ.
	Dependence() Dependence
	// Weight returns the weight of component c in the metric: 1 for a classical
	// flow, 1/L for each of the L depth slices of a Transformer.
	Weight(c int) float64
}

// Demanding is a Functional whose first variation takes much longer than MUSCL's update of
// the same cells; see Laborious.
type Demanding interface {
	Functional
	// Demand returns the time of an evaluation on a cell, in units of MUSCL's step in a
	// constant potential.
	Demand() float64
}

// Learner is a Functional, or AtomFunctional, of a learning problem.
type Learner interface {
	// Reading returns the risk and the outputs of the state last given to Value,
	// Variation or Gradient. The slice is valid until the next evaluation.
	Reading() (risk float64, output []float64)
}

// AtomEnergy is an Energy that is also defined on empirical measures.
type AtomEnergy interface {
	Energy
	// BindAtoms returns a workspace for ensembles shaped like the given one.
	BindAtoms(shape *Ensemble) (AtomFunctional, error)
}

// AtomFunctional is an AtomEnergy bound to the shape of an Ensemble. It owns its
// scratch and serves one goroutine.
type AtomFunctional interface {
	// Value returns F at the ensemble's empirical measures.
	Value(e *Ensemble) float64
	// Gradient writes ∇Ψ_c(θ) of every atom to grad, laid out like e.Theta, and
	// returns F. The velocity of an atom is minus its gradient.
	Gradient(grad []float64, e *Ensemble) float64
	// Weight returns the weight of component c in the metric; see Functional.
	Weight(c int) float64
}

// Decaying is an AtomFunctional with a linear part, ∇Ψ_c(θ) = λθ + N_c(θ) in every
// component, which stiff methods integrate exactly.
type Decaying interface {
	// Decay returns λ.
	Decay() float64
}

// Energies holds the energies that an experiment file can name.
var Energies = registry.New[Energy]("energy")
