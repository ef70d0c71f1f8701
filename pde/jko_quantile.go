package pde

import (
	"context"
	"fmt"
	"math"

	"pdesolve/grid"
)

// Quantile is the inner solver in one dimension that works in the Lagrangian
// variable. There W₂ is the L² distance of quantile functions, and the JKO step is
//
//	min_y  ∫₀¹ (y − x)²/(2τ) ds + F,    x and y the quantile functions of ρⁿ and ρ.
//
// y is sought among the maps that are linear on each piece of a cell: the pieces keep
// their masses m_i, and with the edges y_i and the widths Δ_i = y_{i+1} − y_i
//
//	F = Σ_i Δ_i U(m_i/Δ_i) + Σ_i w_i V(y_i),    W₂² = Σ_i w_i (y_i − x_i)²,
//
// by the trapezoidal rule: half of a piece's mass belongs to the weight w of either
// edge. V between the cell centers is a cubic spline. Newton's method with a tridiagonal
// matrix solves the step to rounding; for a displacement convex energy it is the minimum. What
// depends on averages of ρ is the fixed point of an outer iteration on δE/δρ.
//
// Cells without mass (below 1e-13 of the mean cell) are gaps: they transmit no pressure,
// and a gap that closes holds its two ends together for as long as they press on each
// other, as a wall of the box holds the end of the support. The little mass in a gap is
// carried along.
//
// From cell averages to quantiles and back the distribution function is interpolated by
// monotone cubics: ρ ≥ 0 and every mass to rounding. The order in space is 2. F of the
// cell averages is not F of the profile: near equilibrium it can rise by as much as they
// differ, which JKOResult.Slack bounds.
//
// The certificate is the imbalance of velocities, (y − x)/τ + ∂Ψ at the free edges, in
// L²(ρ) and relative to that of its terms. Where V is convex and nothing is frozen it
// bounds the value from below, too: see JKOResult.Dual.
type Quantile struct {
	// Refine is the number of pieces of a cell. The default, 4, also stands for 0.
	Refine int `yaml:"refine"`
	// Tolerance of the certificate. The default, 1e-9, also stands for 0.
	Tolerance float64 `yaml:"tolerance"`
	// MaxIterations bounds the iterations of one Newton solve, and those of the outer
	// iteration, after which the step is halved. The default, 1000, also stands for 0.
	MaxIterations int `yaml:"max-iterations"`
}

const (
	defaultRefine             = 4
	maxRefine                 = 64
	defaultQuantileIterations = 1000
)

func init() {
	JKOInners.Add("quantile", func() JKOInner {
		return &Quantile{Refine: defaultRefine, Tolerance: defaultTolerance, MaxIterations: defaultQuantileIterations}
	})
}

// Name returns "quantile".
func (Quantile) Name() string { return "quantile" }

// Summary says in a line what the solver is.
func (Quantile) Summary() string {
	return "the exact step in one dimension, by Newton's method on the quantile function"
}

// Validate reports a number of pieces outside 0 … 64, a tolerance outside [0, 1) or
// a negative number of iterations.
func (q Quantile) Validate() error {
	switch {
	case q.Refine < 0 || q.Refine > maxRefine:
		return fmt.Errorf("refine: %d: want 1 to %d; 0 means %d", q.Refine, maxRefine, defaultRefine)
	case !(q.Tolerance >= 0 && q.Tolerance < 1):
		return fmt.Errorf("tolerance: %v: want a number in [0, 1); 0 means %g", q.Tolerance, defaultTolerance)
	case q.MaxIterations < 0:
		return fmt.Errorf("max-iterations: %d: want at least 1; 0 means %d", q.MaxIterations, defaultQuantileIterations)
	}
	return nil
}

// WithTolerance returns q with another tolerance.
func (q Quantile) WithTolerance(tolerance float64) JKOInner {
	q.Tolerance = tolerance
	return q
}

// Domain says that potentials, averages and convex functions of ρ are taken, in one
// dimension, and that F of the cell averages may rise.
func (Quantile) Domain() JKODomain {
	return JKODomain{Terms: AllTerms, MaxDim: 1, Wasserstein: true, SecondDim: 1, Space: 2, Caveats: Caveats{EnergyRise: true}}
}

// semiDiscrete returns the scheme of second order: on the line the steps tend to the flow
// of the Lagrangian discretisation, which no other scheme has.
func (Quantile) semiDiscrete(j JKO, fineness int) Scheme {
	j.Step, j.TimeOrder, j.Control = j.Step/float64(8*fineness), 2, 0
	return j
}

