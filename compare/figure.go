package compare

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"io"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// figure is a finished picture with the words that go with it.
type figure struct {
	File    string // path inside the results folder
	Caption string
	Alt     string // what the picture shows, for those who cannot see it
	drawing
}

// drawing is a picture in the formats of the reports.
type drawing struct {
	SVG []byte // for HTML and Markdown
	PDF []byte // for LaTeX
	// Share is the width as a part of two columns, the widest. Pages show all figures on one
	// scale.
	Share float64
}

// Widths of figures: one and two columns of a printed page.
const (
	oneColumn  = 3.3 * vg.Inch
	twoColumns = 6.6 * vg.Inch
)

// palette holds colours that the colour-blind tell apart and that differ in
// lightness: M. Okabe, K. Ito, Color Universal Design (2008). Lines also differ in
// dashes and points in shape.
var palette = []color.NRGBA{
	{0x00, 0x72, 0xb2, 255}, {0xd5, 0x5e, 0x00, 255}, {0x00, 0x9e, 0x73, 255},
	{0xcc, 0x79, 0xa7, 255}, {0xe6, 0x9f, 0x00, 255}, {0x56, 0xb4, 0xe9, 255},
}

var dashes = [][]vg.Length{nil, {5, 2}, {1.5, 1.5}, {6, 2, 1.5, 2}, {9, 3}, {3, 3}}

// filled and hollow are the shapes of points that entered a fit and of those that
// did not.
var (
	filled = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}}
	hollow = []draw.GlyphDrawer{draw.RingGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}}
)

var black = color.NRGBA{0, 0, 0, 255}

func sans(points float64) font.Font {
	return font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, vg.Points(points))
}

// newPlot returns an empty plot in the house style: sans serif, no label below 8
// points.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font = sans(9)
	p.Title.Padding = vg.Points(3)
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font = sans(9)
		a.Tick.Label.Font = sans(8)
		a.Tick.Length = vg.Points(4)
		a.Tick.Width, a.Width = vg.Points(0.5), vg.Points(0.5)
		a.Padding = vg.Points(3)
		a.Tick.Marker = linearTicks{}
	}
	p.Legend.TextStyle.Font = sans(8)
	p.Legend.ThumbnailWidth = vg.Points(18)
	p.Legend.Padding = vg.Points(2)
	return p
}

func logX(p *plot.Plot) { p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, logTicks{} }
func logY(p *plot.Plot) { p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, logTicks{} }

// lineStyle returns the i-th style of a curve.
func lineStyle(i int) draw.LineStyle {
	return draw.LineStyle{Color: palette[i%len(palette)], Width: vg.Points(1.4), Dashes: dashes[i%len(dashes)]}
}

// curveLine returns the curve through the finite points (x, y), without those that
// are not positive if positive is asked for; nil if fewer than two are left.
func curveLine(x, y []float64, style draw.LineStyle, positive bool) *plotter.Line {
	var xy plotter.XYs
	for i := range min(len(x), len(y)) {
		if isFinite(x[i]) && isFinite(y[i]) && (!positive || y[i] > 0) {
			xy = append(xy, plotter.XY{X: x[i], Y: y[i]})
		}
	}
	if len(xy) < 2 {
		return nil
	}
	return &plotter.Line{XYs: xy, LineStyle: style}
}

// spans draws a vertical bar from lo to hi at each x.
type spans struct {
	x, lo, hi []float64
	style     draw.LineStyle
}

// Plot implements plot.Plotter.
func (s spans) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	const cap = 2 // points
	for i, x := range s.x {
		a, b, at := ty(s.lo[i]), ty(s.hi[i]), tx(x)
		c.StrokeLine2(s.style, at, a, at, b)
		c.StrokeLine2(s.style, at-cap, a, at+cap, a)
		c.StrokeLine2(s.style, at-cap, b, at+cap, b)
	}
}

// DataRange implements plot.DataRanger.
func (s spans) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, ymin, xmax, ymax = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i := range s.x {
		xmin, xmax = min(xmin, s.x[i]), max(xmax, s.x[i])
		ymin, ymax = min(ymin, s.lo[i]), max(ymax, s.hi[i])
	}
	return xmin, xmax, ymin, ymax
}

// render draws rows of plots on a white canvas of the given size.
func render(rows [][]*plot.Plot, width, height vg.Length) drawing {
	return renderOn(width, height, func(dc draw.Canvas) { drawTiles(rows, dc) })
}

func renderOn(width, height vg.Length, paint func(draw.Canvas)) drawing {
	onto := func(canvas interface {
		vg.CanvasSizer
		io.WriterTo
	}) []byte {
		dc := draw.New(canvas)
		dc.FillPolygon(color.White, []vg.Point{{X: 0, Y: 0}, {X: width, Y: 0}, {X: width, Y: height}, {X: 0, Y: height}})
		paint(dc)
		var b bytes.Buffer
		if _, err := canvas.WriteTo(&b); err != nil {
			panic("compare: writing to memory: " + err.Error())
		}
		return b.Bytes()
	}
	return drawing{SVG: webSVG(onto(vgsvg.New(width, height))), PDF: onto(newPDF(width, height)), Share: float64(width / twoColumns)}
}

