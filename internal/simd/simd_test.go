package simd_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"pdesolve/internal/simd"
)

// bigExp returns eˣ to about 200 bits for |x| < 1000, by the Taylor series of
// x/2^20 and twenty squarings.
func bigExp(x float64) *big.Float {
	const prec, halvings = 260, 20
	r := new(big.Float).SetPrec(prec).SetFloat64(x)
	r.SetMantExp(r, -halvings)
	sum := new(big.Float).SetPrec(prec).SetInt64(1)
	term := new(big.Float).SetPrec(prec).SetInt64(1)
	for n := int64(1); n < 40; n++ {
		term.Mul(term, r)
		term.Quo(term, new(big.Float).SetPrec(prec).SetInt64(n))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// bigTanh returns (e^{2x} − 1)/(e^{2x} + 1).
func bigTanh(x float64) *big.Float {
	e, one := bigExp(2*x), new(big.Float).SetPrec(260).SetInt64(1)
	num := new(big.Float).SetPrec(260).Sub(e, one)
	return num.Quo(num, new(big.Float).SetPrec(260).Add(e, one))
}

// ulps returns |got − want| in units of the last place of want, at least of a
// subnormal.
func ulps(got float64, want *big.Float) float64 {
	w, _ := want.Float64()
	d := new(big.Float).Sub(new(big.Float).SetPrec(260).SetFloat64(got), want)
	diff, _ := d.Float64()
	unit := math.Nextafter(math.Abs(w), math.Inf(1)) - math.Abs(w)
	return math.Abs(diff) / unit
}

func TestExpWithinTwoUlps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	worst, at := 0.0, 0.0
	check := func(x float64) {
		y := []float64{x}
		simd.Exp(y, y)
		if u := ulps(y[0], bigExp(x)); u > worst {
			worst, at = u, x
		}
	}
	for range 2000 {
		check(2*r.Float64() - 1)
		check(1416*r.Float64() - 708)
		check(-745 + 40*r.Float64()) // subnormal results
		k := math.Round(2000*r.Float64() - 1000)
		check(math.Max(-745, math.Min(709, (k+0.5)*math.Ln2*(1+1e-15*r.Float64())))) // ends of the reduced range
		check(math.Ldexp(r.Float64()-0.5, -r.IntN(1000)))
	}
	t.Logf("largest error %.3f ulp at %v", worst, at)
	assert.Less(t, worst, 2.0, "at %v", at)
}

func TestTanhWithinThreeUlps(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	worst, at := 0.0, 0.0
	for range 2000 {
		for _, x := range []float64{
			2*r.Float64() - 1, 40*r.Float64() - 20, 0.17 + 0.01*r.Float64(),
			math.Ldexp(r.Float64()-0.5, -r.IntN(30)),
		} {
			y := []float64{x}
			simd.Tanh(y, y)
			if u := ulps(y[0], bigTanh(x)); u > worst {
				worst, at = u, x
			}
		}
	}
	t.Logf("largest error %.3f ulp at %v", worst, at)
	assert.Less(t, worst, 3.0, "at %v", at)
	// Below 2^−27 tanh x rounds to x: 1 − x²/3 is within half an ulp of 1.
	for e := -30; e > -1075; e-- {
		y := []float64{math.Ldexp(1.25, e)}
		want := y[0]
		simd.Tanh(y, y)
		assert.InDelta(t, want, y[0], 2*math.Abs(math.Nextafter(want, 1)-want))
	}
}

func TestExpEdges(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	x := []float64{inf, -inf, nan, 0, math.Copysign(0, -1), 709.782712893384, 709.7827128933841, 1e300, -745.1332191019411, -745.1332191019412, -1e300, 5e-324}
	want := []float64{inf, 0, nan, 1, 1, math.Exp(709.782712893384), inf, inf, 5e-324, 0, 0, 1}
	got := make([]float64, len(x))
	simd.Exp(got, x)
	for i := range x {
		if math.IsNaN(want[i]) {
			assert.True(t, math.IsNaN(got[i]), "exp(%v) = %v", x[i], got[i])
			continue
		}
		assert.Equal(t, want[i], got[i], "exp(%v)", x[i])
	}
}

func TestTanhEdges(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	x := []float64{inf, -inf, nan, 0, math.Copysign(0, -1), 20, -20, 19.9, 1e300, -1e300}
	want := []float64{1, -1, nan, 0, math.Copysign(0, -1), 1, -1, 1, 1, -1}
	got := make([]float64, len(x))
	simd.Tanh(got, x)
	for i := range x {
		if math.IsNaN(want[i]) {
			assert.True(t, math.IsNaN(got[i]), "tanh(%v) = %v", x[i], got[i])
			continue
		}
		assert.Equal(t, math.Float64bits(want[i]), math.Float64bits(got[i]), "tanh(%v) = %v", x[i], got[i])
	}
}

func TestElementDoesNotDependOnPosition(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, f := range []func(dst, x []float64){simd.Exp, simd.Tanh} {
		for n := range 20 {
			x := make([]float64, n)
			for i := range x {
				x[i] = 4*r.Float64() - 2
			}
			if n > 6 {
				x[5], x[6] = 1e3, math.Inf(-1) // neighbours on the slow path
			}
			all := make([]float64, n)
			f(all, x)
			for i := range x {
				one := make([]float64, 1)
				f(one, x[i:i+1])
				assert.Equal(t, one[0], all[i])
			}
		}
	}
}

func TestLengthsMustAgree(t *testing.T) {
	assert.PanicsWithValue(t, "simd: Exp: dst and x differ in length", func() { simd.Exp(make([]float64, 1), nil) })
	assert.PanicsWithValue(t, "simd: Tanh: dst and x differ in length", func() { simd.Tanh(make([]float64, 1), nil) })
}

func benchmark(b *testing.B, f func(dst, x []float64)) {
	x, y := make([]float64, 2048), make([]float64, 2048)
	for i := range x {
		x[i] = 6*float64(i)/2048 - 3
	}
	b.ReportAllocs()
	for b.Loop() {
		f(y, x)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2048, "ns/element")
}

func BenchmarkExp(b *testing.B)  { benchmark(b, simd.Exp) }
func BenchmarkTanh(b *testing.B) { benchmark(b, simd.Tanh) }
func BenchmarkAddScaled(b *testing.B) {
	benchmark(b, func(dst, x []float64) { simd.AddScaled(dst, 0.3, x) })
}
func BenchmarkDot(b *testing.B) {
	benchmark(b, func(dst, x []float64) { dst[0] = simd.Dot(dst, x) / 1e9 })
}

func ExampleExp() {
	x := []float64{0, 1, -1000}
	simd.Exp(x, x)
	fmt.Printf("%.6f\n", x)
	// Output: [1.000000 2.718282 0.000000]
}

func ExampleTanh() {
	y := make([]float64, 3)
	simd.Tanh(y, []float64{-100, 0, 0.5})
	fmt.Printf("%.6f\n", y)
	// Output: [-1.000000 0.000000 0.462117]
}

func ExampleDot() {
	fmt.Println(simd.Dot([]float64{1, 2, 3}, []float64{4, 5, 6}))
	// Output: 32
}

func ExampleAddScaled() {
	y := []float64{1, 1}
	simd.AddScaled(y, 2, []float64{3, 4})
	fmt.Println(y)
	// Output: [7 9]
}
