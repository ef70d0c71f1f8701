package compare

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// sweep tabulates how well networks of several sizes train.
type sweep struct {
	against        Against
	title, heading string
	levels         []sweepLevel
}

// sweepLevel holds the networks of one size, one a seed.
type sweepLevel struct {
	x            float64
	depth, width int
	tasks        []*task
}

// level adds the networks of all seeds of one size.
func (w *sweep) level(p *plan, x float64, depth, width int) {
	l := sweepLevel{x: x, depth: depth, width: width}
	for s := range p.study.seeds(sample{depth: depth, width: width}) {
		l.tasks = append(l.tasks, p.network(depth, width, p.study.Networks.Seed+uint64(s)))
	}
	w.levels = append(w.levels, l)
}

// plan adds the table, and the ladder of the training loss.
func (w *sweep) plan(p *plan) {
	l := ladderPlan{against: w.against, Prediction: Prediction{Slope: math.NaN(), Source: "no rate is stated (G App. H)"}}
	l.values = map[Quantity]func(*task) float64{Risk: func(t *task) float64 { return lastOf(t.result.Trajectory.Risk) }}
	for _, v := range w.levels {
		l.levels = append(l.levels, level{x: v.x, depth: v.depth, width: v.width, tasks: v.tasks})
	}
	p.ladder(l)
	p.find(w.find)
}

// scores returns the curves of which the networks have any, beside the training loss.
func (w *sweep) scores() []learningCurve {
	var out []learningCurve
	for _, c := range []learningCurve{accuracyCurve, validationCurve, validatedCurve, testCurve, testedCurve} {
		if len(c.values(w.levels[0].tasks[0].result)) > 0 {
			out = append(out, c)
		}
	}
	return out
}

// last returns the end of a curve of every network of the level.
func (l *sweepLevel) last(c learningCurve) []float64 {
	var x []float64
	for _, t := range l.tasks {
		x = append(x, lastOf(c.values(t.result)))
	}
	return x
}

// trainingLossColumn is the column of a sweep's table with the training loss; the next one
// has its deviation over seeds, and scores follow.
const trainingLossColumn = 1

func (w *sweep) find(s *Study, _ *Options) (*Finding, error) {
	f := &Finding{
		Against: w.against, Title: w.title, Source: "G App. H: loss falls to about zero with heads and with layers; no rate is stated",
		Columns: []string{w.heading, "training loss", "its deviation over seeds"},
	}
	scores := w.scores()
	for _, c := range scores {
		f.Columns = append(f.Columns, c.name)
	}
	slices.SortFunc(w.levels, func(a, b sweepLevel) int { return int(math.Copysign(1, a.x-b.x)) })
	var losses [][]float64
	for i := range w.levels {
		l := &w.levels[i]
		loss := l.last(riskCurve)
		losses = append(losses, loss)
		row := []float64{l.x, stat.Mean(loss, nil), stat.StdDev(loss, nil)}
		for _, c := range scores {
			row = append(row, stat.Mean(l.last(c), nil))
		}
		f.Rows = append(f.Rows, FindingRow{Values: row})
	}
	n := s.Networks
	f.Text = []string{
		fmt.Sprintf("Means over %d seeds at τ = %s; %s.", n.Seeds, plain(s.end()), w.held()),
		w.monotone(losses),
	}
	return f, nil
}

// held says what the sweep holds fixed.
func (w *sweep) held() string {
	l := w.levels[0]
	if w.against == Heads {
		return fmt.Sprintf("L = %d layers", l.depth)
	}
	return fmt.Sprintf("M = %d heads a layer", l.width)
}

// monotone says whether the mean training loss falls from each level to the next, up to
// two standard errors of the difference.
func (w *sweep) monotone(losses [][]float64) string {
	for i := 1; i < len(losses); i++ {
		a, b := losses[i-1], losses[i]
		spread := math.Hypot(stat.StdErr(stat.StdDev(a, nil), float64(len(a))), stat.StdErr(stat.StdDev(b, nil), float64(len(b))))
		if rise := stat.Mean(b, nil) - stat.Mean(a, nil); rise > 2*spread {
			return fmt.Sprintf("The training loss rises from %s = %v to %v by %s, more than twice the standard error %s of the difference.",
				w.heading, w.levels[i-1].x, w.levels[i].x, significant(rise, 2), significant(spread, 2))
		}
	}
	return "The training loss does not rise from any level to the next by more than two standard errors of the difference."
}
