package pde

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// implicitNewton solves the implicit balance of one component with a first variation
// that depends on the density cell by cell, ψ_i = v_i + U'(ρ_i), by Newton's method
// in ρ.
//
// The Jacobian has the structure of the balance itself (derived): with U″ ≥ 0 the rate
// from cell i to its neighbour j is λ ((ψ_i − ψ_j)⁺ + ρ_up U″(ρ_i)) ≥ 0, and its columns
// sum to 1, so every Newton system is an M-matrix and its solution is bounded by the
// residual, ‖δ‖₁ ≤ ‖R‖₁.
//
// The unknown is ρ and not log ρ: in log ρ mass enters a vacuum one cell an
// iteration, in ρ through the whole box in one. Where U' is infinite at vacuum the
// equation of a nearly empty cell is concave and rising in ρ, so that Newton's method
// rises to its solution without passing it; on the other side it may pass 0, and
// there one iteration takes at most nine tenths of a cell. Only cells that hold next to
// nothing may move by larger factors; see newtonSparse.
//
// The start is ρⁿ or, if that leaves a larger residual, the exponentially fitted
// (Scharfetter–Gummel) solution with linear diffusion in place of U', axis by axis: it
// has mass wherever mass can get. See iterate for what happens where Σ|R| does not fall.
//
// No iterate is the result: that is balance.carry with the last ψ. It keeps the mass
// and the sign whatever Newton's method has left over, and is by ‖R‖₁ at most from the
// density that ψ belongs to.
type implicitNewton struct {
	b         *balance
	local     *Parts // nil: ψ = v
	tolerance float64
	strict    bool // go on to rounding
	limit     int

	rho, trial, delta, best []float64
	scratch                 oneCell
}

// newtonLeft is the part of a cell's density that one iteration leaves.
const newtonLeft = 0.1

// newtonVacuum is the floor of the unknown relative to the largest density: ψ of the
// entropy is 277 c below that of the peak there.
const newtonVacuum = 0x1p-400

// newtonSparse is the density, relative to the largest, up to which a cell may move by
// Newton's method in log ρ, ρ ↦ ρ exp(δ/ρ), instead of ρ + δ. Where U' is like log ρ that
// makes one iteration of a dozen; what an overshoot puts there hardly counts. It moves
// so only if |δ| is above newtonJump ρ, for the last iterations must not overshoot: they
// come from below, where newtonLeft puts them after an overshoot.
const (
	newtonSparse = 0x1p-48
	newtonJump   = 3
)

// implicitRounding is the rounding error of the residual, relative to the mass, that
// makes a step too long for the arithmetic.
const implicitRounding = 1e-4

// evaluate brings ψ, U″ and the residual up to date with rho and returns Σ|R| and its
// rounding error, relative to the mass.
func (n *implicitNewton) evaluate(rho, rhs, v []float64, s solveScale) (norm, rounding float64) {
	b, density := n.b, rho
	if b.ratio != nil {
		density = floats.DivTo(b.residual, rho, b.ratio)
	}
	n.local.potential(b.psi, b.second, density, v)
	if b.ratio != nil { // the derivative by the mass
		floats.Div(b.second, b.ratio)
	}
	norm, rounding = n.b.evaluate(rho, rhs, s.tau)
	return norm / s.mass, rounding / s.mass
}

// solveScale is what one solve is relative to.
type solveScale struct {
	tau, mass     float64
	floor, sparse float64 // densities: see newtonVacuum, newtonSparse
}

// solve writes the density after a step tau from rhs, with v the first variation
// without its local part, to rho, which holds the start of the iteration and must not
// be rhs or v. It returns Σ|R|/Σb at the last iterate and the number of Newton iterations, and
// fails with ErrNotConverged where a shorter step may help.
func (n *implicitNewton) solve(rho, rhs, v []float64, tau float64) (residual float64, iterations int, err error) {
	if n.local == nil {
		n.b.carry(rho, rhs, v, tau)
		return 0, 0, nil
	}
	s := solveScale{tau: tau}
	top := 0.0
	for _, r := range rhs {
		s.mass += r
		top = max(top, r)
	}
	s.floor, s.sparse = max(newtonVacuum*top, n.b.smallest), newtonSparse*top
	for i, r := range rho {
		n.rho[i] = max(r, s.floor)
	}
	norm, rounding := n.evaluate(n.rho, rhs, v, s)
	if norm > n.goal(rounding) {
		norm, rounding = n.start(norm, rounding, rhs, v, s)
	}
	if norm > n.goal(rounding) {
		norm, rounding, iterations, err = n.iterate(norm, rhs, v, s)
		if err != nil && n.strict && norm <= n.tolerance { // as near as it comes
			norm, rounding = n.evaluate(n.best, rhs, v, s)
		} else if err != nil {
			return norm, iterations, fmt.Errorf("%w: residual %.3g after %d Newton iterations at step %.3g, want %.3g: %w", ErrNotConverged, norm, iterations, tau, n.tolerance, err)
		}
	}
	if rounding > implicitRounding {
		return norm, iterations, fmt.Errorf("%w: the step %.3g is so long that rounding is %.3g of the mass", ErrNotConverged, tau, rounding)
	}
	n.b.carry(rho, rhs, n.b.psi, tau)
	return norm, iterations, nil
}

