package compare

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// newTable returns an empty table in the house style: plain columns as text,
// headers as written.
func newTable(header ...any) table.Writer {
	t := table.NewWriter()
	s := table.StyleDefault
	s.Format.Header = text.FormatDefault
	s.Options = table.OptionsNoBordersAndSeparators
	s.Box.PaddingLeft = ""
	s.Box.PaddingRight = "  "
	s.HTML.CSSClass = "data"
	s.HTML.EscapeText = true
	t.SetStyle(s)
	t.SuppressTrailingSpaces()
	t.AppendHeader(header)
	return t
}

// RatesTable returns the table of all rates of the result, in the order of its
// ladders. Render gives it as text, RenderMarkdown, RenderCSV and RenderHTML as the
// other formats.
func RatesTable(r *Result) table.Writer {
	t := newTable("quantity", "against", "slope", intervalHeader(r.Study.Confidence), "points", "predicted", "verdict", "source")
	for i := range r.Ladders {
		l := &r.Ladders[i]
		t.AppendRow(table.Row{l.Quantity, l.against(), l.Rate.Slope(), l.Rate.Interval(),
			fmt.Sprintf("%d/%d", l.Rate.Points, len(l.Points)), plain(l.Rate.Predicted), l.Rate.Verdict, l.Rate.Source})
	}
	return t
}

// methodsTable shows the interval of every method where they differ by more than a
// fifth of the rate's half-width, the slopes that leaving out one level gives, and the
// fit with a floor; nil if there is nothing to show.
func methodsTable(r *Result) table.Writer {
	t := newTable("quantity", "against", "slope", "intervals by method", "less one level", "with a floor")
	rows := 0
	for i := range r.Ladders {
		l := &r.Ladders[i]
		v := &l.Rate
		text := v.methods()
		floor := "–"
		if v.Floor != nil {
			floor = fmt.Sprintf("%s above %s", decimal(v.Floor.Slope, v.digits()), significant(v.Floor.Level, 2))
		}
		if text == "" && v.Floor == nil {
			continue
		}
		less := "–"
		if o := v.LeaveOut; o != nil {
			shown := Rate{Lo: o.Lo, Hi: o.Hi}
			less = shown.Interval()
		}
		t.AppendRow(table.Row{l.Quantity, l.against(), v.Slope(), text, less, floor})
		rows++
	}
	if rows == 0 {
		return nil
	}
	return t
}

// methods lists the intervals of the methods if they differ.
func (r *Rate) methods() string {
	if len(r.Intervals) < 2 {
		return ""
	}
	apart := 0.0
	var text []string
	for _, v := range r.Intervals {
		first := r.Intervals[0]
		apart = max(apart, math.Abs(v.Lo-first.Lo), math.Abs(v.Hi-first.Hi))
		shown := Rate{Lo: v.Lo, Hi: v.Hi}
		note := ""
		if !v.Joined {
			note = ", shown only"
		}
		text = append(text, fmt.Sprintf("%s (%s%s)", shown.Interval(), v.Method, note))
	}
	if apart <= (r.Hi-r.Lo)/10 {
		return ""
	}
	return strings.Join(text, " ")
}

// rivalsTable compares the laws proposed for the fluctuation of networks on every
// ladder of networks; nil if there is none.
func rivalsTable(r *Result) table.Writer {
	t := newTable("quantity", "against", "slope", "law", "its slope", "σ", "ΔAIC", "source")
	rows := 0
	for i := range r.Ladders {
		l := &r.Ladders[i]
		for _, v := range l.Rivals {
			t.AppendRow(table.Row{l.Quantity, l.against(), l.Rate.Slope(), v.Name, decimal(v.Slope, 2), decimal(v.Sigmas, 1), decimal(v.AIC, 1), v.Source})
			rows++
		}
	}
	if rows == 0 {
		return nil
	}
	return t
}

func intervalHeader(confidence float64) string {
	if confidence == 0 {
		confidence = FitOptions{}.defaults().Confidence
	}
	return strconv.FormatFloat(100*confidence, 'g', 4, 64) + " % interval"
}

// against names what the ladder varies, with the scheme where there is one.
func (l *Ladder) against() string {
	if l.Scheme == "" {
		return string(l.Against)
	}
	return string(l.Against) + ", " + l.Scheme
}