// webSVG mends what vgsvg writes.
func webSVG(svg []byte) []byte {
	// The widths of the labels were measured in Liberation Sans, which has the
	// metrics of Arial. Pictures are PNG, whatever vgsvg calls them, and fill the area
	// that they were given.
	svg = bytes.ReplaceAll(svg, []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	svg = bytes.ReplaceAll(svg, []byte("data:image/jpg;"), []byte("data:image/png;"))
	return bytes.ReplaceAll(svg, []byte("<image "), []byte(`<image preserveAspectRatio="none" `))
}

// drawTiles draws rows of plots side by side; nil leaves a place empty. The plots of a row have labels of
// the same height, so that their data areas stand level. The labels of the vertical
// axes are drawn here: gonum/plot would shorten an axis whose label is long.
func drawTiles(rows [][]*plot.Plot, dc draw.Canvas) {
	tiles := draw.Tiles{Rows: len(rows), Cols: len(rows[0]), PadX: vg.Points(8), PadY: vg.Points(8),
		PadTop: vg.Points(3), PadBottom: vg.Points(3), PadLeft: vg.Points(3), PadRight: vg.Points(8)}
	for j, row := range rows {
		for i, p := range row {
			if p == nil {
				continue
			}
			c := tiles.At(dc, i, j)
			label := p.Y.Label.Text
			p.Y.Label.Text = ""
			if label != "" {
				style := p.Y.Label.TextStyle
				style.Rotation, style.XAlign, style.YAlign = math.Pi/2, text.XCenter, text.YTop
				strip := c.Min.X
				c = draw.Crop(c, vg.Points(15), 0, 0, 0)
				area := p.DataCanvas(c)
				c.FillText(style, vg.Point{X: strip, Y: (area.Min.Y + area.Max.Y) / 2}, label)
			}
			p.Draw(c)
			p.Y.Label.Text = label // a plot is drawn once for every format
		}
	}
}

// inline returns the figure as an element of an HTML page: without prolog and
// comments, and with its description.
func (f figure) inline() string {
	s := string(f.SVG)
	if i := strings.Index(s, "<svg"); i > 0 {
		s = s[i:]
	}
	for _, ns := range []string{` xmlns="http://www.w3.org/2000/svg"`, ` xmlns:xlink="http://www.w3.org/1999/xlink"`} {
		s = strings.Replace(s, strings.TrimSpace(ns), "", 1)
	}
	return strings.Replace(s, "<svg", fmt.Sprintf(`<svg role="img" aria-label="%s" style="--share: %.3g"`, html.EscapeString(f.Alt), f.Share), 1)
}

// logTicks labels 1, 2 and 5 times powers of ten on short ranges, and powers of ten
// alone on long ones.
type logTicks struct{}

// Ticks implements plot.Ticker.
func (logTicks) Ticks(lo, hi float64) []plot.Tick {
	if !(lo > 0) || !(hi > lo) {
		return nil
	}
	decades := math.Log10(hi / lo)
	every := int(math.Ceil(decades / 6))
	var ticks []plot.Tick
	for k := int(math.Floor(math.Log10(lo))); k <= int(math.Ceil(math.Log10(hi))); k++ {
		for m := 1; m <= 9; m++ {
			v := float64(m) * math.Pow(10, float64(k))
			if v < lo*(1-1e-9) || v > hi*(1+1e-9) || decades > 8 && m > 1 {
				continue
			}
			label := ""
			if m == 1 && k%every == 0 || decades < 2.2 && (m == 2 || m == 5) || decades < 0.5 {
				label = powerLabel(m, k)
			}
			ticks = append(ticks, plot.Tick{Value: v, Label: label})
		}
	}
	return ticks
}

var superscripts = strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹")

// powerLabel formats m·10^k.
func powerLabel(m, k int) string {
	if k >= -3 && k <= 3 {
		return strconv.FormatFloat(float64(m)*math.Pow(10, float64(k)), 'g', 4, 64)
	}
	power := "10" + superscripts.Replace(strconv.Itoa(k))
	if m == 1 {
		return power
	}
	return strconv.Itoa(m) + "·" + power
}

// linearTicks labels multiples of 1, 2 or 5 times a power of ten, at most six.
type linearTicks struct{}

// Ticks implements plot.Ticker.
func (linearTicks) Ticks(lo, hi float64) []plot.Tick {
	if !(hi > lo) {
		return nil
	}
	step := math.Pow(10, math.Floor(math.Log10((hi-lo)/5)))
	for _, m := range []float64{1, 2, 5, 10} {
		if (hi-lo)/(m*step) <= 5 {
			step *= m
			break
		}
	}
	digits := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var ticks []plot.Tick
	for i := math.Ceil(lo/step - 1e-9); i*step <= hi+1e-9*step; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: decimal(i*step, digits)})
	}
	return ticks
}

// viridis is matplotlib's colour map of that name (S. van der Walt, N. Smith, 2015,
// CC0) by linear interpolation between nine of its colours.
type viridis struct{}

// Colors implements gonum's palette.Palette.
func (viridis) Colors() []color.Color {
	knots := []uint32{0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21908c, 0x27ad81, 0x5dc863, 0xaadc32, 0xfde725}
	out := make([]color.Color, 256)
	for i := range out {
		at := float64(i) / 255 * float64(len(knots)-1)
		k := min(int(at), len(knots)-2)
		w := at - float64(k)
		mix := func(shift uint) uint8 {
			a, b := float64(knots[k]>>shift&255), float64(knots[k+1]>>shift&255)
			return uint8(math.Round(a + w*(b-a)))
		}
		out[i] = color.NRGBA{mix(16), mix(8), mix(0), 255}
	}
	return out
}

// renderWithBars is render for rows whose last plot is a colour bar, which gets a
// narrow column of its own.
func renderWithBars(rows [][]*plot.Plot, width, height vg.Length) drawing {
	bar := vg.Points(52)
	return renderOn(width, height, func(dc draw.Canvas) {
		var panels, bars [][]*plot.Plot
		for _, row := range rows {
			panels = append(panels, row[:len(row)-1])
			bars = append(bars, row[len(row)-1:])
		}
		drawTiles(panels, draw.Crop(dc, 0, -bar, 0, 0))
		drawTiles(bars, draw.Crop(dc, width-bar, 0, 0, 0))
	})
}
