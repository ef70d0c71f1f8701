package pde

import (
	"context"
	"fmt"
	"math"
	"slices"

	"pdesolve/grid"
)

// variationalLocal is the workspace of Variational for energies with a convex function
// of ρ.
type variationalLocal struct {
	f          Functional
	parts      Parts
	tolerance  float64
	iterations int
	dual       []*dual // one a component; equal grids share theirs
	march      []*march
	fixed      fixedPoint // of the rest's variation; unused without a rest
	frozen     bool       // the rest is not constant
	phi        Field      // of a component, if the rest is not constant
	res        JKOResult  // of the step at hand
}

func (v Variational) bindLocal(f Functional, grids []*grid.Grid) (JKOSolver, error) {
	w := &variationalLocal{f: f, parts: PartsOf(f), tolerance: v.Tolerance, iterations: v.MaxIterations}
	inverse, err := newInverter(&w.parts)
	if err != nil {
		return nil, fmt.Errorf("inner solver variational: %w", err)
	}
	for c, g := range grids {
		if k := slices.IndexFunc(grids[:c], g.Equal); k >= 0 {
			w.dual, w.march = append(w.dual, w.dual[k]), append(w.march, w.march[k])
			continue
		}
		m, err := newMarch(g)
		if err != nil {
			return nil, err
		}
		w.dual = append(w.dual, newDual(g, &w.parts, inverse, &v))
		w.march = append(w.march, m)
	}
	if w.parts.Rest != nil {
		w.fixed.init(f, grids, max(v.Memory, 0))
		w.frozen = w.parts.Rest.Dependence() != Constant
	}
	if w.frozen {
		w.phi = NewField(grids)
	}
	return w, nil
}

// Solve takes one LJKO step. The certificate is the mass Σ|∂D|/Σρⁿ that the conservation
// law misses; while the Hamilton–Jacobi equation holds to rounding; the dual value
// is ΣD over the components if nothing is frozen.
func (w *variationalLocal) Solve(ctx context.Context, rho State, start JKOStart) (JKOResult, error) {
	w.res = JKOResult{Dual: math.Inf(-1), Tolerance: w.tolerance}
	if w.parts.Rest != nil {
		w.parts.Rest.Variation(w.fixed.psi.field, start.Rho)
	}
	if !w.frozen {
		err := w.pass(ctx, rho, start, 0)
		w.res.Energy = w.f.Value(rho)
		return w.res, err
	}
	w.fixed.reset()
	for k := range w.iterations {
		if err := w.pass(ctx, rho, start, k); err != nil {
			return w.res, err
		}
		w.parts.Rest.Variation(w.fixed.image.field, rho)
		w.res.Evaluations++
		mismatch := w.fixed.mismatch(rho)
		if mismatch <= w.tolerance {
			w.res.Residual = max(w.res.Residual, mismatch)
			w.res.Dual, w.res.Energy = math.Inf(-1), w.f.Value(rho)
			return w.res, nil
		}
		if w.fixed.stuck(mismatch, k) {
			break
		}
		if k == 0 {
			w.fixed.weigh(rho, start.Rho)
		}
		w.fixed.next()
	}
	return w.res, fmt.Errorf("%w: averages of ρ: residual %.3g after %d iterations at step %.3g: want %.3g",
		ErrNotConverged, w.fixed.last, w.res.Evaluations, start.Tau, w.tolerance)
}

