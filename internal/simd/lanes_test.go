package simd

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// vectors returns n lane vectors of normal numbers.
func vectors[E Float](r *rand.Rand, n int) []E {
	x := make([]E, n*Lanes[E]())
	for i := range x {
		x[i] = E(r.NormFloat64())
	}
	return x
}

// eachLane runs the test of one type on every path that the machine has.
func eachLane(t *testing.T, double, single func(t *testing.T)) {
	eachPath(t, func(t *testing.T) {
		t.Run("float64", double)
		t.Run("float32", single)
	})
}

// unit is the distance of 1 from the next number.
func unit[E Float]() float64 {
	if size[E]() == 4 {
		return 0x1p-23
	}
	return 0x1p-52
}

// same requires the bytes of want, or one unit in the last place for floats, whose plain
// Go rounds twice.
func same[E Float](t *testing.T, want, got []E, what string, args ...any) {
	t.Helper()
	differ := 0
	for i := range want {
		w, g := float64(want[i]), float64(got[i])
		if w == g && math.Signbit(w) == math.Signbit(g) || math.IsNaN(w) && math.IsNaN(g) {
			continue
		}
		differ++
		if size[E]() == 8 || math.Abs(w-g) > 4*unit[E]()*max(math.Abs(w), 1) || differ > 2 {
			require.Failf(t, "bytes differ", what+": entry %d: want %v, got %v", append(args, i, want[i], got[i])...)
		}
	}
}

func TestMix(t *testing.T) { eachLane(t, testMix[float64], testMix[float32]) }

func testMix[E Float](t *testing.T) {
	r, lanes := rand.New(rand.NewPCG(1, 2)), Lanes[E]()
	for range 300 {
		m := Mix[E]{T: 1 + r.IntN(3), R: 1 + r.IntN(11), S: r.IntN(6), XS: 1 + r.IntN(3), CS: 1 + r.IntN(3), DstR: 1 + r.IntN(3), XT: r.IntN(4), CT: r.IntN(4), Add: r.IntN(2) == 0}
		m.CR, m.DstT = r.IntN(20), m.R*m.DstR
		b := m.Bind()
		x, c := vectors[E](r, 30), vectors[E](r, 60)
		dst := vectors[E](r, m.T*m.DstT)
		plain, old := append([]E(nil), dst...), append([]E(nil), dst...)
		b.Do(dst, x, c)
		mixGo(plain, x, c, b)
		same(t, plain, dst, "%+v", m)
		for k := range m.T {
			for q := range m.R {
				for l := range lanes {
					at, sum := (k*m.DstT+q*m.DstR)*lanes+l, 0.0
					for s := range m.S {
						sum += float64(x[(k*m.XT+s*m.XS)*lanes+l]) * float64(c[k*m.CT+s*m.CS+q*m.CR])
					}
					if m.Add {
						sum += float64(old[at])
					}
					require.InDelta(t, sum, dst[at], 400*unit[E]())
					old[at] = dst[at]
				}
			}
		}
		require.Equal(t, old, dst, "nothing else is written")
	}
	assert.Panics(t, func() { Mix[E]{T: 1, R: 1, S: 1}.Bind().Do(make([]E, lanes), make([]E, lanes-1), []E{1}) })
	assert.Panics(t, func() { Mix[E]{T: -1}.Bind() })
}

func TestOuter(t *testing.T) { eachLane(t, testOuter[float64], testOuter[float32]) }

