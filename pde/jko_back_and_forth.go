package pde

import (
	"context"
	"errors"
	"fmt"
	"math"

	"pdesolve/grid"
	"pdesolve/transport"
)

// BackAndForth is an inner solver for F(ρ) = ∫U(ρ) + Vρ, U convex, and the Wasserstein
// distance itself: it maximises the dual of the step [JLL21],
//
//	J(φ) = (1/τ) ∫ φᶜ dρⁿ − ∫ U*(−φ/τ − V) dx,    φᶜ(y) = min_x |x − y|²/2 − φ(x),
//
// whose maximum is the minimum of F(ρ) + W₂²(ρⁿ, ρ)/(2τ); then ρ = (U*)′(−φ/τ − V), and
// the map T = id − ∇φᶜ takes ρⁿ to it. The c-transforms are lower envelopes along lines,
// O(N).
//
// Where [JLL21] ascends in a weighted H¹ norm, alternately in φ and in its transform,
// the direction here is Newton's (derived): with p = −φ/τ,
//
//	(1/U″(ρ) − τ∇·(ρ D ∇)) δp = T#ρⁿ − ρ,    D = ∂T,
//
// solved by multigrid (grid.Elliptic) with the coefficients at the larger of ρ and
// T#ρⁿ, so that the support can grow, and taken as far as J does not fall steeply along it.
// As in back and forth, φ is replaced by φᶜᶜ after every step, which does not lower J. The
// start comes from a grid of half as many cells an axis, solved in the same way, and on the
// coarsest from δF/δρ at ρⁿ. A constant added to φ keeps ρ's mass right throughout.
//
// For V frozen each component is a problem of its own. Where V depends on averages of ρ it
// is a fixed point V = V[ρ(V)], as in PushForward, and Dual is −Inf, as F need not be
// convex. The result has the mass of ρⁿ to rounding and
// is nowhere negative. Residual is what the quadratic model at the result still promises
// to gain in J, relative to ∫Φ(ρ), Φ = ρU′ − U: the relative distance from the optimum
// as far as it can be seen. Dual is a strict lower bound for piecewise constant densities,
// and F + Transport a strict upper one; both give away O(h²/τ), so that the gap stays
// above that.
//
// Under a cap (Congestion) the step is another problem: see crowd. Residual is then the part
// of the mass that is above the cap, or missing below it where the pressure is above 0, and no
// density exceeds the cap.
//
// A step that stretches a cell of ρⁿ over tens of cells (a dense patch at a wall that the
// potential empties) is not resolved; the ascent then ends early, with a Residual of up to
// some hundredths that says so. Where T#ρⁿ = ρ is met, F falls, however rough ρⁿ is: the remap
// moves mass across a face from the higher p to the lower one only, U′(ρ) + V is p where ρ > 0
// and above it elsewhere, and U is convex (derived, for one axis). Of 400 steps from densities
// whose cells are full or empty, on a line of 34 cells with τ from 10⁻³ to 1 and four energies,
// 69 missed the tolerance, those of long steps, and none raised F.
type BackAndForth struct {
	// Tolerance is the Residual that a step is to meet. The ascent goes on to a
	// hundredth of it, as long as a thousandth can be gained: at the edge of a support
	// that the grid does not resolve the model promises more than can be had. 0 means
	// 1e-6.
	Tolerance float64 `yaml:"tolerance"`
	// MaxIterations bounds the iterations on one grid. 0 means 50.
	MaxIterations int `yaml:"max-iterations"`
}

const defaultAscentTolerance = 1e-6

func init() {
	JKOInners.Add("back-and-forth", func() JKOInner {
		return &BackAndForth{Tolerance: defaultAscentTolerance, MaxIterations: defaultMaxIterations}
	})
}

// Name returns "back-and-forth".
func (BackAndForth) Name() string { return "back-and-forth" }

// Summary says in a line what the solver is.
func (BackAndForth) Summary() string {
	return "Wasserstein JKO step by Newton ascent of its dual with c-transforms; energies with entropy, porous medium, m > 1, or congestion"
}

// Validate reports a tolerance outside [0, 1) or a negative number of iterations.
func (b BackAndForth) Validate() error {
	switch {
	case !(b.Tolerance >= 0 && b.Tolerance < 1):
		return fmt.Errorf("tolerance: %v: want a number in [0, 1); 0 means %g", b.Tolerance, defaultAscentTolerance)
	case b.MaxIterations < 0:
		return fmt.Errorf("max-iterations: %d: want at least 1; 0 means %d", b.MaxIterations, defaultMaxIterations)
	}
	return nil
}

