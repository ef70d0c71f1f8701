package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pdesolve/compare"
	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/internal/experiment"
	"pdesolve/pde"
)

func solveCommand() *cobra.Command {
	var o outputFlags
	c := &cobra.Command{
		Use:   "solve EXPERIMENT",
		Short: "Solve the PDE only, by every configured solver",
		Long: `solve runs every solver under solve of an experiment, prints the energy at the
saved times, and stores the states as npz files, which numpy.load opens.`,
		Args: oneArg("an experiment"),
		RunE: func(c *cobra.Command, args []string) error { return runSolve(c, args[0], o) },
	}
	o.register(c, "results/NAME-solve")
	return c
}

func runSolve(c *cobra.Command, name string, o outputFlags) error {
	stdout, stderr := c.OutOrStdout(), c.ErrOrStderr()
	e, err := load(name, stderr)
	if err != nil {
		return err
	}
	if len(e.Solvers()) == 0 {
		return fmt.Errorf("%s: no solvers: want a list under solve, such as solve: [muscl]", name)
	}
	if o.dir == "" {
		o.dir = filepath.Join("results", e.Name+"-solve")
	}
	out, err := openFolder(o.dir, o.overwrite, nil)
	if err != nil {
		return err
	}
	start := time.Now()
	p := provenance(e, "solve", name)
	runs, failed := solveAll(c.Context(), e, stderr)
	if len(runs) == 0 {
		out.discard()
		return failure{failed}
	}
	r := &compare.Result{Study: compare.Study{Name: e.Name, Times: e.Times()}, Runs: runs, Wall: time.Since(start), Notes: append(compare.Uncertified(runs), compare.Warned(runs)...)}
	if failed != nil {
		r.Notes = append(r.Notes, "incomplete: "+failed.Error())
	}
	if err := writeSolution(out, e, r, p); err != nil {
		return failure{err}
	}
	if failed != nil {
		fmt.Fprintf(stderr, "%d finished runs are kept in %s\n", len(runs), o.dir)
		return failure{failed}
	}
	for _, n := range r.Notes {
		fmt.Fprintln(stderr, "warning:", n)
	}
	if o.json {
		fmt.Fprintln(stderr, "states:", filepath.Join(o.dir, "states"))
		return errors.Join(compare.WriteSummary(stdout, r, version()), o.certify(runs))
	}
	showRuns(stdout, runs)
	fmt.Fprintln(stdout, "states:", filepath.Join(o.dir, "states"))
	return o.certify(runs)
}

// solveAll makes the runs one after the other and returns those that finished.
func solveAll(ctx context.Context, e *experiment.Experiment, stderr io.Writer) ([]*compare.Run, error) {
	var runs []*compare.Run
	solvers, costs := e.Solvers(), e.Costs()
	show := newProgress(stderr)
	defer show.stop()
	for i, s := range solvers {
		part := func(done float64) {
			show.update((float64(i)+done)/float64(len(solvers)), unknown, costs[i].Solver)
		}
		start := time.Now()
		r, err := solveOne(ctx, e, s, part)
		if err != nil {
			return runs, fmt.Errorf("%s: %w", costs[i].Solver, explain(e, err))
		}
		r.Wall = time.Since(start)
		runs = append(runs, r)
	}
	return runs, nil
}

// solveOne makes one run; part is told the part of the training time that is done.
func solveOne(ctx context.Context, e *experiment.Experiment, s compare.Solver, part func(float64)) (*compare.Run, error) {
	m, learns := e.Model()
	r := &compare.Run{Depth: max(m.Depth, 1), Continuous: m.Continuous}
	var err error
	if c := s.Characteristics; c != nil && learns {
		r.ID, r.Kind, r.Scheme, r.Nodes, r.Dt = fmt.Sprintf("%s-%s%d", c.Scheme(), c.Rule, c.Nodes), compare.Characteristics, c.Scheme(), c.Nodes, c.Step
		if c.Step > 0 {
			r.ID += fmt.Sprintf("-dt%g", c.Step)
		}
		r.Trajectory, err = c.Solve(ctx, &m, e.Times(), &finite.Options{Progress: part})
		return r, err
	}
	p, err := e.Problem(s.Cells)
	if err != nil {
		return nil, err
	}
	r.Kind, r.Scheme, r.Cells = compare.Grid, s.Scheme.Name(), p.Initial[0].Grid.Shape()
	study := compare.Study{Solvers: e.Solvers()}
	r.ID = study.Label(s.Scheme) + "-n" + strconv.Itoa(r.Cells[0])
	if stepped, ok := s.Scheme.(pde.StepScheme); ok {
		r.Dt = stepped.NominalStep()
		r.ID += fmt.Sprintf("-dt%g", r.Dt)
	}
	o := &pde.Options{UntilResidual: e.Time.UntilResidual, Progress: func(tau float64) { part(tau / e.Time.End) }}
	if e.Exact != nil && e.Exact.Facts().Walls {
		o.WallMass = -1
	}
	if r.Trajectory, err = pde.Solve(ctx, p, s.Scheme, o); err != nil {
		return r, err
	}
	r.ErrorL1, r.ErrorW2, err = e.Errors(r.Trajectory)
	return r, err
}

