package pde

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"pdesolve/grid"
)

// ImplicitUpwind is the implicit upwind finite-volume scheme of Bailo, Carrillo and
// Hu [BCH20] in its first-order form, on the whole grid at once:
//
//	(ρ_iⁿ⁺¹ − ρ_iⁿ)/τ + Σ_faces (ρ_i (ψ_i − ψ_j)⁺ − ρ_j (ψ_j − ψ_i)⁺)/h² = 0  with ρ = ρⁿ⁺¹,
//	ψ = U'(ρⁿ⁺¹) + V + δE/δρ[(ρⁿ + ρⁿ⁺¹)/2].
//
// U is the local part of the energy (entropy, porous medium), V its potential and E
// what depends on averages of ρ (an interaction, the Transformer's risk). First order
// in space and time.
//
// For every step τ (derived): ρ ≥ 0 exactly and the mass to rounding, because ρⁿ⁺¹ is
// computed as the upwind transport of ρⁿ along the ψ that Newton's method found; see
// balance. The energy does not rise if U is convex and E is quadratic, as an
// interaction is: then
//
//	F(ρⁿ⁺¹) − F(ρⁿ) ≤ Σ_i |C| ψ_i (ρ_iⁿ⁺¹ − ρ_iⁿ) = −τ Σ_faces |C| ρ_up ((ψ_i − ψ_j)/h)²
//
// up to the tolerance, the midpoint being exact for a quadratic. For another E it holds
// up to O(τ³). Where F would rise beyond rounding, or an iteration does not
// converge, the step is halved and counted as rejected; the next one starts from
// the nominal step, so that a run depends on nothing but the state.
//
// Energies with U' = −∞ at vacuum (entropy) make ρ > 0 everywhere; with rough data
// far from any mass it may still underflow to 0.
//
// One step solves the equations of all cells by Newton's method with the analytic
// Jacobian: tridiagonal on a line of cells, by multigrid otherwise.
// The part that depends on averages is the fixed point ψ_E = δE/δρ of an outer
// iteration with Anderson's acceleration.
type ImplicitUpwind struct {
	// Step is τ, above 0.
	Step float64 `yaml:"step"`
	// Tolerance is the residual Σ|R|/Σρ at which Newton's method stops, and that of
	// the outer iteration relative to the range of ψ_E. Newton's method stops earlier if
	// rounding allows no more, or if it comes no nearer and is within a thousand times the
	// tolerance; StepReport.Residual says what was reached. The default, 1e-10, also
	// stands for 0.
	Tolerance float64 `yaml:"tolerance"`
	// MaxIterations bounds the iterations of each Newton solve, and those of the outer
	// iteration. The default, 50, also stands for 0.
	MaxIterations int `yaml:"max-iterations"`
}

func init() {
	Schemes.Add("implicit-upwind", func() Scheme {
		return &ImplicitUpwind{Tolerance: defaultImplicitTolerance, MaxIterations: defaultMaxIterations}
	})
}

const defaultImplicitTolerance = 1e-10

// defaulted returns u with its defaults filled in.
func (u ImplicitUpwind) defaulted() ImplicitUpwind {
	if u.Tolerance == 0 {
		u.Tolerance = defaultImplicitTolerance
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
	return "implicit upwind: positive and energy-dissipating for any step, first order"
}

// Order returns 1 in space and 1 in time.
func (ImplicitUpwind) Order() (space, time int) { return 1, 1 }

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

// Validate reports a step that is not finite and above 0, a tolerance outside
// [0, 1) and a negative number of iterations.
func (u ImplicitUpwind) Validate() error {
	switch {
	case !(u.Step > 0) || math.IsInf(u.Step, 0):
		return fmt.Errorf("step: %v: want a finite number above 0", u.Step)
	case !(u.Tolerance >= 0 && u.Tolerance < 1):
		return fmt.Errorf("tolerance: %v: want a number in [0, 1); 0 means %g", u.Tolerance, defaultImplicitTolerance)
	case u.MaxIterations < 0:
		return fmt.Errorf("max-iterations: %d: want at least 1; 0 means %d", u.MaxIterations, defaultMaxIterations)
	}
	return nil
}

// Bind returns the stepper. It fails if f depends on the density cell by cell and
// gives no derivatives (see Local), and on a grid of 2²⁸ cells or more.
func (u ImplicitUpwind) Bind(f Functional, grids []*grid.Grid) (Stepper, error) {
	if err := u.Validate(); err != nil {
		return nil, err
	}
	if err := equalCells(grids); err != nil {
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
	rest := p.Rest
	u = u.defaulted()
	s := &implicitUpwind{halving: newHalving(u.Name(), u.Step, f, grids), tolerance: u.Tolerance, limit: u.MaxIterations, rest: rest}
	s.attempt = s.try
	s.exhausted = func(dt float64, reason error) error {
		return &DivergedError{Component: -1, What: fmt.Sprintf("no step down to %.3g can be taken: %v", dt, reason)}
	}
	s.v = newFlatField(grids)
	for c, g := range grids {
		if g.Len() >= 1<<28 {
			return nil, fmt.Errorf("component %d has %d cells: want fewer than 2²⁸; the explicit schemes take it", c, g.Len())
		}
		n := &implicitNewton{local: local, tolerance: u.Tolerance, limit: u.MaxIterations}
		if k := slices.IndexFunc(grids[:c], g.Equal); k >= 0 { // equal grids share the arrays
			o := s.newton[k]
			n.b, n.rho, n.trial, n.delta, n.best = o.b, o.rho, o.trial, o.delta, o.best
		} else {
			n.b = newBalance(g)
			for _, p := range []*[]float64{&n.rho, &n.trial, &n.delta, &n.best} {
				*p = make([]float64, g.Len())
			}
		}
		s.newton = append(s.newton, n)
	}
	if rest != nil && rest.Dependence() != Constant {
		s.image = newFlatField(grids)
		s.middle = s.begin.Clone()
		s.mix = newAnderson(defaultMemory, len(s.v.flat))
	}
	return s, nil
}
