package transport

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"pdesolve/grid"
)

// The bracket of Sinkhorn holds the exact distance, for every ε, and closes with ε.
func TestSinkhornBracketsTheExactDistance(t *testing.T) {
	rng := source(1)
	a, b := cloud(rng, 60, 2, true), cloud(rng, 50, 2, true)
	b.Weight[3] = 0
	normalise(b.Weight)
	w, err := new(W2).Points(a, b)
	require.NoError(t, err)
	width := math.Inf(1)
	for _, epsilon := range []float64{1e-1, 1e-2, 3e-3, 1e-3, 1e-4} {
		r, err := (&Sinkhorn{Epsilon: epsilon}).Points(a, b)
		require.NoError(t, err)
		require.LessOrEqual(t, r.Lower, w.Value*(1+1e-12), "ε = %v", epsilon)
		require.GreaterOrEqual(t, r.Upper, w.Value*(1-1e-12), "ε = %v", epsilon)
		require.Less(t, r.Upper-r.Lower, width)
		width = r.Upper - r.Lower
	}
	assert.Less(t, width, 0.01*w.Value)
}

// Where it is stopped early there is an error and no value; the bounds would hold all
// the same.
func TestSinkhornStops(t *testing.T) {
	rng := source(2)
	a, b := cloud(rng, 40, 2, true), cloud(rng, 40, 2, true)
	r, err := (&Sinkhorn{Epsilon: 1e-4, Iterations: 5}).Points(a, b)
	assert.ErrorIs(t, err, ErrNotConverged)
	assert.ErrorContains(t, err, "5 iterations; the marginals still miss")
	assert.Equal(t, Result{}, r)
	_, err = (&SinkhornDivergence{Epsilon: 1e-4, Iterations: 5}).Points(a, b)
	assert.ErrorIs(t, err, ErrNotConverged)
	for _, bad := range []Sinkhorn{{Epsilon: -1}, {Tolerance: 2}, {Iterations: -1}, {Epsilon: 1e-12}, {Epsilon: math.NaN()}, {Epsilon: math.Inf(1)}} {
		assert.Error(t, bad.Validate())
	}
	w, err := new(W2).Points(a, b)
	require.NoError(t, err)
	e := newEntropic(newPointKernel(a, b), fractionsOf(a), fractionsOf(b))
	for e.epsilon = 1e-3; e.count < 3; e.count++ {
		e.iterate(1)
		assert.GreaterOrEqual(t, math.Sqrt(e.rounded()), w.Value)
	}
}

// Scaled down, the plan of a few iterations fits below both marginals.
func TestSinkhornShrinks(t *testing.T) {
	rng := source(5)
	a, b := cloud(rng, 12, 2, true), cloud(rng, 9, 2, true)
	e := newEntropic(newPointKernel(a, b), fractionsOf(a), fractionsOf(b))
	e.epsilon = 0.02
	e.iterate(1.7)
	e.shrink(e.f, e.a, e.g, e.logB, false)
	e.shrink(e.g, e.b, e.f, e.logA, true)
	c := Squared.between(a, b)
	columns := make([]float64, b.N)
	for i := range e.f {
		row := 0.0
		for j := range e.g {
			pi := e.a[i] * e.b[j] * math.Exp((e.f[i]+e.g[j]-c(i, j))/e.epsilon)
			row += pi
			columns[j] += pi
		}
		require.LessOrEqual(t, row, e.a[i]*(1+1e-12))
	}
	for j, w := range columns {
		require.LessOrEqual(t, w, e.b[j]*(1+1e-12))
	}
}

// The marginals of the plan are those promised.
func TestSinkhornMarginals(t *testing.T) {
	rng := source(3)
	a, b := cloud(rng, 30, 3, true), cloud(rng, 20, 3, false)
	e := newEntropic(newPointKernel(a, b), fractionsOf(a), fractionsOf(b))
	require.NoError(t, e.run(1e-3*Squared.largest(a, b), 3, 1e-7, 20000))
	rows, columns := make([]float64, a.N), make([]float64, b.N)
	c := Squared.between(a, b)
	for i := range rows {
		for j := range columns {
			pi := e.a[i] * e.b[j] * math.Exp((e.f[i]+e.g[j]-c(i, j))/e.epsilon)
			rows[i] += pi
			columns[j] += pi
		}
	}
	miss := 0.0
	for i, w := range rows {
		miss += math.Abs(w - e.a[i])
	}
	assert.LessOrEqual(t, miss, 2e-7)
	assert.InDelta(t, e.miss, miss, 1e-12)
	assert.InDeltaSlice(t, e.b, columns, 1e-13)
}

