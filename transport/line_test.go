package transport

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// cdfW1 is ∫|F − G|dx for points on the line, by a way of its own.
func cdfW1(a, b *Measure) float64 {
	var all []projected
	for i, x := range a.Points {
		all = append(all, projected{x: x, w: a.At(i)})
	}
	for j, y := range b.Points {
		all = append(all, projected{x: y, w: -b.At(j)})
	}
	for range all { // any slow sort
		for i := 1; i < len(all); i++ {
			if all[i].x < all[i-1].x {
				all[i], all[i-1] = all[i-1], all[i]
			}
		}
	}
	s, f := 0.0, 0.0
	for i := range len(all) - 1 {
		f += all[i].w
		s += math.Abs(f) * (all[i+1].x - all[i].x)
	}
	return s
}

func TestMonotone(t *testing.T) {
	for seed := range uint64(40) {
		rng := source(seed)
		a, b := cloud(rng, 1+rng.IntN(30), 1, seed%2 == 0), cloud(rng, 1+rng.IntN(30), 1, seed%3 == 0)
		if seed%5 == 0 {
			a, b = lattice(a, 4), lattice(b, 4)
			if a.Weight != nil {
				a.Weight[0] = 0
				normalise(a.Weight)
				if a.N == 1 {
					a.Weight[0] = 1
				}
			}
		}
		p, err := Monotone(a, b)
		require.NoError(t, err)
		from, to := p.Marginals(a.N, b.N)
		for i, w := range from {
			require.InDelta(t, a.At(i), w, 1e-15)
		}
		for j, w := range to {
			require.InDelta(t, b.At(j), w, 1e-15)
		}
		require.InDelta(t, cdfW1(a, b), p.Cost(Euclidean, a, b), 1e-14)
		r, err := new(W1).Points(a, b)
		require.NoError(t, err)
		require.InDelta(t, cdfW1(a, b), r.Value, 1e-14)
		w2, err := new(W2).Points(a, b)
		require.NoError(t, err)
		sliced, err := (&Sliced{Projections: 3}).Points(a, b)
		require.NoError(t, err)
		require.InDelta(t, w2.Value, sliced.Value, 1e-13)
	}
	_, err := Monotone(cloud(source(1), 3, 2, false), cloud(source(1), 3, 2, false))
	require.ErrorContains(t, err, "wants measures on the line")
}

func TestLineDensitiesExact(t *testing.T) {
	box := func(lo, hi float64, n int, values ...float64) *grid.Density {
		g, err := grid.New(grid.Axis{Lo: lo, Hi: hi, N: n})
		require.NoError(t, err)
		return &grid.Density{Grid: g, Values: values}
	}
	unit := box(0, 1, 2, 1, 1)
	for _, c := range []struct {
		name   string
		a, b   *grid.Density
		w1, w2 float64 // W₁ and W₂²
	}{
		{"itself", unit, box(0, 1, 5, 1, 1, 1, 1, 1), 0, 0},
		{"translation", unit, box(3, 4, 1, 1), 3, 9},
		{"stretching: Q_b = 2s", unit, box(0, 2, 2, 0.5, 0.5), 0.5, 1. / 3},
		{"reflected ends: Q_b − Q_a = ±1/2 but crossing", box(0, 1, 4, 4, 0, 0, 0), box(0, 1, 4, 0, 0, 0, 4), 0.75, 0.5625},
		{"gap: Q jumps from 1 to 2", unit, box(0, 3, 3, 0.5, 0, 0.5), 1, 1./24 + (8-27./8)/3},
		{"crossing", box(-1, 1, 1, 0.5), box(-2, 2, 1, 0.25), 0.5, 1. / 3},
	} {
		w1, err := LineDensities(Euclidean, c.a, c.b)
		require.NoError(t, err)
		assert.InDelta(t, c.w1, w1, 1e-15, c.name)
		w2, err := LineDensities(Squared, c.a, c.b)
		require.NoError(t, err)
		assert.InDelta(t, c.w2, w2, 1e-15, c.name)
	}
}

// The points at the cells' midpoints converge to the densities at second order.
func TestLineDensitiesAgainstPoints(t *testing.T) {
	var before float64
	for _, n := range []int{40, 80, 160, 320} {
		g, err := grid.New(grid.Axis{Lo: -8, Hi: 8, N: n})
		require.NoError(t, err)
		a, b := grid.NewDensity(g), grid.NewDensity(g)
		require.NoError(t, (&grid.Gaussian{Mean: []float64{0.3}, Covariance: [][]float64{{1}}}).Average(a))
		require.NoError(t, (&grid.Gaussian{Mean: []float64{-0.4}, Covariance: [][]float64{{0.49}}}).Average(b))
		b.Scale(a.Mass() / b.Mass())
		v, err := LineDensities(Squared, a, b)
		require.NoError(t, err)
		e := math.Abs(v - (0.49 + 0.09)) // (m − m′)² + (σ − σ′)²
		if before > 0 {
			assert.InDelta(t, 2, math.Log2(before/e), 0.1)
		}
		before = e
	}
	assert.Less(t, before, 2e-4)
}

