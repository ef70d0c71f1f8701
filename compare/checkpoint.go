package compare

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"pdesolve/finite"
	"pdesolve/grid"
)

// checkpointInterval is the time between checkpoints where Store.Interval is 0.
const checkpointInterval = 20 * time.Second

// checkpointFile is the document checkpoints/RUN.json, which names the last whole
// checkpoint of a run that is not finished. It is replaced after the checkpoint is
// whole; the one before stays until then.
type checkpointFile struct {
	Key     string  `json:"key"`
	File    string  `json:"file"`
	Sum     string  `json:"sha256"`
	Seconds float64 `json:"wall_seconds"` // that the run took so far
}

func checkpointPath(id, ending string) string {
	return filepath.Join("checkpoints", fileName(id)+ending)
}

// checkpoint returns how the run of a task, which begins now, is kept on its way and
// what was kept of it before, which took the given time. It is nil if the run was
// computed from something that has no digest.
func (s *Store) checkpoint(t *task) (*finite.Checkpoint, time.Duration) {
	key, err := s.key(t)
	if err != nil {
		return nil, 0
	}
	doc, state := s.lastCheckpoint(t, key)
	interval, before, begin := s.Interval, time.Duration(doc.Seconds*float64(time.Second)), time.Now()
	if interval == 0 {
		interval = checkpointInterval
	}
	last, slot := begin, doc.File
	return &finite.Checkpoint{
		From: state,
		Due:  func() bool { return time.Since(last) >= interval },
		Keep: func(state []grid.Array) error {
			next := checkpointPath(t.run.ID, "-a.npz")
			if next == slot {
				next = checkpointPath(t.run.ID, "-b.npz")
			}
			if err := s.keepCheckpoint(t, key, next, before+time.Since(begin), state); err != nil {
				return err
			}
			last, slot = time.Now(), next
			return nil
		},
	}, before
}

// lastCheckpoint returns the last whole checkpoint of the run with that key.
func (s *Store) lastCheckpoint(t *task, key string) (doc checkpointFile, state []grid.Array) {
	b, err := os.ReadFile(filepath.Join(s.dir, checkpointPath(t.run.ID, ".json")))
	if err != nil || json.Unmarshal(b, &doc) != nil || doc.Key != key {
		return checkpointFile{}, nil
	}
	if doc.File != checkpointPath(t.run.ID, "-a.npz") && doc.File != checkpointPath(t.run.ID, "-b.npz") {
		return checkpointFile{}, nil
	}
	b, err = os.ReadFile(filepath.Join(s.dir, doc.File))
	if sum := sha256.Sum256(b); err != nil || hex.EncodeToString(sum[:]) != doc.Sum {
		return checkpointFile{}, nil
	}
	if state, err = grid.ReadNPZ(bytes.NewReader(b), int64(len(b))); err != nil {
		return checkpointFile{}, nil
	}
	return doc, state
}

// keepCheckpoint writes a checkpoint to the given file and then its name.
func (s *Store) keepCheckpoint(t *task, key, file string, passed time.Duration, state []grid.Array) error {
	if err := os.MkdirAll(filepath.Join(s.dir, "checkpoints"), 0o755); err != nil {
		return fmt.Errorf("compare: results folder: %w", err)
	}
	sum := sha256.New()
	if err := writeFile(s.dir, file, func(w io.Writer) error { return grid.WriteNPZ(io.MultiWriter(w, sum), state...) }); err != nil {
		return err
	}
	doc := checkpointFile{Key: key, File: file, Sum: hex.EncodeToString(sum.Sum(nil)), Seconds: passed.Seconds()}
	return writeFile(s.dir, checkpointPath(t.run.ID, ".json"), func(w io.Writer) error { return json.NewEncoder(w).Encode(doc) })
}

// dropCheckpoint removes what was kept of a run that is finished. What cannot be removed
// does no harm: it is never read again.
func (s *Store) dropCheckpoint(id string) {
	for _, ending := range []string{".json", "-a.npz", "-b.npz"} {
		os.Remove(filepath.Join(s.dir, checkpointPath(id, ending)))
	}
	os.Remove(filepath.Join(s.dir, "checkpoints")) // if it is empty
}
