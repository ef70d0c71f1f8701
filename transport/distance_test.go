package transport

import (
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"pdesolve/grid"
)

// drawn returns a measure of mass one of up to 12 points on a small lattice, with
// zero weights and repeated points among them.
func drawn(t *rapid.T, label string, dim int) *Measure {
	n := rapid.IntRange(1, 12).Draw(t, label+" n")
	m := &Measure{Dim: dim, N: n, Points: make([]float64, n*dim), Weight: make([]float64, n)}
	for i := range m.Points {
		m.Points[i] = float64(rapid.IntRange(-8, 8).Draw(t, label+" x")) / 4
	}
	m.Weight[0] = 1
	for i := range n {
		m.Weight[i] += float64(rapid.IntRange(0, 4).Draw(t, label+" w"))
	}
	normalise(m.Weight)
	return m
}

// metrics are the distances that obey the axioms, up to rounding of the square: an
// error of 1e-15 in a square is 3e-8 in its root.
func metrics() map[string]Distance {
	return map[string]Distance{
		"w1": &W1{}, "w2": &W2{}, "sliced": &Sliced{Projections: 20}, "energy": &Energy{}, "mmd": &MMD{Bandwidth: 0.7},
	}
}

func value(t require.TestingT, d Distance, a, b *Measure) float64 {
	r, err := d.Points(a, b)
	require.NoError(t, err)
	require.False(t, math.IsNaN(r.Value))
	if !math.IsNaN(r.Lower) {
		require.LessOrEqual(t, r.Lower, r.Value)
		require.LessOrEqual(t, r.Value, r.Upper)
	}
	return r.Value
}

// transformed returns the measure with scale·x + shift in place of x.
func transformed(m *Measure, scale float64, shift ...float64) *Measure {
	out := &Measure{Dim: m.Dim, N: m.N, Points: make([]float64, len(m.Points)), Weight: m.Weight}
	for k := range m.Dim {
		for i, x := range m.Coordinate(k) {
			out.Points[k*m.N+i] = scale*x + shift[k]
		}
	}
	return out
}

func TestMetricAxioms(t *testing.T) {
	for name, d := range metrics() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				dim := rapid.IntRange(1, 3).Draw(t, "dim")
				a, b, c := drawn(t, "a", dim), drawn(t, "b", dim), drawn(t, "c", dim)
				ab := value(t, d, a, b)
				require.InDelta(t, 0, value(t, d, a, a), 1e-7)
				require.InDelta(t, ab, value(t, d, b, a), 1e-7)
				require.LessOrEqual(t, ab, value(t, d, a, c)+value(t, d, c, b)+2e-7)
			})
		})
	}
}

// Scaling by s scales the distance by |s|^p; translations of both change nothing; for W₂
// a translation of one adds to the square (with m the means)
// |shift|² + 2 shift·(m_b − m_a).
func TestScalingAndTranslation(t *testing.T) {
	power := map[string]float64{"w1": 1, "w2": 1, "sliced": 1, "energy": 0.5}
	for name, d := range metrics() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				a, b := drawn(t, "a", 2), drawn(t, "b", 2)
				v := value(t, d, a, b)
				require.InDelta(t, v, value(t, d, transformed(a, 1, 3, -2), transformed(b, 1, 3, -2)), 1e-6)
				if p, ok := power[name]; ok {
					s := rapid.Float64Range(-5, 5).Draw(t, "scale")
					require.InDelta(t, math.Pow(math.Abs(s), p)*v, value(t, d, transformed(a, s, 0, 0), transformed(b, s, 0, 0)), 1e-6)
				}
				if name != "w2" {
					return
				}
				want, shift := v*v, []float64{0.75, -1.5}
				for k, z := range shift {
					want += z*z + 2*z*(weighted(b.Weight, b.Coordinate(k))-weighted(a.Weight, a.Coordinate(k)))
				}
				moved := value(t, d, a, transformed(b, 1, shift...))
				require.InDelta(t, want, moved*moved, 1e-12)
			})
		})
	}
}

