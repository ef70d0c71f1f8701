package pde

import (
	"math"

	"pdesolve/grid"
)

// faceFlux is the exponentially fitted operator of Scharfetter and Gummel on one grid,
//
//	L(ρ)_i = −Σ_k (f_{i+e_k/2} − f_{i−e_k/2}),    f = a ρ_i − b ρ_{i+e_k},
//	a = D/h_k² B(ΔU/D),    b = D/h_k² B(−ΔU/D),    ΔU = U_{i+e_k} − U_i,    B(x) = x/(eˣ − 1),
//
// for ∂_τρ = ∇·(D∇ρ + ρ∇U). Faces on the walls have a = b = 0. Between two cells f is
// the flux of the stationary one-dimensional problem with U linear between the two
// centers, so f = 0 where ρ ∝ e^{−U/D}, whatever the cell width.
//
// On a graded grid the vectors hold the masses m = ρJ of the cells (see graded.go): with
// d the distance of the two centers, and h the width of the cell that f drains,
//
//	f = D/(d h_i) B(ΔU/D) m_i − D/(d h_{i+e_k}) B(−ΔU/D) m_{i+e_k}.
//
// Vectors of a faceFlux have pad numbers on either side of the cells, so that every
// cell has neighbours in memory; those beyond a wall are multiplied by 0. Where U is
// a sum of a function of each coordinate, the faces along an axis are alike in all
// rows, and a plane keeps one row of each.
type faceFlux struct {
	size, row, pad int
	n, stride      []int
	inv            []float64     // 1/h² of each axis
	face           [][]faceWidth // of each axis that is graded, or nil
	ratio          []float64     // J of a graded grid
	volume         float64       // of a cell, on average

	plane  bool
	a, b   [][]float64 // per axis, the upper face of every cell, in padded vectors; not of a plane
	alongA []float64   // of a plane: the faces of a row, from the one below its first cell
	alongB []float64
	crossA []float64 // of a plane: the faces of a column
	crossB []float64

	rate    float64   // largest Σ of the coefficients that drain a cell
	strip   []float64 // the outflows of a strip
	stripA  []float64 // a coefficient on all faces of a row
	stripB  []float64
	stage   legendreRow
	outflow outflowRow
}

// newFaceFlux returns the operator on g, not yet tabulated.
func newFaceFlux(g *grid.Grid) *faceFlux {
	d := g.Dim()
	x := &faceFlux{size: g.Len(), row: g.Axis(d - 1).N, pad: max(g.Stride(0), 8), n: g.Shape(), ratio: g.Jacobian(), volume: g.MeanVolume()}
	for k := range d {
		h := g.Axis(k).MeanWidth()
		x.inv, x.face = append(x.inv, 1/(h*h)), append(x.face, faceWidths(g.Axis(k)))
		x.stride = append(x.stride, g.Stride(k))
	}
	x.strip = make([]float64, stripLength)
	return x
}

// scales returns D/(d h) of the cells below and above face i of axis k.
func (x *faceFlux) scales(k, i int, diffusion float64) (below, above float64) {
	if f := x.face[k]; f != nil {
		return diffusion * f[i].below, diffusion * f[i].above
	}
	return diffusion * x.inv[k], diffusion * x.inv[k]
}

// vector returns a padded vector of zeros.
func (x *faceFlux) vector() []float64 { return make([]float64, x.size+2*x.pad) }

// cells returns the part of a padded vector that is the cells.
func (x *faceFlux) cells(v []float64) []float64 { return v[x.pad : x.pad+x.size : x.pad+x.size] }

// tabulate sets the coefficients for the potential u of every cell and D > 0.
func (x *faceFlux) tabulate(u []float64, diffusion float64) error {
	if x.plane = x.separable(u); x.plane {
		x.tabulatePlane(u, diffusion)
	} else {
		x.tabulateAll(u, diffusion)
	}
	return x.checkRate()
}

// checkRate returns a *DivergedError if a coefficient is not finite.
func (x *faceFlux) checkRate() error {
	if math.IsNaN(x.rate) || math.IsInf(x.rate, 0) {
		return &DivergedError{What: "differences of the potential between neighbouring cells are not finite"}
	}
	return nil
}

// separable reports whether u, in one or two dimensions, is the sum of a function of
// each coordinate up to a few roundings of its largest value: then u is known no
// better than that sum is.
func (x *faceFlux) separable(u []float64) bool {
	if len(x.n) > 2 {
		return false
	}
	var top float64
	for _, v := range u[:x.row] {
		top = max(top, math.Abs(v))
	}
	for i := 0; i < x.size; i += x.row {
		top = max(top, math.Abs(u[i]))
	}
	bound := 8 * 0x1p-53 * top
	for i := x.row; i < x.size; i += x.row {
		shift := u[i] - u[0]
		for j, v := range u[i : i+x.row] {
			if !(math.Abs(v-u[j]-shift) <= bound) {
				return false
			}
		}
	}
	return true
}

// tabulatePlane fills the rows of coefficients from the first row and column of u.
func (x *faceFlux) tabulatePlane(u []float64, diffusion float64) {
	if x.alongA == nil {
		x.alongA, x.alongB = make([]float64, x.row+1), make([]float64, x.row+1)
		rows := x.size / x.row
		x.crossA, x.crossB = make([]float64, rows+1), make([]float64, rows+1)
		x.stripA, x.stripB = make([]float64, x.row), make([]float64, x.row)
	}
	last := len(x.n) - 1
	along := x.line(x.alongA, x.alongB, u, last, diffusion)
	var across float64
	if last == 1 {
		across = x.line(x.crossA, x.crossB, u, 0, diffusion)
	}
	x.rate = along + across
}

