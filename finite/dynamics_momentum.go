package finite

import (
	"context"
	"fmt"

	"pdesolve/pde"
)

// Momentum is gradient descent with the heavy ball's momentum β,
//
//	v ← βv − η∇Ψ(θ),    θ ← θ + v,    v = 0 at the start.
//
// Under a constant gradient v tends to −η∇Ψ/(1 − β), so that a step moves as far as
// gradient flow does in training time h = η/(1 − β). That is the step's training
// time here: η = (1 − β)h, and at fixed β the curve converges to the flow of
// Gradient at order 1 in h. The start lags: the flow is followed after a few times
// h/(1 − β). With β = 0 it is Descent, to rounding. On a quadratic energy of curvature κ
// the step is stable for hκ ≤ 2(1 + β)/(1 − β) (derived: the roots of
// z² − (1 + β − ηκ)z + β lie in the unit disc for ηκ ≤ 2(1 + β)).
type Momentum struct {
	Step     float64 `yaml:"step"`     // training time h of a step, above 0; 0 means the default 0.01
	Momentum float64 `yaml:"momentum"` // β in [0, 1); 0 means none, the registered default is 0.9
	Clip     float64 `yaml:"clip"`     // largest length of the gradient, see Descent; 0, the default, does not clip
}

func init() {
	Kinds.Add("momentum", func() Dynamics { return &Momentum{Step: defaultStep, Momentum: 0.9} })
}

// Name returns "momentum".
func (Momentum) Name() string { return "momentum" }

// Summary says what the dynamics is.
func (Momentum) Summary() string {
	return "heavy ball; order 1 in the step to gradient flow, learning rate (1 - momentum) step"
}

// Validate reports a step that is not positive, a momentum outside [0, 1) and a negative clip.
func (d Momentum) Validate() error {
	if err := checkClipped(d.Step, d.Clip); err != nil {
		return err
	}
	return checkFraction("momentum", d.Momentum)
}

// checkFraction reports a number outside [0, 1).
func checkFraction(name string, v float64) error {
	if !(v >= 0 && v < 1) {
		return fmt.Errorf("%s: %v: want a number of at least 0 and below 1, such as 0.9", name, v)
	}
	return nil
}

// Train moves e; see Dynamics, and Descent.Train for the saved times and for runs that
// diverge.
func (d Momentum) Train(ctx context.Context, f pde.AtomFunctional, e *pde.Ensemble, times []float64, save func(s int) error) error {
	if err := d.Validate(); err != nil {
		return fmt.Errorf("finite: momentum: %w", err)
	}
	m := &march{name: d.Name(), step: filledStep(d.Step), clip: d.Clip, f: f}
	return m.train(ctx, &momentum{beta: d.Momentum, v: make([]float64, len(e.Theta))}, e, times, save)
}

// momentum makes the steps of Momentum.
type momentum struct {
	beta float64
	v    []float64
}

func (d *momentum) advance(m *march, e *pde.Ensemble, h float64, _ int) {
	eta := (1 - d.beta) * h
	for i, g := range m.grad {
		d.v[i] = d.beta*d.v[i] - eta*g
		e.Theta[i] += d.v[i]
	}
}

func (d *momentum) carry() []any { return []any{&d.v} }

func (*momentum) force(m *march, e *pde.Ensemble, _ int) float64 { return m.exact(e) }
