package pde

import (
	"context"
	"errors"
	"fmt"
	"math"

	"pdesolve/grid"
)

// JKO is the minimising-movement scheme of Jordan, Kinderlehrer and Otto
//
//	ρⁿ⁺¹ = argmin F(ρ) + A(ρⁿ, ρ)/(2τ),   τ = Step,
//
// one implicit step of the gradient flow ∂_τρ = ∇·(ρ∇Ψ). A is the squared
// Wasserstein distance or what the inner solver puts in its place. It is first
// order in the step; the order in space is the inner solver's. It has no step bound:
// mass and positivity hold for every τ, and the energy does not rise for every τ for
// which the step's equations are solved.
//
// Every step is checked: if the inner solver does not converge, or if
// F(ρⁿ⁺¹) + A/(2τ) exceeds F(ρⁿ) beyond rounding and the solver's own Slack, the step
// is halved and tried again, down to a thousandth: what wants shorter steps is not resolved
// by the grid, and an error says so. The next step starts from the nominal one, so that a run
// depends on nothing but the state and can be resumed. Every step has a certificate,
// StepReport.Residual beside its Tolerance; one that misses it is taken, but counted in
// Contracts.Uncertified, which reports show. Residual is at least what F(ρⁿ⁺¹) alone is above
// F(ρⁿ), relative to max(1, |F|): Slack can hide such a rise, as where entropic blurs.
//
// Of second order are two schemes that are made of such steps; they move particles,
// x = −∇Ψ, as two classical methods do:
//
//	midpoint  a step of τ/2, after which the particles go on as far in the same direction:
//	          x¹ᐟ² = x⁰ − τ/2 ∇Ψ[ρ¹ᐟ²],  x¹ = x¹ᐟ² − τ/2 ∇Ψ[ρ¹ᐟ²]        (Legendre, Turinici)
//	bdf2      a step of 2τ/3 from the geodesic through the last two densities, extrapolated
//	          by a third; variable steps, the first is a midpoint step     [GNT23]
//
// They take inner solvers with steps within O(τ³) of the JKO step and, in more than one
// dimension, ways of the particles that are known at the edge of a support
// (JKODomain.SecondDim): not entropic, and proximal and quantile on a line alone.
// What is extrapolated is a measure that particles carry, and so ρ ≥ 0 and the mass hold.
// Where particles would pass each other they meet (see geodesicLine and extension).
// Where F would rise, as it can where modes are too fast for the step, the step is taken
// to first order instead and counted in StepReport.Limited. midpoint is more accurate, bdf2
// damps fast modes.
type JKO struct {
	Step  float64  `yaml:"step"`  // τ, above 0
	Inner JKOInner `yaml:"inner"` // solver of one step; nil means Variational with its defaults
	// TimeOrder is the order in the step: 1, which also stands for 0, or 2.
	TimeOrder int `yaml:"order"`
	// Form of order 2: midpoint, which also stands for "", or bdf2.
	Form string `yaml:"form"`
	// Control, if above 0, is the largest L¹ distance, relative to the mass, between the
	// results of second and of first order of a step; a step with a larger one is halved.
	// It costs one more solve a step.
	Control float64 `yaml:"control"`
}

func init() {
	Schemes.Add("jko", func() Scheme { return &JKO{Inner: newVariational(), TimeOrder: 1, Form: midpointForm} })
}

// jkoHalvings bounds the halvings of a step, and with them the number of inner solves a step
// can take when every one needs them all.
const jkoHalvings = 10

// jkoRounding bounds by how much rounding alone can make a computed energy rise,
// relative to max(1, |F|).
const jkoRounding = 1e-12

// Name returns "jko".
func (JKO) Name() string { return "jko" }

// Order returns the inner solver's order in space, and TimeOrder.
func (j JKO) Order() (space, time int) { return j.inner().Domain().Space, max(j.TimeOrder, 1) }

// Caveats returns the inner solver's.
func (j JKO) Caveats() Caveats { return j.inner().Domain().Caveats }

// Validate reports a step that is not finite and above 0, and what the inner
// solver reports.
func (j JKO) Validate() error {
	if !(j.Step > 0) || math.IsInf(j.Step, 0) {
		return fmt.Errorf("step: %v: want a finite number above 0", j.Step)
	}
	if err := j.inner().Validate(); err != nil {
		return fmt.Errorf("inner: %s: %w", j.inner().Name(), err)
	}
	return j.validateOrder()
}

