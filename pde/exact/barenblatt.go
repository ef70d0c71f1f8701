package exact

import (
	"fmt"
	"math"

	"pdesolve/grid"
	"pdesolve/pde"
)

// Barenblatt is the self-similar solution of the porous medium equation of mass
// one, d = 1 … 4 and any m > 1 (derived):
//
//	∂_τρ = c Δρ^m,    ρ = ρ̂ (1 − |x − x₀|²/R²)_+^{1/(m−1)},    F(ρ) = c/(m − 1) ∫ ρ^m.
//
// The velocity −c m/(m − 1) ∇ρ^{m−1} is linear in x − x₀, so that the profile keeps
// its form. With ρ̂ = K/R^d, K = Γ(p + 1 + d/2)/(π^{d/2} Γ(p + 1)), p = 1/(m − 1),
//
//	R^q(τ) = R₀^q + 2q c m K^{m−1}/(m − 1) τ,    q = d(m − 1) + 2.
//
// At the edge of the support ρ falls to 0 like the distance to the power p: it has
// a kink for m = 2.
type Barenblatt struct {
	Exponent    float64   `yaml:"exponent"`    // m, above 1
	Coefficient float64   `yaml:"coefficient"` // c, above 0
	Center      []float64 `yaml:"center"`      // x₀, one number per axis
	Radius      float64   `yaml:"radius"`      // R₀, radius of the support at τ = 0, above 0
}

func init() {
	Solutions.Add("barenblatt", func() Solution { return NewBarenblatt() })
}

// NewBarenblatt returns the example that Solutions holds: one dimension, m = 2, a
// radius that doubles from 0.2 until the horizon.
func NewBarenblatt() *Barenblatt {
	return &Barenblatt{Exponent: 2, Coefficient: 1, Center: []float64{0}, Radius: 0.2}
}

// Name returns "barenblatt".
func (b *Barenblatt) Name() string { return "barenblatt" }

// Summary says in a line what the flow is.
func (b *Barenblatt) Summary() string { return "porous medium; a profile of compact support spreads" }

// Validate reports what makes the description unusable.
func (b *Barenblatt) Validate() error {
	switch {
	case !(b.Exponent > 1) || math.IsInf(b.Exponent, 0):
		return fmt.Errorf("exponent: %v: want a finite number above 1", b.Exponent)
	case !(b.Coefficient > 0) || math.IsInf(b.Coefficient, 0):
		return fmt.Errorf("coefficient: %v: want a finite number above 0", b.Coefficient)
	case !(b.Radius > 0) || math.IsInf(b.Radius, 0):
		return fmt.Errorf("radius: %v: want a finite number above 0", b.Radius)
	}
	return checkPoint("center", b.Center)
}

// power returns q.
func (b *Barenblatt) power() float64 { return float64(len(b.Center))*(b.Exponent-1) + 2 }

// growth returns the rate of R^q.
func (b *Barenblatt) growth() float64 {
	p := 1 / (b.Exponent - 1)
	return 2 * b.power() * b.Coefficient * b.Exponent * p * math.Pow(domePeak(p, len(b.Center)), b.Exponent-1)
}

// RadiusAt returns R(τ).
func (b *Barenblatt) RadiusAt(tau float64) float64 {
	checkTime(tau)
	q := b.power()
	return math.Pow(math.Pow(b.Radius, q)+b.growth()*tau, 1/q)
}

// profile returns the solution at τ.
func (b *Barenblatt) profile(tau float64) *dome {
	return &dome{p: 1 / (b.Exponent - 1), radius: b.RadiusAt(tau), center: b.Center}
}

// Facts returns the time at which the radius has doubled, and the regularity
// 1 + 1/(m − 1) of the edge.
func (b *Barenblatt) Facts() Facts {
	q := b.power()
	return Facts{
		Horizon:    math.Pow(b.Radius, q) * (math.Exp2(q) - 1) / b.growth(),
		Regularity: 1 + 1/(b.Exponent-1),
		Source:     "derived; G. I. Barenblatt 1952",
	}
}

// Energy returns the porous medium's energy of one component.
func (b *Barenblatt) Energy() (energy pde.Energy, components int) {
	return pde.PorousMedium{Exponent: b.Exponent, Coefficient: b.Coefficient}, 1
}

// Density returns the cell averages at τ. It fails on an invalid description, on
// a grid of other dimension, and if more than 1e-9 of the mass lies outside g's box.
func (b *Barenblatt) Density(tau float64, g *grid.Grid) (*grid.Density, error) {
	if err := valid(b); err != nil {
		return nil, err
	}
	return b.profile(tau).density(g, b.Name())
}

// Value returns F(ρ_τ) = c/(m − 1) ρ̂^{m−1} (p + 1)/(p + 1 + d/2).
func (b *Barenblatt) Value(tau float64) (float64, error) {
	if err := valid(b); err != nil {
		return 0, err
	}
	p := 1 / (b.Exponent - 1)
	top := math.Pow(b.profile(tau).peak(), b.Exponent-1)
	return b.Coefficient * p * top * (p + 1) / (p + 1 + float64(len(b.Center))/2), nil
}

// Box returns the smallest box around the support at τ.
func (b *Barenblatt) Box(tau float64) (lo, hi []float64, err error) {
	if err := valid(b); err != nil {
		return nil, nil, err
	}
	lo, hi = b.profile(tau).box()
	return lo, hi, nil
}

// valid names the solution in the error of its Validate.
func valid(s Solution) error {
	if err := s.Validate(); err != nil {
		return fmt.Errorf("exact: %s: %w", s.Name(), err)
	}
	return nil
}

// checkPoint reports a list that is no point in 1 to 4 dimensions.
func checkPoint(key string, x []float64) error {
	if len(x) < 1 || len(x) > grid.MaxDim {
		return fmt.Errorf("%s: %d coordinates: want 1 to %d", key, len(x), grid.MaxDim)
	}
	for k, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%s: entry %d: %v is not finite", key, k, v)
		}
	}
	return nil
}

// Variants returns an edge like a square root, and two dimensions.
func (b *Barenblatt) Variants() []NamedSolution {
	return []NamedSolution{
		{"m3", &Barenblatt{Exponent: 3, Coefficient: 1, Center: []float64{0}, Radius: 0.2}},
		{"2d", &Barenblatt{Exponent: 2, Coefficient: 1, Center: []float64{0, 0}, Radius: 0.2}},
	}
}
