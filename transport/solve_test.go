package transport

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"
)

// source returns a generator of its own for a test.
func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 5)) }

// cloud returns n uniform points of the unit cube with mass one.
func cloud(rng *rand.Rand, n, d int, weighted bool) *Measure {
	m := &Measure{Dim: d, N: n, Points: make([]float64, n*d)}
	for i := range m.Points {
		m.Points[i] = rng.Float64()
	}
	if weighted {
		m.Weight = make([]float64, n)
		for i := range m.Weight {
			m.Weight[i] = rng.Float64()
		}
		normalise(m.Weight)
	}
	return m
}

func normalise(w []float64) {
	s := 0.0
	for _, v := range w {
		s += v
	}
	for i := range w {
		w[i] /= s
	}
}

// lattice moves the points to a coarse lattice: duplicates and ties everywhere.
func lattice(m *Measure, n float64) *Measure {
	for i, x := range m.Points {
		m.Points[i] = math.Floor(x*n) / n
	}
	return m
}

// bestAssignment tries all permutations: the cost of uniform measures of n points.
func bestAssignment(c Cost, a, b *Measure) float64 {
	f, perm, best := c.between(a, b), make([]int, a.N), math.Inf(1)
	for i := range perm {
		perm[i] = i
	}
	var try func(k int, cost float64)
	try = func(k int, cost float64) {
		if k == len(perm) {
			best = min(best, cost)
			return
		}
		for i := k; i < len(perm); i++ {
			perm[k], perm[i] = perm[i], perm[k]
			try(k+1, cost+f(k, perm[k]))
			perm[k], perm[i] = perm[i], perm[k]
		}
	}
	try(0, 0)
	return best / float64(a.N)
}

// byLP solves the transport problem by gonum's dense simplex.
func byLP(t *testing.T, c Cost, a, b *Measure) float64 {
	n, m := a.N, b.N
	f := c.between(a, b)
	cost := make([]float64, n*m)
	A := mat.NewDense(n+m-1, n*m, nil) // the last equation follows from the others
	rhs := make([]float64, n+m-1)
	for i := range n {
		rhs[i] = a.At(i)
		for j := range m {
			cost[i*m+j] = f(i, j)
			A.Set(i, i*m+j, 1)
			if j < m-1 {
				A.Set(n+j, i*m+j, 1)
				rhs[n+j] = b.At(j)
			}
		}
	}
	v, _, err := lp.Simplex(cost, A, rhs, 1e-12, nil)
	require.NoError(t, err)
	return v
}

// checkOptimal checks all that is promised of a result of Solve.
func checkOptimal(t *testing.T, c Cost, a, b *Measure, o *Optimal) {
	t.Helper()
	mass := a.Mass()
	scale := mass * c.largest(a, b)
	from, to := o.Plan.Marginals(a.N, b.N)
	for i, w := range from {
		require.InDelta(t, a.At(i), w, 1e-14*mass)
	}
	for j, w := range to {
		require.InDelta(t, b.At(j), w, 1e-14*mass+MassTolerance*mass*b.At(j))
	}
	require.Less(t, slices.Max(slices.Concat([]float64{0}, o.Plan.Mass)), mass*(1+1e-12))
	require.Positive(t, slices.Min(o.Plan.Mass))
	require.LessOrEqual(t, len(o.Plan.Mass), a.N+b.N-1)
	require.GreaterOrEqual(t, o.Upper, o.Lower)
	require.InDelta(t, o.Upper, o.Lower, 1e-13*scale)
	f := c.between(a, b)
	for i, u := range o.U {
		for j, v := range o.V {
			if limit := f(i, j) + 1e-14*scale/mass; u+v > limit { // require is slow
				require.LessOrEqual(t, u+v, limit)
			}
		}
	}
	for k, i := range o.Plan.From { // complementary slackness
		j := o.Plan.To[k]
		require.InDelta(t, f(i, j), o.U[i]+o.V[j], 1e-13*scale/mass)
	}
}

func TestSolveMatchesAllPermutations(t *testing.T) {
	for seed := range uint64(60) {
		rng := source(seed)
		n, d := 1+rng.IntN(7), 1+rng.IntN(3)
		a, b := cloud(rng, n, d, false), cloud(rng, n, d, false)
		if seed%3 == 0 {
			a, b = lattice(a, 2), lattice(b, 2)
		}
		for _, c := range []Cost{Squared, Euclidean} {
			o, err := Solve(c, a, b)
			require.NoError(t, err)
			checkOptimal(t, c, a, b, o)
			require.InDelta(t, bestAssignment(c, a, b), o.Upper, 1e-14, "seed %d", seed)
		}
	}
}

