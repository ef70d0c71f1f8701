package pde

import (
	"fmt"
	"math"

	"pdesolve/grid"
)

// Congestion is the constraint that no density exceeds a cap,
//
//	F(ρ) = 0 if ρ_k ≤ ρ̄ everywhere, else +∞,    ρ̄ = Cap,
//
// the gradient flow of crowds [MRS10]: a density that follows −∇V as far as there is room,
//
//	∂_τρ = ∇·(ρ∇(V + π)),    π ≥ 0,    π(ρ̄ − ρ) = 0.
//
// The first variation is the pressure π, a Lagrange multiplier that no formula gives from ρ:
// Variation writes 0, its value where there is room, and only solvers that find π take the
// energy (TermsOf): JKO with the inner solver BackAndForth. F is the limit of porous media
// for m → ∞, and displacement convex as they are [McC97].
//
// Value takes averages for at most ρ̄ that exceed it by a part of 10⁻⁹: rounding.
type Congestion struct {
	Cap float64 `yaml:"cap"` // ρ̄ > 0; 1 in an experiment file that does not say
}

func init() {
	Energies.Add("congestion", func() Energy { return &Congestion{Cap: 1} })
}

// Summary says in a line what the energy is.
func (c Congestion) Summary() string {
	return "0 where the density stays below a cap, else infinite: crowds; goes with a potential"
}

// Validate reports a cap that is not a positive number.
func (c Congestion) Validate() error {
	if !(c.Cap > 0) || math.IsInf(c.Cap, 0) {
		return fmt.Errorf("cap: %v: want a finite number above 0", c.Cap)
	}
	return nil
}

// Bind returns the workspace.
func (c Congestion) Bind([]*grid.Grid) (Functional, error) {
	return congestion(c), c.Validate()
}

// congestion is a Congestion bound to grids.
type congestion Congestion

// capRounding is by what part of it averages may exceed the cap.
const capRounding = 1e-9

// Value returns 0, or +Inf if an average exceeds the cap.
func (c congestion) Value(rho State) float64 {
	for _, d := range rho {
		for _, r := range d.Values {
			if r > c.Cap*(1+capRounding) {
				return math.Inf(1)
			}
		}
	}
	return 0
}

// Variation writes 0 to psi and returns F(ρ).
func (c congestion) Variation(psi Field, rho State) float64 {
	for _, p := range psi {
		clear(p)
	}
	return c.Value(rho)
}

// Dependence is Pointwise.
func (congestion) Dependence() Dependence { return Pointwise }

// Weight is 1.
func (congestion) Weight(int) float64 { return 1 }

// Parts returns the cap alone.
func (c congestion) Parts() Parts { return Parts{Cap: c.Cap} }

// checkCap reports a density above the cap of f, or a box that cannot hold its mass.
func checkCap(f Functional, rho State) error {
	top := PartsOf(f).Cap
	if top == 0 {
		return nil
	}
	for c, d := range rho {
		for i, r := range d.Values {
			if r > top*(1+capRounding) {
				return fmt.Errorf("initial: component %d: the density in cell %d is %.6g: want at most %v, the cap of the energy congestion", c, i, r, top)
			}
		}
	}
	return nil
}

// refuseCap reports that a scheme does not take an energy with a cap, and which does.
func refuseCap(f Functional) error {
	if PartsOf(f).Cap == 0 {
		return nil
	}
	return fmt.Errorf("the energy holds a cap on the density (congestion), whose pressure the scheme does not find; schemes that take this one: jko with inner: back-and-forth")
}
