package transport

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// normal returns a normal law on a line of n cells from −8 to 8.
func normal(t *testing.T, n int, mean, variance float64) *grid.Density {
	t.Helper()
	g, err := grid.New(grid.Axis{Lo: -8, Hi: 8, N: n})
	require.NoError(t, err)
	d := grid.NewDensity(g)
	require.NoError(t, (&grid.Gaussian{Mean: []float64{mean}, Covariance: [][]float64{{variance}}}).Average(d))
	d.Scale(1 / d.Mass())
	return d
}

// The barycenter of one law is the law with ε/2 more variance, or, debiased, the law;
// that of two translates is the law in the middle, with as much more.
func TestEntropicBarycenterOfNormalLaws(t *testing.T) {
	a, b := normal(t, 160, -2, 0.64), normal(t, 160, 2, 0.64)
	const epsilon = 1e-3
	more := epsilon * 16 * 16 / 2
	for _, debiased := range []bool{false, true} {
		e := &EntropicBarycenter{Epsilon: epsilon, Debiased: debiased, Tolerance: 1e-9}
		want := a.Covariance()[0][0]
		if !debiased {
			want += more
		}
		one, err := e.Densities([]float64{3}, a)
		require.NoError(t, err)
		assert.InDelta(t, -2, one.Mean()[0], 1e-8)
		assert.InDelta(t, want, one.Covariance()[0][0], 1e-6)
		assert.InDelta(t, 1, one.Mass(), 1e-13)
		if debiased {
			assert.InDeltaSlice(t, a.Values, one.Values, 1e-6)
		}
		two, err := e.Densities([]float64{1, 3}, a, b)
		require.NoError(t, err)
		assert.InDelta(t, 1, two.Mean()[0], 1e-6)
		assert.InDelta(t, want, two.Covariance()[0][0], 1e-5)
	}
}

// As ε falls it goes to the exact barycenter, which is known on the line: of laws of
// other variances the one of the mean deviation.
func TestEntropicBarycenterConverges(t *testing.T) {
	a, b := normal(t, 320, -1, 0.25), normal(t, 320, 1, 1)
	before := math.Inf(1)
	for _, epsilon := range []float64{4e-3, 2e-3, 1e-3} {
		d, err := (&EntropicBarycenter{Epsilon: epsilon, Debiased: true}).Densities([]float64{1, 1}, a, b)
		require.NoError(t, err)
		off := math.Abs(math.Sqrt(d.Covariance()[0][0]) - 0.75)
		assert.Less(t, off, before/2)
		before = off
	}
	assert.Less(t, before, 0.01)
}

func TestEntropicBarycenterRefuses(t *testing.T) {
	a, b := normal(t, 40, 0, 1), normal(t, 20, 0, 1)
	heavy := normal(t, 40, 0, 1)
	heavy.Scale(2)
	for want, f := range map[string]func() (*grid.Density, error){
		"as many, and at least one": func() (*grid.Density, error) { return (&EntropicBarycenter{}).Densities(nil) },
		"add up to 0":               func() (*grid.Density, error) { return (&EntropicBarycenter{}).Densities([]float64{0}, a) },
		"density 1 is on another":   func() (*grid.Density, error) { return (&EntropicBarycenter{}).Densities([]float64{1, 1}, a, b) },
		"masses 1 and 2 differ":     func() (*grid.Density, error) { return (&EntropicBarycenter{}).Densities([]float64{1, 1}, a, heavy) },
		"3 iterations; the marginals still miss": func() (*grid.Density, error) {
			return (&EntropicBarycenter{Iterations: 3}).Densities([]float64{1, 1}, a, normal(t, 40, 3, 0.1))
		},
		"epsilon -1": func() (*grid.Density, error) { return (&EntropicBarycenter{Epsilon: -1}).Densities([]float64{1}, a) },
	} {
		d, err := f()
		assert.ErrorContains(t, err, want)
		assert.Nil(t, d)
	}
}

func ExampleEntropicBarycenter() {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 64}, grid.Axis{Lo: 0, Hi: 1, N: 64})
	if err != nil {
		panic(err)
	}
	bump := func(x, y float64) *grid.Density {
		d := grid.NewDensity(g)
		if err := (&grid.Bump{Center: []float64{x, y}, Radius: []float64{0.2, 0.2}}).Average(d); err != nil {
			panic(err)
		}
		d.Scale(1 / d.Mass())
		return d
	}
	e := &EntropicBarycenter{Debiased: true}
	m, err := e.Densities([]float64{1, 1}, bump(0.3, 0.3), bump(0.7, 0.5))
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.3f %.4f\n", m.Mean(), m.Covariance()[0][0]/bump(0.3, 0.3).Covariance()[0][0])
	// Output: [0.500 0.400] 1.0000
}
