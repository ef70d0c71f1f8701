package pde

import "math"

// proximal solves, in every cell, the condition on ρ that a scaling leaves,
//
//	share·log m + (U′(m/h) + V)/κ = rhs,    κ = ε/(2τ), h the cell's volume,
//
// for the mass m: with z = log(m/h) it is share·κz + U′(eᶻ) = κ(rhs − share·log h) − V, whose
// left side grows at least as fast as share·κz. The linear part of U, a multiple of log,
// is taken apart, so that nothing underflows where there is next to no mass. The rest is
// by Newton's iteration for z, from its last value.
type proximal struct {
	kappa, share float64
	linear       float64
	curved       Parts // U without its linear part
	plain        bool  // there is none
	v            []float64
	logVolume    float64
	logTop       float64   // of a density of usual size
	z            []float64 // log of the density
	r, one, two  []float64
}

// newProximal returns a solver for the cells of v and densities of the size of top, where
// z begins.
func newProximal(parts *Parts, v []float64, kappa, share, volume, top float64) *proximal {
	p := &proximal{kappa: kappa, share: share, linear: parts.Linear, v: v, logVolume: math.Log(volume), logTop: math.Log(top)}
	p.curved = Parts{Powers: parts.Powers, Convex: parts.Convex}
	p.plain = !p.curved.HasLocal()
	p.z = make([]float64, len(v))
	for i := range p.z {
		p.z[i] = p.logTop
	}
	p.r, p.one, p.two = make([]float64, stripLength), make([]float64, stripLength), make([]float64, stripLength)
	return p
}

// solve writes log m to dst.
func (p *proximal) solve(dst, rhs []float64) {
	slope := p.share*p.kappa + p.linear
	for i, s := range rhs {
		dst[i] = p.kappa*(s-p.share*p.logVolume) - p.v[i] - p.linear
	}
	for at := 0; at < len(dst); at += stripLength {
		end := min(at+stripLength, len(dst))
		if p.plain {
			for i, want := range dst[at:end] {
				p.z[at+i] = want / slope
			}
		} else {
			p.search(p.z[at:end], dst[at:end], slope)
		}
	}
	for i, z := range p.z {
		dst[i] = z + p.logVolume
	}
}

// proximalRise bounds how far a step of z goes above what it was and the usual: from far
// below, a straight line leads to densities that are no numbers.
const proximalRise = 4

// search solves slope·z + U′(eᶻ) = want, U without linear part.
func (p *proximal) search(z, want []float64, slope float64) {
	r, one, two := p.r[:len(z)], p.one[:len(z)], p.two[:len(z)]
	for range 200 {
		for i, x := range z {
			r[i] = max(math.Exp(min(x, 700)), smallestNormal)
		}
		p.curved.Derivatives(one, two, r)
		done := true
		for i, x := range z {
			step := (want[i] - slope*x - one[i]) / (slope + two[i]*r[i])
			if math.Abs(step) > 1e-15*(1+math.Abs(x)) {
				done = false
			}
			z[i] = min(x+step, max(x, p.logTop)+proximalRise)
		}
		if done {
			return
		}
	}
}