// On a grid the separable kernel gives what the dense one gives on the cells.
func TestSinkhornSeparable(t *testing.T) {
	rng := source(4)
	g := newGrid(7, 6, 5)
	k := &gridKernel{g}
	all := &grid.Density{Grid: g, Values: make([]float64, g.Len())}
	p := make([]float64, g.Len())
	for i := range p {
		all.Values[i] = 1
		p[i] = rng.NormFloat64()
		if i%4 == 0 {
			p[i] = math.Inf(-1)
		}
	}
	dense := newPointKernel(FromDensity(all), FromDensity(all))
	for _, epsilon := range []float64{1, 1e-2, 1e-5} {
		want, got := make([]float64, len(p)), make([]float64, len(p))
		dense.soft(want, p, epsilon, false)
		k.soft(got, p, epsilon, false)
		assert.InDeltaSlice(t, want, got, 1e-13)
	}
	for i := range p {
		p[i] = math.Inf(-1)
	}
	k.soft(p, p, 1, false)
	assert.True(t, math.IsInf(p[0], 1), "no mass: %v", p[0])
}

// A line against sums in the log domain, one by one: smooth and rough potentials, steep
// ones (as of a translation by many times the width of the kernel), and holes.
func TestGaussLine(t *testing.T) {
	rng := source(9)
	inf := math.Inf(-1)
	shapes := map[string]func(j int) float64{
		"flat":   func(int) float64 { return 3 },
		"rough":  func(int) float64 { return 5 * rng.NormFloat64() },
		"wild":   func(int) float64 { return 500 * rng.NormFloat64() },
		"slope":  func(j int) float64 { return 40 * float64(j) },
		"wedge":  func(j int) float64 { return 30 * math.Abs(float64(j)-90) },
		"spike":  func(j int) float64 { return []float64{inf, 7}[max(0, 1-(j-70)*(j-70))] },
		"holes":  func(j int) float64 { return []float64{inf, inf, 1, rng.NormFloat64()}[j%4] },
		"nobody": func(int) float64 { return inf },
	}
	for name, f := range shapes {
		for _, rate := range []float64{1e-6, 1e-3, 0.02, 0.5, 7, 900} {
			l := newGaussLine(181, rate)
			for j := range l.p {
				l.p[j] = f(j)
			}
			l.transform()
			for i, got := range l.out {
				terms := make([]float64, len(l.p))
				for j, v := range l.p {
					terms[j] = v - float64((i-j)*(i-j))*rate
				}
				want := floats.LogSumExp(terms)
				if math.IsInf(want, -1) {
					require.Equal(t, want, got, "%s %v", name, rate)
					continue
				}
				require.InDelta(t, want, got, 4e-14*(1+math.Abs(want)+180*180*rate), "%s %v at %d", name, rate, i)
			}
		}
	}
}

func TestSinkhornOnGrids(t *testing.T) {
	mu, nu, _ := pair("bump", 24)
	w, err := new(W2).Densities(mu, nu)
	require.NoError(t, err)
	r, err := (&Sinkhorn{Epsilon: 3e-4}).Densities(mu, nu)
	require.NoError(t, err)
	assert.LessOrEqual(t, r.Lower, w.Upper)
	assert.GreaterOrEqual(t, r.Upper, w.Lower)
	assert.Less(t, r.Upper-r.Lower, 0.02*w.Value)
	d, err := (&SinkhornDivergence{Epsilon: 3e-4}).Densities(mu, nu)
	require.NoError(t, err)
	assert.InEpsilon(t, w.Value, d.Value, 5e-3)
	points, err := (&SinkhornDivergence{Epsilon: 3e-4}).Points(FromDensity(mu), FromDensity(nu))
	require.NoError(t, err)
	assert.InEpsilon(t, d.Value, points.Value, 0.02, "ε refers to different boxes")
	other := grid.NewDensity(newGrid(3, 3))
	other.Values[4] = 1 / other.Grid.CellVolume()
	_, err = (&SinkhornDivergence{}).Densities(mu, other)
	require.NoError(t, err)
	_, err = (&Sinkhorn{}).Densities(mu, other)
	require.NoError(t, err)
}

