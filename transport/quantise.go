package transport

import (
	"fmt"
	"math"
	"slices"

	"pdesolve/grid"
)

// Quantisation stands for a density by few points, so that its distance W₂ to many point
// clouds, such as the particles of networks, is cheap and has bounds.
//
// Cells are gathered in groups; a point is a group's center of mass. Let q be the measure
// of the points and Square = ∫|x − c(x)|²dρ the mean square about them. A plan from q to
// points b that is spread over the groups moves x and its end independently of each
// other given the group, so that
//
//	W₂²(ρ, b) ≤ W₂²(q, b) + Square.
//
// From below, for any v, with u(x) = min_j |x − y_j|² − v_j,
//
//	W₂²(ρ, b) ≥ ∫u dρ + Σ_j b_j v_j.
//
// u − |x|² is concave, hence nowhere below the multilinear interpolation of its values at
// the corners of boxes; that is integrated exactly. v is the dual of the problem from q
// to b. Both bounds are derived here.
type Quantisation struct {
	Points *Measure // centers of mass of groups of cells
	Square float64  // ∫|x − c(x)|²dρ

	mass   float64
	corner *Measure // corners of the boxes, weighted by ∫ of their hat functions
	second float64  // ∫|x|²dρ over the boxes
	rest   float64  // mass of cells with next to none, which are in no box
}

// quantisationCorners bounds the number of corners on each axis.
const quantisationCorners = 33

// Quantise returns a quantisation of a density by at most n points, at least 1; 0 means
// one a cell. Groups are halved where that lowers Square most.
func Quantise(d *grid.Density, n int) (*Quantisation, error) {
	mass, err := checkDensities(d, d)
	if err != nil {
		return nil, err
	}
	if n < 0 {
		return nil, fmt.Errorf("transport: quantisation by %d points: want at least 1, or 0 for all cells", n)
	}
	q := &Quantisation{mass: mass, Points: FromDensity(d)}
	within := spread(Squared, d, mass)
	q.Square = within * within
	if n > 0 && n < q.Points.N {
		q.gather(n)
	}
	q.corners(d)
	return q, nil
}

// group is a set of points with what splitting it would gain.
type group struct {
	index  []int32
	square float64 // Σ w |x − c|²
	axis   int     // where it is spread the most
}

// gather replaces the points by n centers of groups of them.
func (q *Quantisation) gather(n int) {
	m := q.Points
	all := make([]int32, m.N)
	for i := range all {
		all[i] = int32(i)
	}
	groups := []group{newGroup(m, all)}
	for len(groups) < n {
		worst := 0
		for k, g := range groups {
			if g.square > groups[worst].square {
				worst = k
			}
		}
		g := groups[worst]
		if g.square == 0 {
			break
		}
		middle, _ := m.about(g.index, g.axis)
		x := m.Coordinate(g.axis)
		low := slices.Clone(g.index[:0:0])
		high := low
		for _, i := range g.index {
			if x[i] < middle {
				low = append(low, i)
			} else {
				high = append(high, i)
			}
		}
		if len(low) == 0 || len(high) == 0 { // all in one place but for rounding
			groups[worst].square = 0
			continue
		}
		groups[worst] = newGroup(m, low)
		groups = append(groups, newGroup(m, high))
	}
	out := &Measure{Dim: m.Dim, N: len(groups), Points: make([]float64, m.Dim*len(groups)), Weight: make([]float64, len(groups))}
	for k, g := range groups {
		for _, i := range g.index {
			out.Weight[k] += m.Weight[i]
		}
		for axis := range m.Dim {
			mean, square := m.about(g.index, axis)
			out.Points[axis*out.N+k] = mean
			q.Square += square
		}
	}
	q.Points = out
}

func newGroup(m *Measure, index []int32) group {
	g := group{index: index}
	most := -1.0
	for k := range m.Dim {
		_, s := m.about(index, k)
		g.square += s
		if s > most {
			most, g.axis = s, k
		}
	}
	return g
}

// about returns the mean of a coordinate over some points and Σ w (x − mean)².
func (m *Measure) about(index []int32, axis int) (mean, square float64) {
	x, mass := m.Coordinate(axis), 0.0
	for _, i := range index {
		mass += m.Weight[i]
		mean += m.Weight[i] * x[i]
	}
	mean /= mass
	for _, i := range index {
		square += m.Weight[i] * (x[i] - mean) * (x[i] - mean)
	}
	return mean, square
}

