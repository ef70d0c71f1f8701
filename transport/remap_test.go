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

// box returns the grid of n cells an axis on [−4, 4]^d.
func box(d, n int) *grid.Grid {
	axes := make([]grid.Axis, d)
	for k := range axes {
		axes[k] = grid.Axis{Lo: -4, Hi: 4, N: n}
	}
	g, err := grid.New(axes...)
	if err != nil {
		panic(err)
	}
	return g
}

func normalMasses(g *grid.Grid, law *grid.Gaussian) []float64 {
	d := grid.NewDensity(g)
	if err := law.Average(d); err != nil {
		panic(err)
	}
	return fractions(d)
}

func newNormal(d int) *grid.Gaussian {
	law := &grid.Gaussian{Mean: make([]float64, d), Covariance: make([][]float64, d)}
	for i := range d {
		law.Covariance[i] = make([]float64, d)
	}
	return law
}

// A linear map with a symmetric matrix takes a normal law to one: third order on the
// line and second order elsewhere, shears included.
func TestRemapOfNormalLaws(t *testing.T) {
	for name, c := range map[string]struct {
		variance float64
		matrix   [][]float64 // I − ∇²φ, from after to before
		sizes    []int
		order    float64
	}{
		"line":  {0.16, [][]float64{{1.5}}, []int{50, 100, 200}, 3},
		"plane": {0.2, [][]float64{{1, 0.4}, {0.4, 0.8}}, []int{48, 96, 192}, 2},
		"space": {0.15, [][]float64{{1, 0.4, 0}, {0.4, 1, 0.15}, {0, 0.15, 1}}, []int{32, 64}, 2},
	} {
		d := len(c.matrix)
		before, after := newNormal(d), newNormal(d)
		for i := range d {
			after.Covariance[i][i] = c.variance
			for j := range d {
				for k := range d {
					before.Covariance[i][j] += c.variance * c.matrix[i][k] * c.matrix[k][j]
				}
			}
		}
		var errs []float64
		for _, n := range c.sizes {
			g := box(len(c.matrix), n)
			psi, x := make([]float64, g.Len()), make([]float64, g.Dim())
			for i := range psi {
				g.Center(x, i)
				for j := range x {
					psi[i] += x[j] * x[j] / 2
					for k := range x {
						psi[i] -= c.matrix[j][k] * x[j] * x[k] / 2
					}
				}
			}
			r := NewRemap(g)
			r.Gradient(psi)
			got, want := make([]float64, g.Len()), normalMasses(g, after)
			r.Carry(got, normalMasses(g, before))
			sum := 0.0
			for i, v := range got {
				require.GreaterOrEqual(t, v, 0.0)
				sum += math.Abs(v - want[i])
			}
			require.InDelta(t, 1, total(got), 1e-13)
			errs = append(errs, sum)
		}
		t.Logf("%s: %.3g", name, errs)
		last := len(errs) - 1
		assert.Greater(t, math.Log2(errs[last-1]/errs[last]), c.order-0.1, name)
	}
}

// Whatever the map, mass is kept and not negative; the identity and a shift by whole
// cells are exact.
func TestRemapKeepsMass(t *testing.T) {
	for seed := range uint64(20) {
		rng := source(seed)
		g := newGrid([][]int{{17}, {9, 11}, {1, 6}, {5, 4, 6}, {3, 4, 3, 2}}[seed%5]...)
		mass, psi := make([]float64, g.Len()), make([]float64, g.Len())
		for i := range mass {
			mass[i] = max(0, rng.Float64()-0.4)
			psi[i] = math.Pow(10, -float64(seed%4)) * rng.NormFloat64()
		}
		mass[0]++
		r := NewRemap(g)
		same := make([]float64, g.Len())
		r.Carry(same, mass)
		require.InDeltaSlice(t, mass, same, 1e-15)
		r.Gradient(psi)
		got := make([]float64, g.Len())
		r.Carry(got, mass)
		require.InDelta(t, 1, total(got)/total(mass), 1e-13)
		for _, v := range got {
			require.GreaterOrEqual(t, v, 0.0)
		}
		r.Carry(mass, mass)
		require.Equal(t, got, mass, "in place")
	}
	g := newGrid(8)
	psi, mass := make([]float64, 8), []float64{0, 0, 1, 2, 0, 0, 0, 0}
	for i := range psi {
		psi[i] = 0.25 * g.Axis(0).Center(i) // two cells to the right
	}
	r := NewRemap(g)
	r.Gradient(psi)
	r.Carry(mass, mass)
	assert.InDeltaSlice(t, []float64{0, 0, 0, 0, 1, 2, 0, 0}, mass, 1e-15)
	assert.Panics(t, func() { r.Carry(mass, mass[1:]) })
}

func TestRemapDoesNotDependOnProcessors(t *testing.T) {
	g := box(2, 64)
	mass := normalMasses(g, &grid.Gaussian{Mean: []float64{0, 0}, Covariance: [][]float64{{0.2, 0}, {0, 0.2}}})
	psi := make([]float64, g.Len())
	rng := source(1)
	for i := range psi {
		psi[i] = 1e-3 * rng.NormFloat64()
	}
	run := func() []float64 {
		r, out := NewRemap(g), make([]float64, g.Len())
		r.Gradient(psi)
		r.Carry(out, mass)
		return out
	}
	want := run()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	assert.Equal(t, want, run())
}

func ExampleRemap() {
	g, _ := grid.New(grid.Axis{Lo: 0, Hi: 6, N: 6})
	phi := make([]float64, 6)
	for i := range phi {
		phi[i] = g.Axis(0).Center(i) // S(x) = x − 1
	}
	r := NewRemap(g)
	r.Gradient(phi)
	mass := []float64{0, 0.25, 0.75, 0, 0, 0}
	r.Carry(mass, mass)
	fmt.Printf("%.2f\n", mass)
	// Output: [0.00 0.00 0.25 0.75 0.00 0.00]
}
