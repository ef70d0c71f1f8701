package pde

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"pdesolve/grid"
)

// PorousMedium is the energy
//
//	F(ρ) = c/(m − 1) Σ_k ∫ ρ_k^m dx,    Ψ_k = c m/(m − 1) ρ_k^{m−1},
//
// with m = Exponent and c = Coefficient, whose flow is ∂_τρ = c Δρ^m: the porous
// medium equation for m > 1, where the support grows at finite speed, and fast
// diffusion for 0 < m < 1. As m → 1 its Ψ, up to the constant c m/(m − 1), becomes
// that of Entropy, which is the member for m = 1.
//
// The functional is convex along the straight lines between densities for every m
// (derived: s^m/(m − 1) is convex), and displacement convex in d dimensions if
// m ≥ 1 − 1/d [McC97]. Fast diffusion on the whole space conserves mass for
// m > (d − 2)/d (m > 0 for d ≤ 2); below, mass escapes to infinity in finite time.
// In a box without flux through the walls it is conserved for every m.
//
// For m < 1 Ψ is −∞ at vacuum. As with Entropy, a cell with less than 2⁻⁵² of the
// component's largest average is given the Ψ of that floor; F itself is not floored.
// The diffusivity c m ρ^{m−1} is then largest where ρ is smallest: explicit schemes
// take steps in proportion to (min ρ)^{1−m} and suit fast diffusion only where no
// part of the box is nearly empty.
type PorousMedium struct {
	Exponent    float64 `yaml:"exponent"`    // m > 0, not 1; 2 in an experiment file that does not say
	Coefficient float64 `yaml:"coefficient"` // c > 0; 1 in an experiment file that does not say
}

func init() {
	Energies.Add("porous-medium", func() Energy { return &PorousMedium{Exponent: 2, Coefficient: 1} })
}

// Summary says in a line what the energy is.
func (p PorousMedium) Summary() string {
	return "c/(m-1) times the integral of ρ^m: porous medium (m > 1), fast diffusion (m < 1)"
}

// Validate reports an exponent or a coefficient that is not a positive number, and
// the exponent 1.
func (p PorousMedium) Validate() error {
	switch {
	case !(p.Exponent > 0) || math.IsInf(p.Exponent, 0):
		return fmt.Errorf("exponent: %v: want a finite number above 0", p.Exponent)
	case p.Exponent == 1:
		return fmt.Errorf("exponent: 1: linear diffusion is the energy entropy; want another exponent above 0")
	case !(p.Coefficient > 0) || math.IsInf(p.Coefficient, 0):
		return fmt.Errorf("coefficient: %v: want a finite number above 0", p.Coefficient)
	}
	return nil
}

// Bind returns the workspace.
func (p PorousMedium) Bind(grids []*grid.Grid) (Functional, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return &porousMedium{
		m: p.Exponent, c: p.Coefficient, pressure: p.Coefficient * p.Exponent / (p.Exponent - 1),
		volume: volumes(grids), ratio: jacobians(grids), diffusivity: make([]float64, len(grids)),
	}, nil
}

// porousMedium is a PorousMedium bound to grids.
type porousMedium struct {
	m, c        float64
	pressure    float64 // c m/(m − 1)
	volume      []float64
	ratio       []ratios
	diffusivity []float64 // of each component at the last Variation
	spare       [stripLength]float64
	content     [stripLength]float64 // ρ^m of a strip
}

// Value returns c/(m − 1) Σ_k ∫ ρ_k^m.
func (p *porousMedium) Value(rho State) float64 {
	var sum compensated
	for k, d := range rho {
		sum.add(p.c / (p.m - 1) * p.component(k, nil, d.Values, 0))
	}
	return sum.value()
}

// Variation writes c m/(m − 1) ρ^{m−1}, floored for m < 1, to psi and returns F(ρ).
func (p *porousMedium) Variation(psi Field, rho State) float64 {
	var sum compensated
	for k := range rho {
		sum.add(p.c / (p.m - 1) * p.variation(k, psi[k], rho[k].Values))
	}
	return sum.value()
}

// smallestNormal is the smallest normal float64. The power m − 1 > −1 of it is
// finite.
const smallestNormal = 0x1p-1022

// variation writes the Ψ of component k to psi and returns ∫ ρ_k^m.
func (p *porousMedium) variation(k int, psi, rho []float64) float64 {
	top, floor := largest(rho), 0.0
	steepest := top // where c m ρ^{m−1} is largest
	if p.m < 1 {
		floor = max(0x1p-52*top, smallestNormal)
		steepest = max(smallest(rho), floor)
	}
	p.diffusivity[k] = 0
	if top > 0 {
		p.diffusivity[k] = p.c * p.m * math.Pow(steepest, p.m-1)
	}
	return p.component(k, psi, rho, floor)
}

// component writes the Ψ of component k, whose densities are no less than floor, to psi,
// unless that is nil, and returns ∫ ρ_k^m. A negative density gives NaN or a number that
// the contracts never see, because they check the sign themselves.
func (p *porousMedium) component(k int, psi, rho []float64, floor float64) float64 {
	return p.volume[k] * byStrips(psi, rho, &p.spare, p.ratio[k], func(psi, x, w []float64) float64 {
		return p.strip(psi, x, w, floor)
	})
}

// strip writes c m/(m − 1) max(r, floor)^{m−1} to psi and returns Σ w r^m.
func (p *porousMedium) strip(psi, x, w []float64, floor float64) float64 {
	psi, w = psi[:len(x)], w[:len(x)]
	a := p.pressure
	var s float64
	switch p.m {
	case 0.5:
		for i, r := range x {
			psi[i] = a / math.Sqrt(max(r, floor))
			s += float64(math.Sqrt(r) * w[i])
		}
	case 1.5:
		for i, r := range x {
			root := math.Sqrt(r)
			psi[i] = a * root
			s += float64(float64(r*root) * w[i])
		}
	case 2:
		for i, r := range x {
			psi[i] = a * r
			s += float64(float64(r*r) * w[i])
		}
	case 3:
		for i, r := range x {
			square := r * r
			psi[i] = a * square
			s += float64(float64(r*square) * w[i])
		}
	default:
		content := p.content[:len(x)]
		powers(psi, x, p.m-1, floor)
		if smallest(x) < floor { // F itself is not floored
			powers(content, x, p.m, 0)
		} else {
			floats.MulTo(content, x, psi)
		}
		floats.Scale(a, psi)
		s = floats.Dot(content, w)
	}
	return s
}

// Dependence is Pointwise.
func (p *porousMedium) Dependence() Dependence { return Pointwise }

// Weight is 1.
func (p *porousMedium) Weight(int) float64 { return 1 }

// Diffusivity returns the largest c m ρ^{m−1} of component k at the state last given
// to Variation; see Diffusive.
func (p *porousMedium) Diffusivity(k int) float64 { return p.diffusivity[k] }

// Parts is one power; see Local.
func (p *porousMedium) Parts() Parts {
	return Parts{Powers: []PowerTerm{{Coefficient: p.c, Exponent: p.m}}}
}
