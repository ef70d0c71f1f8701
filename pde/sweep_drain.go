package pde

import "math"

// drain returns the largest fraction of its content that a cell can lose per unit
// of time under the first variation psi; see explicit. It returns NaN if psi is
// not finite.
func (w *sweep) drain(psi []float64) float64 {
	clear(w.index)
	inf := math.Inf(-1)
	top := lanes{inf, inf, inf, inf}
	w.lanes = lanes{}
	for base := 0; base < w.layers*w.size; base += w.row {
		for a := 0; a < w.row; a += stripLength {
			m := min(stripLength, w.row-a)
			w.drainStrip(w.rate[:m], psi, base+a, a)
			sumMax(w.rate[:m], &w.lanes, &top)
		}
		w.next(0)
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
	if w.limiter.kind != constant {
		drains(out, p, lo, hi, w.limiter.loss*c)
	} else {
		drainSums(out, p, lo, hi, c)
	}
}
