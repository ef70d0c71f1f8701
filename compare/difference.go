package compare

import (
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/jedib0t/go-pretty/v6/table"
)

// Change says how a rate differs between two results.
type Change string

// The changes.
const (
	Unchanged     Change = "unchanged"       // the same slope and interval
	Insignificant Change = "not significant" // slopes differ by less than their intervals allow
	Significant   Change = "significant"     // slopes differ by more
	Added         Change = "added"           // only the second result has the rate
	Removed       Change = "removed"         // only the first result has it
	Unknown       Change = "unknown"         // one of the slopes has no interval
)

// RateChange is a rate of two results side by side.
type RateChange struct {
	Quantity Quantity
	Against  Against
	Scheme   string
	A, B     *Rate // nil where a result does not have the rate
	Change   Change
	// Error is the geometric mean over the levels of both ladders of B's error over A's;
	// NaN where no level is in both.
	Error float64
}

// Difference is what changed from one result to another.
type Difference struct {
	A, B  string // experiments
	Rates []RateChange
	// Notes says in words what else differs: runs that only one result has, contracts
	// that are kept less well.
	Notes []string
}

// Compare returns what changed from a to b. Two slopes differ significantly if their
// distance is larger than the root of the sum of the squares of their intervals'
// half-widths: at level 0.95 about one pair in twenty does by chance. The intervals of
// results that share seeds are not independent, which makes the rule cautious.
func Compare(a, b *Result) *Difference {
	d := &Difference{A: a.Study.Name, B: b.Study.Name}
	find := func(r *Result, l *Ladder) *Ladder {
		for i := range r.Ladders {
			if o := &r.Ladders[i]; o.Quantity == l.Quantity && o.Against == l.Against && o.Scheme == l.Scheme {
				return o
			}
		}
		return nil
	}
	for i := range a.Ladders {
		l := &a.Ladders[i]
		d.Rates = append(d.Rates, rateChange(l, find(b, l)))
	}
	for i := range b.Ladders {
		if l := &b.Ladders[i]; find(a, l) == nil {
			d.Rates = append(d.Rates, rateChange(nil, l))
		}
	}
	d.Notes = append(runChanges(a, b), contractChanges(a, b)...)
	return d
}

// rateChange compares two ladders of the same kind, one of which may be nil.
func rateChange(a, b *Ladder) RateChange {
	known := a
	if a == nil {
		known = b
	}
	c := RateChange{Quantity: known.Quantity, Against: known.Against, Scheme: known.Scheme, Error: math.NaN()}
	switch {
	case a == nil:
		c.B, c.Change = &b.Rate, Added
		return c
	case b == nil:
		c.A, c.Change = &a.Rate, Removed
		return c
	}
	c.A, c.B, c.Error = &a.Rate, &b.Rate, errorRatio(a, b)
	apart := math.Abs(a.Rate.Value - b.Rate.Value)
	allowed := math.Hypot(a.Rate.Hi-a.Rate.Lo, b.Rate.Hi-b.Rate.Lo) / 2
	switch {
	case !isFinite(apart) || !isFinite(allowed):
		c.Change = Unknown
	case apart == 0 && a.Rate.Lo == b.Rate.Lo && a.Rate.Hi == b.Rate.Hi:
		c.Change = Unchanged
	case apart > allowed:
		c.Change = Significant
	default:
		c.Change = Insignificant
	}
	return c
}

