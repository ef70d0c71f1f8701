package finite

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// waveSlope is x' = 1, y' = y cos x with y(0) = 1: y = exp(sin x). The integrand
// 2y² cos x has the integral y² − 1.
func waveSlope(dst, y []float64) (float64, error) {
	c := math.Cos(y[0])
	dst[0], dst[1] = 1, y[1]*c
	return 2 * y[1] * y[1] * c, nil
}

func waveExact(t float64) (y, z float64) {
	y = math.Exp(math.Sin(t))
	return y, y*y - 1
}

func TestRKTableau(t *testing.T) {
	// Nodes, then the row sums and the quadrature conditions of both orders.
	c := [7]float64{0, 0.2, 0.3, 0.8, 8.0 / 9, 1, 1}
	for j, row := range rkA {
		sum := 0.0
		for _, a := range row {
			sum += a
		}
		assert.InDelta(t, c[j], sum, 1e-13, "row %d", j)
	}
	power := func(x float64, p int) float64 { return math.Pow(x, float64(p)) }
	for p := range 5 {
		high, diff := 0.0, 0.0
		for j := range c {
			b := 0.0
			if j < 6 {
				b = rkA[6][j]
			}
			high += b * power(c[j], p)
			diff += rkE[j] * power(c[j], p)
		}
		assert.InDelta(t, 1/float64(p+1), high, 1e-14, "order 5, power %d", p)
		if p < 4 {
			assert.InDelta(t, 0, diff, 1e-14, "order 4, power %d", p)
		} else {
			assert.Greater(t, math.Abs(diff), 1e-5, "the difference must see order 5")
		}
	}
	// The extension's correction must vanish for polynomials of degree ≤ 3, which the
	// Hermite part reproduces, and complete it for degree 4.
	for p := range 4 {
		d := 0.0
		for j := range c {
			d += rkD[j] * power(c[j], p)
		}
		want := 0.0
		if p == 3 { // y = t⁴: t⁴ − Hermite cubic = θ²(1−θ)², y' = 4t³
			want = 1.0 / 4
		}
		assert.InDelta(t, want, d, 1e-13, "extension, power %d", p)
	}
}

// fixed makes n equal steps to time span and returns the integrator.
func fixed(t *testing.T, n int, span float64) *rk {
	r := newRK(2, 1e-8, 1e-8, waveSlope)
	require.NoError(t, r.start([]float64{0, 1}, span))
	for range n {
		r.k[0], r.k[r.last], r.g[0] = r.k[r.last], r.k[0], r.g[r.last]
		_, err := r.try(span / float64(n))
		require.NoError(t, err)
		r.accept(span/float64(n), 0.5, math.Inf(1))
	}
	return r
}

func TestRKOrder(t *testing.T) {
	for n := 32; n <= 64; n *= 2 { // with 16 steps the quadrature's error changes sign, with 256 rounding shows
		errs := func(n int) (ey, ez float64) {
			r := fixed(t, n, 2)
			y, z := waveExact(2)
			return math.Abs(r.y[1] - y), math.Abs(r.z - z)
		}
		ey, ez := errs(n)
		fy, fz := errs(2 * n)
		assert.InDelta(t, 5, math.Log2(ey/fy), 0.35, "solution, %d steps", n)
		assert.InDelta(t, 5, math.Log2(ez/fz), 0.35, "quadrature, %d steps", n)
	}
}

func TestRKDenseOrder(t *testing.T) {
	// One step of length h: the end has the local error h⁶, the interior h⁵.
	local := func(h, θ float64) (ey, ez float64) {
		r := fixed(t, 1, h)
		dst := make([]float64, 2)
		z := r.at(dst, θ*h)
		yy, zz := waveExact(θ * h)
		assert.InDelta(t, θ*h, dst[0], 1e-15)
		return math.Abs(dst[1] - yy), math.Abs(z - zz)
	}
	for _, θ := range []float64{0.2, 0.4, 0.7} {
		ey, ez := local(0.1, θ)
		fy, fz := local(0.05, θ)
		assert.InDelta(t, 5, math.Log2(ey/fy), 0.4, "solution at %v", θ)
		assert.InDelta(t, 5, math.Log2(ez/fz), 0.4, "quadrature at %v", θ)
	}
	ey, _ := local(0.1, 1)
	fy, _ := local(0.05, 1)
	assert.InDelta(t, 6, math.Log2(ey/fy), 0.4)
}

