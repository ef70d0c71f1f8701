package pde

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"pdesolve/grid"
)

// ImplicitScharfetterGummel takes implicit steps with the exponentially fitted fluxes of
// ScharfetterGummel, for linear diffusion, D times the Entropy, with a drift: second order in
// space, and of order 1 or 2 in time,
//
//	ρⁿ⁺¹ = ρⁿ + τ L(ρⁿ⁺¹),
//
// or the L-stable diagonally implicit Runge–Kutta method with γ = 1 − 1/√2,
//
//	ρ¹ = ρⁿ + γτ L(ρ¹),    ρⁿ⁺¹ = ρⁿ + (1 − γ)τ L(ρ¹) + γτ L(ρⁿ⁺¹),
//
// which has the stability function of TR-BDF2. For a potential the stages are linear, and
// solved by tridiagonal systems on a line and by multigrid otherwise; a drift that depends on
// averages of ρ is the fixed point of an outer iteration, or explicit: see Coupling.
//
// For every step τ: ρ ≥ 0 exactly, the mass to rounding, and the discrete equilibrium
// ρ ∝ e^{−U/D} stays. Order 1 never raises the energy if the drift is a potential's (derived: each
// step is a Markov chain that is reversible for e^{−U/D}) or that of an interaction taken at
// the midpoint. Order 2 keeps ρ ≥ 0 by limiting what the second stage starts from, where the
// first has taken more than 41 % from a cell (StepReport.Limited); its energy is checked. Where
// the energy would rise, or an iteration does not converge, the step is halved and counted as
// rejected.
//
// On graded axes all of this holds for the masses of cells: the flux through a face is
// (D/d) (B(x) ρ_i − B(−x) ρ_j), d the distance of the centers, whatever the widths. The
// Markov chain of the masses ρ_i h_i is then reversible for h_i e^{−U_i/D} (derived).
type ImplicitScharfetterGummel struct {
	// Step is τ, above 0; the largest τ where Tolerance is given.
	Step float64 `yaml:"step"`
	// TimeOrder is the order in time, 1 or 2. The default, 2, also stands for 0.
	TimeOrder int `yaml:"order"`
	// Tolerance, if above 0, makes the steps adaptive: the estimated error that one step
	// adds to the density in L¹ stays below it. 0, the default, is a fixed step.
	Tolerance float64 `yaml:"tolerance"`
	// Coupling says where a drift that depends on ρ is taken; see ImplicitUpwind.
	Coupling string `yaml:"coupling"`
}

func init() {
	Schemes.Add("implicit-scharfetter-gummel", func() Scheme { return &ImplicitScharfetterGummel{TimeOrder: 2} })
}

// Name returns "implicit-scharfetter-gummel".
func (ImplicitScharfetterGummel) Name() string { return "implicit-scharfetter-gummel" }

// Summary says in a line what the scheme is.
func (ImplicitScharfetterGummel) Summary() string {
	return "implicit steps of order 1 or 2 with exponential fitting, for entropy plus drift"
}

// Order returns 2 in space and TimeOrder in time.
func (s ImplicitScharfetterGummel) Order() (space, time int) { return 2, s.defaulted().TimeOrder }

// defaulted returns s with its defaults filled in.
func (s ImplicitScharfetterGummel) defaulted() ImplicitScharfetterGummel {
	if s.TimeOrder == 0 {
		s.TimeOrder = 2
	}
	return s
}

// Variants returns the scheme of order 1 in time; see Varied.
func (s ImplicitScharfetterGummel) Variants() []Variant {
	s.TimeOrder = 1
	return []Variant{{s, "order 1"}}
}

// NominalStep returns Step.
func (s ImplicitScharfetterGummel) NominalStep() float64 { return s.Step }

// WithStep returns s with another step.
func (s ImplicitScharfetterGummel) WithStep(step float64) Scheme {
	s.Step = step
	return s
}

// SemiDiscrete returns ScharfetterGummel, which has the same fluxes, with 1/fineness of
// its default step. It panics if fineness < 1.
func (s ImplicitScharfetterGummel) SemiDiscrete(fineness int) Scheme {
	if fineness < 1 {
		panic(fmt.Sprintf("pde: ImplicitScharfetterGummel.SemiDiscrete: fineness = %d: want at least 1", fineness))
	}
	return ScharfetterGummel{CFL: defaultCFL(0) / float64(fineness)}
}