// Bind returns a workspace.
func (q Quantile) Bind(f Functional, grids []*grid.Grid) (JKOSolver, error) {
	w := &quantile{f: f, parts: PartsOf(f), tolerance: q.Tolerance, iterations: q.MaxIterations}
	refine := q.Refine
	if refine == 0 {
		refine = defaultRefine
	}
	if w.tolerance == 0 {
		w.tolerance = defaultTolerance
	}
	if w.iterations == 0 {
		w.iterations = defaultQuantileIterations
	}
	for _, g := range grids {
		w.line = append(w.line, newLagrange(g, refine))
		if n := len(w.line[len(w.line)-1].x); n > len(w.pool.value) {
			w.pool.init(n)
		}
	}
	if w.parts.Rest != nil {
		w.fixed.init(f, grids, defaultMemory)
	}
	return w, nil
}

// quantile is the workspace of Quantile.
type quantile struct {
	f          Functional
	parts      Parts
	tolerance  float64
	iterations int
	line       []*lagrange // one a component
	fixed      fixedPoint  // of the rest's variation; unused without a rest
	pool       pooling     // see Extend
	res        JKOResult   // of the step at hand
}

// Solve takes one JKO step; see Quantile for the certificate.
func (w *quantile) Solve(ctx context.Context, rho State, start JKOStart) (JKOResult, error) {
	w.res = JKOResult{Dual: math.Inf(-1), Tolerance: w.tolerance}
	res := &w.res
	for c, l := range w.line {
		l.start(start.Rho[c].Values)
	}
	if w.parts.Rest == nil {
		return w.finish(rho, start, w.pass(ctx, rho, start, 0))
	}
	w.parts.Rest.Variation(w.fixed.psi.field, start.Rho)
	if w.parts.Rest.Dependence() == Constant {
		return w.finish(rho, start, w.pass(ctx, rho, start, 0))
	}
	w.fixed.reset()
	for k := range w.iterations {
		if err := w.pass(ctx, rho, start, k); err != nil {
			return *res, err
		}
		w.parts.Rest.Variation(w.fixed.image.field, rho)
		res.Evaluations++
		mismatch := w.fixed.mismatch(rho)
		if mismatch <= w.tolerance {
			res.Residual = max(res.Residual, mismatch)
			return w.finish(rho, start, nil)
		}
		if w.fixed.stuck(mismatch, k) {
			break
		}
		if k == 0 {
			w.fixed.weigh(rho, start.Rho)
		}
		w.fixed.next()
	}
	return *res, fmt.Errorf("%w: averages of ρ: residual %.3g after %d iterations at step %.3g: want %.3g",
		ErrNotConverged, w.fixed.last, res.Evaluations, start.Tau, w.tolerance)
}

// pass solves the step of every component with the rest's variation given.
func (w *quantile) pass(ctx context.Context, rho State, start JKOStart, k int) error {
	res := &w.res
	res.Residual, res.Transport = 0, 0
	for c, l := range w.line {
		if err := ctx.Err(); err != nil {
			return err
		}
		if w.parts.Rest != nil {
			if i := firstNonFinite(w.fixed.psi.field[c]); i >= 0 {
				return fmt.Errorf("%w: after %d iterations the first variation of component %d is not finite", ErrNotConverged, k, c)
			}
			l.force.set(w.fixed.psi.field[c])
		}
		residual, iterations, err := l.solve(&w.parts, start.Tau, w.tolerance, w.iterations)
		res.Iterations += iterations
		if err != nil {
			return err
		}
		res.Residual = max(res.Residual, residual)
		res.Transport += w.f.Weight(c) * l.transport() / (2 * start.Tau)
		l.store(rho[c].Values)
	}
	return nil
}

// finish fills in the energy and the slack.
func (w *quantile) finish(rho State, start JKOStart, err error) (JKOResult, error) {
	res := &w.res
	if err != nil {
		return *res, err
	}
	res.Energy = w.f.Value(rho)
	slack, gap, convex := 0.0, 0.0, w.parts.Dependence() == Constant
	for c, l := range w.line {
		before, after := l.energy(&w.parts, l.x), l.energy(&w.parts, l.y)
		slack += w.f.Weight(c) * ((before - l.gridEnergy(&w.parts, start.Rho[c].Values)) - (after - l.gridEnergy(&w.parts, rho[c].Values)))
	}
	res.Slack = max(slack, 0)
	for c, l := range w.line {
		gap += w.f.Weight(c) * l.newton.gap(start.Tau)
		convex = convex && (w.parts.Rest == nil || l.force.convex())
	}
	if convex {
		res.Dual = res.Energy + res.Transport - gap
	}
	return *res, nil
}
