package pde

import (
	"math"

	"pdesolve/grid"
)

// stripLength is the longest piece of a row that a sweep treats at a time. The
// dozen rows that one piece touches then fit into the first-level cache together.
const stripLength = 512

// sweep is the spatial discretisation of [CCH15] on one grid, with its scratch:
//
//	dρ_i/dτ = −Σ_k (F_{i+e_k/2} − F_{i−e_k/2})/h_k,
//	F = u⁺ (ρ_i + s_i) + u⁻ (ρ_{i+e_k} − s_{i+e_k}),    u = −(Ψ_{i+e_k} − Ψ_i)/h_k,
//
// with u⁺ = max(u, 0), u⁻ = min(u, 0) and s the limited half slope along axis k
// towards that face, or 0 for the first-order scheme. Faces on the walls carry no flux, and s = 0 in the
// cells along a wall.
//
// On a graded axis the density is the mass of a cell and 1/h² varies from face to face;
// see graded.go.
//
// One pass over the rows does all axes. Of each axis but the last it keeps the
// fluxes and half slopes of one layer of cells in a pair of rings: what left the
// cell below enters this one without being computed twice.
type sweep struct {
	limiter limiter
	linear  bool // reconstruct linearly

	size, row int         // cells of the grid, and of one row
	n, stride []int       // cells and stride of each axis
	inv       []float64   // 1/h² of each axis, 1 of a graded one, where the metric takes its place
	metric    [][]float64 // of the faces of each axis that is graded, or nil
	steep     [][]float64 // the larger metric of the faces of a cell, or nil
	volume    float64     // of a cell, on average

	index []int          // position of the current row on each axis but the last
	lam   []float64      // dt/h² of each axis in the current pass
	flux  [][2][]float64 // per axis but the last, by parity of the cell: its upper faces
	slope [][2][]float64 // per axis but the last, by parity of the cell: its upper half slopes
	down  []float64      // a strip of lower half slopes, if they differ from the upper ones
	zero  []float64      // a strip of zeros
	along struct {       // the last axis
		slope, flux []float64
		carry       float64 // flux into the next strip
	}
	out   []float64 // a strip of results that are only averaged
	rate  []float64 // a strip of drain rates
	lanes lanes

	crossing crossing // arguments of the kernels cross and along

	layers [2]int    // the part of axis 0 that this sweep does: from, to
	sums   []float64 // dissipation of every row of the grid
	slabs  []*sweep  // the parts of a sweep that is divided between cores; see slabs.go
}

// newSweep returns the sweep on g.
func newSweep(g *grid.Grid, l limiter) *sweep {
	d := g.Dim()
	w := &sweep{
		limiter: l, linear: l.kind != constant,
		size: g.Len(), row: g.Axis(d - 1).N, n: g.Shape(), volume: g.MeanVolume(),
		index: make([]int, d-1), lam: make([]float64, d),
		flux: make([][2][]float64, d-1), slope: make([][2][]float64, d-1),
	}
	for k := range d {
		inv, metric, steep := 1.0, faceMetric(g.Axis(k)), []float64(nil)
		if metric != nil {
			steep = steepest(metric)
		} else {
			h := g.Axis(k).H()
			inv = 1 / (h * h)
		}
		w.inv, w.metric, w.steep = append(w.inv, inv), append(w.metric, metric), append(w.steep, steep)
		w.stride = append(w.stride, g.Stride(k))
		if k == d-1 {
			break
		}
		for p := range 2 {
			w.flux[k][p] = make([]float64, g.Stride(k))
			if w.linear {
				w.slope[k][p] = make([]float64, g.Stride(k))
			}
		}
	}
	m := min(stripLength, w.row)
	w.layers, w.sums = [2]int{0, w.n[0]}, make([]float64, w.size/w.row)
	w.zero, w.out, w.rate = make([]float64, m+1), make([]float64, m), make([]float64, m)
	if l.kind == koren {
		w.down = make([]float64, m+1)
	}
	w.along.slope, w.along.flux = make([]float64, m+1), make([]float64, m+1)
	return w
}

