package transport

import (
	"fmt"
	"math"

	"pdesolve/grid"
)

// W2 is the Wasserstein distance of order two, (min_π Σ π_ij |x_i − y_j|²)^{1/2}.
//
// Between points it is exact, on the line by sorting and elsewhere by the network
// simplex. Between densities on the line it is exact for the piecewise constant
// functions. Between densities on one grid of equal cells it is found by the back-and-forth method
// [JL20]: Value is the dual optimum between the cells' midpoints, which is above
// the distance of the piecewise constant densities by O(h²); Lower and Upper bound
// the latter whatever the iteration did; see primal and lowerBound. Where they are
// more than a tenth apart the result is ErrNotConverged. Between
// densities on different grids, and on graded ones, the network simplex takes the cells as points.
type W2 struct {
	Tolerance  float64 `yaml:"tolerance"`  // back-and-forth: relative change of W₂² at which it stops; default 1e-6
	Iterations int     `yaml:"iterations"` // back-and-forth: limit, after which the bounds decide; default 300
}

func init() { Distances.Add("w2", func() Distance { return &W2{Tolerance: 1e-6, Iterations: 300} }) }

// Validate reports a tolerance or a limit below 0.
func (w *W2) Validate() error {
	if !(w.Tolerance >= 0) || math.IsInf(w.Tolerance, 0) || w.Iterations < 0 {
		return fmt.Errorf("transport: w2: tolerance %v and iterations %d: want numbers of 0 or more", w.Tolerance, w.Iterations)
	}
	return nil
}

// Summary says what the distance is.
func (*W2) Summary() string {
	return "Wasserstein distance of order 2: exact between points, back-and-forth with bounds between densities"
}

// Points returns the distance between two measures.
func (w *W2) Points(a, b *Measure) (Result, error) { return wasserstein(Squared, a, b) }

// Densities returns the distance between two densities.
func (w *W2) Densities(a, b *grid.Density) (Result, error) {
	if err := w.Validate(); err != nil {
		return Result{}, err
	}
	if a.Grid.Dim() == 1 && b.Grid.Dim() == 1 {
		v, err := LineDensities(Squared, a, b)
		return exact(root(Squared, v), "quantile functions"), err
	}
	if !sameCells(a.Grid, b.Grid) {
		return viaPoints(Squared, a, b)
	}
	mass, err := checkDensities(a, b)
	if err != nil {
		return Result{}, err
	}
	tolerance, limit := w.Tolerance, w.Iterations
	if tolerance == 0 {
		tolerance = 1e-6
	}
	if limit == 0 {
		limit = 300
	}
	s := newBackForth(a.Grid, fractions(a), fractions(b))
	if err := s.run(tolerance, limit); err != nil {
		return Result{}, err
	}
	lower := lowerBound(s.grid, s.mu, s.nu, s.phi)
	upper := s.upper()
	if width := upper - lower; width > maxGap*upper+diagonalOfCell(a.Grid) {
		return Result{}, fmt.Errorf("%w: back-and-forth: after %d iterations W2² is only known to be between %.6g and %.6g", ErrNotConverged, s.count, mass*lower, mass*upper)
	}
	value := min(max(2*s.value, lower), max(upper, lower))
	return Result{
		Value: root(Squared, mass*value), Lower: root(Squared, mass*lower), Upper: root(Squared, mass*upper),
		Solver: "back-and-forth", Iterations: s.count,
	}, nil
}

// maxGap is the width of the bracket of W₂², relative to its upper end and beyond the
// squared diagonal of a cell, with which a result is not given any more.
const maxGap = 0.1

// diagonalOfCell returns Σ h_k².
func diagonalOfCell(g *grid.Grid) float64 {
	s := 0.0
	for k := range g.Dim() {
		s += g.Axis(k).H() * g.Axis(k).H()
	}
	return s
}

// fractions returns the masses of the cells divided by their sum.
func fractions(d *grid.Density) []float64 {
	out, total := make([]float64, len(d.Values)), grid.Sum(d.Values)
	for i, v := range d.Values {
		out[i] = v / total
	}
	return out
}