func testOuter[E Float](t *testing.T) {
	r, lanes := rand.New(rand.NewPCG(3, 4)), Lanes[E]()
	for range 300 {
		o := Outer[E]{R: 1 + r.IntN(6), C: 1 + r.IntN(6), S: 1 + r.IntN(6), XR: r.IntN(4), XS: r.IntN(4), YS: r.IntN(4), YC: r.IntN(4)}
		o.DstC = 1 + r.IntN(2)
		o.DstR = o.C * o.DstC
		b := o.Bind()
		x, y := vectors[E](r, 40), vectors[E](r, 40)
		dst := vectors[E](r, o.R*o.DstR)
		plain, old := append([]E(nil), dst...), append([]E(nil), dst...)
		b.Do(dst, x, y)
		outerGo(plain, x, y, b)
		same(t, plain, dst, "%+v", o)
		for i := range o.R {
			for j := range o.C {
				for l := range lanes {
					at := (i*o.DstR+j*o.DstC)*lanes + l
					sum := float64(old[at])
					for s := range o.S {
						sum += float64(x[(i*o.XR+s*o.XS)*lanes+l]) * float64(y[(s*o.YS+j*o.YC)*lanes+l])
					}
					require.InDelta(t, sum, dst[at], 400*unit[E]())
					old[at] = dst[at]
				}
			}
		}
		require.Equal(t, old, dst, "nothing else is written")
	}
	assert.Panics(t, func() {
		Outer[E]{R: 1, C: 1, S: 1}.Bind().Do(make([]E, lanes), make([]E, lanes), make([]E, lanes-1))
	})
}

func TestLaneSoftmax(t *testing.T) { eachLane(t, testLaneSoftmax[float64], testLaneSoftmax[float32]) }

func testLaneSoftmax[E Float](t *testing.T) {
	r, lanes := rand.New(rand.NewPCG(5, 6)), Lanes[E]()
	for n := 1; n < 40; n++ {
		for _, scale := range []float64{1e-3, 1, 30, 1000} {
			x := vectors[E](r, n)
			for i := range x {
				x[i] *= E(scale)
			}
			if n == 7 {
				x[3], x[lanes+4], x[2*lanes+5] = E(math.NaN()), E(math.Inf(1)), E(math.Inf(-1))
			}
			plain, want := append([]E(nil), x...), append([]E(nil), x...)
			LaneSoftmax(x)
			softmaxGo(plain)
			same(t, plain, x, "n = %d", n)
			for l := range lanes {
				top, sum := math.Inf(-1), 0.0
				for j := l; j < len(x); j += lanes {
					top = max(top, float64(want[j]))
				}
				for j := l; j < len(x); j += lanes {
					sum += math.Exp(float64(want[j] - E(top)))
				}
				for j := l; j < len(x); j += lanes {
					e := math.Exp(float64(want[j]-E(top))) / sum
					if math.IsNaN(e) {
						assert.True(t, math.IsNaN(float64(x[j])))
					} else {
						assert.InDelta(t, e, float64(x[j]), 5*unit[E]()*e+2*math.Exp(-float64(expRange[E]())))
					}
				}
			}
		}
	}
	assert.Panics(t, func() { LaneSoftmax(make([]E, lanes+1)) })
}

func TestLaneExp(t *testing.T) { eachLane(t, testLaneExp[float64], testLaneExp[float32]) }

func testLaneExp[E Float](t *testing.T) {
	r, lanes := rand.New(rand.NewPCG(13, 14)), Lanes[E]()
	worst := 0.0
	for n := 1; n < 200; n++ {
		x, c := vectors[E](r, n), E(math.Pow(10, 4*r.Float64()-2))
		if n == 7 {
			x[0], x[1], x[2], x[3] = E(math.NaN()), E(math.Inf(1)), E(math.Inf(-1)), 0
		}
		dst := make([]E, len(x))
		LaneExp(dst, x, c)
		for i, v := range x {
			end := float64(expRange[E]())
			want := math.Exp(max(-end, min(end, float64(c*v))))
			if math.IsNaN(want) {
				assert.True(t, math.IsNaN(float64(dst[i])))
				continue
			}
			_, exponent := math.Frexp(want)
			worst = max(worst, math.Abs(float64(dst[i])-want)/math.Ldexp(unit[E](), exponent-1))
		}
		LaneExp(x, x, c)
		same(t, dst, x, "in place")
	}
	t.Logf("largest error %.2f ulp", worst)
	assert.LessOrEqual(t, worst, 2.0)
	assert.Panics(t, func() { LaneExp(make([]E, lanes+1), make([]E, lanes+1), 1) })
}

