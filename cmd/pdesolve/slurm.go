package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"pdesolve/compare"
)

// slurmFile remembers the job of a results folder, so that compare can come back to it.
const slurmFile = "slurm.json"

// slurmAttempts bounds how often an array is submitted for runs of a round that are
// missing still.
const slurmAttempts = 4

// slurmPoll is the time between two looks at the queue.
var slurmPoll = 2 * time.Second

// slurm makes the runs of a study as one job array of a Slurm cluster whose nodes see
// the results folder: array task i makes shard i+1 into the folder's store, and the
// store, never Slurm's exit codes, says what is done. A study that adds seeds has an array
// for every round of them.
type slurm struct {
	dir     string   // results folder, absolute
	exe     string   // this program
	name    string   // of the job
	shards  int      // tasks of the array
	options []string // for sbatch: partition, account, time, …
	stderr  io.Writer
}

// slurmJob is the document slurm.json.
type slurmJob struct {
	ID       string   `json:"job"`
	Shards   int      `json:"shards"`
	Round    int      `json:"round"`    // of seeds
	Attempts int      `json:"attempts"` // of the round
	Options  []string `json:"options"`
}

// run submits, waits and submits again until the store holds every run of the study,
// slurmAttempts times at the most. When ctx ends the job goes on without the command.
func (s *slurm) run(ctx context.Context, study compare.Study, store *compare.Store) error {
	show := newProgress(s.stderr)
	defer show.stop()
	job, resumed := s.recall()
	for {
		missing, err := compare.Missing(ctx, study, store, s.shards)
		if err != nil || len(missing.Shards) == 0 {
			return err
		}
		if !resumed {
			if job.Round != missing.Round {
				job = slurmJob{Round: missing.Round}
			}
			if job.Attempts == slurmAttempts {
				return fmt.Errorf("after %d job arrays %d of %d shards are incomplete: see %s", slurmAttempts, len(missing.Shards), s.shards, filepath.Join(s.dir, "slurm"))
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			id, err := s.submit(context.WithoutCancel(ctx), missing.Shards) // a job half submitted would be lost
			if err != nil {
				return err
			}
			job = slurmJob{ID: id, Shards: s.shards, Round: missing.Round, Attempts: job.Attempts + 1, Options: s.options}
			if err := s.remember(job); err != nil {
				return err
			}
			fmt.Fprintf(s.stderr, "job array %s: %d tasks\n", id, len(missing.Shards))
		}
		resumed = false
		if err := s.wait(ctx, job.ID, missing.Runs, store, show); err != nil {
			return err
		}
	}
}

// recall returns the job that an earlier command left in the queue.
func (s *slurm) recall() (job slurmJob, running bool) {
	b, err := os.ReadFile(filepath.Join(s.dir, slurmFile))
	if err != nil || json.Unmarshal(b, &job) != nil {
		return slurmJob{}, false
	}
	left, err := s.queue(context.Background(), job.ID)
	if err != nil || len(left) == 0 {
		return slurmJob{}, false // a new command, a new number of attempts
	}
	s.shards = job.Shards
	fmt.Fprintf(s.stderr, "back at job array %s\n", job.ID)
	return job, true
}

func (s *slurm) remember(job slurmJob) error {
	f := &folder{dir: s.dir}
	b, err := json.MarshalIndent(job, "", " ")
	if err != nil {
		return err
	}
	return f.write(slurmFile, append(b, '\n'))
}

// script is the batch script. The program takes the shell's place, so that the signals
// of Slurm reach it; output is appended, because a requeued task opens it again.
func (s *slurm) script() string {
	return fmt.Sprintf(`#!/bin/sh
#SBATCH --job-name=%s
#SBATCH --open-mode=append
#SBATCH --requeue
exec %s compare %s --shard $((SLURM_ARRAY_TASK_ID + 1))/%d -o %s --workers ${SLURM_CPUS_PER_TASK:-1}
`, s.name, quoted(s.exe), quoted(filepath.Join(s.dir, resolvedFile)), s.shards, quoted(s.dir))
}

// quoted writes a path for the shell.
func quoted(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }

// submit submits an array of the given shards, counted from 1, and returns its job.
func (s *slurm) submit(ctx context.Context, shards []int) (string, error) {
	if err := os.MkdirAll(filepath.Join(s.dir, "slurm"), 0o755); err != nil {
		return "", err
	}
	var index []string
	for _, i := range shards {
		index = append(index, strconv.Itoa(i-1))
	}
	args := append([]string{"--parsable", "--array=" + strings.Join(index, ","), "--output=" + filepath.Join(s.dir, "slurm", "%A_%a.log")}, s.options...)
	c := exec.CommandContext(ctx, "sbatch", args...)
	c.Stdin = strings.NewReader(s.script())
	out, err := output(c)
	if err != nil {
		return "", fmt.Errorf("sbatch: %w", err)
	}
	id, _, _ := strings.Cut(strings.TrimSpace(out), ";") // a cluster's name may follow
	if _, err := strconv.Atoi(id); err != nil {
		return "", fmt.Errorf("sbatch answered %q: want the number of a job", out)
	}
	return id, nil
}

// output runs a command and returns what it prints; the error holds what it says.
func output(c *exec.Cmd) (string, error) {
	var out, complaint bytes.Buffer
	c.Stdout, c.Stderr = &out, &complaint
	err := c.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("not found: --engine slurm needs Slurm's client commands on the PATH")
	}
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, strings.TrimSpace(complaint.String()))
	}
	return out.String(), nil
}

// queue returns the states of the job's tasks that have not ended. A job that Slurm has
// forgotten has none.
func (s *slurm) queue(ctx context.Context, id string) (map[string]int, error) {
	out, err := output(exec.CommandContext(ctx, "squeue", "-h", "-r", "-j", id, "-o", "%T"))
	if err != nil {
		if strings.Contains(err.Error(), "Invalid job id") {
			return nil, nil
		}
		return nil, fmt.Errorf("squeue: %w", err)
	}
	states := map[string]int{}
	for _, state := range strings.Fields(out) {
		states[state]++
	}
	return states, nil
}

// wait returns when no task of the job is in the queue. A queue that does not answer is
// asked again for a minute.
func (s *slurm) wait(ctx context.Context, id string, runs int, store *compare.Store, show progress) error {
	failures := 0
	for {
		states, err := s.queue(ctx, id)
		switch {
		case ctx.Err() != nil:
			fmt.Fprintf(s.stderr, "job array %s goes on: the same command comes back to it, scancel %s ends it\n", id, id)
			return ctx.Err()
		case err != nil:
			if failures++; float64(failures)*slurmPoll.Seconds() > 60 {
				return err
			}
		case len(states) == 0:
			return nil
		default:
			failures = 0
			done := store.Count()
			show.update(float64(done)/float64(runs), unknown, fmt.Sprintf("%d/%d runs  %d running, %d pending", done, runs, states["RUNNING"]+states["COMPLETING"], states["PENDING"]))
		}
		select {
		case <-ctx.Done():
		case <-time.After(slurmPoll):
		}
	}
}
