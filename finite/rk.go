package finite

import (
	"errors"
	"fmt"
	"math"
)

// The Dormand–Prince pair of orders 5 and 4 [DDE]. The last row of rkA is also the
// row of weights of order 5, so that the last stage of a step is the first of the
// next one.
var (
	rkA = [7][6]float64{
		{},
		{1.0 / 5},
		{3.0 / 40, 9.0 / 40},
		{44.0 / 45, -56.0 / 15, 32.0 / 9},
		{19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
		{9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
		{35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84},
	}
	// rkE is the difference of the weights of orders 5 and 4.
	rkE = [7]float64{71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40}
	// rkD holds the weights of Shampine's continuous extension of order 4.
	rkD = [7]float64{
		-12715105075.0 / 11282082432, 0, 87487479700.0 / 32700410799, -10690763975.0 / 1880347072,
		701980252875.0 / 199316789632, -1453857185.0 / 822651844, 69997945.0 / 29380423,
	}
)

// Control of the step: h is divided by err^(1/5 − 3β/4) / old^β / safety, bounded
// by 1/growth and shrink, where err and old are the scaled errors of this step and
// the last one. β > 0 (a proportional-integral controller) smooths the sequence of
// steps. These are the customary values of DOPRI5.
const (
	rkBeta   = 0.04
	rkSafety = 0.9
	rkGrowth = 10.0
	rkShrink = 5.0
)

// errTinyStep says that a step within the tolerances is too small to advance
// time; errNotFinite that the right-hand side is not finite even then.
var (
	errTinyStep  = errors.New("no step is short enough for the tolerances")
	errNotFinite = errors.New("the right-hand side is not finite")
)

// rkSlope writes y' = f(y) to dst and returns the integrand of the quadrature
// that runs along with the solution. A non-finite integrand marks a non-finite
// right-hand side; an error stops the integration.
type rkSlope func(dst, y []float64) (integrand float64, err error)

// rk integrates y' = f(y) and z = ∫ g(y) dt by an embedded pair with adaptive steps:
// Dormand–Prince with a continuous extension of order 4, or the exponential pair of
// etd.go. Stage j of a step of length h starts from
//
//	keep_j y + h Σ_{l<j} row_{jl} k_l,    k_l = f + λy at stage l,
//
// and the last one is at the end of the step. The scaled error of a step
// is the root mean square over i of err_i/(atol + rtol max(|y_i|, |y_i'|)), y and y'
// being its ends; z does not enter but in the exponential pair. Nothing is allocated
// after newRK and sums have a fixed order.
type rk struct {
	slope      rkSlope
	rtol, atol float64

	last     int           // number of the last stage
	exponent float64       // the error of a step of length h grows like h^(1/exponent)
	row      [7][6]float64 // that of the last stage has the weights of the solution
	errors   [7]float64    // weights of the error estimate
	keep     [7]float64
	decay    float64 // λ; 0 for Dormand–Prince
	smooth   bool    // there is a continuous extension

	t, h       float64 // time reached and step to try next
	y          []float64
	z          float64
	tPrev, dt  float64 // start and length of the last step
	prev       []float64
	zPrev      float64
	next       []float64 // scratch: stage arguments and the candidate
	k          [7][]float64
	g          [7]float64
	span       float64
	old        float64 // scaled error of the last step
	accepted   int
	rejected   int
	lastReject bool // the last attempt was rejected: do not grow
}

// newRK returns an integrator of vectors of length n by the Dormand–Prince pair.
func newRK(n int, rtol, atol float64, slope rkSlope) *rk {
	r := &rk{slope: slope, rtol: rtol, atol: atol, last: 6, exponent: 0.2, row: rkA, errors: rkE, smooth: true}
	for j := range r.keep {
		r.keep[j] = 1
	}
	block := make([]float64, 10*n)
	cut := func() []float64 {
		v := block[:n:n]
		block = block[n:]
		return v
	}
	r.y, r.prev, r.next = cut(), cut(), cut()
	for i := range r.k {
		r.k[i] = cut()
	}
	return r
}

// carry returns pointers to all that step and at read after an accepted step, but the
// tolerances; lastReject is false then.
func (r *rk) carry() []any {
	all := []any{&r.t, &r.h, &r.z, &r.tPrev, &r.dt, &r.zPrev, &r.span, &r.old, &r.accepted, &r.rejected, &r.y, &r.prev}
	for j := range r.k {
		all = append(all, &r.k[j], &r.g[j])
	}
	return all
}

// start sets the state at time 0 and chooses the first step of a way of length
// span.
func (r *rk) start(y []float64, span float64) error {
	r.t, r.tPrev, r.dt, r.z, r.zPrev = 0, 0, 0, 0, 0
	r.accepted, r.rejected, r.lastReject = 0, 0, false
	r.span, r.old = span, 1e-4
	copy(r.y, y)
	copy(r.prev, y)
	g, err := r.slope(r.k[0], y)
	if err != nil {
		return err
	}
	if !finite(g) {
		return errNotFinite
	}
	if err := r.firstStep(); err != nil {
		return err
	}
	r.g[r.last] = g
	r.k[0], r.k[r.last] = r.k[r.last], r.k[0]
	r.addDecay(r.k[r.last], y)
	return nil
}

// firstStep estimates a step whose scaled error is about a hundredth. An explicit
// Euler step that moves y by a hundredth of its size, or of the tolerance if that is
// more, measures the rate λ = |f(y + hf) − f(y)|/(h|f|) at which the slope turns;
// if all derivatives grow at that rate, a step of length h has an error of about
// (|f|/λ)(hλ)⁵, or ⁴, which is set to 0.01 (derived). The estimate scales with the unit
// of time, and an error in it costs a few steps only.
func (r *rk) firstStep() error {
	r.h = r.span
	size, speed := r.norm(r.y, nil), r.norm(r.k[0], nil)
	if speed == 0 {
		return nil
	}
	h := min(0.01*max(size, 1)/speed, r.span)
	for i, y := range r.y {
		r.next[i] = y + h*r.k[0][i]
	}
	g, err := r.slope(r.k[1], r.next)
	if err != nil {
		return err
	}
	λ := r.norm(r.k[1], r.k[0]) / (h * speed)
	switch {
	case !finite(g) || !finite(λ):
		r.h = 1e-3 * h
	case λ > 0:
		r.h = min(math.Pow(0.01*λ/speed, r.exponent)/λ, 100*h, r.span)
	}
	return nil
}

// norm returns the scaled norm of a − b at y; b may be nil.
func (r *rk) norm(a, b []float64) float64 {
	var sum float64
	for i, v := range a {
		if b != nil {
			v -= b[i]
		}
		v /= r.atol + r.rtol*math.Abs(r.y[i])
		sum += v * v
	}
	return math.Sqrt(sum / float64(len(a)))
}

func (r *rk) stage(j int, y []float64) (err error) {
	r.g[j], err = r.slope(r.k[j], y)
	r.addDecay(r.k[j], y)
	return err
}

// addDecay adds λy to a slope.
func (r *rk) addDecay(k, y []float64) {
	if r.decay == 0 {
		return
	}
	for i, v := range y {
		k[i] += r.decay * v
	}
}

// step makes one accepted step, at most to end > t, and returns its length. With an error
// all that carry lists is as after the last step, but slopes that only at would read.
func (r *rk) step(end float64) (float64, error) {
	first, rejected := r.h, r.rejected
	h, err := r.attempts(end)
	if err != nil {
		r.h, r.rejected, r.lastReject = first, rejected, false
		r.k[0], r.k[r.last] = r.k[r.last], r.k[0]
		r.g[r.last] = r.g[0]
	}
	return h, err
}

// attempts tries ever shorter steps until one is accepted, and returns its length.
func (r *rk) attempts(end float64) (float64, error) {
	// The last slope is the first of this step.
	r.k[0], r.k[r.last], r.g[0] = r.k[r.last], r.k[0], r.g[r.last]
	for {
		h := r.h
		if r.t+1.01*h >= end {
			h = end - r.t
		}
		e, err := r.try(h)
		if err != nil {
			return 0, err
		}
		if e <= 1 {
			r.accept(h, e, end)
			return h, nil
		}
		r.rejected++
		r.lastReject = true
		finiteError := finite(e)
		if finiteError {
			r.h = h / min(rkShrink, math.Pow(e, r.exponent-0.75*rkBeta)/rkSafety)
		} else {
			r.h = h / 10
		}
		if r.h < 1e-15*r.span || r.t+r.h == r.t {
			if finiteError {
				return 0, errTinyStep
			}
			return 0, errNotFinite
		}
	}
}

// try evaluates a step of length h into next and returns its scaled error, NaN if
// a slope is not finite.
func (r *rk) try(h float64) (float64, error) {
	if !r.smooth {
		r.weights(r.decay * h)
	}
	for j := 1; j <= r.last; j++ {
		r.combine(j, h)
		if err := r.stage(j, r.next); err != nil {
			return 0, err
		}
		if !finite(r.g[j]) {
			return math.NaN(), nil
		}
	}
	var sum float64
	w := &r.errors
	k1, k2, k3, k4, k5, k6, k7 := r.k[0], r.k[1], r.k[2], r.k[3], r.k[4], r.k[5], r.k[6]
	for i, y := range r.y {
		e := h * (w[0]*k1[i] + w[1]*k2[i] + w[2]*k3[i] + w[3]*k4[i] + w[4]*k5[i] + w[5]*k6[i] + w[6]*k7[i])
		e /= r.atol + r.rtol*max(math.Abs(y), math.Abs(r.next[i]))
		sum += e * e
	}
	e := math.Sqrt(sum / float64(len(r.y)))
	if !r.smooth {
		e = max(e, r.quadratureError(h))
	}
	return e, nil
}

// combine writes the argument of stage j to next.
func (r *rk) combine(j int, h float64) {
	clear(r.next)
	for l, a := range r.row[j][:j] {
		if a == 0 {
			continue
		}
		for i, k := range r.k[l] {
			r.next[i] += a * k
		}
	}
	keep := r.keep[j]
	for i, y := range r.y {
		r.next[i] = keep*y + h*r.next[i]
	}
}

// accept takes the step just tried.
func (r *rk) accept(h, e, end float64) {
	r.tPrev, r.dt, r.zPrev = r.t, h, r.z
	r.prev, r.y, r.next = r.y, r.next, r.prev
	r.z += r.quadrature(h)
	r.t += h
	if h == end-r.tPrev {
		r.t = end
	}
	factor := math.Pow(e, r.exponent-0.75*rkBeta) / math.Pow(r.old, rkBeta) / rkSafety
	grown := h / min(max(factor, 1/rkGrowth), rkShrink)
	switch {
	case r.lastReject:
		r.h = min(grown, h)
	case h < r.h && !r.smooth: // cut short to hit a time
		r.h = max(grown, r.h)
	default:
		r.h = grown
	}
	r.old = max(e, 1e-4)
	r.lastReject = false
	r.accepted++
}

// at writes y(t) to dst for a time t within the last step and returns z(t).
//
// With θ = (t − tPrev)/h and Δ = y − prev [DDE]:
//
//	y(θ) = prev + θ(Δ + (1−θ)(B + θ(C + (1−θ) h Σ_j d_j k_j))),  B = h k_1 − Δ,  C = Δ − h k_7 − B.
func (r *rk) at(dst []float64, t float64) float64 {
	switch {
	case t == r.t:
		copy(dst, r.y)
		return r.z
	case t == r.tPrev:
		copy(dst, r.prev)
		return r.zPrev
	case !(t > r.tPrev && t < r.t):
		panic(fmt.Sprintf("finite: dense output at %v outside the step [%v, %v]", t, r.tPrev, r.t))
	}
	θ := (t - r.tPrev) / r.dt
	for i := range dst {
		k := [7]float64{r.k[0][i], r.k[1][i], r.k[2][i], r.k[3][i], r.k[4][i], r.k[5][i], r.k[6][i]}
		dst[i] = interpolate(θ, r.dt, r.prev[i], r.y[i], &k)
	}
	return interpolate(θ, r.dt, r.zPrev, r.z, &r.g)
}

func interpolate(θ, h, prev, y float64, k *[7]float64) float64 {
	var d float64
	for j, w := range rkD {
		d += w * k[j]
	}
	Δ := y - prev
	b := h*k[0] - Δ
	c := Δ - h*k[6] - b
	return prev + θ*(Δ+(1-θ)*(b+θ*(c+(1-θ)*h*d)))
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
