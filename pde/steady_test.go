package pde

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// TestUntilResidual: a flow to the Gaussian of a quadratic well ends once its speed is
// below the bound, for every scheme that takes the energy, at the density at rest and
// at the time by which the slowest mode e^{−τ}, of size s at the start, has fallen so far.
func TestUntilResidual(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: -7, Hi: 7, N: 70})
	require.NoError(t, err)
	start := grid.NewDensity(g)
	require.NoError(t, (&grid.Gaussian{Mean: []float64{0.5}, Covariance: [][]float64{{1}}}).Average(start))
	p := Problem{Energy: Sum{Potential{Formula: "x^2/2"}, Entropy{Coefficient: 1}}, Initial: State{start}, Times: []float64{0, 5, 100}}
	for _, s := range []Scheme{Upwind{}, MUSCL{}, ScharfetterGummel{}, RKL2{Step: 0.1}, ImplicitUpwind{Step: 0.1}} {
		traj, err := Solve(context.Background(), p, s, &Options{UntilResidual: 1e-8})
		require.NoError(t, err, s.Name())
		assert.True(t, traj.Steady, s.Name())
		assert.Empty(t, traj.Warnings, s.Name())
		require.Len(t, traj.Time, 3, s.Name())
		assert.Equal(t, 5.0, traj.Time[1])
		assert.Less(t, traj.Contracts.Motion, 1e-8)
		// ∂ρ/∂τ = −m ∂_xρ of the Gaussian with the mean m = e^{−τ}/2, of which ∫|·| is m√(2/π).
		assert.InDelta(t, math.Log(0.5*math.Sqrt(2/math.Pi)/1e-8), traj.Time[2], 1.2, s.Name())
		assert.InDelta(t, 0, traj.States[2][0].Mean()[0], 1e-7, s.Name())

		traj, err = Solve(context.Background(), Problem{Energy: p.Energy, Initial: p.Initial, Times: []float64{0, 1}}, s, &Options{UntilResidual: 1e-8})
		require.NoError(t, err, s.Name())
		assert.False(t, traj.Steady)
		require.Len(t, traj.Warnings, 1)
		assert.Contains(t, traj.Warnings[0], "not steady at τ = 1")
	}
	_, err = Solve(context.Background(), p, Upwind{}, &Options{UntilResidual: -1})
	assert.ErrorContains(t, err, "until residual: -1")
}

// TestKellerSegelBlowUp: with twice the critical sensitivity the densities stay
// positive and finite past the time at which the second moment would be 0, and the run
// warns that the mass sits in a few cells; with half of it nothing is warned of.
func TestKellerSegelBlowUp(t *testing.T) {
	const variance = 0.05
	for _, n := range []int{32, 48} {
		g, err := grid.New(grid.Axis{Lo: -1.5, Hi: 1.5, N: n}, grid.Axis{Lo: -1.5, Hi: 1.5, N: n})
		require.NoError(t, err)
		start := grid.NewDensity(g)
		require.NoError(t, (&grid.Gaussian{Mean: []float64{0.1, 0}, Covariance: [][]float64{{variance, 0}, {0, variance}}}).Average(start))
		for _, part := range []float64{0.5, 2} {
			chi := part * 8 * math.Pi
			energy := Sum{Interaction{Kernel: Logarithmic{Strength: -chi / (2 * math.Pi)}}, Entropy{Coefficient: 1}}
			end := 2 * (2 * variance) / 4 // twice the time until the second moment would be 0 at 16π
			for _, s := range []Scheme{Upwind{}, MUSCL{}, ScharfetterGummel{}} {
				name := fmt.Sprintf("%s, %d cells, %g of the critical sensitivity", s.Name(), n, part)
				traj, err := Solve(context.Background(), Problem{Energy: energy, Initial: State{start}, Times: []float64{0, end / 2, end}}, s, &Options{WallMass: -1})
				require.NoError(t, err, name)
				assert.GreaterOrEqual(t, traj.Contracts.MinDensity, 0.0, name)
				assert.False(t, math.IsInf(traj.States[2][0].Mass(), 0), name)
				if part < 1 {
					assert.Empty(t, traj.Warnings, name)
				} else {
					require.Len(t, traj.Warnings, 1, name)
					assert.Contains(t, traj.Warnings[0], "sits in 4 cells", name)
					assert.Greater(t, traj.Contracts.Concentration, 0.5, name)
				}
			}
		}
	}
}

// TestHeaviest compares with shares known by hand.
func TestHeaviest(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 8})
	require.NoError(t, err)
	d := grid.NewDensity(g)
	copy(d.Values, []float64{1, 5, 2, 7, 0, 3, 1, 1})
	assert.InDelta(t, 12./20, heaviest(d), 1e-15)
	copy(d.Values, []float64{1, 1, 1, 1, 1, 1, 1, 1})
	assert.InDelta(t, 0.25, heaviest(d), 1e-15)
}
