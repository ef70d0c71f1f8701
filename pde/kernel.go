package pde

import "math"

// The kernels of the explicit schemes work on rows: equally long, contiguous
// pieces of cell arrays. Every axis of a grid becomes a row operation, because the
// neighbours of a row along another axis are a row too, and those along the row's
// own axis are the same row shifted by one. All operations are elementwise and
// rounded one by one (no fused multiply-add; the explicit float64 conversions see
// to that), so the vector code that internal/asm writes gives the same bits as these
// loops.

// lanes are partial sums by index modulo 4, in which the kernels accumulate so
// that vector and scalar code agree to the last bit.
type lanes [4]float64

// sum returns the total.
func (l *lanes) sum() float64 { return (l[0] + l[1]) + (l[2] + l[3]) }

// drainsGo adds to w what the faces of one axis can take out of a cell per unit of
// time, relative to its content: c times the larger of the two outward drops
// of Ψ,
//
//	w += c · max(0, p − lo, p − hi).
func drainsGo(w, p, lo, hi []float64, c float64) {
	n := len(w)
	p, lo, hi = p[:n], lo[:n], hi[:n]
	for j, v := range p {
		w[j] += float64(c * max(0, v-lo[j], v-hi[j]))
	}
}

// drainSumsGo is drainsGo with the sum of the outward drops in place of the larger:
//
//	w += c · (max(0, p − lo) + max(0, p − hi)).
func drainSumsGo(w, p, lo, hi []float64, c float64) {
	n := len(w)
	p, lo, hi = p[:n], lo[:n], hi[:n]
	for j, v := range p {
		w[j] += float64(c * (max(0, v-lo[j]) + max(0, v-hi[j])))
	}
}

// sumMinGo adds x to the partial sums s and lowers the partial minima m.
func sumMinGo(x []float64, s, m *lanes) {
	for j, v := range x {
		s[j&3] += v
		m[j&3] = min(m[j&3], v)
	}
}

// sumMaxGo adds x to the partial sums s and raises the partial maxima m.
func sumMaxGo(x []float64, s, m *lanes) {
	for j, v := range x {
		s[j&3] += v
		m[j&3] = max(m[j&3], v)
	}
}

// largest returns the maximum of x, or NaN if there is one.
func largest(x []float64) float64 {
	inf := math.Inf(-1)
	sum, top := lanes{}, lanes{inf, inf, inf, inf}
	for len(x) > 0 {
		n := min(len(x), stripLength)
		sumMax(x[:n], &sum, &top)
		x = x[n:]
	}
	if s := sum.sum(); math.IsNaN(s) {
		return s
	}
	return max(top[0], top[1], top[2], top[3])
}

// smallest returns the smallest element of x, or +Inf.
func smallest(x []float64) float64 {
	inf := math.Inf(1)
	s, low := lanes{}, lanes{inf, inf, inf, inf}
	for len(x) > 0 {
		n := min(len(x), stripLength)
		sumMin(x[:n], &s, &low)
		x = x[n:]
	}
	return min(low[0], low[1], low[2], low[3])
}
