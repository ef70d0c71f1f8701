package grid

import (
	"fmt"
	"math"
)

// Tanh clusters cells towards both ends,
//
//	x = (lo + hi)/2 + (hi − lo)/2 · tanh(α(2t − 1))/tanh α,    cosh²α = r,
//
// with cells in the middle r = Ratio times as wide as at the walls.
type Tanh struct {
	Ratio float64 `yaml:"ratio"` // r ≥ 1; 10 in an experiment file that does not say
}

func init() { Gradings.Add("tanh", func() Grading { return &Tanh{Ratio: 10} }) }

// Summary says in a line what the grading is.
func (Tanh) Summary() string {
	return "fine at both ends, ratio times as wide in the middle"
}

// Validate reports a ratio below 1 or not finite.
func (g Tanh) Validate() error {
	if !(g.Ratio >= 1) || math.IsInf(g.Ratio, 0) {
		return fmt.Errorf("ratio: %v: want a finite number of at least 1; sinh clusters in the middle", g.Ratio)
	}
	return nil
}

// Position returns X(t); see Tanh.
func (g Tanh) Position(t, lo, hi float64) float64 {
	s := 2*t - 1
	if a := math.Acosh(math.Sqrt(g.Ratio)); a > 0 {
		s = math.Tanh(a*s) / math.Tanh(a)
	}
	return lo + (hi-lo)*(1+s)/2
}
