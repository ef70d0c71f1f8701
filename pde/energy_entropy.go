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
}

// Value returns c Σ_k ∫ ρ_k log ρ_k.
func (e *entropy) Value(rho State) float64 {
	var sum compensated
	for k, d := range rho {
		var part compensated
		for at := 0; at < len(d.Values); at += stripLength {
			x := d.Values[at:min(at+stripLength, len(d.Values))]
			w := e.ratio[k].strip(at, len(x))
			for i, r := range x {
				if r != 0 { // a negative density gives NaN, which the contracts report
					part.add(r * math.Log(r) * w[i])
				}
			}
		}
		sum.add(e.c * part.value() * e.volume[k])
	}
	return sum.value()
}

// Variation writes c (log ρ + 1), floored, to psi and returns F(ρ).
func (e *entropy) Variation(psi Field, rho State) float64 {
	var sum compensated
	for k, d := range rho {
		top := 0.0
		for _, r := range d.Values {
			top = max(top, r)
		}
		floor := max(0x1p-52*top, math.SmallestNonzeroFloat64)
		low := math.Log(floor)
		out := psi[k][:len(d.Values)]
		var part compensated
		for at := 0; at < len(out); at += stripLength {
			x := d.Values[at:min(at+stripLength, len(out))]
			w := e.ratio[k].strip(at, len(x))
			for i, r := range x {
				log := low
				if r > floor || r < 0 || math.IsNaN(r) {
					log = math.Log(r)
					part.add(r * log * w[i])
				} else if r > 0 {
					part.add(r * math.Log(r) * w[i])
				}
				out[at+i] = e.c * (log + 1)
			}
		}
		sum.add(e.c * part.value() * e.volume[k])
	}
	return sum.value()
}

// Dependence is Pointwise.
func (e *entropy) Dependence() Dependence { return Pointwise }

// Weight is 1.
func (e *entropy) Weight(int) float64 { return 1 }

// Diffusivity returns c; see Diffusive.
func (e *entropy) Diffusivity(int) float64 { return e.c }

// Parts is linear diffusion; see Local.
func (e *entropy) Parts() Parts { return Parts{Linear: e.c} }
