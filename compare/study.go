package compare

import (
	"pdesolve/finite"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// Study describes a comparison: one Transformer, the solvers of its mean-field
// limit, the finite networks, and the rates to measure. It is a plain value.
type Study struct {
	Name       string
	Model      transformer.Model // Depth is the L at which solvers and widths are compared
	Times      []float64         // saved training times, increasing, the first 0
	Solvers    []Solver
	Networks   Networks
	Trained    []Network // networks to train beside those that the rates need
	Rates      []Against
	Depths     []int                // L of the depth ladder; nil means those of Networks
	Budget     int                  // L·M of the fixed budget; 0 means the model's depth times the largest width
	Decays     []float64            // values of λ for the decay inquiry
	Validation *transformer.Prompts // prompts that nothing trains on, to choose settings by; nil means none
	Test       *transformer.Prompts // prompts that nothing trains on nor is chosen by; nil means none
	SweepHeads int                  // M of the sweep over layers; 0 means the middle width
	Confidence float64              // level of the intervals, in (0.5, 1)
	Workers    int                  // runs at a time; 0 means GOMAXPROCS

	draws  draws     // seeds of sizes that have more than Networks.Seeds
	blind  bool      // to exact solutions, in tests that hold references against them
	broken *breakage // of networks, in tests that see whether a study notices
}

// breakage is a mistake in the networks of a study. Only tests make one: a study of
// networks that are wrong must not find them consistent with the theory.
type breakage struct {
	energy func(*transformer.Model) pde.AtomEnergy
	draw   func(m *transformer.Model, width int, seed uint64) *pde.Ensemble
}

// network returns the energy and the start of a finite network of the study.
func (s *Study) network(m *transformer.Model, width int, seed uint64) (pde.AtomEnergy, *pde.Ensemble) {
	var energy pde.AtomEnergy = m
	draw := finite.Draw
	if b := s.broken; b != nil && b.energy != nil {
		energy = b.energy(m)
	}
	if b := s.broken; b != nil && b.draw != nil {
		draw = b.draw
	}
	return energy, draw(m, width, seed)
}

// Solver is one run of the mean-field limit: a scheme on a grid, or
// characteristics. Exactly one of Scheme and Characteristics is set.
type Solver struct {
	Scheme          pde.Scheme
	Cells           int // cells on every axis; 0 means as the blocks' axes say
	Characteristics *finite.Characteristics
}

// Network is one finite network: its shape, and the seed of its draw.
type Network struct {
	Depth, Width int
	Seed         uint64
}

// step returns the time step of a solver that has one.
func (v Solver) step() (dt float64, ok bool) {
	if c := v.Characteristics; c != nil {
		return c.Step, c.Step > 0
	}
	if s, stepped := v.Scheme.(pde.StepScheme); stepped {
		return s.NominalStep(), true
	}
	return 0, false
}

// order returns the solver's order in time.
func (v Solver) order() int {
	if c := v.Characteristics; c != nil {
		return max(1, c.TimeOrder)
	}
	_, time := v.Scheme.Order()
	return time
}

// solverLabel names a solver without its cells and step; see Label.
func (s *Study) solverLabel(v Solver) string {
	if c := v.Characteristics; c != nil {
		return c.Scheme()
	}
	return s.Label(v.Scheme)
}

// Networks describes the finite-width networks of a study.
type Networks struct {
	Widths []int // M, at the model's depth
	Depths []int // L, of the depth ladder and of the parameters ladder
	Seeds  int   // independent initial draws of every size
	// UntilHalfWidth, if above 0, adds seeds to the rates over networks of chance whose
	// intervals have a larger half-width, until none has or the largest network of each
	// has MaxSeeds. Smaller networks get more of them, in inverse proportion to the root of
	// their cost.
	UntilHalfWidth float64
	MaxSeeds       int
	Seed           uint64 // of the first draw; the others count up from it
	Dynamics       finite.Dynamics
	Precision      transformer.Precision // of their heads and neurons; see transformer.Model
}

// Against names what a ladder of runs varies: the name of an Inquiry.
type Against string

// The standard inquiries of a study.
const (
	Cells      Against = "cells"      // cells on an axis of the grid
	Step       Against = "step"       // number of time steps of the JKO scheme
	Depth      Against = "depth"      // L at M = ∞, against continuous depth
	Width      Against = "width"      // M at fixed L, against M = ∞ at the same L
	Parameters Against = "parameters" // L·M, against M = ∞ at the same L
)

// Further inquiries, which a study names if it wants them.
const (
	FixedBudget   Against = "fixed-budget"   // L at fixed L·M, against M = ∞ at the same L
	SingleHead    Against = "single-head"    // L at M = 1, against M = ∞ at the same L
	Law           Against = "law"            // W₁ from the particles of networks to the density, by M
	WidthConstant Against = "width-constant" // constant of the width ladder, predicted and measured
	DepthConstant Against = "depth-constant" // constant of the depth ladder, predicted and measured
	// ParametersConstant is the constant of networks of every depth, predicted and measured,
	// and what it does to ladders that vary the depth.
	ParametersConstant Against = "parameters-constant"
	Bias               Against = "bias"         // E[R] − R_∞ of networks, by L·M
	Horizon            Against = "horizon"      // growth of the width part's constant in training time
	Dissipation        Against = "dissipation"  // balance of energy and dissipation, by cells
	Decay              Against = "decay"        // risk at the end against λ
	Tail               Against = "tail"         // fraction of seeds outside the theorem's bound
	TwoWay             Against = "two-way"      // depth and width fitted together, against L = M = ∞
	BestNetwork        Against = "best-network" // networks drawn from the trained mean field
	Heads              Against = "heads"        // loss and accuracy by M
	Layers             Against = "layers"       // loss and accuracy by L
)

// Quantity names what is compared between a run and its reference; see
// Distance.
type Quantity string

// The quantities of a study. Each is compared uniformly over the saved times.
const (
	Output    Quantity = "output"    // read-outs, root mean square over prompts
	Risk      Quantity = "risk"      // R
	Objective Quantity = "objective" // Q
	Density   Quantity = "density"   // ρ on the grid in L¹, mean over components; in cells ladders whose reference has a density
	Distance1 Quantity = "w1"        // W₁ from particles to the density; in law ladders
	Balance   Quantity = "balance"   // residual of dQ/dτ + ∫ρ|∇Ψ|² = 0, relative to the fall of Q; in dissipation ladders
)

// Quantities lists the quantities of every ladder in the order of the tables.
var Quantities = []Quantity{Output, Risk, Objective}
