package pde

import (
	"errors"
	"fmt"
	"math"
)

// lagrangeNewton minimises, over the positions at[0] ≤ … ≤ at[n−1] of nodes on a line,
//
//	E = Σ_u w_u ((at_u − from_u)²/(2τ) + V(at_u)) + Σ_u Δ_u U(m_u/Δ_u),
//
// the links between neighbours having the widths Δ_u and masses m_u, half of which belongs
// to the weight w_u of a node at either end. A link of mass 0 is a gap: it has no terms in E, only the constraint Δ ≥ 0; and so have the
// distances of the first and the last node from the walls. They are an active set: a
// constraint that stops a step is tied, and a tied one that pulls is let go. Without a pressure the nodes do
// not feel each other, and many can lie at a wall.
type lagrangeNewton struct {
	n                 int
	lo, hi            float64
	from, at, trial   []float64
	width, trialWidth []float64 // of the links: at's differences lose digits where a link is squeezed
	mass              []float64 // of the link from a node to the next
	tied              []bool    // gaps whose ends are held together
	pinLo, pinHi      int       // nodes, from either end, that a wall holds

	grad, terms    []float64 // derivative of E, and the sum of the sizes of its terms
	diag, off      []float64 // Hessian
	pivot, delta   []float64
	weight         []float64 // mass of a node: half of that of its links
	rho, one, two  []float64
	massive        []int // links of mass
	group          []int // of a node in the reduced system, −1 if pinned
	energy, unit   float64
	square         float64 // ‖∂E‖², set by residual
	concaveDropped bool
}

func (w *lagrangeNewton) init(n int) {
	for _, p := range []*[]float64{&w.from, &w.at, &w.trial, &w.width, &w.trialWidth, &w.mass, &w.grad, &w.terms, &w.diag, &w.off, &w.pivot, &w.delta, &w.weight, &w.rho, &w.one, &w.two} {
		*p = make([]float64, n)
	}
	w.tied, w.group, w.massive = make([]bool, n), make([]int, n), make([]int, 0, n)
}

// errLagrange and errDisorder say why the minimum was not found.
var errLagrange, errDisorder = errors.New("no descent"), errors.New("nodes pass each other: V is too concave for the step")

// Constants of minimise.
const (
	keepWidth   = 0.1   // part of its width that a link keeps in an iteration, at least
	armijo      = 1e-4  // part of the predicted descent that is demanded
	leastStep   = 1e-10 // of a damped iteration
	blindPart   = 1e-10 // descent relative to the sum of the terms below which E is no judge, but ‖∂E‖ is
	releaseTies = 1e-10 // pull, relative to the terms, that lets a tied constraint go

	restAfter    = 8   // iterations without half the smallest residual after which it has come to rest
	nearlyEnough = 1e3 // times the tolerance, with which a step is taken that comes no nearer
)

// minimise moves at to the minimum. The residual is ‖∂E‖ at the free nodes relative to
// that of the sums of the sizes of its terms, in the norm ‖g‖² = Σ_u g_u²/w_u, that of
// velocities in L²(ρ).
func (w *lagrangeNewton) minimise(p *Parts, v *spline, tau, tolerance float64, limit int) (residual float64, iterations int, err error) {
	w.prepare()
	if !w.evaluate(p, v, tau, w.at, w.width) {
		return 0, 0, fmt.Errorf("%w: the energy of the start is not finite", ErrNotConverged)
	}
	best, still := math.Inf(1), 0
	for {
		if residual = w.residual(); residual < best/2 {
			best, still = residual, 0
		} else {
			still++
		}
		if residual <= tolerance/8 || residual <= tolerance && still > restAfter {
			if !w.ordered() {
				err = errDisorder
				break
			}
			if !w.release() {
				return residual, iterations, nil
			}
		}
		if iterations == limit {
			err = errNewtonLimit
			break
		}
		iterations++
		if err = w.iterate(p, v, tau); err != nil && !w.release() {
			break
		}
	}
	if residual = w.residual(); residual <= nearlyEnough*tolerance && w.ordered() {
		return residual, iterations, nil // rounding allows no more; the certificate says so
	}
	return residual, iterations, fmt.Errorf("%w: residual %.3g after %d Newton iterations at step %.3g: want %.3g: %w", ErrNotConverged, residual, iterations, tau, tolerance, err)
}