// pass solves the step of every component with the rest's variation given. Rounds
// after the first of an outer iteration start from the φ before.
func (w *variationalLocal) pass(ctx context.Context, rho State, start JKOStart, round int) error {
	res := &w.res
	res.Residual, res.Transport, res.Dual = 0, 0, 0
	for c, d := range w.dual {
		if err := ctx.Err(); err != nil {
			return err
		}
		d.tau, d.rhoN = start.Tau, start.Rho[c].Values
		d.mass = total(d.rhoN)
		if w.parts.Rest != nil {
			if i := firstNonFinite(w.fixed.psi.field[c]); i >= 0 {
				return fmt.Errorf("%w: after %d iterations the first variation of component %d is not finite", ErrNotConverged, round, c)
			}
			copy(d.v, w.fixed.psi.field[c])
		}
		if round > 0 {
			copy(d.phi, w.phi[c])
			d.evaluate(d.phi)
		} else if !d.begin(start.Variation[c], w.march[c]) {
			return fmt.Errorf("%w: no start for Newton's method at step %.3g", ErrNotConverged, start.Tau)
		}
		iterations, err := d.maximise(w.tolerance, w.iterations)
		res.Iterations += iterations
		if err != nil {
			return err
		}
		if w.frozen {
			copy(w.phi[c], d.phi)
		}
		res.Residual = max(res.Residual, d.imbalance())
		res.Dual += w.f.Weight(c) * d.value
		d.store(rho[c].Values)
		res.Transport += w.f.Weight(c) * d.transport(rho[c].Values)
	}
	return nil
}

// begin evaluates D at a start for Newton's method: the first, in this order, that
// misses less than half of the mass, or the one of largest D:
//
//	φ = Ψ − (τ/2)|∇Ψ|², for which p = Ψ[ρⁿ] + O(τ²),
//	φ with p = Ψ[ρⁿ] to rounding in the upwind form, by marching,
//	φ constant, with the mass right.
func (d *dual) begin(psi []float64, m *march) bool {
	d.lift(psi)
	for i, v := range psi {
		d.phi[i] = 2*v - d.p[i]
	}
	if d.evaluate(d.phi) && d.imbalance() < 0.5 {
		return true
	}
	m.forget()
	m.solve(psi, d.tau)
	m.store(d.phi, m.phi)
	value, good := math.Inf(-1), d.evaluate(d.phi)
	if good {
		if d.imbalance() < 0.5 {
			return true
		}
		value = d.value
	}
	d.level(psi)
	if d.evaluate(d.trial) && d.value > value {
		d.phi, d.trial = d.trial, d.phi
		return true
	}
	return d.evaluate(d.phi) && good
}

// level sets trial to the constant s for which ρ = U*′(s − V) has the mass of ρⁿ. It lies
// within the range of psi = U′(ρⁿ) + V.
func (d *dual) level(psi []float64) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range psi {
		lo, hi = min(lo, v), max(hi, v)
	}
	for range 60 {
		s := (lo + hi) / 2
		for i, v := range d.v {
			d.image[i] = s - v
		}
		d.inverse.invert(d.rho, d.image)
		if total(d.rho) > d.mass {
			hi = s
		} else {
			lo = s
		}
	}
	for i := range d.trial {
		d.trial[i] = lo
	}
}

// total returns Σx.
func total(x []float64) float64 {
	var sum compensated
	for _, v := range x {
		sum.add(v)
	}
	return sum.value()
}

// transport returns the cost (τ/2)∫ρ|v|² of the fluxes ρv of the point last evaluated,
// with the densities that they lead to. Where those leave a face empty that has a flux,
// ρ is the one of the point.
func (d *dual) transport(rho []float64) float64 {
	var sum compensated
	for k, slope := range d.slope {
		conduct := d.conduct[k].inside
		d.faces(k, func(lo, hi, stride int, scale float64) {
			for i := lo; i < hi; i++ {
				face := d.mobility(rho, i, i+stride, slope[i])
				if face = scale * face; face < conduct[i]/2 {
					face = conduct[i]
				}
				if conduct[i] > 0 {
					flux := slope[i] / scale * conduct[i]
					sum.add(flux / face * flux)
				}
			}
		})
	}
	return sum.value() / 2 * d.grid.CellVolume()
}

// store writes ρ = U*′(p − V), scaled to the mass of ρⁿ, to rho.
func (d *dual) store(rho []float64) {
	scale := d.mass / total(d.rho)
	for i, r := range d.rho {
		rho[i] = scale * r
	}
}
