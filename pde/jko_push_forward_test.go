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
	"pdesolve/pde/transformer"
)

// A quadratic potential contracts a normal law linearly: the iterate is known, the grid's
// error of second order.
func TestPushForwardOnContraction(t *testing.T) {
	for _, c := range []struct {
		s     exact.Iterated
		d     int
		sizes []int
	}{
		{&exact.Contraction{Drift: [][]float64{{1}}, Initial: grid.Gaussian{Mean: []float64{1}, Covariance: [][]float64{{0.49}}}}, 1, []int{100, 200, 400}},
		{&exact.Contraction{Drift: [][]float64{{1, 0.3}, {0.3, -0.5}}, Initial: grid.Gaussian{Mean: []float64{0.7, -0.4}, Covariance: [][]float64{{0.3, 0.1}, {0.1, 0.4}}}}, 2, []int{50, 100, 200}},
	} {
		var errs []float64
		for _, n := range c.sizes {
			e, path := iterated(t, &pde.PushForward{}, c.s, cube(t, c.d, n, -6, 6), 0.2, 3)
			checkContracts(t, path)
			assert.Zero(t, path.Contracts.Uncertified)
			errs = append(errs, e)
		}
		order := math.Log2(errs[0]/errs[2]) / 2
		t.Logf("d = %d: %.3g order %.2f", c.d, errs, order)
		assert.GreaterOrEqual(t, order, 1.9)
	}
}

// linearAttention returns the example of exact.Solutions with a grid for its states.
func linearAttention(t testing.TB, n int) (*exact.LinearAttention, *grid.Grid) {
	s, err := exact.Solutions.New("linear-attention")
	require.NoError(t, err)
	g, err := grid.New(grid.Axis{Lo: -0.6, Hi: 2.4, N: n}, grid.Axis{Lo: -1, Hi: 1.6, N: n})
	require.NoError(t, err)
	return s.(*exact.LinearAttention), g
}

// train takes steps of size tau from the start and returns the trajectory.
func train(t testing.TB, s *exact.LinearAttention, g *grid.Grid, tau float64, steps int) *pde.Trajectory {
	energy, components := s.Energy()
	begin := pde.State{}
	for range components {
		d, err := s.Density(0, g)
		require.NoError(t, err)
		begin = append(begin, d)
	}
	path, err := pde.Solve(context.Background(), pde.Problem{Energy: energy, Initial: begin, Times: []float64{0, tau * float64(steps)}},
		pde.JKO{Step: tau, Inner: &pde.PushForward{}}, nil)
	require.NoError(t, err)
	return path
}

// On linear attention the steps are the exact iterates, whatever the step, and the
// objective falls.
func TestPushForwardOnLinearAttention(t *testing.T) {
	for _, c := range []struct {
		tau   float64
		steps int
	}{{0.05, 8}, {0.4, 3}, {2, 1}} {
		var errs []float64
		for _, n := range []int{32, 64, 128} {
			s, g := linearAttention(t, n)
			path := train(t, s, g, c.tau, c.steps)
			checkContracts(t, path)
			assert.Zero(t, path.Contracts.Uncertified)
			end, err := s.Iterate(c.tau, c.steps)
			require.NoError(t, err)
			want, err := end.Density(0, g)
			require.NoError(t, err)
			e := 0.0
			for i, v := range path.States[1][0].Values {
				e += math.Abs(v-want.Values[i]) * g.CellVolume()
			}
			errs = append(errs, e)
		}
		order := math.Log2(errs[1] / errs[2])
		t.Logf("τ = %v: %.3g order %.2f", c.tau, errs, order)
		assert.GreaterOrEqual(t, order, 1.8, "τ = %v", c.tau)
	}
}

// The objective tends to that of the flow with first order in the step: the exact
// iterates do (exact.TestIteratesTendToTheFlow), and so do these while the grid's error,
// 1e-6, is small beside the step's.
func TestPushForwardTimeOrder(t *testing.T) {
	const end = 0.5
	s, g := linearAttention(t, 96)
	var errs []float64
	for _, steps := range []int{2, 4, 8, 16} {
		path := train(t, s, g, end/float64(steps), steps)
		errs = append(errs, math.Abs(path.Energy[1]-s.Objective(end)))
	}
	order := math.Log2(errs[0]/errs[3]) / 3
	t.Logf("%.3g order %.3f", errs, order)
	assert.InDelta(t, 1, order, 0.05)
}

// Softmax attention has no exact solution; its objective falls for every step.
func TestPushForwardOnSoftmax(t *testing.T) {
	s, _ := linearAttention(t, 8)
	energy, _ := s.Energy()
	model := *energy.(*transformer.Model)
	model.Blocks = []transformer.Component{{Block: new(transformer.SoftmaxScalar), Initial: model.Blocks[0].Initial}}
	_, g := linearAttention(t, 48)
	for _, tau := range []float64{0.05, 0.4, 2} {
		begin := pde.State{}
		for range model.Depth {
			d := grid.NewDensity(g)
			require.NoError(t, model.Blocks[0].Initial.Average(d))
			begin = append(begin, d)
		}
		path, err := pde.Solve(context.Background(), pde.Problem{Energy: &model, Initial: begin, Times: []float64{0, max(2*tau, 0.4)}},
			pde.JKO{Step: tau, Inner: &pde.PushForward{}}, nil)
		require.NoError(t, err)
		checkContracts(t, path)
		assert.Zero(t, path.Contracts.Uncertified)
		assert.Less(t, path.Energy[1], path.Energy[0])
	}
}

