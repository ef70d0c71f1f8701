package transport

import (
	"math"
	"slices"
)

// keep is the number of arcs of each source and of each sink that become candidates at
// once.
const keep = 12

// arc is a candidate to enter the basis.
type arc struct {
	cost float64
	sink int32
}

// likely sets the candidates, and returns estimates of the sources' duals, from
// duals of near points: v and then u are the largest that the others allow; the
// candidates have the smallest reduced costs of their source or sink.
func (s *simplex) likely(near *Measure, dual []float64) (u []float64) {
	n, m := s.a.N, s.b.N
	u = make([]float64, n)
	v := make([]float64, m)
	search := newSearch(s.cost, s.b, near).with(dual)
	for j := range v {
		v[j], _ = search.lowest(j, math.Inf(1))
	}
	list := make([][]int32, n)
	search = newSearch(s.cost, s.a, s.b).with(v)
	for i := range u {
		list[i] = make([]int32, 0, 2*keep)
		list[i], u[i] = search.smallest(list[i], i)
	}
	search = newSearch(s.cost, s.b, s.a).with(u)
	var back []int32
	for j := range m {
		back, _ = search.smallest(back[:0], j)
		for _, i := range back {
			list[i] = append(list[i], int32(j))
		}
	}
	cost := s.cost.between(s.a, s.b)
	s.list = make([][]arc, n)
	for i, sinks := range list {
		slices.Sort(sinks)
		for _, j := range slices.Compact(sinks) {
			s.list[i] = append(s.list[i], arc{cost(i, int(j)), j})
		}
	}
	return u
}

// short pivots until no candidate has a negative reduced cost: the best of a block
// of candidates enters, the blocks taken in turn.
func (s *simplex) short(tolerance float64) error {
	n, arcs := s.a.N, 0
	for _, l := range s.list {
		arcs += len(l)
	}
	block := int(math.Sqrt(float64(arcs)))
	price := s.price[n:]
	for at, idle := 0, 0; idle < n; {
		best, from, to := -tolerance, -1, arc{}
		for seen := 0; seen < block && idle < n; idle++ {
			u := s.price[at]
			limit := best + u
			for _, e := range s.list[at] {
				if r := e.cost + price[e.sink]; r < limit {
					limit, best, from, to = r, r-u, at, e
				}
			}
			seen += len(s.list[at])
			if at++; at == n {
				at = 0
			}
		}
		if from < 0 {
			continue
		}
		idle = 0
		if err := s.enter(from, int(to.sink), to.cost); err != nil {
			return err
		}
	}
	return nil
}

// long prices every arc. The best of each source becomes a candidate if its reduced
// cost is negative. It reports whether there was one.
func (s *simplex) long(tolerance float64) (found bool) {
	v := make([]float64, s.b.N)
	for j, p := range s.price[s.a.N:s.root()] {
		v[j] = -p
	}
	cost, search := s.cost.between(s.a, s.b), newSearch(s.cost, s.a, s.b).with(v)
	for i, u := range s.price[:s.a.N] {
		if _, j := search.lowest(i, u-tolerance); j >= 0 {
			found = true
			s.list[i] = append(s.list[i], arc{cost(i, j), int32(j)})
		}
	}
	return found
}
