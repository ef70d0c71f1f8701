package transport

import (
	"math"
	"slices"

	"pdesolve/internal/simd"
)

// softKernel is the smoothed minimum over a squared distance between two sets of
// points,
//
//	soft(dst, p)_i = −ε log Σ_j exp(p_j − |x_i − y_j|²/ε),
//
// from the second set to the first, or from the first to the second if back is set.
// It is evaluated in the log domain: nothing over- or underflows, and p_j = −∞ is
// allowed.
type softKernel interface {
	soft(dst, p []float64, epsilon float64, back bool)
	coordinate(k int, back bool) []float64 // coordinate k of the first set, or of the second
	dim() int
}

// pointKernel is of points in any place. It keeps them in the order of a k-d tree: where
// ε is small, most runs of points are too far from a point to count.
type pointKernel struct {
	a, b         *Measure
	there, back  *search
	orderA       []int32 // place in the measure of each point in order
	orderB       []int32
	sorted, into []float64 // scratch
}

func newPointKernel(a, b *Measure) *pointKernel {
	k := &pointKernel{a: a, b: b, sorted: make([]float64, max(a.N, b.N)), into: make([]float64, max(a.N, b.N))}
	ones := slices.Repeat([]int64{1}, max(a.N, b.N))
	pa, orderA, _ := support(a, ones[:a.N])
	pb, orderB, _ := support(b, ones[:b.N])
	k.orderA, k.orderB = orderA, orderB
	k.there, k.back = newSearch(Squared, pa, pb), newSearch(Squared, pb, pa)
	return k
}

func (s *pointKernel) dim() int { return s.a.Dim }

func (s *pointKernel) coordinate(k int, back bool) []float64 {
	if back {
		return s.b.Coordinate(k)
	}
	return s.a.Coordinate(k)
}

func (s *pointKernel) soft(dst, p []float64, epsilon float64, back bool) {
	find, to, from := s.there, s.orderA, s.orderB
	if back {
		find, to, from = s.back, s.orderB, s.orderA
	}
	v, into := s.sorted[:len(from)], s.into[:len(to)]
	for at, j := range from {
		v[at] = epsilon * p[j]
	}
	find.with(v)
	parallel(len(to), func(lo, hi int) {
		f, row := find.fork(), make([]float64, len(v))
		for i := lo; i < hi; i++ {
			into[i] = f.soft(row, i, epsilon)
		}
	})
	for at, i := range to {
		dst[i] = into[at]
	}
}

// softCut is the exponent, relative to the largest term of a sum, below which terms do
// not count: a million of them are less than one rounding of the sum.
const softCut = 50

// soft returns −ε log Σ_j exp((v_j − c(x_i, y_j))/ε), +∞ if all v are −∞. row is scratch.
func (s *search) soft(row []float64, i int, epsilon float64) float64 {
	least, count := s.near(row, nil, i, epsilon)
	if math.IsInf(least, 1) {
		return least
	}
	row, n, rate := row[:count], 0, 1/epsilon
	for _, z := range row {
		z = (least - z) * rate
		row[n] = z
		if z > -softCut {
			n++
		}
	}
	simd.Exp(row[:n], row[:n])
	sum := 0.0
	for _, z := range row[:n] {
		sum += z
	}
	return least - epsilon*math.Log(sum)
}

// near writes c(x_i, y_j) − v_j to row for all j of the runs in which it may be within
// softCut·ε of the least, which it returns with the number of them. The j go to at if
// it is not nil.
func (s *search) near(row []float64, at []int32, i int, epsilon float64) (least float64, count int) {
	least = math.Inf(1)
	look := func(r int) {
		lo, hi := s.runs.run(r)
		out := row[count : count+hi-lo]
		s.cost.fill(out, s.a, s.b, i, lo)
		for j, w := range s.v[lo:hi] {
			z := out[j] - w
			out[j] = z
			if z < least {
				least = z
			}
			if at != nil {
				at[count+j] = int32(lo + j)
			}
		}
		count += hi - lo
	}
	first := s.bounds(i)
	look(first)
	for r, low := range s.low {
		if low < least+softCut*epsilon && r != first {
			look(r)
		}
	}
	return least, count
}
