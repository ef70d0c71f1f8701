package pde

import "math"

// wenoLimit is the scratch of wenoSweep.limit.
type wenoLimit struct {
	room    []float64 // the factor of each cell's outgoing corrections: 1 before and after
	round   []int32   // the last round in which a cell was computed anew, for each cell
	now     int32     // the current round
	treated []int     // cells with a factor, round after round
	touched []int     // cells to compute anew
}

// limit limits the fluxes of the Euler step dt from rho where dst, its result, is negative,
// and returns in how many cells it had to intervene. w.flux holds the fluxes of full order.
//
// It is flux-corrected transport, restricted to positivity [Zal79]. With ρˡ the
// first-order upwind step, which is ≥ 0 under the step bound, and A = c(F − Fˡ) the
// corrections that lead from it to the step of full order, a cell whose new average
// is negative has its outgoing corrections multiplied by
//
//	R_i = min(1, (1 − δ)ρˡ_i/P_i),    P_i = the sum of the outgoing |A|,
//
// so that it stays ≥ δρˡ_i whatever comes in; δ = 1e-12 is for the roundings. Where
// ρˡ_i is so small that they are not relative, R_i = 0. A neighbour that has become
// negative for want of inflow is then treated in the same way, until none is left:
// each round treats a cell more, and a treated cell needs no second treatment. Only treated
// cells and their neighbours are computed, so that a few of them cost little.
func (w *wenoSweep) limit(dst, rho []float64, u []faces, dt float64) int {
	l := &w.limits
	l.treated = l.treated[:0]
	for i, v := range dst {
		if v < 0 {
			l.treated = append(l.treated, i)
		}
	}
	for from := 0; from < len(l.treated); {
		fresh := l.treated[from:]
		from = len(l.treated)
		for _, i := range fresh {
			l.room[i] = 0
			if low, loss := w.upwind(rho, u, dt, i); low > tiny {
				l.room[i] = math.Min(1-slack, (1-slack)*low/loss)
			}
		}
		w.touch(fresh)
		for _, i := range l.touched {
			if dst[i] = w.limited(rho, u, dt, i); dst[i] < 0 && l.room[i] == 1 {
				l.treated = append(l.treated, i)
			}
		}
	}
	for _, i := range l.treated {
		l.room[i] = 1
	}
	return len(l.treated)
}

// touch lists the cells and their neighbours, each of them once.
func (w *wenoSweep) touch(cells []int) {
	l := &w.limits
	l.touched = l.touched[:0]
	if l.now++; l.now == math.MaxInt32 {
		clear(l.round)
		l.now = 1
	}
	add := func(i int) {
		if l.round[i] != l.now {
			l.round[i] = l.now
			l.touched = append(l.touched, i)
		}
	}
	for _, i := range cells {
		add(i)
		for k, st := range w.stride {
			at := i / st % w.n[k]
			if at > 0 {
				add(i - st)
			}
			if at < w.n[k]-1 {
				add(i + st)
			}
		}
	}
}

// tiny is an average below which a limited cell gives away no correction: 1e12 times
// the smallest normal number and more.
const tiny = 1e-290

// upwind returns the first-order upwind step of cell i and the sum of its outgoing
// corrections.
func (w *wenoSweep) upwind(rho []float64, u []faces, dt float64, i int) (low, loss float64) {
	low = rho[i]
	for k, st := range w.stride {
		above, up := w.face(rho, u, dt, k, i)
		below, down := w.face(rho, u, dt, k, i-st)
		low -= above - below
		loss += max(0, up) + max(0, -down)
	}
	return low, loss
}

// limited returns the step of cell i with limited fluxes.
func (w *wenoSweep) limited(rho []float64, u []faces, dt float64, i int) float64 {
	low, net := rho[i], 0.0
	for k, st := range w.stride {
		above, up := w.face(rho, u, dt, k, i)
		below, down := w.face(rho, u, dt, k, i-st)
		low -= above - below
		net += w.admit(up, i, i+st) - w.admit(down, i-st, i)
	}
	return low - net
}

// face returns what the first-order upwind flux takes through the face of axis k above cell
// i, which lies outside the grid below a wall, and the correction. Both are 0 on walls.
func (w *wenoSweep) face(rho []float64, u []faces, dt float64, k, i int) (first, correction float64) {
	st, c := w.stride[k], dt/w.h[k]
	v := u[k][st+i]
	switch {
	case v > 0:
		first = float64(c*v) * rho[i]
	case v < 0:
		first = float64(c*v) * rho[i+st]
	}
	return first, float64(c*w.flux[k][st+i]) - first
}

// admit returns the correction a of the face between the cells lo and hi, times the
// factor of the cell that loses it.
func (w *wenoSweep) admit(a float64, lo, hi int) float64 {
	switch {
	case a > 0:
		return a * w.limits.room[lo]
	case a < 0:
		return a * w.limits.room[hi]
	}
	return 0
}
