package pde

import "math"

// monotone interpolates a distribution function M between the edges of pieces, of
// which the masses are known, by the monotone cubics of Hermite: with slopes d_i ≥ 0
// at the edges and d ≤ 3 m/Δ on either side, each cubic increases (Fritsch and Carlson
// 1980). Where that does not bind, the slopes are those of the quartic through five
// edges, and M is of fourth order.
type monotone struct {
	slope []float64 // at the edges, as many as there can be
}

// set computes the slopes for pieces between the edges, which increase weakly. Outside
// the first and the last edge there is no mass.
func (m *monotone) set(edge, mass []float64) {
	n := len(mass)
	density := func(i int) float64 {
		if w := edge[i+1] - edge[i]; w > 0 {
			return mass[i] / w
		}
		return math.Inf(1)
	}
	for i := range n + 1 {
		var d, bound float64
		switch {
		case n == 1:
			d, bound = density(0), density(0)
		case i == 0:
			d, bound = endSlope(density(0), density(1), edge[1]-edge[0], edge[2]-edge[1]), density(0)
		case i == n:
			d, bound = endSlope(density(n-1), density(n-2), edge[n]-edge[n-1], edge[n-1]-edge[n-2]), density(n-1)
		default:
			a, b := density(i-1), density(i)
			bound = min(a, b)
			if i == 1 || i == n-1 {
				d = (a*(edge[i+1]-edge[i]) + b*(edge[i]-edge[i-1])) / (edge[i+1] - edge[i-1])
			} else {
				d = quarticSlope(edge[i-2:i+3], density(i-2), a, b, density(i+1))
			}
		}
		if d-d != 0 {
			d = 0 // a piece of width 0 or next to one
		}
		if bound = 3 * bound; !(d <= bound) {
			d = bound
		}
		m.slope[i] = max(d, 0)
		if math.IsInf(m.slope[i], 1) {
			m.slope[i] = 0
		}
	}
}

// endSlope returns the slope at the end of the first piece of the parabola through
// the edges of two.
func endSlope(first, second, w, next float64) float64 {
	return first + (first-second)*w/(w+next)
}

// quarticSlope returns the slope at the middle one of five edges x of the quartic
// through them, given the slopes of the secants, by Newton's divided differences.
func quarticSlope(x []float64, r0, r1, r2, r3 float64) float64 {
	s0, s1, s2 := (r1-r0)/(x[2]-x[0]), (r2-r1)/(x[3]-x[1]), (r3-r2)/(x[4]-x[2])
	t0, t1 := (s1-s0)/(x[3]-x[0]), (s2-s1)/(x[4]-x[1])
	u := (t1 - t0) / (x[4] - x[0])
	a, b, c := x[2]-x[3], x[2]-x[1], x[2]-x[4]
	return r2 + a*(s1+b*(t1+c*u))
}

// below returns the mass of piece i, of the given mass and width, below the part theta
// of it.
func (m *monotone) below(i int, mass, width, theta float64) float64 {
	rest := 1 - theta
	v := mass*theta*theta*(3-2*theta) + width*theta*rest*(m.slope[i]*rest-m.slope[i+1]*theta)
	return min(max(v, 0), mass)
}
