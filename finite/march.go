package finite

import (
	"context"
	"fmt"
	"math"

	"pdesolve/pde"
)

// defaultStep is the training time of a step where none is given.
const defaultStep = 0.01

// filledStep returns step, or the default for 0.
func filledStep(step float64) float64 {
	if step == 0 {
		return defaultStep
	}
	return step
}

// checkStep reports a training time of a step that is not positive and finite.
func checkStep(step float64) error {
	if !(step > 0) || !finite(step) {
		return fmt.Errorf("step: %v: want a positive number, the training time of a step, such as %v", step, defaultStep)
	}
	return nil
}

// checkClipped is checkStep, with the default filled in, for a dynamics that can clip.
func checkClipped(step, clip float64) error {
	if !(clip >= 0) || !finite(clip) {
		return fmt.Errorf("clip: %v: want a positive number, the largest length of the gradient, or 0 not to clip", clip)
	}
	return checkStep(filledStep(step))
}

// stepper makes the steps of a dynamics with a fixed step. It owns its scratch.
type stepper interface {
	// advance moves e, whose gradient was last evaluated into m.grad, by training time h.
	// number counts the steps from 0.
	advance(m *march, e *pde.Ensemble, h float64, number int)
	// force evaluates what the next step descends into m.grad and returns F, or anything
	// finite if m.blind.
	force(m *march, e *pde.Ensemble, number int) float64
	// carry returns pointers to what the stepper carries from step to step; see Observer.
	carry() []any
}

// march makes steps of equal length between saved times: each interval is cut into the
// fewest equal steps that are not longer than step. A step that divides all of
// them is therefore taken as it is, and saved times are hit exactly.
type march struct {
	name  string
	step  float64
	clip  float64 // largest length of grad at a step; 0 for no limit
	f     pde.AtomFunctional
	grad  []float64
	good  []float64 // the last state at which all was finite
	calls int       // gradients since the last report
	last  float64   // what force returned
	blind bool      // force does not know F: none is reported

	failed string // why advance could not make the step; empty if it could
}

// exact evaluates the gradient of F itself: the force of a dynamics without
// minibatches.
func (m *march) exact(e *pde.Ensemble) float64 { return m.gradient(m.grad, e) }

// gradient counts and evaluates.
func (m *march) gradient(grad []float64, e *pde.Ensemble) float64 {
	m.calls++
	return m.f.Gradient(grad, e)
}

// train runs s; see Dynamics. A step after which the parameters, F, the gradient or the
// dissipation are not finite ends the run: e is put back to the state before it, an
// Observer is told by Kept, and the error wraps a *pde.DivergedError that names step,
// time, component and quantity.
func (m *march) train(ctx context.Context, s stepper, e *pde.Ensemble, times []float64, save func(s int) error) error {
	m.grad, m.good = make([]float64, len(e.Theta)), make([]float64, len(e.Theta))
	at, done, number := 1, 0, 0 // interval, steps of it that are done, steps in all
	watch, watched := m.f.(Observer)
	if !watched || !watch.Carry(append(s.carry(), &e.Theta, &m.grad, &m.last, &at, &done, &number)...) {
		if err := save(0); err != nil || len(times) == 1 {
			return err
		}
		if what, c := m.evaluate(s, e, 0); what != "" {
			return diverged(0, 0, c, what)
		}
	}
	for ; at < len(times); at, done = at+1, 0 {
		from, length := times[at-1], times[at]-times[at-1]
		// A quotient that rounding has put just above a whole number is that number.
		n := max(1, math.Ceil(length/m.step*(1-1e-12)))
		h := length / n
		for float64(done) < n {
			before := from + float64(done)*h
			if err := ctx.Err(); err != nil {
				if watched {
					watch.Stopped(0)
				}
				return fmt.Errorf("finite: %s: stopped at training time %.6g: %w", m.name, before, err)
			}
			copy(m.good, e.Theta)
			m.shorten(e)
			s.advance(m, e, h, number)
			number++
			done++
			if what, c := m.evaluate(s, e, number); what != "" {
				copy(e.Theta, m.good)
				if watched {
					watch.Kept(before)
				}
				return diverged(before, number-1, c, fmt.Sprintf("%s: it is %v, want a shorter one", what, m.step))
			}
			if watched {
				watch.Stepped(Step{Time: from + float64(done)*h, Dt: h, Energy: m.last, Evaluations: m.calls})
			}
			m.calls = 0
		}
		if err := save(at); err != nil {
			return err
		}
	}
	return nil
}

// shorten scales the gradient down to the length clip if it is longer.
func (m *march) shorten(e *pde.Ensemble) {
	if m.clip == 0 {
		return
	}
	if length := math.Sqrt(Dissipation(m.f, m.grad, e)); length > m.clip {
		for i := range m.grad {
			m.grad[i] *= m.clip / length
		}
	}
}

// evaluate takes the force at e and says what is not finite, and in which component;
// "" if all is.
func (m *march) evaluate(s stepper, e *pde.Ensemble, number int) (what string, component int) {
	if m.failed != "" {
		return m.failed, -1
	}
	if c := firstBad(e.Theta, e); c >= 0 {
		return "a parameter is not finite: the step is too long", c
	}
	m.last = s.force(m, e, number)
	if c := firstBad(m.grad, e); c >= 0 {
		return "a gradient is not finite: the step is too long", c
	}
	if !finite(m.last) {
		return fmt.Sprintf("the energy is %v: the step is too long", m.last), -1
	}
	if d := Dissipation(m.f, m.grad, e); !finite(d) { // a good state can be saved, with its dissipation
		return fmt.Sprintf("the dissipation is %v: the step is too long", d), -1
	}
	if m.blind {
		m.last = math.NaN()
	}
	return "", -1
}
