package grid

import (
	"fmt"
	"io"
	"slices"
	"strconv"
)

// EdgeArrays returns the arrays prefix+"edges_k" of length n_k + 1, k = 0 … d−1,
// that describe g in an npz file.
func EdgeArrays(prefix string, g *Grid) []Array {
	arrays := make([]Array, g.Dim())
	for k, a := range g.axes {
		arrays[k] = Array{Name: prefix + "edges_" + strconv.Itoa(k), Shape: []int{a.N + 1}, Data: a.Edges()}
	}
	return arrays
}

// GridFromArrays returns the grid whose axes are the arrays prefix+"edges_k". It
// fails if there is none, if one is not a list of numbers that increase evenly or
// smoothly, see AxisFromEdges, and on what New refuses.
func GridFromArrays(prefix string, arrays []Array) (*Grid, error) {
	var axes []Axis
	for {
		name := prefix + "edges_" + strconv.Itoa(len(axes))
		e, ok := FindArray(arrays, name)
		if !ok {
			break
		}
		if len(e.Shape) != 1 {
			return nil, fmt.Errorf("grid: array %q: shape %v: want a list of at least 2 edges", name, e.Shape)
		}
		a, err := AxisFromEdges(e.Data)
		if err != nil {
			return nil, fmt.Errorf("grid: array %q: %w", name, err)
		}
		axes = append(axes, a)
	}
	if len(axes) == 0 {
		return nil, fmt.Errorf("grid: no array %q", prefix+"edges_0")
	}
	return New(axes...)
}

// FindArray returns the array of the given name and whether there is one.
func FindArray(arrays []Array, name string) (Array, bool) {
	i := slices.IndexFunc(arrays, func(a Array) bool { return a.Name == name })
	if i < 0 {
		return Array{}, false
	}
	return arrays[i], true
}

// WriteDensity writes d as an npz file with the arrays edges_k of length n_k + 1
// and rho of shape n_0 × … × n_{d−1}.
func WriteDensity(w io.Writer, d *Density) error {
	return WriteNPZ(w, append(EdgeArrays("", d.Grid), Array{Name: "rho", Shape: d.Grid.Shape(), Data: d.Values})...)
}

// ReadDensity reads what WriteDensity writes. Other arrays in the file are
// ignored. It fails on what ReadNPZ and GridFromArrays refuse, if rho is missing or
// not of the shape of the edges, and if an average is not finite.
func ReadDensity(r io.ReaderAt, size int64) (*Density, error) {
	arrays, err := ReadNPZ(r, size)
	if err != nil {
		return nil, err
	}
	g, err := GridFromArrays("", arrays)
	if err != nil {
		return nil, err
	}
	rho, ok := FindArray(arrays, "rho")
	if !ok {
		return nil, fmt.Errorf("grid: no array %q", "rho")
	}
	if !slices.Equal(rho.Shape, g.Shape()) {
		return nil, fmt.Errorf("grid: array %q has shape %v: want %v, the cells between the edges", "rho", rho.Shape, g.Shape())
	}
	if i := firstNotFinite(rho.Data); i >= 0 {
		return nil, fmt.Errorf("grid: array %q: element %d is %v: want finite averages", "rho", i, rho.Data[i])
	}
	return &Density{Grid: g, Values: rho.Data}, nil
}
