package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pdesolve/grid"
	"pdesolve/transport"
)

// subject is one side of a distance: a list of densities or of point clouds, one a
// depth slice.
type subject struct {
	density []*grid.Density
	points  []*transport.Measure
}

// normalise divides everything by its mass.
func (s *subject) normalise() {
	for _, d := range s.density {
		if m := d.Mass(); m > 0 {
			d.Scale(1 / m)
		}
	}
	for _, p := range s.points {
		if m := p.Mass(); m > 0 && p.Weight != nil {
			for i := range p.Weight {
				p.Weight[i] /= m
			}
		}
	}
}

// between is the distance of two subjects, by the method that fits.
func between(d transport.Distance, a, b *subject) (transport.Result, error) {
	switch {
	case a.density != nil && b.density != nil:
		return transport.ConditionalDensities(d, a.density, b.density)
	case a.density != nil:
		return transport.ConditionalMixed(d, a.density, b.points)
	case b.density != nil:
		return transport.ConditionalMixed(d, b.density, a.points)
	}
	return transport.Conditional(d, a.points, b.points)
}

// asFailure makes a solver that did not converge a failure of the numerics.
func asFailure(err error) error {
	if errors.Is(err, transport.ErrNotConverged) {
		return failure{err}
	}
	return err
}

// choice says what is meant of a file that holds the states of a run.
type choice struct {
	block string
	time  float64 // NaN: the last saved one
	slice int     // below 0: all
}

// at returns the number of the time that is meant.
func (c choice) at(arrays []grid.Array, count int) (int, error) {
	if math.IsNaN(c.time) {
		return count - 1, nil
	}
	times, _ := grid.FindArray(arrays, "time")
	if len(times.Data) != count {
		return 0, fmt.Errorf("--time %v: the file has no times", c.time)
	}
	for s, v := range times.Data {
		if math.Abs(v-c.time) <= 1e-9*math.Abs(v) {
			return s, nil
		}
	}
	return 0, fmt.Errorf("--time %v: the saved times are %v", c.time, times.Data)
}

// pick returns the slices that are meant.
func pick[T any](c choice, all []T) ([]T, error) {
	if c.slice < 0 {
		return all, nil
	}
	if c.slice >= len(all) {
		return nil, fmt.Errorf("--slice %d: want 0 to %d", c.slice, len(all)-1)
	}
	return all[c.slice : c.slice+1], nil
}

// only keeps the slices that are meant.
func (s *subject) only(c choice) (err error) {
	if s.density != nil {
		s.density, err = pick(c, s.density)
	} else {
		s.points, err = pick(c, s.points)
	}
	return err
}

// readSubject reads a file by its extension.
func readSubject(name string, which choice) (*subject, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	s := &subject{}
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".csv":
		var m *transport.Measure
		m, err = readCloud(name, data)
		s.points = []*transport.Measure{m}
	case ".npz":
		s, err = readArrays(data, which)
	case ".npy":
		s, err = readNPY(data)
	default:
		err = fmt.Errorf("want a file name that ends in .csv, .npz or .npy")
	}
	if err == nil {
		err = s.only(which)
	}
	if err != nil {
		if strings.HasPrefix(err.Error(), name+":") {
			return nil, err
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

// readNPY reads a single array as a density on the unit box: as an npz file of one
// member, which the reader knows.
func readNPY(data []byte) (*subject, error) {
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "rho.npy", Method: zip.Store})
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return nil, err
	}
	arrays, err := grid.ReadNPZ(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	if err != nil {
		return nil, err
	}
	axes := make([]grid.Axis, len(arrays[0].Shape))
	for k, n := range arrays[0].Shape {
		axes[k] = grid.Axis{Lo: 0, Hi: 1, N: n}
	}
	g, err := grid.New(axes...)
	if err != nil {
		return nil, err
	}
	return &subject{density: []*grid.Density{{Grid: g, Values: arrays[0].Data}}}, nil
}

