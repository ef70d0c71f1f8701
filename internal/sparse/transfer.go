package sparse

import (
	"fmt"
	"math"
)

// Transfer is the matrix of a balance between the cells of a tensor grid, each of
// which exchanges with its two neighbours on every axis:
//
//	(A x)_i = m_i x_i + Σ_k (f_{k,i} − f_{k,i−e_k}),    f_{k,i} = a_{k,i} x_i − b_{k,i} x_{i+e_k},
//
// f_{k,i} being what passes from cell i to the next one on axis k. m is Mass, a is
// Up[k] and b is Down[k], all in row-major order of the cells; where a cell is the last on
// axis k its entries of Up[k] and Down[k] are 0. With all of them at least 0 and m above 0
// A is an M-matrix, whose columns sum to m: 1ᵀAx = Σ m_i x_i. It is symmetric if a = b.
type Transfer struct {
	Mass     []float64
	Up, Down [][]float64

	shape, stride []int
	below         []belowFace
	diag, inverse []float64   // of the diagonal; see Factor
	vector        []float64   // a vector with a margin of the largest stride
	x             []float64   // its middle
	acc           []float64   // of one row
	lo, hi        [][]float64 // views of x by axis, shifted
}

// belowFace are the coefficients of the lower faces: those of cell i are up[i] and down[i].
type belowFace struct{ up, down []float64 }

// NewTransfer returns the zero matrix on a grid of the given shape of at least two axes.
func NewTransfer(shape []int) *Transfer {
	if len(shape) < 2 {
		panic(fmt.Sprintf("sparse: NewTransfer: %d axes: want at least 2", len(shape)))
	}
	t := &Transfer{shape: shape, stride: make([]int, len(shape))}
	size := 1
	for k := len(shape) - 1; k >= 0; k-- {
		if shape[k] < 1 {
			panic(fmt.Sprintf("sparse: NewTransfer: %d cells on axis %d", shape[k], k))
		}
		t.stride[k] = size
		size *= shape[k]
	}
	margin := t.stride[0]
	t.Mass, t.diag, t.inverse = make([]float64, size), make([]float64, size), make([]float64, size)
	t.vector = make([]float64, size+2*margin)
	t.x = t.vector[margin : margin+size]
	t.acc = make([]float64, shape[len(shape)-1])
	for k := range shape {
		up, down := make([]float64, size+margin), make([]float64, size+margin)
		t.Up, t.Down = append(t.Up, up[margin:]), append(t.Down, down[margin:])
		from := margin - t.stride[k]
		t.below = append(t.below, belowFace{up: up[from : from+size], down: down[from : from+size]})
		t.lo = append(t.lo, t.vector[from:from+size])
		t.hi = append(t.hi, t.vector[margin+t.stride[k]:][:size])
	}
	return t
}

// Len returns the number of cells.
func (t *Transfer) Len() int { return len(t.Mass) }

// Below returns Up[k] and Down[k] by the upper cell of a face: entry i belongs to the
// face between i − e_k and i.
func (t *Transfer) Below(k int) (up, down []float64) { return t.below[k].up, t.below[k].down }

// Factor brings the diagonal up to date with the coefficients. It returns a *PivotError for
// an entry that is 0 or not finite.
func (t *Transfer) Factor() error {
	copy(t.diag, t.Mass)
	for k := range t.Up {
		up, down := t.Up[k][:len(t.diag)], t.below[k].down[:len(t.diag)]
		for i := range t.diag {
			t.diag[i] += up[i] + down[i]
		}
	}
	bad := 0.0
	for i, d := range t.diag {
		v := 1 / d
		bad += (v - v) + (d - d) // 0 unless one is not finite
		t.inverse[i] = v
	}
	if bad != 0 {
		for i, d := range t.diag {
			if d == 0 || d-d != 0 || 1/d-1/d != 0 {
				return &PivotError{Row: i, Pivot: d}
			}
		}
	}
	return nil
}

// Mul writes A x to dst, which must not be x. Factor must have been called.
func (t *Transfer) Mul(dst, x []float64) {
	copy(t.x, x)
	n := t.shape[len(t.shape)-1]
	for i := 0; i < len(dst); i += n {
		r := t.row(i, n)
		out, z, d := dst[i:i+n], r.x, t.diag[i:i+n]
		t.inflow(out, &r)
		z, d = z[:len(out)], d[:len(out)]
		for j, in := range out {
			out[j] = d[j]*z[j] - in
		}
	}
}

