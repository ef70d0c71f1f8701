package pde

import "sync"

// leastSlab is the number of cells below which a part of a sweep is not worth the few
// microseconds that it takes to start another goroutine.
const leastSlab = 1 << 14

// divide lets up to n goroutines share the sweep: each takes a slab of layers along
// axis 0 with scratch of its own, and computes the fluxes through its lower face again.
// The results are the same bytes. A grid of one axis is not divided.
func (w *sweep) divide(n int, fresh func() *sweep) {
	layers := w.n[0]
	n = min(n, layers/4, w.size/leastSlab)
	if len(w.n) == 1 || n < 2 {
		return
	}
	for i := range n {
		s := fresh()
		s.layers, s.sums = [2]int{i * layers / n, (i + 1) * layers / n}, w.sums
		w.slabs = append(w.slabs, s)
	}
}

// advanceSlabs does the slabs at the same time.
func (w *sweep) advanceSlabs(dst, rho, psi, mean []float64, dt float64) {
	var group sync.WaitGroup
	for _, s := range w.slabs[1:] {
		group.Go(func() { s.advanceLayers(dst, rho, psi, mean, dt) })
	}
	w.slabs[0].advanceLayers(dst, rho, psi, mean, dt)
	group.Wait()
}

// prime sets the index to the sweep's first layer and computes what the layer below
// would have left behind: the fluxes through its upper faces and the half slopes of the
// first layer.
func (w *sweep) prime(rho, psi []float64) {
	first, st, last := w.layers[0], w.stride[0], w.n[0]-1
	w.index[0] = first
	if first == 0 {
		return
	}
	below := (first - 1) & 1
	for off := 0; off < st; off += len(w.out) {
		m := min(len(w.out), st-off)
		at := (first-1)*st + off
		r0, r1 := rho[at:at+m], rho[at+st:at+st+m]
		s0, s1 := w.zero[:m], w.zero[:m]
		if w.linear && first-1 > 0 {
			s0 = w.slope[0][below][off : off+m]
			w.slopes(s0, rho[at-st:at-st+m], r0, r1)
		}
		if w.linear && first < last {
			s1 = w.slopes(w.slope[0][1-below][off:off+m], r0, r1, rho[at+2*st:at+2*st+m])
		}
		w.lanes = lanes{} // counted by the slab below
		fluxes(w.flux[0][below][off:off+m], psi[at:at+m], psi[at+st:at+st+m], r0, r1, s0, s1, w.lambda(0, first-1), &w.lanes)
	}
}