func TestSolveMatchesLinearProgramming(t *testing.T) {
	for seed := range uint64(30) {
		rng := source(seed)
		d := 1 + rng.IntN(4)
		a, b := cloud(rng, 1+rng.IntN(5), d, true), cloud(rng, 1+rng.IntN(5), d, true)
		for _, c := range []Cost{Squared, Euclidean} {
			o, err := Solve(c, a, b)
			require.NoError(t, err)
			checkOptimal(t, c, a, b, o)
			require.InDelta(t, byLP(t, c, a, b), o.Upper, 1e-12, "seed %d", seed)
		}
	}
}

// byAssignment solves the assignment problem by shortest augmenting paths with
// potentials, the Hungarian method in O(n³): the cost of uniform measures of n points.
func byAssignment(c Cost, a, b *Measure) float64 {
	n, f := a.N, c.between(a, b)
	u, v := make([]float64, n+1), make([]float64, n+1)
	match, way := make([]int, n+1), make([]int, n+1) // the row of each column, from 1
	for i := 1; i <= n; i++ {
		match[0] = i
		least, used := make([]float64, n+1), make([]bool, n+1)
		for j := range least {
			least[j] = math.Inf(1)
		}
		j0 := 0
		for match[j0] != 0 {
			used[j0] = true
			i0, delta, j1 := match[j0], math.Inf(1), 0
			for j := 1; j <= n; j++ {
				if used[j] {
					continue
				}
				if r := f(i0-1, j-1) - u[i0] - v[j]; r < least[j] {
					least[j], way[j] = r, j0
				}
				if least[j] < delta {
					delta, j1 = least[j], j
				}
			}
			for j := range used {
				if used[j] {
					u[match[j]] += delta
					v[j] -= delta
				} else {
					least[j] -= delta
				}
			}
			j0 = j1
		}
		for ; j0 != 0; j0 = way[j0] {
			match[j0] = match[way[j0]]
		}
	}
	cost := 0.0
	for j := 1; j <= n; j++ {
		cost += f(match[j]-1, j-1)
	}
	return cost / float64(n)
}

// Several levels, against a solver of another kind.
func TestSolveMatchesHungarian(t *testing.T) {
	for seed := range uint64(8) {
		rng := source(seed)
		n, d := 130+rng.IntN(200), 2+rng.IntN(3)
		a, b := cloud(rng, n, d, false), cloud(rng, n, d, false)
		if seed%2 == 0 {
			a, b = lattice(a, 7), transformed(lattice(b, 7), 0.5, []float64{30, 0, -4, 0}[:d]...)
		}
		for _, c := range []Cost{Squared, Euclidean} {
			o, err := Solve(c, a, b)
			require.NoError(t, err)
			checkOptimal(t, c, a, b, o)
			require.InEpsilon(t, byAssignment(c, a, b), o.Upper, 1e-12, "seed %d", seed)
		}
	}
}

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

// On the line the monotone plan is optimal: an independent solver of any size.
func TestSolveMatchesSorting(t *testing.T) {
	for _, c := range []Cost{Squared, Euclidean} {
		for seed := range uint64(6) {
			rng := source(seed)
			a, b := cloud(rng, 150, 1, seed%2 == 0), cloud(rng, 211, 1, seed < 3)
			p, err := Monotone(a, b)
			require.NoError(t, err)
			o, err := Solve(c, a, b)
			require.NoError(t, err)
			checkOptimal(t, c, a, b, o)
			require.InEpsilon(t, p.Cost(c, a, b), o.Upper, 1e-12)
		}
	}
}

