package pde

import (
	"gonum.org/v1/gonum/floats"

	"pdesolve/grid"
)

// compensated is a running sum with the error of one rounding.
type compensated struct{ grid.Compensated }

func (c *compensated) add(v float64) { c.Add(v) }

func (c *compensated) value() float64 { return c.Value() }

// dotBlock is the length of the plain partial sums of dot: short enough that their
// rounding stays below 1e-15 of Σ|a_i b_i| in practice, long enough for the
// vector code to pay.
const dotBlock = 256

// dot returns Σ a_i b_i in a fixed order.
func dot(a, b []float64) float64 {
	var s compensated
	for len(a) > dotBlock {
		s.add(floats.Dot(a[:dotBlock], b[:dotBlock]))
		a, b = a[dotBlock:], b[dotBlock:]
	}
	s.add(floats.Dot(a, b))
	return s.value()
}

// volumes returns the mean cell volume of each grid.
func volumes(grids []*grid.Grid) []float64 {
	v := make([]float64, len(grids))
	for c, g := range grids {
		v[c] = g.MeanVolume()
	}
	return v
}

// dissipation returns Σ_faces |C| ρ_up ((ΔΨ)/h)² of one component, ρ_up being the
// cell average on the side of the larger Ψ.
func dissipation(d *grid.Density, psi []float64) float64 {
	if j := d.Grid.Jacobian(); j != nil {
		return gradedDissipation(d, psi, j)
	}
	var total float64
	for k := range d.Grid.Dim() {
		n, st, h := d.Grid.Axis(k).N, d.Grid.Stride(k), d.Grid.Axis(k).H()
		var sum compensated
		for base := 0; base < len(psi); base += n * st {
			for i := base; i < base+(n-1)*st; i++ {
				drop := psi[i] - psi[i+st]
				up := d.Values[i]
				if drop < 0 {
					up = d.Values[i+st]
				}
				sum.add(up * drop * drop)
			}
		}
		total += sum.value() / (h * h)
	}
	return total * d.Grid.CellVolume()
}

// gradedDissipation is dissipation on a graded grid: Σ_faces m_up (ΔΨ/d)² times the mean
// cell volume.
func gradedDissipation(d *grid.Density, psi, ratio []float64) float64 {
	var sum compensated
	for k := range d.Grid.Dim() {
		a, st := d.Grid.Axis(k), d.Grid.Stride(k)
		metric := faceMetric(a)
		for i := range psi {
			at := i / st % a.N
			if at == a.N-1 {
				continue
			}
			c := 1 / (a.MeanWidth() * a.MeanWidth())
			if metric != nil {
				c = metric[at]
			}
			drop := psi[i] - psi[i+st]
			up := d.Values[i] * ratio[i]
			if drop < 0 {
				up = d.Values[i+st] * ratio[i+st]
			}
			sum.add(c * up * drop * drop)
		}
	}
	return sum.value() * d.Grid.MeanVolume()
}
