package exact

import (
	"fmt"

	"pdesolve/grid"
	"pdesolve/pde"
)

// Translation is the pure transport of a law with compact support by a linear
// potential, on R^d with d = 1 … 4 (derived):
//
//	∂_τρ + w·∇ρ = 0,    F(ρ) = −∫ w·x ρ,    ρ_τ(x) = ρ₀(x − wτ).
type Translation struct {
	Velocity []float64 `yaml:"velocity"` // w, one number per axis
	Initial  grid.Bump `yaml:"initial"`  // law at τ = 0
}

// NewTranslation returns the example that Solutions holds: three dimensions, a
// direction along no axis or diagonal.
func NewTranslation() *Translation {
	return &Translation{
		Velocity: []float64{1, -0.5, 0.25},
		Initial:  grid.Bump{Center: []float64{-0.2, 0.1, 0}, Radius: []float64{1, 1.1, 0.9}},
	}
}

func init() { Solutions.Add("translation", func() Solution { return NewTranslation() }) }

// Name returns "translation".
func (s *Translation) Name() string { return "translation" }

// Summary says in a line what the flow is.
func (s *Translation) Summary() string { return "linear potential; a bump moves" }

// Validate reports a velocity that is no point in 1 to 4 dimensions and an initial
// law that is not a bump in as many.
func (s *Translation) Validate() error {
	if err := checkPoint("velocity", s.Velocity); err != nil {
		return err
	}
	if n := s.Initial.Dim(); n != len(s.Velocity) {
		return fmt.Errorf("initial: %d coordinates: want %d, the length of the velocity", n, len(s.Velocity))
	}
	if err := s.Initial.Validate(); err != nil {
		return fmt.Errorf("initial: %w", err)
	}
	return nil
}

// Law returns the bump at τ.
func (s *Translation) Law(tau float64) *grid.Bump {
	checkTime(tau)
	law := &grid.Bump{Radius: s.Initial.Radius}
	for k, w := range s.Velocity {
		law.Center = append(law.Center, s.Initial.Center[k]+w*tau)
	}
	return law
}

// bumpRegularity is Facts.Regularity of a grid.Bump, which ends like the distance to
// the fourth power.
const bumpRegularity = 5

// Facts returns the horizon 0.2.
func (s *Translation) Facts() Facts {
	return Facts{Horizon: 0.2, Regularity: bumpRegularity, Source: "derived"}
}

// Energy returns the linear potential of one component.
func (s *Translation) Energy() (energy pde.Energy, components int) {
	return pde.Potential{Func: func(x []float64) float64 {
		var v float64
		for k, w := range s.Velocity {
			v -= w * x[k]
		}
		return v
	}}, 1
}

// Density returns the cell averages at τ, exact to rounding. It fails on an invalid
// description and if more than 1e-9 of the mass lies outside g's box.
func (s *Translation) Density(tau float64, g *grid.Grid) (*grid.Density, error) {
	if err := valid(s); err != nil {
		return nil, err
	}
	return averages(s.Law(tau), g, s.Name())
}

// Value returns F(ρ_τ) = −w·(m + wτ), m the initial mean.
func (s *Translation) Value(tau float64) (float64, error) {
	if err := valid(s); err != nil {
		return 0, err
	}
	var v float64
	for k, c := range s.Law(tau).Center {
		v -= s.Velocity[k] * c
	}
	return v, nil
}

// Box returns the support at τ.
func (s *Translation) Box(tau float64) (lo, hi []float64, err error) {
	if err := valid(s); err != nil {
		return nil, nil, err
	}
	lo, hi = supportOf(s.Law(tau))
	return lo, hi, nil
}

// supportOf returns the support of a bump.
func supportOf(b *grid.Bump) (lo, hi []float64) {
	for k, c := range b.Center {
		lo, hi = append(lo, c-b.Radius[k]), append(hi, c+b.Radius[k])
	}
	return lo, hi
}

// Variants returns a direction in four dimensions.
func (s *Translation) Variants() []NamedSolution {
	return []NamedSolution{{"4d", &Translation{
		Velocity: []float64{1, -0.5, 0.25, 0.5},
		Initial:  grid.Bump{Center: []float64{-0.2, 0.1, 0, 0}, Radius: []float64{1, 1.1, 0.9, 1}},
	}}}
}
