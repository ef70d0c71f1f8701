package transport

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Sliced is the sliced Wasserstein distance, the root mean square over directions θ of
// the distance W₂ between the projections on θ,
//
//	(1/P Σ_p W₂²(θ_p·a, θ_p·b))^{1/2},
//
// with directions drawn uniformly from the sphere by the seed; on the line it is W₂.
// For given directions it is a semimetric that obeys the triangle inequality.
type Sliced struct {
	Projections int    `yaml:"projections"` // number of directions; default 200
	Seed        uint64 `yaml:"seed"`        // of the directions; default 1
}

func init() { Distances.Add("sliced-w2", func() Distance { return &Sliced{200, 1} }) }

// Validate reports a number of projections below 0.
func (s *Sliced) Validate() error {
	if s.Projections < 0 {
		return fmt.Errorf("transport: sliced-w2: %d projections: want at least 1", s.Projections)
	}
	return nil
}

// Summary says what the distance is.
func (*Sliced) Summary() string { return "root mean square of W2 over random projections to lines" }

// Points returns the distance between two measures.
func (s *Sliced) Points(a, b *Measure) (Result, error) {
	if err := s.Validate(); err != nil {
		return Result{}, err
	}
	mass, err := checkPair(a, b)
	if err != nil {
		return Result{}, err
	}
	theta := directions(a.Dim, s.Projections, s.Seed)
	squares := slicedSquares(a, b, theta)
	return unbounded(math.Sqrt(mass*total(squares)/float64(len(theta))), "projections", len(theta)), nil
}

// directions draws unit vectors; 0 projections and seed 0 mean the defaults.
func directions(dim, count int, seed uint64) [][]float64 {
	if count == 0 {
		count = 200
	}
	if seed == 0 {
		seed = 1
	}
	rng := rand.New(rand.NewPCG(seed, 0x51c3d))
	theta := make([][]float64, count)
	for p := range theta {
		v := make([]float64, dim)
		for norm := 0.0; norm == 0; {
			for k := range v {
				v[k] = rng.NormFloat64()
			}
			norm = normalised(v)
		}
		theta[p] = v
	}
	return theta
}

// normalised divides v by its length, which it returns.
func normalised(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x * x
	}
	s = math.Sqrt(s)
	if s > 0 {
		for k := range v {
			v[k] /= s
		}
	}
	return s
}

// slicedSquares returns W₂² between the projections, for measures scaled to mass one.
func slicedSquares(a, b *Measure, theta [][]float64) []float64 {
	out := make([]float64, len(theta))
	wa, wb := fractionsOf(a), fractionsOf(b)
	parallel(len(theta), func(lo, hi int) {
		x, y := make([]projected, a.N), make([]projected, b.N)
		for p := lo; p < hi; p++ {
			project(x, a, wa, theta[p])
			project(y, b, wb, theta[p])
			s := 0.0
			match(x, y, func(p, q *projected, w float64) {
				z := p.x - q.x
				s += w * z * z
			})
			out[p] = s
		}
	})
	return out
}

// projected is point i of a measure on a line.
type projected struct {
	x, w float64
	i    int
}

// project writes the projections of the points of m, with the weights w, on theta in
// ascending order.
func project(dst []projected, m *Measure, w, theta []float64) {
	for i := range dst {
		dst[i] = projected{0, w[i], i}
	}
	for k, t := range theta {
		for i, x := range m.Coordinate(k) {
			dst[i].x += t * x
		}
	}
	slices.SortFunc(dst, func(a, b projected) int { return cmp.Compare(a.x, b.x) })
}

// match calls move for the entries of the monotone plan between two sorted lists of
// equal mass.
func match(x, y []projected, move func(p, q *projected, w float64)) {
	i, j := 0, 0
	left, right := x[0].w, y[0].w
	for {
		w := min(left, right)
		move(&x[i], &y[j], w)
		left, right = left-w, right-w
		if left <= right {
			if i++; i == len(x) {
				return
			}
			left = x[i].w
			if right <= 0 && j+1 < len(y) {
				j++
				right = y[j].w
			}
			continue
		}
		if j++; j == len(y) {
			return
		}
		right = y[j].w
	}
}
