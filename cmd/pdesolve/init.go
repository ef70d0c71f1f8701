package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"pdesolve/finite"
	"pdesolve/internal/experiment"
	"pdesolve/internal/registry"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
	experiments "pdesolve/testdata/experiments"
)

func initCommand() *cobra.Command {
	var o struct{ table, x, y, out string }
	c := &cobra.Command{
		Use:   "init [NAME]",
		Short: "Write a commented experiment to start from",
		Long: `init copies a built-in experiment (see pdesolve list; without NAME, ` + defaultExperiment + `) with its
data into the current folder, to be changed. With --table it writes one for two
columns of your own CSV file, whose boxes it finds by a trial run.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if o.table == "" {
				if o.x != "" || o.y != "" || o.out != "" {
					return errors.New("--x, --y and -o belong to --table FILE")
				}
				name := defaultExperiment
				if len(args) > 0 {
					name = args[0]
				}
				return copyBuiltin(c.OutOrStdout(), name)
			}
			if len(args) > 0 {
				return fmt.Errorf("%q beside --table: want a built-in experiment or a table of your own", args[0])
			}
			return initTable(c, o.table, o.x, o.y, o.out)
		},
	}
	c.Flags().StringVar(&o.table, "table", "", "CSV `file` with a header line")
	c.Flags().StringVar(&o.x, "x", "", "`column` of the covariate; default the first of two numeric ones")
	c.Flags().StringVar(&o.y, "y", "", "`column` of the response; default the second of two numeric ones")
	c.Flags().StringVarP(&o.out, "output", "o", "", "`file` to write (default the table's name with .yaml, in the current folder)")
	return c
}

// copyBuiltin writes a built-in experiment and the data that it reads.
func copyBuiltin(stdout io.Writer, name string) error {
	text, err := fs.ReadFile(experiments.Files, name+".yaml")
	if err != nil {
		return fmt.Errorf("no built-in experiment %q%s", name, registry.Choices(name, builtins()))
	}
	e, err := find(name)
	if err != nil {
		return err
	}
	files := map[string][]byte{name + ".yaml": text}
	for path, data := range e.Data() {
		files[filepath.FromSlash(path)] = data
	}
	for path := range files {
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("%s is there already: init overwrites nothing", path)
		}
	}
	for path, data := range files {
		if err := create(path, data); err != nil {
			return err
		}
	}
	return next(stdout, name+".yaml")
}

// next says what was written and what to do with it.
func next(stdout io.Writer, path string) error {
	_, err := fmt.Fprintf(stdout, "wrote %s\nnext: pdesolve check %s, then pdesolve compare %s\n", path, path, path)
	return err
}

// create writes a file that must not be there.
func create(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return failure{err}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: init overwrites nothing", path)
	}
	if err != nil {
		return failure{err}
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Close()); err != nil {
		return failure{err}
	}
	return nil
}

//go:embed init.yaml.tmpl
var initSource string

var initTemplate = template.Must(template.New("init.yaml").Parse(initSource))

// starter is what init.yaml.tmpl is filled with.
type starter struct {
	Name, Path, File, X, Y   string
	Quoted, QuotedX, QuotedY string // as YAML scalars
	Depth, Tokens, Examples  int
	Decay, End, Save         float64
	Box                      []string
}

var unfitForName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// initTable writes an experiment for two columns of a table.
func initTable(c *cobra.Command, table, x, y, out string) error {
	data, err := os.ReadFile(table)
	if err != nil {
		return fmt.Errorf("--table %s: %w", table, reason(err))
	}
	rows, err := chooseColumns(table, data, &x, &y)
	if err != nil {
		return err
	}
	stem := strings.TrimSuffix(filepath.Base(table), filepath.Ext(table))
	name := strings.Trim(unfitForName.ReplaceAllString(stem, "-"), "-._")
	if name == "" {
		name = "table"
	}
	if out == "" {
		out = name + ".yaml"
	}
	if _, err := os.Lstat(out); err == nil {
		return fmt.Errorf("%s is there already: init overwrites nothing; give another file with -o", out)
	}
	file, err := relative(filepath.Dir(out), table)
	if err != nil {
		return err
	}
	s := starter{Name: name, Path: out, File: filepath.Base(table), X: oneLine(x), Y: oneLine(y),
		Quoted: scalar(file), QuotedX: scalar(x), QuotedY: scalar(y),
		Depth: 8, Tokens: min(9, rows), Decay: 0.02, End: 4, Save: 0.5}
	s.Examples = s.Tokens - 1
	columns := transformer.Table{File: table, X: []string{x}, Y: y, Tokens: s.Tokens}
	if _, _, err := columns.Read(bytes.NewReader(data)); err != nil {
		return err
	}
	s.Box = slices.Repeat([]string{"-99", "99"}, 4) // anything that holds the start
	trial, _, err := s.experiment()
	if err != nil {
		return err
	}
	if s.Box, err = boxes(c.Context(), trial); err != nil {
		return err
	}
	_, text, err := s.experiment()
	if err != nil {
		return err
	}
	if err := create(out, text); err != nil {
		return err
	}
	return next(c.OutOrStdout(), out)
}

// experiment fills the template and reads it.
func (s *starter) experiment() (*experiment.Experiment, []byte, error) {
	var text bytes.Buffer
	if err := initTemplate.Execute(&text, s); err != nil {
		return nil, nil, err
	}
	e, err := experiment.Parse(text.Bytes(), s.Path)
	return e, text.Bytes(), err
}

// chooseColumns fills in the names of the columns where they are missing, if the table
// leaves no doubt, and returns the number of rows.
func chooseColumns(file string, data []byte, x, y *string) (rows int, err error) {
	all, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", file, err)
	}
	if len(all) < 3 {
		return 0, fmt.Errorf("%s: %d lines: want a header line and at least 2 rows", file, len(all))
	}
	var numeric []string
	for k, name := range all[0] {
		if _, err := strconv.ParseFloat(strings.TrimSpace(all[1][k]), 64); err == nil {
			numeric = append(numeric, name)
		}
	}
	if *x == "" && *y == "" && len(numeric) == 2 {
		*x, *y = numeric[0], numeric[1]
	}
	if *x == "" || *y == "" {
		return 0, fmt.Errorf("%s: want --x COLUMN and --y COLUMN, two of the numeric columns %s", file, strings.Join(numeric, ", "))
	}
	return len(all) - 1, nil
}

// boxes returns lo and hi of every axis: where weighted nodes of the mean field go until
// the end of training, with three quarters of the width to spare on each side, in tenths:
// the tails that first-order schemes and long implicit steps add reach that far before
// they fall to the tolerance of the watch at the walls.
// Gauss nodes come within a few per cent of the edge of a bump of compact support.
func boxes(ctx context.Context, e *experiment.Experiment) ([]string, error) {
	m, _ := e.Model()
	nodes := finite.Characteristics{Nodes: 8, RTol: 1e-5, ATol: 1e-7}
	path, err := nodes.Solve(ctx, &m, e.Times(), nil)
	if err != nil {
		return nil, failure{fmt.Errorf("trial run: %w", err)}
	}
	return boxesOf(path, &m), nil
}

// boxesOf returns lo, hi of every parameter of every block.
func boxesOf(path *pde.Trajectory, m *transformer.Model) []string {
	var out []string
	for b := range m.Blocks {
		for d := range path.Ensembles[0].Component[b*m.Depth].Dim {
			lo, hi := math.Inf(1), math.Inf(-1)
			for _, e := range path.Ensembles {
				for k := range m.Depth {
					for _, v := range e.Component[b*m.Depth+k].Coordinate(d) {
						lo, hi = min(lo, v), max(hi, v)
					}
				}
			}
			spare := 0.75 * (hi - lo)
			out = append(out, tenths(math.Floor(10*(lo-spare))), tenths(math.Ceil(10*(hi+spare))))
		}
	}
	return out
}

func tenths(x float64) string { return strconv.FormatFloat(x/10, 'f', 1, 64) }

// scalar writes a word as YAML.
func scalar(s string) string {
	b, err := yaml.Marshal(s)
	if err != nil {
		return strconv.Quote(s)
	}
	return strings.TrimSpace(string(b))
}

// oneLine makes a name fit for a comment.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// relative returns how a file is named from a folder.
func relative(folder, file string) (string, error) {
	if filepath.IsAbs(file) {
		return file, nil
	}
	from, err := filepath.Abs(folder)
	if err != nil {
		return "", failure{err}
	}
	to, err := filepath.Abs(file)
	if err != nil {
		return "", failure{err}
	}
	rel, err := filepath.Rel(from, to)
	if err != nil {
		return "", failure{err}
	}
	return filepath.ToSlash(rel), nil
}
