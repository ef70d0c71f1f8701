package pde

import "pdesolve/grid"

// stripLength is the longest piece of a row that a sweep treats at a time: a multiple
// of 8, short enough that the rows that two axes share stay in the first-level cache,
// and that vector code, which cannot be preempted, soon returns.
const stripLength = 1024

// sweep is the spatial discretisation of [CCH15] on one grid, with its scratch:
//
//	dρ_i/dτ = −Σ_k (F_{i+e_k/2} − F_{i−e_k/2})/h_k,
//	F = u⁺ (ρ_i + s_i) + u⁻ (ρ_{i+e_k} − s_{i+e_k}),    u = −(Ψ_{i+e_k} − Ψ_i)/h_k,
//
// with u⁺ = max(u, 0), u⁻ = min(u, 0) and s the limited half slope along axis k
// towards that face, or 0 for the first-order scheme. Faces on the walls carry no flux.
// Beyond a wall ρ is that of the cell along the wall. On a graded axis the density is the
// mass of a cell and 1/h² varies from face to face; see graded.go.
//
// A sweep goes through the grid layer by layer along axis 0; a grid of one axis is one
// layer. One pass over the rows of a layer does all axes. Of each axis but the last it
// keeps what the cell below has left behind, so that no flux and no slope is computed
// twice.
type sweep struct {
	limiter limiter

	layers, size, row int         // layers of the grid, cells of a layer and of a row
	n, stride         []int       // cells and stride of each axis
	inv               []float64   // 1/h² of each axis, 1 of a graded one, where the metric takes its place
	metric            [][]float64 // of the faces of each axis that is graded, or nil
	steep             [][]float64 // the larger metric of the faces of a cell, or nil
	volume            float64     // of a cell, on average

	index []int     // position of the current row on each axis but the last
	lam   []float64 // dt/h² of each axis in the current pass
	left  []behind  // per axis but the last
	out   []float64 // a strip between two axes
	rate  []float64 // a strip of drain rates
	lanes lanes
	x     crossing // arguments of the kernels
}

// behind is what the cells of one index along an axis leave behind for the cells above
// them: the fluxes through their upper faces, and the upper half slopes of the cells
// above, which the last flux has needed.
type behind struct{ flux, slope []float64 }

// layer is what one layer of a sweep reads and writes. The density of the next two
// layers and Ψ of the next one are those of the last layer where the grid ends.
type layer struct {
	index      int // along axis 0
	out        []float64
	mean       bool // write the average of out and of the advanced cells, without the dissipation
	r0, r1, r2 []float64
	p0, p1     []float64
	sums       []float64 // of each row: its dissipation; or nil
	shares     []float64 // of each row: Σψρ; if sums is not nil
}

// newSweep returns the sweep on g.
func newSweep(g *grid.Grid, l limiter) *sweep {
	d := g.Dim()
	w := &sweep{
		limiter: l, layers: 1, size: g.Len(), row: g.Axis(d - 1).N, n: g.Shape(), volume: g.MeanVolume(),
		index: make([]int, d-1), lam: make([]float64, d),
	}
	if d > 1 {
		w.layers, w.size = g.Axis(0).N, g.Stride(0)
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
		if k < d-1 {
			w.left = append(w.left, behind{make([]float64, g.Stride(k)), make([]float64, g.Stride(k))})
		}
	}
	m := min(stripLength, w.row)
	w.out, w.rate = make([]float64, m), make([]float64, m)
	w.x.limiter, w.x.half, w.x.pad = l, l.half, newScratch(m)
	return w
}

// begin prepares a pass with steps dt and the margin of the limiter thirdOrder.
func (w *sweep) begin(dt, margin float64) {
	for k := range w.lam {
		w.lam[k] = dt * w.inv[k]
	}
	w.x.margin = margin
}

// advance does one layer.
func (w *sweep) advance(l *layer) {
	w.start(l)
	w.x.mean = l.mean
	for base := 0; base < w.size; base += w.row {
		var content compensated
		w.x.across, w.x.along = lanes8{}, lanes8{}
		for a := 0; a < w.row; a += stripLength {
			w.x.content = lanes8{}
			w.strip(l, base, a, min(stripLength, w.row-a))
			content.add(w.x.content.sum())
		}
		if l.sums != nil {
			l.sums[base/w.row] = w.x.across.sum() + w.x.along.sum()
			l.shares[base/w.row] = content.value()
		}
		w.next(1)
	}
}

