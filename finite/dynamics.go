package finite

import (
	"context"

	"pdesolve/internal/registry"
	"pdesolve/pde"
)

// Dynamics describes how atoms are trained. It is a plain value.
type Dynamics interface {
	// Name returns the name under which the dynamics is registered.
	Name() string
	// Validate reports what makes the description unusable.
	Validate() error
	// Train moves the atoms e, in place, and calls save at each of the given
	// increasing times, the first being 0, with the state there. It stops at the
	// first error of save and when ctx is done. Weights stay. If f is an Observer,
	// Train may tell it about the steps.
	Train(ctx context.Context, f pde.AtomFunctional, e *pde.Ensemble, times []float64, save func(s int) error) error
}

// Noisy is a Dynamics that makes the noise of an energy with a temperature: a bound
// energy that is a pde.Diffusive of positive diffusivity. Simulate refuses such an
// energy to the others.
type Noisy interface {
	Dynamics
	// Noisy does nothing.
	Noisy()
}

// Kinds holds the dynamics that an experiment file can name.
var Kinds = registry.New[Dynamics]("dynamics")
