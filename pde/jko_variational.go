package pde

import (
	"context"
	"fmt"
	"math"

	"pdesolve/grid"
	"pdesolve/internal/registry"
)

// Variational is the inner solver LJKO of Cancès, Gallouët and Todeschi (A
// variational finite volume scheme for Wasserstein gradient flows, 2019,
// arXiv:1907.08305): W₂²/(2τ) is replaced by the weighted H⁻¹ norm
// (τ/2)∫ρⁿ⁺¹|∇φ|² with ρⁿ⁺¹ − ρⁿ = τ∇·(ρⁿ⁺¹∇φ), in upwind finite volumes. Its
// optimality conditions are
//
//	φ_K + (τ/2) Σ_L ((φ_K − φ_L)⁺/h)² = Ψ_K,    Ψ = δF/δρ at ρⁿ⁺¹,
//	ρ_K + (τ/h²) Σ_L (ρ_K (φ_K − φ_L)⁺ − ρ_L (φ_L − φ_K)⁺) = ρⁿ_K.
//
// With Ψ frozen both systems are triangular and are solved to rounding in
// O(N log N): see march. For a potential that is the whole step; it is solved once
// for each τ. If Ψ depends on averages of ρ, the step is a fixed point
// Ψ = Ψ[ρ(Ψ)], found by Anderson's acceleration from Ψ[ρⁿ].
//
// With a convex function of ρ in the energy (entropy, porous medium) φ is the maximum of
// a concave function, whose value is a lower bound of the step's: Newton's method finds
// it, its linear systems solved by conjugate gradients with multigrid; see dual. There
// the mobility of a face may also be the mean of its cells, which is of second order in
// space: mobility: centred. The Hamilton–Jacobi equation then holds to rounding, ρ ≥ 0
// because U*′ is, and the mass because ρ is scaled to it; what the conservation law misses
// is the certificate.
//
// LJKO is not the exact JKO step but differs from it by O(τ²), so that the scheme
// has the same order.
type Variational struct {
	// Tolerance is the residual max|Ψ[ρ(Ψ)] − Ψ| at which the fixed point stops, over
	// the cells that hold mass and relative to the range of Ψ there; see
	// JKOResult.Residual. 0 means 1e-9.
	Tolerance float64 `yaml:"tolerance"`
	// MaxIterations bounds the evaluations of Ψ in one step, after which the step is
	// halved; it is halved earlier if 20 in a row have not halved the smallest
	// residual so far. 0 means 50.
	MaxIterations int `yaml:"max-iterations"`
	// Memory is the number of earlier iterates that the acceleration combines.
	// 0 means 5, −1 the plain iteration.
	Memory int `yaml:"memory"`
	// Mobility of a face: upwind, the density of the cell with the higher φ, or centred,
	// the mean of both cells, for energies with a convex function of ρ. "" means upwind.
	Mobility string `yaml:"mobility"`
	// Symmetric takes the mobilities of ρⁿ and ρⁿ⁺¹ in the mean, for energies with a convex
	// function of ρ: the step is then within O(τ³) of the JKO step, as order: 2 wants.
	Symmetric bool `yaml:"symmetric"`
}

// The mobilities.
const (
	upwindMobility  = "upwind"
	centredMobility = "centred"
)

const (
	defaultTolerance     = 1e-9
	defaultMaxIterations = 50
	defaultMemory        = 5
	maxMemory            = 20
	patience             = 20
)

func init() {
	JKOInners.Add("variational", func() JKOInner { return newVariational() })
}

// newVariational returns the description with its defaults filled in.
func newVariational() *Variational {
	return &Variational{Tolerance: defaultTolerance, MaxIterations: defaultMaxIterations, Memory: defaultMemory, Mobility: upwindMobility}
}

// Name returns "variational".
func (Variational) Name() string { return "variational" }

// Validate reports a tolerance outside [0, 1), a negative number of iterations or
// a memory outside [−1, 20].
func (v Variational) Validate() error {
	switch {
	case !(v.Tolerance >= 0 && v.Tolerance < 1):
		return fmt.Errorf("tolerance: %v: want a number in [0, 1); 0 means %g", v.Tolerance, defaultTolerance)
	case v.MaxIterations < 0:
		return fmt.Errorf("max-iterations: %d: want at least 1; 0 means %d", v.MaxIterations, defaultMaxIterations)
	case v.Memory < -1 || v.Memory > maxMemory:
		return fmt.Errorf("memory: %d: want 1 to %d, or −1 for none; 0 means %d", v.Memory, maxMemory, defaultMemory)
	case v.Mobility != "" && v.Mobility != upwindMobility && v.Mobility != centredMobility:
		return fmt.Errorf("mobility: %q%s", v.Mobility, registry.Choices(v.Mobility, []string{centredMobility, upwindMobility}))
	}
	return nil
}

// Domain says that potentials, averages and convex functions of ρ are taken in any
// dimension; with centred mobility or in the symmetric form not without the last.
func (v Variational) Domain() JKODomain {
	d := JKODomain{Terms: AllTerms, Space: 1}
	if v.Symmetric {
		d.SecondDim = AnyDim
	}
	if v.Mobility == centredMobility {
		d.Space = 2
	}
	if v.Mobility == centredMobility || v.Symmetric {
		d.Needs = LocalTerm
	}
	return d
}

