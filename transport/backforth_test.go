package transport

import (
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// pair returns densities on the unit square and their squared distance: a tensor
// cosine and the uniform law, a bump and its translate, a disc and a larger one. The
// first is exact for functions, whose cell averages are taken by the midpoint rule.
func pair(name string, n int) (mu, nu *grid.Density, exact float64) {
	g, _ := grid.New(grid.Axis{Lo: 0, Hi: 1, N: n}, grid.Axis{Lo: 0, Hi: 1, N: n})
	fill := func(f func(x, y float64) float64) *grid.Density {
		d := grid.NewDensity(g)
		x := make([]float64, 2)
		for i := range d.Values {
			g.Center(x, i)
			d.Values[i] = f(x[0], x[1])
		}
		d.Scale(1 / d.Mass())
		return d
	}
	bump := func(cx, cy, r float64) func(x, y float64) float64 {
		return func(x, y float64) float64 {
			s := ((x-cx)*(x-cx) + (y-cy)*(y-cy)) / (r * r)
			if s >= 1 {
				return 0
			}
			return (1 - s) * (1 - s)
		}
	}
	disc := func(r float64) func(x, y float64) float64 { // the covered part of the cell, by 64 points
		return func(x, y float64) float64 {
			c, s, h := 0, 8, 1/float64(n)
			for i := range s {
				for j := range s {
					px := x - 0.5 + h*((float64(i)+0.5)/float64(s)-0.5)
					py := y - 0.5 + h*((float64(j)+0.5)/float64(s)-0.5)
					if px*px+py*py < r*r {
						c++
					}
				}
			}
			return float64(c)
		}
	}
	switch name {
	case "cos":
		return fill(func(x, y float64) float64 {
			return (1 + 0.9*math.Cos(2*math.Pi*x)) * (1 + 0.9*math.Cos(2*math.Pi*y))
		}), fill(func(x, y float64) float64 { return 1 }), 0.9 * 0.9 / (4 * math.Pi * math.Pi)
	case "bump":
		return fill(bump(0.3, 0.35, 0.2)), fill(bump(0.6, 0.55, 0.2)), 0.13
	}
	return fill(disc(0.15)), fill(disc(0.35)), 0.02
}

// The target is 2.5e-4 of W₂² at 512² and 1e-4 at 1024². The method is of second order in
// the cell width, so that coarser grids may miss by four times as much for every halving;
// the bracket closes with at least first order, down to 1e-4. Finer grids are behind the tag long.
func TestBackForthOnKnownDistances(t *testing.T) { knownDistances(t, 64, 128) }

func knownDistances(t *testing.T, sizes ...int) {
	for _, name := range []string{"cos", "bump", "disc"} {
		var widths []float64
		for _, n := range sizes {
			mu, nu, exact := pair(name, n)
			r, err := new(W2).Densities(mu, nu)
			require.NoError(t, err)
			relative := func(v float64) float64 { return v*v/exact - 1 }
			t.Logf("%s %d²: value %+.2g, bounds %+.2g and %+.2g, %d iterations", name, n, relative(r.Value), relative(r.Lower), relative(r.Upper), r.Iterations)
			coarse := 512 / float64(n)
			target := 2.5e-4 * coarse * coarse
			if n > 512 {
				target = 1e-4
			}
			assert.InDelta(t, 0, relative(r.Value), target, "%s %d", name, n)
			assert.LessOrEqual(t, r.Lower, r.Value)
			assert.LessOrEqual(t, r.Value, r.Upper)
			// The exact distance is that of the functions, the bounds are for their cell
			// averages: apart by less than the target.
			assert.LessOrEqual(t, relative(r.Lower), target, "%s %d: not a lower bound", name, n)
			assert.GreaterOrEqual(t, relative(r.Upper), -target, "%s %d: not an upper bound", name, n)
			assert.Less(t, r.Iterations, 300, "the limit")
			widths = append(widths, relative(r.Upper)-relative(r.Lower))
		}
		for k := 1; k < len(widths); k++ {
			assert.Less(t, widths[k], max(widths[k-1]/2, 1e-4), name)
		}
	}
}

// Between the same atoms the network simplex gives the optimum that the dual of the
// back-and-forth method may not exceed and comes near to, and its primal bound may
// not undercut.
func TestBackForthAgainstTheNetworkSimplex(t *testing.T) {
	for seed := range uint64(4) {
		rng := source(seed)
		g := newGrid(14, 17)
		if seed == 3 {
			g = newGrid(9, 12, 11)
		}
		a, b := grid.NewDensity(g), grid.NewDensity(g)
		x := make([]float64, g.Dim())
		for i := range a.Values {
			g.Center(x, i)
			a.Values[i] = 0.2 + math.Exp(-8*(x[0]-0.3)*(x[0]-0.3)) + 0.3*rng.Float64()
			b.Values[i] = 0.2 + math.Exp(-8*(x[1]-1.2)*(x[1]-1.2))
			if seed == 1 && x[0] < 0.4 {
				b.Values[i] = 0
			}
		}
		a.Scale(1 / a.Mass())
		b.Scale(1 / b.Mass())
		o, err := Solve(Squared, FromDensity(a), FromDensity(b))
		require.NoError(t, err)
		s := newBackForth(g, fractions(a), fractions(b))
		require.NoError(t, s.run(1e-6, 300))
		require.LessOrEqual(t, 2*s.value, o.Upper*(1+1e-12))
		// Where the ascent is at rest, sharing an image between the centers beside it gives a
		// feasible plan. Its mass at a center that is δ_k from the image along axis k has a
		// reduced cost of Σδ_k² where S′ is near 1 (derived: |x − y|² − 2φ has that curvature),
		// in the mean Σ f_k(1 − f_k)h_k² ≤ Σh_k²/4 for images at the fractions f_k of a cell.
		share := 0.0
		for k := range g.Dim() {
			share += g.Axis(k).H() * g.Axis(k).H() / 4
		}
		assert.Greater(t, 2*s.value, o.Upper-share, "seed %d", seed)
		for _, up := range []float64{s.push.primal(s.mu, s.nu, s.psi), s.push.primal(s.nu, s.mu, s.phi)} {
			assert.GreaterOrEqual(t, up, o.Upper*(1-1e-12))
		}
		assert.LessOrEqual(t, lowerBound(g, s.mu, s.nu, s.phi), o.Upper)
	}
}

// Any potential gives bounds: the primal one above and the dual one below the
// optimum, here of random potentials, far from optimal.
func TestBoundsHoldForAnyPotential(t *testing.T) {
	for seed := range uint64(12) {
		rng := source(seed)
		g := newGrid([][]int{{9, 11}, {23}, {4, 5, 3}}[seed%3]...)
		mu, nu := make([]float64, g.Len()), make([]float64, g.Len())
		for i := range mu {
			mu[i], nu[i] = rng.Float64(), max(0, rng.Float64()-0.3)
		}
		normalise(mu)
		normalise(nu)
		phi := make([]float64, g.Len())
		for i := range phi {
			phi[i] = 0.01 * float64(seed) * rng.NormFloat64()
		}
		o, err := Solve(Squared, FromDensity(&grid.Density{Grid: g, Values: scaled(mu, g)}), FromDensity(&grid.Density{Grid: g, Values: scaled(nu, g)}))
		require.NoError(t, err)
		psi := CTransform(nil, phi, g)
		p := newPusher(g)
		require.GreaterOrEqual(t, p.primal(mu, nu, psi), o.Upper*(1-1e-12), "seed %d", seed)
		require.LessOrEqual(t, lowerBound(g, mu, nu, phi), o.Upper, "seed %d", seed)
		sent := make([]float64, g.Len())
		p.push(sent, mu, psi)
		require.InDelta(t, 1, total(sent), 1e-13)
	}
}

// On the line the distance of the piecewise constant densities is known exactly; both
// bounds are for it.
func TestBoundsAreForTheDensities(t *testing.T) {
	for seed := range uint64(20) {
		rng := source(seed)
		g := newGrid(3 + rng.IntN(40))
		a, b := grid.NewDensity(g), grid.NewDensity(g)
		for i := range a.Values {
			a.Values[i], b.Values[i] = rng.Float64(), max(0, rng.Float64()-0.4*float64(seed%2))
		}
		b.Values[0] += 0.1
		a.Scale(1 / a.Mass())
		b.Scale(1 / b.Mass())
		exact, err := LineDensities(Squared, a, b)
		require.NoError(t, err)
		s := newBackForth(g, fractions(a), fractions(b))
		_ = s.run(1e-6, 60) // the bounds hold whether it has converged or not
		assert.GreaterOrEqual(t, s.push.primal(s.mu, s.nu, s.psi), exact*(1-1e-12))
		assert.LessOrEqual(t, lowerBound(g, s.mu, s.nu, s.phi), exact*(1+1e-12))
	}
}

// For a translation by whole cells and its potential the lower bound misses the
// distance by the h²/3 that it gives away, and by nothing else.
func TestLowerBoundOfATranslation(t *testing.T) {
	g := newGrid(40)
	h, mu, nu, phi := 1./40, make([]float64, 40), make([]float64, 40), make([]float64, 40)
	for i := range 6 {
		mu[10+i], nu[17+i] = 1./6, 1./6
	}
	s := 7 * h
	for j := range phi {
		phi[j] = s * g.Axis(0).Center(j)
	}
	assert.InDelta(t, s*s-h*h/3, lowerBound(g, mu, nu, phi), 1e-15)
}

func scaled(mass []float64, g *grid.Grid) []float64 {
	out := append([]float64(nil), mass...)
	for i := range out {
		out[i] /= g.CellVolume()
	}
	return out
}

func TestBackForthItself(t *testing.T) {
	mu, nu, _ := pair("cos", 20)
	r, err := new(W2).Densities(mu, mu)
	require.NoError(t, err)
	assert.Less(t, r.Upper, 1e-7)
	assert.LessOrEqual(t, r.Lower, r.Value)
	assert.LessOrEqual(t, r.Value, r.Upper)
	forth, err := new(W2).Densities(mu, nu)
	require.NoError(t, err)
	back, err := new(W2).Densities(nu, mu)
	require.NoError(t, err)
	assert.LessOrEqual(t, back.Lower, forth.Value)
	assert.LessOrEqual(t, forth.Value, back.Upper)
	_, err = (&W2{Iterations: 2}).Densities(mu, nu)
	assert.ErrorIs(t, err, ErrNotConverged)
	assert.ErrorContains(t, err, "after 2 iterations W2² is only known to be between")
	assert.Error(t, (&W2{Tolerance: -1}).Validate())
}

func TestBackForthDoesNotDependOnProcessors(t *testing.T) {
	mu, nu, _ := pair("bump", 40)
	want, err := new(W2).Densities(mu, nu)
	require.NoError(t, err)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	got, err := new(W2).Densities(mu, nu)
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

// Densities on different grids go by the network simplex, with bounds that hold for
// the densities.
func TestDifferentGrids(t *testing.T) {
	coarse, fine := grid.NewDensity(newGrid(8, 8)), grid.NewDensity(newGrid(16, 16))
	for i := range coarse.Values {
		coarse.Values[i] = 0.5
	}
	for i := range fine.Values {
		fine.Values[i] = 0.5
	}
	for _, name := range []string{"w1", "w2"} {
		d, err := Distances.New(name)
		require.NoError(t, err)
		r, err := Between(d, coarse, fine) // the same function: distance 0
		require.NoError(t, err)
		assert.Zero(t, r.Lower)
		assert.Nil(t, r.Plan)
		assert.Greater(t, r.Value, 0.0)
		assert.LessOrEqual(t, r.Value, r.Upper)
	}
}

func ExampleW2() {
	g, _ := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 64}, grid.Axis{Lo: 0, Hi: 1, N: 64})
	a, b := grid.NewDensity(g), grid.NewDensity(g)
	_ = (&grid.Bump{Center: []float64{0.3, 0.4}, Radius: []float64{0.2, 0.2}}).Average(a)
	_ = (&grid.Bump{Center: []float64{0.6, 0.6}, Radius: []float64{0.2, 0.2}}).Average(b)
	r, err := new(W2).Densities(a, b)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.3f, exactly %.3f; bounds hold: %v\n", r.Value, math.Hypot(0.3, 0.2), r.Lower <= r.Value && r.Value <= r.Upper)
	// Output: 0.361, exactly 0.361; bounds hold: true
}

func BenchmarkBackForth(b *testing.B) {
	for _, n := range []int{256, 512, 1024} {
		for _, name := range []string{"cos", "bump", "disc"} {
			b.Run(fmt.Sprintf("%s-%d", name, n), func(b *testing.B) {
				mu, nu, exact := pair(name, n)
				for b.Loop() {
					r, err := new(W2).Densities(mu, nu)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(r.Value*r.Value/exact-1, "error")
					b.ReportMetric((r.Upper*r.Upper-r.Lower*r.Lower)/exact, "gap")
					b.ReportMetric(float64(r.Iterations), "iterations")
				}
			})
		}
	}
}
