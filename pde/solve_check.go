package pde

import (
	"fmt"
	"math"
	"slices"
)

// checkTimes reports saved times that do not start at 0 and increase.
func checkTimes(t []float64) error {
	if len(t) == 0 || t[0] != 0 {
		return fmt.Errorf("pde: times %v: want 0 first", t)
	}
	for i, v := range t {
		if math.IsNaN(v) || math.IsInf(v, 0) || i > 0 && v <= t[i-1] {
			return fmt.Errorf("pde: times: entry %d is %v: want finite, increasing times", i, v)
		}
	}
	return nil
}

// checkInitial reports initial densities that are no densities.
func checkInitial(s State) error {
	if len(s) == 0 {
		return fmt.Errorf("pde: the initial state has no components")
	}
	for c, d := range s {
		if d == nil || d.Grid == nil || len(d.Values) != d.Grid.Len() {
			panic(fmt.Sprintf("pde: Solve: component %d of the initial state is not a density on a grid", c))
		}
		if i := slices.IndexFunc(d.Values, func(v float64) bool { return !(v >= 0) || math.IsInf(v, 0) }); i >= 0 {
			at := d.Grid.Center(make([]float64, d.Grid.Dim()), i)
			return fmt.Errorf("pde: component %d of the initial state is %v in the cell at %s: want finite and at least 0", c, d.Values[i], point(at))
		}
		if m := d.Mass(); !(m > 0) || math.IsInf(m, 0) {
			return fmt.Errorf("pde: component %d of the initial state has mass %v: want a finite mass above 0", c, m)
		}
	}
	return nil
}
