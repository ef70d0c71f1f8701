package transport

import (
	"fmt"
	"math"

	"pdesolve/grid"
)

// Conditional returns the conditional distance between two lists of measures, one a
// depth slice,
//
//	(1/L Σ_l D²(a_l, b_l))^{1/2},
//
// the discrete form of (∫₀¹ W₂²(ρ_t, ρ′_t) dt)^{1/2} for D = W₂. Bounds are combined in
// the same way; there is no plan.
func Conditional(d Distance, a, b []*Measure) (Result, error) {
	return conditional(len(a), len(b), func(l int) (Result, error) { return d.Points(a[l], b[l]) })
}

// ConditionalDensities is Conditional between densities.
func ConditionalDensities(d Distance, a, b []*grid.Density) (Result, error) {
	return conditional(len(a), len(b), func(l int) (Result, error) { return Between(d, a[l], b[l]) })
}

// ConditionalMixed is Conditional between densities and points; see Quantised.
func ConditionalMixed(d Distance, a []*grid.Density, b []*Measure) (Result, error) {
	return conditional(len(a), len(b), func(l int) (Result, error) { return Quantised(d, a[l], b[l]) })
}

func conditional(n, m int, slice func(l int) (Result, error)) (Result, error) {
	if n == 0 || n != m {
		return Result{}, fmt.Errorf("transport: lists of %d and %d slices: want as many, and at least one", n, m)
	}
	var out Result
	var value, lower, upper grid.Compensated
	for l := range n {
		r, err := slice(l)
		if n == 1 {
			return r, err
		}
		if err != nil {
			return Result{}, fmt.Errorf("slice %d: %w", l, err)
		}
		value.Add(r.Value * r.Value)
		lower.Add(r.Lower * r.Lower)
		upper.Add(r.Upper * r.Upper)
		out.Solver = r.Solver
		out.Iterations += r.Iterations
	}
	mean := func(s grid.Compensated) float64 { return math.Sqrt(s.Value() / float64(n)) }
	out.Value, out.Lower, out.Upper = mean(value), mean(lower), mean(upper)
	return out, nil
}

// Quantised returns the distance between a density and points. For W2 it is that of a
// Quantisation by all cells, with its bounds. For other distances the density is replaced
// by its cells' midpoints; for W1 and Sinkhorn the bounds allow for that by the triangle
// inequality: the distance differs by at most the one of the density to the midpoints,
// (M Σ_k h_k²/12)^{1/2} for the squared cost with M the mass; see FromDensity. The rest
// come without bounds, and there is no plan.
func Quantised(d Distance, a *grid.Density, b *Measure) (Result, error) {
	if _, ok := d.(*W2); ok {
		q, err := Quantise(a, 0)
		if err != nil {
			return Result{}, err
		}
		return q.W2(b)
	}
	if _, err := checkDensities(a, a); err != nil {
		return Result{}, err
	}
	r, err := d.Points(FromDensity(a), b)
	if err != nil {
		return Result{}, err
	}
	var e float64
	switch d.(type) {
	case *W1:
		e = spread(Euclidean, a, a.Mass())
	case *Sinkhorn:
		e = spread(Squared, a, a.Mass())
	default:
		e = math.NaN()
	}
	r.Lower, r.Upper = max(0, r.Lower-e), r.Upper+e
	r.Plan = nil // its numbers are not those of the density's cells
	return r, nil
}
