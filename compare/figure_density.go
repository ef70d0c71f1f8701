package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"pdesolve/grid"
	"pdesolve/pde/transformer"
)

// densityRun returns the best grid run that stores its states, nil if there is
// none.
func densityRun(r *Result) *Run {
	return bestGrid(r, func(run *Run) bool { return len(run.Trajectory.States) > 1 })
}

// bestGrid returns the grid run with the given property that shows the limit best,
// nil if there is none: the finest or, of equally fine ones, that of the scheme of
// highest declared order in space.
func bestGrid(r *Result, has func(*Run) bool) *Run {
	var best *Run
	for _, run := range r.Runs {
		if run.Kind != Grid || !has(run) {
			continue
		}
		if best == nil || finer(run, best) || !finer(best, run) && spaceOrder(r, run) > spaceOrder(r, best) {
			best = run
		}
	}
	return best
}

// spaceOrder returns the declared order in space of the run's scheme, 0 if the study
// does not list it.
func spaceOrder(r *Result, run *Run) int {
	for _, v := range r.Study.Solvers {
		if v.Scheme != nil && v.Scheme.Name() == run.Scheme {
			space, _ := v.Scheme.Order()
			return space
		}
	}
	return 0
}

// shownSlices returns the first, the middle and the last of L depth slices, without
// repeats.
func shownSlices(depth int) []int {
	switch {
	case depth <= 1:
		return []int{0}
	case depth == 2:
		return []int{0, 1}
	}
	return []int{0, depth / 2, depth - 1}
}

// sliceDepth returns where in depth t ∈ [0, 1] slice k stands: where its layer
// starts, or for continuous depth at the midpoint of its step.
func sliceDepth(run *Run, k int) float64 {
	if run.Continuous {
		return (float64(k) + 0.5) / float64(run.Depth)
	}
	return float64(k) / float64(run.Depth)
}

// symbols are the letters of parameters whose names are spelt out in files.
var symbols = map[string]string{"omega": "ω", "omega_x": "ωₓ", "omega_y": "ω_y", "theta": "θ"}

func symbol(name string) string {
	if s, ok := symbols[name]; ok {
		return s
	}
	return name
}

// densityFigure draws block b of the run: first, middle and last depth in columns,
// start and end of training in rows. A block of more than two parameters is shown by
// its marginal on the first and the last one.
func densityFigure(run *Run, m *transformer.Model, b int, file string) figure {
	states := run.Trajectory.States
	ends := []int{0, len(states) - 1}
	names := m.Parameters(b)
	columns := shownSlices(run.Depth)
	picked := make([][]*grid.Density, len(ends))
	for i, s := range ends {
		for _, k := range columns {
			picked[i] = append(picked[i], planar(states[s][b*run.Depth+k]))
		}
	}
	x, y := symbol(names[0]), symbol(names[len(names)-1])
	var rows [][]*plot.Plot
	flat := picked[0][0].Grid.Dim() == 1
	for i, s := range ends {
		row := make([]*plot.Plot, 0, len(columns)+1)
		top := 0.0
		for _, d := range picked[i] {
			for _, v := range d.Values {
				top = max(top, v)
			}
		}
		for j, k := range columns {
			p := newPlot(fmt.Sprintf("τ = %s, t = %s", plain(run.Trajectory.Time[s]), plain(sliceDepth(run, k))), "", "")
			p.X.Label.Text = x
			if flat {
				p.Add(profile(picked[i][j]))
			} else {
				if j == 0 {
					p.Y.Label.Text = y
				}
				addHeat(p, picked[i][j], top, crop(picked))
			}
			row = append(row, p)
		}
		if !flat {
			row = append(row, colorBar(top, "ρ"))
		}
		rows = append(rows, row)
	}
	height := 4.2 * vg.Inch
	var picture drawing
	if flat {
		picture = render(rows, twoColumns, height)
	} else {
		picture = renderWithBars(rows, twoColumns, height)
	}
	name := m.Blocks[b].Block.Name()
	return figure{
		File: file, drawing: picture,
		Caption: fmt.Sprintf("Density of the parameters (%s) of block %s at three depths t, before (τ = 0) and after training; run %s. Each row has its own colour scale. The picture is cropped to where the density exceeds a thousandth of its largest value.",
			strings.Join(mapped(names, symbol), ", "), name, run.ID),
		Alt: fmt.Sprintf("Heat maps of the density of block %s over %s and %s at depths %s, at the start and the end of training.", name, x, y, depthList(run, columns)),
	}
}

func mapped[T any](x []T, f func(T) string) []string {
	out := make([]string, len(x))
	for i, v := range x {
		out[i] = f(v)
	}
	return out
}

func depthList(run *Run, slices []int) string {
	var s []string
	for _, k := range slices {
		s = append(s, "t = "+plain(sliceDepth(run, k)))
	}
	return strings.Join(s, ", ")
}

// planar returns the density, or its marginal on the first and last axes if it has
// more than two.
func planar(d *grid.Density) *grid.Density {
	if d.Grid.Dim() <= 2 {
		return d
	}
	return d.Marginal(0, d.Grid.Dim()-1)
}