// negligible is the part of the mass below which a cell is in no box. There u is bounded by
// −max v.
const negligible = 1e-9

// corners integrates the multilinear hat functions of boxes of cells against the density.
func (q *Quantisation) corners(d *grid.Density) {
	dim := d.Grid.Dim()
	edges, boxes := make([][]float64, dim), make([][]int, dim) // of the boxes; the box of a cell
	for k, a := range d.Grid.Axes() {
		size := (a.N + quantisationCorners - 2) / (quantisationCorners - 1)
		boxes[k] = make([]int, a.N)
		for i := range a.N {
			boxes[k][i] = i / size
			if i%size == 0 {
				edges[k] = append(edges[k], a.Edge(i))
			}
		}
		edges[k] = append(edges[k], a.Edge(a.N))
	}
	weight := map[int]float64{}
	at, volume := make([]int, dim), d.Grid.MeanVolume()
	for i, v := range d.Values {
		m := v * d.Grid.RelativeVolume(i) * volume
		if m < negligible*q.mass {
			q.rest += m
			continue
		}
		for k := range at {
			a := d.Grid.Axis(k)
			at[k] = i / d.Grid.Stride(k) % a.N
			lo, hi := a.Edge(at[k]), a.Edge(at[k]+1)
			q.second += m * (lo*lo + lo*hi + hi*hi) / 3
		}
		for c := range 1 << dim {
			w, number := m, 0
			for k, cell := range at {
				box, a := boxes[k][cell], d.Grid.Axis(k)
				middle := (a.Edge(cell) + a.Edge(cell+1)) / 2 // a hat is linear: its mean is there
				share := (middle - edges[k][box]) / (edges[k][box+1] - edges[k][box])
				if c>>k&1 == 0 {
					share = 1 - share
				} else {
					box++
				}
				w *= share
				number = number*len(edges[k]) + box
			}
			weight[number] += w
		}
	}
	numbers := make([]int, 0, len(weight))
	for number := range weight {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	q.corner = &Measure{Dim: dim, N: len(numbers), Points: make([]float64, dim*len(numbers)), Weight: make([]float64, len(numbers))}
	for c, number := range numbers {
		q.corner.Weight[c] = weight[number]
		for k := dim - 1; k >= 0; k-- {
			q.corner.Points[k*q.corner.N+c] = edges[k][number%len(edges[k])]
			number /= len(edges[k])
		}
	}
}

// W2 returns the distance between the density and a measure of equal mass, with bounds.
// Value is the root of the middle of the bounds of the square.
func (q *Quantisation) W2(b *Measure) (Result, error) {
	o, err := Solve(Squared, q.Points, b)
	if err != nil {
		return Result{}, err
	}
	upper := o.Upper + q.Square
	lower := q.lower(b, o.V)
	near := max(0, root(Squared, o.Lower)-math.Sqrt(q.Square)) // the triangle inequality
	lower = min(upper, max(lower, near*near))
	return Result{
		Value: root(Squared, (lower+upper)/2), Lower: root(Squared, lower), Upper: root(Squared, upper),
		Solver: "network simplex", Iterations: o.Pivot,
	}, nil
}

// lower is the dual bound for v.
func (q *Quantisation) lower(b *Measure, v []float64) float64 {
	sorted, index, _ := support(b, slices.Repeat([]int64{1}, b.N))
	w := make([]float64, b.N)
	for at, j := range index {
		w[at] = v[j]
	}
	find := newSearch(Squared, q.corner, sorted).with(w)
	var total grid.Compensated
	total.Add(q.second)
	total.Add(-q.rest * slices.Max(v))
	for c, weight := range q.corner.Weight {
		u, _ := find.lowest(c, math.Inf(1))
		for k := range q.corner.Dim {
			x := q.corner.Points[k*q.corner.N+c]
			u -= x * x
		}
		total.Add(weight * u)
	}
	scale := q.mass / b.Mass()
	for j, x := range v {
		total.Add(scale * b.At(j) * x)
	}
	return total.Value()
}