// advance writes to dst the density rho after a forward Euler step dt with the
// first variation psi. If mean is not nil, it writes the average of mean and that
// density to mean instead and dst is not used. It returns the dissipation
// Σ_faces |C| ρ_up (ΔΨ/h)², where ρ_up is the reconstructed density on the upwind
// side of the face and |C| the cell volume.
func (w *sweep) advance(dst, rho, psi, mean []float64, dt float64) float64 {
	if w.slabs == nil {
		w.advanceLayers(dst, rho, psi, mean, dt)
	} else {
		w.advanceSlabs(dst, rho, psi, mean, dt)
	}
	var total compensated
	for _, v := range w.sums {
		total.add(v)
	}
	return total.value() * w.volume / dt
}

// advanceLayers does the sweep's layers of axis 0.
func (w *sweep) advanceLayers(dst, rho, psi, mean []float64, dt float64) {
	for k := range w.lam {
		w.lam[k] = dt * w.inv[k]
	}
	clear(w.index)
	from, to := 0, w.size
	if len(w.n) > 1 {
		from, to = w.layers[0]*w.stride[0], w.layers[1]*w.stride[0]
		w.prime(rho, psi)
	}
	for base := from; base < to; base += w.row {
		w.lanes = lanes{}
		for a := 0; a < w.row; a += stripLength {
			m := min(stripLength, w.row-a)
			at := base + a
			if mean == nil {
				w.strip(dst[at:at+m], nil, rho, psi, at, a)
			} else {
				w.strip(w.out[:m], mean[at:at+m], rho, psi, at, a)
			}
		}
		w.sums[base/w.row] = w.lanes.sum()
		w.next()
	}
}

// next moves the index to the next row.
func (w *sweep) next() {
	for k := len(w.index) - 1; k >= 0; k-- {
		if w.index[k]++; w.index[k] < w.n[k] {
			return
		}
		w.index[k] = 0
	}
}

// strip writes the advanced cells [at, at+len(out)), which start at cell a of
// their row, to out or, if mean is not nil, their average with mean to mean.
func (w *sweep) strip(out, mean, rho, psi []float64, at, a int) {
	src := rho[at : at+len(out)]
	for k := range w.index {
		w.across(k, out, src, rho, psi, at)
		src = out
	}
	dst := out
	if mean != nil {
		dst = mean
	}
	done := w.alongFused(dst, src, rho, psi, at, a, mean != nil)
	dst, src = dst[done:], src[done:]
	if len(dst) == 0 {
		return
	}
	f := w.alongFluxes(len(dst), rho, psi, at+done, a+done)
	if mean == nil {
		update(dst, src, f[1:], f[:len(dst)])
	} else {
		average(dst, src, f[1:], f[:len(dst)])
	}
}

// alongFused does the last axis of the first cells of a strip in one pass, as far as
// there is a kernel for it, and returns how many cells those are.
func (w *sweep) alongFused(dst, src, rho, psi []float64, at, a int, average bool) int {
	last := w.row - 1
	n := 0
	if w.limiter.kind == minmod && w.metric[len(w.index)] == nil {
		n = eights(min(len(dst), last-1-a)) // each upper neighbour has two neighbours
	}
	if n <= 0 {
		return 0
	}
	x := &w.crossing
	x.slope, x.inflow = 0, 0
	if a > 0 {
		s := w.along.slope[:1]
		slopesGo(s, rho[at-1:at], rho[at:at+1], rho[at+1:at+2], w.limiter.half)
		x.slope, x.inflow = s[0], w.along.carry
	}
	x.out, x.src, x.p0, x.p1 = &dst[0], &src[0], &psi[at], &psi[at+1]
	x.r0, x.r1, x.r2 = &rho[at], &rho[at+1], &rho[at+2]
	x.n, x.lam, x.half, x.d = n, w.lam[len(w.lam)-1], w.limiter.half, w.lanes
	along(x, average)
	w.lanes, w.along.carry = x.d, x.tail[7]
	return n
}

