package pde

import (
	"fmt"

	"pdesolve/grid"
	"pdesolve/internal/registry"
)

// MUSCL is the explicit finite-volume scheme of [CCH15] with piecewise linear
// reconstruction of the density, the upwind flux, and SSP-RK2 in time. With the
// differences a = ρ_i − ρ_{i−1} and b = ρ_{i+1} − ρ_i of one sign, the density at the
// faces of cell i is ρ_i ± s with the half slope
//
//	s = ½ min(θ|a|, |a + b|/2, θ|b|) sign a            (minmod; mc: θ = 2)
//	s = ab/(a + b)                                     (van-leer)
//	s = ½ min(2|a|, |a + 2b|/3, 2|b|) sign a           (koren, upper face)
//	s = ½ min(2|a|, |2a + b|/3, 2|b|) sign a           (koren, lower face)
//
// and ρ_i where the signs differ; third-order is koren with wider bounds, see below. The scheme is of second order in space and time
// where the solution is smooth; limited slopes make it of first order at the solution's
// extrema, which does not lower the order in L¹.
//
// What the limiters cost (derived; one Fourier mode e^{ikx} moving with velocity u, dt → 0):
// the slopes of mc and minmod where they do not limit, and those of van-leer to leading
// order, are central, so that the face value misses h²ρ″/12 and a wave travels too fast by the factor
// 1 + (kh)²/12; SSP-RK2 adds (ku dt)²/6 to that, with the same sign, so that no step
// makes up for it: sin 2πx sin 2πy, moved by (2, 1) on 256² cells of the unit square, is
// two modes that run ahead by the phases 2π(1 ± ½)·2·(2πh)²/12, an L¹ error of 3.1e-4 (mc:
// 6.3e-4 measured, with its flattened extrema). The slopes of koren and third-order are of
// third order for a constant velocity and have neither error; what remains of koren's is
// the flattening of extrema. The limiter third-order widens koren's bounds, between which s lies, by
//
//	min(8π² max ρ/n², ρ_{i−1}/8, ρ_i/8, ρ_{i+1}/8),    n the cells of the longest axis,
//
// on both sides: the first is what the extrema of waves down to a quarter of the box
// need (which makes it a total-variation-bounded limiter), the others keep ρ ≥ 0.
// Near jumps it may leave overshoots of that size, a tenth of a percent of max ρ on 256 cells.
//
// Exactly: mass up to the rounding of the cell updates, ρ ≥ 0. The energy falls as
// long as the step resolves the flow; see the package comment.
type MUSCL struct {
	// CFL is the step as a fraction of the bound that keeps ρ ≥ 0, above 0 and at
	// most 1. The default, 0.4, also stands for 0.
	CFL float64 `yaml:"cfl"`
	// Limiter is "mc" (monotonised central: θ = 2, the default, also for ""), "minmod"
	// (generalised, with Theta), "van-leer", "koren" or "third-order" (koren with
	// bounds that spare smooth extrema).
	Limiter string `yaml:"limiter"`
	// Theta is θ of the limiter "minmod", from 1, the most diffusive, to 2, the
	// sharpest and the default, which also stands for 0.
	Theta float64 `yaml:"theta"`
	// Workers is the largest number of goroutines that share a step, no more than
	// GOMAXPROCS. The default, 1, also stands for 0: runs of many solves at once use
	// the cores better. More help one solve in two or more dimensions; the results are
	// the same bytes.
	Workers int `yaml:"workers"`
}

func init() {
	Schemes.Add("muscl", func() Scheme { return &MUSCL{CFL: 0.4, Limiter: "mc", Theta: 2, Workers: 1} })
}

// defaulted returns m with its defaults filled in.
func (m MUSCL) defaulted() MUSCL {
	m.CFL = defaultCFL(m.CFL)
	if m.Limiter == "" {
		m.Limiter = "mc"
	}
	if m.Theta == 0 {
		m.Theta = 2
	}
	return m
}

// Name returns "muscl".
func (m MUSCL) Name() string { return "muscl" }

// Order returns 2 in space and 2 in time.
func (m MUSCL) Order() (space, time int) { return 2, 2 }

// Caveats returns those of Upwind.
func (m MUSCL) Caveats() Caveats { return Caveats{RoughRise: true} }

// Validate reports a CFL outside (0, 1], an unknown limiter and a θ that the
// limiter does not have.
func (m MUSCL) Validate() error {
	m = m.defaulted()
	switch limiters := []string{"mc", "minmod", "van-leer", "koren", "third-order"}; m.Limiter {
	case "mc", "van-leer", "koren", "third-order":
		if m.Theta != 2 {
			return fmt.Errorf("theta: %v: the limiter %q has none; want limiter: minmod", m.Theta, m.Limiter)
		}
	case "minmod":
		if !(m.Theta >= 1 && m.Theta <= 2) {
			return fmt.Errorf("theta: %v: want 1 to 2", m.Theta)
		}
	default:
		return fmt.Errorf("limiter: unknown limiter %q%s", m.Limiter, registry.Choices(m.Limiter, limiters))
	}
	if m.Workers < 0 {
		return fmt.Errorf("workers: %d: want at least 1, or 0 for the default", m.Workers)
	}
	return validateCFL(m.CFL)
}

// Bind returns the stepper. It treats every functional but those with a cap (Congestion).
func (m MUSCL) Bind(f Functional, grids []*grid.Grid) (Stepper, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	if err := refuseCap(f); err != nil {
		return nil, err
	}
	m = m.defaulted()
	return newExplicit(f, grids, m.limiter(), m.CFL, 2, max(1, m.Workers)), nil
}

// limiter returns the limiter of m, whose defaults are filled in.
func (m MUSCL) limiter() limiter {
	switch m.Limiter {
	case "van-leer":
		return limiter{kind: vanLeer, loss: 2}
	case "koren":
		return limiter{kind: koren, loss: 2.25}
	case "third-order":
		return limiter{kind: thirdOrder, loss: 2.25}
	}
	return limiter{kind: minmod, half: m.Theta / 2, loss: 2}
}
