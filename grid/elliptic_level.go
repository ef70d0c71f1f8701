package grid

import "sync"

// ellipticLevel is the system of one level. Vectors carry margin zeros before and
// behind, so that a neighbour outside the box is a number times the weight 0.
type ellipticLevel struct {
	dim    int
	shape  [MaxDim]int
	stride [MaxDim]int
	size   int
	margin int
	a      []float64         // without margins
	weight [MaxDim][]float64 // with margins; 0 at the walls
	sum    []float64         // a and the weights of all faces of the cell
	pivot  []float64         // inverse pivots of the lines of the last axis
	u, f   []float64         // with margins
	colour [2][]int32        // first cells of the lines of either colour
	row    [][]float64       // scratch of each worker, for four lines
}

func newEllipticLevel(dim int, shape [MaxDim]int, workers int) *ellipticLevel {
	l := &ellipticLevel{dim: dim, shape: shape, size: 1}
	for k := dim - 1; k >= 0; k-- {
		l.stride[k] = l.size
		l.size *= shape[k]
	}
	l.margin = l.stride[0]
	padded := l.size + 2*l.margin
	l.a, l.sum, l.pivot = make([]float64, l.size), make([]float64, l.size), make([]float64, l.size)
	l.u, l.f = make([]float64, padded), make([]float64, padded)
	for k := range dim {
		l.weight[k] = make([]float64, padded)
	}
	n := shape[dim-1]
	for first := 0; first < l.size; first += n {
		parity := 0
		for k := range dim - 1 {
			parity += first / l.stride[k] % shape[k]
		}
		l.colour[parity&1] = append(l.colour[parity&1], int32(first))
	}
	for range workers {
		l.row = append(l.row, make([]float64, 4*n))
	}
	return l
}

// wall sets the weights of the faces on the wall to 0.
func (l *ellipticLevel) wall(k int) {
	w := l.weight[k][l.margin:][:l.size]
	n, s := l.shape[k], l.stride[k]
	for base := (n - 1) * s; base < l.size; base += n * s {
		clear(w[base : base+s])
	}
}

// gather sums the equations of the finer level.
func (l *ellipticLevel) gather(fine *ellipticLevel) {
	clear(l.a)
	l.restrict(l.a, fine.a, fine)
	for k := range l.dim {
		clear(l.weight[k][l.margin:][:l.size])
	}
	last := fine.dim - 1
	n := fine.shape[last]
	for first := 0; first < fine.size; first += n { // an odd child has the coarse face behind it
		c, at := fine.parent(l, first)
		to, from := l.weight[last][l.margin+c:], fine.weight[last][fine.margin+first:][:n]
		for j := 1; j < n; j += 2 {
			to[j/2] += from[j] / 2
		}
		for k := range last {
			if at>>k&1 == 0 {
				continue
			}
			to, from := l.weight[k][l.margin+c:], fine.weight[k][fine.margin+first:][:n]
			for j, w := range from {
				to[j/2] += w / 2
			}
		}
	}
}

// parent returns the coarse cell of the first cell of a line and the parities of the
// line's position.
func (l *ellipticLevel) parent(coarse *ellipticLevel, first int) (c, at int) {
	for k := range l.dim - 1 {
		j := first / l.stride[k] % l.shape[k]
		c += j / 2 * coarse.stride[k]
		at |= j & 1 << k
	}
	return c, at
}

// restrict adds the values of the fine cells to those of the coarse ones.
func (l *ellipticLevel) restrict(dst, src []float64, fine *ellipticLevel) {
	n := fine.shape[fine.dim-1]
	for first := 0; first < fine.size; first += n {
		c, _ := fine.parent(l, first)
		to, from := dst[c:], src[first:][:n]
		for j := 0; j+1 < n; j += 2 {
			to[j/2] += from[j] + from[j+1]
		}
		if n&1 == 1 {
			to[n/2] += from[n-1]
		}
	}
}