// flows follows carry, which has left the rates; see implicitStage.
func (n *implicitNewton) flows(rho []float64, factor float64) *balance {
	for k := range n.b.axes {
		a := &n.b.axes[k]
		st := a.stride
		a.faces(n.b.size, func(from, to, _ int) {
			for i := from; i < to; i++ {
				a.up[i] *= factor * rho[i]
				a.down[i] *= factor * rho[i+st]
			}
		})
	}
	return n.b
}

func (n *implicitNewton) exactly(strict bool) { n.strict = strict }

// goal is the residual at which the iteration stops: the tolerance, or rounding.
func (n *implicitNewton) goal(rounding float64) float64 {
	if n.strict {
		return rounding
	}
	return max(n.tolerance, rounding)
}

// start replaces the iterate by the solution with linear diffusion if that has the
// smaller residual. The diffusion coefficient is that of the peaks, the mean of ρU″
// weighted with ρ.
func (n *implicitNewton) start(norm, rounding float64, rhs, v []float64, s solveScale) (float64, float64) {
	var d, weight float64
	for i, r := range n.rho {
		weight += r * r
		d += r * r * (r * n.b.second[i])
	}
	copy(n.trial, rhs)
	n.b.fitted(n.trial, v, d/weight, s.tau)
	for i, r := range n.trial {
		n.trial[i] = max(r, s.floor)
	}
	other, noise := n.evaluate(n.trial, rhs, v, s)
	if other < norm {
		n.rho, n.trial = n.trial, n.rho
		return other, noise
	}
	return n.evaluate(n.rho, rhs, v, s)
}

// newtonForcing is the smallest tolerance of the linear systems.
const newtonForcing = 1e-6

// forcing returns the tolerance of the linear system of an iteration from a residual
// norm: what it leaves is a tenth of what the quadratic convergence may, and no less
// than it takes to end.
func (n *implicitNewton) forcing(norm float64) float64 {
	return max(min(1e-2, 0.1*norm), 0.3*n.goal(0)/norm, newtonForcing)
}

// newtonPatience is the number of iterations in a row that may fail to lower the
// smallest residual so far.
const newtonPatience = 8

var errNewtonLimit, errNewtonStuck = errors.New("the iterations are used up"), errors.New("the residual does not fall")

// iterate makes Newton iterations until the residual meets the goal, from an iterate
// whose residual, norm, is evaluated.
//
// It is a watchdog: iterations go on while the residual falls now and then; when
// patience ends, the best iterate is relaxed, cell by cell, which makes the residual
// fall. Where the wind turns at a face between a dense and a nearly empty cell, the
// residual has a kink with slopes in the ratio of the densities. From the shallow side
// the iteration overshoots to the steep one, where the residual is larger, and from
// there it converges, unless it comes round to the shallow side by other kinks.
func (n *implicitNewton) iterate(norm float64, rhs, v []float64, s solveScale) (best, rounding float64, iterations int, err error) {
	best = norm
	copy(n.best, n.rho)
	for idle := 0; ; {
		if iterations == n.limit {
			return best, rounding, iterations, errNewtonLimit
		}
		iterations++
		if idle == newtonPatience {
			copy(n.rho, n.best)
			if norm, rounding = n.relax(best, rhs, v, s); !(norm < best) {
				return best, rounding, iterations, errNewtonStuck
			}
		} else {
			if err := n.direction(n.forcing(norm), s.tau); err != nil {
				return best, rounding, iterations, err
			}
			norm, rounding = n.try(rhs, v, s)
			n.rho, n.trial = n.trial, n.rho
		}
		if norm <= n.goal(rounding) {
			return norm, rounding, iterations, nil
		}
		switch idle++; {
		case norm < best:
			best, idle = norm, 0
			copy(n.best, n.rho)
		case norm-norm != 0:
			idle = newtonPatience
		}
	}
}

// direction writes Newton's correction at the iterate last evaluated to delta.
func (n *implicitNewton) direction(tolerance, tau float64) error {
	n.b.jacobian(n.rho, tau)
	if err := n.b.system.prepare(); err != nil {
		return err
	}
	for i, r := range n.b.residual {
		n.delta[i] = -r
	}
	return n.b.system.solveTo(tolerance, n.delta)
}

// try evaluates the iterate after the correction, in trial.
func (n *implicitNewton) try(rhs, v []float64, s solveScale) (norm, rounding float64) {
	for i, r := range n.rho {
		d := n.delta[i]
		next := max(r+d, newtonLeft*r)
		switch {
		case d > newtonJump*r && next < s.sparse:
			next = max(next, min(r*math.Exp(d/r), s.sparse))
		case d < -newtonJump*r && r < s.sparse:
			next = r * math.Exp(d/r)
		}
		n.trial[i] = max(next, s.floor)
	}
	return n.evaluate(n.trial, rhs, v, s)
}
