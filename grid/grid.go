package grid

import (
	"fmt"
	"slices"
)

// MaxDim is the largest number of axes of a Grid.
const MaxDim = 4

// maxCells bounds the cells of one grid: 2⁴⁰ doubles are 8 TiB, beyond which a
// product of axis lengths is a mistake and not a wish.
const maxCells = 1 << 40

// Grid is a tensor product of 1 to 4 axes. Cells are numbered row-major: the last
// axis varies fastest. A Grid does not change after New and may be shared.
type Grid struct {
	axes     []Axis
	stride   []int
	size     int
	jacobian []float64
}

// New returns the tensor grid of the given axes. It fails on an invalid axis, on
// other than 1 to 4 axes, and on more cells than any memory holds.
func New(axes ...Axis) (*Grid, error) {
	if len(axes) < 1 || len(axes) > MaxDim {
		return nil, fmt.Errorf("grid: %d axes: want 1 to %d", len(axes), MaxDim)
	}
	g := &Grid{axes: slices.Clone(axes), stride: make([]int, len(axes)), size: 1}
	for k := len(axes) - 1; k >= 0; k-- {
		if err := axes[k].Validate(); err != nil {
			return nil, fmt.Errorf("grid: axis %d: %w", k, err)
		}
		if axes[k].N > maxCells/g.size {
			return nil, fmt.Errorf("grid: axis %d: n: %d makes more than %d cells", k, axes[k].N, maxCells)
		}
		g.stride[k] = g.size
		g.size *= axes[k].N
	}
	g.jacobian = g.relativeVolumes()
	return g, nil
}

// Dim returns the number of axes.
func (g *Grid) Dim() int { return len(g.axes) }

// Len returns the number of cells.
func (g *Grid) Len() int { return g.size }

// Axis returns axis k.
func (g *Grid) Axis(k int) Axis { return g.axes[k] }

// Axes returns a copy of the axes.
func (g *Grid) Axes() []Axis { return slices.Clone(g.axes) }

// Stride returns the distance in memory between neighbours along axis k.
func (g *Grid) Stride(k int) int { return g.stride[k] }

// Shape returns the number of cells along each axis.
func (g *Grid) Shape() []int {
	s := make([]int, len(g.axes))
	for k, a := range g.axes {
		s[k] = a.N
	}
	return s
}

// CheckUniform returns an error that names the first graded axis, or nil if all
// cells are equal.
func (g *Grid) CheckUniform() error {
	for k, a := range g.axes {
		if a.Grading != nil {
			return fmt.Errorf("axis %d is graded: want equal cells, an axis without grading", k)
		}
	}
	return nil
}

// CellVolume returns the volume of each cell. It panics if an axis is graded; see
// MeanVolume and Jacobian.
func (g *Grid) CellVolume() float64 {
	if err := g.CheckUniform(); err != nil {
		panic("grid: CellVolume: " + err.Error())
	}
	return g.MeanVolume()
}

// MeanVolume returns the volume of the box divided by the number of cells, which is
// that of each cell if no axis is graded.
func (g *Grid) MeanVolume() float64 {
	v := 1.0
	for _, a := range g.axes {
		v *= a.MeanWidth()
	}
	return v
}

// Jacobian returns the volume of each cell divided by MeanVolume, the Jacobian of the
// map that grades the grid, or nil if no axis is graded: then all are 1. The slice is
// the grid's own and is not to be changed.
func (g *Grid) Jacobian() []float64 { return g.jacobian }

// RelativeVolume returns element i of Jacobian: 1 if no axis is graded.
func (g *Grid) RelativeVolume(i int) float64 {
	if g.jacobian == nil {
		return 1
	}
	return g.jacobian[i]
}

// Volume returns the volume of cell i.
func (g *Grid) Volume(i int) float64 { return g.MeanVolume() * g.RelativeVolume(i) }

// relativeVolumes computes Jacobian.
func (g *Grid) relativeVolumes() []float64 {
	if g.CheckUniform() == nil {
		return nil
	}
	j := make([]float64, g.size)
	for i := range j {
		j[i] = 1
	}
	for k, a := range g.axes {
		if a.Grading == nil {
			continue
		}
		ratio := a.Widths()
		for i := range ratio {
			ratio[i] /= a.MeanWidth()
		}
		for base := 0; base < g.size; base += g.stride[k] {
			r := ratio[base/g.stride[k]%a.N]
			for i := range g.stride[k] {
				j[base+i] *= r
			}
		}
	}
	return j
}

// Center writes the midpoint of cell i to dst, which has length Dim, and returns
// dst.
func (g *Grid) Center(dst []float64, i int) []float64 {
	for k, s := range g.stride {
		dst[k] = g.axes[k].Center(i / s % g.axes[k].N)
	}
	return dst
}

// Equal reports whether two grids have the same edges.
func (g *Grid) Equal(o *Grid) bool { return slices.EqualFunc(g.axes, o.axes, Axis.Equal) }
