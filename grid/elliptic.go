package grid

import (
	"math"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/floats"
)

// Elliptic solves the symmetric problem of second order
//
//	a u − ∇·(κ∇u) = f,   no flux through the boundary,   a ≥ 0, κ ≥ 0,
//
// with a and f on cells, κ on faces, a above 0 somewhere, and two-point fluxes. The
// equations of the cells are
//
//	a_i u_i + Σ_j κ_ij (u_i − u_j)/h² = f_i.
//
// The method is conjugate gradients with one V-cycle of multigrid as preconditioner:
// cells are merged two by two along every axis, coarse equations are sums of fine ones
// with the conductances halved where the distance has doubled, and the smoother solves
// whole lines of the last axis in a red and black order, so that one dimension is solved
// directly. a and κ may vary by many orders of magnitude; the number of iterations hardly
// depends on the number of cells. An a or a κ/h² below 2⁻⁵⁰⁰ of the largest of them all (or
// below the smallest normal number) is taken for 0, as what it leaves undetermined would
// overflow; the u of a cell whose a and κ are all 0 is 0.
//
// An Elliptic owns its scratch and serves one goroutine at a time; inside it uses all
// processors. The result does not depend on their number.
type Elliptic struct {
	grid   *Grid
	cell   []float64         // a
	face   [MaxDim][]float64 // κ of the face between a cell and the next along the axis
	level  []*ellipticLevel  // from fine to coarse
	r, p   []float64         // residual and direction of the iteration
	worker int
}

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
	pivot  []float64         // inverse pivots of the lines of the last axis
	u, f   []float64         // with margins
	colour [2][]int32        // first cells of the lines of either colour
	row    [][]float64       // scratch of each worker
}

// NewElliptic returns a solver for the grid, with a and κ still 0.
func NewElliptic(g *Grid) *Elliptic {
	n := g.Len()
	e := &Elliptic{grid: g, cell: make([]float64, n), worker: runtime.GOMAXPROCS(0)}
	for k := range g.Dim() {
		e.face[k] = make([]float64, n)
	}
	var shape [MaxDim]int
	copy(shape[:], g.Shape())
	for {
		l := newEllipticLevel(g.Dim(), shape, e.worker)
		e.level = append(e.level, l)
		if l.size == 1 || len(l.colour[0])+len(l.colour[1]) == 1 {
			break // one line is solved directly
		}
		for k := range g.Dim() {
			shape[k] = (shape[k] + 1) / 2
		}
	}
	m := e.level[0].margin
	e.r, e.p = make([]float64, n), make([]float64, n+2*m)
	return e
}

func newEllipticLevel(dim int, shape [MaxDim]int, workers int) *ellipticLevel {
	l := &ellipticLevel{dim: dim, shape: shape, size: 1}
	for k := dim - 1; k >= 0; k-- {
		l.stride[k] = l.size
		l.size *= shape[k]
	}
	l.margin = l.stride[0]
	padded := l.size + 2*l.margin
	l.a, l.pivot = make([]float64, l.size), make([]float64, l.size)
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
		l.row = append(l.row, make([]float64, n))
	}
	return l
}

// Cells returns a, one number a cell, for the caller to fill.
func (e *Elliptic) Cells() []float64 { return e.cell }

// Faces returns κ on the faces of axis k, for the caller to fill: element i belongs to
// the face between cell i and the next cell along the axis. What stands at the last cells
// of the axis is not used.
func (e *Elliptic) Faces(k int) []float64 { return e.face[k] }

// Prepare takes over what Cells and Faces hold. It is to be called before Solve.
func (e *Elliptic) Prepare() {
	l := e.level[0]
	copy(l.a, e.cell)
	largest := floats.Max(l.a)
	for k := range l.dim {
		h := e.grid.Axis(k).H()
		w := l.weight[k][l.margin:][:l.size]
		for i, v := range e.face[k] {
			w[i] = v / (h * h)
		}
		l.wall(k)
		largest = max(largest, floats.Max(w))
	}
	floor := max(negligible*largest, smallestNormal)
	cut(l.a, floor)
	for k := range l.dim {
		cut(l.weight[k], floor)
	}
	l.factor()
	for i, coarse := range e.level[1:] {
		coarse.gather(e.level[i])
		coarse.factor()
	}
}

// negligible is the part of the largest coefficient below which others are taken for 0. Its
// inverse, and the square of that times itself, are finite.
const negligible = 0x1p-500

// smallestNormal is the smallest normal float64.
const smallestNormal = 0x1p-1022

// cut sets to 0 what is below floor.
func cut(x []float64, floor float64) {
	for i, v := range x {
		if v < floor {
			x[i] = 0
		}
	}
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
		w, from := l.weight[k][l.margin:][:l.size], fine.weight[k][fine.margin:][:fine.size]
		clear(w)
		fine.children(l, func(i, c, at int) {
			if at>>k&1 == 1 { // the odd child has the coarse face on its right
				w[c] += from[i] / 2
			}
		})
	}
}

