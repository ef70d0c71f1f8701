package pde

import (
	"context"
	"fmt"
	"math"
	"math/bits"

	"pdesolve/grid"
)

// Proximal is an inner solver for every energy whose local part is convex: it minimises
// F(ρ¹) + W₂²/(2τ) in the dynamic form of Benamou and Brenier, on Layers intervals of a
// time t from 0 to 1,
//
//	F(ρ¹) + (1/τ) ∫₀¹∫ |m|²/(2ρ) dx dt,    ∂_tρ + ∇·m = 0,    ρ⁰ = ρⁿ,
//
// by the primal-dual method of Chambolle and Pock with over-relaxation, as [CCWW22] do by a
// relative of it; an even number of layers begins with the solution on half as many. With
// ρ^k on cells at the ends of the intervals and m on faces in their middles, the variables
// (ρ, m) stay on the constraint, onto which they are projected by fast transforms
// (grid.NewShiftedPoisson, after diagonalising the differences in t); the dual
// variables are projected onto the paraboloid a + b²/2 ≤ 0 at each face, and F enters by
// its proximal map in each cell. A part of F that depends on averages is linearised, and
// the linearisation is a fixed point, as in PushForward.
//
// Each iteration is cheap and nothing is assumed of F's smoothness, but hundreds are
// needed: where BackAndForth, PushForward or Quantile take the energy they are faster and
// more exact. The discrete W₂ differs from the continuous one by O(h) at the edges of a
// support and O(1/Layers²).
//
// Residual is the largest relative change of the primal or the dual variables over an
// iteration, divided by the step length: 0 exactly at saddle points. A step that has not
// met the tolerance after MaxIterations is ErrNotConverged. Dual is a strict lower bound
// by convexity,
//
//	F(ρ) − ∫Ψρ + min_ν ∫Ψν + W₂²(ρⁿ, ν)/(2τ),    Ψ = Ψ[ρ],
//
// less O(h²/τ); −Inf for energies that depend on averages, which need not be convex.
// Slack is the value's distance from it.
//
// JKO's order 2 takes it on a line, where the way of the particles is read off the densities.
// In more dimensions it would be read off Ψ or the dual variable of ρ¹, and these are not
// determined at the edge of a support, where densities are of the size of the residual: steps
// of midpoint on a Barenblatt profile in the plane are off by 1.9e-2, 3.2e-2 and 4.2e-2 on
// 16², 32² and 64² cells.
type Proximal struct {
	// Layers is the number of intervals of t, 1 to 64. 0 means 8.
	Layers int `yaml:"layers"`
	// Tolerance is the Residual at which the iteration stops. 0 means 1e-4.
	Tolerance float64 `yaml:"tolerance"`
	// MaxIterations bounds the iterations for one linearisation on one number of layers.
	// 0 means 5000.
	MaxIterations int `yaml:"max-iterations"`
}

const (
	defaultLayers             = 8
	maxLayers                 = 64
	defaultProximalTolerance  = 1e-4
	defaultProximalIterations = 5000
)

func init() {
	JKOInners.Add("proximal", func() JKOInner {
		return &Proximal{Layers: defaultLayers, Tolerance: defaultProximalTolerance, MaxIterations: defaultProximalIterations}
	})
}

// Name returns "proximal".
func (Proximal) Name() string { return "proximal" }

// Summary says in a line what the solver is.
func (Proximal) Summary() string {
	return "Wasserstein JKO step in Benamou-Brenier's form by a primal-dual method; any energy, slow"
}

// Validate reports layers outside 0 … 64, a tolerance outside [0, 1) or a negative number
// of iterations.
func (p Proximal) Validate() error {
	switch {
	case p.Layers < 0 || p.Layers > maxLayers:
		return fmt.Errorf("layers: %d: want 1 to %d; 0 means %d", p.Layers, maxLayers, defaultLayers)
	case !(p.Tolerance >= 0 && p.Tolerance < 1):
		return fmt.Errorf("tolerance: %v: want a number in [0, 1); 0 means %g", p.Tolerance, defaultProximalTolerance)
	case p.MaxIterations < 0:
		return fmt.Errorf("max-iterations: %d: want at least 1; 0 means %d", p.MaxIterations, defaultProximalIterations)
	}
	return nil
}

// Domain says that all terms are taken in any dimension, and first order in space.
func (Proximal) Domain() JKODomain {
	return JKODomain{Terms: AllTerms, Wasserstein: true, SecondDim: 1, Space: 1}
}

