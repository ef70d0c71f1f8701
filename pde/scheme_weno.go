package pde

import (
	"fmt"

	"pdesolve/grid"
	"pdesolve/internal/registry"
)

// WENO is an explicit finite-volume scheme of third or fifth order in space for
// smooth densities, in any dimension: the upwind face averages of the density by
// weighted essentially non-oscillatory reconstruction along each axis, with
// the weights of [BCCD08], velocities −∂Ψ from staggered differences of fourth or
// sixth order, and face averages of the product ρu by the conversions between
// averages and point values of [BH14]. Energies see the point values of ρ at the cell
// centers, not its averages, so that Ψ has the order of the scheme as well.
//
// In the two cells along a wall the order is lower, which does not show while the
// density is small there.
//
// Exactly: mass up to the rounding of the cell updates, ρ ≥ 0. A cell that a step would
// make negative has its outgoing fluxes reduced towards those of the first-order
// upwind scheme as far as needed; StepReport.Limited counts such cells. On smooth
// data that the grid resolves that is none; in the far tails of a Gaussian and beside
// vacuum it is many.
//
// The energy that the scheme reports is F at the point values, and the dissipation that
// of the unlimited fluxes. F is no Lyapunov function of the scheme: where the grid does
// not resolve the density, F may rise and the dissipation be negative. Rough data are
// better served by MUSCL: the conversions are linear, so a jump may leave overshoots.
//
// The weights are not smooth functions of ρ where a coarse grid does not resolve it:
// there the order in time is that of a Lipschitz right-hand side, not 3 or 4.
type WENO struct {
	// Degree is the order in space, 3 or 5. The default, 5, also stands for 0.
	Degree int `yaml:"degree"`
	// CFL is each Runge–Kutta stage's Euler step as a fraction of the bound that keeps
	// ρ ≥ 0, above 0 and at most 1. The default, 0.2, also stands for 0: the errors of
	// time and space are then of similar size at a hundred cells a wavelength.
	CFL float64 `yaml:"cfl"`
	// Integrator is "ssp-rk104" (ten stages, fourth order, six Euler steps long: the
	// default, also for "") or "ssp-rk3" (three stages, third order, one Euler step
	// long), which takes less memory.
	Integrator string `yaml:"integrator"`
}

func init() {
	Schemes.Add("weno", func() Scheme { return &WENO{Degree: 5, CFL: 0.2, Integrator: "ssp-rk104"} })
}

// defaulted returns w with its defaults filled in.
func (w WENO) defaulted() WENO {
	if w.Degree == 0 {
		w.Degree = 5
	}
	if w.CFL == 0 {
		w.CFL = 0.2
	}
	if w.Integrator == "" {
		w.Integrator = "ssp-rk104"
	}
	return w
}

// Name returns "weno".
func (w WENO) Name() string { return "weno" }

// Order returns the degree in space and 4 or 3 in time.
func (w WENO) Order() (space, time int) {
	w = w.defaulted()
	if w.Integrator == "ssp-rk3" {
		return w.Degree, 3
	}
	return w.Degree, 4
}

// Caveats returns third order along walls that the density touches, that the energy,
// taken of point values, may rise, and second order in time where Ψ depends on ρ: where the
// velocity at a face changes its sign, the reconstruction changes sides, and the
// right-hand side is then only Lipschitz continuous. The jump of its derivative falls
// with the error in space, so that the order is 3 or 4 down to errors of about 1e-10.
func (w WENO) Caveats() Caveats { return Caveats{WallOrder: 3, EnergyRise: true, MovingTime: 2} }

// Labor returns 5 a stage and 15 an evaluation. Measured on one core with ten stages: a step
// in a constant potential took 160 ns a cell of 256², MUSCL's 3.3; one in porous medium 350 ns
// on 64² and 128², which is half of what it counts for. Where the limiter acts it takes longer.
func (w WENO) Labor() (step, evaluation float64) {
	if w.defaulted().Integrator == "ssp-rk3" {
		return 15, 15
	}
	return 50, 15
}

// Validate reports a degree other than 3 and 5, a CFL outside (0, 1] and an unknown
// integrator.
func (w WENO) Validate() error {
	w = w.defaulted()
	if w.Degree != 3 && w.Degree != 5 {
		return fmt.Errorf("degree: %d: want 3 or 5", w.Degree)
	}
	if names := []string{"ssp-rk104", "ssp-rk3"}; w.Integrator != names[0] && w.Integrator != names[1] {
		return fmt.Errorf("integrator: unknown integrator %q%s", w.Integrator, registry.Choices(w.Integrator, names))
	}
	return validateCFL(w.CFL)
}

// Bind returns the stepper. It treats every functional but those with a cap (Congestion).
func (w WENO) Bind(f Functional, grids []*grid.Grid) (Stepper, error) {
	if err := w.Validate(); err != nil {
		return nil, err
	}
	if err := refuseCap(f); err != nil {
		return nil, err
	}
	if err := equalCells(grids); err != nil {
		return nil, err
	}
	return newWeno(f, grids, w.defaulted()), nil
}
