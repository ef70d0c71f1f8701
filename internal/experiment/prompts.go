package experiment

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"path/filepath"

	"pdesolve/pde/transformer"
)

// maxData bounds the bytes of a file of training data.
const maxData = 1 << 28

// maxTokens bounds the tokens that are drawn: beyond it, a count is a mistake.
const maxTokens = 1 << 24

// loadPrompts reads or draws the training data.
func (e *Experiment) loadPrompts() {
	p := &e.Transformer.Prompts
	var err error
	place := "transformer.prompts"
	switch {
	case p.Table != nil:
		place += ".table.file"
		var data []byte
		if data, err = e.read(p.Table.File); err == nil {
			var dropped int
			p.loaded, dropped, err = p.Table.Read(bytes.NewReader(data))
			if dropped > 0 {
				e.Notes = append(e.Notes, fmt.Sprintf("rows of %s that fill no prompt of %d tokens and are left out: %d", p.Table.File, p.Table.Tokens, dropped))
			}
		}
	case p.Linear != nil:
		place += ".linear"
		if !e.drawable(place, p.Linear.Prompts, p.Linear.Tokens, p.Linear.Features) {
			return
		}
		p.loaded, err = p.Linear.Draw()
	case p.Nonlinear != nil:
		place += ".nonlinear"
		if !e.drawable(place, p.Nonlinear.Prompts, p.Nonlinear.Tokens, p.Nonlinear.Features) {
			return
		}
		p.loaded, err = p.Nonlinear.Draw()
	case p.Images != nil:
		place += ".images"
		err = e.loadImages(p)
	default:
		place += ".file"
		var data []byte
		if data, err = e.read(p.File); err == nil {
			p.loaded, err = transformer.ReadCSV(bytes.NewReader(data), p.File)
		}
	}
	if err != nil {
		e.reading.complain(place, trim(err))
	}
	if p.loaded == nil {
		return
	}
	e.Notes = append(e.Notes, fmt.Sprintf("%d prompts of %d tokens in %d dimensions", p.loaded.Len(), p.loaded.N, p.loaded.Dim))
}

// loadImages reads images and compares their classes with the outputs.
func (e *Experiment) loadImages(p *Prompts) error {
	data, err := e.read(p.Images.File)
	if err != nil {
		return fmt.Errorf("file: %w", err)
	}
	sets, err := p.Images.Read(bytes.NewReader(data))
	if err != nil {
		return err
	}
	classes := sets.Classes
	r := &e.Transformer.Read
	if outputs := max(r.Classes, len(r.Weights)); outputs != classes {
		e.reading.failAt("transformer.read.classes", "%d outputs: the images have the classes 0 to %d: want read: {classes: %d} and loss: cross-entropy", max(1, outputs), classes-1, classes)
		return nil
	}
	p.loaded, p.validation, p.test = sets.Train, sets.Validation, sets.Test
	p.embedding = sets.Embedding
	for _, held := range []struct {
		prompts *transformer.Prompts
		what    string
	}{{p.validation, "choose settings by"}, {p.test, "test on"}} {
		if held.prompts != nil {
			e.Notes = append(e.Notes, fmt.Sprintf("%d prompts to %s", held.prompts.Len(), held.what))
		}
	}
	return nil
}

// drawable reports more tokens than can be meant.
func (e *Experiment) drawable(place string, prompts, tokens, features int) bool {
	n := float64(prompts) * float64(tokens)
	if n*float64(max(1, features)) <= maxTokens {
		return true
	}
	e.reading.failAt(place+".prompts", "%d of %d tokens: makes %.3g tokens: want at most %d", prompts, tokens, n, maxTokens)
	return false
}

// read returns the bytes of a file that the experiment names and keeps them for
// the results folder.
func (e *Experiment) read(name string) ([]byte, error) {
	if name == "" {
		return nil, fmt.Errorf("missing: want the name of a CSV file")
	}
	f, err := e.source(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxData+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	if len(data) > maxData {
		return nil, fmt.Errorf("%s: more than %d MiB: too much for training data", name, maxData>>20)
	}
	e.data[storedName(name)] = data
	return data, nil
}

// storedName is where a file of data lies in a results folder.
func storedName(name string) string { return path.Join("data", path.Base(filepath.ToSlash(name))) }

// Data returns the files that the experiment read, under the names that Resolved
// gives them: a folder with Resolved and these files is the whole experiment.
func (e *Experiment) Data() map[string][]byte { return e.data }
