package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"pdesolve/pde/transformer"
)

// headBins bounds the bins of a histogram.
const headBins = 60

// parameterGroup is a matrix, a vector or a number among the parameters of an atom.
type parameterGroup struct {
	name   string
	from   int
	number int // of parameters
}

// parameterGroups splits names such as A[0,1] by what stands before the bracket.
func parameterGroups(names []string) []parameterGroup {
	var out []parameterGroup
	for i, name := range names {
		head, _, _ := strings.Cut(name, "[")
		if n := len(out); n > 0 && out[n-1].name == head {
			out[n-1].number++
			continue
		}
		out = append(out, parameterGroup{head, i, 1})
	}
	return out
}

// headFigures draws, for every block, how the parameters are distributed over the heads
// or neurons of the shown network's shape, all seeds together: layers in columns, before
// and after training.
func headFigures(r *Result) []figure {
	shown := shownNetwork(r)
	if shown == nil {
		return nil
	}
	m := ofDepth(&r.Study.Model, shown)
	var runs []*Run
	for _, run := range r.Runs {
		if run.Kind == Finite && run.Depth == shown.Depth && run.Width == shown.Width && len(run.Trajectory.Ensembles) == len(shown.Trajectory.Ensembles) {
			runs = append(runs, run)
		}
	}
	var out []figure
	for b := range m.Blocks {
		out = append(out, headFigure(runs, m, b))
	}
	return out
}

func headFigure(runs []*Run, m *transformer.Model, b int) figure {
	name := strings.TrimSuffix(blockPrefixes(m)[b], ".")
	if name == "" {
		name = m.Blocks[b].Block.Name()
	}
	times := runs[0].Trajectory.Time
	shown := slices.Compact([]int{0, len(times) / 2, len(times) - 1})
	layers := shownSlices(m.Depth)
	var rows [][]*plot.Plot
	var words []string
	for g, group := range parameterGroups(m.Parameters(b)) {
		label := symbol(group.name)
		if group.number > 1 {
			label = "entries of " + label
		}
		values := make([][][]float64, len(layers)) // of each layer and time
		lo, hi := math.Inf(1), math.Inf(-1)
		for c, k := range layers {
			for _, s := range shown {
				x := group.over(runs, s, m.ComponentOf(b, k))
				lo, hi = min(lo, slices.Min(x)), max(hi, slices.Max(x))
				values[c] = append(values[c], x)
			}
		}
		var row []*plot.Plot
		for c, k := range layers {
			p := newPlot("", label, "")
			if g == 0 {
				p.Title.Text = fmt.Sprintf("layer %d", k)
			}
			if c == 0 {
				p.Y.Label.Text = "density"
			}
			for i, s := range shown {
				line := histogram(values[c][i], lo, hi)
				line.LineStyle = lineStyle(i)
				p.Add(line)
				if g == 0 && c == 0 {
					p.Legend.Add("τ = "+plain(times[s]), line)
				}
			}
			p.Y.Min = 0
			if g == 0 && c == 0 {
				p.Legend.Top = true
				p.Y.Max *= 1 + 0.16*float64(len(shown))
			}
			row = append(row, p)
		}
		rows = append(rows, row)
		first, last := values[len(layers)-1][0], values[len(layers)-1][len(shown)-1]
		words = append(words, fmt.Sprintf("%s: standard deviation in the last layer from %s to %s", label, significant(stat.StdDev(first, nil), 2), significant(stat.StdDev(last, nil), 2)))
	}
	atoms := len(runs) * runs[0].Width
	caption := fmt.Sprintf("Distribution of the parameters of block %s over the %d heads or neurons a layer of networks with L = %d, M = %d", name, atoms, m.Depth, runs[0].Width)
	if len(runs) > 1 {
		caption += fmt.Sprintf(", %d seeds together", len(runs))
	}
	return figure{
		File: "figures/heads-" + fileName(name) + ".svg", drawing: render(rows, twoColumns, vg.Length(len(rows))*1.7*vg.Inch),
		Caption: caption + ". Columns are layers; of a matrix or vector all entries are counted. The area under every curve is 1.",
		Alt:     fmt.Sprintf("Histograms of the parameters of block %s over heads, layers %s, at τ = %s. %s.", name, list(layers), strings.Join(mapped(shown, func(s int) string { return plain(times[s]) }), ", "), strings.Join(words, "; ")),
	}
}

// over returns the group's parameters in a component of all runs at a saved time.
func (g parameterGroup) over(runs []*Run, s, component int) []float64 {
	var x []float64
	for _, run := range runs {
		a := &run.Trajectory.Ensembles[s].Component[component]
		for d := g.from; d < g.from+g.number; d++ {
			x = append(x, a.Coordinate(d)...)
		}
	}
	return x
}

// histogram returns the outline of the density of x on [lo, hi], in as many bins as the
// root of the number of values, headBins at most.
func histogram(x []float64, lo, hi float64) *plotter.Line {
	bins := max(6, min(headBins, int(math.Sqrt(float64(len(x))))))
	if !(hi > lo) {
		lo, hi = lo-0.5, hi+0.5
	}
	edges := make([]float64, bins+1)
	for i := range edges {
		edges[i] = lo + (hi-lo)*float64(i)/float64(bins)
	}
	edges[bins] = math.Nextafter(hi, math.Inf(1)) // the last bin holds its upper end
	x = slices.Sorted(slices.Values(x))
	count := stat.Histogram(nil, edges, x, nil)
	width := (hi - lo) / float64(bins)
	xy := plotter.XYs{{X: lo, Y: 0}}
	for i, n := range count {
		xy = append(xy, plotter.XY{X: edges[i], Y: n / float64(len(x)) / width})
	}
	return &plotter.Line{StepStyle: plotter.PostStep, XYs: append(xy, plotter.XY{X: hi, Y: 0})}
}
