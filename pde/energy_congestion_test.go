package pde_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// twoBlocks are two blocks of which the first stands at the wall when the second walks into it and
// merges with it, before crowdEnd.
func twoBlocks() *exact.Crowd {
	return &exact.Crowd{Speed: 1, Cap: 2.5, Blocks: []exact.Block{{Lo: 0.1, Hi: 0.3, Left: 1.25, Right: 1.25}, {Lo: 0.5, Hi: 0.875, Left: 2, Right: 2}}}
}

const crowdEnd = 0.45

// walk takes steps of a crowd to crowdEnd on n cells and returns the distance from the exact
// iterate, with the trajectory.
func walk(t *testing.T, c *exact.Crowd, n, steps int) (float64, *pde.Trajectory) {
	lo, hi, err := c.Box(0)
	require.NoError(t, err)
	return iterated(t, &pde.BackAndForth{}, c, cube(t, 1, n, lo[0], hi[0]), crowdEnd/float64(steps), steps)
}

// checkCrowd checks what steps under a cap promise.
func checkCrowd(t *testing.T, path *pde.Trajectory, top float64) {
	c := path.Contracts
	assert.LessOrEqual(t, c.MassError, 1e-13)
	assert.GreaterOrEqual(t, c.MinDensity, 0.0)
	assert.LessOrEqual(t, c.EnergyRise, 1e-15) // rounding, at rest
	assert.Zero(t, c.Rejections)
	assert.Zero(t, c.Uncertified, "certificate %.2g", c.Certificate)
	for _, s := range path.States {
		assert.LessOrEqual(t, slices.Max(s[0].Values), top)
	}
}

// Two blocks that walk to a wall and merge are met, whatever the step, with the order that a jump
// leaves, under the cap.
func TestCrowd(t *testing.T) {
	c := twoBlocks()
	for _, steps := range []int{1, 4, 9} {
		var gaps []float64
		for _, n := range []int{50, 100, 200, 400} {
			e, path := walk(t, c, n, steps)
			checkCrowd(t, path, c.Cap)
			t.Logf("%d steps, %d cells: %.3g, %d iterations, certificate %.2g", steps, n, e, path.Contracts.Iterations, path.Contracts.Certificate)
			gaps = append(gaps, e)
		}
		if steps == 1 { // every edge meets the wall or the pile: no error but the tolerance
			assert.Less(t, slices.Max(gaps), 1e-6)
			continue
		}
		assert.GreaterOrEqual(t, math.Log2(gaps[0]/gaps[3])/3, c.Facts().Order(2), "%v", gaps)
	}
}

// In the plane a crowd that walks along an axis does what it does on the line.
func TestCrowdInThePlane(t *testing.T) {
	c := twoBlocks()
	line := cube(t, 1, 40, 0, 0.875)
	plane, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 12}, line.Axis(0))
	require.NoError(t, err)
	flat, err := c.Density(0, line)
	require.NoError(t, err)
	start := grid.NewDensity(plane)
	for i := range start.Values {
		start.Values[i] = flat.Values[i%40]
	}
	energy := pde.Sum{pde.Potential{Formula: "y"}, pde.Congestion{Cap: c.Cap}}
	path, err := pde.Solve(t.Context(), pde.Problem{Energy: energy, Initial: pde.State{start}, Times: []float64{0, 0.3}},
		pde.JKO{Step: 0.1, Inner: pde.BackAndForth{}}, &pde.Options{WallMass: -1})
	require.NoError(t, err)
	checkCrowd(t, path, c.Cap)
	want, err := c.Density(0.3, line)
	require.NoError(t, err)
	gap := 0.0
	for i, v := range path.States[1][0].Values {
		gap += math.Abs(v-want.Values[i%40]) * plane.CellVolume()
	}
	assert.Less(t, gap, 0.03)
}

