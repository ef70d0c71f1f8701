package exact

import (
	"fmt"
	"math"

	"pdesolve/grid"
	"pdesolve/pde"
)

// HeatBox is diffusion in the unit box [0, 1]^d, whose walls let nothing through, from a
// product of cosines; d = 1 … 4 (derived):
//
//	∂_τρ = c Δρ,    ρ = Π_k (1 + b_k cos πx_k),    b_k(τ) = a_k e^{−cπ²τ}.
//
// It is smooth, has no tails and varies along all axes, so that few cells resolve it: the
// solution for four dimensions.
type HeatBox struct {
	Coefficient float64   `yaml:"coefficient"` // c, above 0
	Amplitude   []float64 `yaml:"amplitude"`   // a_k, one number per axis, between −1 and 1
}

// NewHeatBox returns the example that Solutions holds: one dimension.
func NewHeatBox() *HeatBox { return &HeatBox{Coefficient: 1, Amplitude: []float64{0.8}} }

func init() { Solutions.Add("heat-box", func() Solution { return NewHeatBox() }) }

// Name returns "heat-box".
func (s *HeatBox) Name() string { return "heat-box" }

// Summary says in a line what the flow is.
func (s *HeatBox) Summary() string { return "entropy; cosines relax in the unit box, walls included" }

// Validate reports a coefficient that is not a positive number, fewer than one or more
// than four amplitudes, and one that is not between −1 and 1.
func (s *HeatBox) Validate() error {
	if !(s.Coefficient > 0) || math.IsInf(s.Coefficient, 0) {
		return fmt.Errorf("coefficient: %v: want a finite number above 0", s.Coefficient)
	}
	for k, a := range s.Amplitude {
		if !(math.Abs(a) < 1) {
			return fmt.Errorf("amplitude: entry %d: %v: want a number between -1 and 1", k, a)
		}
	}
	return checkPoint("amplitude", s.Amplitude)
}

// Facts returns a fiftieth of the time in which the cosines fall to 1/e, and says that the walls
// belong to the model.
func (s *HeatBox) Facts() Facts {
	return Facts{Horizon: 0.02 / (s.Coefficient * math.Pi * math.Pi), Walls: true, Source: "derived"}
}

// Energy returns the entropy of one component.
func (s *HeatBox) Energy() (energy pde.Energy, components int) {
	return pde.Entropy{Coefficient: s.Coefficient}, 1
}

// amplitude returns b_k at τ.
func (s *HeatBox) amplitude(k int, tau float64) float64 {
	return s.Amplitude[k] * math.Exp(-s.Coefficient*math.Pi*math.Pi*tau)
}

// Density returns the cell averages at τ, to rounding, on a grid that covers the unit box
// exactly.
func (s *HeatBox) Density(tau float64, g *grid.Grid) (*grid.Density, error) {
	checkTime(tau)
	if err := valid(s); err != nil {
		return nil, err
	}
	if err := unitBox(s, len(s.Amplitude), g); err != nil {
		return nil, err
	}
	dst := grid.NewDensity(g)
	for i := range dst.Values {
		dst.Values[i] = 1
	}
	for k := range s.Amplitude {
		a, b, stride := g.Axis(k), s.amplitude(k, tau), g.Stride(k)
		factor := make([]float64, a.N)
		for i := range factor { // sin πy − sin πx = 2 sin(πh/2) cos(π(x + y)/2) loses nothing
			h := a.Width(i)
			factor[i] = 1 + b*2*math.Sin(math.Pi*h/2)*math.Cos(math.Pi*a.Center(i))/(math.Pi*h)
		}
		for i := range dst.Values {
			dst.Values[i] *= factor[i/stride%a.N]
		}
	}
	for range 2 { // the second round removes the rounding of the first
		dst.Scale(1 / dst.Mass())
	}
	return dst, nil
}

// Value returns F(ρ_τ) = c Σ_k (log((1 + s_k)/2) + 1 − s_k), s_k = √(1 − b_k²) (derived: the means
// of log(1 + b cos θ) and of cos θ log(1 + b cos θ) are log((1 + s)/2) and (1 − s)/b).
func (s *HeatBox) Value(tau float64) (float64, error) {
	checkTime(tau)
	if err := valid(s); err != nil {
		return 0, err
	}
	var sum float64
	for k := range s.Amplitude {
		b := s.amplitude(k, tau)
		root := math.Sqrt((1 - b) * (1 + b))
		less := b * b / (1 + root) // 1 − s
		sum += math.Log1p(-less/2) + less
	}
	return s.Coefficient * sum, nil
}

// Box returns the unit box.
func (s *HeatBox) Box(tau float64) (lo, hi []float64, err error) {
	checkTime(tau)
	if err := valid(s); err != nil {
		return nil, nil, err
	}
	lo, hi = make([]float64, len(s.Amplitude)), make([]float64, len(s.Amplitude))
	for k := range hi {
		hi[k] = 1
	}
	return lo, hi, nil
}

// Variants returns four dimensions.
func (s *HeatBox) Variants() []NamedSolution {
	return []NamedSolution{{"4d", &HeatBox{Coefficient: 1, Amplitude: []float64{0.8, -0.6, 0.5, 0.7}}}}
}

// unitBox returns an error unless g covers the unit box of the given dimension exactly.
func unitBox(s Solution, dim int, g *grid.Grid) error {
	if g.Dim() != dim {
		return fmt.Errorf("exact: %s: the grid has %d axes: want %d", s.Name(), g.Dim(), dim)
	}
	for k, a := range g.Axes() {
		if a.Lo != 0 || a.Hi != 1 {
			return fmt.Errorf("exact: %s: axis %d spans [%v, %v]: want [0, 1], the walls are part of the model", s.Name(), k, a.Lo, a.Hi)
		}
	}
	return nil
}