// prepare lists the links of mass and the weights of the nodes.
func (w *lagrangeNewton) prepare() {
	w.massive = w.massive[:0]
	clear(w.weight[:w.n])
	for u := range w.n - 1 {
		if m := w.mass[u]; m > 0 {
			w.massive = append(w.massive, u)
			w.weight[u] += m / 2
			w.weight[u+1] += m / 2
		}
	}
}

// evaluate sets the energy, its derivatives and the Hessian at the given positions.
// It reports whether the energy is finite. Negative second derivatives of V are left
// out of a Hessian that would not be positive definite with them.
func (w *lagrangeNewton) evaluate(p *Parts, v *spline, tau float64, at, widths []float64) bool {
	n, k := w.n, len(w.massive)
	clear(w.grad[:n])
	clear(w.terms[:n])
	clear(w.diag[:n])
	clear(w.off[:n])
	w.energy, w.unit = 0, 0
	if p.HasLocal() {
		for i, u := range w.massive {
			w.rho[i] = w.mass[u] / widths[u]
			if !(w.rho[i] >= smallestNormal) || math.IsInf(w.rho[i], 1) {
				return false
			}
		}
		first, second, pressure := w.one[:k], w.two[:k], w.pivot[:k]
		p.Derivatives(first, second, w.rho[:k])
		p.Pressure(pressure, w.rho[:k])
		for i, u := range w.massive {
			width, phi := widths[u], pressure[i]
			e := width * (w.rho[i]*first[i] - phi)
			w.energy += e
			w.unit += math.Abs(e)
			stiff := w.rho[i] * w.rho[i] * second[i] / width
			w.grad[u] += phi
			w.grad[u+1] -= phi
			w.diag[u] += stiff
			w.diag[u+1] += stiff
			w.off[u] -= stiff
		}
		for i, u := range w.massive { // a node feels the difference of two pressures
			w.terms[u] = max(w.terms[u], math.Abs(w.grad[u]))
			if i == k-1 || w.massive[i+1] != u+1 {
				w.terms[u+1] = max(w.terms[u+1], math.Abs(w.grad[u+1]))
			}
		}
	}
	for u, m := range w.weight[:n] {
		d := at[u] - w.from[u]
		w.energy += m / (2 * tau) * d * d
		w.unit += m / (2 * tau) * d * d
		w.add(u, m*d/tau, m/tau)
		if p.Rest == nil {
			continue
		}
		value, d1, d2 := v.at(at[u])
		if w.concaveDropped {
			d2 = max(d2, 0)
		}
		w.energy += m * value
		w.unit += m * math.Abs(value)
		w.add(u, m*d1, m*d2)
	}
	return w.energy-w.energy == 0
}

// add adds the derivatives of a term of node u.
func (w *lagrangeNewton) add(u int, first, second float64) {
	w.grad[u] += first
	w.terms[u] += math.Abs(first)
	w.diag[u] += second
}

// ordered reports whether no node has passed the next, as at a minimum none has.
func (w *lagrangeNewton) ordered() bool {
	for u, m := range w.mass[:w.n-1] {
		if m > 0 && !(w.width[u] >= 0) || m == 0 && !(w.at[u+1] >= w.at[u]) {
			return false
		}
	}
	return true
}