// box is a rectangle of cells, upper ends excluded.
type box struct{ i0, i1, j0, j1 int }

// crop returns the smallest box, with a margin, that holds every cell of any of the
// densities above a thousandth of that density's maximum.
func crop(rows [][]*grid.Density) box {
	g := rows[0][0].Grid
	n, m := g.Axis(0).N, g.Axis(1).N
	b := box{n, 0, m, 0}
	for _, row := range rows {
		for _, d := range row {
			top := 0.0
			for _, v := range d.Values {
				top = max(top, v)
			}
			for c, v := range d.Values {
				if v > top/1000 {
					i, j := c/m, c%m
					b = box{min(b.i0, i), max(b.i1, i+1), min(b.j0, j), max(b.j1, j+1)}
				}
			}
		}
	}
	if b.i0 >= b.i1 || b.j0 >= b.j1 {
		return box{0, n, 0, m}
	}
	pi, pj := max(1, (b.i1-b.i0)/12), max(1, (b.j1-b.j0)/12)
	return box{max(0, b.i0-pi), min(n, b.i1+pi), max(0, b.j0-pj), min(m, b.j1+pj)}
}

// cells is part of a two-dimensional density as gonum's GridXYZ, whose points must be
// evenly spaced: of a graded axis they are pixels.
type cells struct {
	d    *grid.Density
	x, y pixels
}

func newCells(d *grid.Density, b box) cells {
	return cells{d, newPixels(d.Grid.Axis(0), b.i0, b.i1), newPixels(d.Grid.Axis(1), b.j0, b.j1)}
}

func (c cells) Dims() (int, int)   { return len(c.x.cell), len(c.y.cell) }
func (c cells) X(i int) float64    { return c.x.center[i] }
func (c cells) Y(j int) float64    { return c.y.center[j] }
func (c cells) Z(i, j int) float64 { return c.d.Values[c.x.cell[i]*c.d.Grid.Stride(0)+c.y.cell[j]] }

// pixels are evenly spaced points on part of an axis, and the cells that hold them: the
// cells' own centers if those are evenly spaced.
type pixels struct {
	center []float64
	cell   []int
}

// maxPixels bounds the pixels along a graded axis, of which the narrowest cell should
// have one.
const maxPixels = 400

// newPixels returns those of the cells from to to−1.
func newPixels(a grid.Axis, from, to int) (p pixels) {
	if a.Grading == nil {
		for i := from; i < to; i++ {
			p.center, p.cell = append(p.center, a.Center(i)), append(p.cell, i)
		}
		return p
	}
	edges := a.Edges()
	least := slices.Min(a.Widths()[from:to])
	n := min(maxPixels, int(math.Ceil((edges[to]-edges[from])/least)))
	even := grid.Axis{Lo: edges[from], Hi: edges[to], N: n}
	at := from
	for i := range n {
		x := even.Center(i)
		for at < to-1 && edges[at+1] <= x {
			at++
		}
		p.center, p.cell = append(p.center, x), append(p.cell, at)
	}
	return p
}

func addHeat(p *plot.Plot, d *grid.Density, top float64, b box) {
	heat := plotter.NewHeatMap(newCells(d, b), viridis{})
	heat.Min, heat.Max, heat.Rasterized = 0, max(top, math.SmallestNonzeroFloat64), true
	p.Add(heat)
	ax, ay := d.Grid.Axis(0), d.Grid.Axis(1)
	p.X.Min, p.X.Max = ax.Edge(b.i0), ax.Edge(b.i1)
	p.Y.Min, p.Y.Max = ay.Edge(b.j0), ay.Edge(b.j1)
	p.X.Padding, p.Y.Padding = 0, 0
}

// ramp is the colour scale from 0 to top as a grid of one column.
type ramp float64

func (r ramp) Dims() (int, int)   { return 1, 256 }
func (r ramp) X(int) float64      { return 0.5 }
func (r ramp) Y(j int) float64    { return (float64(j) + 0.5) / 256 * float64(r) }
func (r ramp) Z(_, j int) float64 { return r.Y(j) }

// colorBar draws the scale of a quantity from 0 to top.
func colorBar(top float64, quantity string) *plot.Plot {
	p := newPlot(quantity, "", "")
	top = max(top, math.SmallestNonzeroFloat64)
	heat := plotter.NewHeatMap(ramp(top), viridis{})
	heat.Min, heat.Max, heat.Rasterized = 0, top, true
	p.Add(heat)
	// A blank label and tick keep the bar level with the maps beside it.
	p.X.Label.Text, p.X.LineStyle.Width, p.X.Tick.Length = " ", 0, vg.Points(4)
	p.X.Tick.Width, p.X.Tick.Marker = 0, plot.ConstantTicks{{Value: 0.5, Label: " "}}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, top
	p.X.Padding, p.Y.Padding = 0, 0
	return p
}

// profile returns the graph of a one-dimensional density.
func profile(d *grid.Density) *plotter.Line {
	return curveLine(d.Grid.Axis(0).Centers(), d.Values, draw.LineStyle{Color: palette[0], Width: vg.Points(1.2)}, false)
}
