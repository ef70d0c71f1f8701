package transport

import (
	"fmt"
	"math"

	"pdesolve/grid"
)

// Measure is a finite sum of weighted points, Σ_i w_i δ_{x_i}.
type Measure struct {
	Dim    int       // coordinates of a point, at least 1
	N      int       // number of points, at least 1
	Points []float64 // length Dim·N: coordinate k of point i at Points[k*N+i]
	Weight []float64 // length N, not negative; nil means 1/N each
}

// MassTolerance is the relative difference of two masses up to which the
// second measure is rescaled to the mass of the first. Beyond it a distance
// refuses the pair: balanced transport is between measures of equal mass.
const MassTolerance = 1e-9

// NewMeasure returns the measure of the given points, one row a point, with the
// given weights; nil weights mean 1/N each.
func NewMeasure(rows [][]float64, weight []float64) (*Measure, error) {
	if len(rows) == 0 {
		return nil, fmt.Errorf("transport: a measure without points")
	}
	m := &Measure{Dim: len(rows[0]), N: len(rows), Weight: weight}
	m.Points = make([]float64, m.Dim*m.N)
	for i, row := range rows {
		if len(row) != m.Dim {
			return nil, fmt.Errorf("transport: point %d has %d coordinates: want %d as the first", i, len(row), m.Dim)
		}
		for k, x := range row {
			m.Points[k*m.N+i] = x
		}
	}
	return m, m.Validate()
}

// FromDensity returns the measure that puts the mass of each cell of positive
// average at the cell's midpoint, in the order of the cells. Its W₂ distance to
// the density is at most (Σ_k h_k²/12)^{1/2} times the root of the mass (derived:
// the variance of the uniform law on a cell).
func FromDensity(d *grid.Density) *Measure {
	m := &Measure{Dim: d.Grid.Dim()}
	for _, v := range d.Values {
		if v != 0 {
			m.N++
		}
	}
	m.Points, m.Weight = make([]float64, m.Dim*m.N), make([]float64, m.N)
	x, volume, at := make([]float64, m.Dim), d.Grid.MeanVolume(), 0
	for i, v := range d.Values {
		if v == 0 {
			continue
		}
		d.Grid.Center(x, i)
		for k := range x {
			m.Points[k*m.N+at] = x[k]
		}
		m.Weight[at] = v * d.Grid.RelativeVolume(i) * volume
		at++
	}
	return m
}

// Validate reports what makes the measure unusable: no point, lengths that do not
// fit, a coordinate or weight that is not finite, a negative weight, no mass.
func (m *Measure) Validate() error {
	switch {
	case m.Dim < 1 || m.N < 1:
		return fmt.Errorf("transport: a measure of %d points in dimension %d: want at least one of each", m.N, m.Dim)
	case len(m.Points) != m.Dim*m.N:
		return fmt.Errorf("transport: %d coordinates for %d points in dimension %d", len(m.Points), m.N, m.Dim)
	case m.Weight != nil && len(m.Weight) != m.N:
		return fmt.Errorf("transport: %d weights for %d points", len(m.Weight), m.N)
	}
	for at, x := range m.Points {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("transport: coordinate %d of point %d is %v: want a finite number", at/m.N, at%m.N, x)
		}
	}
	for i, w := range m.Weight {
		if !(w >= 0) || math.IsInf(w, 0) {
			return fmt.Errorf("transport: weight %d is %v: want a finite number of 0 or more", i, w)
		}
	}
	if mass := m.Mass(); !(mass > 0) || math.IsInf(mass, 0) {
		return fmt.Errorf("transport: the mass is %v: want a finite number above 0", mass)
	}
	return nil
}

// Coordinate returns coordinate k of all points.
func (m *Measure) Coordinate(k int) []float64 { return m.Points[k*m.N : (k+1)*m.N] }

// Mass returns the sum of the weights, by compensated summation.
func (m *Measure) Mass() float64 {
	if m.Weight == nil {
		return 1
	}
	return grid.Sum(m.Weight)
}

// At returns the weight of point i.
func (m *Measure) At(i int) float64 {
	if m.Weight == nil {
		return 1 / float64(m.N)
	}
	return m.Weight[i]
}

// weights returns the weights multiplied by c, in a slice of their own.
func (m *Measure) weights(c float64) []float64 {
	w := make([]float64, m.N)
	for i := range w {
		w[i] = c * m.At(i)
	}
	return w
}

// checkPair validates two measures and returns the mass of the first. They must
// have the same dimension and, to MassTolerance, the same mass.
func checkPair(a, b *Measure) (mass float64, err error) {
	if err := a.Validate(); err != nil {
		return 0, fmt.Errorf("first measure: %w", err)
	}
	if err := b.Validate(); err != nil {
		return 0, fmt.Errorf("second measure: %w", err)
	}
	if a.Dim != b.Dim {
		return 0, fmt.Errorf("transport: measures in dimensions %d and %d: want the same dimension", a.Dim, b.Dim)
	}
	return checkMasses(a.Mass(), b.Mass())
}

// checkMasses returns the first mass, or an error if they differ.
func checkMasses(a, b float64) (float64, error) {
	if !(math.Abs(a-b) <= MassTolerance*a) {
		return 0, fmt.Errorf("transport: masses %v and %v differ: want equal masses; divide the weights by their sum", a, b)
	}
	return a, nil
}
