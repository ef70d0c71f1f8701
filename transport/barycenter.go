package transport

import (
	"fmt"

	"pdesolve/grid"
)

// Barycenter returns the barycenter in W₂ of measures on the line with weights
// lambda, the measure that minimises Σ_m λ_m W₂²(μ_m, ·)/Σλ. Its quantile function is the
// mean of theirs,
//
//	Q = Σ_m λ_m Q_m / Σ_m λ_m,
//
// a step function with at most Σ n_m steps. Weights are at least 0, not all 0. The
// measures must have equal masses.
func Barycenter(lambda []float64, measures ...*Measure) (*Measure, error) {
	norm, err := checkWeights(lambda, len(measures))
	if err != nil {
		return nil, err
	}
	mass := 0.0
	steps := make([]*steps, len(measures))
	for m, x := range measures {
		w, err := checkPair(measures[0], x)
		if err != nil {
			return nil, fmt.Errorf("measure %d: %w", m, err)
		}
		if x.Dim != 1 {
			return nil, fmt.Errorf("transport: barycenter: measure %d is in dimension %d: want the line", m, x.Dim)
		}
		mass = w
		steps[m] = newSteps(x)
	}
	out := &Measure{Dim: 1}
	for start := 0.0; start < 1; {
		end, at := 1.0, 0.0
		for m, q := range steps {
			end = min(end, q.end())
			at += lambda[m] / norm * q.value()
		}
		if end > start {
			out.N++
			out.Points = append(out.Points, at)
			out.Weight = append(out.Weight, mass*(end-start))
		}
		for _, q := range steps {
			q.passed(end)
		}
		start = end
	}
	return out, nil
}

// steps is a quantile function of a measure of mass one, walked from the left.
type steps struct {
	m     *Measure
	order []int
	w     []float64
	at    int
	upTo  grid.Compensated
}

func newSteps(m *Measure) *steps {
	s := &steps{m: m, order: order(m), w: fractionsOf(m)}
	s.upTo.Add(s.w[s.order[0]])
	return s
}

// end returns where the present step ends; the last one ends at 1.
func (s *steps) end() float64 {
	if s.at == len(s.order)-1 {
		return 1
	}
	return min(1, s.upTo.Value())
}

func (s *steps) value() float64 { return s.m.Points[s.order[s.at]] }

// passed goes on to the step that reaches beyond end.
func (s *steps) passed(end float64) {
	for s.at < len(s.order)-1 && s.upTo.Value() <= end {
		s.at++
		s.upTo.Add(s.w[s.order[s.at]])
	}
}
