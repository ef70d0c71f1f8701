package pde

import (
	"context"
	"fmt"
	"math"

	"pdesolve/grid"
	"pdesolve/transport"
)

// PushForward is an inner solver for energies without a local part (potentials, smooth
// interactions, a Transformer at temperature zero) and the Wasserstein distance itself. With
// Ψ frozen the step is a push-forward (derived),
//
//	ρⁿ⁺¹ = T#ρⁿ,    T(y) = argmin_x |x − y|²/(2τ) + Ψ(x),    T⁻¹ = S = I + τ∇Ψ,
//
// on the grid the mass in the image under S of every cell, by transport.Remap: exact in
// mass, nowhere negative, second order in space. Where Ψ is so concave that S folds, −τΨ is
// replaced by its c-concave hull, which leaves out what is nobody's minimum. Ψ[ρⁿ⁺¹] is a
// fixed point of Ψ ↦ Ψ[ρ(Ψ)], found by Anderson's acceleration from Ψ[ρⁿ]; a potential
// needs one pass. Steps are the true JKO iterates up to the grid and the tolerance: for
// linear attention those of exact.LinearAttention.
//
// Residual is max|Ψ[ρⁿ⁺¹] − Ψ| over the cells with mass, relative to the range of Ψ there:
// the step's optimality condition, as φ/τ = −Ψ holds exactly. The condition is necessary;
// where F is not convex along the step there may be other densities that meet it. Transport
// is a strict upper bound. Slack is by how much remap and bound have raised the step's value
// for Ψ frozen above ∫φᶜdρⁿ/τ, its exact minimum: densities that contract to
// below a cell's width stop falling in energy there. Dual is that minimum less O(h²/τ), a
// strict lower bound, for potentials; −Inf for others.
type PushForward struct {
	// Tolerance is the Residual at which the fixed point stops. 0 means 1e-9.
	Tolerance float64 `yaml:"tolerance"`
	// MaxIterations bounds the evaluations of Ψ in one step, after which the step is
	// halved. 0 means 50.
	MaxIterations int `yaml:"max-iterations"`
	// Memory is the number of earlier iterates that the acceleration combines. 0 means
	// 5, −1 the plain iteration.
	Memory int `yaml:"memory"`
}

func init() {
	JKOInners.Add("push-forward", func() JKOInner {
		return &PushForward{Tolerance: defaultTolerance, MaxIterations: defaultMaxIterations, Memory: defaultMemory}
	})
}

// Name returns "push-forward".
func (PushForward) Name() string { return "push-forward" }

// Summary says in a line what the solver is.
func (PushForward) Summary() string {
	return "Wasserstein JKO step (I + τ∇Ψ)⁻¹ by conservative remap; potentials, interactions, Transformers at temperature 0"
}

// Validate reports a tolerance outside [0, 1), a negative number of iterations or a
// memory outside [−1, 20].
func (p PushForward) Validate() error {
	return Variational{Tolerance: p.Tolerance, MaxIterations: p.MaxIterations, Memory: p.Memory}.Validate()
}

// WithTolerance returns p with another tolerance.
func (p PushForward) WithTolerance(tolerance float64) JKOInner {
	p.Tolerance = tolerance
	return p
}

// Domain says that potentials and averages are taken, in any dimension.
func (PushForward) Domain() JKODomain {
	return JKODomain{Terms: PotentialTerm | MeanTerm, Wasserstein: true, SecondDim: AnyDim, Space: 2}
}

// semiDiscrete returns MUSCL with 1/fineness of its default step. Both are second order in
// space but on a fixed grid they are different flows: a study of the step alone wants
// cells fine enough for O(h²) not to matter.
func (PushForward) semiDiscrete(_ JKO, fineness int) Scheme {
	return MUSCL{CFL: defaultCFL(0) / float64(fineness)}
}

