package pde

import (
	"fmt"
	"math"

	"pdesolve/grid"
)

// dual is the concave problem whose maximum is one LJKO step of one component, for an
// energy ∫U(ρ) + ∫Vρ with U strictly convex:
//
//	D(φ) = ∫ρⁿφ − ∫U*(p − V),    p_K = φ_K + (τ/2) Σ_L ((φ_K − φ_L)⁺/h)²    (upwind)
//	                             p_K = φ_K + (τ/4) Σ_L ((φ_K − φ_L)/h)²     (centred).
//
// p is convex in φ and U* convex and increasing, so that D is concave, and (derived)
//
//	∂D = ρⁿ − Aᵀρ,    −∂²D = AᵀEA + L,    ρ = U*′(p − V) ≥ 0,    A = ∂p/∂φ,    E = 1/U″(ρ),
//
// L the Laplacian with the conductances τρ_face/h². Where ∂D = 0 the pair (φ, ρ) solves
// the step's equations: ρ = Aᵀ⁻¹ρⁿ is the conservation law with the face densities ρ_up or
// (ρ_K + ρ_L)/2, and U′(ρ) + V = p the Hamilton–Jacobi equation, with ≤ in vacuum. Every φ
// gives a lower bound D(φ) of the step's value.
//
// The symmetric form has the mobilities (ρⁿ + ρ)/2: with q = p − φ of the above,
//
//	D(φ) = ∫ρⁿ(φ − q/2) − ∫U*(φ + q/2 − V),
//
// concave as well, and its step differs from the JKO step by O(τ³) in place of O(τ²)
// (derived: φ belongs to half time, and W₂² to the norm of ρ − ρⁿ in the mean mobility, up
// to fourth order).
type dual struct {
	grid    *grid.Grid
	parts   *Parts
	inverse *inverter
	centred bool
	part    float64 // of ρ in the mobility: 1, or ½ in the symmetric form
	tau     float64
	rhoN, v []float64

	phi, trial    []float64
	p, s, rho     []float64 // p, p − V and U*′ of it
	grad          []float64 // ∂D per volume
	inverseSecond []float64 // E
	slope         [][]float64
	conduct       [][]float64 // on the faces between a cell and the next along an axis, of L
	value         float64     // D
	unit          float64     // sum of the sizes of its terms
	shift         float64     // of the Hessian, relative to the largest E
	damping       float64     // shift times that E
	solver        *grid.Elliptic
	delta, r, z   []float64
	dir, image    []float64
}

func newDual(g *grid.Grid, parts *Parts, inverse *inverter, v *Variational) *dual {
	d := &dual{grid: g, parts: parts, inverse: inverse, centred: v.Mobility == centredMobility, part: 1, solver: grid.NewElliptic(g)}
	if v.Symmetric {
		d.part = 0.5
	}
	for _, x := range []*[]float64{&d.v, &d.phi, &d.trial, &d.p, &d.s, &d.rho, &d.grad, &d.inverseSecond, &d.delta, &d.r, &d.z, &d.dir, &d.image} {
		*x = make([]float64, g.Len())
	}
	for range g.Dim() {
		d.slope = append(d.slope, make([]float64, g.Len()))
		d.conduct = append(d.conduct, make([]float64, g.Len()))
	}
	return d
}

// faces calls visit for the ranges of cells lo … hi − 1 that have a next cell along axis
// k, at the distance stride.
func (d *dual) faces(k int, visit func(lo, hi, stride int, scale float64)) {
	n, s := d.grid.Axis(k).N, d.grid.Stride(k)
	h := d.grid.Axis(k).H()
	for base := 0; base < len(d.phi); base += n * s {
		visit(base, base+(n-1)*s, s, d.tau/(h*h))
	}
}

// evaluate sets D, its gradient and what its Hessian is made of at phi. It reports
// whether D is finite.
func (d *dual) evaluate(phi []float64) bool {
	d.lift(phi)
	for i, p := range d.p {
		d.s[i] = p - d.v[i]
	}
	d.inverse.invert(d.rho, d.s)
	d.parts.Pressure(d.z, d.rho)
	var sum, size compensated
	for i, f := range phi {
		f -= (1 - d.part) / d.part * (d.p[i] - f)
		sum.add(d.rhoN[i]*f - d.z[i])
		size.add(math.Abs(d.rhoN[i]*f) + math.Abs(d.z[i]))
	}
	volume := d.grid.CellVolume()
	d.value, d.unit = sum.value()*volume, size.value()*volume
	if d.value-d.value != 0 {
		return false
	}
	for i, r := range d.rho {
		d.grad[i] = d.rhoN[i] - r
	}
	for k, slope := range d.slope {
		conduct := d.conduct[k]
		d.faces(k, func(lo, hi, stride int, scale float64) {
			for i := lo; i < hi; i++ {
				j := i + stride
				face := d.mobility(d.rho, i, j, slope[i])
				conduct[i] = scale * face
				d.grad[i] -= slope[i] * face
				d.grad[j] += slope[i] * face
			}
		})
	}
	return true
}