// Where the step is too large for ∇V to be undone, mass goes to the wells: as the minima
// of |x − y|²/(2τ) + V(x) for atoms, found by trying all x.
func TestPushForwardThroughFolds(t *testing.T) {
	const tau = 1.5
	v := func(x float64) float64 { return math.Cos(3*x) + 0.1*x }
	g := cube(t, 1, 300, -3, 3)
	f, err := pde.Potential{Func: func(x []float64) float64 { return v(x[0]) }}.Bind([]*grid.Grid{g})
	require.NoError(t, err)
	begin := pde.State{grid.NewDensity(g)}
	require.NoError(t, (&grid.Bump{Center: []float64{0.2}, Radius: []float64{1.7}}).Average(begin[0]))
	solver, err := pde.PushForward{}.Bind(f, begin.Grids())
	require.NoError(t, err)
	psi, rho := pde.NewField(begin.Grids()), begin.Clone()
	energy := f.Variation(psi, begin)
	res, err := solver.Solve(context.Background(), rho, pde.JKOStart{Rho: begin, Variation: psi, Energy: energy, Tau: tau})
	require.NoError(t, err)
	assert.LessOrEqual(t, res.Dual, res.Energy+res.Transport)
	assert.LessOrEqual(t, res.Energy+res.Transport, energy+res.Slack)
	assert.InDelta(t, 1, rho[0].Mass(), 1e-13)
	t.Logf("%+v", res)

	const fine = 12000
	left, value := make([]float64, 301), 0.0 // mass left of each face
	for i, r := range begin[0].Values {
		y, best, at := g.Axis(0).Center(i), math.Inf(1), 0.0
		for j := range fine {
			x := -3 + 6*(float64(j)+0.5)/fine
			if c := (x-y)*(x-y)/(2*tau) + v(x); c < best {
				best, at = c, x
			}
		}
		value += best * r * g.CellVolume()
		for k := range left {
			if at < -3+0.02*float64(k) {
				left[k] += r * g.CellVolume()
			}
		}
	}
	sum, w1 := 0.0, 0.0
	for i, r := range rho[0].Values {
		sum += r * g.CellVolume()
		w1 += math.Abs(sum-left[i+1]) * 0.02
	}
	assert.Less(t, w1, 0.02) // a cell: the atoms are a cell apart
	assert.InDelta(t, value, res.Energy+res.Transport, 0.02*0.02/tau+1e-3)
}

func TestPushForwardRefuses(t *testing.T) {
	g := []*grid.Grid{cube(t, 1, 16, 0, 1)}
	f, err := pde.Sum{pde.Potential{Formula: "x"}, pde.Entropy{Coefficient: 1}}.Bind(g)
	require.NoError(t, err)
	_, err = pde.JKO{Step: 0.1, Inner: &pde.PushForward{}}.Bind(f, g)
	assert.ErrorContains(t, err, "the inner solver push-forward takes energies of potentials and averages of ρ")
	assert.ErrorContains(t, err, "inner solvers that take this one: ")
	assert.ErrorContains(t, err, "back-and-forth")
	assert.Error(t, pde.PushForward{Tolerance: -1}.Validate())
}

// One step in a quadratic well halves the mean.
func ExamplePushForward() {
	f, rho := well()
	stepper, err := pde.JKO{Step: 1, Inner: &pde.PushForward{}}.Bind(f, rho.Grids())
	if err != nil {
		panic(err)
	}
	report, err := stepper.Step(context.Background(), rho, 1)
	if err != nil {
		panic(err)
	}
	fmt.Printf("energy %.3f to %.3f, mean %.3f, mass %.3f\n", report.Energy, f.Value(rho), rho[0].Mean()[0], rho[0].Mass())
	// Output: energy 0.625 to 0.156, mean 0.500, mass 1.000
}

// On a few cells no step of a moving potential may lower the energy by what the transport
// costs: the run ends with words after a bounded number of tries, and not after a million.
func TestPushForwardGivesUp(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: -2.3, Hi: -1.3, N: 2})
	require.NoError(t, err)
	rho := grid.NewDensity(g)
	rho.Values[0], rho.Values[1] = 1, 1
	energy := pde.Sum{pde.Potential{Formula: "sin(3*x)"}, pde.Interaction{Kernel: pde.Quadratic{Strength: 1}}}
	path, err := pde.Solve(t.Context(), pde.Problem{Energy: energy, Initial: pde.State{rho}, Times: []float64{0, 0.03}},
		pde.JKO{Step: 0.01, Inner: pde.PushForward{}}, &pde.Options{WallMass: -1})
	require.ErrorContains(t, err, "jko: no step down to 9.77e-06 can be taken: energy plus cost of transport would rise")
	assert.Less(t, path.Contracts.Iterations, 100)
}
