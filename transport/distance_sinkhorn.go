package transport

import (
	"fmt"
	"math"

	"pdesolve/grid"
)

// Sinkhorn is the root of the transport cost of the entropic plan, an approximation
// of W₂ from above; see Epsilon. Lower and Upper bound W₂ itself, whatever the
// iteration did. Between densities on one grid the kernel is separable. It fails
// with ErrNotConverged where the marginals are not met.
type Sinkhorn struct {
	Epsilon    float64 `yaml:"epsilon"`    // in units of the squared diagonal of the box around the points; default 1e-3
	Tolerance  float64 `yaml:"tolerance"`  // Σ_i |Σ_j π_ij − a_i| of the plan, as a fraction of the mass; default 1e-6
	Iterations int     `yaml:"iterations"` // limit; default 20000
}

func init() { Distances.Add("sinkhorn", func() Distance { return defaultSinkhorn() }) }

func defaultSinkhorn() *Sinkhorn { return &Sinkhorn{Epsilon: 1e-3, Tolerance: 1e-6, Iterations: 20000} }

// orDefault returns the settings with the zero ones filled in.
func (s Sinkhorn) orDefault() Sinkhorn {
	d := defaultSinkhorn()
	if s.Epsilon == 0 {
		s.Epsilon = d.Epsilon
	}
	if s.Tolerance == 0 {
		s.Tolerance = d.Tolerance
	}
	if s.Iterations == 0 {
		s.Iterations = d.Iterations
	}
	return s
}

// Validate reports settings below 0, not finite, or an ε that doubles cannot carry:
// potentials have an error of some 1e-16 of the squared diagonal, which ε must
// exceed by the inverse of the tolerance.
func (s *Sinkhorn) Validate() error {
	d := s.orDefault()
	if !(d.Epsilon > 0) || math.IsInf(d.Epsilon, 0) || !(d.Tolerance > 0) || !(d.Tolerance < 1) || d.Iterations < 1 {
		return fmt.Errorf("transport: sinkhorn: epsilon %v, tolerance %v, iterations %d: want numbers of 0 or more, tolerance below 1", s.Epsilon, s.Tolerance, s.Iterations)
	}
	if low := 1e-14 / d.Tolerance; d.Epsilon < low {
		return fmt.Errorf("transport: sinkhorn: epsilon %v: want at least %.3g, which doubles can carry at tolerance %v", d.Epsilon, low, d.Tolerance)
	}
	return nil
}

// Summary says what the distance is.
func (*Sinkhorn) Summary() string { return "W2 of the entropic plan, with bounds on W2" }

// Points returns the distance between two measures.
func (s *Sinkhorn) Points(a, b *Measure) (Result, error) {
	d, mass, err := s.check(a, b)
	if err != nil {
		return Result{}, err
	}
	e, err := d.solve(newPointKernel(a, b), fractionsOf(a), fractionsOf(b), Squared.largest(a, b))
	if err != nil {
		return Result{}, err
	}
	lower := make([]float64, b.N)
	parallel(b.N, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			lower[j], _ = Squared.lowest(b, a, j, e.f)
		}
	})
	return d.result(e, mass, weighted(e.a, e.f)+weighted(e.b, lower)), nil
}

// check validates settings and measures.
func (s *Sinkhorn) check(a, b *Measure) (Sinkhorn, float64, error) {
	if err := s.Validate(); err != nil {
		return Sinkhorn{}, 0, err
	}
	mass, err := checkPair(a, b)
	return s.orDefault(), mass, err
}

// Densities returns the distance between two densities.
func (s *Sinkhorn) Densities(a, b *grid.Density) (Result, error) {
	if err := s.Validate(); err != nil {
		return Result{}, err
	}
	mass, err := checkDensities(a, b)
	if err != nil {
		return Result{}, err
	}
	if !sameCells(a.Grid, b.Grid) {
		return s.Points(FromDensity(a), FromDensity(b))
	}
	d := s.orDefault()
	e, err := d.solve(&gridKernel{a.Grid}, fractions(a), fractions(b), diagonal(a.Grid))
	if err != nil {
		return Result{}, err
	}
	phi := make([]float64, len(e.g))
	for j, v := range e.g {
		phi[j] = v / 2
	}
	return d.result(e, mass, lowerBound(a.Grid, e.a, e.b, phi)), nil
}

// solve solves the problem of two lists of weights, or of one list with itself.
func (s *Sinkhorn) solve(k softKernel, a, b []float64, diameter float64) (*entropic, error) {
	if diameter == 0 {
		diameter = 1 // all points are one
	}
	e := newEntropic(k, a, b)
	if &a[0] == &b[0] {
		return e, e.runSymmetric(s.Epsilon*diameter, diameter, s.Tolerance, s.Iterations)
	}
	return e, e.run(s.Epsilon*diameter, diameter, s.Tolerance, s.Iterations)
}

func (s *Sinkhorn) result(e *entropic, mass, lower float64) Result {
	upper := e.rounded()
	value := root(Squared, mass*upper)
	return Result{Value: value, Lower: min(value, root(Squared, mass*lower)), Upper: value, Solver: "Sinkhorn", Iterations: e.count}
}

// diagonal returns the squared diagonal of the box of a grid.
func diagonal(g *grid.Grid) float64 {
	s := 0.0
	for k := range g.Dim() {
		s += (g.Axis(k).Hi - g.Axis(k).Lo) * (g.Axis(k).Hi - g.Axis(k).Lo)
	}
	return s
}

// fractionsOf returns the weights divided by their sum.
func fractionsOf(m *Measure) []float64 { return m.weights(1 / m.Mass()) }
