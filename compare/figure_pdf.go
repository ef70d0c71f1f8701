package compare

import (
	"image"
	"image/color"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	plotfont "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgpdf"
)

// pdfCanvas is a vgpdf.Canvas that writes letters as outlines, because vgpdf knows
// those of Latin-1 only, and images the right way up.
type pdfCanvas struct {
	*vgpdf.Canvas
	buffer sfnt.Buffer
	widest int // pixels of the widest image so far
}

func newPDF(width, height vg.Length) *pdfCanvas {
	c := &pdfCanvas{Canvas: vgpdf.New(width, height)}
	c.EmbedFonts(false)
	return c
}

// Equal figures are equal bytes: objects in order, and one date for all.
func init() {
	date := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	fpdf.SetDefaultCatalogSort(true)
	fpdf.SetDefaultCreationDate(date)
	fpdf.SetDefaultModificationDate(date)
}

// A superscript's size and height above the line, of the font's size.
const (
	superscript = 0.65
	raised      = 0.33
)

// FillString implements vg.Canvas.
func (c *pdfCanvas) FillString(face plotfont.Face, at vg.Point, text string) {
	size := face.Font.Size
	if size == 0 {
		return
	}
	// Outlines are taken at the font's own units, which the coordinates of fixed.Int26_6
	// hold exactly.
	units := fixed.Int26_6(face.Face.UnitsPerEm())
	scale := float64(size) / float64(units)
	x := at.X
	for _, r := range text {
		scale, y := scale, at.Y
		if r == '⁻' { // which the font lacks
			r, scale, y = '-', superscript*scale, at.Y+raised*size
		}
		glyph, err := face.Face.GlyphIndex(&c.buffer, r)
		if err != nil {
			continue
		}
		segments, err := face.Face.LoadGlyph(&c.buffer, glyph, units, nil)
		if err != nil {
			continue
		}
		if path := outline(segments, x, y, scale); len(path) > 0 {
			c.Fill(path)
		}
		if advance, err := face.Face.GlyphAdvance(&c.buffer, glyph, units, font.HintingNone); err == nil {
			x += vg.Length(float64(advance) * scale)
		}
	}
}

// outline returns the path of a glyph whose origin is (x, y).
func outline(segments sfnt.Segments, x, y vg.Length, scale float64) vg.Path {
	var path vg.Path
	point := func(p fixed.Point26_6) vg.Point {
		return vg.Point{X: x + vg.Length(float64(p.X)*scale), Y: y - vg.Length(float64(p.Y)*scale)}
	}
	for i, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if i > 0 {
				path.Close()
			}
			path.Move(point(s.Args[0]))
		case sfnt.SegmentOpLineTo:
			path.Line(point(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			path.QuadTo(point(s.Args[0]), point(s.Args[1]))
		case sfnt.SegmentOpCubeTo:
			path.CubeTo(point(s.Args[0]), point(s.Args[1]), point(s.Args[2]))
		}
	}
	if len(path) > 0 {
		path.Close()
	}
	return path
}

// DrawImage implements vg.Canvas. Each image is a whole number of times wider than it
// was, and wider than the one before, because the PDF writer orders images by width and
// would leave those of one width to chance.
func (c *pdfCanvas) DrawImage(r vg.Rectangle, img image.Image) {
	w := img.Bounds().Dx()
	times := c.widest/w + 1
	c.widest = times * w
	c.Canvas.DrawImage(r, stretched{img, times})
}

// stretched is an image whose columns are repeated and whose rows run from the bottom.
type stretched struct {
	image.Image
	times int
}

// Bounds implements image.Image.
func (s stretched) Bounds() image.Rectangle {
	b := s.Image.Bounds()
	return image.Rect(0, 0, b.Dx()*s.times, b.Dy())
}

// At implements image.Image.
func (s stretched) At(x, y int) color.Color {
	b := s.Image.Bounds()
	return s.Image.At(b.Min.X+x/s.times, b.Max.Y-1-y)
}
