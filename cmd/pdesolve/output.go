package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"pdesolve/compare"
	"pdesolve/internal/experiment"
)

// ours lists what commands write to a results folder. Nothing else in a folder is
// ever removed.
var ours = []string{"report.html", "report.md", "report.tex", "summary.json", "series.csv", "states", "tasks", "checkpoints", "slurm", slurmFile, "figures", "data", provenanceFile, resolvedFile}

const (
	resolvedFile   = "resolved.yaml"
	provenanceFile = "provenance.json"
)

// pages are those of ours that only a finished command writes.
var pages = []string{"report.html", "report.md", "report.tex", "summary.json", "series.csv", "figures"}

// folder is a results folder that has been found usable.
type folder struct {
	dir     string
	created string // outermost folder that was made for it; empty if there is none
	replace bool   // whether it holds results to be replaced
}

// openFolder makes sure that results can be written to dir, before anything is
// computed: it must be missing, empty, or hold results, and a file can be made in it.
// Finished results are not replaced unless overwrite is set or they are of the
// experiment that resolved, if not nil, describes.
func openFolder(dir string, overwrite bool, resolved []byte) (*folder, error) {
	f := &folder{dir: dir}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.created = outermostMissing(dir)
	case err != nil:
		return nil, fmt.Errorf("results folder %s: %w", dir, reason(err))
	case len(entries) > 0:
		same, unfinished := inside(dir, resolved)
		if f.replace = unfinished && !same; same || unfinished {
			break
		}
		if !overwrite {
			return nil, fmt.Errorf("results folder %s is not empty: give another one with -o, or replace it with --overwrite", dir)
		}
		if !isResults(dir) {
			return nil, fmt.Errorf("results folder %s is not empty and holds no results of pdesolve: --overwrite replaces nothing else", dir)
		}
		f.replace = true
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		f.discard()
		return nil, fmt.Errorf("results folder %s cannot be made: %w", dir, reason(err))
	}
	probe, err := os.CreateTemp(dir, ".tmp-*")
	if err != nil {
		f.discard()
		return nil, fmt.Errorf("results folder %s cannot be written to: %w", dir, reason(err))
	}
	return f, errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// isResults reports whether a folder looks like one that a command has written.
func isResults(dir string) bool {
	return isFile(dir, resolvedFile) && isFile(dir, "summary.json")
}

// inside reports whether the runs in a folder may be gone on with: whether they are of
// the experiment that resolved describes, and whether not all of their experiment was
// done, so that nothing is lost if the experiment has changed.
func inside(dir string, resolved []byte) (same, unfinished bool) {
	stored, err := os.ReadFile(filepath.Join(dir, resolvedFile))
	if err != nil || resolved == nil {
		return false, false
	}
	summary, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	var doc struct{ Notes []string }
	unfinished = err != nil || json.Unmarshal(summary, &doc) == nil &&
		slices.ContainsFunc(doc.Notes, func(n string) bool { return strings.HasPrefix(n, "incomplete: ") })
	return bytes.Equal(stored, resolved), unfinished
}

func isFile(dir, name string) bool {
	info, err := os.Stat(filepath.Join(dir, name))
	return err == nil && info.Mode().IsRegular()
}

// outermostMissing returns the first folder on the way to dir that does not exist.
func outermostMissing(dir string) string {
	missing := ""
	for d := filepath.Clean(dir); ; d = filepath.Dir(d) {
		if _, err := os.Lstat(d); !errors.Is(err, fs.ErrNotExist) || d == filepath.Dir(d) {
			return missing
		}
		missing = d
	}
}

// discard removes the folders that openFolder made, if nothing but results is in them.
func (f *folder) discard() {
	if f.created == "" || f.remove(ours) != nil {
		return
	}
	for d := filepath.Clean(f.dir); ; d = filepath.Dir(d) {
		if os.Remove(d) != nil || d == f.created { // Remove keeps a folder with anything in it
			return
		}
	}
}

// clear removes the results that are to be replaced.
func (f *folder) clear() error {
	if !f.replace {
		return nil
	}
	return f.remove(ours)
}

// begin writes what the runs to come are of, so that they can be gone on with if they
// are interrupted. Runs that are there already stay, unless fresh is set; the pages
// made of them go.
func (f *folder) begin(e *experiment.Experiment, p compare.Provenance, fresh bool) error {
	old := pages
	if fresh {
		old = ours
	}
	if f.replace || fresh {
		if err := f.remove(old); err != nil {
			return err
		}
	}
	if err := f.store(e, p); err != nil {
		return err
	}
	return f.write(resolvedFile, p.Resolved)
}

func (f *folder) remove(names []string) error {
	for _, name := range names {
		if err := os.RemoveAll(filepath.Join(f.dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// store writes the data that the experiment read and where the result came from.
func (f *folder) store(e *experiment.Experiment, p compare.Provenance) error {
	for name, data := range e.Data() {
		if err := f.write(filepath.FromSlash(name), data); err != nil {
			return err
		}
	}
	p.Resolved = nil // it has a file of its own
	b, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return err
	}
	return f.write(provenanceFile, append(b, '\n'))
}

// write writes a file whole or not at all.
func (f *folder) write(name string, data []byte) error {
	return f.writeTo(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// writeTo writes a file whole or not at all.
func (f *folder) writeTo(name string, write func(io.Writer) error) error {
	path := filepath.Join(f.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	t, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	err = errors.Join(write(t), t.Chmod(0o644), t.Close())
	if err == nil {
		err = os.Rename(t.Name(), path)
	}
	if err != nil {
		os.Remove(t.Name())
	}
	return err
}

// provenance describes the present run.
func provenance(e *experiment.Experiment, args ...string) compare.Provenance {
	return compare.Provenance{
		Version: version(), Go: runtime.Version(), GOOS: runtime.GOOS, GOARCH: runtime.GOARCH,
		Command: strings.Join(append([]string{"pdesolve"}, args...), " "), Started: time.Now().UTC().Truncate(time.Second),
		Resolved: e.Resolved(),
	}
}

// reason drops the operation and the name from a file error.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
