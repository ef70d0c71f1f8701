package pde

import (
	"fmt"
	"math"

	"pdesolve/internal/simd"
)

// inverter solves U′(r) = s for r ≥ 0, U being the local part of an energy: r is the
// derivative of the conjugate U* at s, 0 where s ≤ U′(0).
type inverter struct {
	parts         *Parts
	single        bool // one term, with a closed form
	rate, power   float64
	zero          float64 // U′ of the smallest density
	one, two, log []float64
	lo, hi        []float64
	strip, first  []float64 // for the caller
	second, floor []float64
}

// newInverter returns an inverter. It fails on fast diffusion, whose conjugate is
// infinite for s ≥ 0.
func newInverter(p *Parts) (*inverter, error) {
	for _, q := range p.Powers {
		if q.Exponent < 1 {
			return nil, fmt.Errorf("exponent: %v: the conjugate of fast diffusion is not finite; want an exponent above 1", q.Exponent)
		}
	}
	return newUncheckedInverter(p), nil
}

// newUncheckedInverter returns an inverter for any U that grows faster than r.
func newUncheckedInverter(p *Parts) *inverter {
	v := &inverter{parts: p}
	switch {
	case len(p.Convex) > 0:
	case len(p.Powers) == 0:
		v.single = true
	case len(p.Powers) == 1 && p.Linear == 0:
		q := p.Powers[0]
		v.single = true
		v.rate, v.power = (q.Exponent-1)/(q.Coefficient*q.Exponent), 1/(q.Exponent-1)
	}
	for _, x := range []*[]float64{&v.one, &v.two, &v.log, &v.lo, &v.hi, &v.strip, &v.first, &v.second, &v.floor} {
		*x = make([]float64, stripLength)
	}
	v.log[0] = smallestNormal
	v.parts.Derivatives(v.one[:1], v.two[:1], v.log[:1])
	v.zero = v.one[0]
	return v
}

// invert writes r to rho for each s.
func (v *inverter) invert(rho, s []float64) {
	rho = rho[:len(s)]
	switch {
	case !v.single:
		for len(s) > 0 {
			n := min(len(s), stripLength)
			v.search(rho[:n], s[:n])
			rho, s = rho[n:], s[n:]
		}
	case v.power == 0:
		c := v.parts.Linear
		for i, x := range s {
			rho[i] = x/c - 1
		}
		simd.Exp(rho, rho)
	case v.power == 1:
		for i, x := range s {
			rho[i] = max(v.rate*x, 0)
		}
	case v.power == 0.5:
		for i, x := range s {
			rho[i] = math.Sqrt(max(v.rate*x, 0))
		}
	default:
		for i, x := range s {
			rho[i] = 0
			if x > 0 {
				rho[i] = math.Pow(v.rate*x, v.power)
			}
		}
	}
}

// search is invert for any U, of at most stripLength elements: Newton's iteration for
// log r, in a bracket that shrinks. In log r the entropy's U′ is a straight line and that of
// a power m > 1 convex, so that from above Newton descends to the solution.
func (v *inverter) search(rho, s []float64) {
	n := len(s)
	one, two, at, lo, hi := v.one[:n], v.two[:n], v.log[:n], v.lo[:n], v.hi[:n]
	least, most := math.Log(smallestNormal), math.Log(math.MaxFloat64)/2
	for i, x := range s {
		lo[i], hi[i], at[i] = least, most, min(max(v.above(x), least), most)
	}
	for k := range 200 {
		for i, x := range at {
			rho[i] = math.Exp(x)
		}
		v.parts.Derivatives(one, two, rho)
		done := true
		for i, x := range at {
			miss := one[i] - s[i]
			if miss > 0 {
				hi[i] = x
			} else {
				lo[i] = x
			}
			move := miss
			if v.parts.Linear == 0 && one[i] > 0 && s[i] > 0 && math.Abs(miss) > s[i]/4 {
				move = one[i] * math.Log(one[i]/s[i]) // a straight line where U′ is a power
			}
			next := x - move/(two[i]*rho[i])
			if math.Abs(next-x) < 4e-16*(1+math.Abs(x)) {
				continue
			}
			if !(next > lo[i] && next < hi[i]) || k > 40 && k%2 == 0 {
				next = (lo[i] + hi[i]) / 2
			}
			done = done && math.Abs(next-x) < 4e-16*(1+math.Abs(x))
			at[i] = next
		}
		if done {
			break
		}
	}
	for i, x := range at {
		rho[i] = math.Exp(x)
		if s[i] <= v.zero {
			rho[i] = 0
		}
	}
}

// above returns a number at or above log r for U′(r) = s if there are an entropy and powers
// m > 1 only; in any case one to start from. Every power alone is an upper bound for r > 1/e,
// as is the entropy alone.
func (v *inverter) above(s float64) float64 {
	x := math.Inf(1)
	if c := v.parts.Linear; c > 0 {
		x = s/c - 1
	}
	for _, q := range v.parts.Powers {
		if rate := q.Coefficient * q.Exponent / (q.Exponent - 1); s > 0 && rate > 0 {
			y := math.Log(s/rate) / (q.Exponent - 1)
			if v.parts.Linear > 0 {
				y = max(y, -1)
			}
			x = min(x, y)
		}
	}
	if math.IsInf(x, 1) {
		return 0
	}
	return x
}
