package pde

import (
	"errors"

	"pdesolve/grid"
)

// ScharfetterGummel is the finite-volume scheme with exponential fitting for linear
// diffusion, D times the Entropy, with a drift: for ∂_τρ = ∇·(D∇ρ + ρ∇U) the flux from
// cell i to its neighbour j at the distance h is
//
//	F = D/h (B(ΔU/D) ρ_i − B(−ΔU/D) ρ_j),    ΔU = U_j − U_i,    B(x) = x/(eˣ − 1),
//
// that of the stationary problem between the two centers with U linear there; U is
// the first variation of the energy without its entropy. SSP-RK2 in time. Second
// order in both; where |ΔU| ≫ D the flux tends to the upwind flux and shows first
// order until the grid resolves D/|∇U|.
//
// The discrete equilibrium ρ ∝ e^{−U/D} is kept to rounding, on graded axes too. Exactly: mass up to the
// rounding of the cell updates, ρ ≥ 0. If U is constant each stage is a Markov chain
// that is reversible for e^{−U/D}, so the energy falls at every step, however rough
// the density (derived: the relative entropy to an invariant law does not rise). U
// that depends on averages of ρ is evaluated at each stage, and the energy is checked:
// a step that would raise it is redone with half the length.
type ScharfetterGummel struct {
	// CFL is the step as a fraction of the bound that keeps ρ ≥ 0, above 0 and at
	// most 1. The default, 0.4, also stands for 0.
	CFL float64 `yaml:"cfl"`
}

func init() {
	Schemes.Add("scharfetter-gummel", func() Scheme { return &ScharfetterGummel{CFL: 0.4} })
}

// Summary says in a line what the scheme is.
func (ScharfetterGummel) Summary() string {
	return "exponential fitting for entropy plus drift, second order, keeps the equilibrium"
}

// Name returns "scharfetter-gummel".
func (ScharfetterGummel) Name() string { return "scharfetter-gummel" }

// Order returns 2 and 2.
func (ScharfetterGummel) Order() (space, time int) { return 2, 2 }

// Validate reports a CFL outside (0, 1].
func (s ScharfetterGummel) Validate() error { return validateCFL(defaultCFL(s.CFL)) }

// Bind returns the stepper. It fails unless the energy is the sum of Entropy and of
// energies that depend on ρ at most through averages.
func (s ScharfetterGummel) Bind(f Functional, grids []*grid.Grid) (Stepper, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if err := refuseCap(f); err != nil {
		return nil, err
	}
	p := PartsOf(f)
	if !p.fitted() {
		return nil, errors.New("the energy is not entropy plus parts that depend on averages of ρ; schemes that take this one: upwind, muscl")
	}
	return newDiffusionStepper(newFitted(f, p, grids), grids, diffusionSettings{cfl: defaultCFL(s.CFL)}), nil
}
