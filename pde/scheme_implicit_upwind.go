package pde

import (
	"errors"
	"fmt"
	"slices"

	"pdesolve/grid"
)

// ImplicitUpwind is the implicit upwind finite-volume scheme of Bailo, Carrillo and
// Hu [BCH20] in its first-order form (S1), on the whole grid at once:
//
//	(ρ_iⁿ⁺¹ − ρ_iⁿ)/τ + Σ_faces (ρ_i (ψ_i − ψ_j)⁺ − ρ_j (ψ_j − ψ_i)⁺)/h² = 0  with ρ = ρⁿ⁺¹,
//	ψ = U'(ρⁿ⁺¹) + V + δE/δρ[(ρⁿ + ρⁿ⁺¹)/2].
//
// U is the local part of the energy (entropy, porous medium; see Local), V its potential and E
// what depends on averages of ρ (an interaction, the Transformer's risk). First order
// in space; in time of order 1, as above, or 2: the L-stable diagonally implicit
// Runge–Kutta method with γ = 1 − 1/√2,
//
//	ρ¹ = ρⁿ + γτ L(ρ¹),    ρⁿ⁺¹ = b + γτ L(ρⁿ⁺¹),    b = ρⁿ + (1 − γ)τ L(ρ¹),
//
// L being the balance above with ψ = δF/δρ at the stage. It has the stability function of
// TR-BDF2 and needs no ψ at ρⁿ, which may be infinite there.
//
// For every step τ (derived): ρ ≥ 0 exactly and the mass to rounding, because each stage is
// computed as the upwind transport of its right-hand side along the ψ that Newton's
// method found; see balance. At order 2 that is b, which is limited to b ≥ 0 where the first
// stage has taken more than 41 % from a cell (StepReport.Limited). The energy does not rise at
// order 1 if U is convex and E is quadratic, as an interaction is: then
//
//	F(ρⁿ⁺¹) − F(ρⁿ) ≤ Σ_i |C| ψ_i (ρ_iⁿ⁺¹ − ρ_iⁿ) = −τ Σ_faces |C| ρ_up ((ψ_i − ψ_j)/h)²
//
// up to the residual, the midpoint being exact for a quadratic. For another E it holds
// up to O(τ³). Where F would rise beyond rounding, which at order 2 nothing but the check
// rules out, or where an iteration does not converge, the step is halved and counted as
// rejected; the next one starts from the nominal step, so that without Tolerance a run
// depends on nothing but the state.
//
// With Tolerance the steps follow an error estimate from the slopes that the stages had,
// whose first is that of a probing step; the next step is at most three times, and a rejected
// one at least a fifth, as long. It starts at a hundredth of Step.
//
// On graded axes ρ in these equations is the mass ρJ of a cell in units of the mean cell
// volume, ψ that of its density, and 1/h² is 1/d², d the distance of the centers. The argument
// above holds as it stands (derived): the matrix is an M-matrix whose columns sum to 1 for any weights
// λ > 0 of the faces, so that mass and sign stay, and F is Σ |C| J_i (U(ρ_i) + …), whose
// derivative by the mass of a cell is ψ_i, so that its fall is τ Σ_faces |C̄| m_up ((ψ_i − ψ_j)/d)².
//
// Energies with U' = −∞ at vacuum (entropy) make ρ > 0 everywhere; with rough data
// far from any mass it may still underflow to 0.
//
// One stage solves the equations of all cells by Newton's method with the analytic
// Jacobian: tridiagonal on a line of cells, by multigrid otherwise.
// The part that depends on averages is the fixed point ψ_E = δE/δρ of an outer
// iteration with Anderson's acceleration, or explicit: see Coupling.
type ImplicitUpwind struct {
	// Step is τ, above 0; the largest τ where Tolerance is given.
	Step float64 `yaml:"step"`
	// TimeOrder is the order in time, 1 or 2. The default, 1, also stands for 0.
	TimeOrder int `yaml:"order"`
	// Tolerance, if above 0, makes the steps adaptive: the estimated error that one step
	// adds to the density in L¹ stays below it. 0, the default, is a fixed step.
	Tolerance float64 `yaml:"tolerance"`
	// Coupling says where δE/δρ is taken: implicit, the default, at the midpoint of the
	// step (order 1) or at the stage (order 2); explicit, at ρⁿ, which needs no outer
	// iteration, is of order 1, and keeps the energy from rising for every step if E is
	// concave, as that of the attraction W = r²/2 is between densities of equal mass.
	Coupling string `yaml:"coupling"`
	// Residual is the Σ|R|/Σρ at which Newton's method stops, and that of
	// the outer iteration relative to the range of ψ_E. Newton's method stops earlier if
	// rounding allows no more, or if it comes no nearer and is within a thousand times it;
	// StepReport.Residual says what was reached. The default, 1e-10, also stands for 0.
	Residual float64 `yaml:"residual"`
	// MaxIterations bounds the iterations of each Newton solve, and those of the outer
	// iteration. The default, 50, also stands for 0.
	MaxIterations int `yaml:"max-iterations"`
}

