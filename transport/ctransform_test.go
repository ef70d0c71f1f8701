package transport

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// newGrid returns a grid on [0, k+1] along axis k.
func newGrid(shape ...int) *grid.Grid {
	axes := make([]grid.Axis, len(shape))
	for k, n := range shape {
		axes[k] = grid.Axis{Lo: 0, Hi: float64(k + 1), N: n}
	}
	g, err := grid.New(axes...)
	if err != nil {
		panic(err)
	}
	return g
}

// bruteTransform is the definition.
func bruteTransform(phi []float64, g *grid.Grid) []float64 {
	out := make([]float64, len(phi))
	x, y := make([]float64, g.Dim()), make([]float64, g.Dim())
	for i := range out {
		out[i] = math.Inf(1)
		g.Center(x, i)
		for j, p := range phi {
			if math.IsInf(p, -1) {
				continue
			}
			g.Center(y, j)
			c := 0.0
			for k := range x {
				c += (x[k] - y[k]) * (x[k] - y[k]) / 2
			}
			out[i] = min(out[i], c-p)
		}
	}
	return out
}

// adversarial are potentials that are hard for an envelope.
var adversarial = map[string]func(rng *rand.Rand, i int, x []float64) float64{
	"noise":   func(rng *rand.Rand, _ int, _ []float64) float64 { return rng.NormFloat64() },
	"tiny":    func(rng *rand.Rand, _ int, _ []float64) float64 { return 1e-9 * rng.NormFloat64() },
	"zero":    func(*rand.Rand, int, []float64) float64 { return 0 },
	"ties":    func(rng *rand.Rand, _ int, _ []float64) float64 { return float64(rng.IntN(3)) / 8 },
	"concave": func(_ *rand.Rand, _ int, x []float64) float64 { return -x[0] * x[0] / 2 },
	// The parabolas are the same function: all slopes of the hull are equal.
	"equal slopes": func(_ *rand.Rand, _ int, x []float64) float64 {
		s := 0.0
		for _, v := range x {
			s += v * v / 2
		}
		return s
	},
	"few points": func(rng *rand.Rand, i int, _ []float64) float64 {
		if rng.IntN(4) > 0 {
			return math.Inf(-1)
		}
		return rng.Float64()
	},
	"no point": func(*rand.Rand, int, []float64) float64 { return math.Inf(-1) },
	"one infinite": func(rng *rand.Rand, i int, _ []float64) float64 {
		if i == 1 {
			return math.Inf(1)
		}
		return rng.Float64()
	},
	"steps": func(_ *rand.Rand, i int, _ []float64) float64 { return 1e3 * float64(i%2) },
}

func TestCTransformMatchesTheDefinition(t *testing.T) {
	for name, f := range adversarial {
		for _, g := range []*grid.Grid{newGrid(1), newGrid(2), newGrid(37), newGrid(9, 13), newGrid(1, 17), newGrid(19, 1), newGrid(4, 5, 6), newGrid(3, 2, 4, 3)} {
			rng := source(7)
			phi, x := make([]float64, g.Len()), make([]float64, g.Dim())
			for i := range phi {
				phi[i] = f(rng, i, g.Center(x, i))
			}
			want, got := bruteTransform(phi, g), CTransform(nil, phi, g)
			for i := range want {
				if math.IsInf(want[i], 0) {
					require.Equal(t, want[i], got[i], "%s %v", name, g.Shape())
					continue
				}
				require.InDelta(t, want[i], got[i], 4e-15*(1+math.Abs(want[i])), "%s %v cell %d", name, g.Shape(), i)
			}
			require.Equal(t, got, CTransform(phi, phi, g), "in place")
		}
	}
}

// φᶜᶜᶜ = φᶜ and φᶜᶜ ≥ φ.
func TestCTransformTwice(t *testing.T) {
	g := newGrid(15, 11)
	rng := source(2)
	phi := make([]float64, g.Len())
	for i := range phi {
		phi[i] = rng.NormFloat64()
	}
	c := CTransform(nil, phi, g)
	cc := CTransform(nil, c, g)
	for i := range phi {
		require.GreaterOrEqual(t, cc[i], phi[i]-1e-14)
	}
	assert.InDeltaSlice(t, c, CTransform(nil, cc, g), 1e-14)
}

