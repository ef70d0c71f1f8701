package grid

import (
	"fmt"
	"math/rand/v2"
	"sort"
)

// Sampler draws from a density as the piecewise constant law that it is: a cell
// with its mass as probability and a uniform point in the cell. It does not
// change after NewSampler and may be shared.
type Sampler struct {
	grid  *Grid
	edges [][]float64 // of each graded axis
	// cumulative[k] holds, for each cell index (i_0 … i_{k−1}) in row-major order, the
	// n_k + 1 values of the distribution function of coordinate k at the edges, up to
	// a factor: the masses of the cells below, summed over the axes after k.
	cumulative [][]float64
}

// NewSampler returns a sampler of ρ/∫ρ. It fails if an average is negative or not
// finite, or if all are zero.
func NewSampler(d *Density) (*Sampler, error) {
	for i, v := range d.Values {
		if !(v >= 0) || v-v != 0 {
			return nil, fmt.Errorf("grid: cell %d has the density %v: want a finite number of at least 0", i, v)
		}
	}
	g := d.Grid
	s := &Sampler{grid: g, edges: make([][]float64, g.Dim()), cumulative: make([][]float64, g.Dim())}
	for k, a := range g.axes {
		if a.Grading != nil {
			s.edges[k] = a.Edges()
		}
	}
	mass := d.shares()
	for k := g.Dim() - 1; k >= 0; k-- {
		n := g.axes[k].N
		rows := len(mass) / n
		s.cumulative[k] = make([]float64, rows*(n+1))
		total := make([]float64, rows)
		for r := range rows {
			var sum Compensated
			c := s.cumulative[k][r*(n+1) : (r+1)*(n+1)]
			for i, m := range mass[r*n : (r+1)*n] {
				sum.Add(m)
				c[i+1] = max(c[i], sum.Value())
			}
			total[r] = c[n]
		}
		mass = total
	}
	if !(mass[0] > 0) || mass[0]-mass[0] != 0 {
		return nil, fmt.Errorf("grid: the averages sum to %v: want a finite mass above 0", mass[0])
	}
	return s, nil
}

// Dim returns the number of coordinates.
func (s *Sampler) Dim() int { return s.grid.Dim() }

// Quantile maps u ∈ [0, 1]^d to the point whose conditional distribution
// functions, axis after axis, are u (the inverse Rosenblatt transform). A cell of
// mass zero is never hit but on its edge. dst has length d and may not alias u.
func (s *Sampler) Quantile(dst, u []float64) {
	checkQuantile("Sampler", s.grid.Dim(), dst, u)
	row := 0
	for k, a := range s.grid.axes {
		c := s.cumulative[k][row*(a.N+1) : (row+1)*(a.N+1)]
		target := u[k] * c[a.N]
		// The first edge at or above the target ends the cell; the cell before it has
		// mass, because its lower edge is below the target.
		i := max(sort.SearchFloat64s(c, target), 1) - 1
		for c[i+1] == c[i] { // target 0 below empty cells
			i++
		}
		t := (target - c[i]) / (c[i+1] - c[i])
		lo, hi := s.cell(k, i)
		dst[k] = min(max((1-t)*lo+t*hi, a.Lo), a.Hi)
		row = row*a.N + i
	}
}

// cell returns the ends of cell i of axis k.
func (s *Sampler) cell(k, i int) (lo, hi float64) {
	if e := s.edges[k]; e != nil {
		return e[i], e[i+1]
	}
	a := s.grid.axes[k]
	return a.Edge(i), a.Edge(i + 1)
}

// Random returns n independent draws: coordinate k of draw i at points[k*n+i].
// The same source state gives the same bytes, and the first m of n draws are the
// m draws of Random(m, ·).
func (s *Sampler) Random(n int, src rand.Source) []float64 {
	d := s.grid.Dim()
	points := make([]float64, d*n)
	x, u := make([]float64, d), make([]float64, d)
	for i := range n {
		for k := range u {
			u[k] = uniform(src)
		}
		s.Quantile(x, u)
		for k, v := range x {
			points[k*n+i] = v
		}
	}
	return points
}

// Stratified returns n draws, each distributed like one of Random, whose u of
// Quantile are a Latin hypercube [MBC79]: on each axis every one of the n strata
// [j/n, (j+1)/n) holds one u, uniform within it, and the strata of different axes
// are matched by independent random permutations. In one dimension this is
// jittered sampling: draw i is from stratum i and averages of smooth functions have
// standard deviation O(n^{−3/2}). In more dimensions sums of functions of one u
// each gain as much, while products keep the 1/√n of Random. Coordinate k of draw
// i is at points[k*n+i]; coordinate 0 ascends.
func (s *Sampler) Stratified(n int, src rand.Source) []float64 {
	d := s.grid.Dim()
	points := make([]float64, d*n) // first u, then x in place
	rng := rand.New(src)
	for k := range d {
		u := points[k*n : (k+1)*n]
		for i := range u {
			u[i] = (float64(i) + uniform(src)) / float64(n)
		}
		if k > 0 {
			rng.Shuffle(n, func(i, j int) { u[i], u[j] = u[j], u[i] })
		}
	}
	x, u := make([]float64, d), make([]float64, d)
	for i := range n {
		for k := range u {
			u[k] = points[k*n+i]
		}
		s.Quantile(x, u)
		for k, v := range x {
			points[k*n+i] = v
		}
	}
	return points
}

// uniform returns a draw from the open interval (0, 1): the middle of one of 2⁵²
// equal parts, so that neither end occurs.
func uniform(src rand.Source) float64 {
	return (float64(src.Uint64()>>12) + 0.5) * 0x1p-52
}
