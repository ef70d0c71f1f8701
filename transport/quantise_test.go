package transport

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// split returns the same density with every cell of every axis cut into n.
func split(t *testing.T, d *grid.Density, n int) *grid.Density {
	t.Helper()
	axes := d.Grid.Axes()
	for k := range axes {
		axes[k].N *= n
	}
	g, err := grid.New(axes...)
	require.NoError(t, err)
	out := grid.NewDensity(g)
	for i := range out.Values {
		from := 0
		for k := range axes {
			from += i / g.Stride(k) % g.Axis(k).N / n * d.Grid.Stride(k)
		}
		out.Values[i] = d.Values[from]
	}
	return out
}

// random returns a density of mass one with holes and with cells of next to no mass.
func random(seed uint64, g *grid.Grid) *grid.Density {
	rng, d := source(seed), grid.NewDensity(g)
	for i := range d.Values {
		switch i % 5 {
		case 0:
		case 1:
			d.Values[i] = 1e-13 * rng.Float64()
		default:
			d.Values[i] = rng.Float64()
		}
	}
	d.Scale(1 / d.Mass())
	return d
}

// All brackets hold the distance: each meets that of the density on a grid so fine that
// it is nearly a number. They close at second order in the cells.
func TestQuantisationBrackets(t *testing.T) {
	for seed := range uint64(6) {
		rng := source(seed)
		d := random(seed, newGrid(6, 7))
		b := cloud(rng, 1+rng.IntN(40), 2, true)
		fine, err := Quantise(split(t, d, 16), 0)
		require.NoError(t, err)
		truth, err := fine.W2(b)
		require.NoError(t, err)
		var width [3]float64
		for k, cut := range []int{1, 2, 4} {
			for _, n := range []int{1, 7, 60, 0} {
				q, err := Quantise(split(t, d, cut), n)
				require.NoError(t, err)
				require.InDelta(t, 1, q.Points.Mass(), 1e-13)
				if n > 0 {
					require.LessOrEqual(t, q.Points.N, n)
				}
				r, err := q.W2(b)
				require.NoError(t, err)
				require.LessOrEqual(t, r.Lower, truth.Upper, "seed %d: %d points of %d² cells", seed, n, cut)
				require.GreaterOrEqual(t, r.Upper, truth.Lower, "seed %d: %d points of %d² cells", seed, n, cut)
				require.True(t, r.Lower <= r.Value && r.Value <= r.Upper)
				width[k] = r.Upper*r.Upper - r.Lower*r.Lower
			}
		}
		h := 1. / 6
		assert.Less(t, width[2], 2*h*h/16, "seed %d", seed)
		assert.Less(t, width[1], width[0]/2)
		assert.Less(t, width[2], width[1]/2)
		assert.Less(t, truth.Upper-truth.Lower, 0.01*truth.Value)
	}
}

// One point: everything goes to it, and both bounds are the second moment about it, for u
// is then |x|² plus a linear function, which interpolation at the corners of boxes of
// several cells leaves as it is. Cells of next to no mass make the lower bound no higher.
func TestQuantisationToOnePoint(t *testing.T) {
	d := random(3, newGrid(70, 4, 3))
	for i := range d.Values {
		if i/3%4 == 0 { // on the side of the point
			d.Values[i] = 5e-10 / d.Grid.CellVolume()
		}
	}
	d.Scale(1 / d.Mass())
	b := &Measure{Dim: 3, N: 1, Points: []float64{0.3, -2, 0.5}}
	want := 0.0
	for k, a := range d.Grid.Axes() {
		line := d.Marginal(k)
		for i, v := range line.Values {
			lo, hi := a.Edge(i)-b.Points[k], a.Edge(i+1)-b.Points[k]
			want += v * a.H() * (lo*lo + lo*hi + hi*hi) / 3
		}
	}
	for _, n := range []int{1, 10, 0} {
		q, err := Quantise(d, n)
		require.NoError(t, err)
		r, err := q.W2(b)
		require.NoError(t, err)
		assert.InEpsilon(t, want, r.Upper*r.Upper, 1e-12)
		assert.InEpsilon(t, want, r.Lower*r.Lower, 1e-6)
		o, err := Solve(Squared, q.Points, b)
		require.NoError(t, err)
		assert.LessOrEqual(t, q.lower(b, o.V), want*(1+1e-14))
	}
}