func TestRKDenseJoins(t *testing.T) {
	r := fixed(t, 3, 1)
	dst := make([]float64, 2)
	for _, side := range []struct {
		t    float64
		y    []float64
		z, k float64
	}{{r.tPrev, r.prev, r.zPrev, r.k[0][1]}, {r.t, r.y, r.z, r.k[6][1]}} {
		z := r.at(dst, side.t)
		assert.Equal(t, side.y, dst)
		assert.Equal(t, side.z, z)
		// It is continuously differentiable: the slope at the ends is the stage's.
		ε := 1e-6 * (r.t - r.tPrev)
		if side.t == r.t {
			ε = -ε
		}
		r.at(dst, side.t+ε)
		assert.InDelta(t, side.k, (dst[1]-side.y[1])/ε, 1e-4)
	}
	assert.Panics(t, func() { r.at(dst, r.t+0.1) })
	assert.Panics(t, func() { r.at(dst, math.NaN()) })
}

func TestRKTolerance(t *testing.T) {
	run := func(tol float64) (e float64, steps int) {
		r := newRK(2, tol, tol, waveSlope)
		require.NoError(t, r.start([]float64{0, 1}, 20))
		for r.t < 20 {
			_, err := r.step(20)
			require.NoError(t, err)
		}
		require.Equal(t, 20.0, r.t)
		y, z := waveExact(20)
		return math.Abs(r.y[1]-y) + math.Abs(r.z-z), r.accepted
	}
	e5, n5 := run(1e-5)
	e8, n8 := run(1e-8)
	e11, n11 := run(1e-11)
	t.Logf("errors %.2g %.2g %.2g in %d %d %d steps", e5, e8, e11, n5, n8, n11)
	assert.InDelta(t, 1, math.Log10(e5/e11)/6, 0.2, "the error is about proportional to the tolerance")
	assert.InDelta(t, 0.2, math.Log10(float64(n11)/float64(n8))/3, 0.03, "steps grow like tolerance^(−1/5)")
}

func TestRKFirstStep(t *testing.T) {
	for _, rate := range []float64{1e-6, 1, 1e6} {
		r := newRK(1, 1e-8, 1e-10, func(dst, y []float64) (float64, error) {
			dst[0] = -rate * y[0]
			return 0, nil
		})
		require.NoError(t, r.start([]float64{1}, 1e9))
		scaled := r.h * rate
		assert.True(t, scaled > 1e-3 && scaled < 0.1, "rate %v: first step %v", rate, r.h)
	}
	r := newRK(1, 1e-8, 1e-10, func(dst, _ []float64) (float64, error) { dst[0] = 0; return 0, nil })
	require.NoError(t, r.start([]float64{1}, 7))
	for r.t < 7 {
		_, err := r.step(7)
		require.NoError(t, err)
	}
	assert.Equal(t, []float64{1}, r.y, "an equilibrium stays")
	assert.LessOrEqual(t, r.accepted, 10, "steps grow fast at an equilibrium")
}

func TestRKBlowUp(t *testing.T) {
	// y' = y² leaves every bound at t = 1.
	r := newRK(1, 1e-6, 1e-6, func(dst, y []float64) (float64, error) { dst[0] = y[0] * y[0]; return dst[0], nil })
	require.NoError(t, r.start([]float64{1}, 2))
	var err error
	for err == nil && r.t < 2 {
		_, err = r.step(2)
	}
	require.Error(t, err)
	assert.InDelta(t, 1, r.t, 1e-3)
	// A wall of NaN at y ≥ 2 is approached and named, not crossed.
	r = newRK(1, 1e-6, 1e-6, func(dst, y []float64) (float64, error) {
		dst[0] = 1
		if y[0] >= 2 {
			return math.NaN(), nil
		}
		return 0, nil
	})
	require.NoError(t, r.start([]float64{0}, 5))
	for err = nil; err == nil && r.t < 5; {
		_, err = r.step(5)
	}
	require.ErrorIs(t, err, errNotFinite)
	assert.InDelta(t, 2, r.t, 1e-9)
	assert.Positive(t, r.rejected)
	assert.ErrorIs(t, r.start([]float64{3}, 5), errNotFinite)
}

