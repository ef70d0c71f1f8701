package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"pdesolve/transport"
)

// readCloud reads points from CSV data. Errors name the file, line and column.
func readCloud(name string, data []byte) (*transport.Measure, error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.TrimLeadingSpace = true
	head, err := r.Read()
	if err == io.EOF {
		return nil, fmt.Errorf("%s: an empty file: want a line x0,x1,… and points", name)
	}
	if err != nil {
		return nil, csvError(name, err)
	}
	dim := len(head)
	if head[dim-1] == "w" {
		dim--
	}
	for k, column := range head {
		want := "x" + strconv.Itoa(k)
		if k < dim && column != want || dim == 0 {
			line, at := r.FieldPos(k)
			return nil, fmt.Errorf("%s:%d:%d: column %q: want %q; the columns are x0, x1, … and, optionally, w", name, line, at, column, want)
		}
	}
	m := &transport.Measure{Dim: dim}
	var rows []float64
	for {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, csvError(name, err)
		}
		for k, text := range row {
			v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			bad := err != nil || math.IsNaN(v) || math.IsInf(v, 0)
			if bad || k == dim && v < 0 {
				line, at := r.FieldPos(k)
				want := "a finite number"
				if k == dim {
					want = "a weight of 0 or more"
				}
				return nil, fmt.Errorf("%s:%d:%d: %q in column %s: want %s", name, line, at, text, head[k], want)
			}
			if k == dim {
				m.Weight = append(m.Weight, v)
			} else {
				rows = append(rows, v)
			}
		}
		m.N++
	}
	if m.N == 0 {
		return nil, fmt.Errorf("%s: no points after the line of names", name)
	}
	m.Points = make([]float64, len(rows))
	for i := range m.N {
		for k := range dim {
			m.Points[k*m.N+i] = rows[i*dim+k]
		}
	}
	return m, m.Validate()
}

// csvError is an error of the csv reader in the form file:line:column.
func csvError(name string, err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return fmt.Errorf("%s:%d:%d: %w", name, p.Line, p.Column, p.Err)
	}
	return fmt.Errorf("%s: %w", name, err)
}
