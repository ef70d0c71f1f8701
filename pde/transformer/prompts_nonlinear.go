package transformer

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Nonlinear draws prompts of noisy nonlinear regression: per prompt a teacher of Units
// neurons with weights w_k ~ N(0, I) and c_k ~ N(0, 1), per token x ~ N(0, I) in
// Features coordinates and
//
//	y = (1/√Units) Σ_k c_k tanh(w_k·x) + Noise·ε,    ε ~ N(0, 1).
//
// Tokens are (x, y); the last one's y is the label and stands as 0.
type Nonlinear struct {
	Prompts  int     `yaml:"prompts"`  // number of prompts, at least 1
	Tokens   int     `yaml:"tokens"`   // tokens of a prompt with the query, at least 2
	Features int     `yaml:"features"` // coordinates of x; 0 stands for 1
	Units    int     `yaml:"units"`    // neurons of a teacher; 0 stands for 4
	Noise    float64 `yaml:"noise"`    // standard deviation of the noise, at least 0
	Seed     uint64  `yaml:"seed"`     // of the PCG generator; any value
}

// maxUnits bounds the neurons of a teacher.
const maxUnits = 1 << 16

// Validate reports what makes the description unusable.
func (l *Nonlinear) Validate() error {
	if l.Units < 0 || l.Units > maxUnits {
		return fmt.Errorf("units: %d: want 1 to %d", l.Units, maxUnits)
	}
	return (&Linear{Prompts: l.Prompts, Tokens: l.Tokens, Features: l.Features, Noise: l.Noise}).Validate()
}

// Draw returns the prompts: the same for the same description, and the first b of them
// the same for any number of prompts. It fails if the description is invalid.
func (l *Nonlinear) Draw() (*Prompts, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	features, units := max(1, l.Features), l.Units
	if units == 0 {
		units = 4
	}
	w, c := make([]float64, units*features), make([]float64, units)
	return drawTasks(l.Prompts, l.Tokens, features, l.Noise, l.Seed, func(r *rand.Rand) func(x []float64) float64 {
		for k := range c {
			c[k] = r.NormFloat64() / math.Sqrt(float64(units))
			for d := range features {
				w[k*features+d] = r.NormFloat64()
			}
		}
		return func(x []float64) float64 {
			y := 0.0
			for k := range c {
				a := 0.0
				for d, v := range x {
					a += w[k*features+d] * v
				}
				y += c[k] * math.Tanh(a)
			}
			return y
		}
	}), nil
}
