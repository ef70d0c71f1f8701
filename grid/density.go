package grid

import "math"

// Density holds the cell averages of a density on a grid. A probability density
// has mass one.
type Density struct {
	Grid   *Grid
	Values []float64 // one average a cell, row-major, in units of 1/volume
}

// NewDensity returns the zero density on g.
func NewDensity(g *Grid) *Density {
	return &Density{Grid: g, Values: make([]float64, g.Len())}
}

// Clone returns a deep copy; the grid, which never changes, is shared.
func (d *Density) Clone() *Density {
	c := NewDensity(d.Grid)
	copy(c.Values, d.Values)
	return c
}

// Mass returns the total mass Σ ρ_i |C_i|, by compensated (Neumaier) summation.
func (d *Density) Mass() float64 { return Sum(d.shares()) * d.Grid.MeanVolume() }

// shares returns the mass of each cell in units of the mean cell volume: the values
// themselves, not a copy, if no axis is graded.
func (d *Density) shares() []float64 {
	j := d.Grid.Jacobian()
	if j == nil {
		return d.Values
	}
	s := make([]float64, len(d.Values))
	for i, v := range d.Values {
		s[i] = v * j[i]
	}
	return s
}

// Min returns the smallest cell average; NaN if any average is NaN.
func (d *Density) Min() float64 {
	m := math.Inf(1)
	for _, v := range d.Values {
		m = min(m, v)
	}
	return m
}

// Scale multiplies the density by c.
func (d *Density) Scale(c float64) {
	for i := range d.Values {
		d.Values[i] *= c
	}
}

// Sum returns Σ x_i by Neumaier's compensated summation: the error is about one
// rounding of the result, however long x is.
func Sum(x []float64) float64 {
	var s, c float64
	for _, v := range x {
		t := s + v
		if math.Abs(s) >= math.Abs(v) {
			c += (s - t) + v
		} else {
			c += (v - t) + s
		}
		s = t
	}
	return s + c
}

// divide divides each value by its Jacobian, if that is not nil.
func (d *Density) divide(jacobian []float64) {
	for i, j := range jacobian {
		d.Values[i] /= j
	}
}
