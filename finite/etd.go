package finite

import "math"

// The exponential pair of orders 4 and 3 for y' = −λy + N(y), with z = λh and
// φ_j^{(k)} = φ_j(−c_k z),
//
//	φ_0(x) = eˣ,    φ_{j+1}(x) = (φ_j(x) − 1/j!)/x.
//
// The stages and the weights of order 4 are those of Hochbruck and Ostermann's method of
// five stages, which keeps its order where z is large [SciML]; a term −λy is
// integrated exactly, so only N bounds the step. Stages 2, 3 and 5 are at the middle of the
// step. The solution of order 3 has the mean of the first two, whose errors cancel, in
// the place of the third (derived). At λ = 0 the weights are those of Simpson's rule.

// newETD returns an integrator by the exponential pair. slope is all of y'.
func newETD(n int, rtol, atol, decay float64, slope rkSlope) *rk {
	r := newRK(n, rtol, atol, slope)
	r.last, r.exponent, r.smooth, r.decay = 5, 0.25, false, decay
	r.row, r.errors = [7][6]float64{}, [7]float64{}
	return r
}

// etdNodes are the times of the stages, in units of the step.
var etdNodes = [6]float64{0, 0.5, 0.5, 1, 0.5, 1}

// weights sets the coefficients for z = λh.
func (r *rk) weights(z float64) {
	for j, c := range etdNodes {
		r.keep[j] = math.Exp(-c * z)
	}
	h1, h2, h3 := phi(-z / 2) // at the middle
	f1, f2, f3 := phi(-z)     // at the end
	s := h2/2 - f3 + f2/4 - h3/2
	r.row[1] = [6]float64{h1 / 2}
	r.row[2] = [6]float64{h1/2 - h2, h2}
	r.row[3] = [6]float64{f1 - 2*f2, f2, f2}
	r.row[4] = [6]float64{h1/2 - 2*s - (h2/4 - s), s, s, h2/4 - s}
	r.row[5] = [6]float64{f1 - 3*f2 + 4*f3, 0, 0, 4*f3 - f2, 4*f2 - 8*f3}
	middle := r.row[5][4]
	r.errors[1], r.errors[2], r.errors[4] = -middle/2, -middle/2, middle
}

// phi returns φ_1, φ_2 and φ_3 at x ≤ 0.
func phi(x float64) (p1, p2, p3 float64) {
	if x < -1 {
		p1 = math.Expm1(x) / x
		p2 = (p1 - 1) / x
		p3 = (p2 - 0.5) / x
		return p1, p2, p3
	}
	// φ_3 = Σ_k x^k/(k + 3)!, by Horner's rule; the others follow without cancellation.
	p3 = 1
	for k := 19; k > 3; k-- {
		p3 = 1 + p3*x/float64(k)
	}
	p3 /= 6
	p2 = 0.5 + x*p3
	p1 = 1 + x*p2
	return p1, p2, p3
}

// quadrature returns the integral of g over a step of length h.
func (r *rk) quadrature(h float64) (sum float64) {
	if !r.smooth {
		return h * (r.g[0] + 4*r.g[4] + r.g[5]) / 6
	}
	for j, b := range r.row[r.last] {
		sum += h * b * r.g[j]
	}
	return sum
}

// quadratureError returns the scaled error of the integral of g ≥ 0 over a step, which
// nothing else bounds where λh is large: of g ∝ e^{−κt} with κh small, Simpson's rule S and
// the trapezoidal rule T miss κ⁴h⁴/2880 and κ²h²/12 of the integral, so that the error is
// (T − S)²/(20 S) (derived).
func (r *rk) quadratureError(h float64) float64 {
	s, t := r.quadrature(h), h*(r.g[0]+r.g[5])/2
	if !(s > 0) {
		return 0
	}
	return (t - s) * (t - s) / (20 * s) / (r.atol + r.rtol*(math.Abs(r.z)+s))
}
