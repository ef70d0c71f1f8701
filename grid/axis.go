package grid

import (
	"fmt"
	"math"
)

// Axis is a partition of the interval [Lo, Hi] into N cells: equal ones of width
// (Hi − Lo)/N, or, with a Grading, ones whose width varies smoothly.
type Axis struct {
	Lo float64 `yaml:"lo"` // left end
	Hi float64 `yaml:"hi"` // right end, above Lo
	N  int     `yaml:"n"`  // number of cells, at least 1
	// Grading spaces the edges; nil, the default, is equal cells.
	Grading Grading `yaml:"grading"`
}

// Validate reports what makes the axis unusable: ends that are not finite or not in
// order, no cells, and a grading that is invalid or that N cells do not resolve.
func (a Axis) Validate() error {
	switch {
	case math.IsNaN(a.Lo) || math.IsInf(a.Lo, 0):
		return fmt.Errorf("lo: %v is not finite", a.Lo)
	case math.IsNaN(a.Hi) || math.IsInf(a.Hi, 0):
		return fmt.Errorf("hi: %v is not finite", a.Hi)
	case a.N < 1:
		return fmt.Errorf("n: %d cells: want at least 1", a.N)
	case a.Hi <= a.Lo:
		return fmt.Errorf("hi: %v is not above lo = %v", a.Hi, a.Lo)
	case a.Grading == nil:
		return nil
	}
	if err := a.Grading.Validate(); err != nil {
		return fmt.Errorf("grading: %w", err)
	}
	if err := checkEdges(a.Edges()); err != nil {
		return fmt.Errorf("grading: %w", err)
	}
	return nil
}

// H returns the width of each cell. It panics if the axis is graded; see Width.
func (a Axis) H() float64 {
	if a.Grading != nil {
		panic("grid: Axis.H: the axis is graded; its cells have different widths")
	}
	return a.MeanWidth()
}

// MeanWidth returns (Hi − Lo)/N.
func (a Axis) MeanWidth() float64 { return (a.Hi - a.Lo) / float64(a.N) }

// Width returns the width of cell i, 0 ≤ i < N.
func (a Axis) Width(i int) float64 {
	if a.Grading == nil {
		return a.MeanWidth()
	}
	return a.Edge(i+1) - a.Edge(i)
}

// Edge returns the position of edge i, 0 ≤ i ≤ N; Edge(0) is Lo and Edge(N) is
// Hi exactly. A grading evaluates its map; take Edges for all.
func (a Axis) Edge(i int) float64 {
	t := float64(i) / float64(a.N)
	if a.Grading != nil && i > 0 && i < a.N {
		return a.Grading.Position(t, a.Lo, a.Hi)
	}
	return (1-t)*a.Lo + t*a.Hi
}

// Center returns the midpoint of cell i, 0 ≤ i < N.
func (a Axis) Center(i int) float64 {
	if a.Grading != nil {
		lo, hi := a.Edge(i), a.Edge(i+1)
		return lo + (hi-lo)/2
	}
	t := (float64(i) + 0.5) / float64(a.N)
	return (1-t)*a.Lo + t*a.Hi
}

// Edges returns all N+1 edges.
func (a Axis) Edges() []float64 {
	e := make([]float64, a.N+1)
	for i := range e {
		e[i] = a.Edge(i)
	}
	return e
}

// Centers returns all N midpoints.
func (a Axis) Centers() []float64 {
	c := make([]float64, a.N)
	for i := range c {
		c[i] = a.Center(i)
	}
	return c
}

// Widths returns all N widths.
func (a Axis) Widths() []float64 {
	w := make([]float64, a.N)
	for i := range w {
		w[i] = a.Width(i)
	}
	return w
}

// Equal reports whether two axes have the same edges.
func (a Axis) Equal(b Axis) bool {
	if a.Lo != b.Lo || a.Hi != b.Hi || a.N != b.N {
		return false
	}
	if a.Grading == nil && b.Grading == nil {
		return true
	}
	for i := 1; i < a.N; i++ {
		if a.Edge(i) != b.Edge(i) {
			return false
		}
	}
	return true
}
