package transport

import (
	"cmp"
	"math"
	"slices"
)

// flow is an arc of a plan with the mass it carries.
type flow struct {
	i, j int32
	mass int64
}

// piece is a part of a point's mass.
type piece struct {
	point int32
	mass  int64
}

// bare returns a simplex without a basis.
func (p *problem) bare() *simplex {
	count := p.a.N + p.b.N + 1
	s := &simplex{problem: p, bound: p.cost.largest(p.a, p.b)}
	s.node, s.next, s.price = make([]node, count), make([]int32, count), make([]float64, count)
	for x := range s.node {
		s.node[x] = node{parent: -1, sink: p.a.N <= x && x < count-1}
	}
	return s
}

// root returns the number of the root.
func (s *simplex) root() int32 { return int32(s.a.N + s.b.N) }

// flat returns the simplex at the basis in which all flow goes by way of the root. All
// arcs are candidates.
func (p *problem) flat() *simplex {
	s := p.bare()
	n, m, root := p.a.N, p.b.N, s.root()
	big := s.bound // of the arcs to the root: two of them cost more than the arc between their ends
	if big == 0 {
		big = 1
	}
	order := []int32{root}
	for x := range root {
		y := &s.node[x]
		y.parent, y.cost = root, big
		if y.sink {
			y.flow = p.demand[int(x)-n]
		} else {
			y.flow = p.supply[x]
		}
		order = append(order, x)
	}
	s.thread(order)
	cost := p.cost.between(p.a, p.b)
	s.list = make([][]arc, n)
	for i := range s.list {
		for j := range m {
			s.list[i] = append(s.list[i], arc{cost(i, j), int32(j)})
		}
	}
	return s
}

// refined returns the simplex at a basis that has the plan of the coarse one between
// the groups. A group's points are cut into the parts that go to each other group,
// in the order of a coordinate, as a monotone map would do, and the parts that meet
// are matched by cost. Only points at the ends of parts are cut: the refinement of a
// forest is a forest.
func (p *problem) refined(coarse *simplex, ga, gb runs) *simplex {
	arcs := coarse.flows()
	back := make([]flow, len(arcs))
	for e, f := range arcs {
		back[e] = flow{f.j, f.i, f.mass}
	}
	from, to := shares(arcs, p.a, p.supply, ga, coarse.b), shares(back, p.b, p.demand, gb, coarse.a)
	cost := p.cost.between(p.a, p.b)
	var fine []flow
	for e := range arcs {
		fine = matched(fine, from[e], to[e], cost)
	}
	s := p.bare()
	s.hang(fine, s.likely(coarse.a, coarse.price[:coarse.a.N]))
	return s
}

// shares cuts the points of each group, i of an arc, into one part for each of its
// arcs, and returns the parts by the arc. The other ends are points of other.
func shares(arcs []flow, m *Measure, w []int64, groups runs, other *Measure) [][]piece {
	of := make([][]int32, groups.count)
	for e, f := range arcs {
		of[f.i] = append(of[f.i], int32(e))
	}
	out := make([][]piece, len(arcs))
	var points, ends []int32
	for k, list := range of {
		points, ends = points[:0], ends[:0]
		lo, hi := groups.run(k)
		for i := lo; i < hi; i++ {
			points = append(points, int32(i))
		}
		for _, e := range list {
			ends = append(ends, arcs[e].j)
		}
		if len(list) > 1 {
			axis := widest(ends, other)
			x := other.Coordinate(axis)
			slices.SortStableFunc(list, func(e, f int32) int { return cmp.Compare(x[arcs[e].j], x[arcs[f].j]) })
			sortAlong(points, m, axis)
		}
		next, left := 0, w[points[0]]
		for _, e := range list {
			for need := arcs[e].mass; need > 0; {
				if left == 0 {
					next++
					left = w[points[next]]
				}
				take := min(need, left)
				out[e] = append(out[e], piece{points[next], take})
				need, left = need-take, left-take
			}
		}
	}
	return out
}

// matched appends a plan between two lists of pieces of equal mass: again and again
// the cheapest pair of pieces that are left. The lists are used up.
func matched(dst []flow, from, to []piece, cost func(i, j int) float64) []flow {
	for {
		best, k, l := math.Inf(1), -1, -1
		for at, p := range from {
			if p.mass == 0 {
				continue
			}
			for bt, q := range to {
				if q.mass == 0 {
					continue
				}
				if c := cost(int(p.point), int(q.point)); c < best {
					best, k, l = c, at, bt
				}
			}
		}
		if k < 0 {
			return dst
		}
		p, q := &from[k], &to[l]
		mass := min(p.mass, q.mass)
		dst = append(dst, flow{p.point, q.point, mass})
		p.mass, q.mass = p.mass-mass, q.mass-mass
	}
}

// flows returns the arcs of the basis that carry flow. At the end none of them is one
// to the root.
func (s *simplex) flows() []flow {
	var out []flow
	for x := range s.root() {
		y := &s.node[x]
		if y.flow == 0 || y.parent == s.root() {
			continue
		}
		i, j := x, y.parent
		if y.sink {
			i, j = j, i
		}
		out = append(out, flow{i, j - int32(s.a.N), y.flow})
	}
	return out
}

// hang makes the arcs of a forest the basis. Of each of its trees one source hangs at
// the root by an arc without flow. No flow ever gets there: pushed through the root
// it would have to leave by such an arc, which has none. The costs of these arcs are
// therefore free, and are the estimates u of the sources' duals.
func (s *simplex) hang(arcs []flow, u []float64) {
	n, root := int32(s.a.N), s.root()
	start := make([]int32, root+2) // where the arcs at each node begin in at
	for _, f := range arcs {
		start[f.i+2]++
		start[n+f.j+2]++
	}
	for x := range root {
		start[x+2] += start[x+1]
	}
	at := make([]int32, 2*len(arcs))
	for e, f := range arcs {
		for _, x := range [2]int32{f.i, n + f.j} {
			at[start[x+1]] = int32(e)
			start[x+1]++
		}
	}
	cost := s.cost.between(s.a, s.b)
	order, stack := []int32{root}, []int32(nil)
	for i := range n {
		if s.node[i].parent >= 0 {
			continue
		}
		s.node[i].parent, s.node[i].cost = root, u[i]
		for stack = append(stack, i); len(stack) > 0; {
			x := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			order = append(order, x)
			for _, e := range at[start[x]:start[x+1]] {
				f := arcs[e]
				if y := f.i + n + f.j - x; y != s.node[x].parent {
					z := &s.node[y]
					z.parent, z.flow, z.cost = x, f.mass, cost(int(f.i), int(f.j))
					stack = append(stack, y)
				}
			}
		}
	}
	s.thread(order)
}