// TestExpFused bounds the error in ulp over the whole range.
func TestExpFused(t *testing.T) {
	t.Run("float64", testExpFused[float64])
	t.Run("float32", testExpFused[float32])
}

func testExpFused[E Float](t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	worst := 0.0
	for range 200000 {
		x := E(float64(expRange[E]()) * (2*r.Float64() - 1))
		if r.IntN(2) == 0 {
			x = E(r.NormFloat64())
		}
		want := math.Exp(float64(x))
		scale, p := expm1Fused(x)
		_, exponent := math.Frexp(want)
		worst = max(worst, math.Abs(float64(fma(scale, p, scale))-want)/math.Ldexp(unit[E](), exponent-1))
	}
	t.Logf("largest error %.2f ulp", worst)
	assert.LessOrEqual(t, worst, 2.0, "beside math.Exp, which is itself within 1 ulp")
}

func TestLaneInverse(t *testing.T) { eachLane(t, testLaneInverse[float64], testLaneInverse[float32]) }

func testLaneInverse[E Float](t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for n := range 20 {
		x := vectors[E](r, n)
		want := make([]E, len(x))
		for i, v := range x {
			want[i] = 1 / v
		}
		LaneInverse(x)
		assert.Equal(t, want, x)
	}
	assert.Panics(t, func() { LaneInverse(make([]E, Lanes[E]()+1)) })
}

func TestLaneTilt(t *testing.T) { eachLane(t, testLaneTilt[float64], testLaneTilt[float32]) }

func testLaneTilt[E Float](t *testing.T) {
	r, lanes := rand.New(rand.NewPCG(9, 10)), Lanes[E]()
	for n := 1; n < 20; n++ {
		p, x := vectors[E](r, n), vectors[E](r, n)
		plain := append([]E(nil), x...)
		want := append([]E(nil), x...)
		LaneTilt(x, p)
		tiltGo(plain, p)
		same(t, plain, x, "n = %d", n)
		for l := range lanes {
			sum := 0.0
			for j := l; j < len(x); j += lanes {
				sum += float64(p[j]) * float64(want[j])
			}
			for j := l; j < len(x); j += lanes {
				assert.InDelta(t, float64(p[j])*(float64(want[j])-sum), float64(x[j]), 400*unit[E]()*(1+math.Abs(float64(p[j])*sum)))
			}
		}
	}
	assert.Panics(t, func() { LaneTilt(make([]E, lanes), make([]E, 2*lanes)) })
}

func TestLaneTanh(t *testing.T) { eachLane(t, testLaneTanh[float64], testLaneTanh[float32]) }

func testLaneTanh[E Float](t *testing.T) {
	r, lanes := rand.New(rand.NewPCG(11, 12)), Lanes[E]()
	worst := 0.0
	for n := 1; n < 200; n++ {
		x := vectors[E](r, n)
		for i := range x {
			x[i] *= E(math.Pow(10, 3*r.Float64()-2))
		}
		if n == 7 {
			x[0], x[1], x[2], x[3], x[4] = E(math.NaN()), E(math.Inf(1)), E(math.Inf(-1)), 0, E(math.Copysign(0, -1))
		}
		dst := make([]E, len(x))
		LaneTanh(dst, x)
		for i, v := range x {
			want, got := math.Tanh(float64(v)), float64(dst[i])
			if math.IsNaN(want) || want == 0 {
				assert.True(t, math.IsNaN(want) == math.IsNaN(got) && math.Signbit(want) == math.Signbit(got), "of %v: %v", v, got)
				continue
			}
			_, exponent := math.Frexp(want)
			worst = max(worst, math.Abs(got-want)/math.Ldexp(unit[E](), exponent-1))
		}
		LaneTanh(x, x)
		same(t, dst, x, "in place")
	}
	t.Logf("largest error %.2f ulp", worst)
	assert.Less(t, worst, 3.0)
	assert.Panics(t, func() { LaneTanh(make([]E, lanes+1), make([]E, lanes+1)) })
}