// For Gaussians OT_ε has a closed form; on the line, with the entropy relative to the
// product (derived from the optimality conditions: the plan is Gaussian with
// covariance c, c² + cε/2 = σ²s²),
//
//	OT_ε = (m − m′)² + σ² + s² − 2c − (ε/2) log(1 − c²/(σ²s²)).
func TestSinkhornGaussian(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: -9, Hi: 9, N: 360})
	require.NoError(t, err)
	a, b := grid.NewDensity(g), grid.NewDensity(g)
	sigma, s, m := 1.2, 0.7, 0.5
	require.NoError(t, (&grid.Gaussian{Mean: []float64{0}, Covariance: [][]float64{{sigma * sigma}}}).Average(a))
	require.NoError(t, (&grid.Gaussian{Mean: []float64{m}, Covariance: [][]float64{{s * s}}}).Average(b))
	for _, epsilon := range []float64{0.1, 1} {
		e := newEntropic(&gridKernel{g}, fractions(a), fractions(b))
		require.NoError(t, e.run(epsilon, 10, 1e-10, 20000))
		c := -epsilon/4 + math.Sqrt(epsilon*epsilon/16+sigma*sigma*s*s)
		want := m*m + sigma*sigma + s*s - 2*c - epsilon/2*math.Log(1-c*c/(sigma*sigma*s*s))
		assert.InDelta(t, want, e.dual(), 1e-3*want, "ε = %v", epsilon) // midpoints: h²/6 = 4e-4
	}
}

// Newton's step solves the equations it states, and its end is that of alternating steps.
func TestSinkhornNewton(t *testing.T) {
	rng := source(6)
	a, b := cloud(rng, 40, 2, true), cloud(rng, 30, 2, true)
	a.Weight[3], b.Weight[5] = 0, 0
	k := newPointKernel(a, b)
	plain := newEntropic(k, fractionsOf(a), fractionsOf(b))
	plain.epsilon = 0.01
	for range 3000 {
		plain.iterate(1)
	}
	e := newEntropic(k, fractionsOf(a), fractionsOf(b))
	e.epsilon = 0.01
	e.iterate(1)
	r := make([]float64, a.N)
	e.residual(r)
	p := make([]float64, b.N)
	for j := range p {
		p[j] = e.g[j]/e.epsilon + e.logB[j]
	}
	plan := k.entries(e.f, e.a, p, e.epsilon)
	matrix, c, columns := mat.NewSymDense(a.N, nil), Squared.between(a, b), make([]float64, b.N)
	dense := mat.NewDense(a.N, b.N, nil)
	for i := range a.N {
		for j := range b.N {
			v := e.a[i] * e.b[j] * math.Exp((e.f[i]+e.g[j]-c(i, j))/e.epsilon)
			dense.Set(i, j, v)
			columns[j] += v
		}
		assert.InDelta(t, floats.Sum(dense.RawRowView(i)), r[i], 1e-15)
	}
	for i := range a.N {
		for l := range i + 1 {
			s := 0.0
			for j, w := range columns {
				if w > 0 {
					s -= dense.At(i, j) * dense.At(l, j) / w
				}
			}
			if i == l {
				s += r[i]
			}
			matrix.SetSym(i, l, s)
		}
	}
	want := mat.NewVecDense(a.N, nil)
	for i := range a.N {
		if i != 3 {
			want.SetVec(i, rng.NormFloat64())
		}
	}
	var rhs mat.VecDense
	rhs.MulVec(matrix, want)
	got := newHessian(plan, b.N).solve(rhs.RawVector().Data, 1e-12)
	for i, v := range got {
		if i != 3 {
			assert.InDelta(t, want.AtVec(i)-want.AtVec(0), v-got[0], 1e-6, "raised by 1e-9")
		}
	}
	require.True(t, e.newton(k, 1e-12, 100))
	assert.Less(t, e.count, 15)
	for i := range e.f {
		if e.a[i] > 0 {
			assert.InDelta(t, plain.f[i]-plain.f[0], e.f[i]-e.f[0], 1e-10)
		}
	}
	assert.InDelta(t, plain.dual(), e.dual(), 1e-13)
}

