package compare

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
)

// column is one of series.csv: a number of a run for each saved time.
type column struct {
	name   string
	values func(*Run) []float64
}

// seriesGroups are the columns that are there only if a run has the first of their group.
var seriesGroups = [][]column{
	{{"error_l1", func(r *Run) []float64 { return r.ErrorL1 }}, {"error_w2", func(r *Run) []float64 { return r.ErrorW2 }}},
	{{"w2", func(r *Run) []float64 { return r.W2 }}, {"w2_lower", func(r *Run) []float64 { return r.W2Lower }}, {"w2_upper", func(r *Run) []float64 { return r.W2Upper }}},
	{{"accuracy", func(r *Run) []float64 { return r.Accuracy }}},
	{{"validation_risk", func(r *Run) []float64 { return r.ValidationRisk }}, {"validation_accuracy", func(r *Run) []float64 { return r.ValidationAccuracy }}},
	{{"test_risk", func(r *Run) []float64 { return r.TestRisk }}, {"test_accuracy", func(r *Run) []float64 { return r.TestAccuracy }}},
}

// WriteSeries writes series.csv: one row a run and saved time. Cells are joined by
// "x"; what a run does not have, or is not a number, is empty. Errors from an exact
// solution, distances of particles from a density, and scores on classes and on test
// prompts have columns if a run has them.
func WriteSeries(w io.Writer, r *Result) error {
	c := csv.NewWriter(w)
	header := []string{"run", "kind", "scheme", "cells", "dt", "depth", "width", "nodes", "seed",
		"time", "risk", "objective", "dissipation", "residual"}
	var more []column
	for _, g := range seriesGroups {
		if slices.ContainsFunc(r.Runs, func(r *Run) bool { return g[0].values(r) != nil }) {
			more = append(more, g...)
		}
	}
	for _, col := range more {
		header = append(header, col.name)
	}
	if err := c.Write(header); err != nil {
		return err
	}
	for _, run := range r.Runs {
		t := run.Trajectory
		for s, tau := range t.Time {
			row := []string{run.ID, string(run.Kind), run.Scheme, cellsLabel(run.Cells), field([]float64{run.Dt}, 0),
				strconv.Itoa(run.Depth), strconv.Itoa(run.Width), strconv.Itoa(run.Nodes), strconv.FormatUint(run.Seed, 10),
				field([]float64{tau}, 0), field(t.Risk, s), field(t.Energy, s), field(t.Dissipation, s), field(t.Residual, s)}
			for _, col := range more {
				row = append(row, field(col.values(run), s))
			}
			if err := c.Write(row); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}

// field formats x[i] in full precision; empty if there is none or it is not finite.
func field(x []float64, i int) string {
	if i >= len(x) || !isFinite(x[i]) {
		return ""
	}
	return strconv.FormatFloat(x[i], 'g', -1, 64)
}

// cellsLabel formats the cells of a grid, like 64x64.
func cellsLabel(cells []int) string {
	s := make([]string, len(cells))
	for i, n := range cells {
		s[i] = strconv.Itoa(n)
	}
	return strings.Join(s, "x")
}
