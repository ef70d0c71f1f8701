package transport

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is seen through the boxes of runs is what is seen of all points.
func TestSearch(t *testing.T) {
	for seed := range uint64(20) {
		rng := source(seed)
		d := 1 + rng.IntN(4)
		a, b := cloud(rng, 5, d, false), cloud(rng, 1+rng.IntN(400), d, false)
		if seed%3 == 0 {
			a, b = lattice(a, 3), lattice(b, 3)
		}
		order := make([]int32, b.N)
		for j := range order {
			order[j] = int32(j)
		}
		treeOrder(b, order)
		sorted := slices.Clone(order)
		slices.Sort(sorted)
		for j, x := range sorted {
			require.Equal(t, int32(j), x, "a permutation")
		}
		v := make([]float64, b.N)
		for j := range v {
			v[j] = 0.3 * rng.NormFloat64()
		}
		for _, c := range []Cost{Squared, Euclidean} {
			s := newSearch(c, a, b).with(v)
			for i := range a.N {
				want, _ := c.lowest(a, b, i, v)
				got, at := s.lowest(i, math.Inf(1))
				require.InDelta(t, want, got, 1e-15)
				require.InDelta(t, want, c.between(a, b)(i, at)-v[at], 1e-15)
				_, at = s.lowest(i, want-1e-12)
				require.Equal(t, -1, at)
				all := make([]float64, b.N)
				c.fill(all, a, b, i, 0)
				for j, w := range v {
					all[j] -= w
				}
				list, least := s.smallest(nil, i)
				require.InDelta(t, want, least, 1e-15)
				require.Len(t, list, min(keep, b.N))
				found := make([]float64, len(list))
				for k, j := range list {
					found[k] = all[j]
				}
				slices.Sort(all)
				require.Equal(t, all[:len(list)], found)
			}
		}
	}
}

// The parts of all depths of the order are near: a part of a quarter of the points of
// the square has a quarter of its area.
func TestTreeOrder(t *testing.T) {
	m, _, _ := support(cloud(source(1), 1000, 2, false), slices.Repeat([]int64{1}, 1000))
	for _, count := range []int{4, 64} {
		r := runs{m.N, count}
		for k := range count {
			lo, hi := r.run(k)
			area := 1.0
			for d := range 2 {
				x := m.Coordinate(d)[lo:hi]
				area *= slices.Max(x) - slices.Min(x)
			}
			require.Less(t, area*float64(count), 2.0)
			require.InDelta(t, 1000/count, hi-lo, 1)
		}
	}
	require.Equal(t, runs{1000, 256}, groupsOf(1000))
	require.Equal(t, runs{256, 64}, groupsOf(256))
	require.Equal(t, runs{77, 77}, groupsOf(77))
}
