package pde

import (
	"context"
	"fmt"

	"pdesolve/grid"
)

// Entropic is an inner solver for F(ρ) = ∫U(ρ) + Vρ that puts entropic transport in the
// place of W₂² [Pey15]: with the masses of cells as ρ and μ = ρⁿ, and
//
//	OT_ε(μ, ρ) = min_π Σ_ij π_ij |x_i − x_j|² + ε π_ij log π_ij,
//
// the step minimises F(ρ) + A(μ, ρ)/(2τ) for
//
//	A = OT_ε(μ, ρ) − const                        plain: a bias of O(ε),
//	A = OT_ε(μ, ρ) − (ε/2) Σ_j ρ_j log ρ_j − const    debiased: a bias of O(ε²),
//
// const being such that the least A is 0. The entropy of the plan holds ε/2 times that of
// each marginal, up to O(ε²): the plain form blurs; where F = 0 a step adds the variance
// ε/2 on every axis, which is diffusion at the rate ε/(4τ), proved in the limit of both
// by [BHS25]. The debiased one takes this out;
// it differs by O(ε²) from the Sinkhorn divergence, and unlike that it is strictly convex in
// ρ on any scale (derived: OT_ε is ε Σρ log ρ plus a convex function).
//
// The optimal plan is π_ij = a_i K_ij b_j, K = exp(−|x − y|²/ε), and the iteration scales in
// turn: a = μ/(K b), then ρ and b = ρ/(Kᵀa) from the condition of the minimum,
//
//	share·log ρ + (2τ/ε)(U′(ρ) + V) = log Kᵀa,    share = 1 plain, 1/2 debiased.
//
// All of it is in the log domain, K axis by axis (transport.LogGauss), so that small ε
// neither over- nor underflows; ε falls to its value by factors of 4, and Anderson's
// acceleration ends the iteration. Any τ and any convex U are taken, fast diffusion too.
//
// √ε must not be below the width of a cell, where the kernel sees single cells. With the
// default, ε is the square of that width, and the steps are second order in it.
//
// JKO's order 2 does not take it: what a step is off by does not vanish with τ, and a step that
// goes on as far doubles it. On 40, 80 and 160 cells of an Ornstein-Uhlenbeck process midpoint
// would be off by 1.6e-3, 6.1e-4 and 2.2e-4 with 4 steps, but by 6.4e-2, 4.0e-3 and 8.1e-4 with
// 64; the plain form by 0.17, 0.049 and 0.013, and by 0.70, 0.48 and 0.17.
//
// Each component is a problem of its own. Mass is that of ρⁿ to rounding and ρ ≥ 0. Residual
// is what the plan's marginals miss, Σ_j |Σ_i π_ij − ρ_j| relative to the mass. If it does not
// get below Tolerance there is an error and no result. There is no dual bound. Since the
// least A is at the ρ* that the step makes of ρⁿ where F = 0, not at ρⁿ, F may rise by
// F(ρ*) − F(ρⁿ), which is the Slack.
type Entropic struct {
	// Epsilon is ε in units of the squared diagonal of the grid's box, raised to the
	// square of a cell's width where it is below. 0 means that square.
	Epsilon float64 `yaml:"epsilon"`
	// Debiased says which A is meant; true in an experiment file that does not say.
	Debiased bool `yaml:"debiased"`
	// Tolerance is the Residual that a step must meet. 0 means 1e-6.
	Tolerance float64 `yaml:"tolerance"`
	// MaxIterations bounds the iterations at the last ε. 0 means 2000.
	MaxIterations int `yaml:"max-iterations"`
}

const (
	defaultEntropicTolerance  = 1e-6
	defaultEntropicIterations = 2000
)

func init() {
	JKOInners.Add("entropic", func() JKOInner {
		return &Entropic{Debiased: true, Tolerance: defaultEntropicTolerance, MaxIterations: defaultEntropicIterations}
	})
}

// Name returns "entropic".
func (Entropic) Name() string { return "entropic" }

// Summary says in a line what the solver is.
func (Entropic) Summary() string {
	return "JKO step with entropic transport, debiased or not, by Sinkhorn scaling; potential + entropy, porous medium"
}

