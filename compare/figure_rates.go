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
)

// quantityWords names the quantities with their symbols.
var quantityWords = map[Quantity]string{
	Output:    "output",
	Risk:      "risk R",
	Objective: "objective Q",
	Density:   "density ρ, L¹",
	Balance:   "balance of energy",
	Distance1: "distance W₁",
	Farthest:  "largest |θ − θ̃|",
	Typical:   "rms |θ − θ̃|",
}

// rateFigures draws one figure for each ladder that the result holds, one panel a
// quantity.
func rateFigures(r *Result) []figure {
	var out []figure
	for _, against := range measured(r) {
		var panels []*plot.Plot
		var words []string
		seeds, floor := false, false
		for _, q := range r.quantities() {
			var ladders []*Ladder
			for i := range r.Ladders {
				if l := &r.Ladders[i]; l.Against == against && l.Quantity == q && len(drawable(l.Points)) > 0 {
					ladders = append(ladders, l)
					seeds = seeds || hasSeeds(l.Points)
				}
			}
			if len(ladders) == 0 {
				continue
			}
			y := ""
			if len(panels) == 0 {
				y = "largest error over τ"
				if against.sweeps() {
					y = "training risk at the end"
				}
			}
			p, shown := ratePanel(quantityWords[q], against.axis(), y, ladders)
			floor = floor || shown
			panels = append(panels, p)
			for _, l := range ladders {
				words = append(words, fmt.Sprintf("%s%s: slope %s, predicted %s",
					q, schemeSuffix(l), l.Rate.Slope(), plain(l.Rate.Predicted)))
			}
		}
		if len(panels) == 0 {
			continue
		}
		width, rows := twoColumns, [][]*plot.Plot{panels}
		switch len(panels) {
		case 1:
			width = oneColumn
		case 4:
			rows = [][]*plot.Plot{panels[:2], panels[2:]}
		}
		out = append(out, figure{
			File:    errorFile(against),
			drawing: render(rows, width, vg.Length(len(rows))*2.6*vg.Inch),
			Caption: rateCaption(against, seeds, floor),
			Alt:     fmt.Sprintf("Log-log plot of error against %s. %s.", against.axis(), strings.Join(words, "; ")),
		})
	}
	return out
}

// errorFile is where the figure of a ladder is stored.
func errorFile(a Against) string { return "figures/error-" + string(a) + ".svg" }

