package pde

import (
	"context"

	"pdesolve/grid"
	"pdesolve/internal/registry"
)

// Scheme describes a discretisation of the gradient flow ∂_τρ = ∇·(ρ∇Ψ). It is
// a plain value; Bind makes the workspace that steps.
type Scheme interface {
	// Name returns the name under which the scheme is registered.
	Name() string
	// Order returns the declared orders of accuracy in space and in time.
	Order() (space, time int)
	// Validate reports what makes the description unusable.
	Validate() error
	// Bind returns a stepper for the functional on the given grids. It fails if the
	// scheme cannot treat the functional, and names the schemes that can.
	Bind(f Functional, grids []*grid.Grid) (Stepper, error)
}

// StepScheme is a Scheme with a nominal step in training time, whose error in
// that step can be measured apart from its error in space.
type StepScheme interface {
	Scheme
	// NominalStep returns the step that the scheme takes where it can.
	NominalStep() float64
	// WithStep returns the scheme with another nominal step, above 0.
	WithStep(step float64) Scheme
	// SemiDiscrete returns a scheme that integrates, on the same grid, the flow to
	// which this one converges as its step tends to 0. Its own time error is of second
	// order and falls as fineness = 1, 2, 4, … grows.
	SemiDiscrete(fineness int) Scheme
}

// Caveats is what a Scheme claims less than Order and the dissipation of the
// energy. The zero value takes nothing back.
type Caveats struct {
	WallOrder  int  // order in space where the density is not small at a wall; 0 means the declared one
	EnergyRise bool // a step may raise F beyond rounding
	// RoughRise: as EnergyRise, but only where Ψ depends on a density that the grid does
	// not resolve.
	RoughRise bool
	// MovingTime is the order in time where Ψ depends on ρ, if that is less than the
	// declared one.
	MovingTime int
	// StepConstant is the factor by which the constant of the error in the step grows as
	// steps get shorter, if it does. 0 stands for 1.
	StepConstant float64
}

// Cautious is a Scheme with Caveats.
type Cautious interface {
	Scheme
	Caveats() Caveats
}

// Laborious is a Scheme whose updates of a cell take much longer than those of MUSCL. Who
// plans by a number of updates, which unlike time is the same on every machine, weighs them.
type Laborious interface {
	Scheme
	// Labor returns the time of a step, and of each evaluation of Ψ in it together with
	// the stage that it serves, on a cell, in units of MUSCL's step in a constant potential.
	Labor() (step, evaluation float64)
}

// Varied is a Scheme that declares other orders with other settings than those of
// Schemes.New, such as an order in time. Each of them is verified for itself.
type Varied interface {
	Scheme
	// Variants returns the other schemes, with a few words each that tell them apart.
	Variants() []Variant
}

// Variant is one of Varied.
type Variant struct {
	Scheme
	Label string // such as "order 2"
}

// Stepper is a Scheme bound to a problem. It owns its scratch and serves one
// goroutine.
type Stepper interface {
	// Step advances rho in place by at most limit > 0 and reports what it did. A
	// stepper with a step bound of its own, or a nominal step, stays below it; when
	// limit is within two such steps it halves the rest, so that no sliver remains.
	// On an error rho is unspecified. A long step watches ctx.
	Step(ctx context.Context, rho State, limit float64) (StepReport, error)
}

// StepReport says what one step did.
type StepReport struct {
	Dt          float64 // training time advanced
	Energy      float64 // F before the step
	Dissipation float64 // Σ_c Weight(c) ∫ ρ_c|∇Ψ_c|² before the step, in the scheme's own face sums
	Evaluations int     // evaluations of the first variation
	Rejections  int     // attempts that were redone with a shorter step
	Limited     int     // cells, over all stages, in which a positivity limiter reduced the fluxes; 1 for a JKO step of order 2 taken to first order
	Residual    float64 // implicit schemes: how far the new ρ is from the step's optimality conditions
	Tolerance   float64 // what Residual was to meet; 0 if the scheme fails rather than miss it
	Gap         float64 // value of the step minus a lower bound of it, in units of F; 0 if no bound is known
	Iterations  int     // of the solver of an implicit step
}

// Schemes holds the schemes that an experiment file can name.
var Schemes = registry.New[Scheme]("scheme")
