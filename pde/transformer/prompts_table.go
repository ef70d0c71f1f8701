package transformer

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"

	"pdesolve/grid"
)

// Table makes prompts for in-context regression from columns of a table of data: tokens
// (x, y), x of one or more columns, of which the last one's y is the label and stands
// as 0.
type Table struct {
	File    string   `yaml:"file"`    // CSV with a header line
	X       []string `yaml:"x"`       // column of the covariate, or columns
	Y       string   `yaml:"y"`       // column of the response, not among X
	Tokens  int      `yaml:"tokens"`  // rows of a prompt, at least 2
	Shuffle uint64   `yaml:"shuffle"` // seed of the order of the rows; 0 keeps that of the file
}

// Validate reports what makes the description unusable; it does not open the file.
func (t *Table) Validate() error {
	switch {
	case t.File == "":
		return fmt.Errorf("file: missing: want a CSV file with a header line")
	case len(t.X) == 0 || slices.Contains(t.X, ""):
		return fmt.Errorf("x: missing: want the name of a column")
	case t.Y == "":
		return fmt.Errorf("y: missing: want the name of a column")
	case slices.Contains(t.X, t.Y):
		return fmt.Errorf("y: %q is x too: want another column", t.Y)
	case t.Tokens < 2:
		return fmt.Errorf("tokens: %d: want at least 2, an example and the query", t.Tokens)
	}
	for i, x := range t.X {
		if slices.Contains(t.X[:i], x) {
			return fmt.Errorf("x: entry %d: %q is given twice", i, x)
		}
	}
	return nil
}

// Read makes prompts of the table in r. All columns are standardised over all rows
// (mean 0, population standard deviation 1); the rows are put in random order (Fisher
// and Yates) by a PCG generator seeded with Shuffle; each Tokens consecutive rows are a
// prompt. dropped is the number of rows left over. Errors begin with the file, the
// line and the column.
func (t *Table) Read(r io.Reader) (p *Prompts, dropped int, err error) {
	if err := t.Validate(); err != nil {
		return nil, 0, err
	}
	columns, err := t.columns(r)
	if err != nil {
		return nil, 0, err
	}
	rows := len(columns[0])
	if rows < t.Tokens {
		return nil, 0, fmt.Errorf("%s: %d rows: want at least tokens = %d", t.File, rows, t.Tokens)
	}
	for i, c := range columns {
		if err := standardise(c); err != nil {
			return nil, 0, fmt.Errorf("%s: column %q: %w", t.File, append(slices.Clone(t.X), t.Y)[i], err)
		}
	}
	if t.Shuffle != 0 {
		rand.New(rand.NewPCG(t.Shuffle, 0)).Shuffle(rows, func(i, j int) {
			for _, c := range columns {
				c[i], c[j] = c[j], c[i]
			}
		})
	}
	p = &Prompts{N: t.Tokens, Dim: len(columns)}
	features := len(t.X)
	x, y := make([]float64, t.Tokens*features), make([]float64, t.Tokens)
	at := 0
	for ; at+t.Tokens <= rows; at += t.Tokens {
		for i := range t.Tokens {
			for d := range features {
				x[i*features+d] = columns[d][at+i]
			}
			y[i] = columns[features][at+i]
		}
		p.append(x, y)
	}
	return p, rows - at, nil
}

// append adds the prompt of tokens (x_i, y_i), the last one's y being the label.
func (p *Prompts) append(x, y []float64) {
	features, last := p.Dim-1, len(y)-1
	for i, v := range y {
		if i == last {
			v = 0
		}
		p.Tokens = append(append(p.Tokens, x[i*features:(i+1)*features]...), v)
	}
	p.Label = append(p.Label, y[last])
}

// columns reads the columns of X and that of Y.
func (t *Table) columns(r io.Reader) ([][]float64, error) {
	f, err := newTable(r, t.File)
	if err != nil {
		return nil, err
	}
	at := make([]int, len(t.X)+1)
	for i, name := range append(slices.Clone(t.X), t.Y) {
		if at[i], err = f.column(name); err != nil {
			return nil, err
		}
	}
	columns := make([][]float64, len(at))
	for {
		if err := f.next(); err == io.EOF {
			return columns, nil
		} else if err != nil {
			return nil, err
		}
		for i, c := range at {
			v, err := f.number(c)
			if err != nil {
				return nil, err
			}
			columns[i] = append(columns[i], v)
		}
	}
}

// standardise shifts and scales x to mean 0 and population standard deviation 1. It
// fails if the values do not differ or overflow.
func standardise(x []float64) error {
	n := float64(len(x))
	mean, largest := grid.Sum(x)/n, 0.0
	for i := range x {
		largest = max(largest, math.Abs(x[i]))
		x[i] -= mean
	}
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	sd := math.Sqrt(sum / n)
	if !finite(sd) {
		return errors.New("values overflow: want numbers that can be added and squared")
	}
	// A spread of a few roundings of the values is noise.
	if sd <= 1e-14*largest {
		return errors.New("all values are equal: want some that differ")
	}
	for i := range x {
		x[i] /= sd
	}
	return nil
}
