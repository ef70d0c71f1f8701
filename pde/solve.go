package pde

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Problem is an initial value problem: the gradient flow of Energy from Initial,
// wanted at Times.
type Problem struct {
	Energy  Energy
	Initial State     // densities of positive mass, ρ ≥ 0; Solve does not change them
	Times   []float64 // training times to save at: 0 first, then increasing
}

// Options are the settings of Solve; nil means the defaults.
type Options struct {
	// WallMass is the largest mass in the outermost cells of one side of the box that
	// is not a WallError. The default, also for 0, is 1e-6: that much mass at the wall
	// moves an observable by about 1e-6 of its range, which is below the grid errors of
	// practical runs, while a first-order scheme, whose tails spread as under diffusion
	// h|∇Ψ|/2, needs no box much wider than the support. Negative: the walls are part of
	// the model, and the mass there is recorded but allowed.
	WallMass float64
	// MaxSteps is the largest number of steps; 0, the default, is no limit.
	MaxSteps int
	// Progress, if not nil, is called after every step with the training time reached.
	Progress func(tau float64)
	// UntilResidual, if above 0, ends the run at the first step over which
	// ‖∂ρ/∂τ‖₁ = max_c ∫|ρ_c after − ρ_c before|/dt falls below it; see Trajectory.Steady. The
	// last of Problem.Times is then the latest end. Values near 1e-15/dt are rounding.
	UntilResidual float64
	// OmitStates leaves Trajectory.States empty, for runs that need only series.
	OmitStates bool
}

// prober is a Stepper that can evaluate the functional and its own dissipation at
// a state and reuse the evaluation in the step that starts there.
type prober interface {
	probe(rho State) (StepReport, error)
}

// Solve integrates the gradient flow of p.Energy by the scheme s and returns the
// trajectory at p.Times, which are hit exactly, or until the flow is steady; see
// Options.UntilResidual.
//
// After every step it checks the mass (1e-12 relative), the sign and the
// finiteness of every component and the mass at the walls. It returns an error if
// the problem is unusable, a *ContractError, a *WallError, an error that wraps
// ErrDiverged, or one that wraps ctx's error if ctx ends. With an error of the run
// it returns the trajectory as far as it got; with one of the request, nil.
//
// It warns, in Trajectory.Warnings, if half of the mass sits in so few cells that the
// grid does not resolve the density, as after a blow-up, and if a run that was to end at
// rest does not.
//
// It panics if p.Energy, s or a density of p.Initial is nil.
func Solve(ctx context.Context, p Problem, s Scheme, o *Options) (*Trajectory, error) {
	if p.Energy == nil || s == nil {
		panic("pde: Solve: nil energy or scheme")
	}
	r, err := newRun(p, s, o)
	if err != nil {
		return nil, err
	}
	err = r.all(ctx, p.Times)
	r.finish()
	return r.traj, err
}

// run is a Solve in progress.
type run struct {
	f       Functional
	step    Stepper
	options Options
	rho     State
	psi     Field // of steppers that are not probers; nil otherwise
	watch   *watch
	motion  *motion // nil unless Options.UntilResidual is given
	traj    *Trajectory

	time     float64
	start    float64 // F at time 0
	last     float64 // F before the last step
	integral float64 // ∫ Dissipation since the last saved time …
	pending  float64 // … but for the last step, which was this long …
	lastD    float64 // … and began with this dissipation
	worst    float64 // largest |Residual|
}

// newRun checks and binds the problem.
func newRun(p Problem, s Scheme, o *Options) (*run, error) {
	r := &run{traj: &Trajectory{}}
	if o != nil {
		r.options = *o
	}
	if r.options.WallMass == 0 {
		r.options.WallMass = 1e-6
	}
	if u := r.options.UntilResidual; !(u >= 0) || math.IsInf(u, 0) {
		return nil, fmt.Errorf("pde: until residual: %v: want a finite number above 0, or 0 for none", u)
	}
	if err := errors.Join(checkTimes(p.Times), checkInitial(p.Initial)); err != nil {
		return nil, err
	}
	if err := p.Energy.Validate(); err != nil {
		return nil, fmt.Errorf("pde: energy: %w", err)
	}
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("pde: scheme %s: %w", s.Name(), err)
	}
	grids := p.Initial.Grids()
	var err error
	if r.f, err = p.Energy.Bind(grids); err != nil {
		return nil, fmt.Errorf("pde: energy: %w", err)
	}
	if err := checkCap(r.f, p.Initial); err != nil {
		return nil, fmt.Errorf("pde: %w", err)
	}
	if r.step, err = s.Bind(r.f, grids); err != nil {
		return nil, fmt.Errorf("pde: scheme %s: %w", s.Name(), err)
	}
	if _, ok := r.step.(prober); !ok {
		r.psi = NewField(grids)
	}
	r.rho = p.Initial.Clone()
	r.watch = newWatch(r.step, r.rho, r.options.WallMass, &r.traj.Contracts)
	if r.options.UntilResidual > 0 {
		r.motion = newMotion(r.rho)
	}
	return r, nil
}

