package finite

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"pdesolve/pde"
)

// Options adjusts Simulate; nil means the defaults.
type Options struct {
	// Progress is called after every step, from the caller's goroutine, with the
	// training time reached. Default: nothing.
	Progress func(tau float64)
	// EndsOnly keeps the atoms of the first and the last saved time only; the
	// entries of Trajectory.Ensembles between are nil. Default: all are kept, which
	// takes 8 bytes a parameter and saved time.
	EndsOnly bool
	// Checkpoint, if not nil, keeps the run on its way, or goes on with one that was kept.
	Checkpoint *Checkpoint
}

// Simulate trains the atoms start, which are not changed, by the dynamics d and
// returns the curve. times are the saved training times: increasing, the first 0.
//
// In the trajectory, Residual of an interval is ΔF + ∫D dτ, which is 0 for exact
// gradient flow; a dynamics that does not integrate D along its steps (see
// Observer) has it by the trapezoidal rule over the saved times. Risk and Output
// are set if the bound energy is a pde.Learner. Of the contracts, MinDensity is the
// smallest weight of an atom, EnergyRise runs over all steps reported by the
// dynamics and over the saved times, Evaluations counts gradients, one at each saved
// time among them, and MassError, WallMass and Certificate are 0: weights do not
// change and atoms have no box.
//
// If ctx is done or the run diverges (a *pde.DivergedError), the error says at which
// training time, and the trajectory returned with it holds the times saved until
// then; a dynamics of fixed steps that diverges adds the last good state as one more
// time. With an error of the request the trajectory is nil. Simulate panics if e,
// start or d is nil.
func Simulate(ctx context.Context, e pde.AtomEnergy, start *pde.Ensemble, times []float64, d Dynamics, o *Options) (*pde.Trajectory, error) {
	if e == nil || start == nil || d == nil {
		panic("finite: Simulate: nil energy, start or dynamics")
	}
	if o == nil {
		o = &Options{}
	}
	if err := checkTimes(times); err != nil {
		return nil, err
	}
	if err := d.Validate(); err != nil {
		return nil, fmt.Errorf("finite: %s: %w", d.Name(), err)
	}
	if i := slices.IndexFunc(start.Theta, func(v float64) bool { return !finite(v) }); i >= 0 {
		return nil, fmt.Errorf("finite: the start has a parameter that is not finite: entry %d is %v", i, start.Theta[i])
	}
	if err := e.Validate(); err != nil {
		return nil, fmt.Errorf("finite: energy: %w", err)
	}
	f, err := e.BindAtoms(start)
	if err != nil {
		return nil, fmt.Errorf("finite: energy: %w", err)
	}
	if err := checkNoise(f, start, d); err != nil {
		return nil, err
	}
	r := newRecorder(f, start.Clone(), times, o)
	err = d.Train(ctx, r, r.atoms, times, r.save)
	r.finish()
	if err != nil && r.failed != nil && !errors.Is(err, r.failed) {
		err = errors.Join(err, r.keepError())
	}
	return r.curve, err
}

// checkNoise reports a temperature that d does not know.
func checkNoise(f pde.AtomFunctional, start *pde.Ensemble, d Dynamics) error {
	if _, noisy := d.(Noisy); noisy {
		return nil
	}
	for c := range start.Component {
		if σ := temperature(f, c); σ > 0 {
			return fmt.Errorf("finite: %s: moves atoms without noise, and the energy has temperature %v: want the dynamics langevin, or temperature 0", d.Name(), σ)
		}
	}
	return nil
}

// checkTimes reports what is wrong with the saved times.
func checkTimes(times []float64) error {
	if len(times) == 0 || times[0] != 0 {
		return fmt.Errorf("finite: saved times %v: want an increasing list whose first entry is 0", times)
	}
	for s, t := range times {
		if !finite(t) || s > 0 && t <= times[s-1] {
			return fmt.Errorf("finite: saved times: entry %d is %v: want finite numbers, each above the one before", s, t)
		}
	}
	return nil
}

// recorder is the Observer that fills a trajectory.
type recorder struct {
	pde.AtomFunctional
	options *Options
	atoms   *pde.Ensemble // moved by the dynamics
	grad    []float64
	times   []float64
	curve   *pde.Trajectory

	energy     float64 // F at the last point known, for EnergyRise
	rise       float64
	dissipated float64 // ∫D to the time about to be saved, NaN if not reported
	before     float64 // the same at the last saved time

	carried []any // by the dynamics; see Carry
	failed  error // of keeping a checkpoint
}

