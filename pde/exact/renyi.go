package exact

import (
	"math"

	"pdesolve/grid"
	"pdesolve/pde"
)

// Renyi is the self-similar flow of the negative Rényi entropy, F(ρ) = c/(m − 1) log ∫ρ^m, of
// mass one in d = 1 … 4 (derived): the profile of Barenblatt,
//
//	∂_τρ = c Δρ^m/∫ρ^m,    ρ = ρ̂ (1 ∓ |x − x₀|²/R²)_+^{1/(m−1)},
//
// whose radius grows like that of linear diffusion. With s = 1/(m − 1) the profile has
// ∫ρ^m = ρ̂^{m−1} (s + 1)/(s + 1 + d/2), so that the rate of R² is free of R:
//
//	R²(τ) = R₀² + 4c |s + 1 + d/2| τ.
type Renyi Barenblatt

func init() { Solutions.Add("renyi", func() Solution { return NewRenyi() }) }

// NewRenyi returns the example that Solutions holds: one dimension, m = 3/2, whose edge is
// that of a square.
func NewRenyi() *Renyi {
	return &Renyi{Exponent: 1.5, Coefficient: 1, Center: []float64{0}, Radius: 1}
}

// Name returns "renyi".
func (s *Renyi) Name() string { return "renyi" }

// Summary says in a line what the flow is.
func (s *Renyi) Summary() string {
	return "Rényi entropy; the profile of a porous medium spreads like heat"
}

// Validate reports what makes the description unusable.
func (s *Renyi) Validate() error { return (*Barenblatt)(s).Validate() }

// lift returns s + 1 + d/2.
func (s *Renyi) lift() float64 { return 1/(s.Exponent-1) + 1 + float64(len(s.Center))/2 }

// growth returns the rate of R².
func (s *Renyi) growth() float64 { return 4 * s.Coefficient * math.Abs(s.lift()) }

// RadiusAt returns R(τ).
func (s *Renyi) RadiusAt(tau float64) float64 {
	checkTime(tau)
	return math.Sqrt(s.Radius*s.Radius + s.growth()*tau)
}

func (s *Renyi) profile(tau float64) profile { return (*Barenblatt)(s).at(s.RadiusAt(tau)) }

// Facts returns the time at which the radius has grown by a half, and the edge of Barenblatt.
func (s *Renyi) Facts() Facts {
	f := (*Barenblatt)(s).Facts()
	f.Horizon, f.Source = 1.25*s.Radius*s.Radius/s.growth(), "derived"
	return f
}

// Energy returns the negative Rényi entropy of one component.
func (s *Renyi) Energy() (energy pde.Energy, components int) {
	return pde.Renyi{Exponent: s.Exponent, Coefficient: s.Coefficient}, 1
}

// Density returns the cell averages at τ; see Barenblatt.Density.
func (s *Renyi) Density(tau float64, g *grid.Grid) (*grid.Density, error) {
	if err := valid(s); err != nil {
		return nil, err
	}
	return s.profile(tau).density(g, s.Name())
}

// Value returns F(ρ_τ) = c s log(ρ̂^{m−1} (s + 1)/(s + 1 + d/2)).
func (s *Renyi) Value(tau float64) (float64, error) {
	if err := valid(s); err != nil {
		return 0, err
	}
	m := s.Exponent
	lift := s.lift()
	whole := (m - 1) * math.Log(s.profile(tau).peak())
	return s.Coefficient / (m - 1) * (whole + math.Log((1/(m-1)+1)/lift)), nil
}

// Box returns a box at τ; see Barenblatt.Box.
func (s *Renyi) Box(tau float64) (lo, hi []float64, err error) {
	if err := valid(s); err != nil {
		return nil, nil, err
	}
	lo, hi = s.profile(tau).box()
	return lo, hi, nil
}

// Variants returns tails in place of an edge.
func (s *Renyi) Variants() []NamedSolution {
	return []NamedSolution{{"tails", &Renyi{Exponent: 0.9, Coefficient: 1, Center: []float64{0}, Radius: 1}}}
}
