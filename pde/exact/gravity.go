package exact

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/integrate/quad"

	"pdesolve/grid"
	"pdesolve/pde"
)

// Gravity is sedimentation with diffusion in the unit box [0, 1]^d, whose walls let
// nothing through; d = 1 … 4, the test of [CGT20] (the formula is derived):
//
//	∂_τρ = Δρ − g ∂₁ρ,    F(ρ) = ∫ ρ log ρ − g ∫ x₁ ρ,
//	M ρ = e^{g x/2 − ωτ} (π cos πx + (g/2) sin πx) + π e^{g(x − 1/2)},
//
// with x = x₁, ω = π² + g²/4 and M = (2π/g) sinh(g/2) the mass of the right-hand side.
// The first term is the derivative of e^{g x/2 − ωτ} sin πx, so that it has no mass
// and cell averages are differences. At τ = 0 ρ vanishes at x = 1.
type Gravity struct {
	Acceleration float64 `yaml:"acceleration"` // g, not 0
	Dim          int     `yaml:"dim"`          // d
}

// NewGravity returns the example that Solutions holds: g = 1 in one dimension.
func NewGravity() *Gravity { return &Gravity{Acceleration: 1, Dim: 1} }

func init() { Solutions.Add("gravity", func() Solution { return NewGravity() }) }

// Name returns "gravity".
func (s *Gravity) Name() string { return "gravity" }

// Summary says in a line what the flow is.
func (s *Gravity) Summary() string {
	return "sedimentation with diffusion in the unit box, walls included"
}

// Validate reports an acceleration that is 0 or beyond ±50 in size, where the
// layer at the bottom is thinner than a cell of any sensible grid, and a dimension
// outside 1 … 4.
func (s *Gravity) Validate() error {
	if g := math.Abs(s.Acceleration); !(g > 0 && g <= 50) {
		return fmt.Errorf("acceleration: %v: want a number of size above 0 and at most 50", s.Acceleration)
	}
	if s.Dim < 1 || s.Dim > grid.MaxDim {
		return fmt.Errorf("dim: %d: want 1 to %d", s.Dim, grid.MaxDim)
	}
	return nil
}

// Facts returns the horizon 0.1 and says that the walls belong to the model.
func (s *Gravity) Facts() Facts {
	return Facts{Horizon: 0.1, Walls: true, Source: "derived; the test of [CGT20]"}
}

// Energy returns the entropy and the potential −g x of one component.
func (s *Gravity) Energy() (energy pde.Energy, components int) {
	return pde.Sum{
		pde.Potential{Func: func(x []float64) float64 { return -s.Acceleration * x[0] }},
		pde.Entropy{Coefficient: 1},
	}, 1
}

// below returns the mass in [0, x].
func (s *Gravity) below(x, tau float64) float64 {
	g := s.Acceleration
	mass := 2 * math.Pi / g * math.Sinh(g/2)
	moving := math.Exp(g*x/2-(math.Pi*math.Pi+g*g/4)*tau) * math.Sin(math.Pi*x)
	return (moving + math.Pi/g*math.Exp(-g/2)*math.Expm1(g*x)) / mass
}

// at returns ρ as a function of x₁.
func (s *Gravity) at(x, tau float64) float64 {
	g := s.Acceleration
	mass := 2 * math.Pi / g * math.Sinh(g/2)
	sin, cos := math.Sincos(math.Pi * x)
	moving := math.Exp(g*x/2-(math.Pi*math.Pi+g*g/4)*tau) * (math.Pi*cos + g/2*sin)
	return max(0, (moving+math.Pi*math.Exp(g*(x-0.5)))/mass)
}

// Density returns the cell averages at τ, to rounding, on a grid that covers the
// unit box exactly.
func (s *Gravity) Density(tau float64, g *grid.Grid) (*grid.Density, error) {
	checkTime(tau)
	if err := valid(s); err != nil {
		return nil, err
	}
	if err := unitBox(s, s.Dim, g); err != nil {
		return nil, err
	}
	dst := grid.NewDensity(g)
	a := g.Axis(0)
	from := 0.0
	for i := range a.N {
		to := s.below(a.Edge(i+1), tau)
		row := dst.Values[i*g.Stride(0) : (i+1)*g.Stride(0)]
		for j := range row {
			row[j] = max(0, (to-from)/(a.Edge(i+1)-a.Edge(i)))
		}
		from = to
	}
	for range 2 { // the second round removes the rounding of the first
		dst.Scale(1 / dst.Mass())
	}
	return dst, nil
}

// Value returns F(ρ_τ) by the composite Gauss–Legendre rule. At τ = 0 ρ vanishes like
// the square of the distance to the wall, where ρ log ρ limits the error to about
// 1e-12; later it is rounding.
func (s *Gravity) Value(tau float64) (float64, error) {
	checkTime(tau)
	if err := valid(s); err != nil {
		return 0, err
	}
	var sum float64
	const panels = 64
	for i := range panels {
		// Panels shrink towards the wall at 1.
		edge := func(i int) float64 { t := 1 - float64(i)/panels; return 1 - t*t*t }
		sum += quad.Fixed(func(x float64) float64 {
			r := s.at(x, tau)
			if r == 0 {
				return 0
			}
			return r * (math.Log(r) - s.Acceleration*x)
		}, edge(i), edge(i+1), 16, quad.Legendre{}, 0)
	}
	return sum, nil
}

// Box returns the unit box.
func (s *Gravity) Box(tau float64) (lo, hi []float64, err error) {
	checkTime(tau)
	if err := valid(s); err != nil {
		return nil, nil, err
	}
	lo, hi = make([]float64, s.Dim), make([]float64, s.Dim)
	for k := range hi {
		hi[k] = 1
	}
	return lo, hi, nil
}
