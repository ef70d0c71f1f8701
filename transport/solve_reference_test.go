package transport

import (
	"math"
	"math/rand/v2"
	"testing"

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