// W₁ ≤ W₂, sliced ≤ W₂/√d·(its mean over directions; here only ≤ W₂), sliced ≤ max-sliced ≤ W₂,
// and |m_a − m_b| ≤ W₁.
func TestOrderOfDistances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dim := rapid.IntRange(1, 4).Draw(t, "dim")
		a, b := drawn(t, "a", dim), drawn(t, "b", dim)
		w1, w2 := value(t, &W1{}, a, b), value(t, &W2{}, a, b)
		sliced := value(t, &Sliced{Projections: 20}, a, b)
		r, err := (&MaxSliced{Projections: 20}).Points(a, b)
		require.NoError(t, err)
		means := 0.0
		for k := range dim {
			z := weighted(a.Weight, a.Coordinate(k)) - weighted(b.Weight, b.Coordinate(k))
			means += z * z
		}
		require.LessOrEqual(t, w1, w2+1e-9)
		require.LessOrEqual(t, math.Sqrt(means), w1+1e-9)
		require.LessOrEqual(t, sliced, r.Value+1e-9)
		require.LessOrEqual(t, r.Value, w2+1e-9)
		require.Equal(t, r.Value, r.Lower)
	})
}

// Displacement interpolation is a geodesic of constant speed, along which the
// variance about any point is convex with modulus W₂²:
// V(t) ≤ (1−t)V(0) + tV(1) − t(1−t)W₂², here with equality.
func TestDisplacementInterpolation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawn(t, "a", 2), drawn(t, "b", 2)
		r, err := new(W2).Points(a, b)
		require.NoError(t, err)
		s, u := rapid.Float64Range(0, 1).Draw(t, "s"), rapid.Float64Range(0, 1).Draw(t, "t")
		ms, mu := r.Plan.Interpolate(s, a, b), r.Plan.Interpolate(u, a, b)
		require.InDelta(t, math.Abs(s-u)*r.Value, value(t, &W2{}, ms, mu), 1e-7)
		second := func(m *Measure) float64 {
			return secondMoment(m.Weight, m.Coordinate(0)) + secondMoment(m.Weight, m.Coordinate(1))
		}
		require.InDelta(t, (1-u)*second(a)+u*second(b)-u*(1-u)*r.Value*r.Value, second(mu), 1e-12)
	})
}

// Along the interpolation the integral of a convex function and the mean of a convex
// function of differences are convex.
func TestDisplacementConvexity(t *testing.T) {
	potential := map[string]func(x, y float64) float64{
		"fourth power": func(x, y float64) float64 { return x*x*x*x + (x+y)*(x+y)*(x+y)*(x+y) },
		"norm":         math.Hypot,
		"maximum":      func(x, y float64) float64 { return max(x, 2*y, -1) },
		"exponential":  func(x, y float64) float64 { return math.Exp(x - y) },
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawn(t, "a", 2), drawn(t, "b", 2)
		r, err := new(W2).Points(a, b)
		require.NoError(t, err)
		s := rapid.Float64Range(0, 1).Draw(t, "s")
		middle := r.Plan.Interpolate(s, a, b)
		for name, v := range potential {
			linear := func(m *Measure) (e float64) {
				for i := range m.N {
					e += m.At(i) * v(m.Points[i], m.Points[m.N+i])
				}
				return e
			}
			pairs := func(m *Measure) (e float64) {
				for i := range m.N {
					for j := range m.N {
						e += m.At(i) * m.At(j) * v(m.Points[i]-m.Points[j], m.Points[m.N+i]-m.Points[m.N+j])
					}
				}
				return e
			}
			for _, f := range []func(*Measure) float64{linear, pairs} {
				require.LessOrEqual(t, f(middle), (1-s)*f(a)+s*f(b)+1e-11, name)
			}
		}
	})
}