// children calls visit for every cell i with the coarse cell c that contains it; bit k
// of at is its position's parity along axis k.
func (l *ellipticLevel) children(coarse *ellipticLevel, visit func(i, c, at int)) {
	last := l.dim - 1
	n := l.shape[last]
	for first := 0; first < l.size; first += n {
		c, at := l.parent(coarse, first)
		for j := range n {
			visit(first+j, c+j/2, at|(j&1)<<last)
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
	for i := range l.size {
		at := i + l.margin
		d := l.a[i]
		for k := range l.dim {
			d += l.weight[k][at] + l.weight[k][at-l.stride[k]]
		}
		if i%n > 0 {
			w := l.weight[last][at-1]
			d -= w * w * l.pivot[i-1]
		}
		l.pivot[i] = 0
		if d > 0 {
			l.pivot[i] = 1 / d
		}
	}
}

// relax solves the lines of one colour with the other colour's values as given.
func (l *ellipticLevel) relax(colour int) {
	rows := l.colour[colour]
	last := l.dim - 1
	n := l.shape[last]
	l.parallel(len(rows), func(worker, lo, hi int) {
		b := l.row[worker]
		for _, first := range rows[lo:hi] {
			at := int(first) + l.margin
			l.neighbours(b, at)
			w, m, u := l.weight[last][at:][:n], l.pivot[first:][:n], l.u[at:][:n]
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
	})
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

// cycle makes one symmetric V-cycle on level i from u = 0 for the right side f.
func (e *Elliptic) cycle(i int) {
	l := e.level[i]
	clear(l.u)
	if i == len(e.level)-1 {
		l.relax(0)
		return
	}
	l.relax(0)
	l.relax(1)
	coarse := e.level[i+1]
	l.descend(coarse)
	e.cycle(i + 1)
	l.lift(coarse)
	l.relax(1)
	l.relax(0)
}

// descend writes the sums of the residual to the right side of the coarse level. The
// lines of colour 1 have just been solved and have none.
func (l *ellipticLevel) descend(coarse *ellipticLevel) {
	clear(coarse.f)
	last := l.dim - 1
	n := l.shape[last]
	b := l.row[0]
	for _, first := range l.colour[0] {
		at := int(first) + l.margin
		l.neighbours(b, at)
		w, m, u := l.weight[last][at-1:][:n+1], l.a[first:][:n], l.u[at-1:][:n+2]
		for j := range b {
			d := m[j] + w[j] + w[j+1]
			for k := range last {
				d += l.weight[k][at+j] + l.weight[k][at+j-l.stride[k]]
			}
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

// Precondition writes an approximate solution for f to dst: one symmetric V-cycle, a
// positive definite operator for the use of other iterations.
func (e *Elliptic) Precondition(dst, f []float64) {
	l := e.level[0]
	copy(l.f[l.margin:][:l.size], f)
	e.cycle(0)
	copy(dst, l.u[l.margin:][:l.size])
}

// Solve writes u to dst and returns it, the number of iterations, and the residual in
// the norm of least squares relative to that of f. It stops at the tolerance or at the
// limit, whichever comes first. The start is u = 0; dst may be f; nil allocates.
func (e *Elliptic) Solve(dst, f []float64, tolerance float64, limit int) (u []float64, iterations int, residual float64) {
	l := e.level[0]
	if dst == nil {
		dst = make([]float64, l.size)
	}
	if len(dst) != l.size || len(f) != l.size {
		panic("grid: Elliptic.Solve: lengths do not fit the grid")
	}
	r, p := e.r, e.p
	direction, z, image := p[l.margin:][:l.size], l.u[l.margin:][:l.size], l.f[l.margin:][:l.size]
	copy(r, f)
	clear(dst)
	clear(p)
	norm := math.Sqrt(floats.Dot(r, r))
	residual = 1
	if norm == 0 {
		return dst, 0, 0
	}
	before := 0.0
	for iterations < limit && residual > tolerance {
		iterations++
		copy(image, r)
		e.cycle(0)
		rz := floats.Dot(r, z)
		beta := 0.0
		if before != 0 {
			beta = rz / before
		}
		before = rz
		for i, v := range z {
			direction[i] = v + beta*direction[i]
		}
		l.apply(image, p)
		curvature := floats.Dot(direction, image)
		if !(curvature > 0) {
			break
		}
		alpha := rz / curvature
		for i, v := range image {
			dst[i] += alpha * direction[i]
			r[i] -= alpha * v
		}
		residual = math.Sqrt(floats.Dot(r, r)) / norm
	}
	return dst, iterations, residual
}