// residual returns ‖∂E‖/‖terms of ∂E‖; see minimise. It keeps ‖∂E‖² for gap.
func (w *lagrangeNewton) residual() float64 {
	var sum, scale compensated
	for u := 0; u < w.n; u++ {
		g, t, m := w.grad[u], w.terms[u], w.weight[u]
		first := u
		for ; u+1 < w.n && w.tied[u]; u++ {
			g, t, m = g+w.grad[u+1], t+w.terms[u+1], m+w.weight[u+1]
		}
		if first >= w.pinLo && u < w.n-w.pinHi {
			sum.add(g / m * g)
		}
		scale.add(t / m * t)
	}
	w.square = sum.value()
	if w.square == 0 {
		return 0
	}
	return math.Sqrt(w.square / scale.value())
}

// gap returns by how much E can be above its minimum if V is convex (the pressure's
// term is): E is then strongly convex with the constant 1/τ in the norm of the weights.
func (w *lagrangeNewton) gap(tau float64) float64 { return tau / 2 * w.square }

// release lets go of the constraints that pull, and reports whether there are any.
func (w *lagrangeNewton) release() bool {
	any := false
	for u := range w.n - 1 {
		if w.tied[u] && w.grad[u] > releaseTies*w.terms[u] && w.grad[u+1] < 0 {
			w.tied[u], any = false, true
		}
	}
	for ; w.pinLo > 0 && w.grad[w.pinLo-1] < -releaseTies*w.terms[w.pinLo-1]; w.pinLo-- {
		any = true
	}
	for u := w.n - w.pinHi; w.pinHi > 0 && w.grad[u] > releaseTies*w.terms[u]; u++ {
		w.pinHi, any = w.pinHi-1, true
	}
	return any
}

// iterate makes one damped Newton iteration.
func (w *lagrangeNewton) iterate(p *Parts, v *spline, tau float64) error {
	for w.concaveDropped = false; !w.direction(); w.concaveDropped = true {
		if w.concaveDropped || !w.evaluateAgain(p, v, tau) {
			return errLagrange
		}
	}
	step, stop := 1.0, none
	if p.HasLocal() {
		step, stop = w.longest()
	} else {
		w.clip()
	}
	slope := 0.0
	for u, d := range w.delta[:w.n] {
		slope += d * w.grad[u]
	}
	before, rounding, norm := w.energy, 1e-14*w.unit, w.residual()
	fine := -slope <= blindPart*w.unit
	for ; step >= leastStep || stop != none; step /= 2 { // a constraint may be at hand
		for u, d := range w.delta[:w.n] {
			w.trial[u] = w.at[u] + step*d
		}
		for _, u := range w.massive {
			w.trialWidth[u] = w.width[u] + step*(w.delta[u+1]-w.delta[u])
			if !p.HasLocal() {
				w.trialWidth[u] = w.trial[u+1] - w.trial[u]
			}
		}
		w.touch(stop)
		if w.evaluate(p, v, tau, w.trial, w.trialWidth) &&
			(w.energy <= before+armijo*step*slope+rounding || fine && w.residual() < norm) {
			w.at, w.trial = w.trial, w.at
			w.width, w.trialWidth = w.trialWidth, w.width
			w.hold(stop)
			if !p.HasLocal() {
				w.pin()
			}
			return nil
		}
		stop = none
	}
	w.evaluate(p, v, tau, w.at, w.width)
	return errLagrange
}

// evaluateAgain evaluates without the negative second derivatives of V.
func (w *lagrangeNewton) evaluateAgain(p *Parts, v *spline, tau float64) bool {
	w.concaveDropped = true
	return w.evaluate(p, v, tau, w.at, w.width)
}

// The constraints that can stop a step, besides the gap of a node.
const (
	none   = -1
	wallLo = -2
	wallHi = -3
)

// clip ends the correction at the walls.
func (w *lagrangeNewton) clip() {
	for u, d := range w.delta[:w.n] {
		w.delta[u] = min(max(d, w.lo-w.at[u]), w.hi-w.at[u])
	}
}