// Bind returns a workspace. It fails on graded axes.
func (p PushForward) Bind(f Functional, grids []*grid.Grid) (JKOSolver, error) {
	w := &pushForward{f: f, constant: f.Dependence() == Constant, tolerance: p.Tolerance, iterations: p.MaxIterations}
	if w.tolerance == 0 {
		w.tolerance = defaultTolerance
	}
	if w.iterations == 0 {
		w.iterations = defaultMaxIterations
	}
	memory := p.Memory
	if memory == 0 {
		memory = defaultMemory
	}
	for c, g := range grids {
		if err := g.CheckUniform(); err != nil {
			return nil, fmt.Errorf("the inner solver push-forward: %w", err)
		}
		if c > 0 && g.Equal(grids[c-1]) { // depth slices of one block share their scratch
			w.push = append(w.push, w.push[c-1])
			continue
		}
		w.push = append(w.push, newPush(g))
	}
	w.fixed.init(f, grids, max(memory, 0))
	return w, nil
}

// pushForward is the workspace of PushForward.
type pushForward struct {
	f          Functional
	constant   bool
	tolerance  float64
	iterations int
	push       []*push
	fixed      fixedPoint // of Ψ
}

// Solve takes one step.
func (w *pushForward) Solve(ctx context.Context, rho State, start JKOStart) (JKOResult, error) {
	for c, psi := range w.fixed.psi.field {
		copy(psi, start.Variation[c])
	}
	w.fixed.reset()
	res := JKOResult{Dual: math.Inf(-1), Tolerance: w.tolerance}
	for k := range w.iterations {
		if err := ctx.Err(); err != nil {
			return res, err
		}
		for c, p := range w.push {
			if i := firstNonFinite(w.fixed.psi.field[c]); i >= 0 {
				return res, fmt.Errorf("%w: after %d iterations the first variation of component %d is not finite", ErrNotConverged, k, c)
			}
			p.carry(rho[c].Values, start.Rho[c].Values, w.fixed.psi.field[c], start.Tau)
		}
		res.Energy = w.f.Variation(w.fixed.image.field, rho)
		res.Evaluations++
		res.Iterations++
		if res.Residual = w.fixed.mismatch(rho); res.Residual <= w.tolerance {
			w.account(&res, rho, start)
			return res, nil
		}
		if w.fixed.stuck(res.Residual, k) {
			break
		}
		if k == 0 {
			w.fixed.weigh(rho, start.Rho)
		}
		w.fixed.next()
	}
	return res, fmt.Errorf("%w: residual %.3g after %d iterations at step %.3g: want %.3g",
		ErrNotConverged, res.Residual, res.Evaluations, start.Tau, w.tolerance)
}

// account sets the cost of the transport, the slack and the dual bound.
func (w *pushForward) account(res *JKOResult, rho State, start JKOStart) {
	dual := res.Energy
	for c, p := range w.push {
		weight := w.f.Weight(c)
		b := newStepBounds(p.grid, rho[c].Values, start.Rho[c].Values, w.fixed.psi.field[c], start.Tau)
		res.Transport += weight * b.transport
		res.Slack += weight * b.raised
		dual += weight * b.gain
	}
	if w.constant {
		res.Dual = dual
	}
}

// push is the scratch for one grid.
type push struct {
	grid           *grid.Grid
	remap          *transport.Remap
	phi, psi, mass []float64 // −τΨ or its hull, its transform, masses
}

func newPush(g *grid.Grid) *push {
	n := g.Len()
	return &push{grid: g, remap: transport.NewRemap(g), phi: make([]float64, n), psi: make([]float64, n), mass: make([]float64, n)}
}

// carry writes the image of rhoN for the first variation v to rho.
func (p *push) carry(rho, rhoN, v []float64, tau float64) {
	for i, x := range v {
		p.phi[i] = -tau * x
	}
	concaveHull(p.phi, p.psi, p.mass, p.grid)
	p.remap.Gradient(p.phi)
	p.remap.Carry(rho, rhoN)
}
