package transformer

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Linear draws prompts of noisy linear regression: per prompt slopes w ~ N(0, I/Features),
// per token x ~ N(0, I) in Features coordinates and
//
//	y = w·x + Noise·ε,    ε ~ N(0, 1).
//
// Tokens are (x, y); the last one's y is the label and stands as 0.
type Linear struct {
	Prompts  int     `yaml:"prompts"`  // number of prompts, at least 1
	Tokens   int     `yaml:"tokens"`   // tokens of a prompt with the query, at least 2
	Features int     `yaml:"features"` // coordinates of x; 0 stands for 1
	Noise    float64 `yaml:"noise"`    // standard deviation of the noise, at least 0
	Seed     uint64  `yaml:"seed"`     // of the PCG generator; any value
}

// maxTokens and maxFeatures bound what is drawn: beyond them, a count is a mistake.
const (
	maxTokens   = 1 << 30
	maxFeatures = 1 << 16
)

// Validate reports what makes the description unusable.
func (l *Linear) Validate() error {
	switch {
	case l.Prompts < 1:
		return fmt.Errorf("prompts: %d: want at least 1", l.Prompts)
	case l.Tokens < 2:
		return fmt.Errorf("tokens: %d: want at least 2, an example and the query", l.Tokens)
	case l.Features < 0 || l.Features > maxFeatures:
		return fmt.Errorf("features: %d: want 1 to %d", l.Features, maxFeatures)
	case l.Tokens > maxTokens/l.Prompts:
		return fmt.Errorf("prompts: %d of %d tokens: want at most %d tokens in all", l.Prompts, l.Tokens, maxTokens)
	case !(l.Noise >= 0) || math.IsInf(l.Noise, 0):
		return fmt.Errorf("noise: %v: want a finite number, at least 0", l.Noise)
	}
	return nil
}

// Draw returns the prompts: the same for the same description, and the first b of
// them the same for any number of prompts. It fails if the description is invalid.
func (l *Linear) Draw() (*Prompts, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	features := max(1, l.Features)
	w := make([]float64, features)
	return drawTasks(l.Prompts, l.Tokens, features, l.Noise, l.Seed, func(r *rand.Rand) func(x []float64) float64 {
		for d := range w {
			w[d] = r.NormFloat64() / math.Sqrt(float64(features))
		}
		return func(x []float64) float64 {
			y := 0.0
			for d, v := range x {
				y += w[d] * v
			}
			return y
		}
	}), nil
}

// drawTasks draws prompts of tokens (x, y), y = task(x) with noise, a new task for each.
func drawTasks(prompts, tokens, features int, noise float64, seed uint64, newTask func(*rand.Rand) func(x []float64) float64) *Prompts {
	r := rand.New(rand.NewPCG(seed, 0))
	p := &Prompts{N: tokens, Dim: features + 1}
	x, y := make([]float64, tokens*features), make([]float64, tokens)
	for range prompts {
		task := newTask(r)
		for i := range y {
			xi := x[i*features : (i+1)*features]
			for d := range xi {
				xi[d] = r.NormFloat64()
			}
			y[i] = task(xi) + noise*r.NormFloat64()
		}
		p.append(x, y)
	}
	return p
}
