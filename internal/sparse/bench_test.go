package sparse

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkMulVec measures the product of a five-point matrix of 256² rows with a
// vector, BenchmarkILU and BenchmarkIC one application and one factorisation, in ns
// per stored entry.
func BenchmarkMulVec(b *testing.B) {
	a := poisson(256, 1, 1)
	x, y := make([]float64, 256*256), make([]float64, 256*256)
	perEntry(b, a.NNZ(), func() { a.MulVecTo(y, false, x) })
}

func BenchmarkILU(b *testing.B) {
	a := poisson(256, 1, 1)
	preconditioner(b, NewILU(a), a)
}

func BenchmarkIC(b *testing.B) {
	a := poisson(256, 0, 1)
	preconditioner(b, NewIC(a), a)
}

func preconditioner(b *testing.B, m Preconditioner, a *CSR) {
	x := make([]float64, a.rows)
	require.NoError(b, m.Factor())
	b.Run("apply", func(b *testing.B) { perEntry(b, a.NNZ(), func() { m.Apply(x, x) }) })
	b.Run("factor", func(b *testing.B) { perEntry(b, a.NNZ(), func() { require.NoError(b, m.Factor()) }) })
}

// BenchmarkMultigrid measures one V-cycle, one factorisation and one product on 256²
// cells, in ns per cell.
func BenchmarkMultigrid(b *testing.B) {
	a := NewTransfer([]int{256, 256})
	for i := range a.Mass {
		a.Mass[i] = 1
		for k, st := range a.stride {
			if i/st%256 < 255 {
				a.Up[k][i], a.Down[k][i] = 9, 9.1
			}
		}
	}
	m := NewMultigrid(a, []float64{1, 1})
	require.NoError(b, m.Factor())
	x, y := make([]float64, a.Len()), make([]float64, a.Len())
	x[300] = 1
	b.Run("cycle", func(b *testing.B) { perEntry(b, a.Len(), func() { m.Apply(y, x) }) })
	b.Run("factor", func(b *testing.B) { perEntry(b, a.Len(), func() { require.NoError(b, m.Factor()) }) })
	b.Run("product", func(b *testing.B) { perEntry(b, a.Len(), func() { a.Mul(y, x) }) })
}

// BenchmarkTridiagonals measures 256 systems of 256 rows, in ns per row.
func BenchmarkTridiagonals(b *testing.B) {
	s := NewTridiagonals(256, 256)
	for i := range s.Diag {
		s.Lower[i], s.Diag[i], s.Upper[i] = -1, 3, -1
	}
	require.NoError(b, s.Factor())
	x := make([]float64, 256*256)
	for i := range x {
		x[i] = 1
	}
	perEntry(b, len(x), func() { s.Solve(x) })
}

// perEntry reports the time of f over n entries.
func perEntry(b *testing.B, n int, f func()) {
	b.ReportAllocs()
	for b.Loop() {
		f()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/entry")
}