// The gradient of a convex function is optimal between any measure and its image
// (Brenier): here x ↦ Ax + c with A symmetric and positive definite, in any dimension.
func TestLinearMonotoneMapsAreOptimal(t *testing.T) {
	for seed := range uint64(12) {
		rng := source(seed)
		d := 1 + int(seed)%5
		root, shift := make([]float64, d*d), make([]float64, d)
		for k := range root {
			root[k] = rng.NormFloat64()
		}
		for k := range shift {
			shift[k] = 3 * rng.NormFloat64()
		}
		a := cloud(rng, 400, d, seed%2 == 0)
		b := &Measure{Dim: d, N: a.N, Points: make([]float64, len(a.Points)), Weight: a.Weight}
		want := 0.0
		for i := range a.N {
			for k := range d { // A = RᵀR
				y := shift[k]
				for l := range d {
					z := 0.0
					for q := range d {
						z += root[l*d+q] * a.Points[q*a.N+i]
					}
					y += root[l*d+k] * z
				}
				b.Points[k*a.N+i] = y
				want += a.At(i) * (y - a.Points[k*a.N+i]) * (y - a.Points[k*a.N+i])
			}
		}
		v := value(t, &W2{}, a, b)
		require.InEpsilon(t, want, v*v, 1e-12, "seed %d", seed)
	}
}

func TestProject(t *testing.T) {
	rng := source(1)
	a, b := cloud(rng, 20, 2, false), cloud(rng, 20, 2, false)
	r, err := new(W2).Points(a, b)
	require.NoError(t, err)
	image := r.Plan.Project(a, b) // a permutation of b
	s := 0.0
	for i, x := range image {
		s += (x - a.Points[i]) * (x - a.Points[i]) / 20
	}
	assert.InDelta(t, r.Value*r.Value, s, 1e-14)
}

// Gaussians: W₂² = |m − m′|² + Σ(σ_k − σ′_k)² for commuting covariances. Where the
// densities are tiny the ascent is slow, so that the bracket closes at first order
// at least, not at the grid's second.
func TestGaussianClosedForm(t *testing.T) {
	law := func(mean, variance []float64) *grid.Gaussian {
		return &grid.Gaussian{Mean: mean, Covariance: [][]float64{{variance[0], 0}, {0, variance[1]}}}
	}
	p, q := law([]float64{0, 0}, []float64{0.09, 0.04}), law([]float64{0.4, -0.2}, []float64{0.0225, 0.0625})
	want := 0.16 + 0.04 + 0.15*0.15 + 0.05*0.05
	before := math.Inf(1)
	for _, n := range []int{16, 32, 64} {
		g, err := grid.New(grid.Axis{Lo: -2, Hi: 2, N: n}, grid.Axis{Lo: -2, Hi: 2, N: n})
		require.NoError(t, err)
		a, b := grid.NewDensity(g), grid.NewDensity(g)
		require.NoError(t, p.Average(a))
		require.NoError(t, q.Average(b))
		r, err := (&W2{Iterations: 100}).Densities(a, b)
		require.NoError(t, err)
		width := r.Upper*r.Upper - r.Lower*r.Lower
		assert.Less(t, width, before/2)
		before = width
		assert.LessOrEqual(t, r.Lower*r.Lower, want)
		assert.GreaterOrEqual(t, r.Upper*r.Upper, want)
		h := g.Axis(0).H() // sharing an image between centers costs h²/6 an axis
		assert.InDelta(t, want, r.Value*r.Value, h*h/3, "n = %d", n)
	}
}