func TestRKRejectsAndAllocates(t *testing.T) {
	// A slope that turns sharply makes the controller reject.
	r := newRK(1, 1e-8, 1e-8, func(dst, y []float64) (float64, error) { dst[0] = 1 / (1 + 1e6*(y[0]-1)*(y[0]-1)); return 0, nil })
	require.NoError(t, r.start([]float64{0.99}, 1e9))
	allocs := testing.AllocsPerRun(100, func() {
		rejected := r.rejected
		h, err := r.step(1e9)
		require.NoError(t, err)
		if r.rejected > rejected {
			require.LessOrEqual(t, r.h, h, "no growth after a rejection")
		}
	})
	assert.Zero(t, allocs)
	assert.Positive(t, r.rejected)
}

func TestRKController(t *testing.T) {
	r := newRK(1, 1e-8, 1e-8, func(dst, _ []float64) (float64, error) { dst[0] = 1; return 0, nil })
	require.NoError(t, r.start([]float64{1}, 1e9))
	take := func(e float64) float64 {
		r.accept(1, e, math.Inf(1))
		return r.h
	}
	assert.InEpsilon(t, 0.9*math.Pow(1e-4, 0.04)/math.Pow(0.3, 0.17), take(0.3), 1e-14, "the first step has no predecessor")
	assert.InEpsilon(t, 0.9*math.Pow(0.3, 0.04)/math.Pow(0.8, 0.17), take(0.8), 1e-14)
	assert.InEpsilon(t, 10.0, take(1e-12), 1e-14, "growth is bounded")
	assert.InEpsilon(t, 10.0, take(0), 1e-14)
}

func TestRKHitsTheEnd(t *testing.T) {
	for i := 1; i <= 300; i++ {
		end := 0.37 * float64(i) / 7
		r := newRK(2, 1e-6, 1e-6, waveSlope)
		require.NoError(t, r.start([]float64{0, 1}, end))
		for r.t < end {
			_, err := r.step(end)
			require.NoError(t, err)
		}
		require.Equal(t, end, r.t)
		require.Less(t, r.accepted, 20+10*i, "slivers")
	}
	// Also where t + (end − t) rounds to another number.
	r, odd := fixed(t, 1, 1), 0
	for i := 1; i <= 1000; i++ {
		at, end := 0.5+float64(i)/30000, 1.99-float64(i)/70000
		if at+(end-at) != end {
			odd++
		}
		r.t = at
		r.accept(end-at, 0.5, end)
		if r.t != end {
			t.Fatalf("from %v to %v the step ends at %v", at, end, r.t)
		}
	}
	assert.Positive(t, odd)
}

// A solution a million times as large takes the same steps: the tolerance is
// relative where rtol|y| exceeds atol.
func TestRKRelative(t *testing.T) {
	run := func(scale float64) (y float64, steps int) {
		r := newRK(1, 1e-8, 1e-16, func(dst, y []float64) (float64, error) { dst[0] = -y[0]; return 0, nil })
		require.NoError(t, r.start([]float64{scale}, 3))
		for r.t < 3 {
			_, err := r.step(3)
			require.NoError(t, err)
		}
		return r.y[0] / scale, r.accepted
	}
	y, n := run(1)
	Y, N := run(0x1p20)
	assert.Equal(t, n, N)
	assert.InEpsilon(t, y, Y, 1e-12)
}

func TestRKFirstStepBesideAWall(t *testing.T) {
	// The trial step to 0.99 is not finite: start far shorter.
	r := newRK(1, 1e-8, 1e-10, func(dst, y []float64) (float64, error) {
		dst[0] = -1
		if y[0] < 0.995 {
			return math.Inf(1), nil
		}
		return 0, nil
	})
	require.NoError(t, r.start([]float64{1}, 1))
	assert.InEpsilon(t, 1e-5, r.h, 1e-12)
}
