package grid_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// gradedAxes is one axis of every grading, with room for strong ones.
var gradedAxes = map[string]grid.Axis{
	"sinh":        {Lo: -10, Hi: 6, N: 48, Grading: grid.Sinh{Center: 1, Scale: 0.3}},
	"sinh at end": {Lo: 2, Hi: 6, N: 32, Grading: grid.Sinh{Center: 2, Scale: 0.1}},
	"sinh beyond": {Lo: 2, Hi: 6, N: 32, Grading: grid.Sinh{Center: 9, Scale: 0.1}},
	"geometric":   {Lo: 0, Hi: 3, N: 30, Grading: grid.Geometric{Ratio: 50}},
	"downwards":   {Lo: 0, Hi: 3, N: 30, Grading: grid.Geometric{Ratio: 0.02}},
	"tanh":        {Lo: 0, Hi: 1, N: 40, Grading: grid.Tanh{Ratio: 30}},
}

func TestGradingsAreRefinedByHalving(t *testing.T) {
	for name, a := range gradedAxes {
		require.NoError(t, a.Validate(), name)
		fine := a
		fine.N *= 2
		require.NoError(t, fine.Validate(), name)
		e, f := a.Edges(), fine.Edges()
		assert.Equal(t, a.Lo, e[0], name)
		assert.Equal(t, a.Hi, e[a.N], name)
		for i, x := range e {
			assert.InDelta(t, x, f[2*i], 1e-14*(a.Hi-a.Lo), name)
		}
		for i, x := range a.Centers() {
			assert.InDelta(t, (e[i]+e[i+1])/2, x, 1e-14*(a.Hi-a.Lo), name)
		}
	}
}

// The widths against closed forms: of sinh, h ≈ Δη √(δ² + (x − c)²); of geometric, a
// constant factor; of tanh, middle and end in the ratio r as N → ∞.
func TestGradingsHaveTheStatedWidths(t *testing.T) {
	a := grid.Axis{Lo: -10, Hi: 6, N: 4000, Grading: grid.Sinh{Center: 1, Scale: 0.3}}
	step := (math.Asinh(5/0.3) - math.Asinh(-11/0.3)) / 4000
	for i := range a.N {
		assert.InEpsilon(t, step*math.Hypot(0.3, a.Center(i)-1), a.Width(i), 1e-5)
	}
	b := grid.Axis{Lo: 1, Hi: 3, N: 20, Grading: grid.Geometric{Ratio: 7}}
	for i := range 19 {
		assert.InEpsilon(t, math.Pow(7, 1.0/20), b.Width(i+1)/b.Width(i), 1e-12)
	}
	c := grid.Axis{Lo: 0, Hi: 1, N: 4001, Grading: grid.Tanh{Ratio: 30}}
	assert.InEpsilon(t, 30, c.Width(2000)/c.Width(0), 3e-3)
	assert.InEpsilon(t, c.Width(0), c.Width(4000), 1e-9)
	assert.Equal(t, 0.25, grid.Geometric{Ratio: 1}.Position(0.25, 0, 1))
	assert.Equal(t, 0.25, grid.Tanh{Ratio: 1}.Position(0.25, 0, 1))
}

func TestGradingsRefuse(t *testing.T) {
	for want, a := range map[string]grid.Axis{
		"grading: scale: 0: want a finite number above 0":         {Lo: 0, Hi: 1, N: 8, Grading: grid.Sinh{}},
		"grading: center: NaN is not finite":                      {Lo: 0, Hi: 1, N: 8, Grading: grid.Sinh{Center: math.NaN(), Scale: 1}},
		"grading: ratio: -1: want a finite number above 0":        {Lo: 0, Hi: 1, N: 8, Grading: grid.Geometric{Ratio: -1}},
		"grading: ratio: 0.5: want a finite number of at least 1": {Lo: 0, Hi: 1, N: 8, Grading: grid.Tanh{Ratio: 0.5}},
		"differ by a factor 4.64: want at most 1.65: more cells":  {Lo: 0, Hi: 1, N: 3, Grading: grid.Geometric{Ratio: 100}},
		"want edges that increase by more than rounding":          {Lo: 0, Hi: 1, N: 100, Grading: grid.Sinh{Center: 0.5, Scale: 1e-17}},
	} {
		assert.ErrorContains(t, a.Validate(), want)
		_, err := grid.New(a)
		assert.ErrorContains(t, err, want)
	}
}

