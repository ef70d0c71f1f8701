package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"pdesolve/compare"
	"pdesolve/internal/experiment"
)

// runFlags are the flags of commands that make the runs of a study.
type runFlags struct {
	outputFlags
	workers  int
	fresh    bool
	shard    string
	interval time.Duration
}

func (o *runFlags) register(c *cobra.Command, standard string) {
	o.outputFlags.register(c, standard)
	c.Flags().IntVar(&o.workers, "workers", 0, "runs at a time; 0 is one a core")
	c.Flags().BoolVar(&o.fresh, "fresh", false, "make all runs anew, also those that are in the folder")
	c.Flags().StringVar(&o.shard, "shard", "", "make only part `i/n` of the runs")
	c.Flags().DurationVar(&o.interval, "checkpoint", 20*time.Second, "time between checkpoints of a run of networks")
}

// check reports flags that cannot be.
func (o *runFlags) check() error {
	if o.workers < 0 {
		return fmt.Errorf("--workers %d: want at least 1, or 0 for one a core", o.workers)
	}
	if o.interval <= 0 {
		return fmt.Errorf("--checkpoint %v: want a time above 0, such as 20s", o.interval)
	}
	_, err := parseShard(o.shard)
	return err
}

// carryOut makes the runs of a study in the results folder o.dir and writes the report.
// prepare, if not nil, is called before with the store of runs.
func (o *runFlags) carryOut(c *cobra.Command, e *experiment.Experiment, study compare.Study, p compare.Provenance, prepare func(*compare.Store) error) error {
	stdout, stderr := c.OutOrStdout(), c.ErrOrStderr()
	out, err := openFolder(o.dir, o.overwrite, p.Resolved)
	if err != nil {
		return err
	}
	if err := out.begin(e, p, o.fresh); err != nil {
		return failure{err}
	}
	store := compare.NewStore(o.dir, fingerprint())
	store.Interval = o.interval
	if prepare != nil {
		if err := prepare(store); err != nil {
			return failure{err}
		}
	}
	shard, _ := parseShard(o.shard) // check has reported errors
	study.Workers = o.workers
	r, failed := execute(c.Context(), study, compare.Options{Store: store, Shard: shard}, stderr)
	var missing *compare.MissingError
	if errors.As(failed, &missing) {
		_, err := fmt.Fprintf(stdout, "shard %s: done. %v: copy the tasks and states folders of the other shards into %s, then %s without --shard\n", o.shard, missing, o.dir, c.Name())
		return err
	}
	failed = explain(e, failed)
	if r == nil || len(r.Runs) == 0 {
		if !o.sayKept(stderr, 0, store) {
			out.discard()
		}
		return failure{failed}
	}
	if out.replace && failed == nil {
		if err := store.Prune(r); err != nil {
			return failure{err}
		}
	}
	if err := compare.WriteReport(out.dir, r, p); err != nil {
		return failure{err}
	}
	if failed != nil {
		o.sayStopped(stderr, r)
		o.sayKept(stderr, r.Finished(), store)
		return failure{failed}
	}
	return errors.Join(show(stdout, stderr, r, o.outputFlags), o.certify(r.Runs))
}

// sayKept says what of an incomplete study is kept, and reports whether anything is.
func (o *runFlags) sayKept(stderr io.Writer, finished int, store *compare.Store) bool {
	begun := store.Begun()
	switch {
	case begun == 0 && finished == 0:
		return false
	case begun == 0:
		fmt.Fprintf(stderr, "%d finished runs are kept in %s: the same command goes on from there\n", finished, o.dir)
	default:
		fmt.Fprintf(stderr, "%d finished runs and checkpoints of %d unfinished ones are kept in %s: the same command goes on from there\n", finished, begun, o.dir)
	}
	return true
}

// sayStopped says where the last good states of runs that diverged are.
func (o *runFlags) sayStopped(stderr io.Writer, r *compare.Result) {
	for _, run := range r.Runs {
		if run.Stopped != "" {
			t := run.Trajectory.Time
			fmt.Fprintf(stderr, "%s: the last good state, at training time %.6g, is the last entry of %s\n", run.ID, t[len(t)-1], filepath.Join(o.dir, "states", run.ID+".npz"))
		}
	}
}

// execute runs a study and shows its progress.
func execute(ctx context.Context, s compare.Study, o compare.Options, stderr io.Writer) (*compare.Result, error) {
	seconds, runs := compare.Cost(s)
	fmt.Fprintf(stderr, "%s: %d runs, predicted %s of work on one core", s.Name, runs, duration(seconds))
	if all, most := compare.MostCost(s); most > runs {
		fmt.Fprintf(stderr, "; with all seeds that may be added %d runs, %s", most, duration(all))
	}
	fmt.Fprintln(stderr)
	p := newProgress(stderr)
	finished := 0
	o.Progress = func(e compare.Event) {
		if e.Finished != nil {
			finished++
		}
		round := ""
		if e.Round > 1 {
			round = fmt.Sprintf("round %d of seeds  ", e.Round)
		}
		p.update(e.Done/e.Total, e.Left, fmt.Sprintf("%s%d/%d runs  %s", round, finished, e.Runs, e.Label))
	}
	r, err := compare.Execute(ctx, s, &o)
	p.stop()
	if r != nil && r.Reused > 0 {
		fmt.Fprintf(stderr, "%d of %d runs were there already\n", r.Reused, len(r.Runs))
	}
	return r, err
}
