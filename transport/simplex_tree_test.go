package transport

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The basis stays a strongly feasible spanning tree through all pivots.
func TestTreeStaysStronglyFeasible(t *testing.T) {
	rng := source(3)
	a, b := lattice(cloud(rng, 40, 2, false), 5), lattice(cloud(rng, 30, 2, false), 5)
	p, _ := newProblem(Squared, a, b)
	s := p.flat()
	a, b = p.a, p.b
	for range 400 {
		i, j := rng.IntN(a.N), rng.IntN(b.N)
		if c := Squared.between(a, b)(i, j); c < s.price[i]-s.price[a.N+j]-1e-12 {
			require.NoError(t, s.enter(i, j, c))
		}
		checkTree(t, s)
	}
	require.Positive(t, s.pivot)
}

// So does one that comes from a coarser level, and its flow is the plan of the measures.
func TestRefinedBasis(t *testing.T) {
	for seed := range uint64(6) {
		rng := source(seed)
		a, b := cloud(rng, 500, 2, seed%2 == 0), cloud(rng, 300+int(seed)*40, 2, seed < 3)
		if seed > 3 {
			a, b = lattice(a, 5), lattice(b, 4)
		}
		p, _ := newProblem(Squared, a, b)
		ga, gb := groupsOf(p.a.N), groupsOf(p.b.N)
		coarse := &problem{p.cost, ga.centroids(p.a, p.supply), gb.centroids(p.b, p.demand), ga.sums(p.supply), gb.sums(p.demand)}
		c, err := coarse.solve()
		require.NoError(t, err)
		checkTree(t, c)
		s := p.refined(c, ga, gb)
		checkTree(t, s)
		from, to := make([]int64, p.a.N), make([]int64, p.b.N)
		for _, f := range s.flows() {
			from[f.i] += f.mass
			to[f.j] += f.mass
		}
		require.Equal(t, p.supply, from)
		require.Equal(t, p.demand, to)
		require.NoError(t, s.run())
		checkTree(t, s)
	}
}

// checkTree checks all that is promised of a basis.
func checkTree(t *testing.T, s *simplex) {
	t.Helper()
	var order []int32
	for x := s.root(); x >= 0; x = s.next[x] {
		order = append(order, x)
	}
	require.Len(t, order, len(s.node))
	require.Equal(t, s.root(), order[0])
	place := make([]int, len(s.node))
	for at, x := range order {
		place[x] = at
	}
	size := make([]int32, len(s.node))
	for at := len(order) - 1; at >= 0; at-- {
		x := order[at]
		n := s.node[x]
		size[x]++
		require.Equal(t, size[x], n.size)
		require.Equal(t, at+int(n.size)-1, place[n.last], "a subtree is a run")
		if at == 0 {
			require.Equal(t, int32(-1), n.parent)
			continue
		}
		require.Equal(t, order[at-1], n.prev)
		require.Less(t, place[n.parent], at)
		size[n.parent] += size[x]
		require.GreaterOrEqual(t, n.flow, int64(0))
		require.False(t, n.sink && n.flow == 0, "an arc without flow points away from the root")
		sign := 1.0
		if n.sink {
			sign = -1
		}
		require.InDelta(t, n.cost, sign*(s.price[x]-s.price[n.parent]), 1e-14)
	}
}