// ε far below where alternating steps end in time: right to what ε allows.
func TestSinkhornSmallEpsilon(t *testing.T) {
	for _, weighted := range []bool{false, true} {
		rng := source(7)
		a, b := cloud(rng, 150, 2, weighted), cloud(rng, 150, 2, weighted)
		w, err := new(W2).Points(a, b)
		require.NoError(t, err)
		width := math.Inf(1)
		for _, epsilon := range []float64{3e-3, 1e-3, 1e-4, 1e-5} {
			r, err := (&Sinkhorn{Epsilon: epsilon}).Points(a, b)
			require.NoError(t, err)
			require.LessOrEqual(t, r.Lower, w.Value*(1+1e-12))
			require.GreaterOrEqual(t, r.Upper, w.Value*(1-1e-12))
			require.Less(t, r.Upper-r.Lower, width/2)
			width = r.Upper - r.Lower
		}
		assert.Less(t, width, 1e-3*w.Value)
	}
}

// Zero weights, repeated points and a single point are measures like others.
func TestSinkhornTakesAnyMeasure(t *testing.T) {
	rng := source(8)
	zeros := cloud(rng, 60, 2, true)
	for i := range zeros.Weight {
		if i%3 > 0 {
			zeros.Weight[i] = 0
		}
	}
	normalise(zeros.Weight)
	repeated := lattice(cloud(rng, 80, 2, false), 3)
	one := &Measure{Dim: 2, N: 1, Points: []float64{0.3, 0.4}}
	all := []*Measure{zeros, repeated, one, lattice(zeros, 2)}
	for k, a := range all {
		for l, b := range all {
			w, err := new(W2).Points(a, b)
			require.NoError(t, err)
			for _, epsilon := range []float64{3e-3, 1e-3, 1e-4} {
				r, err := (&Sinkhorn{Epsilon: epsilon}).Points(a, b)
				require.NoError(t, err, "%d against %d at %v", k, l, epsilon)
				require.LessOrEqual(t, r.Lower, w.Value+1e-7)
				require.GreaterOrEqual(t, r.Upper, w.Value-1e-7)
				d, err := (&SinkhornDivergence{Epsilon: epsilon}).Points(a, b)
				require.NoError(t, err, "%d against %d at %v", k, l, epsilon)
				require.False(t, math.IsNaN(d.Value))
				require.InDelta(t, w.Value, d.Value, 0.1)
			}
		}
	}
}

func TestSinkhornDegenerate(t *testing.T) {
	one := &Measure{Dim: 2, N: 1, Points: []float64{1, 2}}
	far := &Measure{Dim: 2, N: 1, Points: []float64{4, 6}}
	for _, d := range []Distance{&Sinkhorn{}, &SinkhornDivergence{}} {
		r, err := d.Points(one, one)
		require.NoError(t, err)
		assert.InDelta(t, 0, r.Value, 1e-7)
		r, err = d.Points(one, far)
		require.NoError(t, err)
		assert.InDelta(t, 5, r.Value, 1e-12)
	}
}

func ExampleSinkhorn() {
	a, _ := NewMeasure([][]float64{{0, 0}, {1, 0}, {0, 1}}, nil)
	b, _ := NewMeasure([][]float64{{0.1, 0}, {1, 0.2}, {0.1, 1.1}}, nil)
	r, err := (&Sinkhorn{Epsilon: 1e-3}).Points(a, b)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.4f between %.4f and %.4f\n", r.Value, r.Lower, r.Upper)
	// Output: 0.1528 between 0.1528 and 0.1528
}

func BenchmarkSinkhorn(b *testing.B) {
	rng := source(1)
	p, q := cloud(rng, 1000, 2, true), cloud(rng, 1000, 2, true)
	for _, epsilon := range []float64{3e-3, 1e-3, 1e-4} {
		b.Run(fmt.Sprint(epsilon), func(b *testing.B) {
			for b.Loop() {
				r, err := (&Sinkhorn{Epsilon: epsilon}).Points(p, q)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(r.Iterations), "iterations")
			}
		})
	}
}

func ExampleLogGauss() {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 3, N: 3})
	if err != nil {
		panic(err)
	}
	inf := math.Inf(-1)
	fmt.Println(LogGauss(nil, []float64{inf, 2000, inf}, g, 0.5))
	// Output: [1998 2000 1998]
}