// rowView are the slices of a row of cells along the last axis.
type rowView struct {
	i       int
	x       []float64
	inverse []float64
	aL, xL  []float64 // the lower neighbours on the last axis: their a, and x
	bR, xR  []float64 // the upper neighbours
	aS, xS  []float64 // the neighbours on the axis before the last
	bN, xN  []float64
}

// row returns the row of n cells from i.
func (t *Transfer) row(i, n int) rowView {
	l, k := len(t.shape)-1, len(t.shape)-2
	e := i + n
	return rowView{
		i: i, x: t.x[i:e], inverse: t.inverse[i:e],
		aL: t.below[l].up[i:e], xL: t.lo[l][i:e], bR: t.Down[l][i:e], xR: t.hi[l][i:e],
		aS: t.below[k].up[i:e], xS: t.lo[k][i:e], bN: t.Down[k][i:e], xN: t.hi[k][i:e],
	}
}

// others adds to acc what enters the row from the neighbours on the axes but the last two.
func (t *Transfer) others(acc []float64, i int) {
	e := i + len(acc)
	for k := range len(t.shape) - 2 {
		a, xl, b, xh := t.below[k].up[i:e], t.lo[k][i:e], t.Down[k][i:e], t.hi[k][i:e]
		for j := range acc {
			acc[j] += a[j]*xl[j] + b[j]*xh[j]
		}
	}
}

// inflow writes what enters the cells of the row from their neighbours to out.
func (t *Transfer) inflow(out []float64, r *rowView) {
	n := len(out)
	aL, xL, bR, xR := r.aL[:n], r.xL[:n], r.bR[:n], r.xR[:n]
	aS, xS, bN, xN := r.aS[:n], r.xS[:n], r.bN[:n], r.xN[:n]
	for j := range out {
		out[j] = (aL[j]*xL[j] + bR[j]*xR[j]) + (aS[j]*xS[j] + bN[j]*xN[j])
	}
	if len(t.shape) > 2 {
		t.others(out, r.i)
	}
}

// relax makes a Gauss–Seidel sweep over the cells of one colour, 0 or 1, of the
// checkerboard: x_i = (b_i + inflow)/diagonal, with x in t.x.
func (t *Transfer) relax(b []float64, colour int) {
	n := t.shape[len(t.shape)-1]
	row := 0
	for i := 0; i < len(b); i += n {
		r := t.row(i, n)
		rhs := b[i : i+n]
		if len(t.shape) > 2 {
			acc := t.acc[:n]
			copy(acc, rhs)
			t.others(acc, i)
			rhs = acc
		}
		relaxRow(&r, rhs, (t.parity(row)+colour)&1)
		row++
	}
}

// parity returns the sum modulo 2 of the coordinates of a row.
func (t *Transfer) parity(row int) int {
	s := 0
	for k := len(t.shape) - 2; k >= 0; k-- {
		s += row % t.shape[k]
		row /= t.shape[k]
	}
	return s & 1
}

func relaxRow(r *rowView, b []float64, from int) {
	n := len(b)
	x, inverse := r.x[:n], r.inverse[:n]
	aL, xL, bR, xR := r.aL[:n], r.xL[:n], r.bR[:n], r.xR[:n]
	aS, xS, bN, xN := r.aS[:n], r.xS[:n], r.bN[:n], r.xN[:n]
	for j := uint(from); j < uint(n); j += 2 {
		x[j] = (b[j] + (aL[j]*xL[j] + bR[j]*xR[j]) + (aS[j]*xS[j] + bN[j]*xN[j])) * inverse[j]
	}
}

// remainder writes b − A x of every second cell of the row at i to acc and returns the
// sum of the absolute values. The others are not written.
func (t *Transfer) remainder(b []float64, i, from int) float64 {
	n := len(t.acc)
	r := t.row(i, n)
	acc, rhs, diag := t.acc, b[i:i+n], t.diag[i:i+n]
	if len(t.shape) > 2 {
		copy(acc, rhs)
		t.others(acc, i)
		rhs = acc
	}
	x := r.x[:n]
	aL, xL, bR, xR := r.aL[:n], r.xL[:n], r.bR[:n], r.xR[:n]
	aS, xS, bN, xN := r.aS[:n], r.xS[:n], r.bN[:n], r.xN[:n]
	var sum float64
	for j := uint(from); j < uint(n); j += 2 {
		v := (rhs[j] + (aL[j]*xL[j] + bR[j]*xR[j]) + (aS[j]*xS[j] + bN[j]*xN[j])) - diag[j]*x[j]
		acc[j] = v
		sum += math.Abs(v)
	}
	return sum
}