// Bind returns a workspace. It fails on graded axes.
func (p Proximal) Bind(f Functional, grids []*grid.Grid) (JKOSolver, error) {
	w := &primalDual{f: f, parts: PartsOf(f), layers: p.Layers, tolerance: p.Tolerance, iterations: p.MaxIterations}
	if w.layers == 0 {
		w.layers = defaultLayers
	}
	if w.tolerance == 0 {
		w.tolerance = defaultProximalTolerance
	}
	if w.iterations == 0 {
		w.iterations = defaultProximalIterations
	}
	for _, g := range grids {
		if err := g.CheckUniform(); err != nil {
			return nil, fmt.Errorf("the inner solver proximal: %w", err)
		}
		w.saddle = append(w.saddle, newSaddle(g, w.layers))
	}
	w.fixed.init(f, grids, defaultMemory)
	w.all = NewField(grids)
	return w, nil
}

// primalDual is the workspace of Proximal.
type primalDual struct {
	f          Functional
	parts      Parts
	layers     int
	tolerance  float64
	iterations int
	saddle     []*saddle  // one a component
	fixed      fixedPoint // of the rest's first variation
	all        Field      // Ψ[ρⁿ⁺¹]
}

// Solve takes one step, on a few layers first, whose solution is the start on twice as many.
func (w *primalDual) Solve(ctx context.Context, rho State, start JKOStart) (JKOResult, error) {
	res := JKOResult{Dual: math.Inf(-1), Tolerance: w.tolerance}
	layers := w.layers >> bits.TrailingZeros(uint(w.layers))
	for c, s := range w.saddle {
		s.begin(start.Rho[c].Values, start.Variation[c], start.Tau, layers)
	}
	if w.parts.Rest != nil {
		w.parts.Rest.Variation(w.fixed.psi.field, start.Rho)
	}
	for ; layers < w.layers; layers *= 2 {
		if err := w.settle(ctx, &res, rho, start, coarseLayers*w.tolerance); err != nil {
			return res, err
		}
		for _, s := range w.saddle {
			s.refine()
		}
	}
	if err := w.settle(ctx, &res, rho, start, w.tolerance); err != nil {
		return res, err
	}
	return w.account(res, rho, start), nil
}

// coarseLayers is the tolerance with fewer layers than wanted, relative to that with all.
const coarseLayers = 3

// settle finds the saddle point, and the first variation of the averages there, with the
// layers at hand.
func (w *primalDual) settle(ctx context.Context, res *JKOResult, rho State, start JKOStart, tolerance float64) error {
	w.fixed.reset()
	for k := 0; ; k++ {
		res.Residual = 0
		for c, s := range w.saddle {
			residual, count, err := s.solve(ctx, &w.parts, w.fixed.psi.field[c], tolerance, w.iterations)
			res.Iterations += count
			if err != nil {
				return err
			}
			res.Residual = max(res.Residual, residual)
			s.end(rho[c].Values, start.Rho[c].Values)
		}
		if w.parts.Dependence() == Constant {
			return nil
		}
		w.parts.Rest.Variation(w.fixed.image.field, rho)
		res.Evaluations++
		mismatch := w.fixed.mismatch(rho)
		// The densities carry the residual's noise: no fixed point is found below it.
		if mismatch <= 10*tolerance {
			res.Residual = max(res.Residual, mismatch/10)
			return nil
		}
		if w.fixed.stuck(mismatch, k) || k+1 == defaultMaxIterations {
			return fmt.Errorf("%w: averages of ρ: mismatch %.3g after %d linearisations at step %.3g: want %.3g",
				ErrNotConverged, mismatch, k+1, start.Tau, 10*tolerance)
		}
		if k == 0 {
			w.fixed.weigh(rho, start.Rho)
		}
		w.fixed.next()
	}
}

// account fills in the values and bounds of the result.
func (w *primalDual) account(res JKOResult, rho State, start JKOStart) JKOResult {
	res.Energy = w.f.Variation(w.all, rho)
	res.Evaluations++
	dual := res.Energy
	for c, s := range w.saddle {
		weight := w.f.Weight(c)
		b := newStepBounds(s.grid, rho[c].Values, start.Rho[c].Values, w.all[c], start.Tau)
		res.Transport += weight * b.transport
		res.Slack += weight * max(0, b.transport-b.gain)
		dual += weight * b.gain
	}
	if w.parts.Dependence() == Constant {
		res.Dual = dual
	}
	return res
}
