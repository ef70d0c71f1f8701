package transport

import "math"

// Cost is a cost of moving a unit of mass.
type Cost int

// The costs.
const (
	Squared   Cost = iota // |x − y|²
	Euclidean             // |x − y|
)

// between returns the cost as a function of the numbers of two points.
func (c Cost) between(a, b *Measure) func(i, j int) float64 {
	d, n, m, x, y := a.Dim, a.N, b.N, a.Points, b.Points
	return func(i, j int) float64 {
		s := 0.0
		for k := range d {
			z := x[k*n+i] - y[k*m+j]
			s += z * z
		}
		if c == Euclidean {
			s = math.Sqrt(s)
		}
		return s
	}
}

// lowest returns the smallest c(x_i, y_j) − v_j over all j and the first j that has
// it. It has +Inf and −1 if there is no finite one.
func (c Cost) lowest(a, b *Measure, i int, v []float64) (best float64, at int) {
	if a.Dim == 2 && c == Squared {
		return lowest2(a.Points[i], a.Points[a.N+i], b.Points[:b.N], b.Points[b.N:], v)
	}
	best, at = math.Inf(1), -1
	var row [256]float64
	for lo := 0; lo < b.N; lo += len(row) {
		r := row[:min(len(row), b.N-lo)]
		c.fill(r, a, b, i, lo)
		w := v[lo : lo+len(r)]
		for j, s := range r {
			if s -= w[j]; s < best {
				best, at = s, lo+j
			}
		}
	}
	return best, at
}

// fill writes c(x_i, y_{lo+j}) to dst[j].
func (c Cost) fill(dst []float64, a, b *Measure, i, lo int) {
	clear(dst)
	for k := range a.Dim {
		x, y := a.Points[k*a.N+i], b.Points[k*b.N+lo:]
		y = y[:len(dst)]
		for j := range dst {
			z := x - y[j]
			dst[j] += z * z
		}
	}
	if c == Euclidean {
		for j, s := range dst {
			dst[j] = math.Sqrt(s)
		}
	}
}

// lowest2 is lowest for the squared distance in the plane.
func lowest2(x0, x1 float64, y0, y1, v []float64) (best float64, at int) {
	best, at = math.Inf(1), -1
	y0, y1 = y0[:len(v)], y1[:len(v)]
	for j, w := range v {
		z0, z1 := x0-y0[j], x1-y1[j]
		if s := z0*z0 + z1*z1 - w; s < best {
			best, at = s, j
		}
	}
	return best, at
}

// largest bounds the cost of any pair: that of the diagonal of the points' box.
func (c Cost) largest(a, b *Measure) float64 {
	s := 0.0
	for k := range a.Dim {
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, x := range a.Coordinate(k) {
			lo, hi = min(lo, x), max(hi, x)
		}
		for _, x := range b.Coordinate(k) {
			lo, hi = min(lo, x), max(hi, x)
		}
		s += (hi - lo) * (hi - lo)
	}
	if c == Euclidean {
		return math.Sqrt(s)
	}
	return s
}