// pin counts the nodes that lie at the walls and press on them.
func (w *lagrangeNewton) pin() {
	w.pinLo, w.pinHi = 0, 0
	for w.pinLo < w.n && w.at[w.pinLo] <= w.lo && w.grad[w.pinLo] > 0 {
		w.pinLo++
	}
	for u := w.n - 1; u >= w.pinLo && w.at[u] >= w.hi && w.grad[u] < 0; u-- {
		w.pinHi++
	}
}

// longest returns the longest step up to 1 that keeps the links and the gaps open, and
// the constraint that stops it.
func (w *lagrangeNewton) longest() (step float64, stop int) {
	step, stop = 1, none
	for u := range w.n - 1 {
		d := w.delta[u+1] - w.delta[u]
		if w.mass[u] > 0 {
			if width := w.width[u]; width+step*d < keepWidth*width {
				step, stop = (1-keepWidth)*width/-d, none
			}
		} else if width := w.at[u+1] - w.at[u]; !w.tied[u] && width+step*d < 0 {
			step, stop = width/-d, u
		}
	}
	if d := w.delta[0]; w.pinLo == 0 && w.at[0]+step*d < w.lo {
		step, stop = (w.lo-w.at[0])/d, wallLo
	}
	if u := w.n - 1; w.pinHi == 0 && w.at[u]+step*w.delta[u] > w.hi {
		step, stop = (w.hi-w.at[u])/w.delta[u], wallHi
	}
	return step, stop
}

// touch puts the nodes of a constraint that stops the step exactly on it.
func (w *lagrangeNewton) touch(stop int) {
	switch stop {
	case none:
	case wallLo:
		w.trial[0] = w.lo
	case wallHi:
		w.trial[w.n-1] = w.hi
	default:
		w.trial[stop+1] = w.trial[stop]
	}
}

// hold makes a constraint active.
func (w *lagrangeNewton) hold(stop int) {
	switch stop {
	case none:
	case wallLo:
		w.pinLo = 1
	case wallHi:
		w.pinHi = 1
	default:
		w.tied[stop] = true
	}
}

// direction writes Newton's correction to delta, 0 at pinned nodes and equal at tied
// ones. It reports false if the Hessian is not positive definite.
func (w *lagrangeNewton) direction() bool {
	groups := w.groups()
	d, o, r := w.one[:groups], w.two[:groups], w.pivot[:groups]
	clear(d)
	clear(o)
	clear(r)
	for u, g := range w.group[:w.n] {
		if g < 0 {
			continue
		}
		d[g] += w.diag[u]
		r[g] -= w.grad[u]
		if u+1 < w.n {
			switch h := w.group[u+1]; {
			case h == g:
				d[g] += 2 * w.off[u]
			case h >= 0:
				o[g] += w.off[u]
			}
		}
	}
	for i := range d {
		if i > 0 {
			f := o[i-1] / d[i-1]
			d[i] -= f * o[i-1]
			r[i] -= f * r[i-1]
		}
		if !(d[i] > 0) {
			return false
		}
	}
	for i := groups - 1; i >= 0; i-- {
		if i+1 < groups {
			r[i] -= o[i] * r[i+1]
		}
		r[i] /= d[i]
	}
	for u, g := range w.group[:w.n] {
		w.delta[u] = 0
		if g >= 0 {
			w.delta[u] = r[g]
		}
	}
	return true
}

// groups numbers the nodes that move together and returns how many groups there are.
func (w *lagrangeNewton) groups() int {
	g := 0
	for u := range w.n {
		w.group[u] = g
		held := u < w.pinLo || u >= w.n-w.pinHi
		for i := u; i > 0 && w.tied[i-1]; i-- {
			held = held || w.group[i-1] < 0
		}
		if held {
			w.group[u] = -1
			for i := u; i > 0 && w.tied[i-1] && w.group[i-1] >= 0; i-- {
				w.group[i-1] = -1
			}
		}
		if w.group[u] >= 0 && !(u+1 < w.n && w.tied[u]) {
			g++
		}
	}
	return g
}