// A rough map is refused: edges moved at random, a jump of the width, alternating
// widths, and a smooth map refined between its edges.
func TestRoughEdgesAreRefused(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	random, jump, alternate, kinks := []float64{0}, []float64{0}, []float64{0}, []float64{}
	for i := range 64 {
		next := func(e []float64, h float64) []float64 { return append(e, e[len(e)-1]+h) }
		random = next(random, 1+0.01*rng.Float64())
		jump = next(jump, 1+0.2*float64(i/32))
		alternate = next(alternate, 1+1e-3*float64(i&1))
	}
	smooth := gradedAxes["sinh"].Edges()
	for i := range len(smooth) - 1 {
		kinks = append(kinks, smooth[i], (smooth[i]+smooth[i+1])/2)
	}
	for name, e := range map[string][]float64{"random": random, "jump": jump, "alternate": alternate, "kinks": kinks} {
		_, err := grid.AxisFromEdges(e)
		assert.ErrorContains(t, err, "change unevenly", name)
	}
	_, err := grid.AxisFromEdges([]float64{0, 1, 3})
	assert.ErrorContains(t, err, "differ by a factor 2")
}

func TestAxisFromEdges(t *testing.T) {
	for name, a := range gradedAxes {
		b, err := grid.AxisFromEdges(a.Edges())
		require.NoError(t, err, name)
		assert.True(t, a.Equal(b) && b.Equal(a), name)
		assert.Equal(t, a.Edges(), b.Edges(), name)
		b.N *= 2
		assert.ErrorContains(t, b.Validate(), "change unevenly", name)
	}
	even := grid.Axis{Lo: -1, Hi: 2, N: 30}
	got, err := grid.AxisFromEdges(even.Edges())
	require.NoError(t, err)
	assert.Equal(t, even, got)
	graded := grid.Axis{Lo: -1, Hi: 2, N: 30, Grading: grid.Geometric{Ratio: 1.01}}
	assert.False(t, even.Equal(graded))
}

// gradedGrids has a graded axis in each place.
func gradedGrids(t *testing.T) []*grid.Grid {
	x := grid.Axis{Lo: -6, Hi: 6, N: 24, Grading: grid.Sinh{Center: 0.5, Scale: 1}}
	y := grid.Axis{Lo: -5, Hi: 7, N: 20}
	z := grid.Axis{Lo: -6, Hi: 8, N: 22, Grading: grid.Geometric{Ratio: 3}}
	var all []*grid.Grid
	for _, axes := range [][]grid.Axis{{x}, {x, y}, {y, x}, {z, x}, {x, y, z}} {
		g, err := grid.New(axes...)
		require.NoError(t, err)
		all = append(all, g)
	}
	return all
}

func TestVolumesOfAGradedGrid(t *testing.T) {
	for _, g := range gradedGrids(t) {
		j := g.Jacobian()
		for i, v := range j {
			want := 1.0
			for k := range g.Dim() {
				want *= g.Axis(k).Width(i / g.Stride(k) % g.Axis(k).N)
			}
			assert.InEpsilon(t, want, g.Volume(i), 1e-13)
			assert.Equal(t, v, g.RelativeVolume(i))
		}
		assert.InEpsilon(t, float64(g.Len()), grid.Sum(j), 1e-13)
		assert.ErrorContains(t, g.CheckUniform(), "is graded: want equal cells")
		assert.PanicsWithValue(t, "grid: CellVolume: "+g.CheckUniform().Error(), func() { g.CellVolume() })
	}
	even, _ := grid.New(grid.Axis{Lo: 0, Hi: 3, N: 7})
	assert.Nil(t, even.Jacobian())
	assert.Equal(t, even.CellVolume(), even.Volume(3))
	assert.NoError(t, even.CheckUniform())
}

