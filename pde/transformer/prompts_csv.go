package transformer

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"pdesolve/internal/registry"
)

// table reads CSV with a header line and knows where every entry stands.
type table struct {
	name   string
	csv    *csv.Reader
	header []string
	row    []string
}

// newTable reads the header. name is what errors call the file.
func newTable(r io.Reader, name string) (*table, error) {
	b := bufio.NewReader(r)
	if mark, _ := b.Peek(3); string(mark) == "\ufeff" { // spreadsheets write one
		_, _ = b.Discard(3)
	}
	t := &table{name: name, csv: csv.NewReader(b)}
	t.csv.TrimLeadingSpace = true
	if err := t.next(); err == io.EOF {
		return nil, fmt.Errorf("%s: empty: want a header line and one line per token", name)
	} else if err != nil {
		return nil, err
	}
	t.header = slices.Clone(t.row)
	for i, h := range t.header {
		if slices.Contains(t.header[:i], h) {
			return nil, t.errorf(i, "column %q appears twice", h)
		}
	}
	return t, nil
}

// next reads a line into row; io.EOF ends the file.
func (t *table) next() error {
	row, err := t.csv.Read()
	for i := range row {
		row[i] = strings.TrimSpace(row[i])
	}
	t.row = row
	var parse *csv.ParseError
	switch {
	case err == nil || err == io.EOF:
		return err
	case errors.As(err, &parse) && errors.Is(err, csv.ErrFieldCount):
		return fmt.Errorf("%s:%d: %d entries: want %d, as in the header", t.name, parse.Line, len(row), len(t.header))
	case errors.As(err, &parse):
		return fmt.Errorf("%s:%d:%d: %w", t.name, parse.Line, parse.Column, parse.Err)
	default:
		return fmt.Errorf("%s: %w", t.name, err)
	}
}

// errorf returns an error at entry i of the current line.
func (t *table) errorf(i int, format string, args ...any) error {
	line, column := t.csv.FieldPos(i)
	return fmt.Errorf("%s:%d:%d: %s", t.name, line, column, fmt.Sprintf(format, args...))
}

// line returns the line of the current row.
func (t *table) line() int {
	line, _ := t.csv.FieldPos(0)
	return line
}

// column returns the index of the column of the given name.
func (t *table) column(name string) (int, error) {
	if i := slices.Index(t.header, name); i >= 0 {
		return i, nil
	}
	return 0, fmt.Errorf("%s:1: no column %q%s", t.name, name, registry.Choices(name, t.header))
}

// number returns entry i of the current line, which must be a finite number.
func (t *table) number(i int) (float64, error) {
	s := t.row[i]
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !finite(v) {
		return 0, t.errorf(i, "column %q: %q: want a finite number", t.header[i], s)
	}
	return v, nil
}

// csvPrompt is a prompt while its rows are being read.
type csvPrompt struct {
	id    string
	line  int // of its first row
	label float64
	token map[int][]float64
}

// ReadCSV reads prompts from CSV with the columns
//
//	prompt,token,x0,…,x{D−1},label
//
// in any order: prompt is any word that names the prompt, token counts from 0, label
// is the same on all rows of a prompt. Prompts come in the order in which they first
// appear; rows may come in any order. All prompts have the same number of tokens.
// Errors begin with name, line and column and say what would be right.
func ReadCSV(r io.Reader, name string) (*Prompts, error) {
	t, err := newTable(r, name)
	if err != nil {
		return nil, err
	}
	columns, err := promptColumns(t)
	if err != nil {
		return nil, err
	}
	var prompts []*csvPrompt
	byID := map[string]*csvPrompt{}
	for {
		if err := t.next(); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		id := t.row[columns.prompt]
		p := byID[id]
		if p == nil {
			p = &csvPrompt{id: id, line: t.line(), label: math.NaN(), token: map[int][]float64{}}
			byID[id] = p
			prompts = append(prompts, p)
		}
		if err := p.add(t, columns); err != nil {
			return nil, err
		}
	}
	return collect(name, prompts, len(columns.x))
}

// csvColumns holds the positions of the columns of ReadCSV.
type csvColumns struct {
	prompt, token, label int
	x                    []int
}

func promptColumns(t *table) (c csvColumns, err error) {
	if c.prompt, err = t.column("prompt"); err != nil {
		return c, err
	}
	if c.token, err = t.column("token"); err != nil {
		return c, err
	}
	if c.label, err = t.column("label"); err != nil {
		return c, err
	}
	for {
		i := slices.Index(t.header, "x"+strconv.Itoa(len(c.x)))
		if i < 0 {
			break
		}
		c.x = append(c.x, i)
	}
	if len(c.x) == 0 {
		_, err := t.column("x0")
		return c, err
	}
	for i, h := range t.header {
		if i != c.prompt && i != c.token && i != c.label && !slices.Contains(c.x, i) {
			return c, t.errorf(i, "column %q: want only prompt, token, x0, x1, … without a gap, and label", h)
		}
	}
	return c, nil
}

// add takes the current row of t.
func (p *csvPrompt) add(t *table, c csvColumns) error {
	token, err := strconv.Atoi(t.row[c.token])
	if err != nil || token < 0 {
		return t.errorf(c.token, "column %q: %q: want a whole number from 0", "token", t.row[c.token])
	}
	if _, ok := p.token[token]; ok {
		return t.errorf(c.token, "column %q: prompt %q has token %d twice", "token", p.id, token)
	}
	x := make([]float64, len(c.x))
	for d, i := range c.x {
		if x[d], err = t.number(i); err != nil {
			return err
		}
	}
	p.token[token] = x
	label, err := t.number(c.label)
	if err != nil {
		return err
	}
	if math.IsNaN(p.label) {
		p.label = label
	}
	if label != p.label {
		return t.errorf(c.label, "column %q: %v: prompt %q has label %v on line %d; want the same on all its rows", "label", label, p.id, p.label, p.line)
	}
	return nil
}

// collect checks that prompts have the same tokens 0, …, N−1 and lays them out.
func collect(name string, prompts []*csvPrompt, dim int) (*Prompts, error) {
	if len(prompts) == 0 {
		return nil, fmt.Errorf("%s: no line after the header: want one line per token", name)
	}
	p := &Prompts{N: len(prompts[0].token), Dim: dim}
	for _, q := range prompts {
		if len(q.token) != p.N {
			return nil, fmt.Errorf("%s:%d: prompt %q has %d tokens, prompt %q on line %d has %d: want the same number in all",
				name, q.line, q.id, len(q.token), prompts[0].id, prompts[0].line, p.N)
		}
		for i := range p.N {
			x, ok := q.token[i]
			if !ok {
				return nil, fmt.Errorf("%s:%d: prompt %q has %d tokens but no token %d: want 0 to %d", name, q.line, q.id, p.N, i, p.N-1)
			}
			p.Tokens = append(p.Tokens, x...)
		}
		p.Label = append(p.Label, q.label)
	}
	return p, nil
}
