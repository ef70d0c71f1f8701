package compare

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// limitRuns returns the runs that stand for the mean-field limit at the model's
// depth: of each scheme the finest grid run, then the quadrature with most nodes.
func limitRuns(r *Result) []*Run {
	var out []*Run
	at := map[string]int{}
	for _, kind := range []Kind{Grid, Characteristics} {
		for _, run := range r.Runs {
			if run.Kind != kind || kind == Characteristics && run.Dt > 0 || run.Depth != r.Study.Model.Depth || run.Continuous != r.Study.Model.Continuous {
				continue
			}
			if i, ok := at[run.Scheme]; !ok {
				at[run.Scheme] = len(out)
				out = append(out, run)
			} else if finer(run, out[i]) {
				out[i] = run
			}
		}
	}
	return out
}

// finer reports whether a resolves more than b: more cells or nodes, else a
// smaller step.
func finer(a, b *Run) bool {
	size := func(r *Run) float64 {
		n := float64(r.Nodes)
		for i, c := range r.Cells {
			if i == 0 {
				n = 1
			}
			n *= float64(c)
		}
		return n
	}
	if size(a) != size(b) {
		return size(a) > size(b)
	}
	return a.Dt > 0 && a.Dt < b.Dt
}

// networkGroup is the networks of one depth and width.
type networkGroup struct {
	depth, width int
	runs         []*Run
}

// networks groups the networks by depth and width, in order of first appearance.
func networks(r *Result) []networkGroup {
	var out []networkGroup
	for _, run := range r.Runs {
		if run.Kind != Finite {
			continue
		}
		i := slices.IndexFunc(out, func(g networkGroup) bool { return g.depth == run.Depth && g.width == run.Width })
		if i < 0 {
			i = len(out)
			out = append(out, networkGroup{depth: run.Depth, width: run.Width})
		}
		out[i].runs = append(out[i].runs, run)
	}
	return out
}

// shownNetworks returns at most three widths at the model's depth that have several
// seeds: the smallest, the middle one and the largest.
func shownNetworks(r *Result) []networkGroup {
	var all []networkGroup
	for _, g := range networks(r) {
		if g.depth == r.Study.Model.Depth && len(g.runs) > 1 {
			all = append(all, g)
		}
	}
	slices.SortFunc(all, func(a, b networkGroup) int { return a.width - b.width })
	if len(all) > 3 {
		all = []networkGroup{all[0], all[len(all)/2], all[len(all)-1]}
	}
	return all
}

// runLabel names a limit run in a legend.
func runLabel(run *Run) string {
	switch {
	case run.Kind == Characteristics && run.Dt > 0:
		return fmt.Sprintf("%s, %d nodes, step %s", run.Scheme, run.Nodes, plain(run.Dt))
	case run.Kind == Characteristics:
		return fmt.Sprintf("characteristics, %d nodes", run.Nodes)
	case run.Dt > 0:
		return fmt.Sprintf("%s, %s cells, step %s", run.Scheme, cellsLabel(run.Cells), plain(run.Dt))
	case len(run.Cells) > 0:
		return fmt.Sprintf("%s, %s cells", run.Scheme, cellsLabel(run.Cells))
	}
	return run.ID
}

// riskFigure draws the risk against training time of the solvers and, as bands, of
// the networks.
func riskFigure(r *Result) (figure, bool) {
	p := newPlot("", "training time τ", "risk R")
	words, drawn := []string{}, false
	for i, g := range shownNetworks(r) {
		band, median, ok := seedBand(g.runs, riskCurve.values, palette[(i+3)%len(palette)], false)
		if !ok {
			continue
		}
		median.LineStyle = lineStyle(i + 3)
		median.Width = vg.Points(0.9)
		p.Add(band, median)
		p.Legend.Add(fmt.Sprintf("networks, M = %d (%d seeds)", g.width, len(g.runs)), band, median)
		drawn = true
	}
	for i, run := range limitRuns(r) {
		t := run.Trajectory
		line := curveLine(t.Time, t.Risk, lineStyle(i), false)
		if line == nil {
			continue
		}
		p.Add(line)
		p.Legend.Add(runLabel(run), line)
		words = append(words, fmt.Sprintf("%s: from %s to %s", runLabel(run), significant(t.Risk[0], 3), significant(t.Risk[len(t.Risk)-1], 3)))
		drawn = true
	}
	if !drawn {
		return figure{}, false
	}
	p.Legend.Top = true
	p.Y.Max += 0.05 * (p.Y.Max - p.Y.Min)
	return figure{
		File:    "figures/risk.svg",
		drawing: render([][]*plot.Plot{{p}}, twoColumns, 3.4*vg.Inch),
		Caption: fmt.Sprintf("Risk R against training time τ at depth L = %d: the solvers of the mean-field limit (M = ∞) at their finest, and networks of finite width M. "+
			"Bands span the 10 %% to 90 %% quantiles over seeds, the line inside is the median.", r.Study.Model.Depth),
		Alt: strings.TrimSuffix("Risk against training time. "+strings.Join(words, "; ")+".", " ."),
	}, true
}

