package pde

import "math"

// The kernels of the explicit schemes work on rows: equally long, contiguous
// pieces of cell arrays. Every axis of a grid becomes a row operation, because the
// neighbours of a row along another axis are a row too, and those along the row's
// own axis are the same row shifted by one. All operations are elementwise and
// rounded one by one (no fused multiply-add; the explicit float64 conversions see
// to that), so the vector code in kernel_amd64.s gives the same bits as these
// loops.

// lanes are partial sums by index modulo 4, in which the kernels accumulate so
// that vector and scalar code agree to the last bit.
type lanes [4]float64

// sum returns the total.
func (l *lanes) sum() float64 { return (l[0] + l[1]) + (l[2] + l[3]) }

// signBit is the sign of a float64.
const signBit = 1 << 63

// slopesGo writes the limited half slopes of the cells mid with the neighbours lo
// and hi along the axis:
//
//	s = ½ minmod(θa, (a + b)/2, θb),    a = mid − lo,  b = hi − mid,  half = θ/2.
//
// For 1 ≤ θ ≤ 2 it is |s| ≤ min(|a|, |b|) also after rounding, and s = 0 unless a
// and b have one sign, so mid ± s lies between the neighbours up to a rounding of
// mid, and is ≥ 0 exactly where they are.
func slopesGo(s, lo, mid, hi []float64, half float64) {
	n := len(s)
	lo, mid, hi = lo[:n], mid[:n], hi[:n]
	for j, m := range mid {
		a, b := m-lo[j], hi[j]-m
		ab, bb := math.Float64bits(a), math.Float64bits(b)
		// Non-negative floats are ordered like their bits, and the minimum of two
		// integers needs neither a branch nor a test for NaN.
		least := math.Float64frombits(min(ab&^signBit, bb&^signBit))
		t := min(math.Float64bits(half*least), math.Float64bits(0.25*math.Abs(a+b)))
		opposite := uint64(int64(ab^bb) >> 63) // all ones if the signs differ
		s[j] = math.Float64frombits((t | ab&signBit) &^ opposite)
	}
}

// fluxesGo writes what crosses the faces between the rows 0 and 1 in one step, as
// an average over a cell:
//
//	f = lam (p0 − p1) · (r0 + s0 if p0 ≥ p1, else r1 − s1),    lam = dt/h²,
//
// p being Ψ, r the density and s its half slope. To d it adds f·(p0 − p1), from
// which the dissipation follows.
func fluxesGo(f []float64, p0, p1, r0, r1, s0, s1 []float64, lam float64, d *lanes) {
	n := len(f)
	p0, p1, r0, r1, s0, s1 = p0[:n], p1[:n], r0[:n], r1[:n], s0[:n], s1[:n]
	d0, d1, d2, d3 := d[0], d[1], d[2], d[3]
	for j := range f {
		drop := p0[j] - p1[j]
		v := float64(drop*lam) * upwind(drop, r0[j]+s0[j], r1[j]-s1[j])
		f[j] = v
		// The lanes go round so that each stays in a register.
		d0, d1, d2, d3 = d1, d2, d3, d0+float64(v*drop)
	}
	d[n&3], d[(n+1)&3], d[(n+2)&3], d[(n+3)&3] = d0, d1, d2, d3
}

// gradedFluxes is fluxes along the last axis of a graded grid, where the rows 0 and 1
// are one row shifted by one and lam is multiplied by the metric of each face.
func gradedFluxes(f, p, r, s, t, metric []float64, lam float64, d *lanes) {
	n := len(f)
	p, r, s, t, metric = p[:n+1], r[:n+1], s[:n], t[:n+1], metric[:n]
	for j, c := range metric {
		drop := p[j] - p[j+1]
		v := float64(drop*float64(lam*c)) * upwind(drop, r[j]+s[j], r[j+1]-t[j+1])
		f[j] = v
		d[j&3] += float64(v * drop)
	}
}

// upwind returns a if drop ≥ 0, b if drop < 0: by the sign bit and without a branch,
// which rough data would mispredict.
func upwind(drop, a, b float64) float64 {
	down := uint64(int64(math.Float64bits(drop)) >> 63)
	return math.Float64frombits(math.Float64bits(a)&^down | math.Float64bits(b)&down)
}

// updateGo writes src − (hi − lo): the cells after the fluxes through their upper
// and lower faces. dst may be src.
func updateGo(dst, src, hi, lo []float64) {
	n := len(dst)
	src, hi, lo = src[:n], hi[:n], lo[:n]
	for j := range dst {
		dst[j] = src[j] - (hi[j] - lo[j])
	}
}

// averageGo replaces r by the average of r and src − (hi − lo).
func averageGo(r, src, hi, lo []float64) {
	n := len(r)
	src, hi, lo = src[:n], hi[:n], lo[:n]
	for j := range r {
		r[j] = 0.5 * (r[j] + (src[j] - (hi[j] - lo[j])))
	}
}

// crossing holds the rows of one axis for the kernel cross, all of length n: what
// slopes, fluxes and update take. Along the last axis the slopes and fluxes of a cell's
// lower neighbour are in registers, and slope, inflow and tail take the place of s0, s1,
// f and flo.
type crossing struct {
	out, src   *float64 // update(out, src, f, flo)
	p0, p1     *float64 // fluxes(f, p0, p1, r0, r1, s0, s1)
	r0, r1, r2 *float64 // slopes(s1, r0, r1, r2)
	s0, s1     *float64
	f, flo     *float64
	n          int
	lam, half  float64
	d          lanes

	slope, inflow float64    // of the first cell: its half slope and the flux through its lower face
	tail          [8]float64 // the fluxes through the upper faces of the last eight cells
}

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
