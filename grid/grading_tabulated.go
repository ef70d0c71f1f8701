package grid

import (
	"fmt"
	"math"
	"slices"
)

// AxisFromEdges returns the axis with the given edges: one of equal cells if they are
// evenly spaced to 1e-9 of the cell width and rounding, or else a graded one. It fails
// on fewer than two edges and on edges that do not increase smoothly; see Grading. The
// axis cannot be refined: more cells would have a kink at each edge.
func AxisFromEdges(edges []float64) (Axis, error) {
	if len(edges) < 2 {
		return Axis{}, fmt.Errorf("%d edges: want at least 2", len(edges))
	}
	n := len(edges) - 1
	a := Axis{Lo: edges[0], Hi: edges[n], N: n}
	if err := a.Validate(); err != nil {
		return Axis{}, err
	}
	tolerance := 1e-9*a.MeanWidth() + 1e-15*max(math.Abs(a.Lo), math.Abs(a.Hi))
	for i, v := range edges {
		if !(math.Abs(v-a.Edge(i)) <= tolerance) {
			a.Grading = &tabulated{slices.Clone(edges)}
			return a, a.Validate()
		}
	}
	return a, nil
}

// tabulated is a grading by its edges, as they come from a file; between them it is
// linear.
type tabulated struct{ edges []float64 }

// Validate reports nothing: Axis.Validate checks the edges.
func (*tabulated) Validate() error { return nil }

// Position returns the edge at t, or a position between two edges.
func (g *tabulated) Position(t, _, _ float64) float64 {
	at := t * float64(len(g.edges)-1)
	if near := math.Round(at); math.Abs(at-near) < 1e-9 {
		return g.edges[int(near)]
	}
	i := int(at)
	part := at - float64(i)
	return (1-part)*g.edges[i] + part*g.edges[i+1]
}