// Laws fill graded grids with the averages of each cell: those of a normal law with
// independent coordinates are products of masses on the line, and a correlated one has
// them as its marginals.
func TestLawsFillGradedGrids(t *testing.T) {
	for _, g := range gradedGrids(t) {
		d := g.Dim()
		mean, cov := make([]float64, d), make([][]float64, d)
		for k := range d {
			cov[k] = make([]float64, d)
			for l := range d {
				cov[k][l] = 0.1
			}
			cov[k][k], mean[k] = 0.5+0.1*float64(k), 0.3*float64(k)
		}
		rho := grid.NewDensity(g)
		require.NoError(t, (&grid.Gaussian{Mean: mean, Covariance: cov}).Average(rho))
		assert.InDelta(t, 1, rho.Mass(), 1e-15)
		for k := range d {
			marginal, a := rho.Marginal(k), g.Axis(k)
			assert.InDelta(t, 1, marginal.Mass(), 1e-14)
			s := math.Sqrt(2 * cov[k][k])
			for i, v := range marginal.Values {
				mass := (math.Erf((a.Edge(i+1)-mean[k])/s) - math.Erf((a.Edge(i)-mean[k])/s)) / 2
				assert.InDelta(t, mass, v*a.Width(i), 2e-9, "the box cuts tails of 1e-9 off")
			}
		}
		bump := &grid.Bump{Center: mean, Radius: make([]float64, d)}
		for k := range bump.Radius {
			bump.Radius[k] = 2
		}
		require.NoError(t, bump.Average(rho))
		assert.InDelta(t, 1, rho.Mass(), 1e-15)
		assert.InDelta(t, mean[0], rho.Mean()[0], 0.05)
	}
}

// Everything a density does on equal cells it does on cells that are graded in name
// only.
func TestDensityOnAGradingOfEqualCells(t *testing.T) {
	even := []grid.Axis{{Lo: -4, Hi: 4, N: 16}, {Lo: -5, Hi: 4, N: 12}, {Lo: -4, Hi: 5, N: 9}}
	graded := make([]grid.Axis, 3)
	for k, a := range even {
		a.Grading = grid.Geometric{Ratio: 1}
		graded[k] = a
	}
	u, _ := grid.New(even...)
	v, err := grid.New(graded...)
	require.NoError(t, err)
	law := &grid.Gaussian{Mean: []float64{0.3, -0.5, 0.2}, Covariance: [][]float64{{0.3, 0.1, 0}, {0.1, 0.4, 0.1}, {0, 0.1, 0.3}}}
	a, b := grid.NewDensity(u), grid.NewDensity(v)
	require.NoError(t, law.Average(a))
	require.NoError(t, law.Average(b))
	assert.InDeltaSlice(t, a.Values, b.Values, 1e-15)
	assert.InDeltaSlice(t, a.Mean(), b.Mean(), 1e-14)
	for k, row := range a.Covariance() {
		assert.InDeltaSlice(t, row, b.Covariance()[k], 1e-14)
	}
	assert.InDeltaSlice(t, a.Marginal(2, 0).Values, b.Marginal(2, 0).Values, 1e-14)
	sa, err := grid.NewSampler(a)
	require.NoError(t, err)
	sb, err := grid.NewSampler(b)
	require.NoError(t, err)
	assert.InDeltaSlice(t, sa.Random(100, rand.NewPCG(3, 4)), sb.Random(100, rand.NewPCG(3, 4)), 1e-9)
}

// Draws from a graded density have its distribution function: Kolmogorov's distance of
// 20,000 draws is below 1.95/√n with probability 0.999.
func TestSamplerOnAGradedAxis(t *testing.T) {
	g, err := grid.New(gradedAxes["sinh"])
	require.NoError(t, err)
	rho := grid.NewDensity(g)
	require.NoError(t, (&grid.Gaussian{Mean: []float64{0}, Covariance: [][]float64{{0.7}}}).Average(rho))
	s, err := grid.NewSampler(rho)
	require.NoError(t, err)
	const n = 20000
	x := s.Random(n, rand.NewPCG(5, 6))
	var below, worst float64
	for i, e := range g.Axis(0).Edges() {
		var count float64
		for _, v := range x {
			if v < e {
				count++
			}
		}
		worst = max(worst, math.Abs(count/n-below))
		if i < len(rho.Values) {
			below += rho.Values[i] * g.Axis(0).Width(i)
		}
	}
	assert.Less(t, worst, 1.95/math.Sqrt(n))
}

func TestGradedDensityFile(t *testing.T) {
	for _, g := range gradedGrids(t) {
		d := grid.NewDensity(g)
		for i := range d.Values {
			d.Values[i] = float64(i)
		}
		var b bytes.Buffer
		require.NoError(t, grid.WriteDensity(&b, d))
		got, err := grid.ReadDensity(bytes.NewReader(b.Bytes()), int64(b.Len()))
		require.NoError(t, err)
		assert.True(t, got.Grid.Equal(g))
		assert.Equal(t, d.Mass(), got.Mass())
	}
}
