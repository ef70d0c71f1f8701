package compare

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
)

// JKOTable shows what the steps of minimising movements are worth, of the runs that have
// certificates: the distances from an exact solution at the end and the order in τ between
// neighbours of a ladder where one is known, the iterations of the inner solver, the worst
// certificate of a step beside its tolerance and, of solvers that have one, the largest
// gap to the dual. It returns nil if no run has a certificate.
func JKOTable(runs []*Run) table.Writer {
	t := newTable("scheme", "τ", "L1 to exact", "W2 to exact", "order", "iterations", "certificate", "tolerance", "dual gap", "wall time")
	rows := 0
	for i, r := range runs {
		c := r.Trajectory.Contracts
		if c.Tolerance == 0 {
			continue
		}
		rows++
		order := "–"
		if i > 0 && runs[i-1].family() == r.family() && len(r.ErrorL1) > 0 && len(runs[i-1].ErrorL1) > 0 {
			b := runs[i-1]
			order = decimal(math.Log(lastOf(b.ErrorL1)/lastOf(r.ErrorL1))/math.Log(b.Dt/r.Dt), 2)
		}
		certificate := significant(c.Certificate, 2)
		if c.Uncertified > 0 {
			certificate += fmt.Sprintf(" (%d of %d steps miss)", c.Uncertified, c.Steps)
		}
		t.AppendRow(table.Row{r.family(), plain(r.Dt), atEnd(r.ErrorL1), atEnd(r.ErrorW2), order, c.Iterations,
			certificate, significant(c.Tolerance, 1), significant(c.Gap, 2), r.Wall.Round(time.Millisecond)})
	}
	if rows == 0 {
		return nil
	}
	return t
}

// family names the ladder in τ to which a run belongs.
func (r *Run) family() string {
	name, _, _ := strings.Cut(r.ID, "-dt")
	return name
}

func atEnd(x []float64) string {
	if len(x) == 0 {
		return "–"
	}
	return significant(lastOf(x), 3)
}
