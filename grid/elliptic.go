package grid

import (
	"math"
	"runtime"

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
	largest := largestOf(0, l.a)
	for k := range l.dim {
		h := e.grid.Axis(k).H()
		w := l.weight[k][l.margin:][:l.size]
		for i, v := range e.face[k] {
			w[i] = v / (h * h)
		}
		l.wall(k)
		largest = largestOf(largest, w)
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

// largestOf returns the largest of m and the elements of x.
func largestOf(m float64, x []float64) float64 {
	for _, v := range x {
		if v > m {
			m = v
		}
	}
	return m
}

// cut sets to 0 what is below floor.
func cut(x []float64, floor float64) {
	for i, v := range x {
		if v < floor {
			x[i] = 0
		}
	}
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
