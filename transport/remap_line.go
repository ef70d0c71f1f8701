package transport

// mover is scratch for lines of n cells.
type mover struct {
	x, y             []float64 // envelopeColumns lines
	at, sum, rise, d []float64
}

func newMover(n int) *mover {
	return &mover{
		x: make([]float64, n*envelopeColumns), y: make([]float64, n*envelopeColumns),
		at: make([]float64, n+1), sum: make([]float64, n+1), rise: make([]float64, n+1), d: make([]float64, n+1),
	}
}

// masses replaces the masses m of a line's cells by those between the images t of the
// faces; the last element of t is n.
func (w *mover) masses(m, t []float64) {
	n := len(m)
	sum, d := w.sum[:n+1], w.d[:n+1]
	total := 0.0
	sum[0] = 0
	for i, v := range m {
		total += v
		sum[i+1] = total
	}
	if total == 0 {
		return
	}
	// The derivative of the mass left of a point, to fourth order, limited to three
	// times the smaller of the masses beside the face, which makes the interpolant
	// monotone [FC80].
	d[0], d[n] = m[0], m[n-1]
	for i := 1; i < n; i++ {
		a, b := m[i-1], m[i]
		v := (a + b) / 2
		if i > 1 && i < n-1 {
			v = (7*(a+b) - m[i-2] - m[i+1]) / 12
		}
		d[i] = max(0, min(v, 3*a, 3*b))
	}
	before, x := 0.0, 0.0
	for j := range n - 1 {
		x = min(max(x, t[j]), float64(n))
		k := min(int(x), n-1)
		z := x - float64(k)
		rise, a, b := m[k], d[k], d[k+1]
		v := sum[k] + z*(a+z*(3*rise-2*a-b+z*(a+b-2*rise)))
		v = max(v, before) // rounding can leave it a little under
		w.rise[j] = v - before
		before = v
	}
	copy(m, w.rise[:n-1])
	m[n-1] = max(total-before, 0)
}

// narrow is the least distance, in cells, that the images of two centers are given.
const narrow = 1e-6

// values replaces the values y at the increasing positions x, in cells from the first
// center, by values at the centers; beyond the ends by those at the ends.
func (w *mover) values(y, x []float64) {
	n := len(y)
	if n == 1 {
		return
	}
	at, sum := w.at[:n], w.sum[:n]
	for i, v := range x {
		at[i], sum[i] = v, y[i]
		if i > 0 {
			at[i] = max(v, at[i-1]+narrow)
		}
	}
	w.slopes(n - 1)
	k := 0
	for j := range y {
		z := float64(j)
		for k < n-2 && at[k+1] <= z {
			k++
		}
		switch {
		case z <= at[0]:
			y[j] = sum[0]
		case z >= at[n-1]:
			y[j] = sum[n-1]
		default:
			y[j] = w.cubic(k, z)
		}
	}
}

// slopes sets rise to the n difference quotients of sum over at and d to derivatives at
// the n + 1 nodes: quotients of two derivatives with respect to the node's number, both
// of fourth order.
func (w *mover) slopes(n int) {
	at, sum, rise, d := w.at[:n+1], w.sum[:n+1], w.rise[:n], w.d[:n+1]
	for i := range rise {
		rise[i] = (sum[i+1] - sum[i]) / (at[i+1] - at[i])
	}
	d[0], d[n] = rise[0], rise[n-1]
	for i := 1; i < n; i++ {
		up, over := sum[i+1]-sum[i-1], at[i+1]-at[i-1]
		if i > 1 && i < n-1 {
			u, o := 8*up-(sum[i+2]-sum[i-2]), 8*over-(at[i+2]-at[i-2])
			if o > over { // the nodes are even enough
				up, over = u, o
			}
		}
		d[i] = up / over
	}
}

// cubic returns the Hermite interpolant of interval k at x.
func (w *mover) cubic(k int, x float64) float64 {
	h := w.at[k+1] - w.at[k]
	z := (x - w.at[k]) / h
	r, a, b := w.rise[k], w.d[k], w.d[k+1]
	return w.sum[k] + h*z*(a+z*(3*r-2*a-b+z*(a+b-2*r)))
}
