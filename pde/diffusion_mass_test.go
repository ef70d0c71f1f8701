package pde

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// TestDiffusionRawMass measures what a step does to the mass before keepMass takes it
// out: were it more than rounding, a fault in the fluxes could hide there. It is a fourth
// of stageRounding at most, and its sign is that of chance. A fault of twice that is left.
func TestDiffusionRawMass(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 0))
	for name, energy := range map[string]Energy{
		"fitted": Sum{Potential{Func: func(x []float64) float64 { return 3 * math.Sin(4*x[0]) }}, Entropy{Coefficient: 1}},
		"porous": PorousMedium{Exponent: 2, Coefficient: 1},
	} {
		worst := map[int]float64{}
		up, down := 0, 0
		for range 60 {
			axes := make([]grid.Axis, 1+rng.IntN(3))
			for k := range axes {
				axes[k] = grid.Axis{Lo: 0, Hi: 1 + rng.Float64(), N: []int{200, 24, 10}[len(axes)-1] + rng.IntN(5)}
			}
			g, err := grid.New(axes...)
			require.NoError(t, err)
			grids := []*grid.Grid{g}
			f, err := energy.Bind(grids)
			require.NoError(t, err)
			flow, err := newDiffusionFlow(f, grids)
			require.NoError(t, err)
			s := newDiffusionStepper(flow, grids, diffusionSettings{step: 1})
			rho := grid.NewDensity(g)
			for i := range rho.Values {
				rho.Values[i] = rng.Float64() * float64(rng.IntN(2))
			}
			rho.Values[0] = 1
			_, err = s.load(State{rho})
			require.NoError(t, err)
			before, _ := sumLeast(s.flow.cells(s.y, 0))
			for _, stages := range []int{0, 3, 9, 31, 99, 301} {
				dt := 0.9 / s.at.rate
				if n := float64(stages); stages > 0 {
					dt = 0.99 * (n*n + n - 2) / (4 * spectralMargin * s.at.rate)
				}
				if err := s.advance(dt); err != nil {
					continue // the rough density moved the spectral radius
				}
				after, low := sumLeast(s.flow.cells(s.next, 0))
				if math.IsNaN(after) || low < -1e3 {
					continue
				}
				drift := (after - before) / before
				worst[stages] = max(worst[stages], math.Abs(drift))
				if drift > 0 {
					up++
				} else if drift < 0 {
					down++
				}
			}
		}
		t.Logf("%s: largest drift by stages %v, up %d, down %d", name, worst, up, down)
		for stages, drift := range worst {
			assert.LessOrEqual(t, drift, stageRounding(stages)/4, "%s, %d stages", name, stages)
		}
		assert.Less(t, math.Abs(float64(up-down)), 4*math.Sqrt(float64(up+down)), name) // four standard deviations
	}

	y, z := []float64{1, 2, 3}, []float64{1, 2, 3}
	z[1] *= 1 + 6*stageRounding(3)
	sum, _ := sumLeast(z)
	keepMass(z, sum, y, stageRounding(3))
	after, _ := sumLeast(z)
	assert.Equal(t, sum, after)
}
