package transport

import (
	"math"
)

// MaxSliced is the largest distance W₂ between projections on a line. It is sought
// from the best of random directions by
//
//	θ ← Σ π_θ (x − y)(x − y)ᵀθ, normalised,
//
// with π_θ the optimal plan of the projections, as long as that increases the
// distance. The result is a lower bound of the maximum, which is not concave in θ;
// Upper is unknown.
type MaxSliced struct {
	Projections int    `yaml:"projections"` // number of directions to begin with; default 200
	Seed        uint64 `yaml:"seed"`        // of the directions; default 1
}

func init() { Distances.Add("max-sliced-w2", func() Distance { return &MaxSliced{200, 1} }) }

// Validate reports a number of projections below 0.
func (s *MaxSliced) Validate() error { return (&Sliced{s.Projections, s.Seed}).Validate() }

// Summary says what the distance is.
func (*MaxSliced) Summary() string { return "largest W2 between projections to a line, from below" }

// Points returns the distance between two measures.
func (s *MaxSliced) Points(a, b *Measure) (Result, error) {
	if err := s.Validate(); err != nil {
		return Result{}, err
	}
	mass, err := checkPair(a, b)
	if err != nil {
		return Result{}, err
	}
	theta := directions(a.Dim, s.Projections, s.Seed)
	best, at := -1.0, 0
	for p, v := range slicedSquares(a, b, theta) {
		if v > best {
			best, at = v, p
		}
	}
	v, count := theta[at], len(theta)
	for range 100 {
		next := ascent(a, b, v)
		count++
		value := slicedSquares(a, b, [][]float64{next})[0]
		if !(value > best*(1+1e-12)) {
			break
		}
		best, v = value, next
	}
	r := unbounded(math.Sqrt(mass*best), "projections", count)
	r.Lower = r.Value
	return r, nil
}

// ascent returns the next direction.
func ascent(a, b *Measure, theta []float64) []float64 {
	x, y := make([]projected, a.N), make([]projected, b.N)
	project(x, a, fractionsOf(a), theta)
	project(y, b, fractionsOf(b), theta)
	next := make([]float64, a.Dim)
	match(x, y, func(p, q *projected, w float64) {
		for k := range next {
			next[k] += w * (p.x - q.x) * (a.Points[k*a.N+p.i] - b.Points[k*b.N+q.i])
		}
	})
	if normalised(next) == 0 {
		copy(next, theta)
	}
	return next
}
