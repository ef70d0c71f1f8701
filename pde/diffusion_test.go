package pde

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// The Bernoulli function agrees with its quotient in 200 bits, for tiny, moderate
// and huge arguments of both signs.
func TestBernoulli(t *testing.T) {
	exact := func(x float64) float64 { // x/(eˣ − 1) = 1/Σ_k x^k/(k + 1)!
		sum, term := big.NewFloat(1).SetPrec(400), big.NewFloat(1).SetPrec(400)
		for k := 2; k < 400; k++ {
			term.Mul(term, big.NewFloat(x))
			term.Quo(term, big.NewFloat(float64(k)))
			sum.Add(sum, term)
		}
		v, _ := new(big.Float).SetPrec(400).Quo(big.NewFloat(1), sum).Float64()
		return v
	}
	for _, x := range []float64{0, 1e-300, 1e-17, 1e-9, 1e-4, 0.3, 1, 5, 30, 80} {
		plus, minus := bernoulli(x)
		require.InEpsilon(t, exact(x), plus, 1e-15, "B(%v)", x)
		require.InEpsilon(t, exact(-x), minus, 1e-15, "B(%v)", -x)
		m, p := bernoulli(-x)
		require.Equal(t, [2]float64{plus, minus}, [2]float64{p, m})
	}
	plus, minus := bernoulli(1e4)
	require.Equal(t, [2]float64{0, 1e4}, [2]float64{plus, minus})
}

// The logarithm is within two roundings of package math's, and finite at vacuum.
func TestLogarithm(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 100000 {
		x := math.Exp(40 * rnd.NormFloat64())
		if rnd.IntN(2) == 0 {
			x = 1 + 1e-3*rnd.NormFloat64()
		}
		want := math.Log(x)
		require.InDelta(t, want, logarithm(x), 2.3e-16*max(math.Abs(want), 1e-17), "log %v", x)
	}
	for _, x := range []float64{0, 5e-324, 0x1p-1022} {
		require.InEpsilon(t, -1022*math.Ln2, logarithm(x), 1e-15)
	}
	require.Zero(t, logarithm(1))
}

