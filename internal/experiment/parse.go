package experiment

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"pdesolve/compare"
	"pdesolve/finite"
	"pdesolve/pde/transformer"
)

// opener opens a file that an experiment names.
type opener func(name string) (io.ReadCloser, error)

// Load reads an experiment file. Relative names in it are looked up in its own
// folder.
func Load(path string) (*Experiment, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("experiment %s: %w", path, reason(err))
	}
	return Parse(data, path)
}

// LoadFS reads an experiment of a file system, such as the built-in ones; shown is
// the name for messages.
func LoadFS(fsys fs.FS, name, shown string) (*Experiment, error) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("experiment %s: %w", shown, reason(err))
	}
	return parse(data, shown, func(file string) (io.ReadCloser, error) {
		return fsys.Open(path.Join(path.Dir(name), filepath.ToSlash(file)))
	})
}

// Parse reads the bytes of an experiment file. The name of the file appears in
// messages and its folder is where relative names are looked up. The error joins one
// Error for everything that is wrong.
func Parse(data []byte, file string) (*Experiment, error) {
	return parse(data, file, func(name string) (io.ReadCloser, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(file), name)
		}
		return os.Open(name)
	})
}

// reason drops the operation and the name from a file error.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func parse(data []byte, file string, open opener) (*Experiment, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // the byte order mark of some editors
	d := newDecoder(file, data)
	body, err := d.syntax(data)
	if err != nil {
		return nil, err
	}
	e := defaults()
	e.reading, e.source, e.data = d, open, map[string][]byte{}
	type own Experiment
	values, ok := d.mapping(body, "", "the sections name, transformer, time, …")
	if !ok {
		return nil, joined(d.errs)
	}
	d.fields(values, "", reflect.ValueOf((*own)(e)).Elem())
	e.complete()
	if len(d.errs) == 0 {
		e.check()
	}
	if len(d.errs) > 0 {
		return nil, joined(d.errs)
	}
	return e, nil
}

// syntax parses YAML. The library's parser panics on some malformed input, which
// is an error of the input.
func (d *decoder) syntax(data []byte) (body ast.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			body, err = nil, at(d.file, d.source, nil, "", "the YAML parser gave up: %v", p)
		}
	}()
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return nil, &Error{File: d.file, Line: 1 + bytes.Count(data[:i], []byte("\n")), Column: 1, Message: "a zero byte: this is no text file"}
	}
	f, err := parser.ParseBytes(data, 0)
	if err != nil {
		var y yaml.Error
		if errors.As(err, &y) {
			return nil, at(d.file, d.source, y.GetToken(), "", "%s", y.GetMessage())
		}
		return nil, at(d.file, d.source, nil, "", "%v", err)
	}
	for _, doc := range f.Docs {
		switch {
		case doc.Body == nil:
		case body != nil:
			return nil, at(d.file, d.source, doc.Body.GetToken(), "", "a second document: want one experiment a file")
		default:
			body = doc.Body
		}
	}
	if _, isComment := body.(*ast.CommentGroupNode); isComment || body == nil {
		return nil, at(d.file, d.source, nil, "", "the file is empty: want the sections name, transformer, time, solve, …")
	}
	return body, nil
}

// complete fills in the defaults that depend on other values.
func (e *Experiment) complete() {
	d := e.reading
	if e.Name == "" && d.at["name"] == nil {
		base := filepath.Base(d.file)
		e.Name = strings.TrimSuffix(base, filepath.Ext(base))
	}
	if e.Time.Save == 0 && d.at["time.save"] == nil {
		e.Time.Save = e.Time.End / defaultSaves
	}
	if e.Finite != nil && e.Finite.Dynamics == nil && d.at["finite.dynamics"] == nil {
		k, err := finite.Kinds.New(defaultDynamics)
		if err != nil {
			panic("experiment: " + err.Error()) // it is registered by package finite
		}
		e.Finite.Dynamics = k
	}
	e.checkTime()
	for _, s := range e.Solve {
		if s != nil && e.Time.End > 0 {
			s.expand(d, e.Time.End)
		}
	}
	if d.at["compare.rates"] == nil {
		e.Compare.Rates = e.possibleRates(false)
	}
}

// defaultSaves is the number of saved times after 0 where none is configured.
const defaultSaves = 8

// possibleRates lists the rates that the experiment's ladders allow, or only the
// standard ones among them.
func (e *Experiment) possibleRates(all bool) []string {
	s := compare.Study{Networks: e.networks(), Depths: e.Compare.Depth, Budget: e.Compare.Budget, Decays: e.Compare.Decay}
	if t := e.Transformer; t != nil {
		if s.Model.Depth = t.Depth.Layers; t.Depth.Continuous {
			s.Model.Depth, s.Model.Continuous = t.Slices, true
		}
		if images := t.Prompts.Images; images != nil && images.Learned {
			s.Model.Embedding = new(transformer.Embedding)
		}
		for _, b := range t.Blocks {
			s.Model.Blocks = append(s.Model.Blocks, transformer.Component{Block: b.Block, Axes: b.Grid})
		}
	}
	for _, c := range e.Solve {
		if c != nil {
			s.Solvers = append(s.Solvers, c.Levels...)
		}
	}
	var rates []string
	for _, r := range compare.PossibleRates(&s, all) {
		rates = append(rates, string(r))
	}
	return rates
}

// cellsOf returns the cells on the first axis of a solver's grid.
func (e *Experiment) cellsOf(l compare.Solver) int {
	axes := e.Grid
	if e.Transformer != nil && len(e.Transformer.Blocks) > 0 {
		axes = e.Transformer.Blocks[0].Grid
	}
	if l.Cells > 0 || len(axes) == 0 {
		return l.Cells
	}
	return axes[0].N
}
