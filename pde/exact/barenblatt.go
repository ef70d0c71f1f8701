package exact

import (
	"errors"
	"fmt"
	"math"

	"pdesolve/grid"
	"pdesolve/pde"
)

// Barenblatt is the self-similar solution of mass one of the porous medium equation, m > 1,
// and of fast diffusion, m < 1, in d = 1 … 4 (derived):
//
//	∂_τρ = c Δρ^m,    ρ = ρ̂ (1 ∓ |x − x₀|²/R²)_+^{1/(m−1)},    F(ρ) = c/(m − 1) ∫ ρ^m,
//
// with − for m > 1 and + for m < 1. The velocity −c m/(m − 1) ∇ρ^{m−1} is linear in x − x₀,
// so that the profile keeps its form. With ρ̂ = K/R^d and p = 1/|m − 1|
//
//	R^q(τ) = R₀^q + 2q c m p K^{m−1} τ,    q = d(m − 1) + 2,
//
// K = Γ(p + 1 + d/2)/(π^{d/2} Γ(p + 1)) for m > 1 and Γ(p)/(π^{d/2} Γ(p − d/2)) for m < 1.
//
// At the edge of the support ρ falls to 0 like the distance to the power p: it has
// a kink for m = 2. For m < 1 there is no edge: ρ falls like |x|^{−2p}, and for m near 1/3
// on the line a box must be thousands of radii wide, which graded axes can be. The mass is finite for
// m > (d − 2)/d, F and the second moment for m > d/(d + 2), which is asked for: other curves are
// none of finite energy in the Wasserstein space.
type Barenblatt struct {
	Exponent    float64   `yaml:"exponent"`    // m, above d/(d + 2) and not 1
	Coefficient float64   `yaml:"coefficient"` // c, above 0
	Center      []float64 `yaml:"center"`      // x₀, one number per axis
	Radius      float64   `yaml:"radius"`      // R₀ at τ = 0, above 0: of the support, for m < 1 of the middle
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
func (b *Barenblatt) Summary() string {
	return "porous medium, a profile of compact support spreads; fast diffusion, one with wide tails"
}

// Validate reports what makes the description unusable.
func (b *Barenblatt) Validate() error {
	if err := checkPoint("center", b.Center); err != nil {
		return err
	}
	least := float64(len(b.Center)) / float64(len(b.Center)+2)
	switch {
	case !(b.Exponent > least) || math.IsInf(b.Exponent, 0):
		return fmt.Errorf("exponent: %v: want a finite number above d/(d + 2) = %.4g, where the energy and the second moment are finite", b.Exponent, least)
	case b.Exponent == 1:
		return errors.New("exponent: 1: the solution of linear diffusion is heat; want another exponent")
	case !(b.Coefficient > 0) || math.IsInf(b.Coefficient, 0):
		return fmt.Errorf("coefficient: %v: want a finite number above 0", b.Coefficient)
	case !(b.Radius > 0) || math.IsInf(b.Radius, 0):
		return fmt.Errorf("radius: %v: want a finite number above 0", b.Radius)
	}
	return nil
}

// power returns q.
func (b *Barenblatt) power() float64 { return float64(len(b.Center))*(b.Exponent-1) + 2 }

// decay returns p.
func (b *Barenblatt) decay() float64 { return 1 / math.Abs(b.Exponent-1) }

// growth returns the rate of R^q.
func (b *Barenblatt) growth() float64 {
	k := b.at(1).peak() // K
	return 2 * b.power() * b.Coefficient * b.Exponent * b.decay() * math.Pow(k, b.Exponent-1)
}

// RadiusAt returns R(τ).
func (b *Barenblatt) RadiusAt(tau float64) float64 {
	checkTime(tau)
	q := b.power()
	return math.Pow(math.Pow(b.Radius, q)+b.growth()*tau, 1/q)
}

// profile is a density of fixed form.
type profile interface {
	peak() float64
	box() (lo, hi []float64)
	density(g *grid.Grid, what string) (*grid.Density, error)
}

// at returns the profile of a radius.
func (b *Barenblatt) at(radius float64) profile {
	if b.Exponent < 1 {
		return &student{p: b.decay(), radius: radius, center: b.Center}
	}
	return &dome{p: b.decay(), radius: radius, center: b.Center}
}

// profile returns the solution at τ.
func (b *Barenblatt) profile(tau float64) profile { return b.at(b.RadiusAt(tau)) }

// Facts returns the time at which the radius has doubled, and for m > 1 the regularity
// 1 + 1/(m − 1) of the edge.
func (b *Barenblatt) Facts() Facts {
	q := b.power()
	f := Facts{
		Horizon: math.Pow(b.Radius, q) * (math.Exp2(q) - 1) / b.growth(),
		Source:  "derived; G. I. Barenblatt 1952",
	}
	if b.Exponent > 1 {
		f.Regularity = 1 + b.decay()
	}
	return f
}

// Energy returns the porous medium's energy of one component.
func (b *Barenblatt) Energy() (energy pde.Energy, components int) {
	return pde.PorousMedium{Exponent: b.Exponent, Coefficient: b.Coefficient}, 1
}

// Density returns the cell averages at τ. It fails on an invalid description, on
// a grid of other dimension, and if more than 1e-9 of the mass lies outside g's box, for
// m < 1 on equal cells 1e-6.
func (b *Barenblatt) Density(tau float64, g *grid.Grid) (*grid.Density, error) {
	if err := valid(b); err != nil {
		return nil, err
	}
	return b.profile(tau).density(g, b.Name())
}

// Value returns F(ρ_τ) = c s ρ̂^{m−1} (s + 1)/(s + 1 + d/2), s = 1/(m − 1) (derived, for either
// sign of s).
func (b *Barenblatt) Value(tau float64) (float64, error) {
	if err := valid(b); err != nil {
		return 0, err
	}
	s := 1 / (b.Exponent - 1)
	top := math.Pow(b.profile(tau).peak(), b.Exponent-1)
	return b.Coefficient * s * top * (s + 1) / (s + 1 + float64(len(b.Center))/2), nil
}

// Box returns the smallest box around the support at τ, for m < 1 around all mass but
// 1e-12.
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

// Variants returns an edge like a square root, two dimensions, and fast diffusion.
func (b *Barenblatt) Variants() []NamedSolution {
	return []NamedSolution{
		{"m3", &Barenblatt{Exponent: 3, Coefficient: 1, Center: []float64{0}, Radius: 0.2}},
		{"2d", &Barenblatt{Exponent: 2, Coefficient: 1, Center: []float64{0, 0}, Radius: 0.2}},
		{"fast", &Barenblatt{Exponent: 0.9, Coefficient: 1, Center: []float64{0}, Radius: 1}},
		{"fast-2d", &Barenblatt{Exponent: 0.9, Coefficient: 1, Center: []float64{0, 0}, Radius: 1}},
	}
}
