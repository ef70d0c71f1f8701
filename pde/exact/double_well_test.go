package exact

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
)

// wellSeries is the odd solution of (cρ∞φ')' = −λρ∞φ, φ'(0) = 1, as a power series
// in 800 bits. With V' = x³ − x the equation is cφ” = (x³ − x)φ' − λφ, so that
//
//	c (k + 2)(k + 1) a_{k+2} = (k − 2) a_{k−2} − (k + λ) a_k.
//
// φ is entire: the series converges everywhere, and what cancels in it, a factor
// of about e^{V/c}, is small beside the precision.
type wellSeries struct {
	c      float64
	lambda *big.Float
	a      []*big.Float // a₁, a₃, a₅, …
}

func wide(v float64) *big.Float { return new(big.Float).SetPrec(800).SetFloat64(v) }

func newWellSeries(c float64, lambda *big.Float, terms int) *wellSeries {
	s := &wellSeries{c: c, lambda: lambda, a: []*big.Float{wide(1)}}
	for i := range terms {
		k := float64(2*i + 1)
		next := new(big.Float).Add(wide(k), lambda)
		next.Mul(next, s.a[i]).Neg(next)
		if i > 0 {
			next.Add(next, new(big.Float).Mul(wide(k-2), s.a[i-1]))
		}
		next.Quo(next, new(big.Float).Mul(wide(c), wide((k+2)*(k+1))))
		s.a = append(s.a, next)
	}
	return s
}

// at returns φ and φ' at x.
func (s *wellSeries) at(x float64) (value, slope *big.Float) {
	square := new(big.Float).Mul(wide(x), wide(x))
	value, slope = wide(0), wide(0)
	for i := len(s.a) - 1; i >= 0; i-- {
		value.Mul(value, square).Add(value, s.a[i])
		slope.Mul(slope, square).Add(slope, new(big.Float).Mul(wide(float64(2*i+1)), s.a[i]))
	}
	return value.Mul(value, wide(x)), slope
}

// solveWell finds λ near the guess by the secant method on φ'(x) = 0 at an x with
// V = 150c, where a bounded φ has a φ' that is e^{−150} times smaller than any other's.
func solveWell(t *testing.T, c, guess float64) *wellSeries {
	t.Helper()
	const terms = 1500
	far := math.Sqrt(1 + math.Sqrt(600*c))
	rest := func(lambda *big.Float) *big.Float {
		_, slope := newWellSeries(c, lambda, terms).at(far)
		return slope
	}
	before, now := wide(guess*(1+1e-6)), wide(guess*(1-1e-6))
	r0, r1 := rest(before), rest(now)
	for range 12 {
		d := new(big.Float).Sub(r1, r0)
		if d.Sign() == 0 {
			break
		}
		step := new(big.Float).Sub(now, before)
		step.Mul(step, r1).Quo(step, d)
		before, r0 = now, r1
		now = new(big.Float).Sub(now, step)
		r1 = rest(now)
	}
	change, _ := new(big.Float).Sub(now, before).Float64()
	assert.Less(t, math.Abs(change), 1e-30, "c = %v: the secant method", c)
	s := newWellSeries(c, now, terms)
	size, _ := s.at(far)
	last := new(big.Float).Copy(s.a[terms])
	for range 2*terms + 1 {
		last.Mul(last, wide(far))
	}
	ratio, _ := last.Quo(last, size).Float64()
	assert.Less(t, math.Abs(ratio), 1e-30, "c = %v: the last term", c)
	return s
}

// TestDoubleWellMode compares gap and eigenfunction with power series in
// high-precision arithmetic, from one end of the coefficients to the other, and the
// normalisation with a quadrature. The tolerances are a few roundings of the matrix,
// whose norm is up to 1e4. The gap alone would not do: it is right to the square of
// the eigenfunction's error.
func TestDoubleWellMode(t *testing.T) {
	for _, c := range []float64{0.05, 0.1, 0.5, 2, 10} {
		well := &DoubleWell{Coefficient: c}
		m := well.mode()
		series := solveWell(t, c, m.gap)
		gap, _ := series.lambda.Float64()
		assert.InDelta(t, gap, m.gap, 1e-11, "c = %v", c)

		_, hi, _ := well.Box(0)
		_, unit := m.at(0)
		var worst, worstSlope, top, topSlope, square float64
		const panels = 200
		for i := range panels {
			x := hi[0] * (float64(i) + 0.5) / panels
			psi, slope := m.at(x)
			square += 2 * psi * psi * hi[0] / panels // the midpoint rule converges faster than any power of the width
			phi, dphi := series.at(x)
			value, _ := phi.Float64()
			rise, _ := dphi.Float64()
			// ψ = √ρ∞ φ, V' = x³ − x.
			root := unit * math.Exp((wellDepth(0)-wellDepth(x))/(2*c))
			force := (x*x*x - x) / (2 * c)
			worst, worstSlope = max(worst, math.Abs(psi-root*value)), max(worstSlope, math.Abs(slope-root*(rise-force*value)))
			top, topSlope = max(top, psi), max(topSlope, math.Abs(slope))
		}
		assert.Less(t, worst, 5e-13*top, "c = %v", c)
		assert.Less(t, worstSlope, 5e-13*topSlope, "c = %v", c)
		assert.InDelta(t, 1, square, 1e-12, "c = %v", c)
	}
}
