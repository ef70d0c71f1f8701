package pde

import "math"

// Relaxation is what is left where Newton's method goes round among the kinks of the upwind
// fluxes: Gauss–Seidel sweeps, in which cell after cell takes the density that solves its own
// equation, those of its neighbours held. The equation rises with a slope of at least 1, so
// that this density is one and can be bracketed. As the columns of the Jacobian sum to 1 and
// are ≤ 0 off the diagonal, Σ|R| falls by at least the change of the density (derived), and
// from any start the sweeps converge: the balance is an M-function [Rhe70].

// relaxSweeps bounds the sweeps of one relaxation, which ends when the residual has halved.
const relaxSweeps = 32

// relax makes sweeps from rho, whose residual is norm, and evaluates the result.
func (n *implicitNewton) relax(norm float64, rhs, v []float64, s solveScale) (next, rounding float64) {
	next, rounding = n.evaluate(n.rho, rhs, v, s) // ψ and R at rho
	for sweep := 0; sweep < relaxSweeps && next > norm/2 && next > n.goal(rounding); sweep++ {
		for i := range n.rho {
			if sweep%2 == 1 {
				i = len(n.rho) - 1 - i
			}
			n.relaxCell(i, rhs[i], v[i], s)
		}
		next, rounding = n.evaluate(n.rho, rhs, v, s)
	}
	return next, rounding
}

// Limits of the iteration in one cell; the residual is relative to the cell's densities.
const (
	relaxIterations = 100
	relaxRounding   = 0x1p-50
)

// relaxCell solves the equation of cell i for its density and brings psi up to date: by
// Newton's method within a bracket, with bisection of the logarithm where that leaves it.
func (n *implicitNewton) relaxCell(i int, b, v float64, s solveScale) {
	low, high, r := s.floor, math.Inf(1), n.rho[i]
	for range relaxIterations {
		value, slope := n.cell(i, r, b, v, s.tau)
		if math.Abs(value) <= relaxRounding*(r+b) {
			return
		}
		if value > 0 {
			high = r
		} else {
			low = r
		}
		next := r - value/slope
		switch {
		case math.IsInf(high, 1):
			next = max(next, 2*r)
		case !(next > low && next < high):
			next = math.Sqrt(low) * math.Sqrt(high)
		}
		if next == r {
			return
		}
		r = next
		n.rho[i] = r
	}
	n.cell(i, r, b, v, s.tau)
}

// cell returns the residual of cell i at the density r and its derivative, and leaves ψ
// there in psi.
func (n *implicitNewton) cell(i int, r, b, v, tau float64) (value, slope float64) {
	g, c := n.b, &n.scratch
	c.rho[0], c.v[0] = r, v
	if g.ratio != nil {
		c.rho[0] /= g.ratio[i]
	}
	n.local.potential(c.psi[:], c.second[:], c.rho[:], c.v[:])
	psi, second := c.psi[0], c.second[0]
	if g.ratio != nil {
		second /= g.ratio[i]
	}
	g.psi[i] = psi
	value, slope = r-b, 1
	for k := range g.axes {
		a := &g.axes[k]
		at := i / a.stride % a.n
		for _, face := range [2]struct{ cell, offset int }{{at - 1, -a.stride}, {at, a.stride}} {
			if face.cell < 0 || face.cell == a.n-1 {
				continue
			}
			drop := psi - g.psi[i+face.offset]
			lam := tau * a.metric[face.cell*a.width]
			wind := upwind(drop, r, n.rho[i+face.offset])
			value += lam * wind * drop
			slope += lam * (max(drop, 0) + wind*second)
		}
	}
	return value, slope
}

// oneCell are the arguments of the first variation in a single cell.
type oneCell struct{ psi, second, rho, v [1]float64 }