func init() {
	Schemes.Add("implicit-upwind", func() Scheme {
		return &ImplicitUpwind{TimeOrder: 1, Residual: defaultImplicitResidual, MaxIterations: defaultMaxIterations}
	})
}

const defaultImplicitResidual = 1e-10

// defaulted returns u with its defaults filled in.
func (u ImplicitUpwind) defaulted() ImplicitUpwind {
	if u.TimeOrder == 0 {
		u.TimeOrder = 1
	}
	if u.Residual == 0 {
		u.Residual = defaultImplicitResidual
	}
	if u.MaxIterations == 0 {
		u.MaxIterations = defaultMaxIterations
	}
	return u
}

// Name returns "implicit-upwind".
func (ImplicitUpwind) Name() string { return "implicit-upwind" }

// Summary says in a line what the scheme is.
func (ImplicitUpwind) Summary() string {
	return "implicit upwind of order 1 or 2 in time: positive and energy-dissipating for any step"
}

// Order returns 1 in space and TimeOrder in time.
func (u ImplicitUpwind) Order() (space, time int) { return 1, u.defaulted().TimeOrder }

// Variants returns the scheme of order 2 in time; see Varied.
func (u ImplicitUpwind) Variants() []Variant {
	u.TimeOrder = 2
	return []Variant{{u, "order 2"}}
}

// NominalStep returns Step.
func (u ImplicitUpwind) NominalStep() float64 { return u.Step }

// WithStep returns u with another step.
func (u ImplicitUpwind) WithStep(step float64) Scheme {
	u.Step = step
	return u
}

// SemiDiscrete returns the explicit upwind scheme with two stages and 1/fineness of
// its default step: as τ → 0 both solve the same ordinary differential equations,
// whose fluxes are ρ_up times the drop of the full Ψ. It panics if fineness < 1.
func (ImplicitUpwind) SemiDiscrete(fineness int) Scheme {
	if fineness < 1 {
		panic(fmt.Sprintf("pde: ImplicitUpwind.SemiDiscrete: fineness = %d: want at least 1", fineness))
	}
	return Upwind{CFL: defaultCFL(0) / float64(fineness), Stages: 2}
}

// Validate reports a step that is not finite and above 0, an order but 1 and 2, a
// negative tolerance, an unknown or unfit coupling, a residual outside [0, 1) and a
// negative number of iterations.
func (u ImplicitUpwind) Validate() error {
	switch {
	case !(u.Residual >= 0 && u.Residual < 1):
		return fmt.Errorf("residual: %v: want a number in [0, 1); 0 means %g", u.Residual, defaultImplicitResidual)
	case u.MaxIterations < 0:
		return fmt.Errorf("max-iterations: %d: want at least 1; 0 means %d", u.MaxIterations, defaultMaxIterations)
	}
	return validateImplicit(u.Step, u.defaulted().TimeOrder, u.Tolerance, u.Coupling)
}

// Bind returns the stepper. It fails if f depends on the density cell by cell and
// gives no derivatives (see Local), and on a grid of 2²⁸ cells or more.
func (u ImplicitUpwind) Bind(f Functional, grids []*grid.Grid) (Stepper, error) {
	if err := u.Validate(); err != nil {
		return nil, err
	}
	if err := refuseCap(f); err != nil {
		return nil, err
	}
	p := PartsOf(f)
	if p.Dependence() == Pointwise {
		return nil, errors.New("the energy depends on ρ cell by cell and does not give its derivatives (pde.Local): want an explicit scheme, such as upwind or muscl")
	}
	var local *Parts
	if p.HasLocal() {
		local = &p
	}
	u = u.defaulted()
	s, err := newImplicit(u.Name(), u.Step, f, p.Rest, grids, implicitSettings{order: u.TimeOrder,
		residual: u.Residual, limit: u.MaxIterations, explicit: u.Coupling == CouplingExplicit})
	if err != nil {
		return nil, err
	}
	for c, g := range grids {
		n := &implicitNewton{local: local, tolerance: u.Residual, limit: u.MaxIterations}
		if k := slices.IndexFunc(grids[:c], g.Equal); k >= 0 { // equal grids share the arrays
			o := s.stage[k].(*implicitNewton)
			n.b, n.rho, n.trial, n.delta, n.best = o.b, o.rho, o.trial, o.delta, o.best
		} else {
			n.b = newBalance(g)
			for _, p := range []*[]float64{&n.rho, &n.trial, &n.delta, &n.best} {
				*p = make([]float64, g.Len())
			}
		}
		s.stage = append(s.stage, n)
	}
	if u.Tolerance > 0 {
		s.adapt(u.Tolerance)
	}
	return s, nil
}
