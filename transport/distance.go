package transport

import (
	"fmt"
	"math"

	"pdesolve/grid"
	"pdesolve/internal/registry"
)

// Distance compares two measures of equal mass. Implementations are descriptions:
// plain values whose zero fields mean the defaults that their comments state.
type Distance interface {
	Validate() error
	Summary() string // in a line
	Points(a, b *Measure) (Result, error)
}

// DensityDistance is a Distance with a method of its own for densities on grids.
// Others see a density as points at the cells' midpoints; see FromDensity.
type DensityDistance interface {
	Distance
	Densities(a, b *grid.Density) (Result, error)
}

// Result is a distance and how it was found.
type Result struct {
	Value        float64 // the distance itself, not squared
	Lower, Upper float64 // bounds on the distance; NaN where the solver has none
	Solver       string
	Iterations   int
	Plan         *Plan // between the points given; nil where the solver has none
}

// Distances holds the distances that the command line can name.
var Distances = registry.New[Distance]("distance")

// Between returns the distance between two densities, by the distance's own method
// if it has one.
func Between(d Distance, a, b *grid.Density) (Result, error) {
	if own, ok := d.(DensityDistance); ok {
		return own.Densities(a, b)
	}
	if _, err := checkDensities(a, b); err != nil {
		return Result{}, err
	}
	r, err := d.Points(FromDensity(a), FromDensity(b))
	r.Plan = nil // its numbers are not those of the cells
	return r, err
}

// exact returns a result with bounds equal to its value.
func exact(value float64, solver string) Result {
	return Result{Value: value, Lower: value, Upper: value, Solver: solver}
}

// unbounded returns a result without bounds.
func unbounded(value float64, solver string, iterations int) Result {
	return Result{Value: value, Lower: math.NaN(), Upper: math.NaN(), Solver: solver, Iterations: iterations}
}

// sameCells reports whether two grids are one grid of equal cells, for which there are
// methods that are not those of points.
func sameCells(a, b *grid.Grid) bool { return a.Equal(b) && a.CheckUniform() == nil }

// root returns the square root of a squared distance, of which rounding may have
// made a small negative number.
func root(c Cost, v float64) float64 {
	if c == Euclidean {
		return max(0, v)
	}
	return math.Sqrt(max(0, v))
}

// wasserstein is the distance of a cost between points: exact on the line by
// sorting, elsewhere by the network simplex.
func wasserstein(c Cost, a, b *Measure) (Result, error) {
	if a.Dim == 1 && b.Dim == 1 {
		p, err := Monotone(a, b)
		if err != nil {
			return Result{}, err
		}
		r := exact(root(c, p.Cost(c, a, b)), "sorting")
		r.Plan = p
		return r, nil
	}
	o, err := Solve(c, a, b)
	if err != nil {
		return Result{}, err
	}
	return Result{
		Value: root(c, o.Upper), Lower: root(c, o.Lower), Upper: root(c, o.Upper),
		Solver: "network simplex", Iterations: o.Pivot, Plan: o.Plan,
	}, nil
}

// maxPoints bounds the cells that the network simplex is given when a distance
// between densities has no other method: half a minute in the plane.
const maxPoints = 100000

// viaPoints is wasserstein between the cells' midpoints, with bounds on the
// distance between the piecewise constant densities: each is within spread of its
// points.
func viaPoints(c Cost, a, b *grid.Density) (Result, error) {
	mass, err := checkDensities(a, b)
	if err != nil {
		return Result{}, err
	}
	p, q := FromDensity(a), FromDensity(b)
	if p.N+q.N > maxPoints {
		return Result{}, fmt.Errorf("transport: %d cells with mass: want at most %d between densities in this metric; coarsen the grid", p.N+q.N, maxPoints)
	}
	r, err := wasserstein(c, p, q)
	if err != nil {
		return Result{}, err
	}
	e := spread(c, a, mass) + spread(c, b, mass)
	r.Lower, r.Upper = max(0, r.Lower-e), r.Upper+e
	r.Plan = nil // its numbers are not those of the cells
	return r, nil
}

// spread bounds the distance between a density of the given mass and its cells'
// midpoints: (Σ h_k²/12)^{1/2} is the standard deviation of the uniform law on a
// cell, of which on a graded axis the mean is taken, and the mean distance is not above it.
func spread(c Cost, d *grid.Density, mass float64) float64 {
	s := 0.0
	for k, a := range d.Grid.Axes() {
		if a.Grading == nil {
			s += a.H() * a.H() / 12
			continue
		}
		line := d.Marginal(k)
		for i, h := range a.Widths() {
			s += line.Values[i] * h / line.Mass() * h * h / 12
		}
	}
	if c == Squared {
		return math.Sqrt(mass * s)
	}
	return mass * math.Sqrt(s)
}
