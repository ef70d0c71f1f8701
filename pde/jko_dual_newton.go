package pde

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"pdesolve/grid"
)

// newton is what dual's Newton iteration works with beside the point last evaluated: the
// Hessian AᵀEA + L + damping and its preconditioner.
type newton struct {
	shift   float64 // of the Hessian, relative to the largest E
	damping float64 // shift times that E
	// A maps x to x_i + forth_i (x_i − x_j) for the cell i below a face and
	// x_j + back_i (x_j − x_i) for the cell j above it, summed over the faces.
	forth, back []framed
	dir, image  framed
	solver      *grid.Elliptic
	incline     inclineRow
	gather      gatherRow
}

func (n *newton) init(g *grid.Grid) {
	n.solver = grid.NewElliptic(g)
	n.dir, n.image = newFramed(g), newFramed(g)
	for range g.Dim() {
		n.forth, n.back = append(n.forth, newFramed(g)), append(n.back, newFramed(g))
	}
}

// linearise sets A at the point last evaluated.
func (d *dual) linearise() {
	for k, slope := range d.slope {
		forth, back := d.newton.forth[k].inside, d.newton.back[k].inside
		d.faces(k, func(lo, hi, _ int, _ float64) {
			for i := lo; i < hi; i++ {
				s := d.part * slope[i]
				switch {
				case d.centred:
					forth[i], back[i] = s/2, -s/2
				case s > 0:
					forth[i], back[i] = s, 0
				default:
					forth[i], back[i] = 0, -s
				}
			}
		})
	}
}

// bend sets the Hessian's E at the point last evaluated. In
// place of 1/U″(ρ) E is the secant (σ − ρ)/(U′(σ) − s), s = p − V, to the density
// σ = ρ + ∂D that the cell lacks, at least a tenth of ρ: near the maximum there is no
// difference, and it leads on where a density begins, at which 1/U″ is 0 on one side and
// may be infinite on the other.
func (d *dual) bend() {
	floor, w := d.floor(), &d.newton
	low, high, slope := d.image, d.r, w.image.inside
	for i, r := range d.rho {
		low[i], high[i] = max(r, floor), max(r+d.grad[i], r/10, floor)
	}
	d.parts.Derivatives(d.z, d.delta, low)
	d.parts.Derivatives(slope, d.p, high)
	for i, r := range d.rho {
		e := 0.0
		if gain := high[i] - r; math.Abs(gain) > 1e-4*r && slope[i] > d.s[i] == (gain > 0) && gain != floor {
			e = gain / (slope[i] - d.s[i])
		} else if r > 0 {
			e = 1 / d.delta[i]
		}
		d.inverseSecond[i] = e
	}
	w.damping = w.shift * maxOf(d.inverseSecond)
}

// prepare makes the preconditioner for the Hessian: AᵀEA without what couples cells that
// are no neighbours.
func (d *dual) prepare() {
	w := &d.newton
	cells := w.solver.Cells()
	for i, e := range d.inverseSecond {
		cells[i] = e + w.damping
	}
	for k, conduct := range d.conduct {
		h := d.grid.Axis(k).H()
		face, forth, back := w.solver.Faces(k), w.forth[k].inside, w.back[k].inside
		d.faces(k, func(lo, hi, stride int, _ float64) {
			for i := lo; i < hi; i++ {
				f, b := forth[i], back[i]
				face[i] = h * h * (conduct.inside[i] + f*f*d.inverseSecond[i] + b*b*d.inverseSecond[i+stride])
			}
		})
	}
	w.solver.Prepare()
}

// floor is the density below which a cell counts as empty.
func (d *dual) floor() float64 { return max(1e-14*maxOf(d.rho), smallestNormal) }

// curve writes (AᵀEA + L + damping) dir to image, a strip of cells at a time.
func (d *dual) curve() {
	w, margin := &d.newton, d.grid.Stride(0)
	strip := func(v *framed, at int) []float64 { return v.all[at:min(at+stripLength, margin+len(d.rho))] }
	for at := margin; at < margin+len(d.rho); at += stripLength {
		x, y := strip(&w.dir, at), strip(&w.image, at)
		copy(y, x)
		for k := range d.conduct {
			s := d.grid.Stride(k)
			w.incline = inclineRow{y, x, w.dir.all[at+s:], w.dir.all[at-s:], w.forth[k].all[at:], w.back[k].all[at-s:]}
			w.incline.run()
		}
		floats.Mul(y, d.inverseSecond[at-margin:][:len(y)])
	}
	for at := margin; at < margin+len(d.rho); at += stripLength {
		x, y := strip(&w.dir, at), strip(&w.image, at)
		out := d.image[at-margin:][:len(x)]
		copy(out, y)
		if w.damping > 0 {
			floats.AddScaled(out, w.damping, x)
		}
		for k := range d.conduct {
			s, forth, back, c := d.grid.Stride(k), w.forth[k].all, w.back[k].all, d.conduct[k].all
			w.gather = gatherRow{out, y, w.image.all[at+s:], x, w.dir.all[at+s:], forth[at:], back[at:], c[at:]}
			w.gather.run()
			w.gather = gatherRow{out, y, w.image.all[at-s:], x, w.dir.all[at-s:], back[at-s:], forth[at-s:], c[at-s:]}
			w.gather.run()
		}
	}
}

// ascend solves for the Newton direction by conjugate gradients and returns its slope
// ∂D·δ per volume; above 0, or there is no direction.
func (d *dual) ascend(tolerance float64) float64 {
	d.linearise()
	d.bend()
	d.prepare()
	floor := d.floor()
	for i, g := range d.grad {
		if d.r[i] = g; d.inverseSecond[i] == 0 && math.Abs(g) <= floor {
			d.r[i] = 0 // D may be flat here
		}
	}
	dir := d.newton.dir.inside
	clear(d.delta)
	clear(dir)
	start, before := dot(d.r, d.r), 0.0
	for rest, count := start, 0; rest > tolerance*tolerance*start && count < maxAscent; count++ {
		d.newton.solver.Precondition(d.z, d.r)
		rz, beta := dot(d.r, d.z), 0.0
		if before != 0 {
			beta = rz / before
		}
		before = rz
		for i, v := range d.z {
			dir[i] = v + beta*dir[i]
		}
		d.curve()
		curvature := dot(dir, d.image)
		if !(curvature > 0) {
			break
		}
		alpha := rz / curvature
		for i, v := range d.image {
			d.delta[i] += alpha * dir[i]
			d.r[i] -= alpha * v
		}
		if rest = dot(d.r, d.r); rest > 1e4*start { // rounding: D is all but flat along dir
			for i, v := range dir {
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
	d.newton.shift = 0
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
		shift := &d.newton.shift
		switch step := d.climb(slope, miss); {
		case step == 1:
			if *shift /= 10; *shift < leastShift {
				*shift = 0
			}
		case step > shortStep:
		case *shift < 1:
			*shift = max(10**shift, firstShift)
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
