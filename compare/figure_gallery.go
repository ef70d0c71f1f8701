package compare

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"pdesolve/grid"
	"pdesolve/pde/transformer"
)

// galleryFrames is the largest number of saved times that a gallery shows.
const galleryFrames = 12

// gallery draws block b of the run at the middle depth, one frame a saved time, all on
// one colour scale and one crop, so that the frames can be compared: a strip to slide
// on a screen, small multiples in print.
func gallery(run *Run, m *transformer.Model, b int, name string) []figure {
	states, times := run.Trajectory.States, run.Trajectory.Time
	k := run.Depth / 2
	var shown []int
	for i := range min(len(states), galleryFrames) {
		shown = append(shown, i*(len(states)-1)/max(1, min(len(states), galleryFrames)-1))
	}
	shown = slices.Compact(shown)
	var picked []*grid.Density
	top := 0.0
	for _, s := range shown {
		d := planar(states[s][b*run.Depth+k])
		picked = append(picked, d)
		top = max(top, slices.Max(d.Values))
	}
	names := m.Parameters(b)
	x, y := symbol(names[0]), symbol(names[len(names)-1])
	area := box{}
	if picked[0].Grid.Dim() > 1 {
		area = crop([][]*grid.Density{picked})
	}
	var out []figure
	for i, s := range shown {
		p := newPlot(fmt.Sprintf("τ = %s", plain(times[s])), x, "")
		if picked[i].Grid.Dim() == 1 {
			p.Add(profile(picked[i]))
			p.Y.Min, p.Y.Max = 0, 1.05*top
		} else {
			p.Y.Label.Text = y
			addHeat(p, picked[i], top, area)
		}
		out = append(out, figure{
			File:    fmt.Sprintf("figures/gallery-%s-%02d.svg", fileName(name), i),
			drawing: render([][]*plot.Plot{{p}}, 2.15*vg.Inch, 2.1*vg.Inch),
			Caption: fmt.Sprintf("Block %s at depth t = %s, τ = %s; colours from 0 to %s.", name, plain(sliceDepth(run, k)), plain(times[s]), significant(top, 2)),
			Alt:     fmt.Sprintf("Density of block %s over %s at depth %s and training time %s.", name, strings.Join(mapped(names, symbol), ", "), plain(sliceDepth(run, k)), plain(times[s])),
		})
	}
	return out
}
