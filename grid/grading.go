package grid

import (
	"fmt"
	"math"

	"pdesolve/internal/registry"
)

// Grading spaces the edges of an Axis by a smooth, increasing map X of [0, 1] onto
// [lo, hi]: edge i of N is X(i/N). More cells of the same grading are a refinement,
// with cells that shrink everywhere alike.
//
// The schemes that take graded axes rest on the smoothness of X: their order is the
// one they have on equal cells if the width hardly changes from cell to cell.
// Axis.Validate therefore refuses a map whose widths, at the N of the axis,
//
//	change by more than a factor e^{1/2} ≈ 1.65 between neighbours, or
//	change unevenly: |δ²log h| > ½ max |δ log h|, δ being the difference of neighbours,
//
// the second unless all widths agree to 1e-9. For a smooth X the left side falls like
// N⁻² and the right like N⁻¹. On a map with a kink, or on edges given at random, the
// explicit schemes would lose their order, and at random even converge in averages only.
type Grading interface {
	// Validate reports what makes the description unusable.
	Validate() error
	// Position returns X(t), 0 < t < 1.
	Position(t, lo, hi float64) float64
}

// Gradings holds the gradings that an experiment file can name.
var Gradings = registry.New[Grading]("grading")

// The bounds of Grading.
const (
	maxLogStep  = 0.5  // of log h between neighbours
	maxLogCurve = 0.5  // of the second difference of log h, relative to the largest first one
	evenWidths  = 1e-9 // of log h: widths that are equal but for rounding
)

// checkEdges reports edges that do not increase, or not smoothly; see Grading.
func checkEdges(e []float64) error {
	var steep, uneven, before, last float64 // largest |δ log h|, |δ² log h|; the last log h, δ log h
	at := 0
	for i := range len(e) - 1 {
		h := e[i+1] - e[i]
		if !(h > 0) || math.IsInf(h, 0) || h <= 1e-12*max(math.Abs(e[i]), math.Abs(e[i+1])) {
			return fmt.Errorf("edges %d and %d of %d are at %v and %v: want edges that increase by more than rounding", i, i+1, len(e)-1, e[i], e[i+1])
		}
		log := math.Log(h)
		step := log - before
		if i > 0 {
			if math.Abs(step) > steep {
				steep, at = math.Abs(step), i
			}
			if i > 1 {
				uneven = max(uneven, math.Abs(step-last))
			}
		}
		before, last = log, step
	}
	switch {
	case steep > maxLogStep:
		return fmt.Errorf("the widths of cells %d and %d of %d differ by a factor %.3g: want at most %.3g: more cells or a milder grading", at-1, at, len(e)-1, math.Exp(steep), math.Exp(maxLogStep))
	case steep > evenWidths && uneven > maxLogCurve*steep:
		return fmt.Errorf("the widths of the %d cells change unevenly, by factors that differ by up to %.3g while none is above %.3g: want a smooth map: more cells, or another grading", len(e)-1, math.Exp(uneven), math.Exp(steep))
	}
	return nil
}

// checkRatio reports a ratio of widths that is no positive number.
func checkRatio(ratio float64) error {
	if !(ratio > 0) || math.IsInf(ratio, 0) {
		return fmt.Errorf("ratio: %v: want a finite number above 0", ratio)
	}
	return nil
}