// start sets the index to the first row of a layer.
func (w *sweep) start(l *layer) {
	clear(w.index)
	if len(w.index) > 0 {
		w.index[0] = l.index
	}
}

// next moves the index to the next row, axes before from being left alone.
func (w *sweep) next(from int) {
	for k := len(w.index) - 1; k >= from; k-- {
		if w.index[k]++; w.index[k] < w.n[k] {
			return
		}
		w.index[k] = 0
	}
}

// strip does the m cells from cell a of the row that begins at base.
func (w *sweep) strip(l *layer, base, a, m int) {
	at, end := base+a, base+w.row
	x := &w.x
	x.n, x.src = m, l.r0[at:at+m]
	x.r0, x.p0 = l.r0[at:end], l.p0[at:end]
	last := len(w.index) - 1
	for k := range w.index {
		w.upper(l, k, at)
		if k < last {
			x.out = w.out
			cross(x)
			x.src = w.out
		}
	}
	if a == 0 {
		x.inflow[7], x.slope[7] = 0, w.wallSlope(x.r0)
	}
	x.out, x.lamAlong = l.out[at:at+m], w.lam[last+1]
	if metric := w.metric[last+1]; metric != nil {
		x.metric = metric[a:]
	}
	if last < 0 {
		along(x)
		return
	}
	x.between = w.out
	crossAlong(x)
}

// upper sets the arguments of the kernels for the faces above the strip at index at
// along axis k.
func (w *sweep) upper(l *layer, k, at int) {
	x, m := &w.x, w.x.n
	x.lam = w.lam[k]
	if metric := w.metric[k]; metric != nil && w.index[k] < len(metric) {
		x.lam *= metric[w.index[k]]
	}
	if k == 0 {
		x.r1, x.r2, x.p1 = l.r1[at:at+m], l.r2[at:at+m], l.p1[at:at+m]
		x.s, x.f = w.left[0].slope[at:at+m], w.left[0].flux[at:at+m]
		return
	}
	i, end, st := w.index[k], w.n[k]-1, w.stride[k]
	one := at + (min(i+1, end)-i)*st
	two := at + (min(i+2, end)-i)*st
	x.r1, x.r2, x.p1 = l.r0[one:one+m], l.r0[two:two+m], l.p0[one:one+m]
	off := at % st
	x.s, x.f = w.left[k].slope[off:off+m], w.left[k].flux[off:off+m]
	if i == 0 {
		w.wall(x.s, x.f, x.r0[:m], x.r1)
	}
}

// wall writes what the outside of the lower wall leaves behind to s and f: no flux, and
// the half slopes of the cells r0 along the wall, their upper neighbours being r1.
func (w *sweep) wall(s, f, r0, r1 []float64) {
	clear(f)
	clear(s)
	if w.limiter.kind == thirdOrder {
		for len(s) > 0 { // the others give 0
			n := min(len(s), len(w.x.pad.down))
			slopesThird(s[:n], w.x.pad.down[:n], r0[:n], r0[:n], r1[:n], w.x.margin)
			s, r0, r1 = s[n:], r0[n:], r1[n:]
		}
	}
}

// wallSlope returns the upper half slope of the first cell of the row r.
func (w *sweep) wallSlope(r []float64) float64 {
	if w.limiter.kind != thirdOrder {
		return 0
	}
	var up, down [1]float64
	slopesThird(up[:], down[:], r[:1], r[:1], r[min(1, len(r)-1):][:1], w.x.margin)
	return up[0]
}

// prime computes what the layer below l.r0 leaves behind along axis 0, if that layer is
// l.r0 of the second of two calls for the two layers below, from the bottom up.
func (w *sweep) prime(l *layer) {
	x := &w.x
	w.start(l)
	for at := 0; at < w.size; at += len(w.out) {
		m := min(len(w.out), w.size-at)
		x.n, x.out, x.src = m, w.out, l.r0[at:at+m]
		x.r0, x.p0 = l.r0[at:at+m], l.p0[at:at+m]
		w.upper(l, 0, at)
		cross(x)
	}
}
