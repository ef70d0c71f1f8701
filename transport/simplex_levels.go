package transport

import (
	"cmp"
	"math"
	"slices"
)

// problem is a transport problem with whole weights above 0 of equal sums. The points
// are in the order of a k-d tree, so that runs of them are near each other.
type problem struct {
	cost           Cost
	a, b           *Measure
	supply, demand []int64
}

// Points are grouped by groupSize at most until no more than flatSize are left on both
// sides; these are solved from a start without knowledge. The sizes affect the
// speed only.
const (
	groupSize = 4
	flatSize  = 200
)

// solve returns the simplex at an optimal basis. A problem of many points begins at
// the plan and the duals of a smaller one, in which groups of near points are
// points: few pivots are then left to do, most of them between neighbours.
func (p *problem) solve() (*simplex, error) {
	if p.a.N+p.b.N <= flatSize {
		s := p.flat()
		return s, s.run()
	}
	ga, gb := groupsOf(p.a.N), groupsOf(p.b.N)
	coarse, err := (&problem{
		p.cost, ga.centroids(p.a, p.supply), gb.centroids(p.b, p.demand), ga.sums(p.supply), gb.sums(p.demand),
	}).solve()
	if err != nil {
		return nil, err
	}
	s := p.refined(coarse, ga, gb)
	s.pivot = coarse.pivot
	return s, s.run()
}

// runs divides n points into count runs of equal length, to one. If count is a power
// of two they are the parts of the k-d tree.
type runs struct{ n, count int }

// runsOf returns the runs, as many as a power of two, of at most size points; or all
// points one by one where they are few.
func runsOf(n, size int) runs {
	r := runs{n, 1}
	for r.count*size < n {
		r.count *= 2
	}
	return r
}

// groupsOf returns the groups of n points.
func groupsOf(n int) runs {
	if n <= flatSize/2 {
		return runs{n, n}
	}
	return runsOf(n, groupSize)
}

// run returns the numbers of the points of run k: lo up to and not including hi.
func (r runs) run(k int) (lo, hi int) { return k * r.n / r.count, (k + 1) * r.n / r.count }

// sums returns the weight of each run.
func (r runs) sums(w []int64) []int64 {
	out := make([]int64, r.count)
	for k := range out {
		lo, hi := r.run(k)
		for _, v := range w[lo:hi] {
			out[k] += v
		}
	}
	return out
}

// centroids returns the centers of mass of the runs.
func (r runs) centroids(m *Measure, w []int64) *Measure {
	out := &Measure{Dim: m.Dim, N: r.count, Points: make([]float64, m.Dim*r.count)}
	for k, mass := range r.sums(w) {
		lo, hi := r.run(k)
		for d := range m.Dim {
			s := 0.0
			for i, x := range m.Coordinate(d)[lo:hi] {
				s += float64(w[lo+i]) / float64(mass) * x
			}
			out.Points[d*out.N+k] = s
		}
	}
	return out
}

// treeOrder sorts the numbers of points of a measure: they are halved at the median of
// the axis on which they are spread the most, and each half in turn. The parts of
// any depth are the runs of as many points as runs knows.
func treeOrder(m *Measure, index []int32) {
	n := len(index)
	var cut func(k, count int)
	cut = func(k, count int) {
		lo, hi := runs{n, count}.run(k)
		if hi-lo <= 1 {
			return
		}
		sortAlong(index[lo:hi], m, widest(index[lo:hi], m))
		cut(2*k, 2*count)
		cut(2*k+1, 2*count)
	}
	cut(0, 1)
}

// widest returns the axis on which the points g of m are spread the most.
func widest(g []int32, m *Measure) int {
	axis, most := 0, -1.0
	for k := range m.Dim {
		x := m.Coordinate(k)
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, i := range g {
			lo, hi = min(lo, x[i]), max(hi, x[i])
		}
		if hi-lo > most {
			axis, most = k, hi-lo
		}
	}
	return axis
}

// sortAlong sorts the points g of m by a coordinate, equal ones by number.
func sortAlong(g []int32, m *Measure, axis int) {
	x := m.Coordinate(axis)
	slices.SortFunc(g, func(i, j int32) int {
		if c := cmp.Compare(x[i], x[j]); c != 0 {
			return c
		}
		return cmp.Compare(i, j)
	})
}