// WithTolerance returns b with another tolerance.
func (b BackAndForth) WithTolerance(tolerance float64) JKOInner {
	b.Tolerance = tolerance
	return b
}

// Domain says that all terms are taken, and that a convex function of ρ or a cap has to be among
// them: without it the dual is not finite.
func (BackAndForth) Domain() JKODomain {
	return JKODomain{Terms: AllTerms | CapTerm, Needs: LocalTerm | CapTerm, Wasserstein: true, SecondDim: AnyDim, Space: 2}
}

// Bind returns a workspace. It fails on fast diffusion, on a cap beside another function of ρ
// and on graded axes.
func (b BackAndForth) Bind(f Functional, grids []*grid.Grid) (JKOSolver, error) {
	w := &backAndForth{f: f, parts: PartsOf(f), tolerance: b.Tolerance, iterations: b.MaxIterations}
	if w.tolerance == 0 {
		w.tolerance = defaultAscentTolerance
	}
	if w.iterations == 0 {
		w.iterations = defaultMaxIterations
	}
	for _, g := range grids {
		if err := g.CheckUniform(); err != nil {
			return nil, fmt.Errorf("the inner solver back-and-forth: %w", err)
		}
	}
	create, err := dualsOf(&w.parts)
	if err != nil {
		return nil, fmt.Errorf("the inner solver back-and-forth: %w", err)
	}
	for c, g := range grids {
		if c > 0 && g.Equal(grids[c-1]) { // depth slices of one block share their scratch
			w.duals = append(w.duals, w.duals[c-1])
			continue
		}
		d, err := create(g)
		if err != nil {
			return nil, err
		}
		w.duals = append(w.duals, d)
	}
	w.fixed.init(f, grids, defaultMemory)
	w.p = NewField(grids)
	return w, nil
}

// semiDiscrete returns MUSCL with 1/fineness of its default step. Both are second order in
// space but on a fixed grid they are different flows: a study of the step alone wants
// cells fine enough for O(h²) not to matter.
func (BackAndForth) semiDiscrete(_ JKO, fineness int) Scheme {
	return MUSCL{CFL: defaultCFL(0) / float64(fineness)}
}

// transportDual solves the dual of one JKO step of one component on its grid.
type transportDual interface {
	// data returns the arrays for the masses of ρⁿ in the cells and for V, to be filled
	// before load, which prepares a step of size tau.
	data() (mu, v []float64)
	load(tau float64)
	// solve maximises the dual and returns the iterations.
	solve(ctx context.Context, tolerance float64, limit int) (int, error)
	// residual returns what solve has left.
	residual() float64
	// density writes the density of the result, with the mass of ρⁿ.
	density(rho []float64)
	// potential writes the pressure p + V that drives the step, of which the map back to ρⁿ is
	// id + τ∇p: it goes on where there is no mass, as the first variation does not.
	potential(p []float64)
	// bounds returns a lower bound of the minimum of the step, an upper bound of
	// W₂²/(2τ) between ρⁿ and rho, and what the potentials say that it is.
	bounds(rho []float64) (lower, upper, seen float64)
}

// dualsOf returns what makes the dual of a component for an energy with these parts.
func dualsOf(p *Parts) (func(*grid.Grid) (transportDual, error), error) {
	if p.Cap > 0 {
		if p.HasLocal() {
			return nil, errors.New("a cap on ρ (congestion) beside another function of ρ: want congestion with potentials and averages of ρ only")
		}
		return func(g *grid.Grid) (transportDual, error) { return newCrowd(g, p.Cap) }, nil
	}
	inverse, err := newInverter(p)
	if err != nil {
		return nil, err
	}
	return func(g *grid.Grid) (transportDual, error) { return newAscent(g, p, inverse) }, nil
}

// backAndForth is the workspace of BackAndForth.
type backAndForth struct {
	f          Functional
	parts      Parts
	tolerance  float64
	iterations int
	duals      []transportDual // of the components
	fixed      fixedPoint      // of V
	res        JKOResult       // of the step at hand

	p Field // potentials of the last step
}