func TestConditional(t *testing.T) {
	rng := source(5)
	a := []*Measure{cloud(rng, 9, 2, true), cloud(rng, 5, 2, true), cloud(rng, 7, 2, false)}
	b := []*Measure{cloud(rng, 4, 2, true), cloud(rng, 8, 2, true), cloud(rng, 7, 2, false)}
	s := 0.0
	for l := range a {
		v := value(t, &W2{}, a[l], b[l])
		s += v * v / 3
	}
	r, err := Conditional(&W2{}, a, b)
	require.NoError(t, err)
	assert.InDelta(t, math.Sqrt(s), r.Value, 1e-15)
	assert.Nil(t, r.Plan)
	_, err = Conditional(&W2{}, a, b[:2])
	assert.ErrorContains(t, err, "lists of 3 and 2 slices")
	_, err = Conditional(&W2{}, a[:2], []*Measure{b[0], cloud(rng, 2, 3, false)})
	assert.ErrorContains(t, err, "slice 1: ")
	mu, nu, _ := pair("cos", 16)
	direct, err := new(W2).Densities(mu, nu)
	require.NoError(t, err)
	r, err = ConditionalDensities(&W2{}, []*grid.Density{mu, mu}, []*grid.Density{nu, nu})
	require.NoError(t, err)
	assert.InDelta(t, direct.Value, r.Value, 1e-15)
	assert.InDelta(t, direct.Upper, r.Upper, 1e-15)
}

// A density and particles: the bounds hold for the density itself, here on the line
// where a fine density stands for the points.
func TestQuantised(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 8})
	require.NoError(t, err)
	a := &grid.Density{Grid: g, Values: []float64{2, 1, 0, 1, 1, 1, 0, 2}}
	fine, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 1 << 14})
	require.NoError(t, err)
	spike := grid.NewDensity(fine)
	m := &Measure{Dim: 1, N: 2}
	for _, at := range []int{3000, 11000} {
		spike.Values[at] = 1 / (2 * fine.CellVolume())
		m.Points = append(m.Points, fine.Axis(0).Center(at))
	}
	for c, d := range map[Cost]Distance{Euclidean: &W1{}, Squared: &W2{}} {
		exact, err := LineDensities(c, a, spike)
		require.NoError(t, err)
		r, err := Quantised(d, a, m)
		require.NoError(t, err)
		assert.LessOrEqual(t, r.Lower, root(c, exact))
		assert.GreaterOrEqual(t, r.Upper, root(c, exact))
		assert.Less(t, r.Upper-r.Lower, 0.08)
		assert.Nil(t, r.Plan)
	}
	r, err := ConditionalMixed(&Energy{}, []*grid.Density{a}, []*Measure{m})
	require.NoError(t, err)
	assert.True(t, math.IsNaN(r.Lower) && math.IsNaN(r.Upper))
}

// A mass m multiplies the costs.
func TestMassScales(t *testing.T) {
	rng := source(6)
	a, b := cloud(rng, 8, 2, true), cloud(rng, 9, 2, true)
	heavy := func(m *Measure) *Measure {
		return &Measure{Dim: m.Dim, N: m.N, Points: m.Points, Weight: m.weights(4)}
	}
	for name, factor := range map[string]float64{"w1": 4, "w2": 2, "sinkhorn": 2, "sinkhorn-divergence": 2, "sliced-w2": 2, "max-sliced-w2": 2, "energy": 2, "mmd": 2} {
		d, err := Distances.New(name)
		require.NoError(t, err)
		require.NotEmpty(t, d.Summary())
		require.NoError(t, d.Validate())
		assert.InEpsilon(t, factor*value(t, noBounds{d}, a, b), value(t, noBounds{d}, heavy(a), heavy(b)), 1e-9, name)
	}
	assert.Len(t, Distances.Names(), 8)
}

// noBounds hides bounds, which MaxSliced has only from below.
type noBounds struct{ Distance }

func (n noBounds) Points(a, b *Measure) (Result, error) {
	r, err := n.Distance.Points(a, b)
	return unbounded(r.Value, r.Solver, r.Iterations), err
}

