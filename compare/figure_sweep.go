package compare

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// sweepFigures draws what the tables of the sweeps over heads and over layers hold: the
// losses at the end of training and, for classes, the accuracies, on training, validation
// and test prompts, which are the axes of the figures in [G, App. H].
func sweepFigures(r *Result) []figure {
	var out []figure
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Against.sweeps() && len(f.Rows) > 1 {
			out = append(out, sweepFigure(f))
		}
	}
	return out
}

func sweepFigure(f *Finding) figure {
	var panels []*plot.Plot
	var words []string
	for _, kind := range []struct{ suffix, label string }{{"risk", "loss at the end of training"}, {"accuracy", "accuracy at the end of training"}} {
		p := newPlot("", f.Against.axis(), kind.label)
		logX(p)
		drawn := 0
		for c, name := range f.Columns {
			switch {
			case c == trainingLossColumn && kind.suffix == "risk":
				p.Add(sweepSpans(f))
			case c <= trainingLossColumn+1 || !strings.HasSuffix(name, kind.suffix):
				continue
			}
			line, points := sweepCurve(f, c, drawn)
			p.Add(line, points)
			if name == accuracyCurve.name {
				name = "training accuracy"
			}
			p.Legend.Add(name, line, points)
			words = append(words, fmt.Sprintf("%s from %s to %s", name, significant(line.XYs[0].Y, 3), significant(line.XYs[len(line.XYs)-1].Y, 3)))
			drawn++
		}
		if drawn == 0 {
			continue
		}
		p.Legend.Top = kind.suffix == "risk" // losses fall and accuracies rise
		panels = append(panels, p)
	}
	return figure{
		File: "figures/sweep-" + fileName(string(f.Against)) + ".svg", drawing: render([][]*plot.Plot{panels}, vg.Length(len(panels))*oneColumn, 2.6*vg.Inch),
		Caption: f.Title + ", means over seeds: " + f.Text[0] + " Bars are one standard deviation of the training loss over seeds.",
		Alt:     fmt.Sprintf("Curves against %s. %s.", f.Against.axis(), strings.Join(words, "; ")),
	}
}

// sweepCurve returns column c of a sweep's table against its first.
func sweepCurve(f *Finding, c, style int) (*plotter.Line, *plotter.Scatter) {
	var xy plotter.XYs
	for _, row := range f.Rows {
		xy = append(xy, plotter.XY{X: row.Values[0], Y: row.Values[c]})
	}
	look := lineStyle(style)
	return &plotter.Line{XYs: xy, LineStyle: look}, &plotter.Scatter{XYs: xy, GlyphStyle: draw.GlyphStyle{
		Color: look.Color, Radius: vg.Points(2.5), Shape: filled[style%len(filled)],
	}}
}

// sweepSpans returns bars of one deviation of the training loss.
func sweepSpans(f *Finding) spans {
	s := spans{style: lineStyle(0)}
	s.style.Width = vg.Points(0.8)
	for _, row := range f.Rows {
		x, mean, deviation := row.Values[0], row.Values[trainingLossColumn], row.Values[trainingLossColumn+1]
		if !isFinite(deviation) {
			deviation = 0 // of a single seed
		}
		s.x, s.lo, s.hi = append(s.x, x), append(s.lo, mean-deviation), append(s.hi, mean+deviation)
	}
	return s
}
