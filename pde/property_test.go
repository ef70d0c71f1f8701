package pde

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// TestRandomFlows: from rough densities every registered scheme keeps the mass to 1e-12 and ρ ≥ 0, does not raise the energy
// beyond rounding unless it disclaims that, and does not panic, on random grids in
// one to three dimensions, for random sums of all registered energies, schemes with a
// nominal step at up to ten times the bound of an explicit one. Pairs that a scheme
// refuses do not count; a scheme that refuses all fails. A run may stop with an error, as a
// JKO step that finds no descent does, but not one in a hundred.
func TestRandomFlows(t *testing.T) {
	schemes := Schemes.Names()
	taken := map[string]int{}
	cases, stopped := 0, 0
	for seed := uint64(1); cases < propertyCases; seed++ {
		rng := rand.New(rand.NewPCG(seed, 0))
		name := schemes[int(seed)%len(schemes)]
		s, err := Schemes.New(name)
		require.NoError(t, err)
		c := randomFlow(t, rng)
		if !c.accepts(s) {
			continue
		}
		cases++
		taken[name]++
		traj, err := c.solve(s, rng)
		what := fmt.Sprintf("seed %d, %s, %s", seed, name, c.what)
		if err != nil {
			stopped++
			t.Logf("%s: %v", what, err)
			require.NotNil(t, traj, what)
			require.NotErrorAs(t, err, new(*ContractError), what)
		}
		n := traj.Contracts
		assert.LessOrEqual(t, n.MassError, 1e-12, what)
		assert.GreaterOrEqual(t, n.MinDensity, 0.0, what)
		if !c.mayRise(s) {
			assert.LessOrEqual(t, n.EnergyRise, energyRounding, what)
		}
	}
	for _, name := range schemes {
		require.Positive(t, taken[name], "%s took no case", name)
	}
	t.Logf("%d cases: %v; %d stopped with an error", cases, taken, stopped)
	assert.LessOrEqual(t, stopped, cases/100, "runs that stopped with an error")
}

// flowCase is a random gradient flow.
type flowCase struct {
	what   string
	energy Sum
	start  *grid.Density
	bound  float64 // step of an explicit scheme
}

// randomFlow draws a grid, a sum of one to three energies and a density.
func randomFlow(t *testing.T, rng *rand.Rand) *flowCase {
	dim := 1 + rng.IntN(3)
	axes := make([]grid.Axis, dim)
	for k := range axes {
		lo := 4*rng.Float64() - 3
		axes[k] = grid.Axis{Lo: lo, Hi: lo + 0.1 + 4*rng.Float64(), N: 1 + rng.IntN([]int{40, 12, 7}[dim-1])}
		if rng.IntN(4) == 0 {
			axes[k].Grading = randomGrading(rng, axes[k])
			if axes[k].Validate() != nil { // too few cells for it
				axes[k].Grading = nil
			}
		}
	}
	g, err := grid.New(axes...)
	require.NoError(t, err)
	c := &flowCase{start: grid.NewDensity(g), what: fmt.Sprint(g.Shape())}
	for _, a := range axes {
		c.what += fmt.Sprintf(" %+v", a.Grading)
	}
	for i := range c.start.Values {
		switch rng.IntN(4) {
		case 0, 1:
			c.start.Values[i] = 1
		case 2:
			c.start.Values[i] = []float64{1e-300, 1e-20, 1e-8}[rng.IntN(3)]
		}
	}
	c.start.Values[rng.IntN(g.Len())] = 1
	c.start.Scale(1 / c.start.Mass())
	names := Energies.Names()
	for range 1 + rng.IntN(3) {
		name := names[rng.IntN(len(names))]
		if name == "sum" { // an empty one; the energy is a sum already
			continue
		}
		c.energy = append(c.energy, randomEnergy(t, rng, name))
		c.what += fmt.Sprintf(" + %+v", c.energy[len(c.energy)-1])
	}
	return c
}

// randomGrading draws a grading whose widest cell is up to some twenty times the narrowest.
func randomGrading(rng *rand.Rand, a grid.Axis) grid.Grading {
	if rng.IntN(2) == 0 {
		return grid.Geometric{Ratio: math.Exp(6*rng.Float64() - 3)}
	}
	return grid.Sinh{Center: a.Lo + rng.Float64()*(a.Hi-a.Lo), Scale: (0.1 + rng.Float64()) * (a.Hi - a.Lo)}
}

// randomEnergy returns the named energy as it is registered, or with random parameters
// where they are known here.
func randomEnergy(t *testing.T, rng *rand.Rand, name string) Energy {
	e, err := Energies.New(name)
	require.NoError(t, err)
	switch e := e.(type) {
	case *Potential:
		a, b, h := 4*rng.Float64()-2, 8*rng.Float64()-4, 6*rng.Float64()
		e.Func = func(x []float64) float64 {
			v := 0.0
			for k, y := range x {
				v += a*y*y/2 + b*math.Sin(h*y+float64(k))
			}
			return v
		}
	case *Interaction:
		names := Kernels.Names()
		if e.Kernel, err = Kernels.New(names[rng.IntN(len(names))]); err != nil {
			t.Fatal(err)
		}
	case *Entropy:
		e.Coefficient = math.Exp(4*rng.Float64() - 2)
	case *PorousMedium:
		e.Exponent = []float64{1.5, 2, 3, 1 + 3*rng.Float64()}[rng.IntN(4)]
	case *Renyi:
		e.Exponent, e.Coefficient = 1.2+2*rng.Float64(), math.Exp(2*rng.Float64()-1)
	}
	require.NoError(t, e.Validate(), "the energy %s: tell this test which parameters it takes", name)
	return e
}

// accepts reports whether the scheme takes the energy, and finds the explicit bound.
func (c *flowCase) accepts(s Scheme) bool {
	grids := []*grid.Grid{c.start.Grid}
	if len(c.energy) == 0 {
		return false
	}
	f, err := c.energy.Bind(grids)
	if err != nil { // a kernel in a dimension that is not its own
		return false
	}
	upwind, err := Upwind{}.Bind(f, grids)
	if err != nil {
		return false
	}
	const longest = 1.0
	r, err := upwind.Step(context.Background(), State{c.start.Clone()}, longest)
	if err != nil {
		return false
	}
	c.bound = r.Dt
	_, err = c.stepped(s, c.bound).Bind(f, grids)
	return err == nil
}

// stepped returns the scheme with the nominal step, if it has one.
func (c *flowCase) stepped(s Scheme, step float64) Scheme {
	if n, ok := s.(StepScheme); ok {
		return n.WithStep(step)
	}
	return s
}

// mayRise reports whether the scheme disclaims that the energy falls.
func (c *flowCase) mayRise(s Scheme) bool {
	cautious, ok := s.(Cautious)
	if !ok {
		return false
	}
	caveats := cautious.Caveats()
	f, err := c.energy.Bind([]*grid.Grid{c.start.Grid})
	return caveats.EnergyRise || caveats.RoughRise && (err != nil || f.Dependence() != Constant)
}

// solve takes about three steps.
func (c *flowCase) solve(s Scheme, rng *rand.Rand) (*Trajectory, error) {
	step := c.bound
	if _, ok := s.(StepScheme); ok {
		step *= math.Pow(10, 2*rng.Float64()-1)
	}
	c.what += fmt.Sprintf(", step %.3g of the explicit bound", step/c.bound)
	p := Problem{Energy: c.energy, Initial: State{c.start}, Times: []float64{0, 3 * step}}
	return Solve(context.Background(), p, c.stepped(s, step), &Options{WallMass: -1})
}