// Every distance refuses what is no pair, in words.
func TestDistancesRefuse(t *testing.T) {
	good := &Measure{Dim: 1, N: 2, Points: []float64{0, 1}}
	for _, name := range Distances.Names() {
		d, err := Distances.New(name)
		require.NoError(t, err)
		for want, bad := range map[string]*Measure{
			"masses 1 and 2 differ: want equal masses; divide": {Dim: 1, N: 1, Points: []float64{0}, Weight: []float64{2}},
			"dimensions 1 and 2: want the same":                {Dim: 2, N: 1, Points: []float64{0, 1}},
			"is NaN":                                           {Dim: 1, N: 1, Points: []float64{math.NaN()}},
		} {
			_, err := d.Points(good, bad)
			assert.ErrorContains(t, err, want, name)
		}
	}
	assert.Error(t, (&Sliced{Projections: -1}).Validate())
	assert.Error(t, (&MMD{Bandwidth: -1}).Validate())
	_, err := Distances.New("w22")
	assert.ErrorContains(t, err, `unknown distance "w22"`)
}

func TestDistancesDoNotDependOnProcessors(t *testing.T) {
	rng := source(8)
	a, b := cloud(rng, 60, 3, true), cloud(rng, 45, 3, true)
	for _, name := range Distances.Names() {
		d, err := Distances.New(name)
		require.NoError(t, err)
		d = noBounds{d}
		runtime.GOMAXPROCS(1)
		want := value(t, d, a, b)
		runtime.GOMAXPROCS(3)
		got := value(t, d, a, b)
		runtime.GOMAXPROCS(runtime.NumCPU())
		assert.Equal(t, want, got, name)
	}
}

// The maximum over directions of a translation is in its direction.
func TestMaxSlicedFindsTheDirection(t *testing.T) {
	a := cloud(source(9), 30, 5, false)
	r, err := (&MaxSliced{Projections: 5}).Points(a, transformed(a, 1, 0.3, 0, 0.4, 0, 1.2))
	require.NoError(t, err)
	assert.InDelta(t, 1.3, r.Value, 1e-6)
	same, err := new(MaxSliced).Points(a, a)
	require.NoError(t, err)
	assert.Zero(t, same.Value)
}

func ExamplePlan_Interpolate() {
	a, _ := NewMeasure([][]float64{{0, 0}, {4, 0}}, nil)
	b, _ := NewMeasure([][]float64{{4, 2}, {0, 2}}, nil)
	r, err := new(W2).Points(a, b)
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Value, r.Plan.Interpolate(0.5, a, b).Points)
	// Output: 2 [0 4 1 1]
}

func ExampleConditional() {
	a, _ := NewMeasure([][]float64{{0}, {1}}, nil)
	b, _ := NewMeasure([][]float64{{3}, {4}}, nil)
	r, err := Conditional(new(W2), []*Measure{a, a}, []*Measure{a, b})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.4f\n", r.Value)
	// Output: 2.1213
}

func BenchmarkSliced(b *testing.B) {
	p, q := cloud(source(1), 1e5, 2, false), cloud(source(2), 1e5, 2, false)
	for b.Loop() {
		if _, err := (&Sliced{Projections: 100}).Points(p, q); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEnergy4000(b *testing.B) {
	p, q := cloud(source(1), 4000, 2, false), cloud(source(2), 4000, 2, false)
	for b.Loop() {
		if _, err := new(Energy).Points(p, q); err != nil {
			b.Fatal(err)
		}
	}
}

// Of several slices an error says which one it is; of a single one, which may be a cloud of points
// that has no slices, it does not.
func TestConditionalNamesTheSlice(t *testing.T) {
	one, two := &Measure{Dim: 1, N: 1, Points: []float64{0}}, &Measure{Dim: 1, N: 1, Points: []float64{0}, Weight: []float64{2}}
	_, err := Conditional(&W2{}, []*Measure{one}, []*Measure{two})
	assert.ErrorContains(t, err, "masses 1 and 2 differ")
	assert.NotContains(t, err.Error(), "slice")
	_, err = Conditional(&W2{}, []*Measure{one, one}, []*Measure{one, two})
	assert.ErrorContains(t, err, "slice 1: transport: masses 1 and 2 differ")
}
