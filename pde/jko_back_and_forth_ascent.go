package pde

import (
	"context"
	"fmt"
	"math"

	"pdesolve/grid"
	"pdesolve/transport"
)

// ascent solves one JKO step of one component on one grid by its dual: see BackAndForth.
// The unknown is the pressure p = −φ/τ at the cell centers.
type ascent struct {
	grid    *grid.Grid
	parts   *Parts
	inverse *inverter
	remap   *transport.Remap
	system  *grid.Elliptic
	coarse  *ascent // the same on half as many cells an axis; nil at the bottom
	between *transfer

	mu, v   []float64 // masses of ρⁿ in the cells and first variation of the rest
	tau     float64
	mass    float64
	p, rho  []float64 // pressure and (U*)′(p − V)
	psi     []float64 // φᶜ
	pushed  []float64 // T#ρⁿ, masses
	trial   []float64
	delta   []float64
	one     []float64
	promise float64 // what the quadratic model of J at p still promises to gain
}

// coarsest is the number of cells an axis from which grids are not halved any more.
const coarsest = 24

func newAscent(g *grid.Grid, parts *Parts, inverse *inverter) (*ascent, error) {
	a := &ascent{grid: g, parts: parts, inverse: inverse, remap: transport.NewRemap(g), system: grid.NewElliptic(g)}
	n := g.Len()
	for _, x := range []*[]float64{&a.mu, &a.v, &a.p, &a.rho, &a.psi, &a.pushed, &a.trial, &a.delta, &a.one} {
		*x = make([]float64, n)
	}
	half, err := halved(g)
	if err != nil || half == nil {
		return a, err
	}
	a.between = newTransfer(g, half)
	a.coarse, err = newAscent(half, parts, inverse)
	return a, err
}

// halved returns a grid of half as many cells on every axis that has more than coarsest, or nil
// if there is none.
func halved(g *grid.Grid) (*grid.Grid, error) {
	axes, halve := g.Axes(), false
	for k, x := range axes {
		if x.N > coarsest {
			axes[k].N, halve = (x.N+1)/2, true
		}
	}
	if !halve {
		return nil, nil
	}
	return grid.New(axes...)
}

// load prepares all grids for a step of size tau from mu with v, which have been filled.
func (a *ascent) load(tau float64) {
	a.tau, a.mass = tau, grid.Sum(a.mu)
	if a.coarse != nil {
		a.between.restrict(a.coarse.mu, a.mu, false)
		a.between.restrict(a.coarse.v, a.v, true)
		a.coarse.load(tau)
	}
}

// solve maximises J, from coarse to fine grids: the solution on one grid is the start on
// the next. On the coarsest the start is Ψ[ρⁿ]. It returns the iterations on this grid.
func (a *ascent) solve(ctx context.Context, tolerance float64, limit int) (int, error) {
	if a.coarse == nil {
		a.begin()
	} else {
		if _, err := a.coarse.solve(ctx, max(tolerance, coarseTolerance), limit); err != nil {
			return 0, err
		}
		a.between.prolong(a.p, a.coarse.p)
	}
	a.concave()
	if err := a.evaluate(); err != nil {
		return 0, err
	}
	for k := range limit {
		if err := ctx.Err(); err != nil {
			return k, err
		}
		a.newton()
		if a.promise <= tolerance*a.scale() {
			return k + 1, nil
		}
		if gain, err := a.climb(); err != nil || gain <= tolerance/10*a.scale() {
			return k + 1, err
		}
	}
	return limit, nil
}

// begin sets p to δF/δρ at ρⁿ, with a floor of rounding under vacuum.
func (a *ascent) begin() {
	volume, top := a.grid.CellVolume(), 0.0
	for i, m := range a.mu {
		a.trial[i] = m / volume
		top = max(top, a.trial[i])
	}
	for i, r := range a.trial {
		a.trial[i] = max(r, 0x1p-52*top)
	}
	a.parts.Derivatives(a.p, a.one, a.trial)
	for i, v := range a.v {
		a.p[i] += v
	}
}

// coarseTolerance is the tolerance on the coarser grids, whose solution is a start only.
const coarseTolerance = 1e-4

// scale returns ∫Φ(ρ), the unit in which promises and residuals are measured.
func (a *ascent) scale() float64 { return grid.Sum(a.one) * a.grid.CellVolume() }

// climb goes along delta by the first of 1, ½, ¼, … at whose end J, which is concave, does not
// fall along delta half as fast as it rises at the start. It returns the gain that the slopes
// at both ends amount to. Values of J are not looked at: T#ρⁿ − ρ is its gradient up to the
// error of the remap only, and where a density changes from cell to cell its values lead away
// from T#ρⁿ = ρ.
func (a *ascent) climb() (gain float64, err error) {
	copy(a.trial, a.p)
	first := 2 * a.promise
	for step := 1.0; ; step /= 2 {
		if err := a.move(step); err != nil {
			return 0, err
		}
		if last := a.slope(); last >= -first/2 || step <= smallestStep {
			return step * (first + last) / 2, nil
		}
	}
}

// slope returns that of J along delta.
func (a *ascent) slope() (sum float64) {
	volume := a.grid.CellVolume()
	for i, d := range a.delta {
		sum += d * (a.pushed[i] - volume*a.rho[i])
	}
	return sum
}