// Bind returns a workspace. It fails on a grid of 2³¹ cells or more, and on fast
// diffusion.
func (v Variational) Bind(f Functional, grids []*grid.Grid) (JKOSolver, error) {
	if v.Tolerance == 0 {
		v.Tolerance = defaultTolerance
	}
	if v.MaxIterations == 0 {
		v.MaxIterations = defaultMaxIterations
	}
	if v.Memory == 0 {
		v.Memory = defaultMemory
	}
	if TermsOf(f)&LocalTerm != 0 {
		return v.bindLocal(f, grids)
	}
	w := &variational{f: f, constant: f.Dependence() == Constant, tolerance: v.Tolerance, iterations: v.MaxIterations}
	for _, g := range grids {
		m, err := newMarch(g)
		if err != nil {
			return nil, err
		}
		w.march = append(w.march, m)
	}
	if w.constant {
		return w, nil
	}
	w.fixed.init(f, grids, max(v.Memory, 0))
	return w, nil
}

// flatField is a Field whose components lie one after the other in one vector.
type flatField struct {
	flat  []float64
	field Field
}

func newFlatField(grids []*grid.Grid) flatField {
	size := 0
	for _, g := range grids {
		size += g.Len()
	}
	f := flatField{flat: make([]float64, size), field: make(Field, len(grids))}
	at := 0
	for c, g := range grids {
		f.field[c] = f.flat[at : at+g.Len() : at+g.Len()]
		at += g.Len()
	}
	return f
}

// variational is the workspace of Variational.
type variational struct {
	f          Functional
	constant   bool
	tolerance  float64
	iterations int
	march      []*march
	fixed      fixedPoint // of Ψ; unused if constant
	tau        float64    // constant: the τ for which φ is known
}

// Solve takes one LJKO step. The certificate is the largest over the components of
//
//	max |φ_K + (τ/2) Σ_L ((φ_K − φ_L)⁺/h)² − Ψ_K| / (range of Ψ)
//	+ max |ρ_K + (τ/h²) Σ_L (…) − ρⁿ_K| / max ρ
//
// with Ψ = Ψ[ρⁿ⁺¹]. The first maximum and the range are over the cells with a
// density above 1e-12 of the component's largest, as a potential moves no mass
// where there is none; see spread.
func (w *variational) Solve(ctx context.Context, rho State, start JKOStart) (JKOResult, error) {
	if w.constant {
		return w.solveConstant(rho, start), nil
	}
	for c, m := range w.march {
		m.forget()
		copy(w.fixed.psi.field[c], start.Variation[c])
	}
	w.fixed.reset()
	res := JKOResult{Dual: math.Inf(-1), Tolerance: w.tolerance}
	for k := range w.iterations {
		if err := ctx.Err(); err != nil {
			return res, err
		}
		res.Transport = 0
		for c, m := range w.march {
			if i := firstNonFinite(w.fixed.psi.field[c]); i >= 0 {
				return res, fmt.Errorf("%w: after %d iterations the first variation of component %d is not finite", ErrNotConverged, k, c)
			}
			m.solve(w.fixed.psi.field[c], start.Tau)
			res.Transport += w.f.Weight(c) * m.carry(rho[c].Values, start.Rho[c].Values)
		}
		res.Energy = w.f.Variation(w.fixed.image.field, rho)
		res.Evaluations++
		res.Iterations++
		if res.Residual = w.fixed.mismatch(rho); res.Residual <= w.tolerance {
			if res.Residual = w.certificate(w.fixed.image.field, rho, start); res.Residual <= w.tolerance {
				return res, nil
			}
		}
		if w.fixed.stuck(res.Residual, k) {
			break
		}
		if k == 0 {
			w.fixed.weigh(rho, start.Rho)
		}
		w.fixed.next()
	}
	return res, fmt.Errorf("%w: residual %.3g after %d iterations at step %.3g: want %.3g",
		ErrNotConverged, res.Residual, res.Evaluations, start.Tau, w.tolerance)
}

// solveConstant takes a step of a potential, whose φ depends on τ alone.
func (w *variational) solveConstant(rho State, start JKOStart) JKOResult {
	res := JKOResult{Dual: math.Inf(-1), Tolerance: w.tolerance, Iterations: 1}
	for c, m := range w.march {
		if start.Tau != w.tau {
			m.forget()
			m.solve(start.Variation[c], start.Tau)
		}
		res.Transport += w.f.Weight(c) * m.carry(rho[c].Values, start.Rho[c].Values)
	}
	w.tau = start.Tau
	res.Energy = w.f.Value(rho)
	res.Residual = w.certificate(start.Variation, rho, start)
	return res
}

// massFloor is the density, relative to the largest of its component, below which
// a cell does not count as holding mass.
const massFloor = 1e-12

// spread returns the range of psi over the cells with rho above floor, but at
// least a millionth of the range over all cells (a component whose mass is in one
// cell has range 0), and never 0.
func spread(psi, rho []float64, floor float64) float64 {
	lo, hi := math.Inf(1), math.Inf(-1)
	low, high := math.Inf(1), math.Inf(-1)
	for i, v := range psi {
		lo, hi = min(lo, v), max(hi, v)
		if rho[i] > floor {
			low, high = min(low, v), max(high, v)
		}
	}
	return max(high-low, 1e-6*(hi-lo), 1e-300)
}

func maxOf(x []float64) float64 {
	m := x[0]
	for _, v := range x {
		if v > m {
			m = v
		}
	}
	return m
}

// certificate evaluates the optimality conditions at the end of the step; see
// Solve. It computes both residuals from φ and ρ afresh.
func (w *variational) certificate(psi Field, rho State, start JKOStart) float64 {
	worst := 0.0
	for c, m := range w.march {
		peak := max(maxOf(rho[c].Values), 1e-300)
		jacobi, balance := m.residuals(psi[c], start.Rho[c].Values, massFloor*peak)
		worst = max(worst, jacobi/spread(psi[c], rho[c].Values, massFloor*peak)+balance/peak)
	}
	return worst
}
