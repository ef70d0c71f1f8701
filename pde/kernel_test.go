package pde

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// awkward returns n numbers of very different sizes with zeros, subnormal numbers
// and, if wild, infinities and NaN among them.
func awkward(rnd *rand.Rand, n int, wild bool) []float64 {
	special := []float64{0, math.Copysign(0, -1), 5e-324, -5e-324, 1e-310, 1, -1, 1e300, 1e-300}
	if wild {
		special = append(special, math.Inf(1), math.Inf(-1), math.NaN())
	}
	x := make([]float64, n)
	for i := range x {
		switch rnd.IntN(3) {
		case 0:
			x[i] = special[rnd.IntN(len(special))]
		case 1:
			x[i] = rnd.NormFloat64()
		default:
			x[i] = rnd.NormFloat64() * math.Exp(20*rnd.NormFloat64())
		}
	}
	return x
}

// sameBits fails unless a and b agree bit for bit, any NaN being equal to any.
func sameBits(t *testing.T, what string, a, b []float64) {
	t.Helper()
	require.Len(t, b, len(a))
	for i := range a {
		if math.IsNaN(a[i]) && math.IsNaN(b[i]) {
			continue
		}
		require.Equalf(t, math.Float64bits(a[i]), math.Float64bits(b[i]), "%s: element %d of %d: %v and %v", what, i, len(a), a[i], b[i])
	}
}

// The vector kernels give the bits of the Go loops for every length, tails
// included, and write nothing beyond the row.
func TestKernelsAgree(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for trial := range 600 {
		n := trial % 39
		in := make([][]float64, 6)
		for i := range in {
			in[i] = awkward(rnd, n, false)
		}
		both := func(what string, vector, plain func(dst []float64)) {
			a := make([]float64, n+4)
			for i := range a {
				a[i] = float64(i) + 0.25
			}
			b := append([]float64(nil), a...)
			vector(a[:n])
			plain(b[:n])
			sameBits(t, what, a, b)
		}
		both("drains", func(d []float64) { drains(d, in[0], in[1], in[2], 3) }, func(d []float64) { drainsGo(d, in[0], in[1], in[2], 3) })
		both("drainSums", func(d []float64) { drainSums(d, in[0], in[1], in[2], 3) }, func(d []float64) { drainSumsGo(d, in[0], in[1], in[2], 3) })
		var l1, l2 lanes
		x := &near{in[0], in[1], in[2], in[3], in[4], in[5]}
		u := awkward(rnd, n, false)
		both("reconstruct5", func(d []float64) { reconstruct5(d, x, u, 1e-12) }, func(d []float64) { reconstruct5Go(d, x, u, 0, 1e-12) })
		both("apply", func(d []float64) { apply(d, x, n/4, n, toPoint[2]) }, func(d []float64) { applyGo(d, x, n/4, n, toPoint[2]) })
		m1, m2 := lanes{1, 2, 3, 4}, lanes{1, 2, 3, 4}
		sumMin(in[0], &l1, &m1)
		sumMinGo(in[0], &l2, &m2)
		sumMax(in[1], &l1, &m1)
		sumMaxGo(in[1], &l2, &m2)
		sameBits(t, "sums", l1[:], l2[:])
		for i := range m1 { // which zero a minimum returns is not fixed
			require.Equal(t, m2[i], m1[i]) //nolint:testifylint // exact on purpose
		}
	}
}

// A NaN or an infinity in a row is seen by the sums, wherever it stands, whatever
// the minima and maxima make of it.
func TestKernelsShowNaN(t *testing.T) {
	for n := 1; n < 20; n++ {
		for at := range n {
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				x := make([]float64, n)
				x[at] = bad
				var s, m lanes
				sumMin(x, &s, &m)
				require.True(t, math.IsNaN(s.sum()) || math.IsInf(s.sum(), 0))
				w := make([]float64, n)
				drains(w, x, make([]float64, n), make([]float64, n), 1)
				s = lanes{}
				sumMax(w, &s, &m)
				require.True(t, math.IsNaN(s.sum()) || math.IsInf(s.sum(), 0) || bad < 0, "n %d at %d", n, at)
			}
		}
	}
}
