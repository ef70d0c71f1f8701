package compare

import (
	"fmt"
	"math"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"gonum.org/v1/gonum/stat"
)

// TrainsOnly reports whether the result is of networks alone: nothing is compared with
// a limit.
func (r *Result) TrainsOnly() bool {
	for _, run := range r.Runs {
		if run.Kind != Finite {
			return false
		}
	}
	return len(r.Runs) > 0 && len(r.Ladders) == 0 && len(r.Findings) == 0
}

// learningCurve is one quantity of a network in training time.
type learningCurve struct {
	name   string // of a column at the end of training
	label  string // of an axis
	values func(*Run) []float64
	log    bool
}

// gradientNorm returns √D, the root mean square of |∇Ψ| over depth and atoms.
func gradientNorm(run *Run) []float64 {
	var out []float64
	for _, d := range run.Trajectory.Dissipation {
		out = append(out, math.Sqrt(d))
	}
	return out
}

var (
	riskCurve       = learningCurve{"risk", "risk R", func(r *Run) []float64 { return r.Trajectory.Risk }, false}
	accuracyCurve   = learningCurve{"accuracy", "accuracy", func(r *Run) []float64 { return r.Accuracy }, false}
	validationCurve = learningCurve{"validation risk", "validation risk", func(r *Run) []float64 { return r.ValidationRisk }, false}
	validatedCurve  = learningCurve{"validation accuracy", "validation accuracy", func(r *Run) []float64 { return r.ValidationAccuracy }, false}
	testCurve       = learningCurve{"test risk", "test risk", func(r *Run) []float64 { return r.TestRisk }, false}
	testedCurve     = learningCurve{"test accuracy", "test accuracy", func(r *Run) []float64 { return r.TestAccuracy }, false}
	trainCurves     = []learningCurve{
		riskCurve,
		{"objective", "objective Q", func(r *Run) []float64 { return r.Trajectory.Energy }, false},
		{"gradient norm", "gradient norm √D", gradientNorm, true},
		accuracyCurve, testCurve, testedCurve, validationCurve, validatedCurve,
	}
)

// curvesOf returns the curves that some run of the groups has.
func curvesOf(groups []networkGroup) []learningCurve {
	var out []learningCurve
	for _, c := range trainCurves {
		for _, g := range groups {
			if len(c.values(g.runs[0])) > 0 {
				out = append(out, c)
				break
			}
		}
	}
	return out
}

// TrainingTable shows what training made of the networks of each shape: means over seeds
// and, of several, the standard deviation. It is nil if there are no networks.
func TrainingTable(r *Result) table.Writer {
	groups := networks(r)
	if len(groups) == 0 {
		return nil
	}
	curves := curvesOf(groups)
	header := []any{"layers L", "heads M", "seeds", "τ", "risk at τ = 0"}
	for _, c := range curves {
		header = append(header, c.name)
	}
	t := newTable(append(header, "steps", "wall time")...)
	for _, g := range groups {
		first := &g.runs[0].Trajectory.Time
		row := table.Row{g.depth, g.width, len(g.runs), plain(lastOf(*first)), g.cell(func(run *Run) float64 { return firstOf(run.Trajectory.Risk) })}
		for _, c := range curves {
			row = append(row, g.cell(func(run *Run) float64 { return lastOf(c.values(run)) }))
		}
		steps, wall := 0, 0.0
		for _, run := range g.runs {
			steps, wall = max(steps, run.Trajectory.Contracts.Steps), wall+run.Wall.Seconds()
		}
		t.AppendRow(append(row, steps, significant(wall, 2)+" s"))
	}
	return t
}

func firstOf(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	return x[0]
}

// cell formats the mean of a value over the group's runs, with its deviation.
func (g *networkGroup) cell(value func(*Run) float64) string {
	var x []float64
	for _, run := range g.runs {
		x = append(x, value(run))
	}
	mean := stat.Mean(x, nil)
	if !isFinite(mean) {
		return "–"
	}
	if len(x) == 1 {
		return significant(mean, 4)
	}
	return significant(mean, 4) + " ± " + significant(stat.StdDev(x, nil), 2)
}

// trainingAnswers says in sentences what became of the networks.
func trainingAnswers(r *Result) []string {
	var out []string
	rise := 0.0
	for _, g := range networks(r) {
		end := lastOf(g.runs[0].Trajectory.Time)
		parts := []string{fmt.Sprintf("the risk goes from %s to %s", g.cell(func(run *Run) float64 { return firstOf(run.Trajectory.Risk) }),
			g.cell(func(run *Run) float64 { return lastOf(run.Trajectory.Risk) }))}
		for _, c := range []learningCurve{accuracyCurve, validatedCurve, testCurve, testedCurve} {
			if len(c.values(g.runs[0])) > 0 {
				parts = append(parts, fmt.Sprintf("the %s reaches %s", c.name, g.cell(func(run *Run) float64 { return lastOf(c.values(run)) })))
			}
		}
		seeds := "1 seed"
		if n := len(g.runs); n > 1 {
			seeds = fmt.Sprintf("mean and standard deviation over %d seeds", n)
		}
		out = append(out, fmt.Sprintf("L = %d layers, M = %d heads (%s): by τ = %s %s.", g.depth, g.width, seeds, plain(end), strings.Join(parts, ", ")))
		for _, run := range g.runs {
			rise = max(rise, run.Trajectory.Contracts.EnergyRise)
			if run.Stopped != "" {
				out = append(out, fmt.Sprintf("%s stopped on the way and is shown up to its last good state: %s.", run.ID, run.Stopped))
			}
		}
	}
	if len(out) > 0 {
		out = append(out, fmt.Sprintf("Over one step, Q rises by at most %s (relative to max(1, |Q| at the start)).", significant(rise, 2)))
	}
	return out
}
