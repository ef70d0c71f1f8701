package pde

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// TestSurvey: whoever does the parts, mass and minimum are the same bytes, the mass is that
// of the density and the minimum is found in every part; a NaN shows in the mass.
func TestSurvey(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(5))
	rng := rand.New(rand.NewPCG(1, 2))
	for _, grading := range []grid.Grading{nil, grid.Geometric{Ratio: 3}} {
		for _, n := range []int{3, 1000, 50001} {
			g, err := grid.New(grid.Axis{Lo: -1, Hi: 1, N: n, Grading: grading})
			require.NoError(t, err)
			d := grid.NewDensity(g)
			for i := range d.Values {
				d.Values[i] = 1 + rng.Float64()
			}
			one := newSurvey(nil)
			want, _ := one.massMin(d)
			require.InEpsilon(t, d.Mass(), want, 1e-14)
			for workers := 1; workers <= 5; workers++ {
				v := newSurvey(&explicit{team: newTeam(workers)})
				require.Equal(t, workers, v.team.size())
				v.massMin(d)
				low, high := v.endSums()
				j := ratios(g.Jacobian())
				require.Equal(t, [2]float64{d.Values[0] * j.strip(0, 1)[0], d.Values[n-1] * j.strip(n-1, 1)[0]}, [2]float64{low, high})
				for _, at := range []int{0, n / 3, n / 2, n - 1} {
					was := d.Values[at]
					d.Values[at] = 0.5
					mass, low := v.massMin(d)
					alone, _ := one.massMin(d)
					require.Equal(t, alone, mass, "%d cells, %d workers", n, workers)
					require.Equal(t, 0.5, low, "%d cells, %d workers, cell %d", n, workers, at)
					d.Values[at] = math.NaN()
					mass, _ = v.massMin(d)
					require.True(t, math.IsNaN(mass))
					d.Values[at] = was
				}
			}
		}
	}
}

// TestSurveyEnds: the ends of the rows are those of faceSums to the byte, whoever copies them.
func TestSurveyEnds(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(5))
	rng := rand.New(rand.NewPCG(1, 2))
	for _, grading := range []grid.Grading{nil, grid.Geometric{Ratio: 3}} {
		for _, shape := range [][]int{{256, 256}, {300, 199}, {41, 30, 37}, {9, 6001}, {6001, 9}} {
			axes := make([]grid.Axis, len(shape))
			for k, n := range shape {
				axes[k] = grid.Axis{Lo: -1, Hi: 1.1, N: n, Grading: grading}
			}
			g, err := grid.New(axes...)
			require.NoError(t, err)
			d := grid.NewDensity(g)
			for i := range d.Values {
				d.Values[i] = rng.Float64()
			}
			wantLow, wantHigh := faceSums(d.Values, g.Jacobian(), shape[len(shape)-1], 1)
			for workers := 1; workers <= 5; workers++ {
				v := newSurvey(&explicit{team: newTeam(workers)})
				v.massMin(d)
				low, high := v.endSums()
				require.Equal(t, [2]float64{wantLow, wantHigh}, [2]float64{low, high}, "%v, %d workers", shape, workers)
			}
		}
	}
}
