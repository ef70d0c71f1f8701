package pde

import "math"

// near holds six rows of equal length: those at distance −2, …, +3 along an axis.
// near[here] is the row itself.
type near [6][]float64

const here = 2

// symmetric holds the coefficients c₀, c₁, c₂ of c₀x + c₁(x₋₁ + x₁) + c₂(x₋₂ + x₂).
type symmetric [3]float64

// toPoint and toAverage are the conversions x + aδ²x + bδ⁴x between averages over an
// interval and values at its midpoint, with (a, b) derived from the series of
// sin(θ/2)/(θ/2); sixth order, and fourth order without b. The index is the number of
// neighbours on the poorer side, up to 2.
var (
	toPoint   = [3]symmetric{conversion(0, 0), conversion(-1./24, 0), conversion(-1./24, 3./640)}
	toAverage = [3]symmetric{conversion(0, 0), conversion(1./24, 0), conversion(1./24, -17./5760)}
)

// conversion returns x + aδ²x + bδ⁴x: δ²x = x₋₁ − 2x + x₁ and
// δ⁴x = x₋₂ − 4x₋₁ + 6x − 4x₁ + x₂.
func conversion(a, b float64) symmetric {
	return symmetric{1 - float64(2*a) + float64(6*b), a - float64(4*b), b}
}

// staggered holds the coefficients of the differences
// c₀(x₁ − x₀) + c₁(x₂ − x₋₁) + c₂(x₃ − x₋₂) of second, fourth and sixth order for
// h times the derivative midway between x₀ and x₁ (derived; Taylor). The index is the
// number of cells beyond x₀ and x₁ on the poorer side, up to 2.
var staggered = [3][3]float64{{1}, {9. / 8, -1. / 24}, {75. / 64, -25. / 384, 3. / 640}}

// differences writes scale times the staggered difference c of near to the elements
// from, …, to−1 of dst.
func differences(dst []float64, x *near, from, to int, c [3]float64, scale float64) {
	c0, c1, c2 := c[0]*scale, c[1]*scale, c[2]*scale
	m2, m1, z, p1, p2, p3 := x[0][:to], x[1][:to], x[2][:to], x[3][:to], x[4][:to], x[5][:to]
	dst = dst[:to]
	for j := from; j < to; j++ {
		dst[j] = float64(c0*(p1[j]-z[j])) + float64(c1*(p2[j]-m1[j])) + float64(c2*(p3[j]-m2[j]))
	}
}

// central holds the coefficients (c₀, c₁) of the interpolation c₀(x₀ + x₁) + c₁(x₋₁ + x₂)
// of second and fourth order from averages to the face between x₀ and x₁ (derived;
// Taylor). The index is the number of cells beyond x₀ and x₁ on the poorer side, up to 1.
var central = [2][2]float64{{1. / 2}, {7. / 12, -1. / 12}}

// addCentral adds the central interpolation c of near to the elements from, …, to−1 of
// dst.
func addCentral(dst []float64, x *near, from, to int, c [2]float64) {
	apply(dst, &near{x[1], x[2], dst, x[3], x[4]}, from, to, symmetric{1, c[0], c[1]})
}

// applyGo writes c₀x + c₁(x₋₁ + x₁) + c₂(x₋₂ + x₂) to the elements from, …, to−1 of dst,
// which may be near[here].
func applyGo(dst []float64, x *near, from, to int, c symmetric) {
	m2, m1, z, p1, p2 := x[0][:to], x[1][:to], x[2][:to], x[3][:to], x[4][:to]
	dst = dst[:to]
	c0, c1, c2 := c[0], c[1], c[2]
	for j := from; j < to; j++ {
		dst[j] = float64(c0*z[j]) + float64(c1*(m1[j]+p1[j])) + float64(c2*(m2[j]+p2[j]))
	}
}

// reconstruct5Go writes the upwind density at the faces between near[here] and
// near[here+1] to dst: with v₀, …, v₄ the five averages around the upwind cell v₂ in
// the direction of u, the convex combination of
//
//	(2v₀ − 7v₁ + 11v₂)/6,   (−v₁ + 5v₂ + 2v₃)/6,   (2v₂ + 5v₃ − v₄)/6
//
// by the weights of [BCCD08] with q = 2 and the smoothness indicators of [JS96],
//
//	ω_k ∝ d_k (1 + (|β₀ − β₂|/(β_k + ε))²),   d = (1, 6, 3)/10.
//
// eps is 12ε. The elements before from are left alone.
func reconstruct5Go(dst []float64, x *near, u []float64, from int, eps float64) {
	n := len(dst)
	m2, m1, z, p1, p2, p3 := x[0][:n], x[1][:n], x[2][:n], x[3][:n], x[4][:n], x[5][:n]
	u = u[:n]
	for j := from; j < n; j++ {
		v0, v1, v2, v3, v4 := m2[j], m1[j], z[j], p1[j], p2[j]
		if math.Signbit(u[j]) {
			v0, v1, v2, v3, v4 = p3[j], p2[j], p1[j], z[j], m1[j]
		}
		a, b, c, d := v1-v0, v2-v1, v3-v2, v4-v3
		s0, s1, s2 := b-a, c-b, d-c
		t0, t1, t2 := float64(3*b)-a, b+c, d-float64(3*c)
		b0 := float64(13*float64(s0*s0)) + float64(3*float64(t0*t0)) // 12β₀
		b1 := float64(13*float64(s1*s1)) + float64(3*float64(t1*t1))
		b2 := float64(13*float64(s2*s2)) + float64(3*float64(t2*t2))
		τ := math.Abs(b0 - b2)
		r0, r1, r2 := τ/(b0+eps), τ/(b1+eps), τ/(b2+eps)
		w0 := 1 + float64(r0*r0)
		w1 := 6 * (1 + float64(r1*r1))
		w2 := 3 * (1 + float64(r2*r2))
		q0 := float64(5*b) - float64(2*a) // 6(candidate − v₂)
		q1 := b + float64(2*c)
		q2 := float64(4*c) - d
		top := float64(w0*q0) + float64(w1*q1) + float64(w2*q2)
		dst[j] = v2 + top/(6*(w0+w1+w2))
	}
}

// reconstruct3Go is reconstruct5Go for the third order, with the three averages
// v₁, v₂, v₃, the candidates (3v₂ − v₁)/2 and (v₂ + v₃)/2, and d = (1, 2)/3. eps is ε.
func reconstruct3Go(dst []float64, x *near, u []float64, eps float64) {
	n := len(dst)
	m1, z, p1, p2 := x[1][:n], x[2][:n], x[3][:n], x[4][:n]
	u = u[:n]
	for j := range dst {
		v1, v2, v3 := m1[j], z[j], p1[j]
		if math.Signbit(u[j]) {
			v1, v2, v3 = p2[j], p1[j], z[j]
		}
		b, c := v2-v1, v3-v2
		b0, b1 := float64(b*b), float64(c*c)
		τ := math.Abs(b0 - b1)
		r0, r1 := τ/(b0+eps), τ/(b1+eps)
		w0 := 1 + float64(r0*r0)
		w1 := 2 * (1 + float64(r1*r1))
		dst[j] = v2 + (float64(w0*b)+float64(w1*c))/(2*(w0+w1))
	}
}