func TestSolveDegenerate(t *testing.T) {
	rng := source(1)
	one := &Measure{Dim: 2, N: 1, Points: []float64{0.3, 0.4}, Weight: []float64{3}}
	many := cloud(rng, 40, 2, true)
	for i := range many.Weight {
		many.Weight[i] *= 3
	}
	zeros := cloud(rng, 30, 2, true)
	for i := range zeros.Weight {
		if i%3 > 0 {
			zeros.Weight[i] = 0
		}
	}
	normalise(zeros.Weight)
	tiny := cloud(rng, 30, 2, true)
	for i := range tiny.Weight {
		tiny.Weight[i] = math.Pow(10, -float64(i))
	}
	normalise(tiny.Weight)
	crowd := cloud(rng, 700, 2, true)
	for i := range crowd.Weight {
		if i%5 > 1 {
			crowd.Weight[i] = 0
		}
	}
	normalise(crowd.Weight)
	crowd3 := &Measure{Dim: 2, N: crowd.N, Points: crowd.Points, Weight: crowd.weights(3)}
	same := &Measure{Dim: 2, N: 25, Points: make([]float64, 50)}
	for name, c := range map[string][2]*Measure{
		"one against one":    {one, one},
		"one against many":   {one, many},
		"many against one":   {many, one},
		"zero weights":       {zeros, cloud(rng, 20, 2, true)},
		"tiny weights":       {tiny, zeros},
		"all points at zero": {same, same},
		"itself":             {zeros, zeros},
		"many at zero":       {{Dim: 2, N: 300, Points: make([]float64, 600)}, {Dim: 2, N: 250, Points: make([]float64, 500)}},
		"many itself":        {crowd, crowd},
		"many zero weights":  {crowd, cloud(rng, 333, 2, false)},
		"few against many":   {one, crowd3},
		"lattice":            {lattice(cloud(rng, 120, 2, false), 4), lattice(cloud(rng, 90, 2, false), 4)},
		"far away":           {{Dim: 1, N: 2, Points: []float64{1e8, 1e8 + 1}}, {Dim: 1, N: 2, Points: []float64{-1e8, -1e8 - 1}}},
		"tiny box":           {{Dim: 1, N: 2, Points: []float64{1e-150, 0}}, {Dim: 1, N: 2, Points: []float64{-1e-150, 2e-150}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, cost := range []Cost{Squared, Euclidean} {
				o, err := Solve(cost, c[0], c[1])
				require.NoError(t, err)
				checkOptimal(t, cost, c[0], c[1], o)
			}
		})
	}
	o, err := Solve(Squared, zeros, zeros)
	require.NoError(t, err)
	assert.Zero(t, o.Upper)
}

func TestSolveRefuses(t *testing.T) {
	good := &Measure{Dim: 1, N: 2, Points: []float64{0, 1}}
	for want, bad := range map[string]*Measure{
		"masses 1 and 3 differ":            {Dim: 1, N: 1, Points: []float64{0}, Weight: []float64{3}},
		"dimensions 1 and 2":               {Dim: 2, N: 1, Points: []float64{0, 0}},
		"coordinate 0 of point 1 is NaN":   {Dim: 1, N: 2, Points: []float64{0, math.NaN()}},
		"weight 1 is -1":                   {Dim: 1, N: 2, Points: []float64{0, 1}, Weight: []float64{2, -1}},
		"the mass is 0":                    {Dim: 1, N: 2, Points: []float64{0, 1}, Weight: []float64{0, 0}},
		"3 coordinates for 2 points":       {Dim: 1, N: 2, Points: []float64{0, 1, 2}},
		"1 weights for 2 points":           {Dim: 1, N: 2, Points: []float64{0, 1}, Weight: []float64{1}},
		"0 points in dimension 1":          {Dim: 1},
		"coordinate 0 of point 0 is +Inf":  {Dim: 1, N: 1, Points: []float64{math.Inf(1)}},
		"weight 0 is +Inf: want a finite":  {Dim: 1, N: 1, Points: []float64{0}, Weight: []float64{math.Inf(1)}},
		"weight 0 is NaN: want a finite n": {Dim: 1, N: 1, Points: []float64{0}, Weight: []float64{math.NaN()}},
	} {
		_, err := Solve(Squared, good, bad)
		assert.ErrorContains(t, err, want)
	}
	_, err := NewMeasure([][]float64{{1, 2}, {3}}, nil)
	assert.ErrorContains(t, err, "point 1 has 1 coordinates: want 2")
	_, err = NewMeasure(nil, nil)
	assert.ErrorContains(t, err, "without points")
}

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

func ExampleSolve() {
	a, _ := NewMeasure([][]float64{{0, 0}, {1, 0}}, []float64{0.5, 0.5})
	b, _ := NewMeasure([][]float64{{0, 1}, {1, 1}, {3, 0}}, []float64{0.5, 0.25, 0.25})
	o, err := Solve(Squared, a, b)
	if err != nil {
		panic(err)
	}
	fmt.Println(o.Upper, o.Lower, len(o.Plan.Mass))
	// Output: 1.75 1.75 3
}

func benchmarkSolve(b *testing.B, n int, weighted bool) {
	rng := source(1)
	p, q := cloud(rng, n, 2, weighted), cloud(rng, n, 2, weighted)
	for b.Loop() {
		o, err := Solve(Squared, p, q)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(o.Pivot), "pivots")
		b.ReportMetric((o.Upper-o.Lower)/o.Upper, "gap")
	}
}

func BenchmarkSolve1000(b *testing.B)         { benchmarkSolve(b, 1000, false) }
func BenchmarkSolve2000(b *testing.B)         { benchmarkSolve(b, 2000, false) }
func BenchmarkSolve8000(b *testing.B)         { benchmarkSolve(b, 8000, false) }
func BenchmarkSolveWeighted2000(b *testing.B) { benchmarkSolve(b, 2000, true) }
func BenchmarkSolveWeighted8000(b *testing.B) { benchmarkSolve(b, 8000, true) }
