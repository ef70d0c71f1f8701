package compare

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"pdesolve/grid"
	"pdesolve/pde/transformer"
)

// Store keeps every run in a results folder as soon as it is finished, so that a
// study which was interrupted, or changed, or divided among machines makes no run
// twice:
//
//	states/RUN.npz      the run's curves of outputs and its states; see WriteStates
//	tasks/RUN.json      the rest, as in summary.json, with two hashes
//	checkpoints/RUN…    of a run of atoms that is not finished, the way so far
//
// The first hash is the run's key: of the program and of everything that the run is
// computed from (model, prompts, times, scheme or dynamics, seed). The second is of the
// states' bytes. A run is taken from the store only if both agree; a file that is
// missing, damaged or of another run is as good as none. Both files appear whole or not
// at all, the second one last: whatever stops the program, at most the runs at hand are
// lost, and of those of atoms no more than Interval: they go on to the same bytes. Stores
// of the same program are merged by copying their files together.
type Store struct {
	// Interval is the time between two checkpoints of a run. Default 20 s.
	Interval time.Duration

	dir     string
	program string
}

// NewStore returns the store in the results folder dir, which need not exist yet.
// program tells programs apart that may compute different numbers: a hash of the
// executable, say.
func NewStore(dir, program string) *Store { return &Store{dir: dir, program: program} }

// taskFile is the document tasks/RUN.json.
type taskFile struct {
	Key    string     `json:"key"`
	States string     `json:"states_sha256"`
	Run    summaryRun `json:"run"`
}

// key returns the run's key.
func (s *Store) key(t *task) (string, error) {
	return digest(append([]any{s.program, t.run.ID}, t.inputs...)...)
}

func (s *Store) taskPath(t *task) string {
	return filepath.Join("tasks", fileName(t.run.ID)+".json")
}

func statesPath(id string) string { return filepath.Join("states", fileName(id)+".npz") }

// keep stores a finished run, unless it was computed from something that has no
// digest, such as a law of the user's that holds a function.
func (s *Store) keep(m *transformer.Model, t *task, r *Run) error {
	key, err := s.key(t)
	if err != nil {
		return nil
	}
	for _, sub := range []string{"states", "tasks"} {
		if err := os.MkdirAll(filepath.Join(s.dir, sub), 0o755); err != nil {
			return fmt.Errorf("compare: results folder: %w", err)
		}
	}
	sum := sha256.New()
	err = writeFile(s.dir, statesPath(r.ID), func(w io.Writer) error {
		return WriteStates(io.MultiWriter(w, sum), m, r)
	})
	if err != nil {
		return err
	}
	doc := taskFile{Key: key, States: hex.EncodeToString(sum.Sum(nil)), Run: summariseRun(r)}
	err = writeFile(s.dir, s.taskPath(t), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(doc)
	})
	if err == nil {
		r.stored = s.dir
		s.dropCheckpoint(r.ID)
	}
	return err
}

// recall returns the run of a task if the store holds it, and otherwise nil.
func (s *Store) recall(m *transformer.Model, t *task) *Run {
	b, err := os.ReadFile(filepath.Join(s.dir, s.taskPath(t)))
	if err != nil {
		return nil
	}
	var doc taskFile
	if json.Unmarshal(b, &doc) != nil || doc.Run.ID != t.run.ID {
		return nil
	}
	if key, err := s.key(t); err != nil || key != doc.Key {
		return nil
	}
	states, err := os.ReadFile(filepath.Join(s.dir, statesPath(t.run.ID)))
	if err != nil {
		return nil
	}
	if sum := sha256.Sum256(states); hex.EncodeToString(sum[:]) != doc.States {
		return nil
	}
	r := doc.Run.run()
	arrays, err := grid.ReadNPZ(bytes.NewReader(states), int64(len(states)))
	if err != nil || takeStates(arrays, m, r) != nil {
		return nil
	}
	r.stored = s.dir
	return r
}

// Count returns how many runs the store holds, without looking whether they are of the
// present study.
func (s *Store) Count() int {
	files, _ := filepath.Glob(filepath.Join(s.dir, "tasks", "*.json")) // the pattern is well formed
	return len(files)
}

// Remaining says which runs a study lacks.
type Remaining struct {
	Round  int   // of seeds, from 1; see Networks.UntilHalfWidth
	Runs   int   // of the study as it stands in that round
	Shards []int // that lack a run, counted from 1; none if the study is complete
}

// Begun returns how many runs have a checkpoint and are not finished.
func (s *Store) Begun() int {
	files, _ := filepath.Glob(filepath.Join(s.dir, "checkpoints", "*.json")) // the pattern is well formed
	return len(files)
}

// Missing returns what the store lacks of a study divided into shards.
func Missing(ctx context.Context, s Study, store *Store, shards int) (Remaining, error) {
	p := newPlan(&s)
	for round := 1; ; round++ {
		left := Remaining{Round: round, Runs: len(p.tasks)}
		for i := 1; i <= shards; i++ {
			for _, t := range p.share(p.byCost(), &Options{Shard: Shard{i, shards}}) {
				if store.recall(&s.Model, t) == nil {
					left.Shards = append(left.Shards, i)
					break
				}
			}
		}
		if len(left.Shards) > 0 {
			return left, nil
		}
		if _, err := p.round(ctx, &Options{Store: store}); err != nil {
			return left, err
		}
		next := p.next()
		if next == nil {
			return left, nil
		}
		p = next
	}
}

// Prune removes the stored runs that are not among the result's, such as those of an
// experiment that has been changed, and all checkpoints.
func (s *Store) Prune(r *Result) error {
	if err := os.RemoveAll(filepath.Join(s.dir, "checkpoints")); err != nil {
		return fmt.Errorf("compare: results folder: %w", err)
	}
	keep := map[string]bool{}
	for _, run := range r.Runs {
		keep[fileName(run.ID)] = true
	}
	for _, sub := range []struct{ dir, ending string }{{"states", ".npz"}, {"tasks", ".json"}} {
		files, err := filepath.Glob(filepath.Join(s.dir, sub.dir, "*"+sub.ending))
		if err != nil {
			return err
		}
		for _, f := range files {
			name := filepath.Base(f)
			if !keep[name[:len(name)-len(sub.ending)]] {
				if err := os.Remove(f); err != nil {
					return fmt.Errorf("compare: results folder: %w", err)
				}
			}
		}
	}
	return nil
}