// Solve takes one step.
func (w *backAndForth) Solve(ctx context.Context, rho State, start JKOStart) (JKOResult, error) {
	w.res = JKOResult{Dual: math.Inf(-1), Tolerance: w.tolerance}
	res := &w.res
	if w.parts.Rest != nil {
		w.parts.Rest.Variation(w.fixed.psi.field, start.Rho)
	}
	w.fixed.reset()
	for k := range w.iterations {
		dual, err := w.pass(ctx, rho, start)
		if err != nil {
			return *res, err
		}
		if w.parts.Dependence() == Constant {
			res.Dual = dual
			return w.finish(rho), nil
		}
		w.parts.Rest.Variation(w.fixed.image.field, rho)
		res.Evaluations++
		if mismatch := w.fixed.mismatch(rho); mismatch <= w.tolerance {
			res.Residual = max(res.Residual, mismatch)
			return w.finish(rho), nil
		}
		if w.fixed.stuck(w.fixed.last, k) {
			break
		}
		if k == 0 {
			w.fixed.weigh(rho, start.Rho)
		}
		w.fixed.next()
	}
	return *res, fmt.Errorf("%w: averages of ρ: mismatch %.3g after %d evaluations at step %.3g: want %.3g",
		ErrNotConverged, w.fixed.last, res.Evaluations, start.Tau, w.tolerance)
}

// finish sets the energy of the result and returns it.
func (w *backAndForth) finish(rho State) JKOResult {
	w.res.Energy = w.f.Value(rho)
	w.res.Evaluations++
	return w.res
}

// pass solves the step of every component for V frozen and returns the sum of the dual
// bounds.
func (w *backAndForth) pass(ctx context.Context, rho State, start JKOStart) (dual float64, err error) {
	res := &w.res
	res.Residual, res.Transport, res.Slack = 0, 0, 0
	for c, d := range w.duals {
		volume := rho[c].Grid.CellVolume()
		mu, v := d.data()
		for i, r := range start.Rho[c].Values {
			mu[i] = r * volume
		}
		copy(v, w.fixed.psi.field[c])
		d.load(start.Tau)
		count, err := d.solve(ctx, w.tolerance/100, w.iterations)
		res.Iterations += count
		if err != nil {
			return 0, err
		}
		res.Residual = max(res.Residual, d.residual())
		d.density(rho[c].Values)
		d.potential(w.p[c])
		lower, upper, seen := d.bounds(rho[c].Values)
		res.Transport += w.f.Weight(c) * upper
		res.Slack += w.f.Weight(c) * max(0, upper-seen)
		dual += w.f.Weight(c) * lower
	}
	return dual, nil
}

func (w *backAndForth) potentials() Field { return w.p }

func (a *ascent) data() (mu, v []float64) { return a.mu, a.v }

func (a *ascent) residual() float64 { return a.promise / a.scale() }

func (a *ascent) density(rho []float64) {
	scale := a.mass / (grid.Sum(a.rho) * a.grid.CellVolume()) // 1 up to rounding
	for i, r := range a.rho {
		rho[i] = r * scale
	}
}

func (a *ascent) potential(p []float64) { copy(p, a.p) }

func (a *ascent) bounds(rho []float64) (lower, upper, seen float64) {
	volume := a.grid.CellVolume()
	phi, nu := a.delta, a.trial
	for i, p := range a.p {
		phi[i] = -a.tau * p
		nu[i] = rho[i] * volume
	}
	seen = (dot(a.mu, a.psi) + dot(nu, phi)) / a.tau
	upper = transport.UpperBound(a.grid, a.mu, nu, a.psi) / (2 * a.tau)
	// With potentials (ξ, ζ) of which Σξμ + Σζν bounds W₂²/2 for every ν, the minimum
	// over ν has the conjugate U* at −ζ/τ − V in it; a constant makes the mass right.
	xi, zeta := transport.Feasible(a.grid, phi)
	if xi == nil {
		return math.Inf(-1), upper, seen
	}
	for i, z := range zeta {
		a.p[i] = -z / a.tau
	}
	shift, err := a.balance()
	if err != nil {
		return math.Inf(-1), upper, seen
	}
	a.parts.Pressure(a.one, a.rho)
	lower = dot(a.mu, xi)/a.tau + shift*a.mass - a.scale()
	return lower, upper, seen
}
