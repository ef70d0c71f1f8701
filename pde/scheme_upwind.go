package pde

import (
	"fmt"
	"math"

	"pdesolve/grid"
)

// Upwind is the explicit upwind finite-volume scheme of [CCH15] with piecewise
// constant reconstruction: first order in space, forward Euler or SSP-RK2 in time.
//
// Exactly: mass up to the rounding of the cell updates, ρ ≥ 0. The energy falls as
// long as the step resolves the flow; see the package comment.
type Upwind struct {
	// CFL is the step as a fraction of the bound that keeps ρ ≥ 0, above 0 and at
	// most 1. The default, 0.4, also stands for 0.
	CFL float64 `yaml:"cfl"`
	// Stages is 1 for forward Euler (first order in time, the default, also for 0)
	// or 2 for SSP-RK2.
	Stages int `yaml:"stages"`
}

func init() { Schemes.Add("upwind", func() Scheme { return &Upwind{CFL: 0.4, Stages: 1} }) }

// defaulted returns u with its defaults filled in.
func (u Upwind) defaulted() Upwind {
	u.CFL = defaultCFL(u.CFL)
	if u.Stages == 0 {
		u.Stages = 1
	}
	return u
}

// Name returns "upwind".
func (u Upwind) Name() string { return "upwind" }

// Order returns 1 in space and the number of stages in time.
func (u Upwind) Order() (space, time int) { return 1, u.defaulted().Stages }

// Caveats returns that the energy may rise where Ψ depends on a density that the grid
// does not resolve: the step bound is that of linear stability at one density, while
// between a full and an empty cell the flux of entropy is stiffer than that.
func (u Upwind) Caveats() Caveats { return Caveats{RoughRise: true} }

// Validate reports a CFL outside (0, 1] and other than one or two stages.
func (u Upwind) Validate() error {
	if u = u.defaulted(); u.Stages != 1 && u.Stages != 2 {
		return fmt.Errorf("stages: %d: want 1 (forward Euler) or 2 (SSP-RK2)", u.Stages)
	}
	return validateCFL(u.CFL)
}

// Bind returns the stepper. It treats every functional but those with a cap (Congestion).
func (u Upwind) Bind(f Functional, grids []*grid.Grid) (Stepper, error) {
	if err := u.Validate(); err != nil {
		return nil, err
	}
	if err := refuseCap(f); err != nil {
		return nil, err
	}
	u = u.defaulted()
	return newExplicit(f, grids, limiter{}, u.CFL, u.Stages, 1), nil
}

// defaultCFL returns cfl, or 0.4 for 0. With 0.4 the second stage of SSP-RK2 may
// see velocities 2.5 times those of the first before a step is redone.
func defaultCFL(cfl float64) float64 {
	if cfl == 0 {
		return 0.4
	}
	return cfl
}

// validateCFL reports a cfl outside (0, 1].
func validateCFL(cfl float64) error {
	if !(cfl > 0 && cfl <= 1) || math.IsNaN(cfl) {
		return fmt.Errorf("cfl: %v: want a fraction above 0 and at most 1 of the step that keeps the density positive", cfl)
	}
	return nil
}
