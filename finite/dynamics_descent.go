package finite

import (
	"context"
	"fmt"

	"pdesolve/pde"
)

// Descent is gradient descent,
//
//	θ ← θ − h ∇Ψ(θ),
//
// Euler's method for the flow of Gradient: a step takes training time h and the
// curve converges to that flow at order 1 in h. For equal weights ∇Ψ = ML ∂Q/∂θ, so
// that h is the learning rate of ∂Q/∂θ divided by ML [G, §2]. On a quadratic energy of
// curvature κ the step is stable for hκ ≤ 2.
//
// With Clip = c a gradient is shortened to ∇Ψ min(1, c/‖∇Ψ‖) before a step, where ‖∇Ψ‖² is
// the Dissipation, so that c means the same for all widths and depths. The limit is then
// the flow whose velocity is shortened alike, which is the curve of gradient flow at
// another pace.
type Descent struct {
	Step float64 `yaml:"step"` // training time h of a step, above 0; 0 means the default 0.01
	Clip float64 `yaml:"clip"` // largest length c of the gradient; 0, the default, does not clip
}

func init() {
	Kinds.Add("descent", func() Dynamics { return &Descent{Step: defaultStep} })
}

// Name returns "descent".
func (Descent) Name() string { return "descent" }

// Summary says what the dynamics is.
func (Descent) Summary() string { return "gradient descent; order 1 in the step to gradient flow" }

// Validate reports a step that is not a positive number, and a negative clip.
func (d Descent) Validate() error { return checkClipped(d.Step, d.Clip) }

// Train moves e; see Dynamics. Each interval between saved times is cut into the
// fewest equal steps that are not longer than Step. A step after which a
// parameter, F or a gradient is not finite ends the run at the state before it, with
// an error that wraps a *pde.DivergedError.
func (d Descent) Train(ctx context.Context, f pde.AtomFunctional, e *pde.Ensemble, times []float64, save func(s int) error) error {
	if err := d.Validate(); err != nil {
		return fmt.Errorf("finite: descent: %w", err)
	}
	m := &march{name: d.Name(), step: filledStep(d.Step), clip: d.Clip, f: f}
	return m.train(ctx, descent{}, e, times, save)
}

// descent makes the steps of Descent.
type descent struct{}

func (descent) advance(m *march, e *pde.Ensemble, h float64, _ int) {
	for i, g := range m.grad {
		e.Theta[i] -= h * g
	}
}

func (descent) carry() []any { return nil }

func (descent) force(m *march, e *pde.Ensemble, _ int) float64 { return m.exact(e) }
