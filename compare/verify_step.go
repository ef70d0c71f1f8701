package compare

import (
	"context"
	"math"

	"pdesolve/grid"
	"pdesolve/pde"
)

// withStep returns the scheme with steps no longer than step.
func withStep(s pde.Scheme, step float64) pde.Scheme {
	if stepped, ok := s.(pde.StepScheme); ok {
		return stepped.WithStep(step)
	}
	return shortened{s, step}
}

// shortened is a scheme whose steps are no longer than a bound.
type shortened struct {
	pde.Scheme
	step float64
}

// Bind returns the scheme's stepper with its steps shortened.
func (s shortened) Bind(f pde.Functional, grids []*grid.Grid) (pde.Stepper, error) {
	stepper, err := s.Scheme.Bind(f, grids)
	return shortenedStepper{stepper, s.step}, err
}

type shortenedStepper struct {
	pde.Stepper
	step float64
}

// Step passes the largest step that divides limit into equal ones.
func (s shortenedStepper) Step(ctx context.Context, rho pde.State, limit float64) (pde.StepReport, error) {
	if n := math.Ceil(limit / s.step * (1 - 1e-9)); n > 1 {
		limit /= n
	}
	return s.Stepper.Step(ctx, rho, limit)
}
