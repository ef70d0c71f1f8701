package compare

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// maxTrained is the largest number of network shapes in a figure.
const maxTrained = 6

// maxCurves is the largest number of quantities in a figure.
const maxCurves = 6

// trainingFigure draws how networks train: each quantity against training time, a
// curve a shape.
func trainingFigure(r *Result) (figure, bool) {
	groups := networks(r)
	if n := len(groups); n > maxTrained {
		var some []networkGroup
		for i := range maxTrained {
			some = append(some, groups[i*(n-1)/(maxTrained-1)])
		}
		groups = some
	}
	var panels []*plot.Plot
	banded := false
	var words []string
	curves := curvesOf(groups)
	for _, c := range curves[:min(len(curves), maxCurves)] {
		p := newPlot("", "training time τ", c.label)
		if c.log {
			logY(p)
		}
		drawn := false
		for i, g := range groups {
			style := lineStyle(i)
			band, median, ok := seedBand(g.runs, c.values, palette[i%len(palette)], c.log)
			if !ok {
				continue
			}
			median.LineStyle = style
			if len(g.runs) > 1 {
				p.Add(band)
				banded = true
			}
			p.Add(median)
			drawn = true
			if len(panels) == 0 {
				p.Legend.Add(fmt.Sprintf("L = %d, M = %d", g.depth, g.width), median)
				words = append(words, fmt.Sprintf("L = %d, M = %d: risk from %s to %s", g.depth, g.width,
					significant(median.XYs[0].Y, 3), significant(median.XYs[len(median.XYs)-1].Y, 3)))
			}
		}
		if !drawn {
			continue
		}
		if len(panels) == 0 {
			p.Legend.Top = true
			p.Y.Max += 0.12 * float64(len(groups)) * (p.Y.Max - p.Y.Min) / 2
		}
		panels = append(panels, p)
	}
	if len(panels) == 0 {
		return figure{}, false
	}
	rows := tiled(panels)
	caption := "Training of networks of L layers with M heads or neurons a layer and block: risk R, objective Q and the root √D of the dissipation, " +
		"which is the root mean square of |∇Ψ| over depth and atoms, against training time τ."
	if banded {
		caption += " Bands span the 10 % to 90 % quantiles over seeds, the line inside is the median."
	}
	if len(networks(r)) > maxTrained {
		caption += fmt.Sprintf(" Shown are %d of %d shapes.", len(groups), len(networks(r)))
	}
	return figure{
		File: "figures/training.svg", drawing: render(rows, twoColumns, vg.Length(len(rows))*2.4*vg.Inch), Caption: caption,
		Alt: "Curves of training against training time. " + strings.Join(words, "; ") + ".",
	}, true
}

// tiled puts panels into rows of at most three.
func tiled(panels []*plot.Plot) [][]*plot.Plot {
	columns := min(len(panels), 3)
	if len(panels) == 4 {
		columns = 2
	}
	rows := slices.Collect(slices.Chunk(panels, columns))
	for i, row := range rows {
		for len(row) < columns {
			row = append(slices.Clone(row), nil)
		}
		rows[i] = row
	}
	return rows
}