// The vector kernels give the bits of the Go loops for every length, tails included,
// and write nothing beyond the row.
func TestDiffusionKernelsAgree(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for trial := range 400 {
		n := trial % 23
		in := make([][]float64, 10)
		for i := range in {
			in[i] = make([]float64, n+2)
			for j := range in[i] {
				in[i][j] = rnd.NormFloat64() * math.Exp(5*rnd.NormFloat64())
			}
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
		l := legendreRow{z: in[0], lo: in[1], hi: in[2], a: in[3], b: in[4], loA: 1.1, loB: 0.7, hiA: 1.3, hiB: 0.9, eps: 0.37, kappa: 0.61}
		both("legendre", func(d []float64) { l.out = d; l.run() }, func(d []float64) { l.out = d; l.from(0) })
		o := outflowRow{z: in[0], lo: in[1], hi: in[2], loA: in[3], loB: in[4], hiA: in[5], hiB: in[6]}
		both("outflow", func(d []float64) { o.out = d; o.run() }, func(d []float64) { o.out = d; o.from(0) })
		f := fiveRow{y1: in[0], y0: in[1], d0: in[2], u: in[3], lo: in[4], hi: in[5], w: in[6], loW: 1.1, hiW: 0.7, mu: 1.9, nu: -0.9, mt: 0.3, gt: -0.2}
		both("five", func(d []float64) { f.out = d; f.run() }, func(d []float64) { f.out = d; f.from(0) })
		both("fiveTerms", func(d []float64) { fiveTerms(d, in[0], in[1], in[2], in[3], &f) }, func(d []float64) { fiveTermsGo(d, in[0], in[1], in[2], in[3], &f) })
		both("relax", func(d []float64) { relax(d, in[0], in[1], 0.3, 0.8) }, func(d []float64) { relaxGo(d, in[0], in[1], 0.3, 0.8) })
		both("squares", func(d []float64) { squares(d, in[0]) }, func(d []float64) { squaresGo(d, in[0]) })
		both("blend", func(d []float64) { blend(d, in[0], in[1], 0.3) }, func(d []float64) { blendGo(d, in[0], in[1], 0.3) })
		var s1, s2 lanes
		production(in[0][:n], in[1], in[2], in[3], in[4], in[5], &s1)
		productionGo(in[0][:n], in[1], in[2], in[3], in[4], in[5], &s2)
		sameBits(t, "production", s1[:], s2[:])
		for i := range in[0] {
			in[0][i] = []float64{0, 5e-324, 1e-310, 1, math.Abs(in[0][i])}[rnd.IntN(5)]
		}
		both("potentials", func(d []float64) { potentials(d, in[0], in[1], 0.7, &s1) }, func(d []float64) { potentialsGo(d, in[0], in[1], 0.7, &s2) })
		both("entropies", func(d []float64) { entropies(d, in[0], in[1], 0.7, -300, &s1) }, func(d []float64) { entropiesGo(d, in[0], in[1], 0.7, -300, &s2) })
		sameBits(t, "energy", s1[:], s2[:])
		both("logarithms", func(d []float64) { logarithms(d, in[1], in[0], 1e-300, 0.5, 0.2) }, func(d []float64) { logarithmsGo(d, in[2], in[0], 1e-300, 0.5, 0.2) })
		sameBits(t, "low", in[1][:n], in[2][:n])
	}
}

// powers is math.Pow, which itself is off by several units, to 1e-14, 0 at 0 and the power of
// the floor below it; and the powers computed with 50 digits (Python's decimal) to 2 units in the
// last place, far from 1 too: the logarithm is known to more digits than a float64 has.
func TestPowers(t *testing.T) {
	for _, c := range [][3]float64{
		{2.305e-10, -1.94, 4.97070965619126681600e+18}, {6.759, -2.49, 8.58208295932044555598e-03},
		{0.001407, -0.44, 1.79783817169527893043e+01}, {7.177e-19, 0.552, 9.64896000650206576027e-11},
		{1.584e-19, 0.0355, 2.15075682039537002810e-01}, {1.719e-18, -2.37, 1.26589059205065284731e+42},
		{3.843e-07, 2.79, 1.26249705189864082608e-18}, {9.155e-17, -1.44, 1.24512220425657799148e+23},
		{1.196, 3.63, 1.91497973353896777660e+00}, {0.02933, -0.223, 2.19679438559009865273e+00},
	} {
		got := []float64{0}
		powers(got, []float64{c[0]}, c[1], 0)
		require.InDelta(t, c[2], got[0], 2*0x1p-52*c[2], "%v^%v", c[0], c[1])
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	r, got := make([]float64, 1000), make([]float64, 1000)
	for range 50 {
		p := 4 * rnd.NormFloat64()
		for i := range r {
			r[i] = math.Exp(10 * rnd.NormFloat64())
		}
		r[7] = 0
		powers(got, r, p, 0)
		for i, x := range r {
			if x == 0 {
				x = smallestNormal
			}
			if i == 7 && p > 0 {
				require.Zero(t, got[i])
			} else {
				want := math.Pow(x, p)
				if math.IsInf(want, 1) {
					require.Equal(t, want, got[i])
					continue
				}
				require.InEpsilon(t, want, got[i], 1e-14, "%v^%v", x, p)
			}
		}
		powers(got, r, p, 0.3)
		for i, x := range r {
			require.InEpsilon(t, math.Pow(max(x, 0.3), p), got[i], 1e-13, "%v^%v", x, p)
		}
	}
}

// legendrePolynomial returns P_s(x).
func legendrePolynomial(s int, x float64) float64 {
	p, q := 1.0, x
	for j := 2; j <= s; j++ {
		p, q = q, (float64(2*j-1)*x*q-float64(j-1)*p)/float64(j)
	}
	return q
}

// The stability function is that of a second-order method, stable on exactly the
// interval that the stage count assumes and damped at its end; the error weight is
// the ratio of the local error to the trapezoidal defect.
func TestStabilityFunction(t *testing.T) {
	for s := 3; s <= 101; s += 2 {
		r := rkl{s}
		R := func(z float64) float64 { return 1 - r.b(s) + r.b(s)*legendrePolynomial(s, 1+r.width()*z) }
		for _, z := range []float64{-1e-2, -5e-3} { // third order: errors fall with z³
			require.InDelta(t, 1+z+z*z/2, R(z), 0.2*math.Abs(z*z*z), "s %d", s)
			defect := 1 - R(z) + z/2*(1+R(z))
			require.InEpsilon(t, math.Exp(z)-R(z), r.errorWeight()*defect, 0.03, "s %d", s)
		}
		end := 2 / r.width()
		for i := range 2001 {
			require.LessOrEqual(t, math.Abs(R(-end*float64(i)/2000)), 1+1e-14, "s %d", s)
		}
		require.Greater(t, math.Abs(R(-end*1.2)), 1.0)
		require.InDelta(t, 1-2*r.b(s), R(-end), 1e-12)
		require.Equal(t, s, rklStages(end*(1-1e-12)))
		require.Equal(t, s+2, rklStages(end*(1+1e-12)))
	}
	require.Equal(t, 3, rklStages(0.1))
	require.InDelta(t, 0.4, rkl{1001}.errorWeight(), 1e-4)
	require.InEpsilon(t, 2./3, rkl{2}.errorWeight(), 1e-14)
}

// The general recursion with the coefficients of fiveTerm is the stability function.
func TestFiveTermRecursion(t *testing.T) {
	for _, s := range []int{3, 5, 11, 31} {
		for _, z := range []float64{-0.1, -1, -4.9} {
			var x fiveRow
			r := rkl{s}
			r.fiveTerm(&x, 1, 1)
			one, two := 1+x.mt*z, 1.0
			for j := 2; j <= s; j++ {
				r.fiveTerm(&x, j, 1)
				one, two = five(two, one, 1, -z*one, -z, &x), one
			}
			want := 1 - r.b(s) + r.b(s)*legendrePolynomial(s, 1+r.width()*z)
			require.InDelta(t, want, one, 1e-13, "s %d z %v", s, z)
		}
	}
}