// On the line and on graded axes, against the integral of quantile functions.
func TestQuantisationOnTheLine(t *testing.T) {
	for _, grading := range []grid.Grading{nil, &grid.Sinh{Center: 0.3, Scale: 0.3}} {
		g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 40, Grading: grading})
		require.NoError(t, err)
		d := random(4, g)
		b := cloud(source(4), 9, 1, true)
		qa, qb := quantiles(d, 1/d.Mass()), []quantile(nil)
		mass := 0.0
		for _, j := range order(b) {
			mass += b.At(j)
			qb = append(qb, quantile{b.Points[j], b.Points[j], mass})
		}
		want := integral(Squared, qa, qb)
		q, err := Quantise(d, 0)
		require.NoError(t, err)
		r, err := q.W2(b)
		require.NoError(t, err)
		assert.LessOrEqual(t, r.Lower*r.Lower, want)
		assert.GreaterOrEqual(t, r.Upper*r.Upper, want)
		h := 2 * slices.Max(g.Axis(0).Widths()) // boxes are of two cells
		assert.Less(t, r.Upper*r.Upper-r.Lower*r.Lower, h*h)
	}
}

func TestQuantiseRefuses(t *testing.T) {
	d := random(1, newGrid(3, 3))
	_, err := Quantise(d, -1)
	assert.ErrorContains(t, err, "-1 points")
	q, err := Quantise(d, 4)
	require.NoError(t, err)
	_, err = q.W2(&Measure{Dim: 1, N: 1, Points: []float64{0}})
	assert.ErrorContains(t, err, "dimensions 2 and 1")
	d.Values[4] = math.NaN()
	_, err = Quantise(d, 4)
	assert.ErrorContains(t, err, "cell 4 is NaN")
}

func ExampleQuantisation() {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 32}, grid.Axis{Lo: 0, Hi: 1, N: 32})
	if err != nil {
		panic(err)
	}
	d := grid.NewDensity(g)
	for i := range d.Values {
		d.Values[i] = 1
	}
	q, err := Quantise(d, 256)
	if err != nil {
		panic(err)
	}
	b, err := NewMeasure([][]float64{{0.25, 0.25}, {0.25, 0.75}, {0.75, 0.25}, {0.75, 0.75}}, nil)
	if err != nil {
		panic(err)
	}
	r, err := q.W2(b) // exactly (1/24)^{1/2} = 0.2041
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.4f between %.4f and %.4f\n", r.Value, r.Lower, r.Upper)
	// Output: 0.2041 between 0.2041 and 0.2041
}

func BenchmarkQuantisation(b *testing.B) {
	g := newGrid(64, 64)
	d := grid.NewDensity(g)
	if err := (&grid.Bump{Center: []float64{0.5, 0.5}, Radius: []float64{0.3, 0.3}}).Average(d); err != nil {
		b.Fatal(err)
	}
	d.Scale(1 / d.Mass())
	for _, n := range []int{64, 128, 256, 0} {
		q, err := Quantise(d, n)
		if err != nil {
			b.Fatal(err)
		}
		for _, m := range []int{8, 32, 128} {
			p := cloud(source(1), m, 2, false)
			for i, x := range p.Points {
				p.Points[i] = 0.5 + 0.3*(x-0.5)
			}
			b.Run(fmt.Sprintf("%d points, %d atoms", n, m), func(b *testing.B) {
				for b.Loop() {
					r, err := q.W2(p)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric((r.Upper-r.Lower)/r.Value, "width")
				}
			})
		}
	}
}
