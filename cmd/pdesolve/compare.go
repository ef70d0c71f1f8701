package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pdesolve/compare"
	"pdesolve/internal/registry"
)

// compareFlags are the flags of compare.
type compareFlags struct {
	runFlags
	engine string
	tasks  int
	slurm  []string // options for sbatch
}

func compareCommand() *cobra.Command {
	var o compareFlags
	c := &cobra.Command{
		Use:   "compare [EXPERIMENT]",
		Short: "Run an experiment: solve the PDE, train the networks, measure rates, write a report",
		Long: `compare solves the PDE by every configured solver, trains networks of every
width, depth and seed, fits how fast each approaches its limit, and writes a
report. EXPERIMENT is a YAML file or the name of a built-in experiment (see
pdesolve list); without it the built-in ` + defaultExperiment + ` runs.

Every run is kept as soon as it is finished. The same command goes on where an
interrupted one stopped, and after a change of the experiment only the runs that
the change concerns are made again. With --shard 2/3 only the second third of the
runs is made; when the folders of all shards have been copied into one, compare
without --shard writes the report.

With --engine slurm the shards are the tasks of one Slurm job array, whose nodes must
see the results folder. Tasks that fail or are lost are submitted again, four times at
most; the report is written here at the end. Ctrl-C leaves the job in the queue, and the
same command comes back to it.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := errors.Join(o.check(), o.checkEngine()); err != nil {
				return err
			}
			name := defaultExperiment
			if len(args) > 0 {
				name = args[0]
			}
			return runCompare(c, name, o)
		},
	}
	o.register(c, "results/NAME")
	c.Flags().StringVar(&o.engine, "engine", engineLocal, "where to make the runs: local, or slurm as one job array")
	c.Flags().IntVar(&o.tasks, "tasks", 16, "tasks of the job array, with --engine slurm")
	c.Flags().StringArrayVar(&o.slurm, "sbatch", nil, "`option` for sbatch, such as --partition=long; may be given several times")
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

func runCompare(c *cobra.Command, name string, o compareFlags) error {
	stderr := c.ErrOrStderr()
	e, err := load(name, stderr)
	if err != nil {
		return err
	}
	study, err := e.Study()
	if err != nil {
		return err
	}
	if _, runs := compare.Cost(study); runs == 0 {
		return fmt.Errorf("%s: nothing to run: want solvers under solve, or at least two values of finite.width or finite.depth", name)
	}
	if o.dir == "" {
		o.dir = filepath.Join("results", e.Name)
	}
	var prepare func(*compare.Store) error
	if o.engine == engineSlurm {
		prepare = func(store *compare.Store) error { return onSlurm(c.Context(), o, e.Name, study, store, stderr) }
	}
	return o.carryOut(c, e, study, provenance(e, "compare", name), prepare)
}

// The engines.
const (
	engineLocal = "local"
	engineSlurm = "slurm"
)

// checkEngine reports flags that do not go together.
func (o *compareFlags) checkEngine() error {
	switch {
	case o.engine != engineLocal && o.engine != engineSlurm:
		return fmt.Errorf("--engine %s%s", o.engine, registry.Choices(o.engine, []string{engineLocal, engineSlurm}))
	case o.engine == engineSlurm && o.shard != "":
		return errors.New("--shard with --engine slurm: the job array makes all shards")
	case o.engine == engineLocal && len(o.slurm) > 0:
		return errors.New("--sbatch belongs to --engine slurm")
	case o.tasks < 1 || o.tasks > 1000:
		return fmt.Errorf("--tasks %d: want 1 to 1000, which is what Slurm takes in one array as it is usually set up", o.tasks)
	}
	return nil
}

// onSlurm makes the runs of a study on a cluster.
func onSlurm(ctx context.Context, o compareFlags, name string, study compare.Study, store *compare.Store, stderr io.Writer) error {
	dir, err := filepath.Abs(o.dir)
	if err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	_, runs := compare.Cost(study)
	s := &slurm{dir: dir, exe: exe, name: "pdesolve-" + name, shards: min(o.tasks, runs), options: o.slurm, stderr: stderr}
	return s.run(ctx, study, store)
}

// parseShard reads i/n.
func parseShard(text string) (s compare.Shard, err error) {
	if text == "" {
		return s, nil
	}
	index, count, ok := strings.Cut(text, "/")
	if ok {
		s.Index, err = strconv.Atoi(index)
	}
	if ok && err == nil {
		s.Count, err = strconv.Atoi(count)
	}
	if !ok || err != nil || s.Count < 1 || s.Validate() != nil {
		return s, fmt.Errorf("--shard %s: want i/n with 1 ≤ i ≤ n, such as 2/3", text)
	}
	return s, nil
}

// fingerprint tells this program from others that may compute different numbers: the
// hash of its executable. Without one nothing is recognised.
func fingerprint() string {
	h := sha256.New()
	path, err := os.Executable()
	if err == nil {
		var f *os.File
		if f, err = os.Open(path); err == nil {
			_, err = io.Copy(h, f)
			f.Close()
		}
	}
	if err != nil {
		return fmt.Sprintf("unknown program of %s", time.Now())
	}
	return hex.EncodeToString(h.Sum(nil))
}

// show prints the rates of a result, or what became of networks alone, and where the
// report is.
func show(stdout, stderr io.Writer, r *compare.Result, o outputFlags) error {
	report := filepath.Join(o.dir, "report.html")
	if o.json {
		fmt.Fprintln(stderr, "report:", report)
		return compare.WriteSummary(stdout, r, version())
	}
	switch {
	case len(r.Ladders) > 0:
		fmt.Fprintln(stdout, compare.RatesTable(r).Render())
	case r.TrainsOnly():
		fmt.Fprintln(stdout, compare.TrainingTable(r).Render())
	}
	for _, n := range r.Notes {
		fmt.Fprintln(stdout, n)
	}
	_, err := fmt.Fprintf(stdout, "report: %s\n", report)
	return errors.Join(err)
}