// errorRatio returns the geometric mean of B's errors over A's on common levels.
func errorRatio(a, b *Ladder) float64 {
	sum, n := 0.0, 0
	for _, p := range a.Points {
		for _, q := range b.Points {
			if p.X == q.X && p.Depth == q.Depth && p.Width == q.Width && p.Error > 0 && q.Error > 0 {
				sum += math.Log(q.Error / p.Error)
				n++
			}
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return math.Exp(sum / float64(n))
}

// runChanges counts the runs that only one result has.
func runChanges(a, b *Result) []string {
	ids := func(r *Result) map[string]bool {
		m := map[string]bool{}
		for _, run := range r.Runs {
			m[run.ID] = true
		}
		return m
	}
	inA, inB := ids(a), ids(b)
	onlyA, onlyB := 0, 0
	for id := range inA {
		if !inB[id] {
			onlyA++
		}
	}
	for id := range inB {
		if !inA[id] {
			onlyB++
		}
	}
	if onlyA+onlyB == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Runs only in the first result: %d; only in the second: %d.", onlyA, onlyB)}
}

// contractChanges names the contracts that the grid runs of b keep less well by a factor
// of ten and beyond rounding.
func contractChanges(a, b *Result) []string {
	worst := func(r *Result) contracts {
		w := contracts{}
		for _, run := range r.Runs {
			if run.Kind == Grid {
				w = worse(w, run.Trajectory.Contracts)
			}
		}
		return w
	}
	x, y := worst(a), worst(b)
	var out []string
	for _, c := range []struct {
		name         string
		before, then float64
	}{
		{"mass error", x.MassError, y.MassError}, {"energy rise", x.EnergyRise, y.EnergyRise},
		{"wall mass", x.WallMass, y.WallMass}, {"certificate", x.Certificate, y.Certificate},
		{"dissipation residual", x.Residual, y.Residual},
	} {
		if c.then > 10*c.before && c.then > 1e-12 {
			out = append(out, fmt.Sprintf("The worst %s of the grid runs rose from %s to %s.", c.name, significant(c.before, 2), significant(c.then, 2)))
		}
	}
	return out
}

// Table shows the rates of both results; see RatesTable.
func (d *Difference) Table() table.Writer {
	t := newTable("quantity", "against", "first", "second", "change", "errors, second/first", "verdicts")
	for _, c := range d.Rates {
		show := func(r *Rate) string {
			if r == nil {
				return "–"
			}
			return r.Slope() + " " + r.Interval()
		}
		l := Ladder{Against: c.Against, Scheme: c.Scheme}
		t.AppendRow(table.Row{c.Quantity, l.against(), show(c.A), show(c.B), c.Change, significant(c.Error, 3), c.verdicts()})
	}
	return t
}

// verdicts shows the verdict, or both if it changed.
func (c *RateChange) verdicts() string {
	switch {
	case c.A == nil:
		return string(c.B.Verdict)
	case c.B == nil || c.A.Verdict == c.B.Verdict:
		return string(c.A.Verdict)
	}
	return fmt.Sprintf("%s → %s", c.A.Verdict, c.B.Verdict)
}

// WriteJSON writes the difference as a document with keys like those of summary.json.
func (d *Difference) WriteJSON(w io.Writer) error {
	type side struct {
		Value   number  `json:"value"`
		Lo      number  `json:"lo"`
		Hi      number  `json:"hi"`
		Verdict Verdict `json:"verdict"`
	}
	type row struct {
		Quantity Quantity `json:"quantity"`
		Against  Against  `json:"against"`
		Scheme   string   `json:"scheme,omitempty"`
		First    *side    `json:"first"`
		Second   *side    `json:"second"`
		Change   Change   `json:"change"`
		Errors   number   `json:"error_ratio"`
	}
	of := func(r *Rate) *side {
		if r == nil {
			return nil
		}
		return &side{number(r.Value), number(r.Lo), number(r.Hi), r.Verdict}
	}
	rows := []row{}
	for _, c := range d.Rates {
		rows = append(rows, row{c.Quantity, c.Against, c.Scheme, of(c.A), of(c.B), c.Change, number(c.Error)})
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(struct {
		First  string   `json:"first"`
		Second string   `json:"second"`
		Rates  []row    `json:"rates"`
		Notes  []string `json:"notes"`
	}{d.A, d.B, rows, orEmpty(d.Notes)})
}
