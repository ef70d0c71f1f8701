package pde

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"pdesolve/grid"
)

// Renyi is the negative Rényi entropy of order m = Exponent,
//
//	F(ρ) = c/(m − 1) Σ_k log ∫ ρ_k^m dx,    Ψ_k = c m/(m − 1) ρ_k^{m−1} / ∫ρ_k^m,
//
// with c = Coefficient: the porous medium's flow, or fast diffusion for m < 1, at a pace that
// does not slow down as the density spreads, ∂_τρ = c Δρ^m/∫ρ^m. On the whole space second
// moments of the self-similar solutions grow linearly in τ, as those of linear diffusion do
// (exact.Renyi), which is the member for m → 1 (Entropy).
//
// For m < 1 the functional is convex along the straight lines between densities (derived: ∫ρ^m
// is concave, and −log falls and is convex); for m > 1 it need not be. Along dilations of any
// density it is −c d log of the factor, up to a constant: convex.
//
// Ψ in a cell depends on ρ there and on an average, so that it is no integral of a function of
// the density (Local): Upwind, MUSCL and WENO take it. What PorousMedium says of vacuum for
// m < 1 holds here too.
type Renyi struct {
	Exponent    float64 `yaml:"exponent"`    // m > 0, not 1; 2 in an experiment file that does not say
	Coefficient float64 `yaml:"coefficient"` // c > 0; 1 in an experiment file that does not say
}

func init() {
	Energies.Add("renyi", func() Energy { return &Renyi{Exponent: 2, Coefficient: 1} })
}

// Summary says in a line what the energy is.
func (r Renyi) Summary() string {
	return "c/(m-1) times the logarithm of the integral of ρ^m: the negative Rényi entropy"
}

// Validate reports an exponent or a coefficient that is not a positive number, and
// the exponent 1.
func (r Renyi) Validate() error {
	return PorousMedium(r).Validate()
}

// Bind returns the workspace.
func (r Renyi) Bind(grids []*grid.Grid) (Functional, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	f, err := PorousMedium{Exponent: r.Exponent, Coefficient: 1}.Bind(grids)
	if err != nil {
		return nil, err
	}
	return &renyi{power: f.(*porousMedium), c: r.Coefficient}, nil
}

// renyi is a Renyi bound to grids.
type renyi struct {
	power *porousMedium // of coefficient 1
	c     float64
}

// Value returns c/(m − 1) Σ_k log ∫ ρ_k^m.
func (r *renyi) Value(rho State) float64 {
	var sum compensated
	for k, d := range rho {
		sum.add(r.c / (r.power.m - 1) * math.Log(r.power.component(k, nil, d.Values, 0)))
	}
	return sum.value()
}

// Variation writes Ψ, floored for m < 1, to psi and returns F(ρ).
func (r *renyi) Variation(psi Field, rho State) float64 {
	var sum compensated
	for k, d := range rho {
		whole := r.power.variation(k, psi[k], d.Values)
		pace := r.c / whole
		floats.Scale(pace, psi[k])
		r.power.diffusivity[k] *= pace
		sum.add(r.c / (r.power.m - 1) * math.Log(whole))
	}
	return sum.value()
}

// Dependence is Pointwise.
func (r *renyi) Dependence() Dependence { return Pointwise }

// Weight is 1.
func (r *renyi) Weight(int) float64 { return 1 }

// Diffusivity returns the largest c m ρ^{m−1}/∫ρ^m of component k at the state last given to
// Variation; see Diffusive.
func (r *renyi) Diffusivity(k int) float64 { return r.power.diffusivity[k] }
