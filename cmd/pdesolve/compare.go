package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"pdesolve/compare"
	"pdesolve/internal/experiment"
)

func compareCommand() *cobra.Command {
	var o outputFlags
	workers := 0
	c := &cobra.Command{
		Use:   "compare [EXPERIMENT]",
		Short: "Run an experiment: solve the PDE, train the networks, measure rates, write a report",
		Long: `compare solves the PDE by every configured solver, trains networks of every
width, depth and seed, fits how fast each approaches its limit, and writes a
report. EXPERIMENT is a YAML file or the name of a built-in experiment (see
pdesolve list); without it the built-in ` + defaultExperiment + ` runs.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if workers < 0 {
				return fmt.Errorf("--workers %d: want at least 1, or 0 for one a core", workers)
			}
			name := defaultExperiment
			if len(args) > 0 {
				name = args[0]
			}
			return runCompare(c, name, o, workers)
		},
	}
	o.register(c, "results/NAME")
	c.Flags().IntVar(&workers, "workers", 0, "runs at a time; 0 is one a core")
	return c
}

// outputFlags are the flags of commands that write a results folder.
type outputFlags struct {
	dir       string
	overwrite bool
	json      bool
	strict    bool
}

func (o *outputFlags) register(c *cobra.Command, standard string) {
	c.Flags().StringVarP(&o.dir, "output", "o", "", "results folder (default "+standard+")")
	c.Flags().BoolVar(&o.overwrite, "overwrite", false, "replace the results in the folder")
	c.Flags().BoolVar(&o.json, "json", false, "print JSON in place of tables")
	c.Flags().BoolVar(&o.strict, "strict", false, "exit 1 if a step misses the tolerance of its certificate")
}

// certify makes steps that miss the tolerance of their certificate a failure, with
// --strict.
func (o *outputFlags) certify(runs []*compare.Run) error {
	if doubts := compare.Uncertified(runs); o.strict && len(doubts) > 0 {
		return failure{fmt.Errorf("--strict: runs with steps that are not solved to their tolerance: %d", len(doubts))}
	}
	return nil
}

func runCompare(c *cobra.Command, name string, o outputFlags, workers int) error {
	stdout, stderr := c.OutOrStdout(), c.ErrOrStderr()
	e, err := load(name, stderr)
	if err != nil {
		return err
	}
	study, err := e.Study()
	if err != nil {
		return err
	}
	study.Workers = workers
	if _, runs := compare.Cost(study); runs == 0 {
		return fmt.Errorf("%s: nothing to run: want solvers under solve, or at least two values of finite.width or finite.depth", name)
	}
	if o.dir == "" {
		o.dir = filepath.Join("results", e.Name)
	}
	out, err := openFolder(o.dir, o.overwrite)
	if err != nil {
		return err
	}
	p := provenance(e, "compare", name)
	r, failed := execute(c.Context(), study, stderr)
	failed = explain(e, failed)
	if r == nil || len(r.Runs) == 0 {
		out.discard()
		return failure{failed}
	}
	if err := writeResults(out, e, r, p); err != nil {
		return failure{err}
	}
	if failed != nil {
		fmt.Fprintf(stderr, "%d finished runs are kept in %s\n", len(r.Runs), o.dir)
		return failure{failed}
	}
	return errors.Join(show(stdout, stderr, r, o), o.certify(r.Runs))
}

// execute runs a study and shows its progress.
func execute(ctx context.Context, s compare.Study, stderr io.Writer) (*compare.Result, error) {
	seconds, runs := compare.Cost(s)
	fmt.Fprintf(stderr, "%s: %d runs, predicted %s of work on one core\n", s.Name, runs, duration(seconds))
	p := newProgress(stderr)
	finished := 0
	r, err := compare.Execute(ctx, s, &compare.Options{Progress: func(e compare.Event) {
		if e.Finished != nil {
			finished++
		}
		p.update(e.Done/e.Total, fmt.Sprintf("%d/%d runs  %s", finished, runs, e.Label))
	}})
	p.stop()
	return r, err
}

// writeResults writes all files of a results folder.
func writeResults(out *folder, e *experiment.Experiment, r *compare.Result, p compare.Provenance) error {
	if err := out.clear(); err != nil {
		return err
	}
	if err := out.store(e, p); err != nil {
		return err
	}
	return compare.WriteReport(out.dir, r, p)
}

// show prints the rates of a result and where its report is.
func show(stdout, stderr io.Writer, r *compare.Result, o outputFlags) error {
	report := filepath.Join(o.dir, "report.html")
	if o.json {
		fmt.Fprintln(stderr, "report:", report)
		return compare.WriteSummary(stdout, r, version())
	}
	if len(r.Ladders) > 0 {
		fmt.Fprintln(stdout, compare.RatesTable(r).Render())
	}
	for _, n := range r.Notes {
		fmt.Fprintln(stdout, n)
	}
	_, err := fmt.Fprintf(stdout, "report: %s\n", report)
	return errors.Join(err)
}
