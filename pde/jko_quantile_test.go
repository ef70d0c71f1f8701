package pde

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// solveStep makes one step of an inner solver from rho.
func solveStep(t testing.TB, inner JKOInner, e Energy, rho State, tau float64) (State, JKOResult) {
	t.Helper()
	f, err := e.Bind(rho.Grids())
	require.NoError(t, err)
	s, err := inner.Bind(f, rho.Grids())
	require.NoError(t, err)
	start := JKOStart{Rho: rho.Clone(), Variation: NewField(rho.Grids()), Tau: tau}
	start.Energy = f.Variation(start.Variation, rho)
	next := rho.Clone()
	res, err := s.Solve(t.Context(), next, start)
	require.NoError(t, err)
	return next, res
}

func lineState(t testing.TB, lo, hi float64, n int, mean, variance float64) State {
	g, err := grid.New(grid.Axis{Lo: lo, Hi: hi, N: n})
	require.NoError(t, err)
	d := grid.NewDensity(g)
	require.NoError(t, (&grid.Gaussian{Mean: []float64{mean}, Covariance: [][]float64{{variance}}}).Average(d))
	return State{d}
}

// One step of a Gaussian under a quadratic potential and entropy against the closed
// recursion of pde/exact, for short and long steps, at second order.
func TestQuantileGaussianStep(t *testing.T) {
	energy := Sum{Potential{Formula: "x^2/2"}, Entropy{Coefficient: 1}}
	for _, tau := range []float64{0.05, 0.5, 3} {
		var gaps []float64
		for _, n := range []int{50, 100, 200, 400} {
			next, res := solveStep(t, Quantile{}, energy, lineState(t, -7, 7, n, 1, 0.25), tau)
			nu := 0.25 / (1 + tau)
			mu := tau + nu/2 + math.Sqrt(nu*nu/4+tau*nu)
			gaps = append(gaps, toyDistance(next, lineState(t, -7, 7, n, 1/(1+tau), mu/(1+tau))))
			assert.LessOrEqual(t, res.Residual, res.Tolerance)
			assert.LessOrEqual(t, res.Energy+res.Transport-res.Dual, 1e-15)
		}
		t.Logf("τ = %v: %.3g", tau, gaps)
		assert.GreaterOrEqual(t, math.Log2(gaps[2]/gaps[3]), 1.95)
		assert.Less(t, gaps[3], 1e-4)
	}
}

// Two blocks that spread into the gap between them meet and press on each other: the
// step agrees with that of a density which fills the gap with next to nothing, and the
// gap opens again where attraction to the blocks' own places is strong.
func TestQuantileGapCloses(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: -2, Hi: 2, N: 200})
	require.NoError(t, err)
	blocks := grid.NewDensity(g)
	for i := range blocks.Values {
		if x := math.Abs(g.Axis(0).Center(i)); x > 0.3 && x < 0.6 {
			blocks.Values[i] = 1
		}
	}
	blocks.Scale(1 / blocks.Mass())
	filled := blocks.Clone()
	for i := range filled.Values {
		filled.Values[i] += 1e-6
	}
	filled.Scale(1 / filled.Mass())
	energy := PorousMedium{Exponent: 2, Coefficient: 0.5}
	a, res := solveStep(t, Quantile{}, energy, State{blocks}, 0.3)
	assert.LessOrEqual(t, res.Residual, res.Tolerance)
	b, _ := solveStep(t, Quantile{}, energy, State{filled}, 0.3)
	assert.Less(t, toyDistance(a, b), 2e-4)
	assert.Greater(t, a[0].Values[100], 0.2, "the middle is filled")
	well := Potential{Func: func(x []float64) float64 { return 20 * math.Abs(math.Abs(x[0])-0.45) }}
	c, res := solveStep(t, Quantile{}, Sum{well, energy}, a, 0.3)
	assert.LessOrEqual(t, res.Residual, res.Tolerance)
	assert.Less(t, c[0].Values[100], 1e-3, "and empty again")
}

