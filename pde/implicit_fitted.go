package pde

import (
	"fmt"
	"math"
)

// implicitFitted solves the implicit balance of one component with the exponentially
// fitted fluxes of linear diffusion, D times the entropy, and a drift ∇v: for the drop
// x = (v_j − v_i)/D from cell i to its neighbour j the flux is λD (B(x) ρ_i − B(−x) ρ_j).
//
// The system is linear: the columns of its matrix sum to 1, its inverse has entries
// ≥ 0, and each stage of order 1 is a Markov chain that is reversible for e^{−v/D}.
//
// On a grid of several axes the start is the solution axis by axis, which is at rest where
// the scheme is and is positive wherever mass can get. Multigrid adds what is missing, in the
// unknown relative to that start, and the result is the net flows' balance: the mass
// stays to rounding whatever the residual, and a cell that the residual would make
// negative asks for more cycles and, if they do not help, for a shorter step.
type implicitFitted struct {
	b         *balance
	d         float64
	tolerance float64
	strict    bool
	ratio     []float64 // ρ over the scale
}

func (f *implicitFitted) exactly(strict bool) { f.strict = strict }

// fittedRounds bounds the calls of multigrid in one solve.
const fittedRounds = 6

func (f *implicitFitted) solve(rho, rhs, v []float64, tau float64) (residual float64, iterations int, err error) {
	b := f.b
	copy(rho, rhs)
	b.fitted(rho, v, f.d, tau)
	if b.scale == nil {
		return 0, 0, nil
	}
	var mass, top float64
	for _, r := range rhs {
		mass += r
		top = max(top, r)
	}
	floor := max(newtonVacuum*top, smallestNormal)
	for i, r := range rho {
		b.scale[i] = max(r, floor)
	}
	for k := range b.axes {
		a := &b.axes[k]
		st := a.stride
		a.faces(b.size, func(from, to, _ int) {
			up, down, lo, hi := a.up[from:to], a.down[from:to], b.scale[from:to], b.scale[from+st:to+st]
			for i := range up {
				up[i] *= lo[i]
				down[i] *= hi[i]
			}
		})
	}
	if err := b.system.prepare(); err != nil {
		return 0, 0, fmt.Errorf("%w: %w", ErrNotConverged, err)
	}
	goal := f.tolerance
	if f.strict {
		goal = 1e-15
	}
	for ; ; iterations++ {
		norm, low := f.remainder(rho, rhs)
		residual = norm / mass
		if residual-residual != 0 {
			break
		}
		if low >= 0 && residual <= goal {
			for i, r := range b.residual {
				rho[i] += r
			}
			return residual, iterations, nil
		}
		if iterations == fittedRounds {
			break
		}
		aim := min(0.5, 0.5*goal/residual)
		if residual <= goal {
			aim = 1e-3
		}
		copy(b.second, b.residual)
		if err := b.system.solveTo(max(aim, 1e-6), b.second); err != nil {
			return residual, iterations, fmt.Errorf("%w: %w", ErrNotConverged, err)
		}
		for i, r := range b.second {
			rho[i] += r
		}
	}
	return residual, iterations, fmt.Errorf("%w: linear system: residual %.3g at step %.3g, want %.3g", ErrNotConverged, residual, tau, goal)
}

// remainder sets b.residual to rhs − Aρ, by net flows, and returns the sum of the absolute
// values and the smallest ρ + residual.
func (f *implicitFitted) remainder(rho, rhs []float64) (norm, low float64) {
	b := f.b
	for i, r := range rho {
		f.ratio[i] = r / b.scale[i]
		b.residual[i] = rhs[i] - r
	}
	for k := range b.axes {
		a := &b.axes[k]
		st := a.stride
		a.faces(b.size, func(from, to, _ int) {
			up, down, p, q := a.up[from:to], a.down[from:to], f.ratio[from:to], f.ratio[from+st:to+st]
			for i := range up {
				flow := up[i]*p[i] - down[i]*q[i]
				b.residual[from+i] -= flow
				b.residual[from+st+i] += flow
			}
		})
	}
	low = math.Inf(1)
	for i, r := range b.residual {
		norm += math.Abs(r)
		low = min(low, rho[i]+r)
	}
	return norm, low
}

func (f *implicitFitted) flows(rho []float64, factor float64) *balance {
	b := f.b
	for i, r := range rho {
		f.ratio[i] = r
		if b.scale != nil {
			f.ratio[i] = r / b.scale[i]
		}
	}
	for k := range b.axes {
		a := &b.axes[k]
		st := a.stride
		a.faces(b.size, func(from, to, _ int) {
			for i := from; i < to; i++ {
				flow := factor * (a.up[i]*f.ratio[i] - a.down[i]*f.ratio[i+st])
				a.up[i], a.down[i] = max(flow, 0), max(-flow, 0)
			}
		})
	}
	return b
}
