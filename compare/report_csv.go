package compare

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
)

// WriteSeries writes series.csv: one row a run and saved time. Cells are joined by
// "x"; what a run does not have, or is not a number, is empty. The columns error_l1
// and error_w2 are there if a run has such errors, and w2, w2_lower and w2_upper if
// particles were compared with a density.
func WriteSeries(w io.Writer, r *Result) error {
	c := csv.NewWriter(w)
	header := []string{"run", "kind", "scheme", "cells", "dt", "depth", "width", "nodes", "seed",
		"time", "risk", "objective", "dissipation", "residual"}
	withErrors := slices.ContainsFunc(r.Runs, func(r *Run) bool { return r.ErrorL1 != nil })
	if withErrors {
		header = append(header, "error_l1", "error_w2")
	}
	withDistance := slices.ContainsFunc(r.Runs, func(r *Run) bool { return r.W2 != nil })
	if withDistance {
		header = append(header, "w2", "w2_lower", "w2_upper")
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
			if withErrors {
				row = append(row, field(run.ErrorL1, s), field(run.ErrorW2, s))
			}
			if withDistance {
				row = append(row, field(run.W2, s), field(run.W2Lower, s), field(run.W2Upper, s))
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
