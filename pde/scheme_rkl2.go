package pde

import (
	"fmt"
	"math"

	"pdesolve/grid"
)

// RKL2 is the stabilised explicit Runge–Kutta–Legendre method of second order
// [MBA14] (super-time-stepping) for flows that are dominated by diffusion:
//
//	ρⁿ⁺¹ = R(τL) ρⁿ,    R(z) = 1 − b_s + b_s P_s(1 + 4z/(s² + s − 2)),    b_s = (s² + s − 2)/(2s(s + 1)),
//
// P_s being the Legendre polynomial. A step of length τ takes the smallest odd number
// of stages s for which it is stable, s² + s − 2 ≥ 2τλ with λ the spectral radius of L:
// s grows as √(τλ), while explicit steps would number τλ/2. No linear systems.
//
// In space L is that of ScharfetterGummel where the energy is Entropy with
// potentials and smooth interactions. For sums of PorousMedium (exponents above 1),
// Entropy and a user's own Local parts it is the centred flux −∇Φ(ρ) − ρ∇U,
// Φ(ρ) = Σ_j c_j ρ^{m_j}, where there is a drift cut to what lowers the energy and what the
// donor cell has. Both are of second order. Other energies are refused.
//
// Mass is kept up to rounding; what the stages' roundings add up to, which grows like
// the stages to the power 3/2 (2.5e-12 for 499), is taken out by a common factor, and
// anything larger is not. RKL2 by itself does not keep ρ ≥ 0: R(τL) has negative
// entries in two and more dimensions (in one it has none, as was checked up to s = 29),
// which show with densities that are rough on the scale √τ. Every step is therefore
// checked: if a cell would be negative or the energy would rise beyond rounding, the
// step is halved and redone, which Contracts.Rejections counts. Steps as short as
// those of an explicit scheme are taken by SSP-RK2, which keeps ρ ≥ 0. The next step
// starts from Step again, so a run depends on nothing but the state, unless Tolerance
// is given. Then the first step of a run is an explicit one and each step knows how
// long the one before could have been.
//
// [MBA14]: C. D. Meyer, D. S. Balsara, T. D. Aslam, J. Comput. Phys. 257 (2014); the
// coefficients are tested against Legendre polynomials.
type RKL2 struct {
	// Step is τ, above 0; the largest τ where Tolerance is given.
	Step float64 `yaml:"step"`
	// Tolerance, if above 0, makes the steps adaptive: the estimated error that one step
	// adds to the density in L¹ stays below it. Steps start from those of an explicit
	// scheme. 0, the default, is a fixed step.
	Tolerance float64 `yaml:"tolerance"`
}

func init() { Schemes.Add("rkl2", func() Scheme { return new(RKL2) }) }

// Summary says in a line what the scheme is.
func (RKL2) Summary() string {
	return "stabilised explicit super-steps of second order for diffusion; takes step"
}

// Name returns "rkl2".
func (RKL2) Name() string { return "rkl2" }

// Order returns 2 and 2.
func (RKL2) Order() (space, time int) { return 2, 2 }

// Caveats returns that the error of a step grows relative to τ³ as steps get shorter
// (derived): R(z) = 1 + z + z²/2 + γz³ + …, and 1/6 − γ is 1/18 for many stages, 1/10 for
// three and 1/6 for SSP-RK2, which takes the shortest steps.
func (RKL2) Caveats() Caveats { return Caveats{StepConstant: 3} }

// Validate reports a step that is not finite and above 0, and a negative tolerance.
func (r RKL2) Validate() error {
	if !(r.Step > 0) || math.IsInf(r.Step, 0) {
		return fmt.Errorf("step: %v: want a finite number above 0", r.Step)
	}
	if !(r.Tolerance >= 0) || math.IsInf(r.Tolerance, 0) {
		return fmt.Errorf("tolerance: %v: want a finite number above 0, or 0 for a fixed step", r.Tolerance)
	}
	return nil
}

// NominalStep returns Step.
func (r RKL2) NominalStep() float64 { return r.Step }

// WithStep returns r with another step.
func (r RKL2) WithStep(step float64) Scheme {
	r.Step = step
	return r
}

// SemiDiscrete returns SSP-RK2 for the same fluxes with 1/fineness of the default
// step of ScharfetterGummel. It panics if fineness < 1.
func (r RKL2) SemiDiscrete(fineness int) Scheme {
	if fineness < 1 {
		panic(fmt.Sprintf("pde: RKL2.SemiDiscrete: fineness = %d: want at least 1", fineness))
	}
	return explicitDiffusion{cfl: defaultCFL(0) / float64(fineness)}
}

// Bind returns the stepper. It fails on energies without diffusion and on porous
// media with exponents below 1, and names schemes that take those.
func (r RKL2) Bind(f Functional, grids []*grid.Grid) (Stepper, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	if err := refuseCap(f); err != nil {
		return nil, err
	}
	flow, err := newDiffusionFlow(f, grids)
	if err != nil {
		return nil, err
	}
	return newDiffusionStepper(flow, grids, diffusionSettings{step: r.Step, tolerance: r.Tolerance}), nil
}

// explicitDiffusion is SSP-RK2 for the fluxes of RKL2.
type explicitDiffusion struct{ cfl float64 }

// Name says what the scheme is; it is not registered.
func (explicitDiffusion) Name() string { return "rkl2, explicit steps" }

// Order returns 2 and 2.
func (explicitDiffusion) Order() (space, time int) { return 2, 2 }

// Validate reports a step outside (0, 1] of the bound.
func (e explicitDiffusion) Validate() error { return validateCFL(e.cfl) }

// Bind returns the stepper for what RKL2 takes.
func (e explicitDiffusion) Bind(f Functional, grids []*grid.Grid) (Stepper, error) {
	flow, err := newDiffusionFlow(f, grids)
	if err != nil {
		return nil, err
	}
	return newDiffusionStepper(flow, grids, diffusionSettings{cfl: e.cfl}), nil
}
