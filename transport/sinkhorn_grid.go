package transport

import (
	"math"

	"pdesolve/grid"
	"pdesolve/internal/simd"
)

// gridKernel is separable: the sum is taken axis after axis, in N Σ n_k operations
// for N cells in place of N².
type gridKernel struct{ grid *grid.Grid }

func (s *gridKernel) dim() int { return s.grid.Dim() }

func (s *gridKernel) coordinate(k int, _ bool) []float64 {
	out := make([]float64, s.grid.Len())
	a := s.grid.Axis(k)
	for i := range out {
		out[i] = a.Center(i / s.grid.Stride(k) % a.N)
	}
	return out
}

func (s *gridKernel) soft(dst, p []float64, epsilon float64, _ bool) {
	LogGauss(dst, p, s.grid, epsilon)
	for i, v := range dst {
		dst[i] = -epsilon * v
	}
}

// LogGauss writes
//
//	dst_i = log Σ_j exp(p_j − |x_i − x_j|²/ε)
//
// to dst and returns it, the sum being over the cells of a grid of equal cells and x
// their midpoints; nil allocates. Nothing over- or underflows, p_j = −∞ is allowed, and
// dst may be p. It takes a few nanoseconds a cell, axis and cell of the line. It panics if
// an axis is graded.
func LogGauss(dst, p []float64, g *grid.Grid, epsilon float64) []float64 {
	if dst == nil {
		dst = make([]float64, g.Len())
	}
	if len(dst) != g.Len() || len(p) != g.Len() {
		panic("transport: LogGauss: lengths do not fit the grid")
	}
	copy(dst, p)
	for k := range g.Dim() {
		n, stride, h := g.Axis(k).N, g.Stride(k), g.Axis(k).H()
		rate := h * h / epsilon
		parallel(len(dst)/n, func(lo, hi int) {
			l := newGaussLine(n, rate)
			for at := lo; at < hi; at++ {
				base := at/stride*n*stride + at%stride
				for i := range l.p {
					l.p[i] = dst[base+i*stride]
				}
				l.transform()
				for i, v := range l.out {
					dst[base+i*stride] = v
				}
			}
		})
	}
	return dst
}

// gaussLine computes out_i = log Σ_j exp(p_j − (i − j)² rate) on a line of n cells.
//
// A block of places i around m is done at once. Let t_j = p_j − (m − j)² rate be the
// exponents at m, j* where they are largest, a = i − m and e = j − j*. Then
//
//	out_i = t_{j*} − 2a(m − j*) rate + log Σ_j x_j exp(−(a − e)² rate),
//	x_j   = exp(t_j − t_{j*} + e² rate),
//
// which is a scalar product an i, of numbers that neither over- nor underflow as long
// as the j that count, by e^{−softCut} of the largest, are not too far apart;
// otherwise every i is done by itself.
type gaussLine struct {
	rate   float64
	p, out []float64
	t, x   []float64
	kernel []float64 // exp(−k² rate) at the middle + k
	block  int       // of places done at once
	reach  int       // how far apart the j of a block may be
}

// Exponents e² rate of a block are at most lineReach, and a² rate at most blockReach, so
// that (|e| + |a|)² rate < 700: e⁷⁰⁰ and its inverse are numbers.
const (
	lineReach  = 500
	blockReach = 10
)

func newGaussLine(n int, rate float64) *gaussLine {
	l := &gaussLine{rate: rate, p: make([]float64, n), out: make([]float64, n), t: make([]float64, n), x: make([]float64, n)}
	l.block = max(1, min(32, int(2*math.Sqrt(blockReach/rate))))
	l.reach = int(min(float64(n), math.Sqrt(lineReach/rate)))
	l.kernel = make([]float64, 2*(n+l.block)+1)
	for k := range l.kernel {
		z := float64(k - n - l.block)
		l.kernel[k] = math.Exp(-min(z*z*rate, 700))
	}
	return l
}

func (l *gaussLine) transform() {
	n := len(l.p)
	for first := 0; first < n; first += l.block {
		last := min(first+l.block, n)
		l.transformBlock(first, last, (first+last)/2)
	}
}

func (l *gaussLine) transformBlock(first, last, m int) {
	p, t := l.p, l.t[:len(l.p)]
	top, at := math.Inf(-1), -1
	for j, v := range p {
		z := float64(m - j)
		v -= z * z * l.rate
		t[j] = v
		if v > top {
			top, at = v, j
		}
	}
	if at < 0 {
		for i := first; i < last; i++ {
			l.out[i] = math.Inf(-1)
		}
		return
	}
	lo, hi := at, at // the first and the last j that count for some i
	slope := float64(l.block) * l.rate
	for j := 0; j < at; j++ {
		if t[j]-top+float64(at-j)*slope > -softCut {
			lo = j
			break
		}
	}
	for j := len(t) - 1; j > at; j-- {
		if t[j]-top+float64(j-at)*slope > -softCut {
			hi = j
			break
		}
	}
	if max(at-lo, hi-at) > l.reach {
		for i := first; i < last; i++ {
			l.out[i] = l.single(i)
		}
		return
	}
	x := l.x[:hi-lo+1]
	for k := range x {
		e := float64(lo + k - at)
		x[k] = max(t[lo+k]-top+e*e*l.rate, -700)
	}
	simd.Exp(x, x)
	for i := first; i < last; i++ {
		a := i - m
		from := len(p) + l.block + lo - at - a // of e − a for the first e
		s := simd.Dot(x, l.kernel[from:from+len(x)])
		l.out[i] = top - 2*float64(a)*float64(m-at)*l.rate + math.Log(s)
	}
}

// single is the sum at one place.
func (l *gaussLine) single(i int) float64 {
	top := math.Inf(-1)
	for j, v := range l.p {
		z := float64(i - j)
		v -= z * z * l.rate
		l.x[j] = v
		top = max(top, v)
	}
	for j, v := range l.x {
		l.x[j] = max(v-top, -700)
	}
	simd.Exp(l.x, l.x)
	s := 0.0
	for _, v := range l.x {
		s += v
	}
	return top + math.Log(s)
}
