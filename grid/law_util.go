package grid

import (
	"fmt"
	"math"
)

// leakTolerance is the mass that a law may have outside the box of the grid that
// it fills.
const leakTolerance = 1e-9

// maxQuadrature bounds the points of one tensor rule: 2²⁶ points in two
// dimensions take 1.5 GiB.
const maxQuadrature = 1 << 26

// LeakError says that a law does not fit into the box of a grid.
type LeakError struct {
	Axis  int     // the axis whose end lets most mass through
	Upper bool    // whether that end is the upper one
	Edge  float64 // position of that end
	Mass  float64 // mass beyond that end
	Total float64 // mass beyond all ends of the box, counted once per end
}

// Error names the axis, the side and the mass.
func (e *LeakError) Error() string {
	side, rel := "lower", "below lo"
	if e.Upper {
		side, rel = "upper", "above hi"
	}
	return fmt.Sprintf("grid: mass %.3g of the law lies beyond the %s end of axis %d (%s = %v), %.3g beyond all ends: want at most %.0e: move the law or widen the axis",
		e.Mass, side, e.Axis, rel, e.Edge, e.Total, leakTolerance)
}

// checkLeak returns a *LeakError if the mass beyond the ends of g's box, which
// tails gives for each axis, is above the tolerance.
func checkLeak(g *Grid, tails func(k int, lo, hi float64) (below, above float64)) error {
	worst := LeakError{Mass: -1}
	for k, a := range g.axes {
		below, above := tails(k, a.Lo, a.Hi)
		worst.Total += below + above
		if below > worst.Mass {
			worst.Axis, worst.Upper, worst.Edge, worst.Mass = k, false, a.Lo, below
		}
		if above > worst.Mass {
			worst.Axis, worst.Upper, worst.Edge, worst.Mass = k, true, a.Hi, above
		}
	}
	if worst.Total > leakTolerance {
		return &worst
	}
	return nil
}

// checkDim reports whether the law named what, of dimension d, fits dst.
func checkDim(what string, d int, dst *Density) error {
	if dst == nil || dst.Grid == nil || len(dst.Values) != dst.Grid.Len() {
		panic("grid: " + what + ".Average: dst is not a density on a grid; use NewDensity")
	}
	if d != dst.Grid.Dim() {
		return fmt.Errorf("grid: the %s has %d coordinates but the grid has %d axes", what, d, dst.Grid.Dim())
	}
	return nil
}

// checkQuantile panics unless dst and u have length d and u lies in [0, 1].
func checkQuantile(what string, d int, dst, u []float64) {
	if len(dst) != d || len(u) != d {
		panic(fmt.Sprintf("grid: %s.Quantile: dst has length %d and u has length %d, want %d", what, len(dst), len(u), d))
	}
	for k, p := range u {
		if !(p >= 0 && p <= 1) {
			panic(fmt.Sprintf("grid: %s.Quantile: u[%d] = %v is not in [0, 1]", what, k, p))
		}
	}
}

// fillProduct writes Π_k factor[k][i_k], divided by the cell volume and scaled to
// mass one, to dst. The factors are cell masses along each axis.
func fillProduct(dst *Density, factor [][]float64) {
	out := []float64{1 / dst.Grid.MeanVolume()}
	for k, f := range factor {
		next := dst.Values
		if k < len(factor)-1 {
			next = make([]float64, len(out)*len(f))
		}
		for i, p := range out {
			row := next[i*len(f) : (i+1)*len(f)]
			for j, m := range f {
				row[j] = p * m
			}
		}
		out = next
	}
	dst.divide(dst.Grid.Jacobian())
	normalise(dst)
}

// normalise scales dst, whose mass is near one, to mass one. The second round
// removes the rounding of the first.
func normalise(dst *Density) {
	for range 2 {
		if m := dst.Mass(); m != 1 {
			dst.Scale(1 / m)
		}
	}
}

// checkRule returns n^d or an error that says why there is no such tensor rule.
func checkRule(rule Rule, n, d int) (int, error) {
	if rule != Gauss && rule != Midpoint {
		return 0, fmt.Errorf("grid: unknown rule %q: want %q or %q", string(rule), string(Gauss), string(Midpoint))
	}
	if n < 1 {
		return 0, fmt.Errorf("grid: %s rule with %d points an axis: want at least 1", rule, n)
	}
	if rule == Gauss && n > maxGauss {
		return 0, fmt.Errorf("grid: gauss rule with %d points an axis: want at most %d", n, maxGauss)
	}
	total := 1
	for range d {
		if n > maxQuadrature/total {
			return 0, fmt.Errorf("grid: %s rule with %d points on each of %d axes: want at most %d points in all", rule, n, d, maxQuadrature)
		}
		total *= n
	}
	return total, nil
}

// tensorRule returns the tensor product of the one-dimensional rule x, w in d
// dimensions: coordinate k of point i at points[k*n^d+i], the last coordinate
// varying fastest.
func tensorRule(x, w []float64, d, total int) (points, weights []float64) {
	n := len(x)
	points, weights = make([]float64, d*total), make([]float64, total)
	for i := range weights {
		weights[i] = 1
	}
	stride := total
	for k := range d {
		stride /= n
		for i := range weights {
			j := i / stride % n
			points[k*total+i] = x[j]
			weights[i] *= w[j]
		}
	}
	return points, weights
}

// scaleToOne scales non-negative weights to sum one.
func scaleToOne(w []float64) {
	s := Sum(w)
	for i := range w {
		w[i] /= s
	}
}

// firstNotFinite returns the index of the first NaN or infinity in x, or −1.
func firstNotFinite(x []float64) int {
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return i
		}
	}
	return -1
}
