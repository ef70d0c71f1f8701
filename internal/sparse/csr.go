package sparse

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// CSR is a matrix in compressed sparse rows. The entries of row i are
// Data[Indptr[i]:Indptr[i+1]], in the columns Ind[Indptr[i]:Indptr[i+1]], which
// increase: no entry is stored twice. A stored entry may be 0. The values in Data
// may be changed, the pattern may not.
type CSR struct {
	rows, cols  int
	Indptr, Ind []int
	Data        []float64
}

var (
	_ mat.Matrix         = (*CSR)(nil)
	_ mat.NonZeroDoer    = (*CSR)(nil)
	_ mat.RowNonZeroDoer = (*CSR)(nil)
	_ rowMatrix          = (*CSR)(nil)
)

// NewCSR returns the r × c matrix with the given arrays, which it keeps. It panics
// unless they have matching lengths and the columns of each row are in range and
// increase.
func NewCSR(r, c int, indptr, ind []int, data []float64) *CSR {
	if r < 0 || c < 0 || len(indptr) != r+1 || indptr[0] != 0 || indptr[r] != len(ind) || len(ind) != len(data) {
		panic(fmt.Sprintf("sparse: NewCSR: %d×%d matrix with arrays of %d, %d and %d entries", r, c, len(indptr), len(ind), len(data)))
	}
	for i := range r {
		if indptr[i] > indptr[i+1] {
			panic(fmt.Sprintf("sparse: NewCSR: row %d ends before it starts", i))
		}
		before := -1
		for _, j := range ind[indptr[i]:indptr[i+1]] {
			if j <= before || j >= c {
				panic(fmt.Sprintf("sparse: NewCSR: row %d: column %d after %d of %d: want increasing columns in range", i, j, before, c))
			}
			before = j
		}
	}
	return &CSR{rows: r, cols: c, Indptr: indptr, Ind: ind, Data: data}
}

// rowMatrix is what From copies: gonum's band, triangular and tridiagonal
// matrices, and any CSR.
type rowMatrix interface {
	mat.Matrix
	mat.RowNonZeroDoer
}

// From returns a copy of m as a CSR.
func From(m rowMatrix) *CSR {
	r, c := m.Dims()
	a := &CSR{rows: r, cols: c, Indptr: make([]int, r+1)}
	for i := range r {
		sorted := true
		m.DoRowNonZero(i, func(_, j int, v float64) {
			if k := len(a.Ind); k > a.Indptr[i] && a.Ind[k-1] >= j {
				sorted = false
			}
			a.Ind, a.Data = append(a.Ind, j), append(a.Data, v)
		})
		a.Indptr[i+1] = len(a.Ind)
		if !sorted {
			a.sortRow(i)
		}
	}
	return NewCSR(r, c, a.Indptr, a.Ind, a.Data)
}

// sortRow sorts the entries of row i by column.
func (a *CSR) sortRow(i int) {
	lo, hi := a.Indptr[i], a.Indptr[i+1]
	type entry struct {
		j int
		v float64
	}
	row := make([]entry, hi-lo)
	for k := range row {
		row[k] = entry{a.Ind[lo+k], a.Data[lo+k]}
	}
	slices.SortStableFunc(row, func(x, y entry) int { return x.j - y.j })
	for k, e := range row {
		a.Ind[lo+k], a.Data[lo+k] = e.j, e.v
	}
}

// Dims returns the numbers of rows and columns.
func (a *CSR) Dims() (r, c int) { return a.rows, a.cols }

// At returns the entry in row i and column j.
func (a *CSR) At(i, j int) float64 {
	if j < 0 || j >= a.cols {
		panic(fmt.Sprintf("sparse: At: column %d of %d", j, a.cols))
	}
	if k := a.Slot(i, j); k >= 0 {
		return a.Data[k]
	}
	return 0
}

// Slot returns the index in Data of the entry in row i and column j, or −1 if it
// is not stored.
func (a *CSR) Slot(i, j int) int {
	lo := a.Indptr[i]
	if k, ok := slices.BinarySearch(a.Ind[lo:a.Indptr[i+1]], j); ok {
		return lo + k
	}
	return -1
}

// T returns the transpose, without a copy.
func (a *CSR) T() mat.Matrix { return mat.Transpose{Matrix: a} }

// NNZ returns the number of stored entries.
func (a *CSR) NNZ() int { return len(a.Data) }

// DoNonZero calls fn for each stored entry, row by row.
func (a *CSR) DoNonZero(fn func(i, j int, v float64)) {
	for i := range a.rows {
		a.DoRowNonZero(i, fn)
	}
}

// DoRowNonZero calls fn for each stored entry of row i, in the order of the
// columns.
func (a *CSR) DoRowNonZero(i int, fn func(i, j int, v float64)) {
	for k := a.Indptr[i]; k < a.Indptr[i+1]; k++ {
		fn(i, a.Ind[k], a.Data[k])
	}
}

// MulVecTo adds A x, or Aᵀ x if trans, to dst: like that of james-bowman/sparse it
// does not clear dst first. dst must not be x.
func (a *CSR) MulVecTo(dst []float64, trans bool, x []float64) {
	r, c := a.rows, a.cols
	if trans {
		r, c = c, r
	}
	if len(dst) != r || len(x) != c {
		panic(fmt.Sprintf("sparse: MulVecTo: vectors of %d and %d entries: want %d and %d", len(dst), len(x), r, c))
	}
	if trans {
		for i, v := range x {
			for k := a.Indptr[i]; k < a.Indptr[i+1]; k++ {
				dst[a.Ind[k]] += a.Data[k] * v
			}
		}
		return
	}
	for i := range dst {
		dst[i] += a.row(i, x)
	}
}

// row returns the product of row i with x.
func (a *CSR) row(i int, x []float64) float64 {
	lo, hi := a.Indptr[i], a.Indptr[i+1]
	ind, data := a.Ind[lo:hi], a.Data[lo:hi]
	data = data[:len(ind)]
	var s float64
	for k, j := range ind {
		s += data[k] * x[j]
	}
	return s
}

// Len returns the number of rows. It panics unless the matrix is square.
func (a *CSR) Len() int {
	if a.rows != a.cols {
		panic(fmt.Sprintf("sparse: a %d×%d matrix: want a square one", a.rows, a.cols))
	}
	return a.rows
}

// Mul writes A x to dst, which must not be x.
func (a *CSR) Mul(dst, x []float64) {
	for i := range dst {
		dst[i] = a.row(i, x)
	}
}