// across writes src less the net outflow along axis k, not the last, to out.
func (w *sweep) across(k int, out, src, rho, psi []float64, at int) {
	m, st, i, last := len(out), w.stride[k], w.index[k], w.n[k]-1
	off := at % st
	p := i & 1
	lam := w.lambda(k, i)
	hi, lo := w.zero[:m], w.zero[:m]
	if i > 0 {
		lo = w.flux[k][1-p][off : off+m]
	}
	if i < last {
		hi = w.flux[k][p][off : off+m]
		s0, s1 := w.zero[:m], w.zero[:m]
		r0, r1 := rho[at:at+m], rho[at+st:at+st+m]
		p0, p1 := psi[at:at+m], psi[at+st:at+st+m]
		if w.linear && i > 0 {
			s0 = w.slope[k][p][off : off+m]
		}
		if w.linear && i+1 < last {
			s1 = w.slope[k][1-p][off : off+m]
			r2 := rho[at+2*st : at+2*st+m]
			done := 0
			for _, n := range w.groups(m) {
				if n == 0 {
					continue
				}
				x := &w.crossing
				x.out, x.src, x.p0, x.p1 = &out[done], &src[done], &p0[done], &p1[done]
				x.r0, x.r1, x.r2, x.s0, x.s1 = &r0[done], &r1[done], &r2[done], &s0[done], &s1[done]
				x.f, x.flo, x.n, x.lam, x.half, x.d = &hi[done], &lo[done], n, lam, w.limiter.half, w.lanes
				cross(x)
				w.lanes = x.d
				done += n
			}
			if done == m {
				return
			}
			out, src, hi, lo, p0, p1 = out[done:], src[done:], hi[done:], lo[done:], p0[done:], p1[done:]
			r0, r1, r2, s0, s1 = r0[done:], r1[done:], r2[done:], s0[done:], s1[done:]
			s1 = w.slopes(s1, r0, r1, r2)
		}
		fluxes(hi, p0, p1, r0, r1, s0, s1, lam, &w.lanes)
	}
	update(out, src, hi, lo)
}

// lambda returns dt/h² or dt/d² of the face above cell i of axis k, not the last.
func (w *sweep) lambda(k, i int) float64 {
	if m := w.metric[k]; m != nil && i < len(m) {
		return w.lam[k] * m[i]
	}
	return w.lam[k]
}

// groups returns how many of m cells go to the kernel cross for vectors of eight and, of
// the rest, for vectors of four.
func (w *sweep) groups(m int) [2]int {
	if w.limiter.kind != minmod {
		return [2]int{}
	}
	n := eights(m)
	return [2]int{n, vectorised(m - n)}
}

// alongFluxes returns the fluxes through the m+1 faces along the last axis of the
// m cells at index at, which start at cell a of their row.
func (w *sweep) alongFluxes(m int, rho, psi []float64, at, a int) []float64 {
	last := w.row - 1
	s, t, f := w.zero[:m+1], w.zero[:m+1], w.along.flux[:m+1]
	if w.linear {
		s = w.along.slope[:m+1]
		t = w.alongSlopes(s, rho, at, a)
	}
	f[0] = w.along.carry
	if a == 0 {
		f[0] = 0
	}
	q := min(m, last-a) // faces of this strip that are not on the wall
	if q > 0 {
		lam, metric := w.lam[len(w.lam)-1], w.metric[len(w.index)]
		if metric == nil {
			fluxes(f[1:q+1], psi[at:at+q], psi[at+1:at+q+1], rho[at:at+q], rho[at+1:at+q+1], s[:q], t[1:q+1], lam, &w.lanes)
		} else {
			gradedFluxes(f[1:q+1], psi[at:], rho[at:], s, t, metric[a:a+q], lam, &w.lanes)
		}
	}
	if q < m {
		f[m] = 0
	}
	w.along.carry = f[m]
	return f
}

