package grid

import (
	"fmt"
	"math"
)

// Sinh clusters cells about a point, x = c + δ sinh η with equal steps of η:
//
//	h ≈ Δη √(δ² + (x − c)²).
//
// Within the distance δ = Scale of c = Center the cells are nearly equal, and beyond
// they grow in proportion to the distance. The point may be an end of the axis, or lie
// outside. With half-widths L on either side, N cells are as fine at the center as
// L/δ/asinh(L/δ) times as many equal ones.
type Sinh struct {
	Center float64 `yaml:"center"` // c, in the units of the axis; 0 in an experiment file that does not say
	Scale  float64 `yaml:"scale"`  // δ > 0, in the units of the axis
}

func init() { Gradings.Add("sinh", func() Grading { return &Sinh{Scale: 1} }) }

// Summary says in a line what the grading is.
func (Sinh) Summary() string {
	return "fine within scale of center, growing in proportion to the distance beyond"
}

// Validate reports a center that is not finite and a scale that is no positive number.
func (s Sinh) Validate() error {
	if math.IsNaN(s.Center) || math.IsInf(s.Center, 0) {
		return fmt.Errorf("center: %v is not finite", s.Center)
	}
	if !(s.Scale > 0) || math.IsInf(s.Scale, 0) {
		return fmt.Errorf("scale: %v: want a finite number above 0, the half-width of the fine part", s.Scale)
	}
	return nil
}

// Position returns c + δ sinh((1 − t) asinh((lo − c)/δ) + t asinh((hi − c)/δ)).
func (s Sinh) Position(t, lo, hi float64) float64 {
	a, b := math.Asinh((lo-s.Center)/s.Scale), math.Asinh((hi-s.Center)/s.Scale)
	return s.Center + s.Scale*math.Sinh((1-t)*a+t*b)
}