// seedBand returns the band between the 10 % and 90 % quantiles of a quantity over the
// runs, and the median, without what is not positive if positive is asked for.
func seedBand(runs []*Run, values func(*Run) []float64, c color.NRGBA, positive bool) (band *plotter.Polygon, median *plotter.Line, ok bool) {
	t := runs[0].Trajectory.Time
	curves := make([][]float64, len(runs))
	for i, run := range runs {
		curves[i] = values(run)
	}
	up, down, mid := plotter.XYs{}, plotter.XYs{}, plotter.XYs{}
	for s, tau := range t {
		var v []float64
		for _, x := range curves {
			if s < len(x) && isFinite(x[s]) && (!positive || x[s] > 0) {
				v = append(v, x[s])
			}
		}
		if len(v) == 0 {
			continue
		}
		slices.Sort(v)
		down = append(down, plotter.XY{X: tau, Y: quantile(0.1, v)})
		up = append(up, plotter.XY{X: tau, Y: quantile(0.9, v)})
		mid = append(mid, plotter.XY{X: tau, Y: quantile(0.5, v)})
	}
	if len(mid) < 2 {
		return nil, nil, false
	}
	slices.Reverse(down)
	c.A = 70
	return &plotter.Polygon{XYs: []plotter.XYs{append(up, down...)}, Color: c}, &plotter.Line{XYs: mid}, true
}

// energyFigure draws the objective against training time, and how far its fall
// differs from the dissipation.
func energyFigure(r *Result) (figure, bool) {
	left := newPlot("objective", "training time τ", "Q")
	right := newPlot("energy-dissipation residual", "training time τ", "|ΔQ + ∫D dτ|")
	logY(right)
	words := []string{}
	anyResidual := false
	for i, run := range limitRuns(r) {
		t := run.Trajectory
		line := curveLine(t.Time, t.Energy, lineStyle(i), false)
		if line == nil {
			continue
		}
		left.Add(line)
		left.Legend.Add(runLabel(run), line)
		words = append(words, fmt.Sprintf("%s: Q falls from %s to %s", runLabel(run), significant(t.Energy[0], 3), significant(t.Energy[len(t.Energy)-1], 3)))
		size := make([]float64, len(t.Residual))
		for s, v := range t.Residual {
			size[s] = math.Abs(v)
		}
		style := lineStyle(i)
		if res := curveLine(t.Time, size, style, true); res != nil {
			right.Add(res, &plotter.Scatter{XYs: res.XYs, GlyphStyle: draw.GlyphStyle{Color: style.Color, Radius: vg.Points(2), Shape: filled[i%len(filled)]}})
			anyResidual = true
		}
	}
	if len(words) == 0 {
		return figure{}, false
	}
	left.Legend.Top = true
	caption := "Objective Q = R + regulariser, which a gradient flow never raises."
	row := []*plot.Plot{left}
	if anyResidual {
		row = append(row, right)
		caption += " Right: how far the fall of Q over each saved interval differs from the dissipation D = Σ ∫ρ|∇Ψ|² integrated over it; exact for the flow itself, so this is the solver's own error."
	}
	return figure{
		File: "figures/energy.svg", drawing: render([][]*plot.Plot{row}, twoColumns, 2.8*vg.Inch), Caption: caption,
		Alt: "Objective against training time. " + strings.Join(words, "; ") + ".",
	}, true
}
