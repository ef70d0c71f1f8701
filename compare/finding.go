package compare

import (
	"github.com/jedib0t/go-pretty/v6/table"
)

// Finding is what an inquiry measures that is not the slope of one ladder: a table and
// what it says.
type Finding struct {
	Against Against
	Title   string
	Columns []string // of Rows; the first is the heading of the labels, if rows have any
	Rows    []FindingRow
	Text    []string // what the table says, in sentences
	Source  string   // where the prediction is from
	Verdict Verdict  // empty where nothing is predicted
}

// FindingRow is a row of a Finding.
type FindingRow struct {
	Label  string
	Values []float64 // NaN where there is none
}

// findingPlan is a finding before its runs are made. It fails if a reference cannot be
// built.
type findingPlan func(s *Study, o *Options) (*Finding, error)

// find adds a finding to the plan.
func (p *plan) find(f findingPlan) { p.findings = append(p.findings, f) }

// Table returns the finding's table; see RatesTable.
func (f *Finding) Table() table.Writer {
	header := make([]any, len(f.Columns))
	for i, c := range f.Columns {
		header[i] = c
	}
	t := newTable(header...)
	for _, r := range f.Rows {
		var row table.Row
		if len(r.Values) < len(f.Columns) {
			row = append(row, r.Label)
		}
		for _, v := range r.Values {
			row = append(row, significant(v, 3))
		}
		t.AppendRow(row)
	}
	return t
}
