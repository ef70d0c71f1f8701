package exact

import (
	"errors"
	"fmt"

	"pdesolve/grid"
)

// tailTolerance is the mass of a law that may lie outside a box; see
// Solution.Density.
const tailTolerance = 1e-6

// averages returns the cell averages of a law on g, scaled to mass one. It fails
// if more than tailTolerance of the mass lies outside g's box, or 1e-9 if an axis is
// graded: there a wider box costs little. what names the
// solution in errors.
func averages(law grid.Law, g *grid.Grid, what string) (*grid.Density, error) {
	if g == nil {
		panic("exact: " + what + ": the grid is nil")
	}
	dst := grid.NewDensity(g)
	err := law.Average(dst)
	if leak, ok := errors.AsType[*grid.LeakError](err); ok && leak.Total <= tailTolerance && g.CheckUniform() == nil {
		return cropped(law, g, what)
	}
	if err != nil {
		return nil, fmt.Errorf("exact: %s: %w", what, err)
	}
	return dst, nil
}

// cropped averages over a grid that is wider by a quarter on each side, for laws
// take less outside their box, and keeps what lies on g.
func cropped(law grid.Law, g *grid.Grid, what string) (*grid.Density, error) {
	axes := g.Axes()
	extra := make([]int, len(axes))
	for k, a := range axes {
		extra[k] = a.N/4 + 1
		h := a.H() * float64(extra[k])
		axes[k] = grid.Axis{Lo: a.Lo - h, Hi: a.Hi + h, N: a.N + 2*extra[k]}
	}
	wide, err := grid.New(axes...)
	if err != nil {
		return nil, fmt.Errorf("exact: %s: %w", what, err)
	}
	all := grid.NewDensity(wide)
	if err := law.Average(all); err != nil {
		return nil, fmt.Errorf("exact: %s: %w", what, err)
	}
	dst := grid.NewDensity(g)
	for i := range dst.Values {
		at := 0
		for k := range axes {
			at += (i/g.Stride(k)%g.Axis(k).N + extra[k]) * wide.Stride(k)
		}
		dst.Values[i] = all.Values[at]
	}
	for range 2 { // the second round removes the rounding of the first
		dst.Scale(1 / dst.Mass())
	}
	return dst, nil
}