// line fills a and b with the faces along a line of cells of axis k of u and returns the
// largest rate that they drain a cell at.
func (x *faceFlux) line(a, b, u []float64, k int, diffusion float64) float64 {
	stride := x.stride[k]
	for i := 1; i < len(a)-1; i++ {
		plus, minus := bernoulli((u[i*stride] - u[(i-1)*stride]) / diffusion)
		below, above := x.scales(k, i-1, diffusion)
		a[i], b[i] = below*plus, above*minus
	}
	var top honestMax
	for i := 1; i < len(a); i++ {
		top.raise(a[i] + b[i-1])
	}
	return top.value
}

// honestMax is a maximum from 0 up that keeps a NaN.
type honestMax struct{ value float64 }

// raise raises the maximum to v.
func (m *honestMax) raise(v float64) {
	if v > m.value || math.IsNaN(v) {
		m.value = v
	}
}

// tabulateAll fills the coefficients of every face.
func (x *faceFlux) tabulateAll(u []float64, diffusion float64) {
	if x.a == nil {
		for range x.n {
			x.a, x.b = append(x.a, x.vector()), append(x.b, x.vector())
		}
	}
	for k, st := range x.stride {
		a, b := x.cells(x.a[k]), x.cells(x.b[k])
		block := st * x.n[k]
		for base := 0; base < x.size; base += block {
			for j := range x.n[k] - 1 {
				below, above := x.scales(k, j, diffusion)
				for i := base + j*st; i < base+(j+1)*st; i++ {
					plus, minus := bernoulli((u[i+st] - u[i]) / diffusion)
					a[i], b[i] = below*plus, above*minus
				}
			}
		}
	}
	var top honestMax
	for i := x.pad; i < x.pad+x.size; i++ {
		var sum float64
		for k, st := range x.stride {
			sum += x.a[k][i] + x.b[k][i-st]
		}
		top.raise(sum)
	}
	x.rate = top.value
}

// legendre replaces out by v + κ(v − out), v = z + ε L(z). Both are padded vectors.
func (x *faceFlux) legendre(out, z []float64, eps, kappa float64) {
	if !x.plane {
		x.legendreAll(out, z, eps, kappa)
		return
	}
	s := &x.stage
	s.a, s.b, s.eps, s.kappa = x.alongA, x.alongB, eps, kappa
	for j, at := 0, x.pad; at < x.pad+x.size; j, at = j+1, at+x.row {
		s.out, s.z = out[at:at+x.row], z[at-1:at+x.row+1]
		s.lo, s.hi = s.z[1:], s.z[1:]
		if len(x.n) == 2 {
			s.lo, s.hi = z[at-x.row:at], z[at+x.row:at+2*x.row]
		}
		s.loA, s.loB, s.hiA, s.hiB = x.crossA[j], x.crossB[j], x.crossA[j+1], x.crossB[j+1]
		s.run()
	}
}

// legendreAll is legendre with the coefficients of every face.
func (x *faceFlux) legendreAll(out, z []float64, eps, kappa float64) {
	for at := x.pad; at < x.pad+x.size; at += stripLength {
		end := min(at+stripLength, x.pad+x.size)
		d := x.strip[:end-at]
		x.outflows(d, z, at)
		relax(out[at:end], z[at:end], d, eps, kappa)
	}
}

// outflows writes −L(z) of the cells at the padded index at and on to d.
func (x *faceFlux) outflows(d, z []float64, at int) {
	clear(d)
	o, end := &x.outflow, at+len(d)
	o.out, o.z = d, z[at:end]
	for k, st := range x.stride {
		o.lo, o.hi = z[at-st:end-st], z[at+st:end+st]
		o.loA, o.loB, o.hiA, o.hiB = x.a[k][at-st:end-st], x.b[k][at-st:end-st], x.a[k][at:end], x.b[k][at:end]
		o.run()
	}
}

// production returns Σ_faces |C| f Δ(−p): the rate at which the flow ρ̇ = L(z) lowers
// an energy with the first variation p. z and p are padded vectors.
func (x *faceFlux) production(z, p []float64) float64 {
	var total compensated
	for at := x.pad; at < x.pad+x.size; at += x.row {
		var s lanes
		end := at + x.row
		if !x.plane {
			for k, st := range x.stride {
				production(z[at:end], z[at+st:end+st], x.a[k][at:end], x.b[k][at:end], p[at:end], p[at+st:end+st], &s)
			}
		} else {
			production(z[at:end], z[at+1:end+1], x.alongA[1:], x.alongB[1:], p[at:end], p[at+1:end+1], &s)
			if j := (at - x.pad) / x.row; len(x.n) == 2 {
				fill(x.stripA, x.crossA[j+1])
				fill(x.stripB, x.crossB[j+1])
				production(z[at:end], z[end:end+x.row], x.stripA, x.stripB, p[at:end], p[end:end+x.row], &s)
			}
		}
		total.add(s.sum())
	}
	return total.value() * x.volume
}

// fill sets every element of x to v.
func fill(x []float64, v float64) {
	for i := range x {
		x[i] = v
	}
}