// mobility returns the mobility of the face between cells i and j.
func (d *dual) mobility(rho []float64, i, j int, slope float64) float64 {
	a, b := rho[i], rho[j]
	if d.part != 1 {
		a, b = (a+d.rhoN[i])/2, (b+d.rhoN[j])/2
	}
	switch {
	case d.centred:
		return (a + b) / 2
	case slope < 0:
		return b
	}
	return a
}

// lift sets p and the slopes τ(φ_K − φ_L)/h² of the faces.
func (d *dual) lift(phi []float64) {
	copy(d.p, phi)
	for k, slope := range d.slope {
		d.faces(k, func(lo, hi, stride int, scale float64) {
			for i := lo; i < hi; i++ {
				j := i + stride
				drop := phi[i] - phi[j]
				slope[i] = scale * drop
				q := 0.5 * d.part * scale * drop * drop
				switch {
				case d.centred:
					d.p[i] += q / 2
					d.p[j] += q / 2
				case drop > 0:
					d.p[i] += q
				default:
					d.p[j] += q
				}
			}
		})
	}
}

// imbalance returns Σ|∂D| / Σρⁿ: the mass that the conservation law misses.
func (d *dual) imbalance() float64 {
	var miss, mass compensated
	for i, g := range d.grad {
		miss.add(math.Abs(g))
		mass.add(d.rhoN[i])
	}
	return miss.value() / mass.value()
}

// prepare makes the Hessian's E and the preconditioner at the point last evaluated. In
// place of 1/U″(ρ) E is the secant (σ − ρ)/(U′(σ) − s), s = p − V, to the density
// σ = ρ + ∂D that the cell lacks, at least a tenth of ρ: near the maximum there is no
// difference, and it leads on where a density begins, at which 1/U″ is 0 on one side and
// may be infinite on the other.
func (d *dual) prepare() {
	floor := d.floor()
	low, high := d.image, d.r
	for i, r := range d.rho {
		low[i], high[i] = max(r, floor), max(r+d.grad[i], r/10, floor)
	}
	d.parts.Derivatives(d.z, d.delta, low)
	d.parts.Derivatives(d.dir, d.p, high)
	for i, r := range d.rho {
		e := 0.0
		if gain := high[i] - r; math.Abs(gain) > 1e-4*r && d.dir[i] > d.s[i] == (gain > 0) && gain != floor {
			e = gain / (d.dir[i] - d.s[i])
		} else if r > 0 {
			e = 1 / d.delta[i]
		}
		d.inverseSecond[i] = e
	}
	d.damping = d.shift * maxOf(d.inverseSecond)
	for i, e := range d.inverseSecond {
		d.solver.Cells()[i] = e + d.damping
	}
	for k, slope := range d.slope {
		h := d.grid.Axis(k).H()
		face := d.solver.Faces(k)
		d.faces(k, func(lo, hi, stride int, _ float64) {
			for i := lo; i < hi; i++ {
				s, e := slope[i], d.inverseSecond[i]
				switch {
				case d.centred:
					e = (e + d.inverseSecond[i+stride]) / 4
				case s < 0:
					e = d.inverseSecond[i+stride]
				}
				face[i] = h * h * (d.conduct[k][i] + d.part*d.part*s*s*e)
			}
		})
	}
	d.solver.Prepare()
}

// floor is the density below which a cell counts as empty.
func (d *dual) floor() float64 { return max(1e-14*maxOf(d.rho), smallestNormal) }

// curve writes (AᵀEA + L + damping) x to y.
func (d *dual) curve(y, x []float64) {
	w := d.z
	copy(w, x)
	for k, slope := range d.slope {
		d.faces(k, func(lo, hi, stride int, _ float64) {
			for i := lo; i < hi; i++ {
				j := i + stride
				t := d.part * slope[i] * (x[i] - x[j])
				switch {
				case d.centred:
					w[i] += t / 2
					w[j] += t / 2
				case slope[i] > 0:
					w[i] += t
				default:
					w[j] += t
				}
			}
		})
	}
	for i, e := range d.inverseSecond {
		w[i] *= e
		y[i] = w[i] + d.damping*x[i]
	}
	for k, slope := range d.slope {
		conduct := d.conduct[k]
		d.faces(k, func(lo, hi, stride int, _ float64) {
			for i := lo; i < hi; i++ {
				j := i + stride
				face := w[i]
				if d.centred {
					face = (w[i] + w[j]) / 2
				} else if slope[i] < 0 {
					face = w[j]
				}
				t := d.part*slope[i]*face + conduct[i]*(x[i]-x[j])
				y[i] += t
				y[j] -= t
			}
		})
	}
}

