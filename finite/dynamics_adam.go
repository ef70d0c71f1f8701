package finite

import (
	"context"
	"fmt"
	"math"

	"pdesolve/pde"
)

// Adam is the adaptive method of Kingma and Ba, deterministic here, with g = ∇Ψ(θ):
//
//	m ← β₁m + (1 − β₁)g,    v ← β₂v + (1 − β₂)g²,
//	θ ← θ − h (m/(1 − β₁ᵏ)) / (√(v/(1 − β₂ᵏ)) + ε),    k = 1, 2, … the step's number.
//
// A step takes training time h, its learning rate. Its limit is not gradient flow:
// as h → 0 at fixed β₁ and β₂ the averages reach back over a training time of 0, and
// the curve converges at order 1 in h to the preconditioned flow
//
//	dθ/dτ = −∇Ψ/(|∇Ψ| + ε),
//
// coordinate by coordinate: the flow of signs where |∇Ψ| ≫ ε, and gradient flow in the
// time τ/ε where |∇Ψ| ≪ ε. Where a coordinate's gradient crosses 0 at small ε that limit
// has a corner, and Adam oscillates about it with amplitude of order h. ε has the unit of
// ∇Ψ = ML ∂Q/∂θ.
type Adam struct {
	Step    float64 `yaml:"step"`    // learning rate h, above 0; 0 means the default 0.01
	Beta1   float64 `yaml:"beta1"`   // in [0, 1); the registered default is 0.9
	Beta2   float64 `yaml:"beta2"`   // in [0, 1); the registered default is 0.999
	Epsilon float64 `yaml:"epsilon"` // ε, above 0, in the unit of ∇Ψ; 0 means the default 1e-8
	Clip    float64 `yaml:"clip"`    // largest length of the gradient, see Descent; 0, the default, does not clip
}

// AdamW is Adam with weight decay w that is not divided by the size of the gradient
// (Loshchilov and Hutter): θ ← θ − h w θ in every step beside Adam's. Its limit is
//
//	dθ/dτ = −∇Ψ/(|∇Ψ| + ε) − wθ,
//
// at order 1 in h. It is a decay beside the one in Ψ, which is the model's decay λ.
type AdamW struct {
	Step    float64 `yaml:"step"`    // as in Adam
	Beta1   float64 `yaml:"beta1"`   // as in Adam
	Beta2   float64 `yaml:"beta2"`   // as in Adam
	Epsilon float64 `yaml:"epsilon"` // as in Adam
	Decay   float64 `yaml:"decay"`   // w, at least 0; the registered default is 0.01
	Clip    float64 `yaml:"clip"`    // largest length of the gradient, see Descent; 0, the default, does not clip
}

// The defaults of Adam.
const (
	defaultBeta1   = 0.9
	defaultBeta2   = 0.999
	defaultEpsilon = 1e-8
)

func init() {
	Kinds.Add("adam", func() Dynamics {
		return &Adam{Step: defaultStep, Beta1: defaultBeta1, Beta2: defaultBeta2, Epsilon: defaultEpsilon}
	})
	Kinds.Add("adamw", func() Dynamics {
		return &AdamW{Step: defaultStep, Beta1: defaultBeta1, Beta2: defaultBeta2, Epsilon: defaultEpsilon, Decay: 0.01}
	})
}

// plain returns the part of d that is Adam.
func (d AdamW) plain() Adam {
	return Adam{Step: d.Step, Beta1: d.Beta1, Beta2: d.Beta2, Epsilon: d.Epsilon, Clip: d.Clip}
}

// Name returns "adam".
func (Adam) Name() string { return "adam" }

// Name returns "adamw".
func (AdamW) Name() string { return "adamw" }

// Summary says what the dynamics is.
func (Adam) Summary() string {
	return "Adam; its limit is a preconditioned flow, not gradient flow"
}

// Summary says what the dynamics is.
func (AdamW) Summary() string { return "Adam with decoupled weight decay" }

// Validate reports what makes the description unusable.
func (d Adam) Validate() error {
	if err := checkClipped(d.Step, d.Clip); err != nil {
		return err
	}
	if err := checkFraction("beta1", d.Beta1); err != nil {
		return err
	}
	if err := checkFraction("beta2", d.Beta2); err != nil {
		return err
	}
	if !(d.Epsilon >= 0) || !finite(d.Epsilon) {
		return fmt.Errorf("epsilon: %v: want a positive number, such as %v", d.Epsilon, defaultEpsilon)
	}
	return nil
}

// Validate reports what makes the description unusable.
func (d AdamW) Validate() error {
	if !(d.Decay >= 0) || !finite(d.Decay) {
		return fmt.Errorf("decay: %v: want a number of at least 0, such as 0.01", d.Decay)
	}
	return d.plain().Validate()
}

// Train moves e; see Dynamics, and Descent.Train for the saved times and for runs that
// diverge.
func (d Adam) Train(ctx context.Context, f pde.AtomFunctional, e *pde.Ensemble, times []float64, save func(s int) error) error {
	if err := d.Validate(); err != nil {
		return fmt.Errorf("finite: adam: %w", err)
	}
	m := &march{name: d.Name(), step: filledStep(d.Step), clip: d.Clip, f: f}
	return m.train(ctx, newAdam(d, 0, len(e.Theta)), e, times, save)
}

// Train moves e; see Dynamics, and Descent.Train for the saved times and for runs that
// diverge.
func (d AdamW) Train(ctx context.Context, f pde.AtomFunctional, e *pde.Ensemble, times []float64, save func(s int) error) error {
	if err := d.Validate(); err != nil {
		return fmt.Errorf("finite: adamw: %w", err)
	}
	m := &march{name: d.Name(), step: filledStep(d.Step), clip: d.Clip, f: f}
	return m.train(ctx, newAdam(d.plain(), d.Decay, len(e.Theta)), e, times, save)
}

// adam makes the steps of Adam and AdamW.
type adam struct {
	Adam
	decay float64
	m, v  []float64
}

func newAdam(d Adam, decay float64, n int) *adam {
	if d.Epsilon == 0 {
		d.Epsilon = defaultEpsilon
	}
	return &adam{Adam: d, decay: decay, m: make([]float64, n), v: make([]float64, n)}
}

func (d *adam) advance(m *march, e *pde.Ensemble, h float64, number int) {
	k := float64(number + 1)
	first, second := 1/(1-math.Pow(d.Beta1, k)), 1/(1-math.Pow(d.Beta2, k))
	for i, g := range m.grad {
		d.m[i] = d.Beta1*d.m[i] + (1-d.Beta1)*g
		d.v[i] = d.Beta2*d.v[i] + (1-d.Beta2)*g*g
		e.Theta[i] -= h * (d.m[i]*first/(math.Sqrt(d.v[i]*second)+d.Epsilon) + d.decay*e.Theta[i])
	}
}

func (d *adam) carry() []any { return []any{&d.m, &d.v} }

func (*adam) force(m *march, e *pde.Ensemble, _ int) float64 { return m.exact(e) }