func newRecorder(f pde.AtomFunctional, atoms *pde.Ensemble, times []float64, o *Options) *recorder {
	r := &recorder{AtomFunctional: f, options: o, atoms: atoms, times: times, grad: make([]float64, len(atoms.Theta)), curve: &pde.Trajectory{}, dissipated: math.NaN()}
	r.curve.Contracts.MinDensity = leastWeight(atoms)
	return r
}

// Unwrap returns the functional that is observed.
func (r *recorder) Unwrap() pde.AtomFunctional { return r.AtomFunctional }

// Gradient counts and evaluates.
func (r *recorder) Gradient(grad []float64, e *pde.Ensemble) float64 {
	r.curve.Contracts.Evaluations++
	return r.AtomFunctional.Gradient(grad, e)
}

// Stepped takes note of a step.
func (r *recorder) Stepped(s Step) {
	c := &r.curve.Contracts
	c.Steps++
	c.Rejections += s.Rejected
	c.MaxDt = max(c.MaxDt, s.Dt)
	r.saw(s.Energy)
	r.keep(false)
	if p := r.options.Progress; p != nil {
		p(s.Time)
	}
}

// Stopped keeps the state after the last step.
func (r *recorder) Stopped(unfinished int) {
	r.curve.Contracts.Evaluations -= unfinished
	r.keep(true)
}

// Dissipated takes note of ∫D.
func (r *recorder) Dissipated(total float64) { r.dissipated = total }

// Kept saves the last good state of a run that diverged, unless it is saved already.
func (r *recorder) Kept(time float64) {
	if n := len(r.curve.Time); n == 0 || time > r.curve.Time[n-1] {
		// The state was found good when it was reached, and the run ends with an error anyway.
		_ = r.append(time, true)
	}
}

// saw takes note of a value of F, if it is known; values come in the order of training
// time.
func (r *recorder) saw(energy float64) {
	if math.IsNaN(energy) {
		return
	}
	r.rise = max(r.rise, energy-r.energy)
	r.energy = energy
}

// save appends the present state to the curve.
func (r *recorder) save(s int) error {
	if n := len(r.curve.Time); s != n {
		panic(fmt.Sprintf("finite: a dynamics saves time %d after %d times", s, n))
	}
	if r.failed != nil {
		return r.keepError()
	}
	return r.append(r.times[s], s == 0 || s == len(r.times)-1 || !r.options.EndsOnly)
}

// append appends the present state, reached at the given time, to the curve; its
// atoms only if keep.
func (r *recorder) append(time float64, keep bool) error {
	t := r.curve
	s := len(t.Time)
	energy := r.Gradient(r.grad, r.atoms)
	rate := Dissipation(r.AtomFunctional, r.grad, r.atoms)
	if !finite(energy) || !finite(rate) {
		return diverged(time, t.Contracts.Steps, firstBad(r.grad, r.atoms), fmt.Sprintf("the energy is %v and its dissipation %v", energy, rate))
	}
	t.Time = append(t.Time, time)
	t.Energy = append(t.Energy, energy)
	t.Dissipation = append(t.Dissipation, rate)
	if l, ok := r.AtomFunctional.(pde.Learner); ok {
		risk, output := l.Reading()
		t.Risk = append(t.Risk, risk)
		t.Output = append(t.Output, slices.Clone(output))
	}
	t.Ensembles = append(t.Ensembles, nil)
	if keep {
		t.Ensembles[s] = r.atoms.Clone()
	}
	if s == 0 {
		r.energy = energy
		t.Residual = append(t.Residual, 0)
		return nil
	}
	// A saved time lies inside a step whose end may have been seen already, so that
	// only saved times are compared with one another here.
	r.rise = max(r.rise, energy-t.Energy[s-1])
	loss := r.dissipated - r.before
	if math.IsNaN(loss) {
		loss = (t.Time[s] - t.Time[s-1]) * (t.Dissipation[s] + t.Dissipation[s-1]) / 2
	} else {
		r.before = r.dissipated
	}
	r.dissipated = math.NaN()
	t.Residual = append(t.Residual, energy-t.Energy[s-1]+loss)
	return nil
}

// finish computes the contracts that relate to the whole curve.
func (r *recorder) finish() {
	t := r.curve
	if len(t.Time) == 0 {
		return
	}
	first, last := t.Energy[0], t.Energy[len(t.Energy)-1]
	t.Contracts.EnergyRise = r.rise / max(1, math.Abs(first))
	var worst float64
	for _, v := range t.Residual {
		worst = max(worst, math.Abs(v))
	}
	t.Contracts.Residual = worst / fall(first, last)
}

// fall returns the fall of F to which residuals relate. A run at rest has none;
// there the unit of EnergyRise takes its place.
func fall(first, last float64) float64 {
	unit := max(1, math.Abs(first))
	if first-last < 1e-12*unit {
		return unit
	}
	return first - last
}
