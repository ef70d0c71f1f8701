package transport

import (
	"math"

	"pdesolve/grid"
)

// SinkhornDivergence is the root of
//
//	S_ε(a, b) = OT_ε(a, b) − OT_ε(a, a)/2 − OT_ε(b, b)/2 ≥ 0,
//
// with OT_ε the entropic cost of the squared distance [FSV19]: it is 0 for equal
// measures, unlike OT_ε. Its settings are those of Sinkhorn. It has no bounds.
type SinkhornDivergence struct {
	Epsilon    float64 `yaml:"epsilon"`    // in units of the squared diagonal of the box around the points; default 1e-3
	Tolerance  float64 `yaml:"tolerance"`  // as in Sinkhorn; default 1e-6
	Iterations int     `yaml:"iterations"` // limit for each of the three problems; default 20000
}

func init() {
	Distances.Add("sinkhorn-divergence", func() Distance {
		d := SinkhornDivergence(*defaultSinkhorn())
		return &d
	})
}

func (s *SinkhornDivergence) sinkhorn() *Sinkhorn { d := Sinkhorn(*s); return &d }

// Validate reports what Sinkhorn.Validate reports.
func (s *SinkhornDivergence) Validate() error { return s.sinkhorn().Validate() }

// Summary says what the distance is.
func (*SinkhornDivergence) Summary() string { return "entropic transport, debiased" }

// Points returns the divergence between two measures.
func (s *SinkhornDivergence) Points(a, b *Measure) (Result, error) {
	d, mass, err := s.sinkhorn().check(a, b)
	if err != nil {
		return Result{}, err
	}
	return d.divergence(func(first, second bool) softKernel {
		return newPointKernel(pick(first, a, b), pick(second, a, b))
	}, fractionsOf(a), fractionsOf(b), Squared.largest(a, b), mass)
}

// Densities returns the divergence between two densities.
func (s *SinkhornDivergence) Densities(a, b *grid.Density) (Result, error) {
	mass, err := checkDensities(a, b)
	if err != nil {
		return Result{}, err
	}
	if err := s.Validate(); err != nil {
		return Result{}, err
	}
	if !sameCells(a.Grid, b.Grid) {
		return s.Points(FromDensity(a), FromDensity(b))
	}
	d := s.sinkhorn().orDefault()
	kernel := func(bool, bool) softKernel { return &gridKernel{a.Grid} }
	return d.divergence(kernel, fractions(a), fractions(b), diagonal(a.Grid), mass)
}

// pick returns a if second is false and b otherwise.
func pick[T any](second bool, a, b T) T {
	if second {
		return b
	}
	return a
}

// divergence solves the three problems. All use the ε of the pair.
func (s *Sinkhorn) divergence(kernel func(first, second bool) softKernel, a, b []float64, diameter, mass float64) (Result, error) {
	value, count := 0.0, 0
	for _, t := range []struct {
		first, second bool
		factor        float64
	}{{false, true, 1}, {false, false, -0.5}, {true, true, -0.5}} {
		e, err := s.solve(kernel(t.first, t.second), pick(t.first, a, b), pick(t.second, a, b), diameter)
		if err != nil {
			return Result{}, err
		}
		value += t.factor * e.dual()
		count += e.count
	}
	return unbounded(math.Sqrt(mass*max(0, value)), "Sinkhorn", count), nil
}
