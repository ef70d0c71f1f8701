package exact

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// TestIntegrate solves equations with known solutions, one of them stiff, to near
// rounding, and counts evaluations: with a wrong derivative Newton's method needs
// many more.
func TestIntegrate(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     slope
		exact func(tau float64) float64
		calls int
	}{
		{"logistic", func(_, y float64) (f, df float64) { return 1 - y*y, -2 * y }, math.Tanh, 1500},
		{"driven", func(tau, y float64) (f, df float64) { return math.Cos(tau) - y, -1 },
			func(tau float64) float64 { return (math.Cos(tau) + math.Sin(tau) - math.Exp(-tau)) / 2 }, 1200},
		{"stiff", func(_, y float64) (f, df float64) { return 1e4 * (1 - y), -1e4 },
			func(tau float64) float64 { return -math.Expm1(-1e4 * tau) }, 2500},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, end := range []float64{0, 1e-6, 0.3, 8} {
				calls := 0
				got := integrate(func(tau, y float64) (f, df float64) {
					calls++
					return c.f(tau, y)
				}, end)
				assert.InDelta(t, c.exact(end), got, 5e-15, "τ = %v", end)
				assert.LessOrEqual(t, calls, c.calls, "τ = %v", end)
			}
		})
	}
	assert.Panics(t, func() {
		integrate(func(_, _ float64) (f, df float64) { return math.NaN(), math.NaN() }, 1)
	})
}

// TestRead compares the output's derivatives by I with central differences of
// fourth order, on both branches of the formula and at z = 0.
func TestRead(t *testing.T) {
	p := prompt{start: 0.2, gain: 1.3, square: 0.9}
	for _, depth := range []int{0, 1, 2, 5} {
		for _, i := range []float64{-9, -2.2, -0.1, 0, 1e-9, 0.4, 3} {
			const h = 1e-3
			out := func(i float64) float64 { v, _, _ := p.read(i, depth); return v }
			slope := func(i float64) float64 { _, v, _ := p.read(i, depth); return v }
			difference := func(f func(float64) float64) float64 {
				return (f(i-2*h) - 8*f(i-h) + 8*f(i+h) - f(i+2*h)) / (12 * h)
			}
			_, d, dd := p.read(i, depth)
			assert.InDelta(t, difference(out), d, 1e-10, "L = %d, I = %v", depth, i)
			assert.InDelta(t, difference(slope), dd, 1e-10, "L = %d, I = %v", depth, i)
		}
	}
}

// TestParallelogramMass: any parallelogram around the support has mass one, and
// the halves of one cut through the middle a half each.
func TestParallelogramMass(t *testing.T) {
	for _, c := range [][2][2]float64{
		{{1, 0}, {0, 1}}, {{1.001, 0}, {0, 1.2}}, {{2, 0.9}, {-0.9, 2}}, {{3, 2}, {1, 3}}, {{40, -30}, {30, 40}},
	} {
		e, f := c[0], c[1]
		corner := func(s, r float64) [2]float64 { return [2]float64{s*e[0] + r*f[0], s*e[1] + r*f[1]} }
		all := [4][2]float64{corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)}
		half := [4][2]float64{corner(-1, -1), corner(0, -1), corner(0, 1), corner(-1, 1)}
		assert.InDelta(t, 1, parallelogramMass(&all), 1e-14, "%v", c)
		assert.InDelta(t, 0.5, parallelogramMass(&half), 1e-14, "%v", c)
	}
}

// TestPushBump: for maps that turn either way the box is tight, and no average is
// negative, cells at the rim of the support included.
func TestPushBump(t *testing.T) {
	law := &grid.Bump{Center: []float64{0.4, -0.3}, Radius: []float64{1, 0.6}}
	for _, k := range []float64{-1.3, -0.2, 0, 0.4, 2} {
		fill := func(shrink float64) (*grid.Density, error) {
			box := pushedBox(law, 0.1, k)
			axes := make([]grid.Axis, 2)
			for i, b := range box {
				d := shrink * (b[1] - b[0])
				axes[i] = grid.Axis{Lo: b[0] + d, Hi: b[1] - d, N: 70}
			}
			g, err := grid.New(axes...)
			require.NoError(t, err)
			return pushBump(law, 0.1, k, g)
		}
		rho, err := fill(0)
		require.NoError(t, err, "k = %v", k)
		assert.GreaterOrEqual(t, rho.Min(), 0.0)
		_, err = fill(0.1)
		assert.Error(t, err, "k = %v", k)
		// Tight: some mass touches each side's outer 1.5 percent.
		rim := [4]bool{}
		for i, v := range rho.Values {
			if a, b := i/70, i%70; v > 0 {
				rim[0], rim[1], rim[2], rim[3] = rim[0] || a == 0, rim[1] || a == 69, rim[2] || b == 0, rim[3] || b == 69
			}
		}
		assert.Equal(t, [4]bool{true, true, true, true}, rim, "k = %v", k)
	}
}

// TestStudentMass: the averages of a profile with tails have the mass one over a box
// that holds all but 1e-12, without being scaled.
func TestStudentMass(t *testing.T) {
	for _, s := range []*student{
		{p: 2, radius: 0.5, center: []float64{0.1}}, {p: 10, radius: 2, center: []float64{0.1}}, {p: 4, radius: 1, center: []float64{0, 0.2}}, {p: 10, radius: 1, center: []float64{0, 0, 0.1}},
	} {
		lo, hi := s.box()
		axes := make([]grid.Axis, len(lo))
		for k := range axes {
			axes[k] = grid.Axis{Lo: lo[k], Hi: hi[k], N: []int{300, 48, 16}[len(lo)-1], Grading: grid.Sinh{Center: s.center[k], Scale: max((hi[k]-lo[k])/300, s.radius/2)}}
		}
		g, err := grid.New(axes...)
		require.NoError(t, err)
		rho, err := s.averages(g, "student")
		require.NoError(t, err)
		assert.InDelta(t, 1, rho.Mass(), 1.1e-12, "%+v", s)
		assert.Greater(t, 1-rho.Mass(), -1e-14, "%+v", s)
	}
}
