package compare

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat"
)

// Provenance says where a result came from. Nothing here but Version enters
// summary.json, so that the file is the same for the same experiment.
type Provenance struct {
	Version  string    // of pdesolve
	Go       string    // runtime.Version()
	GOOS     string    // runtime.GOOS
	GOARCH   string    // runtime.GOARCH
	Command  string    // the command line that made the result
	Started  time.Time // when it started; zero: not shown
	Resolved []byte    // the experiment file with every default filled in; nil: not written
}

// WriteReport writes a result to the folder dir, which it creates if need be:
// summary.json, series.csv, states/*.npz of the runs that store states, figures/*.svg
// and *.pdf, report.html, report.md, report.tex and, if there are any bytes for it, resolved.yaml. Each file
// appears whole or not at all; report.html is the last.
func WriteReport(dir string, r *Result, p Provenance) error {
	for _, sub := range []string{"", "states", "figures"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return fmt.Errorf("compare: results folder: %w", err)
		}
	}
	if len(p.Resolved) > 0 {
		if err := writeFile(dir, "resolved.yaml", func(w io.Writer) error {
			_, err := w.Write(p.Resolved)
			return err
		}); err != nil {
			return err
		}
	}
	if err := writeFile(dir, "summary.json", func(w io.Writer) error { return WriteSummary(w, r, p.Version) }); err != nil {
		return err
	}
	if err := writeFile(dir, "series.csv", func(w io.Writer) error { return WriteSeries(w, r) }); err != nil {
		return err
	}
	for _, run := range r.Runs {
		if !hasStates(run) || run.stored == dir {
			continue
		}
		if err := writeFile(dir, statesPath(run.ID), func(w io.Writer) error { return WriteStates(w, &r.Study.Model, run) }); err != nil {
			return err
		}
	}
	return writePages(dir, r, p)
}

// RewriteReport writes the figures, report.html, report.md and report.tex of a result to the
// folder dir again, and nothing else: the stored summary, series and states stay as
// they were computed. Load reads the result.
func RewriteReport(dir string, r *Result, p Provenance) error {
	if err := os.MkdirAll(filepath.Join(dir, "figures"), 0o755); err != nil {
		return fmt.Errorf("compare: results folder: %w", err)
	}
	return writePages(dir, r, p)
}

// writePages writes the figures and the two pages that show them.
func writePages(dir string, r *Result, p Provenance) error {
	pg, err := newPage(r, p)
	if err != nil {
		return err
	}
	for _, f := range pg.allFigures() {
		for path, data := range map[string][]byte{f.File: f.SVG, strings.TrimSuffix(f.File, ".svg") + ".pdf": f.PDF} {
			if err := writeFile(dir, path, func(w io.Writer) error {
				_, err := w.Write(data)
				return err
			}); err != nil {
				return err
			}
		}
	}
	if err := writeFile(dir, "report.tex", pg.latex); err != nil {
		return err
	}
	if err := writeFile(dir, "report.md", pg.markdown); err != nil {
		return err
	}
	return writeFile(dir, "report.html", pg.html)
}

// writeFile writes dir/name through a temporary file in the same folder, so that
// the name never stands for half a file.
func writeFile(dir, name string, write func(io.Writer) error) (err error) {
	path := filepath.Join(dir, name)
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("compare: %s: %w", name, err)
		}
	}()
	if err = write(f); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// fileName makes a run's ID safe as the name of a file.
func fileName(id string) string {
	b := []byte(id)
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.' && i > 0:
		default:
			b[i] = '_'
		}
	}
	return string(b)
}

// quantile returns the p-quantile of sorted values by linear interpolation of the
// empirical distribution.
func quantile(p float64, sorted []float64) float64 {
	return stat.Quantile(p, stat.LinInterp, sorted, nil)
}