// all runs through the saved times.
func (r *run) all(ctx context.Context, times []float64) error {
	// The walls are watched from the start: what is there now was there before.
	if err := r.watch.check(r.rho, 0, 0); err != nil {
		return err
	}
	if err := r.save(); err != nil {
		return err
	}
	for _, t := range times[1:] {
		for r.time < t && !r.traj.Steady {
			if err := r.advance(ctx, t); err != nil {
				return err
			}
		}
		if err := r.save(); err != nil || r.traj.Steady {
			return err
		}
	}
	r.settle()
	return nil
}

// advance takes one step towards the saved time t.
func (r *run) advance(ctx context.Context, t float64) error {
	c := &r.traj.Contracts
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("pde: stopped at τ = %.6g after %d steps: %w", r.time, c.Steps, err)
	}
	if m := r.options.MaxSteps; m > 0 && c.Steps >= m {
		return fmt.Errorf("pde: %d steps reached τ = %.6g, not %.6g: want a larger limit or a coarser grid", m, r.time, t)
	}
	rest := t - r.time
	rep, err := r.step.Step(ctx, r.rho, rest)
	if err != nil {
		return r.locate(err)
	}
	if !(rep.Dt > 0) || rep.Dt < rest && r.time+rep.Dt == r.time {
		return r.locate(&DivergedError{Component: -1, What: fmt.Sprintf("the step bound fell to %.3g", rep.Dt)})
	}
	r.account(rep)
	r.pending, r.lastD = rep.Dt, rep.Dissipation
	if r.time += rep.Dt; rep.Dt >= rest {
		r.time = t
	}
	c.Steps++
	c.Evaluations += rep.Evaluations
	c.Rejections += rep.Rejections
	c.Limited += rep.Limited
	c.MaxDt = max(c.MaxDt, rep.Dt)
	c.certify(rep)
	if r.motion != nil {
		c.Motion = r.motion.step(r.rho, rep.Dt)
		r.traj.Steady = c.Motion < r.options.UntilResidual
	}
	if err := r.watch.check(r.rho, c.Steps, r.time); err != nil {
		return err
	}
	if r.options.Progress != nil {
		r.options.Progress(r.time)
	}
	return nil
}

// account closes the books of the step before, now that the energy and the
// dissipation at its end are known. Each interval is integrated by the trapezoidal
// rule.
func (r *run) account(rep StepReport) {
	rise := (rep.Energy - r.last) / max(1, math.Abs(r.start))
	r.traj.Contracts.EnergyRise = max(r.traj.Contracts.EnergyRise, rise)
	r.last = rep.Energy
	r.integral += r.pending * (r.lastD + rep.Dissipation) / 2
	r.pending = 0
}

// locate adds step and time to the error of a step.
func (r *run) locate(err error) error {
	step := r.traj.Contracts.Steps + 1
	if d, ok := errors.AsType[*DivergedError](err); ok {
		d.Step, d.Time = step, r.time
		return err
	}
	return fmt.Errorf("pde: step %d, τ = %.6g: %w", step, r.time, err)
}

// save appends the present state to the trajectory.
func (r *run) save() error {
	rep, err := r.probe()
	if err != nil {
		return r.locate(err)
	}
	t := r.traj
	first := len(t.Time) == 0
	if first {
		r.start, r.last = rep.Energy, rep.Energy
	}
	r.account(rep)
	residual := 0.0
	if !first {
		residual = rep.Energy - t.Energy[len(t.Energy)-1] + r.integral
	}
	r.worst = max(r.worst, math.Abs(residual))
	r.integral = 0
	t.Contracts.Evaluations += rep.Evaluations
	t.Time = append(t.Time, r.time)
	t.Energy = append(t.Energy, rep.Energy)
	t.Dissipation = append(t.Dissipation, rep.Dissipation)
	t.Residual = append(t.Residual, residual)
	if l, ok := r.f.(Learner); ok {
		risk, output := l.Reading()
		t.Risk = append(t.Risk, risk)
		t.Output = append(t.Output, slices.Clone(output))
	}
	r.crowd()
	if !r.options.OmitStates {
		t.States = append(t.States, r.rho.Clone())
	}
	return nil
}

// probe evaluates energy and dissipation at the present state. For a stepper that
// has no face sums of its own they are those of the first-order upwind scheme.
func (r *run) probe() (StepReport, error) {
	if p, ok := r.step.(prober); ok {
		return p.probe(r.rho)
	}
	rep := StepReport{Evaluations: 1, Energy: r.f.Variation(r.psi, r.rho)}
	if err := finiteEnergy(rep.Energy); err != nil {
		return rep, err
	}
	for c, d := range r.rho {
		rep.Dissipation += r.f.Weight(c) * dissipation(d, r.psi[c])
	}
	return rep, nil
}

// finish relates the largest residual to the total fall of the energy. A run at
// rest has no fall; there the residual is relative to the rounding-safe unit
// max(1, |F|).
func (r *run) finish() {
	t := r.traj
	if len(t.Energy) == 0 {
		return
	}
	unit := max(1, math.Abs(r.start))
	fall := r.start - t.Energy[len(t.Energy)-1]
	if fall < 1e-12*unit {
		fall = unit
	}
	t.Contracts.Residual = r.worst / fall
}