// NominalStep returns Step.
func (j JKO) NominalStep() float64 { return j.Step }

// WithStep returns j with another step.
func (j JKO) WithStep(step float64) Scheme {
	j.Step = step
	return j
}

func (j JKO) inner() JKOInner {
	if j.Inner == nil {
		return newVariational()
	}
	return j.Inner
}

// Bind returns a stepper for f. It fails if the inner solver does not treat f,
// and names the solvers and schemes that do, or if its steps do not make those of order 2 in so
// many dimensions, and names those that do.
func (j JKO) Bind(f Functional, grids []*grid.Grid) (Stepper, error) {
	if err := j.Validate(); err != nil {
		return nil, err
	}
	if err := equalCells(grids); err != nil {
		return nil, err
	}
	inner := j.inner()
	if !inner.Domain().Takes(f, grids) {
		return nil, refusal(inner, f, grids)
	}
	if err := j.bindOrder(grids); err != nil {
		return nil, err
	}
	solver, err := inner.Bind(f, grids)
	if err != nil {
		return nil, err
	}
	s := &jko{halving: newHalving(j.Name(), j.Step, f, grids), solver: solver}
	s.attempt, s.most = s.try, jkoHalvings
	if j.TimeOrder == 2 {
		s.second, s.attempt = newSecondOrder(j, grids), s.trySecond
	}
	s.exhausted = func(dt float64, reason error) error {
		return fmt.Errorf("jko: no step down to %.3g can be taken: %w", dt, reason)
	}
	return s, nil
}

// SemiDiscrete returns the flow that the inner solver names, or the upwind scheme
// with two stages and 1/fineness of its default step: the flow to which the
// variational inner solver converges on a fixed grid as its step tends to 0 (derived:
// φ = Ψ + O(τ), and the conservation law is implicit Euler for the upwind fluxes of
// φ). It panics if fineness < 1.
func (j JKO) SemiDiscrete(fineness int) Scheme {
	if fineness < 1 {
		panic(fmt.Sprintf("pde: JKO.SemiDiscrete: fineness = %d: want at least 1", fineness))
	}
	if s, ok := j.inner().(semiDiscreter); ok {
		return s.semiDiscrete(j, fineness)
	}
	return Upwind{CFL: defaultCFL(0) / float64(fineness), Stages: 2}
}

// jko is the workspace of JKO.
type jko struct {
	halving
	solver JKOSolver
	second *secondOrder // nil for order 1
}

// try takes a step of length r.Dt from begin to rho. If a shorter one may
// succeed where it failed, reason says why it failed.
func (s *jko) try(ctx context.Context, rho State, r *StepReport) (reason, err error) {
	return s.inner(ctx, rho, JKOStart{Rho: s.begin, Variation: s.psi, Energy: r.Energy, Tau: r.Dt}, r)
}

// inner makes the given step by the inner solver and checks it.
func (s *jko) inner(ctx context.Context, rho State, start JKOStart, r *StepReport) (reason, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	res, err := s.solver.Solve(ctx, rho, start)
	r.Evaluations += res.Evaluations
	if errors.Is(err, ErrNotConverged) {
		return err, nil
	}
	if err != nil {
		return nil, err
	}
	primal := res.Energy + res.Transport
	if rise := primal - start.Energy; !(rise <= jkoRounding*max(1, math.Abs(start.Energy))+res.Slack) {
		return fmt.Errorf("energy plus cost of transport would rise by %.3g", rise), nil
	}
	if rise := res.Energy - start.Energy; rise > jkoRounding*max(1, math.Abs(start.Energy)) {
		res.Residual = max(res.Residual, rise/max(1, math.Abs(start.Energy)))
	}
	r.Residual, r.Tolerance, r.Iterations = res.Residual, res.Tolerance, r.Iterations+res.Iterations
	if r.Gap = 0; !math.IsInf(res.Dual, -1) {
		r.Gap = primal - res.Dual
	}
	return nil, nil
}

// firstNonFinite returns the index of the first NaN or infinity in x, or −1.
func firstNonFinite(x []float64) int {
	for i, v := range x {
		if v-v != 0 {
			return i
		}
	}
	return -1
}
