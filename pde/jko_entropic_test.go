package pde_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// entropicStep makes one step of length tau from a density.
func entropicStep(t *testing.T, e pde.Entropic, energy pde.Energy, rho *grid.Density, tau float64) (*grid.Density, pde.JKOResult) {
	t.Helper()
	grids := []*grid.Grid{rho.Grid}
	f, err := energy.Bind(grids)
	require.NoError(t, err)
	s, err := e.Bind(f, grids)
	require.NoError(t, err)
	start := pde.JKOStart{Rho: pde.State{rho}, Variation: pde.NewField(grids), Tau: tau}
	start.Energy = f.Variation(start.Variation, start.Rho)
	out := start.Rho.Clone()
	r, err := s.Solve(t.Context(), out, start)
	require.NoError(t, err)
	return out[0], r
}

// nowhere is an energy of 0.
var nowhere = pde.Potential{Func: func([]float64) float64 { return 0 }}

// Where F = 0 the plain step adds the variance ε/2 on every axis. The debiased one makes of
// a normal law of variance σ² one of variance s² with s⁴ − σ²s² = ε²/16 (derived: b, a and ρ
// are Gaussian, and the conditions say 1/σ² = 2β/(1 − β²ε²/4) with β = 1/(2s²)). A is 0 in both.
func TestEntropicBlur(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: -4, Hi: 4, N: 80}, grid.Axis{Lo: -4, Hi: 4, N: 80})
	require.NoError(t, err)
	rho := grid.NewDensity(g)
	require.NoError(t, (&grid.Gaussian{Mean: []float64{0.2, 0}, Covariance: [][]float64{{0.3, 0}, {0, 0.2}}}).Average(rho))
	epsilon := 4e-4 * 128
	for debiased, blurred := range map[bool]func(v float64) float64{
		false: func(v float64) float64 { return v + epsilon/2 },
		true:  func(v float64) float64 { return (v + math.Sqrt(v*v+epsilon*epsilon/4)) / 2 },
	} {
		out, r := entropicStep(t, pde.Entropic{Epsilon: 4e-4, Debiased: debiased, Tolerance: 1e-10}, nowhere, rho, 0.1)
		for k := range 2 {
			assert.InDelta(t, blurred(rho.Covariance()[k][k]), out.Covariance()[k][k], 1e-6, "debiased: %v", debiased)
			assert.InDelta(t, rho.Mean()[k], out.Mean()[k], 1e-9)
		}
		assert.InDelta(t, 0, r.Transport, 1e-9)
		assert.Zero(t, r.Slack)
	}
}

// On a fine grid, where the cells' own error is below the smallest gap, the distance from the
// exact JKO step is of first order in ε, debiased of second order.
func TestEntropicBiasIsOfItsOrder(t *testing.T) {
	for _, which := range []string{"heat", "ornstein-uhlenbeck"} {
		solution, err := exact.Solutions.New(which)
		require.NoError(t, err)
		energy, _ := solution.Energy()
		tau := solution.Facts().Horizon / 2
		next, err := solution.(exact.Iterated).Iterate(tau, 1)
		require.NoError(t, err)
		lo, hi, err := solution.Box(0)
		require.NoError(t, err)
		low, high, err := next.Box(0)
		require.NoError(t, err)
		axes := make([]grid.Axis, len(lo))
		for k := range axes {
			axes[k] = grid.Axis{Lo: min(lo[k], low[k]) - 0.2, Hi: max(hi[k], high[k]) + 0.2, N: []int{0, 400, 100}[len(lo)]}
		}
		g, err := grid.New(axes...)
		require.NoError(t, err)
		rho, err := solution.Density(0, g)
		require.NoError(t, err)
		want, err := next.Density(0, g)
		require.NoError(t, err)
		for debiased, order := range map[bool]float64{false: 1, true: 2} {
			var gaps []float64
			for _, epsilon := range []float64{1.6e-3, 8e-4, 4e-4} {
				got, _ := entropicStep(t, pde.Entropic{Epsilon: epsilon, Debiased: debiased, Tolerance: 1e-8}, energy, rho, tau)
				gap := 0.0
				for i, v := range got.Values {
					gap += math.Abs(v-want.Values[i]) * g.CellVolume()
				}
				gaps = append(gaps, gap)
			}
			t.Logf("%s, debiased %v: L1 gaps %.3g", which, debiased, gaps)
			assert.Greater(t, math.Log2(gaps[1]/gaps[2]), order-0.1, "%s, debiased: %v: %v", which, debiased, gaps)
		}
	}
}