// plain formats a predicted slope or a setting, which are short numbers.
func plain(x float64) string {
	if !isFinite(x) {
		return "–"
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

// contractsTable shows how well the runs kept what every scheme promises: each grid
// run and quadrature on its own, of the networks of one depth the worst values.
func contractsTable(r *Result) table.Writer {
	t := newTable("run", "steps", "mass error", "min ρ", "energy rise", "dissipation residual", "wall mass", "certificate", "wall time")
	row := func(label string, g contractGroup) {
		c := g.worst
		density := func(x float64) string {
			if !g.grid {
				return "–"
			}
			return significant(x, 2)
		}
		certificate := "–"
		if c.Certificate > 0 {
			certificate = significant(c.Certificate, 2)
			if c.Uncertified > 0 {
				certificate += fmt.Sprintf(" (%d steps above %s)", c.Uncertified, significant(c.Tolerance, 2))
			}
		}
		t.AppendRow(table.Row{label, c.Steps, density(c.MassError), density(c.MinDensity), significant(c.EnergyRise, 2),
			significant(c.Residual, 2), density(c.WallMass), certificate, significant(g.seconds, 2) + " s"})
	}
	for _, g := range contractGroups(r) {
		row(g.label, g)
	}
	return t
}

// referencesTable shows what each ladder is compared with and, for each quantity,
// the largest estimated error of its references beside the smallest gap that was
// fitted.
func referencesTable(r *Result) table.Writer {
	header := []any{"against"}
	for _, q := range r.quantities() {
		header = append(header, string(q)+": error / gap")
	}
	t := newTable(append(header, "reference")...)
	for _, group := range ladderGroups(r) {
		row := table.Row{group[0].against()}
		for _, q := range r.quantities() {
			text := "–"
			if i := slices.IndexFunc(group, func(l Ladder) bool { return l.Quantity == q }); i >= 0 {
				text = errorAndGap(&group[i])
			}
			row = append(row, text)
		}
		t.AppendRow(append(row, group[0].Reference))
	}
	return t
}

// quantities returns those that some ladder measures, in the order of the
// tables.
func (r *Result) quantities() []Quantity {
	var out []Quantity
	for _, q := range slices.Concat(Quantities, []Quantity{Density, Balance, Distance1}, particleQuantities) {
		if slices.ContainsFunc(r.Ladders, func(l Ladder) bool { return l.Quantity == q }) {
			out = append(out, q)
		}
	}
	return out
}

// ladderGroups splits the ladders into runs of neighbours that vary the same thing.
func ladderGroups(r *Result) [][]Ladder {
	var out [][]Ladder
	for i := 0; i < len(r.Ladders); {
		j := i
		for j < len(r.Ladders) && r.Ladders[j].against() == r.Ladders[i].against() && (j == i || r.Ladders[j].Quantity != r.Ladders[i].Quantity) {
			j++
		}
		out = append(out, r.Ladders[i:j])
		i = j
	}
	return out
}

func errorAndGap(l *Ladder) string {
	worst, gap := 0.0, "–"
	for _, p := range l.Points {
		worst = max(worst, p.Reference)
	}
	if used := usedErrors(l); len(used) > 0 {
		gap = significant(slices.Min(used), 2)
	}
	return significant(worst, 2) + " / " + gap
}

func usedErrors(l *Ladder) []float64 {
	var e []float64
	for _, p := range l.Points {
		if p.Used {
			e = append(e, p.Error)
		}
	}
	return e
}

// doubt is one warning with the rates it belongs to.
type doubt struct {
	Rates string
	Text  string
}

// warnings collects the warnings of all rates; rates of one ladder that share a
// warning are named together.
func warnings(r *Result) []doubt {
	var out []doubt
	at := map[string]int{}
	for i := range r.Ladders {
		l := &r.Ladders[i]
		for _, w := range l.Rate.Warnings {
			key := l.against() + "\x00" + w
			if j, ok := at[key]; ok {
				head, tail, _ := strings.Cut(out[j].Rates, " against ")
				out[j].Rates = head + ", " + string(l.Quantity) + " against " + tail
				continue
			}
			at[key] = len(out)
			out = append(out, doubt{Rates: string(l.Quantity) + " against " + l.against(), Text: w})
		}
	}
	return out
}
