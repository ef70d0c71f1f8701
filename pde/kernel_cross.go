package pde

import "math"

// lanes8 are partial sums by index modulo 8 within a strip, as lanes are.
type lanes8 [8]float64

// sum returns the total.
func (l *lanes8) sum() float64 {
	return ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

// crossing holds the rows that the kernels cross, along and crossAlong work on, n cells
// long where nothing else is said. Each kernel does the work of slopes, fluxes and
// update in one pass:
//
//	cross       of an axis whose neighbours are other rows
//	along       of the last axis, whose neighbours are the cells beside
//	crossAlong  of one of the former and then of the last
//
// Rows may be the same where a cell is read before it is written: out and r0, s and f in
// and out.
type crossing struct {
	out, src     []float64 // the results, and what they are the update of
	r0, r1, r2   []float64 // density: the row, to the end of its row of the grid, and the next two
	p0, p1       []float64 // Ψ: likewise
	s            []float64 // upper half slopes: of r0 when the kernel begins, of r1 when it ends
	f            []float64 // fluxes through the lower faces of r0, then through the upper ones
	between      []float64 // crossAlong: the results of the first axis
	n            int
	lam          float64   // dt/h² of the axis across
	lamAlong     float64   // and of the last
	metric       []float64 // of the faces above the cells of a graded last axis, or nil; see graded.go
	mean         bool      // write the average of out and of the results; leave the sums alone
	half, margin float64   // of the limiters: θ/2, and by how much third-order may overshoot

	across, along lanes8     // dissipation across and along
	content       lanes8     // Σ p0·r0, by the kernels that treat the last axis
	slope, inflow [8]float64 // element 7: of the cell at hand, its upper half slope and the flux through its lower face

	limiter limiter
	pad     *scratch
}

// scratch is room for the kernels in Go.
type scratch struct{ up, down, flux []float64 }

// newScratch returns scratch for strips of n cells.
func newScratch(n int) *scratch {
	return &scratch{make([]float64, n+1), make([]float64, n+1), make([]float64, n+1)}
}

// crossGo is the kernel cross for the cells from, …, n−1; from is a multiple of 8.
func crossGo(x *crossing, from int) {
	m := x.n - from
	if m == 0 {
		return
	}
	up, down, hi := x.pad.up[:m], x.pad.down[:m], x.pad.flux[:m]
	r0, r1, s, f := x.r0[from:x.n], x.r1[from:x.n], x.s[from:x.n], x.f[from:x.n]
	x.limiter.slopes(up, down, r0, r1, x.r2[from:x.n], x.margin)
	fluxesGo(hi, x.p0[from:x.n], x.p1[from:x.n], r0, r1, s, down, x.lam, &x.across)
	updateGo(x.out[from:x.n], x.src[from:x.n], hi, f)
	copy(f, hi)
	copy(s, up)
}

// alongGo is the kernel along for the cells from, …, n−1; from is a multiple of 8.
func alongGo(x *crossing, from int) {
	m := x.n - from
	if m == 0 {
		return
	}
	r, p := x.r0[from:], x.p0[from:]
	last := len(r) - 1 // beyond it is the wall
	q := min(m, last)  // faces that are not on the wall
	up, down, f := x.pad.up[:q+1], x.pad.down[:q+1], x.pad.flux[:m+1]
	inner := min(q, last-1) // cells above the first that have two neighbours
	if inner > 0 {
		x.limiter.slopes(up[1:inner+1], down[1:inner+1], r[:inner], r[1:inner+1], r[2:inner+2], x.margin)
	}
	if q > 0 && inner < q {
		x.limiter.slopes(up[q:], down[q:], r[q-1:q], r[q:q+1], r[q:q+1], x.margin)
	}
	up[0], f[0] = x.slope[7], x.inflow[7]
	if x.metric != nil {
		gradedFluxes(f[1:q+1], p, r, up, down, x.metric[from:from+q], x.lamAlong, &x.along)
	} else {
		fluxesGo(f[1:q+1], p[:q], p[1:q+1], r[:q], r[1:q+1], up[:q], down[1:q+1], x.lamAlong, &x.along)
	}
	if q < m {
		f[m] = 0
	}
	x.slope[7], x.inflow[7] = up[q], f[m]
	if x.mean {
		averageGo(x.out[from:x.n], x.src[from:x.n], f[1:], f[:m])
	} else {
		for j, v := range p[:m] {
			x.content[j&7] += float64(v * r[j])
		}
		updateGo(x.out[from:x.n], x.src[from:x.n], f[1:], f[:m])
	}
}

// crossAlongGo is the kernel crossAlong.
func crossAlongGo(x *crossing) {
	out := x.out
	x.out = x.between
	cross(x)
	x.out, x.src = out, x.between
	along(x)
}

// fluxesGo writes what crosses the faces between the rows 0 and 1 in one step, as
// an average over a cell:
//
//	f = lam (p0 − p1) · (r0 + s0 if p0 ≥ p1, else r1 − s1),    lam = dt/h²,
//
// p being Ψ, r the density and s its half slope. To d it adds f·(p0 − p1), from
// which the dissipation follows.
func fluxesGo(f []float64, p0, p1, r0, r1, s0, s1 []float64, lam float64, d *lanes8) {
	n := len(f)
	p0, p1, r0, r1, s0, s1 = p0[:n], p1[:n], r0[:n], r1[:n], s0[:n], s1[:n]
	for j := range f {
		drop := p0[j] - p1[j]
		v := float64(drop*lam) * upwind(drop, r0[j]+s0[j], r1[j]-s1[j])
		f[j] = v
		d[j&7] += float64(v * drop)
	}
}

// gradedFluxes is fluxesGo along the last axis of a graded grid, where the rows 0 and 1
// are one row shifted by one and lam is multiplied by the metric of each face.
func gradedFluxes(f, p, r, s, t, metric []float64, lam float64, d *lanes8) {
	n := len(f)
	p, r, s, t, metric = p[:n+1], r[:n+1], s[:n], t[:n+1], metric[:n]
	for j, c := range metric {
		drop := p[j] - p[j+1]
		v := float64(drop*float64(lam*c)) * upwind(drop, r[j]+s[j], r[j+1]-t[j+1])
		f[j] = v
		d[j&7] += float64(v * drop)
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
