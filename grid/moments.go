package grid

import (
	"fmt"
	"math"
)

// Moments treat the mass of each cell as if it sat at the cell's center, as the
// schemes' energies do. A second moment is therefore the one of the underlying
// smooth density plus h²/12 on each axis (Sheppard), up to fourth order; the
// piecewise constant law that a Sampler draws from has another h²/12 on top.

// Mean returns the mean ∫x ρ / ∫ρ, one number per axis. The mass must not be
// zero.
func (d *Density) Mean() []float64 {
	mean := make([]float64, d.Grid.Dim())
	for k := range mean {
		mean[k] = d.Moment(k, 1)
	}
	return mean
}

// Moment returns the moment ∫x_k^p ρ / ∫ρ of order p ≥ 0 about the origin along
// axis k, at cell centers. The mass must not be zero.
func (d *Density) Moment(k, p int) float64 {
	if p < 0 {
		panic(fmt.Sprintf("grid: Moment of order %d: want at least 0", p))
	}
	return d.Marginal(k).centralMoment(0, p)
}

// Covariance returns the covariance matrix of the law ρ / ∫ρ with the mass of a
// cell at its center: no within-cell h²/12 is added to the diagonal or taken
// from it. The mass must not be zero.
func (d *Density) Covariance() [][]float64 {
	dim := d.Grid.Dim()
	mean := d.Mean()
	cov := make([][]float64, dim)
	for i := range cov {
		cov[i] = make([]float64, dim)
		cov[i][i] = d.Marginal(i).centralMoment(mean[i], 2)
		for j := range i {
			c := d.Marginal(j, i).mixedMoment(mean[j], mean[i])
			cov[i][j], cov[j][i] = c, c
		}
	}
	return cov
}

// centralMoment returns ∫(x − c)^p ρ / ∫ρ of a density on one axis.
func (d *Density) centralMoment(c float64, p int) float64 {
	shares := d.shares()
	total := positiveMass(shares)
	a := d.Grid.axes[0]
	var s Compensated
	for i, v := range shares {
		x, power := a.Center(i)-c, 1.0
		for range p {
			power *= x
		}
		s.Add(v * power)
	}
	return s.Value() / total
}

// mixedMoment returns ∫(x − c0)(y − c1) ρ / ∫ρ of a density on two axes.
func (d *Density) mixedMoment(c0, c1 float64) float64 {
	shares := d.shares()
	total := positiveMass(shares)
	x, y := d.Grid.axes[0], d.Grid.axes[1]
	at := y.Centers()
	var s Compensated
	for i := range x.N {
		var row Compensated
		for j, v := range shares[i*y.N : (i+1)*y.N] {
			row.Add(v * (at[j] - c1))
		}
		s.Add((x.Center(i) - c0) * row.Value())
	}
	return s.Value() / total
}

// positiveMass returns the sum of the shares of a density and panics if a mean over it
// makes no sense.
func positiveMass(shares []float64) float64 {
	s := Sum(shares)
	if s == 0 || math.IsNaN(s) {
		panic(fmt.Sprintf("grid: moment of a density whose values sum to %v", s))
	}
	return s
}

// Marginal returns the marginal density on the given distinct axes, which become
// the axes of the result in the order given: ρ integrated over all other axes,
// with compensated sums in the order of the cells.
func (d *Density) Marginal(axes ...int) *Density {
	g := d.Grid
	kept := make([]Axis, len(axes))
	width := 1.0 // of the axes that are integrated over
	stride := make([]int, g.Dim())
	for at, step := len(axes)-1, 1; at >= 0; at-- {
		k := axes[at]
		if k < 0 || k >= g.Dim() || stride[k] != 0 {
			panic(fmt.Sprintf("grid: Marginal(%v): want distinct axes from 0 to %d", axes, g.Dim()-1))
		}
		kept[at], stride[k] = g.axes[k], step
		step *= g.axes[k].N
	}
	for k, s := range stride {
		if s == 0 {
			width *= g.axes[k].MeanWidth()
		}
	}
	mg, err := New(kept...)
	if err != nil {
		panic(fmt.Sprintf("grid: Marginal(%v): %v", axes, err)) // no axis given
	}
	m, shares := NewDensity(mg), d.shares()
	sums := make([]Compensated, mg.Len())
	index := make([]int, g.Dim())
	last := g.Dim() - 1
	n, step := g.axes[last].N, stride[last]
	for base := 0; base < g.size; base += n {
		out := 0
		for k, i := range index[:last] {
			out += i * stride[k]
		}
		addRow(sums, out, step, shares[base:base+n])
		for k := last - 1; k >= 0; k-- { // the next row's index
			if index[k]++; index[k] < g.axes[k].N {
				break
			}
			index[k] = 0
		}
	}
	for i := range sums {
		m.Values[i] = sums[i].Value() * width
	}
	m.divide(mg.Jacobian())
	return m
}

// addRow adds row[j] to sums[out+j*step]; with step 0 the whole row to one sum.
func addRow(sums []Compensated, out, step int, row []float64) {
	if step == 0 {
		s := sums[out]
		for _, v := range row {
			s.Add(v)
		}
		sums[out] = s
		return
	}
	for j, v := range row {
		sums[out+j*step].Add(v)
	}
}