// Stopped early there is an error and no result.
func TestEntropicStops(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: -6, Hi: 6, N: 120})
	require.NoError(t, err)
	rho := grid.NewDensity(g)
	require.NoError(t, (&grid.Gaussian{Mean: []float64{1}, Covariance: [][]float64{{0.3}}}).Average(rho))
	grids := []*grid.Grid{g}
	f, err := pde.Sum{pde.Potential{Formula: "x^2/2"}, pde.Entropy{Coefficient: 0.1}}.Bind(grids)
	require.NoError(t, err)
	start := pde.JKOStart{Rho: pde.State{rho}, Variation: pde.NewField(grids), Tau: 0.5}
	start.Energy = f.Variation(start.Variation, start.Rho)
	s, err := pde.Entropic{Debiased: true, Tolerance: 1e-9, MaxIterations: 3}.Bind(f, grids)
	require.NoError(t, err)
	_, err = s.Solve(t.Context(), start.Rho.Clone(), start)
	assert.ErrorIs(t, err, pde.ErrNotConverged)
	assert.ErrorContains(t, err, "after 3 iterations at ε = 0.01 the plan's marginals still miss")
	s, err = pde.Entropic{}.Bind(f, grids)
	require.NoError(t, err)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Solve(stopped, start.Rho.Clone(), start)
	assert.ErrorIs(t, err, context.Canceled)
}

func TestEntropicRefuses(t *testing.T) {
	for want, e := range map[string]pde.Entropic{
		"epsilon: -1":        {Epsilon: -1},
		"epsilon: NaN":       {Epsilon: math.NaN()},
		"epsilon: 2":         {Epsilon: 2},
		"tolerance: 1":       {Tolerance: 1},
		"max-iterations: -2": {MaxIterations: -2},
	} {
		assert.ErrorContains(t, e.Validate(), want)
	}
	assert.NoError(t, pde.Entropic{}.Validate())
	g, err := grid.New(grid.Axis{Lo: -4, Hi: 4, N: 80})
	require.NoError(t, err)
	f, err := pde.Interaction{Kernel: pde.Quadratic{Strength: 1}}.Bind([]*grid.Grid{g})
	require.NoError(t, err)
	_, err = pde.JKO{Step: 0.1, Inner: pde.Entropic{}}.Bind(f, []*grid.Grid{g})
	assert.ErrorContains(t, err, "the inner solver entropic takes energies of potentials and convex functions of ρ")
}

func ExampleEntropic() {
	g, err := grid.New(grid.Axis{Lo: -5, Hi: 5, N: 100})
	if err != nil {
		panic(err)
	}
	rho := grid.NewDensity(g)
	if err := (&grid.Gaussian{Mean: []float64{1}, Covariance: [][]float64{{0.25}}}).Average(rho); err != nil {
		panic(err)
	}
	path, err := pde.Solve(context.Background(), pde.Problem{
		Energy:  pde.Sum{pde.Potential{Formula: "x^2/2"}, pde.Entropy{Coefficient: 1}},
		Initial: pde.State{rho},
		Times:   []float64{0, 1},
	}, pde.JKO{Step: 0.25, Inner: pde.Entropic{Debiased: true}}, nil)
	if err != nil {
		panic(err)
	}
	// The exact JKO steps of a mean: divided by 1 + τ.
	fmt.Printf("%.4f %.4f\n", path.States[1][0].Mean()[0], math.Pow(1.25, -4))
	// Output: 0.4096 0.4096
}