// Walls hold what presses on them: after long steps the state is the equilibrium of
// gravity in a closed box.
func TestQuantileWalls(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 100})
	require.NoError(t, err)
	rho := grid.NewDensity(g)
	for i := range rho.Values {
		rho.Values[i] = 1
	}
	state := State{rho}
	energy := Sum{Potential{Formula: "-3*x"}, Entropy{Coefficient: 1}}
	for range 12 {
		state, _ = solveStep(t, Quantile{}, energy, state, 5)
	}
	for i, v := range state[0].Values {
		want := (math.Exp(3*g.Axis(0).Edge(i+1)) - math.Exp(3*g.Axis(0).Edge(i))) / (math.Exp(3) - 1) * 100
		assert.InEpsilon(t, want, v, 1e-3)
	}
	block := grid.NewDensity(g) // blown by a wind against a wall
	block.Values[40], block.Values[41] = 50, 50
	far, res := solveStep(t, Quantile{}, Potential{Formula: "-3*x"}, State{block}, 0.25)
	assert.InDelta(t, 100, far[0].Values[99], 1e-9)
	assert.LessOrEqual(t, res.Residual, res.Tolerance)
	assert.InDelta(t, 0.59*0.59/0.5, res.Transport, 1e-2)
}

// A trajectory keeps what every scheme keeps, and steps allocate nothing.
func TestQuantileUnderSolve(t *testing.T) {
	energy := Sum{Potential{Formula: "x^2/2"}, Entropy{Coefficient: 1}, Interaction{Kernel: Quadratic{Strength: 0.5}}}
	rho := lineState(t, -7, 7, 100, 1, 0.25)
	tr, err := Solve(t.Context(), Problem{Energy: energy, Initial: rho, Times: []float64{0, 0.5, 1}}, JKO{Step: 0.1, Inner: Quantile{}}, nil)
	require.NoError(t, err)
	assert.Equal(t, 10, tr.Contracts.Steps)
	assert.Zero(t, tr.Contracts.Rejections)
	assert.Zero(t, tr.Contracts.Uncertified)
	assert.LessOrEqual(t, tr.Contracts.MassError, 1e-13)
	f, err := energy.Bind(rho.Grids())
	require.NoError(t, err)
	s, err := JKO{Step: 0.1, Inner: Quantile{}}.Bind(f, rho.Grids())
	require.NoError(t, err)
	step := func() {
		if _, err := s.Step(t.Context(), rho, 1); err != nil {
			panic(err)
		}
	}
	step()
	assert.Zero(t, testing.AllocsPerRun(5, step))
}

func TestQuantileValidate(t *testing.T) {
	assert.NoError(t, Quantile{}.Validate())
	for want, q := range map[string]Quantile{
		"refine: 65":         {Refine: 65},
		"tolerance: NaN":     {Tolerance: math.NaN()},
		"max-iterations: -1": {MaxIterations: -1},
	} {
		assert.ErrorContains(t, q.Validate(), want)
	}
	rho := toyCases(t, 4)[1].state(t)
	f, err := Entropy{Coefficient: 1}.Bind(rho.Grids())
	require.NoError(t, err)
	_, err = JKO{Step: 1, Inner: Quantile{}}.Bind(f, rho.Grids())
	assert.ErrorContains(t, err, "in 1 dimension, not convex functions of ρ (entropy, porous medium) in 2 dimensions")
}

func BenchmarkQuantileStep(b *testing.B) {
	energy := Sum{Potential{Formula: "x^2/2"}, Entropy{Coefficient: 1}}
	for _, n := range []int{100, 1000} {
		rho := lineState(b, -7, 7, n, 1, 0.25)
		f, err := energy.Bind(rho.Grids())
		require.NoError(b, err)
		s, err := JKO{Step: 0.01, Inner: Quantile{}}.Bind(f, rho.Grids())
		require.NoError(b, err)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				_, err := s.Step(b.Context(), rho, 1)
				require.NoError(b, err)
			}
		})
	}
}