// Attraction between all pairs of points gathers a crowd in a full block about its mean.
func TestCrowdGathers(t *testing.T) {
	g := cube(t, 1, 120, -2, 2)
	rho := grid.NewDensity(g)
	require.NoError(t, (&grid.Bump{Center: []float64{0.1}, Radius: []float64{1.6}}).Average(rho))
	energy := pde.Sum{&pde.Interaction{Kernel: pde.Quadratic{Strength: 1}}, pde.Congestion{Cap: 1}}
	path, err := pde.Solve(t.Context(), pde.Problem{Energy: energy, Initial: pde.State{rho}, Times: []float64{0, 8}},
		pde.JKO{Step: 0.5, Inner: pde.BackAndForth{}}, &pde.Options{WallMass: -1})
	require.NoError(t, err)
	checkCrowd(t, path, 1)
	gap := 0.0
	for i, v := range path.States[1][0].Values {
		lo, hi := g.Axis(0).Edge(i), g.Axis(0).Edge(i+1)
		gap += math.Abs(v*(hi-lo) - max(0, min(hi, 0.6)-max(lo, -0.4)))
	}
	assert.Less(t, gap, 0.05)
}

// What does not take the cap says so, and what does.
func TestCrowdRefusals(t *testing.T) {
	g := cube(t, 1, 20, 0, 1)
	rho := grid.NewDensity(g)
	for i := range rho.Values {
		rho.Values[i] = 1
	}
	solve := func(s pde.Scheme, e pde.Energy) error {
		_, err := pde.Solve(t.Context(), pde.Problem{Energy: e, Initial: pde.State{rho}, Times: []float64{0, 1}}, s, &pde.Options{WallMass: -1})
		return err
	}
	energy := pde.Sum{pde.Potential{Formula: "x"}, pde.Congestion{Cap: 2}}
	for _, name := range pde.Schemes.Names() {
		s, err := pde.Schemes.New(name)
		require.NoError(t, err)
		if step, ok := s.(pde.StepScheme); ok {
			s = step.WithStep(0.1)
		}
		assert.ErrorContains(t, solve(s, energy), "back-and-forth", name)
	}
	for _, name := range pde.JKOInners.Names() {
		inner, err := pde.JKOInners.New(name)
		require.NoError(t, err)
		err = solve(pde.JKO{Step: 0.1, Inner: inner}, energy)
		if name == "back-and-forth" {
			assert.NoError(t, err)
			continue
		}
		assert.ErrorContains(t, err, "inner solvers that take this one: back-and-forth", name)
	}
	crowd := pde.JKO{Step: 0.1, Inner: pde.BackAndForth{}}
	assert.ErrorContains(t, solve(crowd, append(slices.Clone(energy), pde.Entropy{Coefficient: 1})), "want congestion with potentials")
	assert.ErrorContains(t, solve(crowd, pde.Congestion{Cap: 0.5}), "cell 0 is 1: want at most 0.5")
	assert.ErrorContains(t, solve(crowd, pde.Congestion{Cap: -1}), "cap: -1: want a finite number above 0")
}

// A crowd in a potential that leads into a corner fills it up to the cap.
func ExampleCongestion() {
	g, _ := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 50})
	rho := grid.NewDensity(g)
	for i := range rho.Values {
		rho.Values[i] = 1
	}
	energy := pde.Sum{pde.Potential{Formula: "x"}, pde.Congestion{Cap: 4}}
	f, _ := energy.Bind([]*grid.Grid{g})
	stepper, err := pde.JKO{Step: 1, Inner: &pde.BackAndForth{}}.Bind(f, []*grid.Grid{g})
	if err != nil {
		panic(err)
	}
	state := pde.State{rho}
	if _, err := stepper.Step(context.Background(), state, 1); err != nil {
		panic(err)
	}
	fmt.Printf("%.4f %.4f\n", state[0].Values[5], state[0].Values[45])
	// Output: 4.0000 0.0000
}