// Validate reports numbers that are not in their range.
func (e Entropic) Validate() error {
	switch {
	case !(e.Epsilon >= 0 && e.Epsilon <= 1):
		return fmt.Errorf("epsilon: %v: want a number in [0, 1], in units of the squared diagonal of the box; 0 means the square of a cell's width", e.Epsilon)
	case !(e.Tolerance >= 0 && e.Tolerance < 1):
		return fmt.Errorf("tolerance: %v: want a number in [0, 1); 0 means %g", e.Tolerance, defaultEntropicTolerance)
	case e.MaxIterations < 0:
		return fmt.Errorf("max-iterations: %d: want at least 1; 0 means %d", e.MaxIterations, defaultEntropicIterations)
	}
	return nil
}

// Domain says that potentials and convex functions of ρ are taken.
func (Entropic) Domain() JKODomain {
	return JKODomain{Terms: PotentialTerm | LocalTerm, Wasserstein: true, Space: 2, Caveats: Caveats{EnergyRise: true}}
}

// Bind returns a workspace.
func (e Entropic) Bind(f Functional, grids []*grid.Grid) (JKOSolver, error) {
	w := &entropic{f: f, parts: PartsOf(f), share: 1, tolerance: e.Tolerance, limit: e.MaxIterations}
	if e.Debiased {
		w.share = 0.5
	}
	if w.tolerance == 0 {
		w.tolerance = defaultEntropicTolerance
	}
	if w.limit == 0 {
		w.limit = defaultEntropicIterations
	}
	for c, g := range grids {
		if err := g.CheckUniform(); err != nil {
			return nil, fmt.Errorf("the inner solver entropic: %w", err)
		}
		w.still = append(w.still, grid.NewDensity(g))
		if c > 0 && g.Equal(grids[c-1]) { // depth slices of one block share their scratch
			w.scaling = append(w.scaling, w.scaling[c-1])
			continue
		}
		diagonal, widest := 0.0, 0.0
		for _, a := range g.Axes() {
			diagonal += (a.Hi - a.Lo) * (a.Hi - a.Lo)
			widest = max(widest, a.H())
		}
		w.scaling = append(w.scaling, newScaling(g, max(e.Epsilon*diagonal, widest*widest), diagonal, w.share))
	}
	w.rest = NewField(grids)
	return w, nil
}

// semiDiscrete returns MUSCL with 1/fineness of its default step: the flow for a step and
// an ε that vanish together.
func (Entropic) semiDiscrete(_ JKO, fineness int) Scheme {
	return MUSCL{CFL: defaultCFL(0) / float64(fineness)}
}

// entropic is the workspace of Entropic.
type entropic struct {
	f         Functional
	parts     Parts
	share     float64
	tolerance float64
	limit     int
	scaling   []*scaling
	rest      Field // V
	still     State // what a step makes of ρⁿ where F = 0
	ready     bool  // V is known
}

// Solve takes one step.
func (w *entropic) Solve(ctx context.Context, rho State, start JKOStart) (JKOResult, error) {
	if !w.ready {
		if w.parts.Rest != nil {
			w.parts.Rest.Variation(w.rest, start.Rho)
		}
		w.ready = true
	}
	res := JKOResult{Tolerance: w.tolerance, Dual: negativeInfinity}
	for c, s := range w.scaling {
		mass := start.Rho[c].Mass()
		s.load(start.Rho[c], mass)
		least, err := s.solve(ctx, &Parts{}, nil, start.Tau, w.tolerance, w.limit)
		res.Iterations += s.count
		if err == nil {
			s.write(w.still[c].Values, mass)
			res.Residual = max(res.Residual, s.residual)
			var cost float64
			cost, err = s.solve(ctx, &w.parts, w.rest[c], start.Tau, w.tolerance, w.limit)
			res.Iterations += s.count
			res.Transport += w.f.Weight(c) * mass * max(0, cost-least) / (2 * start.Tau)
		}
		if err != nil {
			return res, fmt.Errorf("component %d: %w", c, err)
		}
		s.write(rho[c].Values, mass)
		res.Residual = max(res.Residual, s.residual)
	}
	res.Energy = w.f.Value(rho)
	res.Slack = max(0, w.f.Value(w.still)-start.Energy)
	res.Evaluations += 2
	return res, nil
}