// ascend solves for the Newton direction by conjugate gradients and returns its slope
// ∂D·δ per volume; above 0, or there is no direction.
func (d *dual) ascend(tolerance float64) float64 {
	d.prepare()
	floor := d.floor()
	for i, g := range d.grad {
		if d.r[i] = g; d.inverseSecond[i] == 0 && math.Abs(g) <= floor {
			d.r[i] = 0 // D may be flat here
		}
	}
	clear(d.delta)
	clear(d.dir)
	start, before := dot(d.r, d.r), 0.0
	for range maxAscent {
		if dot(d.r, d.r) <= tolerance*tolerance*start {
			break
		}
		d.solver.Precondition(d.z, d.r)
		rz, beta := dot(d.r, d.z), 0.0
		if before != 0 {
			beta = rz / before
		}
		before = rz
		for i, v := range d.z {
			d.dir[i] = v + beta*d.dir[i]
		}
		d.curve(d.image, d.dir)
		curvature := dot(d.dir, d.image)
		if !(curvature > 0) {
			break
		}
		alpha := rz / curvature
		for i, v := range d.image {
			d.delta[i] += alpha * d.dir[i]
			d.r[i] -= alpha * v
		}
		if dot(d.r, d.r) > 1e4*start { // rounding: D is all but flat along dir
			for i, v := range d.dir {
				d.delta[i] -= alpha * v
			}
			break
		}
	}
	return dot(d.delta, d.grad)
}

const maxAscent = 200 // iterations of one linear solve

// maximise finds φ by damped Newton iterations from the given one, with the shift of
// Levenberg and Marquardt where Newton's direction leads nowhere: cells with next to no mass
// and next to no neighbours let D curve so little that the direction, which is right for
// them, leaves the range in which D is quadratic by many orders of magnitude.
func (d *dual) maximise(tolerance float64, limit int) (iterations int, err error) {
	best, still, slope := math.Inf(1), 0, math.Inf(1)
	d.shift = 0
	for {
		miss := d.imbalance()
		if miss <= tolerance {
			return iterations, nil
		}
		if miss < best/2 {
			best, still = miss, 0
		} else if still++; still > restAfter && slope <= roundingPart*d.unit && miss <= nearlyEnough*tolerance {
			return iterations, nil // rounding allows no more; the certificate says so
		}
		if iterations == limit {
			return iterations, fmt.Errorf("%w: imbalance %.3g after %d Newton iterations at step %.3g: want %.3g", ErrNotConverged, miss, iterations, d.tau, tolerance)
		}
		iterations++
		slope = d.ascend(min(0.1, math.Sqrt(miss)/2)) * d.grid.CellVolume()
		switch step := d.climb(slope, miss); {
		case step == 1:
			if d.shift /= 10; d.shift < leastShift {
				d.shift = 0
			}
		case step > shortStep:
		case d.shift < 1:
			d.shift = max(10*d.shift, firstShift)
		case step == 0 && miss <= nearlyEnough*tolerance:
			return iterations, nil
		case step == 0:
			return iterations, fmt.Errorf("%w: imbalance %.3g after %d Newton iterations at step %.3g: no ascent", ErrNotConverged, miss, iterations, d.tau)
		}
	}
}

const (
	roundingPart = 1e-14 // rise that D promises, relative to its terms, which is rounding

	// Settings of the shift.
	firstShift = 1e-6
	leastShift = 1e-12
	shortStep  = 1. / 16 // the longest that asks for more of it
)

// climb moves phi along delta as far as D rises, from the point last evaluated, and returns
// the part of delta that it took; 0 if there was none. Where the rise is below rounding the
// imbalance is the judge.
func (d *dual) climb(slope, miss float64) float64 {
	if !(slope > 0) {
		return 0 // no direction
	}
	value, unit := d.value, d.unit
	fine := slope <= blindPart*unit
	for step := 1.0; step >= leastStep; step /= 2 {
		for i, v := range d.delta {
			d.trial[i] = d.phi[i] + step*v
		}
		if d.evaluate(d.trial) && (d.value >= value+armijo*step*slope-1e-15*unit || fine && d.imbalance() < miss) {
			d.phi, d.trial = d.trial, d.phi
			return step
		}
	}
	d.evaluate(d.phi)
	return 0
}