func TestDensitiesRefused(t *testing.T) {
	g := newGrid(4)
	good := &grid.Density{Grid: g, Values: []float64{1, 1, 1, 1}}
	two := grid.NewDensity(newGrid(2, 2))
	two.Values[0] = 1
	for want, bad := range map[string]*grid.Density{
		"cell 2 is -1":              {Grid: g, Values: []float64{1, 1, -1, 3}},
		"cell 1 is NaN":             {Grid: g, Values: []float64{1, math.NaN(), 1, 1}},
		"cell 0 is +Inf":            {Grid: g, Values: []float64{math.Inf(1), 1, 1, 1}},
		"the mass is 0":             {Grid: g, Values: []float64{0, 0, 0, 0}},
		"masses 1 and 1.25 differ":  {Grid: g, Values: []float64{1, 1, 1, 2}},
		"in dimensions 1 and 2: wa": two,
	} {
		for _, name := range Distances.Names() {
			d, err := Distances.New(name)
			require.NoError(t, err)
			_, err = Between(d, good, bad)
			assert.ErrorContains(t, err, want, name)
		}
	}
	_, err := LineDensities(Squared, two, two)
	assert.ErrorContains(t, err, "want the line")
}

func TestBarycenter(t *testing.T) {
	rng := source(4)
	a, b, c := cloud(rng, 7, 1, true), cloud(rng, 12, 1, true), cloud(rng, 5, 1, false)
	same, err := Barycenter([]float64{1, 2}, a, a)
	require.NoError(t, err)
	r, err := new(W2).Points(a, same)
	require.NoError(t, err)
	assert.Less(t, r.Value, 1e-8)
	// Two measures: the point of the geodesic that the monotone plan gives.
	middle, err := Barycenter([]float64{3, 1}, a, b)
	require.NoError(t, err)
	plan, err := Monotone(a, b)
	require.NoError(t, err)
	r, err = new(W2).Points(plan.Interpolate(0.25, a, b), middle)
	require.NoError(t, err)
	assert.Less(t, r.Value, 1e-8)
	// Three: no measure near it has a smaller sum of squares.
	lambda := []float64{0.5, 0.2, 0.3}
	best, err := Barycenter(lambda, a, b, c)
	require.NoError(t, err)
	assert.InDelta(t, 1, best.Mass(), 1e-15)
	value := func(m *Measure) (s float64) {
		for k, x := range []*Measure{a, b, c} {
			r, err := new(W2).Points(m, x)
			require.NoError(t, err)
			s += lambda[k] * r.Value * r.Value
		}
		return s
	}
	least := value(best)
	for range 30 {
		other := *best
		other.Points = append([]float64(nil), best.Points...)
		for i := range other.Points {
			other.Points[i] += 1e-3 * rng.NormFloat64()
		}
		assert.Greater(t, value(&other), least)
	}
	for want, f := range map[string]func() (*Measure, error){
		"as many, and at least one": func() (*Measure, error) { return Barycenter(nil) },
		"weight 0 is -1":            func() (*Measure, error) { return Barycenter([]float64{-1}, a) },
		"add up to 0":               func() (*Measure, error) { return Barycenter([]float64{0}, a) },
		"want the line":             func() (*Measure, error) { return Barycenter([]float64{1}, cloud(rng, 2, 2, false)) },
		"measure 1":                 func() (*Measure, error) { return Barycenter([]float64{1, 1}, a, cloud(rng, 2, 2, false)) },
	} {
		_, err := f()
		assert.ErrorContains(t, err, want)
	}
}

func ExampleBarycenter() {
	a, _ := NewMeasure([][]float64{{0}, {1}}, nil)
	b, _ := NewMeasure([][]float64{{4}, {6}, {8}, {9}}, nil)
	m, err := Barycenter([]float64{1, 1}, a, b)
	if err != nil {
		panic(err)
	}
	fmt.Println(m.Points, m.Weight)
	// Output: [2 3 4.5 5] [0.25 0.25 0.25 0.25]
}

func ExampleMonotone() {
	a, _ := NewMeasure([][]float64{{3}, {0}}, nil)
	b, _ := NewMeasure([][]float64{{1}, {2}}, []float64{0.25, 0.75})
	p, err := Monotone(a, b)
	if err != nil {
		panic(err)
	}
	fmt.Println(p.From, p.To, p.Mass)
	// Output: [1 1 0] [0 1 1] [0.25 0.25 0.5]
}

func BenchmarkMonotone1e5(b *testing.B) {
	p, q := cloud(source(1), 1e5, 1, true), cloud(source(2), 1e5, 1, true)
	for b.Loop() {
		if _, err := new(W1).Points(p, q); err != nil {
			b.Fatal(err)
		}
	}
}