// factor computes the inverse pivots of the lines of the last axis. Where a and all
// weights of a cell are 0 its value is of no consequence and set to 0.
func (l *ellipticLevel) factor() {
	last := l.dim - 1
	n := l.shape[last]
	copy(l.sum, l.a)
	for k, s := range l.stride[:l.dim] {
		up, down := l.weight[k][l.margin:][:l.size], l.weight[k][l.margin-s:][:l.size]
		for i := range l.sum {
			l.sum[i] += up[i] + down[i]
		}
	}
	first := 0
	for ; first+4*n <= l.size; first += 4 * n {
		w, sum, pivot := l.weight[last][first+l.margin:], l.sum[first:], l.pivot[first:]
		s0, s1, s2, s3 := sum[:n], sum[n:][:n], sum[2*n:][:n], sum[3*n:][:n]
		w0, w1, w2, w3 := w[:n], w[n:][:n], w[2*n:][:n], w[3*n:][:n]
		p0, p1, p2, p3 := pivot[:n], pivot[n:][:n], pivot[2*n:][:n], pivot[3*n:][:n]
		var v0, v1, v2, v3, q0, q1, q2, q3 float64
		for j := range n {
			q0, q1 = inversePivot(s0[j]-v0*v0*q0), inversePivot(s1[j]-v1*v1*q1)
			q2, q3 = inversePivot(s2[j]-v2*v2*q2), inversePivot(s3[j]-v3*v3*q3)
			v0, v1, v2, v3 = w0[j], w1[j], w2[j], w3[j]
			p0[j], p1[j], p2[j], p3[j] = q0, q1, q2, q3
		}
	}
	for ; first < l.size; first += n {
		w, pivot := l.weight[last][first+l.margin:][:n], l.pivot[first:][:n]
		v, q := 0.0, 0.0
		for j, s := range l.sum[first:][:n] {
			q = inversePivot(s - v*v*q)
			pivot[j], v = q, w[j]
		}
	}
}

// inversePivot returns 1/d, or 0 where there is no equation.
func inversePivot(d float64) float64 {
	if d > 0 {
		return 1 / d
	}
	return 0
}

// relax solves the lines of one colour with the other colour's values as given, four lines
// at a time, as each element of a line waits for the one before.
func (l *ellipticLevel) relax(colour int) {
	rows := l.colour[colour]
	l.parallel(len(rows), func(worker, lo, hi int) {
		b := l.row[worker]
		for ; lo+4 <= hi; lo += 4 {
			l.solveFour(b, rows[lo:lo+4])
		}
		for _, first := range rows[lo:hi] {
			l.solveLine(b[:l.shape[l.dim-1]], int(first))
		}
	})
}

// solveLine solves the line that begins at first; b is scratch as long as the line.
func (l *ellipticLevel) solveLine(b []float64, first int) {
	n, at := len(b), first+l.margin
	l.neighbours(b, at)
	w, m, u := l.weight[l.dim-1][at:][:n], l.pivot[first:][:n], l.u[at:][:n]
	x, before := 0.0, 0.0
	for j := range b {
		x = (b[j] + before*x) * m[j]
		before = w[j]
		b[j] = x
	}
	x = 0
	for j := n - 1; j >= 0; j-- {
		x = b[j] + w[j]*m[j]*x
		u[j] = x
	}
}

// solveFour does what solveLine does for each of four lines; b is scratch for them all.
func (l *ellipticLevel) solveFour(b []float64, rows []int32) {
	n := l.shape[l.dim-1]
	var c, w, m, u [4][]float64
	for i, first := range rows {
		at := int(first) + l.margin
		c[i] = b[i*n:][:n]
		l.neighbours(c[i], at)
		w[i], m[i], u[i] = l.weight[l.dim-1][at:][:n], l.pivot[first:][:n], l.u[at:][:n]
	}
	eliminate(n, &c, &w, &m)
	substitute(n, &u, &c, &w, &m)
}

// eliminate is the first sweep of solveLine for four lines.
func eliminate(n int, b, w, m *[4][]float64) {
	b0, b1, b2, b3 := b[0][:n], b[1][:n], b[2][:n], b[3][:n]
	w0, w1, w2, w3 := w[0][:n], w[1][:n], w[2][:n], w[3][:n]
	m0, m1, m2, m3 := m[0][:n], m[1][:n], m[2][:n], m[3][:n]
	var x0, x1, x2, x3, v0, v1, v2, v3 float64
	for j := range n {
		x0, x1 = (b0[j]+v0*x0)*m0[j], (b1[j]+v1*x1)*m1[j]
		x2, x3 = (b2[j]+v2*x2)*m2[j], (b3[j]+v3*x3)*m3[j]
		v0, v1, v2, v3 = w0[j], w1[j], w2[j], w3[j]
		b0[j], b1[j], b2[j], b3[j] = x0, x1, x2, x3
	}
}

