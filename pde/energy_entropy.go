package pde

import (
	"fmt"
	"math"

	"pdesolve/grid"
)

// Entropy is the energy
//
//	F(ρ) = c Σ_k ∫ ρ_k log ρ_k dx,    Ψ_k = c (log ρ_k + 1),    0 log 0 = 0,
//
// with c = Coefficient, the temperature, whose flow is the heat equation
// ∂_τρ = c Δρ.
//
// At vacuum Ψ is −∞. A cell with less than 2⁻⁵² of the component's largest average
// is therefore given the Ψ of that floor: differences of Ψ between neighbours, and
// with them the face velocities, are at most 52 c log 2 ≈ 36 c over the cell width.
// Two neighbours below the floor exchange no mass; what they hold is rounding
// beside the component's largest average. F itself is not floored.
type Entropy struct {
	Coefficient float64 `yaml:"coefficient"` // c > 0; 1 in an experiment file that does not say
}

func init() { Energies.Add("entropy", func() Energy { return &Entropy{Coefficient: 1} }) }

// Validate reports a coefficient that is not a positive number.
func (e Entropy) Validate() error {
	if !(e.Coefficient > 0) || math.IsInf(e.Coefficient, 0) {
		return fmt.Errorf("coefficient: %v: want a finite number above 0", e.Coefficient)
	}
	return nil
}

// Bind returns the workspace.
func (e Entropy) Bind(grids []*grid.Grid) (Functional, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	return &entropy{c: e.Coefficient, volume: volumes(grids), ratio: jacobians(grids)}, nil
}

// entropy is an Entropy bound to grids.
type entropy struct {
	c      float64
	volume []float64
	ratio  []ratios
	spare  [stripLength]float64
}

// Value returns c Σ_k ∫ ρ_k log ρ_k.
func (e *entropy) Value(rho State) float64 {
	var sum compensated
	for k, d := range rho {
		sum.add(e.component(k, nil, d.Values, 0))
	}
	return sum.value()
}

// Variation writes c (log ρ + 1), floored, to psi and returns F(ρ).
func (e *entropy) Variation(psi Field, rho State) float64 {
	var sum compensated
	for k, d := range rho {
		low := logarithm(0x1p-52 * largest(d.Values))
		sum.add(e.component(k, psi[k], d.Values, low))
	}
	return sum.value()
}

// component writes Ψ of component k, whose logarithms are no less than low, to psi, unless
// that is nil, and returns c ∫ ρ_k log ρ_k. It is NaN if a density is negative, and not finite
// if one is not.
func (e *entropy) component(k int, psi, rho []float64, low float64) float64 {
	if smallest(rho) < 0 {
		return math.NaN()
	}
	return e.c * e.volume[k] * byStrips(psi, rho, &e.spare, e.ratio[k], func(psi, x, w []float64) float64 {
		var s lanes
		entropies(psi, x, w, e.c, low, &s)
		return s.sum()
	})
}

// Dependence is Pointwise.
func (e *entropy) Dependence() Dependence { return Pointwise }

// Weight is 1.
func (e *entropy) Weight(int) float64 { return 1 }

// Diffusivity returns c; see Diffusive.
func (e *entropy) Diffusivity(int) float64 { return e.c }

// Parts is linear diffusion; see Local.
func (e *entropy) Parts() Parts { return Parts{Linear: e.c} }