// The smooth transform is exact for quadratics, and wrong by the cube of the cell width
// for a function that is not; it is never above the one between centers, and equal to it
// where every other center is missing.
func TestSmoothCTransform(t *testing.T) {
	for name, f := range adversarial {
		for _, g := range []*grid.Grid{newGrid(1), newGrid(2), newGrid(37), newGrid(9, 13), newGrid(4, 5, 6)} {
			rng := source(7)
			phi, x := make([]float64, g.Len()), make([]float64, g.Dim())
			for i := range phi {
				phi[i] = f(rng, i, g.Center(x, i))
			}
			sharp, smooth := CTransform(nil, phi, g), SmoothCTransform(nil, phi, g)
			for i, v := range smooth {
				require.False(t, math.IsNaN(v), "%s %v", name, g.Shape())
				require.True(t, v <= sharp[i], "%s %v cell %d: %v above %v", name, g.Shape(), i, v, sharp[i])
			}
			require.Equal(t, smooth, SmoothCTransform(phi, phi, g), "in place")
		}
	}
	// φ = ax²/2 has φᶜ = −ay²/(2(1 − a)) where the minimum y/(1 − a) is inside; the error of
	// the parabolas for a cubic term b x³ falls by 8 when the cells are halved.
	const a = -0.37
	var before float64
	for _, n := range []int{40, 80, 160} {
		g := box(2, n)
		quadratic, cubic, x := make([]float64, g.Len()), make([]float64, g.Len()), make([]float64, 2)
		for i := range cubic {
			g.Center(x, i)
			quadratic[i] = a * (x[0]*x[0] + x[0]*x[1] + x[1]*x[1]) / 2
			cubic[i] = -(x[0]*x[0]*x[0] + x[1]*x[1]*x[1]) / 60
		}
		one, two := SmoothCTransform(nil, quadratic, g), SmoothCTransform(nil, cubic, g)
		worst := 0.0
		for i := range one {
			g.Center(x, i)
			if math.Abs(x[0]) > 2 || math.Abs(x[1]) > 2 {
				continue
			}
			// (I − aQ)⁻¹ with Q = [[1, ½], [½, 1]] has the eigenvalues 1/(1 − 1.5a), 1/(1 − 0.5a).
			p, m := (x[0]+x[1])/math.Sqrt2, (x[0]-x[1])/math.Sqrt2
			want := -1.5*a/(1-1.5*a)*p*p/2 - 0.5*a/(1-0.5*a)*m*m/2
			require.InDelta(t, want, one[i], 1e-13)
			exact := 0.0
			for _, y := range x {
				z := y // z + z²/20 = y
				for range 60 {
					z -= (z + z*z/20 - y) / (1 + z/10)
				}
				exact += (z-y)*(z-y)/2 + z*z*z/60
			}
			worst = max(worst, math.Abs(two[i]-exact))
		}
		if before > 0 {
			require.Greater(t, before/worst, 7.0)
		}
		before = worst
	}
}

func TestCTransformPanics(t *testing.T) {
	assert.Panics(t, func() { CTransform(nil, make([]float64, 2), newGrid(3)) })
	assert.Panics(t, func() { CTransform(make([]float64, 2), make([]float64, 3), newGrid(3)) })
}

func ExampleCTransform() {
	g, _ := grid.New(grid.Axis{Lo: 0, Hi: 4, N: 4})
	fmt.Println(CTransform(nil, []float64{0, 2, 0, 0}, g))
	// Output: [-1.5 -2 -1.5 0]
}

func BenchmarkCTransform512(b *testing.B) {
	g := newGrid(512, 512)
	phi, dst := make([]float64, g.Len()), make([]float64, g.Len())
	x := make([]float64, 2)
	for i := range phi {
		g.Center(x, i)
		phi[i] = 0.02 * math.Cos(6*x[0]) * math.Cos(2*x[1])
	}
	for b.Loop() {
		CTransform(dst, phi, g)
	}
}
