package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// keyLadders are those of the abstract's table, in its order: networks, then solvers.
var keyLadders = []Against{Depth, Parameters, Width, FixedBudget, SingleHead, Coupling, Cells, Step}

// abstract answers the report's question in a few sentences, beside the table of
// keyTable; sentences and tables further on say more.
func abstract(r *Result) []string {
	var out []string
	for _, say := range []func(*Result) string{countSentence, rivalSentence, trainingSentence, contractSentence} {
		if s := say(r); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// keyTable shows the slopes of the first quantity of every ladder of keyLadders; nil if
// there is none.
func keyTable(r *Result) table.Writer {
	t := newTable("error against", "slope", intervalHeader(r.Study.Confidence), "predicted", "verdict")
	for _, a := range keyLadders {
		for _, g := range ladderGroups(r) {
			if l := &g[0]; l.Against == a {
				t.AppendRow(table.Row{l.Against.axis() + schemeSuffix(l), l.Rate.Slope(), l.Rate.Interval(), plain(l.Rate.Predicted), verdictWords(g)})
			}
		}
	}
	if t.Length() == 0 {
		return nil
	}
	return t
}

// verdictWords names the verdict of the first ladder, and those of others that differ.
func verdictWords(group []Ladder) string {
	out := string(group[0].Rate.Verdict)
	var others []string
	for _, l := range group[1:] {
		if l.Rate.Verdict != group[0].Rate.Verdict {
			others = append(others, fmt.Sprintf("%s: %s", l.Quantity, l.Rate.Verdict))
		}
	}
	if len(others) > 0 {
		out += " (" + strings.Join(others, "; ") + ")"
	}
	return out
}

// rivalSentence says which law for the width part the sharpest ladder favours.
func rivalSentence(r *Result) string {
	for _, a := range []Against{FixedBudget, Parameters} {
		i := slices.IndexFunc(r.Ladders, func(l Ladder) bool { return l.Against == a && len(l.Rivals) > 1 })
		if i < 0 {
			continue
		}
		l := &r.Ladders[i]
		best := slices.MinFunc(l.Rivals, func(a, b Rival) int {
			if a.AIC < b.AIC {
				return -1
			}
			return 1
		})
		var rest []string
		for _, v := range l.Rivals {
			if v.Name != best.Name {
				rest = append(rest, fmt.Sprintf("%s has a slope of %s there, %s standard errors from the measured one", v.Name, decimal(v.Slope, 2), decimal(v.Sigmas, 1)))
			}
		}
		return fmt.Sprintf("Against %s the law %s describes the %s best; %s.", l.Against.axis(), best.Name, l.Quantity, strings.Join(rest, "; "))
	}
	return ""
}

// trainingSentence says what training does to the risk.
func trainingSentence(r *Result) string {
	run := bestGrid(r, func(run *Run) bool { return len(run.Trajectory.Risk) > 1 })
	if run == nil {
		return ""
	}
	risk := run.Trajectory.Risk
	return fmt.Sprintf("Training takes the risk R of the limit from %s to %s (%s).", significant(risk[0], 4), significant(risk[len(risk)-1], 4), runLabel(run))
}

// countSentence counts the verdicts.
func countSentence(r *Result) string {
	n := len(r.Ladders)
	if n == 0 {
		return ""
	}
	count := map[Verdict]int{}
	for i := range r.Ladders {
		count[r.Ladders[i].Rate.Verdict]++
	}
	var parts []string
	for _, v := range verdicts {
		if count[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[v], v))
		}
	}
	expected := ""
	if c := r.Study.Confidence; c > 0 && n > 1 {
		expected = fmt.Sprintf(" Even if all predictions are true, %s of %d intervals miss theirs on average.", decimal(float64(n)*(1-c), 1), n)
	}
	return fmt.Sprintf("%d rates are measured: %s.%s", n, strings.Join(parts, "; "), expected)
}

// sentences says in words what every ladder gives.
func sentences(r *Result) []string {
	var out []string
	for _, group := range ladderGroups(r) {
		out = append(out, rateSentence(group))
	}
	return out
}