// Validate reports a step that is not finite and above 0, an order but 1 and 2, a
// negative tolerance and an unknown or unfit coupling.
func (s ImplicitScharfetterGummel) Validate() error {
	return validateImplicit(s.Step, s.defaulted().TimeOrder, s.Tolerance, s.Coupling)
}

// validateImplicit checks what the implicit schemes have in common.
func validateImplicit(step float64, order int, tolerance float64, coupling string) error {
	switch {
	case !(step > 0) || math.IsInf(step, 0):
		return fmt.Errorf("step: %v: want a finite number above 0", step)
	case order != 1 && order != 2:
		return fmt.Errorf("order: %d: want 1 or 2", order)
	case !(tolerance >= 0) || math.IsInf(tolerance, 0):
		return fmt.Errorf("tolerance: %v: want a finite number above 0, or 0 for a fixed step", tolerance)
	case coupling != "" && coupling != CouplingImplicit && coupling != CouplingExplicit:
		return fmt.Errorf("coupling: %q: want %s or %s", coupling, CouplingImplicit, CouplingExplicit)
	case coupling == CouplingExplicit && order != 1:
		return fmt.Errorf("coupling: %s is of first order in time: want order: 1", coupling)
	}
	return nil
}

// The values of Coupling of the implicit schemes; empty means CouplingImplicit.
const (
	CouplingImplicit = "implicit"
	CouplingExplicit = "explicit"
)

// Bind returns the stepper. It fails unless the energy is the sum of Entropy and of
// energies that depend on ρ at most through averages.
func (s ImplicitScharfetterGummel) Bind(f Functional, grids []*grid.Grid) (Stepper, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if err := refuseCap(f); err != nil {
		return nil, err
	}
	p := PartsOf(f)
	if !p.fitted() {
		return nil, errors.New("the energy is not entropy plus parts that depend on averages of ρ; schemes that take this one: implicit-upwind, upwind, muscl")
	}
	s = s.defaulted()
	w, err := newImplicit(s.Name(), s.Step, f, p.Rest, grids, implicitSettings{order: s.TimeOrder,
		residual: defaultImplicitResidual, limit: defaultMaxIterations, explicit: s.Coupling == CouplingExplicit})
	if err != nil {
		return nil, err
	}
	w.production = meanDissipation
	for c, g := range grids {
		n := &implicitFitted{d: p.Linear, tolerance: fittedResidual}
		if k := slices.IndexFunc(grids[:c], g.Equal); k >= 0 { // equal grids share the arrays
			o := w.stage[k].(*implicitFitted)
			n.b, n.ratio = o.b, o.ratio
		} else {
			n.b, n.ratio = newBalance(g), make([]float64, g.Len())
		}
		w.stage = append(w.stage, n)
	}
	if s.Tolerance > 0 {
		w.adapt(s.Tolerance)
	}
	return w, nil
}

// fittedResidual is the residual Σ|R|/Σρ of the linear systems. It costs nothing in mass or
// sign, and the solution is by no more than it from the exact one.
const fittedResidual = 1e-11

// meanDissipation is dissipation with the mean of the two densities in place of the upwind
// one, of second order.
func meanDissipation(d *grid.Density, psi []float64) float64 {
	var total float64
	ratio := ratios(d.Grid.Jacobian())
	for k := range d.Grid.Dim() {
		axis, st := d.Grid.Axis(k), d.Grid.Stride(k)
		widths, c := faceWidths(axis), 1/(axis.MeanWidth()*axis.MeanWidth())
		var sum compensated
		for base := 0; base < len(psi); base += axis.N * st {
			for j := range axis.N - 1 {
				w := faceWidth{c, c}
				if widths != nil {
					w = widths[j]
				}
				for i := base + j*st; i < base+(j+1)*st; i++ {
					drop := psi[i] - psi[i+st]
					sum.add(0.5 * (w.below*ratio.at(i)*d.Values[i] + w.above*ratio.at(i+st)*d.Values[i+st]) * drop * drop)
				}
			}
		}
		total += sum.value()
	}
	return total * d.Grid.MeanVolume()
}