// measured returns what the result's ladders vary, in order of first appearance.
func measured(r *Result) []Against {
	var out []Against
	for i := range r.Ladders {
		if a := r.Ladders[i].Against; !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

func schemeSuffix(l *Ladder) string {
	if l.Scheme == "" {
		return ""
	}
	return " (" + l.Scheme + ")"
}

func rateCaption(against Against, seeds, floor bool) string {
	if against.sweeps() {
		return fmt.Sprintf("Training risk at the end of training against %s, in G App. H a figure of its own. Points are means over seeds, bars span the 10 %% to 90 %% quantiles. Solid: least-squares line; no slope is predicted.", against.axis())
	}
	s := fmt.Sprintf("Error against %s. Solid: least-squares line; dashed: the predicted slope through the same center. Hollow points were not fitted.", against.axis())
	if seeds {
		s += " Points are root mean squares over seeds, bars span the 10 % to 90 % quantiles."
	}
	if floor {
		s += " Dotted: estimated error of the reference."
	}
	return s
}

// drawable returns the points that have a place on a log-log plot.
func drawable(points []Point) []Point {
	var out []Point
	for _, p := range points {
		if p.X > 0 && p.Error > 0 && isFinite(p.X) && isFinite(p.Error) {
			out = append(out, p)
		}
	}
	return out
}

func hasSeeds(points []Point) bool {
	return slices.ContainsFunc(points, func(p Point) bool { return len(p.Seeds) > 1 })
}

// ratePanel draws the ladders of one quantity. It reports whether a reference's
// error is shown: one more than two decades below every point would only squeeze
// the picture.
func ratePanel(title, x, y string, ladders []*Ladder) (*plot.Plot, bool) {
	p := newPlot(title, x, y)
	logX(p)
	logY(p)
	floorShown := false
	for i, l := range ladders {
		points := drawable(l.Points)
		style := lineStyle(i)
		style.Dashes = nil
		if line := floorLine(points, style); line != nil {
			p.Add(line)
			floorShown = true
		}
		if bars := seedBars(points, style); len(bars.x) > 0 {
			p.Add(bars)
		}
		fitted, predicted := fitLines(l, points, style)
		legend := []plot.Thumbnailer{}
		if fitted != nil {
			p.Add(fitted)
			legend = append(legend, fitted)
		}
		if predicted != nil {
			p.Add(predicted) // on top: it often lies on the fitted line
		}
		for _, used := range []bool{true, false} {
			if s := scatter(points, used, i); s != nil {
				p.Add(s)
				if used || len(legend) == 0 {
					legend = append(legend, s)
				}
			}
		}
		label := l.Rate.Slope()
		if l.Scheme != "" {
			label = l.Scheme + " " + label
		} else if label != "–" {
			label = "slope " + label
		}
		p.Legend.Add(label, legend...)
	}
	p.Legend.Left, p.Legend.Top = true, false
	widen(p, len(ladders))
	return p, floorShown
}

// widen gives a log-log plot some air, and room for its legend below the points.
func widen(p *plot.Plot, entries int) {
	fx := math.Pow(p.X.Max/p.X.Min, 0.08)
	if fx <= 1 {
		fx = 1.5
	}
	p.X.Min, p.X.Max = p.X.Min/fx, p.X.Max*fx
	span := max(p.Y.Max/p.Y.Min, 2)
	p.Y.Min /= math.Pow(span, 0.06+0.11*float64(entries))
	p.Y.Max *= math.Pow(span, 0.08)
}

// fitLines returns the fitted line and, through its center, the predicted one, over
// the range of the points; nil where there is no fit or no prediction.
func fitLines(l *Ladder, points []Point, style draw.LineStyle) (fitted, predicted *plotter.Line) {
	if !isFinite(l.Rate.Value) || !(l.Rate.Constant > 0) {
		return nil, nil
	}
	center, n, lo, hi := 0.0, 0.0, math.Inf(1), math.Inf(-1)
	for _, p := range points {
		lo, hi = min(lo, p.X), max(hi, p.X)
		if p.Used {
			center, n = center+math.Log(p.X), n+1
		}
	}
	if n == 0 {
		return nil, nil
	}
	mid := math.Exp(center / n)
	at := l.Rate.Constant * math.Pow(mid, l.Rate.Value)
	line := func(slope float64, s draw.LineStyle) *plotter.Line {
		return curveLine([]float64{lo, hi}, []float64{at * math.Pow(lo/mid, slope), at * math.Pow(hi/mid, slope)}, s, true)
	}
	fitted = line(l.Rate.Value, style)
	if isFinite(l.Rate.Predicted) {
		predicted = line(l.Rate.Predicted, draw.LineStyle{Color: black, Width: vg.Points(0.8), Dashes: []vg.Length{4, 3}})
	}
	return fitted, predicted
}

// floorLine returns the estimated error of the references, if it comes within two
// decades of the points.
func floorLine(points []Point, style draw.LineStyle) *plotter.Line {
	lowest := math.Inf(1)
	for _, p := range points {
		lowest = min(lowest, p.Error)
	}
	var x, y []float64
	for _, p := range points {
		if p.Reference > lowest/100 && isFinite(p.Reference) {
			x, y = append(x, p.X), append(y, p.Reference)
		}
	}
	if len(x) == 1 {
		x, y = []float64{x[0] / 1.3, x[0] * 1.3}, []float64{y[0], y[0]}
	}
	style.Dashes, style.Width = []vg.Length{1, 2}, vg.Points(1.2)
	return curveLine(x, y, style, true)
}

func seedBars(points []Point, style draw.LineStyle) spans {
	style.Width = vg.Points(0.7)
	s := spans{style: style}
	for _, p := range points {
		if len(p.Seeds) < 2 {
			continue
		}
		sorted := slices.Sorted(slices.Values(p.Seeds))
		lo, hi := quantile(0.1, sorted), quantile(0.9, sorted)
		if lo > 0 && isFinite(hi) {
			s.x, s.lo, s.hi = append(s.x, p.X), append(s.lo, lo), append(s.hi, hi)
		}
	}
	return s
}

func scatter(points []Point, used bool, i int) *plotter.Scatter {
	s := &plotter.Scatter{GlyphStyle: draw.GlyphStyle{Color: palette[i%len(palette)], Radius: vg.Points(2.8), Shape: filled[i%len(filled)]}}
	if !used {
		s.Shape = hollow[i%len(hollow)]
	}
	for _, p := range points {
		if p.Used == used {
			s.XYs = append(s.XYs, plotter.XY{X: p.X, Y: p.Error})
		}
	}
	if len(s.XYs) == 0 {
		return nil
	}
	return s
}

// sweeps reports whether the ladder is of the risk itself and of no error.
func (a Against) sweeps() bool { return a == Heads || a == Layers }
