package finite

import (
	"context"
	"fmt"
	"math"

	"pdesolve/pde"
)

// JKO makes the minimising movements of Jordan, Kinderlehrer and Otto on atoms,
//
//	θⁿ⁺¹ = argmin F(θ) + Σ_c w_c Σ_j weight_j |θ_j − θⁿ_j|²/(2h),
//
// c running over layers and blocks with the weights w_c of the metric. Atoms that do not
// cross are moved to themselves by the optimal plan, so that for weighted nodes of ρ₀ these
// are the steps of pde.JKO with the Wasserstein distance, without a grid's error. The
// optimality condition is Euler's implicit step
//
//	θⁿ⁺¹ = θⁿ − h∇Ψ(θⁿ⁺¹).
//
// Of order 2 is the midpoint form of pde.JKO, a step of h/2 after which the atoms go on as
// far in the same direction:
//
//	θⁿ⁺¹ᐟ² = θⁿ − h/2 ∇Ψ(θⁿ⁺¹ᐟ²),   θⁿ⁺¹ = 2θⁿ⁺¹ᐟ² − θⁿ.
//
// The condition is solved by fixed-point iteration from Euler's explicit step, to rounding.
// It contracts for h‖∇²Ψ‖ < 1, where the minimiser is unique; a step for which it does not
// ends the run.
type JKO struct {
	Step      float64 `yaml:"step"`  // training time h of a step, above 0; 0 means the default 0.01
	TimeOrder int     `yaml:"order"` // order in the step: 1, which also stands for 0, or 2
}

func init() {
	Kinds.Add("jko", func() Dynamics { return &JKO{Step: defaultStep, TimeOrder: 1} })
}

// Name returns "jko".
func (JKO) Name() string { return "jko" }

// Summary says what the dynamics is.
func (JKO) Summary() string {
	return "minimising movements, implicit steps; order 1 or 2 in the step to gradient flow"
}

// Validate reports a step that is not a positive number, or another order.
func (d JKO) Validate() error {
	if d.TimeOrder < 0 || d.TimeOrder > 2 {
		return fmt.Errorf("order: %d: want 1 or 2", d.TimeOrder)
	}
	return checkStep(filledStep(d.Step))
}

// Train moves e; see Dynamics and Descent.Train.
func (d JKO) Train(ctx context.Context, f pde.AtomFunctional, e *pde.Ensemble, times []float64, save func(s int) error) error {
	if err := d.Validate(); err != nil {
		return fmt.Errorf("finite: jko: %w", err)
	}
	m := &march{name: d.Name(), step: filledStep(d.Step), f: f}
	return m.train(ctx, &minimising{order: max(1, d.TimeOrder)}, e, times, save)
}

// minimising makes the steps of JKO.
type minimising struct {
	order int
	from  []float64 // θⁿ
}

// Limits of the fixed-point iteration: a change of this size relative to the parameters
// is rounding, and an iteration that contracts at all useful a rate is there by then.
const (
	fixedPointRounding = 4e-15
	fixedPointMost     = 200
)

func (s *minimising) advance(m *march, e *pde.Ensemble, h float64, _ int) {
	s.from = append(s.from[:0], e.Theta...)
	if s.order == 2 {
		h /= 2
	}
	last := math.Inf(1)
	for k := 0; ; k++ {
		change, size := 0.0, 0.0
		for i, g := range m.grad {
			next := s.from[i] - h*g
			change, size = max(change, math.Abs(next-e.Theta[i])), max(size, math.Abs(next))
			e.Theta[i] = next
		}
		// Rounding is also where changes stop falling.
		if change <= fixedPointRounding*size || change <= 100*fixedPointRounding*size && change >= last {
			break
		}
		if !finite(change) || k == fixedPointMost || k > 2 && change > 2*last {
			m.failed = fmt.Sprintf("the fixed point of the implicit step is not found in %d iterations: the step is too long", k)
			return
		}
		last = change
		m.exact(e)
	}
	if s.order == 2 {
		for i, x := range s.from {
			e.Theta[i] = 2*e.Theta[i] - x
		}
	}
}

func (*minimising) carry() []any { return nil }

func (*minimising) force(m *march, e *pde.Ensemble, _ int) float64 { return m.exact(e) }