// readArrays reads a density, or a saved time of a run: of a grid run the densities of
// all slices, of a finite run its particles.
func readArrays(data []byte, which choice) (*subject, error) {
	arrays, err := grid.ReadNPZ(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	prefix, err := choosePrefix(arrays, which.block)
	if err != nil {
		return nil, err
	}
	if theta, ok := grid.FindArray(arrays, prefix+"theta"); ok {
		weight, _ := grid.FindArray(arrays, prefix+"weight")
		if len(theta.Shape) != 4 || len(theta.Data) == 0 {
			return nil, fmt.Errorf("array %q has shape %v: want times, slices, particles and parameters", theta.Name, theta.Shape)
		}
		at, err := which.at(arrays, theta.Shape[0])
		if err != nil {
			return nil, err
		}
		return particles(theta, weight, at)
	}
	g, err := grid.GridFromArrays(prefix, arrays)
	if err != nil {
		return nil, err
	}
	rho, ok := grid.FindArray(arrays, prefix+"rho")
	if !ok {
		return nil, fmt.Errorf("no array %q", prefix+"rho")
	}
	lead := len(rho.Shape) - g.Dim()
	if lead != 0 && lead != 2 || !slices.Equal(rho.Shape[lead:], g.Shape()) {
		return nil, fmt.Errorf("array %q has shape %v: want %v, the cells between the edges, perhaps after times and slices", prefix+"rho", rho.Shape, g.Shape())
	}
	times, slicesOf, n := 1, 1, g.Len()
	if lead == 2 {
		times, slicesOf = rho.Shape[0], rho.Shape[1]
	}
	if len(rho.Data) == 0 {
		return nil, fmt.Errorf("array %q has shape %v: want at least one time and slice", prefix+"rho", rho.Shape)
	}
	at, err := which.at(arrays, times)
	if err != nil {
		return nil, err
	}
	s := &subject{}
	for rest := rho.Data[at*slicesOf*n : (at+1)*slicesOf*n]; len(rest) > 0; rest = rest[n:] {
		s.density = append(s.density, &grid.Density{Grid: g, Values: rest[:n:n]})
	}
	return s, nil
}

// choosePrefix finds the block that is meant: the prefix of its arrays.
func choosePrefix(arrays []grid.Array, block string) (string, error) {
	var prefixes, names []string
	for _, a := range arrays {
		for _, end := range []string{"rho", "theta"} {
			if p, ok := strings.CutSuffix(a.Name, end); ok && (p == "" || strings.HasSuffix(p, ".")) {
				prefixes = append(prefixes, p)
				names = append(names, strings.TrimSuffix(p, "."))
			}
		}
	}
	switch {
	case len(prefixes) == 0:
		return "", errors.New("neither an array rho nor theta: want a density or the states of a run")
	case block == "" && len(prefixes) == 1:
		return prefixes[0], nil
	case block == "":
		return "", fmt.Errorf("blocks %s: choose one with --block", strings.Join(names, ", "))
	}
	if i := slices.Index(names, block); i >= 0 {
		return prefixes[i], nil
	}
	return "", fmt.Errorf("no block %q: want one of %s", block, strings.Join(names, ", "))
}

// particles returns the particles of saved time number at, one cloud a slice.
func particles(theta, weight grid.Array, at int) (*subject, error) {
	layers, n, dim := theta.Shape[1], theta.Shape[2], theta.Shape[3]
	if weight.Data != nil && len(weight.Data) != layers*n {
		return nil, fmt.Errorf("array %q has shape %v: want %v", weight.Name, weight.Shape, []int{layers, n})
	}
	s, last := &subject{}, theta.Data[at*layers*n*dim:]
	for l := range layers {
		m := &transport.Measure{Dim: dim, N: n, Points: make([]float64, n*dim)}
		for i := range n {
			for k := range dim {
				m.Points[k*n+i] = last[(l*n+i)*dim+k]
			}
		}
		if weight.Data != nil {
			m.Weight = weight.Data[l*n : (l+1)*n]
		}
		s.points = append(s.points, m)
	}
	return s, nil
}