// slopes writes the upper half slopes to up and returns the lower ones, which are valid
// until the next call.
func (w *sweep) slopes(up, lo, mid, hi []float64) []float64 {
	down := up
	if w.down != nil {
		down = w.down[:len(up)]
	}
	w.limiter.slopes(up, down, lo, mid, hi)
	return down
}

// alongSlopes writes the upper half slopes of the cells a, a+1, … of a row to s, as
// far as the row has cells, and returns the lower ones; cell a is at index at.
func (w *sweep) alongSlopes(s, rho []float64, at, a int) []float64 {
	t := s
	if w.down != nil {
		t = w.down[:len(s)]
	}
	last := w.row - 1
	from, to := max(a, 1), min(a+len(s)-1, last-1) // cells with two neighbours
	if a == 0 {
		s[0], t[0] = 0, 0
	}
	if a+len(s) > last {
		s[last-a], t[last-a] = 0, 0
	}
	if from <= to {
		b := at - a + from
		n := to - from + 1
		w.limiter.slopes(s[from-a:to-a+1], t[from-a:to-a+1], rho[b-1:b-1+n], rho[b:b+n], rho[b+1:b+1+n])
	}
	return t
}

// drain returns the largest fraction of its content that a cell can lose per unit
// of time under the first variation psi; see explicit. It returns NaN if psi is
// not finite.
func (w *sweep) drain(psi []float64) float64 {
	clear(w.index)
	inf := math.Inf(-1)
	top := lanes{inf, inf, inf, inf}
	w.lanes = lanes{}
	for base := 0; base < w.size; base += w.row {
		for a := 0; a < w.row; a += stripLength {
			m := min(stripLength, w.row-a)
			w.drainStrip(w.rate[:m], psi, base+a, a)
			sumMax(w.rate[:m], &w.lanes, &top)
		}
		w.next()
	}
	// A NaN in the sum betrays the NaN that a maximum may drop.
	if s := w.lanes.sum(); math.IsNaN(s) {
		return s
	}
	return max(top[0], top[1], top[2], top[3])
}

// drainStrip writes the drain rates of the cells [at, at+len(out)), which start at
// cell a of their row, to out.
func (w *sweep) drainStrip(out, psi []float64, at, a int) {
	clear(out)
	m := len(out)
	p := psi[at : at+m]
	for k, i := range w.index {
		st := w.stride[k]
		lo, hi := p, p
		if i > 0 {
			lo = psi[at-st : at-st+m]
		}
		if i < w.n[k]-1 {
			hi = psi[at+st : at+st+m]
		}
		c := w.inv[k]
		if w.steep[k] != nil {
			c = w.steep[k][i]
		}
		w.add(out, p, lo, hi, c)
	}
	steep := w.steep[len(w.index)]
	if steep == nil {
		w.drainAlong(out, psi, at, a, w.inv[len(w.inv)-1])
		return
	}
	one := w.out[:m]
	clear(one)
	w.drainAlong(one, psi, at, a, 1)
	for j, v := range one {
		out[j] += v * steep[a+j]
	}
}

// drainAlong adds the drain rates of the last axis with c = 1/h² to out.
func (w *sweep) drainAlong(out, psi []float64, at, a int, c float64) {
	m, last := len(out), w.row-1
	p := psi[at : at+m]
	from, to := max(a, 1)-a, min(a+m, last)-a // cells with two neighbours
	if a == 0 {
		w.add(out[:1], p[:1], p[:1], psi[at+min(1, last):at+min(1, last)+1], c)
	}
	if from < to {
		w.add(out[from:to], p[from:to], psi[at+from-1:at+to-1], psi[at+from+1:at+to+1], c)
	}
	if a+m > last && last > 0 {
		e := last - a
		w.add(out[e:e+1], p[e:e+1], psi[at+e-1:at+e], p[e:e+1], c)
	}
}

// add adds the drain rates of one axis with c = 1/h² to out.
func (w *sweep) add(out, p, lo, hi []float64, c float64) {
	if w.linear {
		drains(out, p, lo, hi, w.limiter.loss*c)
	} else {
		drainSums(out, p, lo, hi, c)
	}
}
