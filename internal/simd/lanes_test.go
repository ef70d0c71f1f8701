package simd

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// vectors returns n lane vectors of normal numbers.
func vectors(r *rand.Rand, n int) []float64 {
	x := make([]float64, n*Lanes)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

func sameBytes(t *testing.T, want, got []float64, what string, args ...any) {
	t.Helper()
	for i := range want {
		if math.Float64bits(want[i]) != math.Float64bits(got[i]) && !(math.IsNaN(want[i]) && math.IsNaN(got[i])) {
			require.Failf(t, "bytes differ", what+": entry %d: want %v, got %v", append(args, i, want[i], got[i])...)
		}
	}
}

func TestMix(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		m := Mix{T: 1 + r.IntN(3), R: 1 + r.IntN(11), S: r.IntN(6), XS: 1 + r.IntN(3), CS: 1 + r.IntN(3), DstR: 1 + r.IntN(3), XT: r.IntN(4), CT: r.IntN(4), Add: r.IntN(2) == 0}
		m.CR, m.DstT = r.IntN(20), m.R*m.DstR
		b := m.Bind()
		x, c := vectors(r, 30), vectors(r, 60)
		dst := vectors(r, m.T*m.DstT)
		plain, old := append([]float64(nil), dst...), append([]float64(nil), dst...)
		b.Do(dst, x, c)
		mixGo(plain, x, c, b)
		sameBytes(t, plain, dst, "%+v", m)
		for k := range m.T {
			for q := range m.R {
				for l := range Lanes {
					at, sum := (k*m.DstT+q*m.DstR)*Lanes+l, 0.0
					for s := range m.S {
						sum += x[(k*m.XT+s*m.XS)*Lanes+l] * c[k*m.CT+s*m.CS+q*m.CR]
					}
					if m.Add {
						sum += old[at]
					}
					require.InDelta(t, sum, dst[at], 1e-13)
					old[at] = dst[at]
				}
			}
		}
		require.Equal(t, old, dst, "nothing else is written")
	}
	assert.Panics(t, func() { Mix{T: 1, R: 1, S: 1}.Bind().Do(make([]float64, 8), make([]float64, 7), []float64{1}) })
	assert.Panics(t, func() { Mix{T: -1}.Bind() })
}

func TestOuter(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		o := Outer{R: 1 + r.IntN(6), C: 1 + r.IntN(6), S: 1 + r.IntN(6), XR: r.IntN(4), XS: r.IntN(4), YS: r.IntN(4), YC: r.IntN(4)}
		o.DstC = 1 + r.IntN(2)
		o.DstR = o.C * o.DstC
		b := o.Bind()
		x, y := vectors(r, 40), vectors(r, 40)
		dst := vectors(r, o.R*o.DstR)
		plain, old := append([]float64(nil), dst...), append([]float64(nil), dst...)
		b.Do(dst, x, y)
		outerGo(plain, x, y, b)
		sameBytes(t, plain, dst, "%+v", o)
		for i := range o.R {
			for j := range o.C {
				for l := range Lanes {
					at := (i*o.DstR+j*o.DstC)*Lanes + l
					for s := range o.S {
						old[at] += x[(i*o.XR+s*o.XS)*Lanes+l] * y[(s*o.YS+j*o.YC)*Lanes+l]
					}
					require.InDelta(t, old[at], dst[at], 1e-13)
					old[at] = dst[at]
				}
			}
		}
		require.Equal(t, old, dst, "nothing else is written")
	}
	assert.Panics(t, func() {
		Outer{R: 1, C: 1, S: 1}.Bind().Do(make([]float64, 8), make([]float64, 8), make([]float64, 7))
	})
}

func TestLaneSoftmax(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for n := 1; n < 40; n++ {
		for _, scale := range []float64{1e-3, 1, 30, 1000} {
			x := vectors(r, n)
			for i := range x {
				x[i] *= scale
			}
			if n == 7 {
				x[3], x[Lanes+4], x[2*Lanes+5] = math.NaN(), math.Inf(1), math.Inf(-1)
			}
			plain, want := append([]float64(nil), x...), append([]float64(nil), x...)
			LaneSoftmax(x)
			softmaxGo(plain)
			sameBytes(t, plain, x, "n = %d", n)
			for l := range Lanes {
				top, sum := math.Inf(-1), 0.0
				for j := l; j < len(x); j += Lanes {
					top = max(top, want[j])
				}
				for j := l; j < len(x); j += Lanes {
					sum += math.Exp(want[j] - top)
				}
				for j := l; j < len(x); j += Lanes {
					e := math.Exp(want[j]-top) / sum
					if math.IsNaN(e) {
						assert.True(t, math.IsNaN(x[j]))
					} else {
						assert.InDelta(t, e, x[j], 1e-15*e+1e-300)
					}
				}
			}
		}
	}
	assert.Panics(t, func() { LaneSoftmax(make([]float64, 9)) })
}

// TestExpFused bounds the error in ulp over the whole range.
func TestExpFused(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	worst := 0.0
	for range 200000 {
		x := 708 * (2*r.Float64() - 1)
		if r.IntN(2) == 0 {
			x = r.NormFloat64()
		}
		want := math.Exp(x)
		worst = max(worst, math.Abs(expFused(x)-want)/(math.Nextafter(want, math.Inf(1))-want))
	}
	assert.LessOrEqual(t, worst, 2.0, "beside math.Exp, which is itself within 1 ulp")
}

func TestLaneTilt(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for n := 1; n < 20; n++ {
		p, x := vectors(r, n), vectors(r, n)
		plain := append([]float64(nil), x...)
		want := append([]float64(nil), x...)
		LaneTilt(x, p)
		tiltGo(plain, p)
		sameBytes(t, plain, x, "n = %d", n)
		for l := range Lanes {
			sum := 0.0
			for j := l; j < len(x); j += Lanes {
				sum += p[j] * want[j]
			}
			for j := l; j < len(x); j += Lanes {
				assert.InDelta(t, p[j]*(want[j]-sum), x[j], 1e-13*(1+math.Abs(p[j]*sum)))
			}
		}
	}
	assert.Panics(t, func() { LaneTilt(make([]float64, 8), make([]float64, 16)) })
}
