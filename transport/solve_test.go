package transport

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