// substitute is the second sweep of solveLine for four lines.
func substitute(n int, u, b, w, m *[4][]float64) {
	for i := 0; i < 4; i += 2 {
		u0, u1, b0, b1 := u[i][:n], u[i+1][:n], b[i][:n], b[i+1][:n]
		w0, w1, m0, m1 := w[i][:n], w[i+1][:n], m[i][:n], m[i+1][:n]
		var x0, x1 float64
		for j := n - 1; j >= 0; j-- {
			x0, x1 = b0[j]+w0[j]*m0[j]*x0, b1[j]+w1[j]*m1[j]*x1
			u0[j], u1[j] = x0, x1
		}
	}
}

// neighbours writes f + Σ w u over the neighbours on other lines to b for the line
// that begins at.
func (l *ellipticLevel) neighbours(b []float64, at int) {
	copy(b, l.f[at:])
	for k := range l.dim - 1 {
		s := l.stride[k]
		up, down := l.weight[k][at:][:len(b)], l.weight[k][at-s:][:len(b)]
		next, prev := l.u[at+s:][:len(b)], l.u[at-s:][:len(b)]
		for j := range b {
			b[j] += up[j]*next[j] + down[j]*prev[j]
		}
	}
}

// apply writes the operator times x, with margins, to dst, without, and returns x·dst
// summed line by line.
func (l *ellipticLevel) apply(dst, x []float64) {
	last := l.dim - 1
	n := l.shape[last]
	l.parallel(l.size/n, func(_, lo, hi int) {
		for line := lo; line < hi; line++ {
			at := line*n + l.margin
			out, a := dst[line*n:][:n], l.a[line*n:][:n]
			v := x[at:][:n]
			for j := range out {
				out[j] = a[j] * v[j]
			}
			for k := range l.dim {
				s := l.stride[k]
				up, down := l.weight[k][at:][:n], l.weight[k][at-s:][:n]
				next, prev := x[at+s:][:n], x[at-s:][:n]
				for j := range out {
					out[j] += up[j]*(v[j]-next[j]) + down[j]*(v[j]-prev[j])
				}
			}
		}
	})
}

// descend writes the sums of the residual to the right side of the coarse level. The
// lines of colour 1 have just been solved and have none.
func (l *ellipticLevel) descend(coarse *ellipticLevel) {
	clear(coarse.f)
	last := l.dim - 1
	n := l.shape[last]
	b := l.row[0][:n]
	for _, first := range l.colour[0] {
		at := int(first) + l.margin
		l.neighbours(b, at)
		w, sum, u := l.weight[last][at-1:][:n+1], l.sum[first:][:n], l.u[at-1:][:n+2]
		for j, d := range sum {
			b[j] += w[j]*u[j] + w[j+1]*u[j+2] - d*u[j+1]
		}
		c, _ := l.parent(coarse, int(first))
		to := coarse.f[coarse.margin+c:]
		for j, v := range b {
			to[j/2] += v
		}
	}
}

// lift adds the coarse solution to the fine one.
func (l *ellipticLevel) lift(coarse *ellipticLevel) {
	n := l.shape[l.dim-1]
	l.parallel(l.size/n, func(_, lo, hi int) {
		for line := lo; line < hi; line++ {
			c, _ := l.parent(coarse, line*n)
			from, to := coarse.u[coarse.margin+c:], l.u[l.margin+line*n:][:n]
			for j := range to {
				to[j] += from[j/2]
			}
		}
	})
}

// ellipticParallel is the number of cells below which a level works on one processor.
const ellipticParallel = 1 << 13

func (l *ellipticLevel) parallel(n int, do func(worker, lo, hi int)) {
	count := min(len(l.row), n)
	if l.size < ellipticParallel || count <= 1 {
		do(0, 0, n)
		return
	}
	var wg sync.WaitGroup
	for i := range count {
		wg.Go(func() { do(i, i*n/count, (i+1)*n/count) })
	}
	wg.Wait()
}