// smallestStep is the shortest step that climb tries.
const smallestStep = 1. / 16

// move sets p to trial + step·delta, made concave.
func (a *ascent) move(step float64) error {
	for i, d := range a.delta {
		a.p[i] = a.trial[i] + step*d
	}
	a.concave()
	return a.evaluate()
}

// concave sets ψ to φᶜ and, where S = id − ∇φ folds, raises φ to φᶜᶜ, which in exact
// arithmetic does not lower J. Elsewhere φ is left alone: φᶜ is known at the centers only,
// and where T stretches a cell over many, φᶜᶜ is made of few parabolas.
func (a *ascent) concave() {
	phi := a.one
	for i, p := range a.p {
		phi[i] = -a.tau * p
	}
	transport.SmoothCTransform(a.psi, phi, a.grid)
	if !a.folds() {
		return
	}
	transport.SmoothCTransform(phi, a.psi, a.grid)
	for i, f := range phi {
		a.p[i] = min(a.p[i], -f/a.tau)
		phi[i] = -a.tau * a.p[i]
	}
	transport.SmoothCTransform(a.psi, phi, a.grid)
}

// fold is the slope of S below which it counts as folding: not quite 0, as φᶜᶜ has pieces
// with the slope 0 up to the error of interpolation.
const fold = -0.05

// folds reports whether the slope of S along an axis is below fold at a cell.
func (a *ascent) folds() bool {
	for k := range a.grid.Dim() {
		s, n, h := a.grid.Stride(k), a.grid.Axis(k).N, a.grid.Axis(k).H()
		limit := (fold - 1) * h * h / a.tau
		for base := 0; base < len(a.p); base += n * s {
			for j := 1; j < n-1; j++ {
				at := base + j*s
				left, here, right := a.p[at-s:][:s], a.p[at:][:s], a.p[at+s:][:s]
				for i, v := range here {
					if left[i]-2*v+right[i] < limit {
						return true
					}
				}
			}
		}
	}
	return false
}

// evaluate adds the constant to p that makes the mass right, which is best, and sets ρ and
// T#ρⁿ. It fails where J is not finite.
func (a *ascent) evaluate() error {
	shift, err := a.balance()
	if err != nil {
		return err
	}
	for i := range a.psi {
		a.psi[i] += a.tau * shift
	}
	for i, p := range a.p {
		a.one[i] = -a.tau * p
	}
	a.remap.Gradient(a.one)
	a.remap.Carry(a.pushed, a.mu)
	a.parts.Pressure(a.one, a.rho)
	if value := dot(a.mu, a.psi)/a.tau - a.scale(); math.IsNaN(value) || math.IsInf(value, 0) {
		return fmt.Errorf("%w: the dual value is %v at step %.3g", ErrNotConverged, value, a.tau)
	}
	return nil
}

// balance finds by Newton's method the constant for which ρ has the mass of ρⁿ, and adds
// it to p. As ρ grows with p, a bracket is kept.
func (a *ascent) balance() (shift float64, err error) {
	volume := a.grid.CellVolume()
	lo, hi := math.Inf(-1), math.Inf(1)
	for range 100 {
		mass, slope := a.densities(shift)
		miss := a.mass - mass*volume
		if math.IsNaN(miss) {
			break
		}
		if math.Abs(miss) <= 1e-14*a.mass {
			return a.raise(shift), nil
		}
		if miss > 0 {
			lo = shift
		} else {
			hi = shift
		}
		next := shift + miss/(slope*volume)
		if !(next > lo && next < hi) || math.IsInf(next, 0) {
			switch {
			case math.IsInf(lo, -1):
				next = hi - max(1, 2*math.Abs(hi))
			case math.IsInf(hi, 1):
				next = lo + max(1, 2*math.Abs(lo))
			default:
				next = (lo + hi) / 2
			}
		}
		if next == shift || hi-lo <= 4e-16*max(math.Abs(lo), math.Abs(hi)) {
			return a.raise(shift), nil
		}
		shift = next
	}
	return 0, fmt.Errorf("%w: no pressure level gives the mass at step %.3g", ErrNotConverged, a.tau)
}

// raise adds shift to p and returns it.
func (a *ascent) raise(shift float64) float64 {
	for i := range a.p {
		a.p[i] += shift
	}
	return shift
}

// densities sets ρ = (U*)′(p + shift − V) and returns Σ ρ and Σ 1/U″(ρ) over cells with
// mass.
func (a *ascent) densities(shift float64) (mass, slope float64) {
	s := a.inverse.strip
	one, two, r := a.inverse.first, a.inverse.second, a.inverse.floor
	var total, rate compensated
	for at := 0; at < len(a.p); at += stripLength {
		n := min(stripLength, len(a.p)-at)
		rho := a.rho[at:][:n]
		for i, p := range a.p[at:][:n] {
			s[i] = p + shift - a.v[at+i]
		}
		a.inverse.invert(rho, s[:n])
		m, d := 0.0, 0.0
		for i, v := range rho {
			m += v
			r[i] = max(v, smallestNormal)
		}
		a.parts.Derivatives(one[:n], two[:n], r[:n])
		for i, v := range rho {
			if v > smallestNormal {
				d += 1 / two[i]
			}
		}
		total.add(m)
		rate.add(d)
	}
	return total.value(), rate.value()
}