// writeSolution writes resolved.yaml, summary.json, series.csv and the states.
func writeSolution(out *folder, e *experiment.Experiment, r *compare.Result, p compare.Provenance) error {
	if err := out.clear(); err != nil {
		return err
	}
	for _, run := range r.Runs {
		if err := out.writeTo(filepath.Join("states", run.ID+".npz"), func(w io.Writer) error { return writeStates(w, e, run) }); err != nil {
			return err
		}
	}
	if err := out.write(resolvedFile, p.Resolved); err != nil {
		return err
	}
	if err := out.store(e, p); err != nil {
		return err
	}
	if err := out.writeTo("series.csv", func(w io.Writer) error { return compare.WriteSeries(w, r) }); err != nil {
		return err
	}
	return out.writeTo("summary.json", func(w io.Writer) error { return compare.WriteSummary(w, r, p.Version) })
}

// writeStates writes the states of a run; those of a classical flow have the one
// slice of a Transformer of depth 1.
func writeStates(w io.Writer, e *experiment.Experiment, run *compare.Run) error {
	if m, ok := e.Model(); ok {
		return compare.WriteStates(w, &m, run)
	}
	t := run.Trajectory
	g := t.States[0][0].Grid
	rho := grid.Array{Name: "rho", Shape: append([]int{len(t.Time), 1}, g.Shape()...)}
	for _, s := range t.States {
		rho.Data = append(rho.Data, s[0].Values...)
	}
	arrays := append([]grid.Array{{Name: "time", Shape: []int{len(t.Time)}, Data: t.Time}}, grid.EdgeArrays("", g)...)
	return grid.WriteNPZ(w, append(arrays, rho)...)
}

// showRuns prints the energy of all runs at the saved times, and the risk and the
// distances from an exact solution where there are any.
//
// Runs that end when they are steady share only the times before.
func showRuns(w io.Writer, runs []*compare.Run) {
	common, steady := len(runs[0].Trajectory.Time), false
	for _, r := range runs {
		if r.Trajectory.Steady {
			common, steady = min(common, len(r.Trajectory.Time)-1), true
		}
	}
	for _, q := range []struct {
		name   string
		values func(*compare.Run) []float64
	}{
		{"energy", func(r *compare.Run) []float64 { return r.Trajectory.Energy }},
		{"risk", func(r *compare.Run) []float64 { return r.Trajectory.Risk }},
		{"L1 error", func(r *compare.Run) []float64 { return r.ErrorL1 }},
		{"W2 error", func(r *compare.Run) []float64 { return r.ErrorW2 }},
	} {
		if q.values(runs[0]) == nil {
			continue
		}
		head := table.Row{q.name}
		for _, tau := range runs[0].Trajectory.Time[:common] {
			head = append(head, fmt.Sprintf("τ = %.4g", tau))
		}
		if steady {
			head = append(head, "at the end")
		}
		t := newTable(head)
		for _, r := range runs {
			row := table.Row{r.ID}
			values := q.values(r)
			for _, v := range values[:common] {
				row = append(row, fmt.Sprintf("%.8g", v))
			}
			if steady {
				row = append(row, fmt.Sprintf("%.8g", values[len(values)-1]))
			}
			t.AppendRow(row)
		}
		fmt.Fprintln(w, t.Render())
		fmt.Fprintln(w)
	}
	if t := compare.JKOTable(runs); t != nil {
		fmt.Fprintf(w, "%s\n\n", t.Render())
	}
	head := table.Row{"run", "steps", "mass error", "min density", "energy rise", "wall time"}
	if steady {
		head = append(head, "steady at τ")
	}
	t := newTable(head)
	for _, r := range runs {
		c := r.Trajectory.Contracts
		row := table.Row{r.ID, c.Steps, fmt.Sprintf("%.1e", c.MassError), fmt.Sprintf("%.2g", c.MinDensity), fmt.Sprintf("%.1e", c.EnergyRise), r.Wall.Round(time.Millisecond)}
		if r.Trajectory.Steady {
			row = append(row, fmt.Sprintf("%.6g", r.Trajectory.Time[len(r.Trajectory.Time)-1]))
		}
		t.AppendRow(row)
	}
	fmt.Fprintln(w, t.Render())
}
