package finite

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
	"pdesolve/pde/transformer"
)

// fine is a flow whose errors in time are far below what the tests look at.
var fine = Gradient{RTol: 1e-10, ATol: 1e-12}

// headsModel has blocks of matrices, eight atoms of which stand side by side.
func headsModel() *transformer.Model {
	prompts, err := (&transformer.Linear{Prompts: 3, Tokens: 4, Features: 2, Seed: 1}).Draw()
	if err != nil {
		panic(err)
	}
	bump := &grid.Bump{Center: []float64{0.2}, Radius: []float64{0.6}}
	return &transformer.Model{
		Depth: 2, Decay: 0.02, Prompts: prompts, Read: transformer.Readout{Token: -1, Coordinate: -1},
		Blocks: []transformer.Component{
			{Block: &transformer.Softmax{}, Initial: &grid.Product{{Times: 18, Law: bump}}},
			{Block: &transformer.LinearAttention{}, Initial: &grid.Product{{Times: 18, Law: bump}}},
			{Block: &transformer.MLP{}, Initial: &grid.Product{{Times: 7, Law: bump}}},
		},
	}
}

// A network that is its own mean field has no distance from its coupled particles, with
// every block and every dynamics.
func TestCoupledToItself(t *testing.T) {
	for name, m := range map[string]*transformer.Model{"scalar": testModel(3, true), "linear": linearModel(2), "heads": headsModel()} {
		for _, d := range []Dynamics{fine, Descent{Step: 0.05}, Momentum{Step: 0.05, Momentum: 0.5}} {
			start := Draw(m, 5, 4)
			network, err := Simulate(context.Background(), m, start, testTimes, d, nil)
			require.NoError(t, err)
			coupled, err := Coupled{Field: start, Particles: start, Dynamics: d}.Simulate(context.Background(), m, testTimes, nil)
			require.NoError(t, err)
			for s := range testTimes {
				assert.InDelta(t, network.Energy[s], coupled.Energy[s], 1e-13)
				assert.InDelta(t, 0, slices.Max(Distances(network.Ensembles[s], coupled.Ensembles[s], 0)), 1e-13, "%s, %s, τ = %v", name, d.Name(), testTimes[s])
			}
			assert.Greater(t, distance(start.Theta, network.Ensembles[len(testTimes)-1].Theta), 0.05, "the test must see motion")
		}
	}
}

// In benchmark B the coupled particles are the exact characteristics: the image of the
// network's start under the exact flow.
func TestCoupledIsExactCharacteristic(t *testing.T) {
	for _, continuous := range []bool{false, true} {
		m := linearModel(4)
		m.Continuous = continuous
		want, err := exact.NewLinearAttention(m)
		require.NoError(t, err)
		if continuous {
			m.Depth = 64 // of fourth order: 16 slices are off by 1.6e-7
		}
		field, err := Nodes(m, grid.Gauss, 3) // second moments are all that B's field needs
		require.NoError(t, err)
		particles := Draw(m, 7, 4)
		var errs []float64
		for _, rtol := range []float64{1e-5, 1e-7, 1e-10}[map[bool]int{true: 2}[continuous]:] {
			curve, err := Coupled{Field: field, Particles: particles, Dynamics: Gradient{RTol: rtol, ATol: rtol / 100}}.Simulate(context.Background(), m, testTimes, nil)
			require.NoError(t, err)
			assert.Positive(t, curve.Contracts.MinDensity)
			worst := 0.0
			for s, τ := range testTimes {
				for c := range particles.Component {
					a, b := &particles.Component[c], &curve.Ensembles[s].Component[c]
					assert.Equal(t, a.Weight, b.Weight)
					for j := range a.N {
						x := want.Push([]float64{a.Coordinate(0)[j], a.Coordinate(1)[j]}, τ)
						worst = max(worst, math.Hypot(x[0]-b.Coordinate(0)[j], x[1]-b.Coordinate(1)[j]))
					}
				}
				assert.InDelta(t, want.Risk(τ), curve.Risk[s], 100*rtol)
			}
			errs = append(errs, worst)
		}
		t.Logf("continuous %v: %.2g", continuous, errs)
		for i, bound := range []float64{2e-9, 1e-6, 1e-4}[:len(errs)] {
			assert.Less(t, errs[len(errs)-1-i], bound)
		}
	}
}

// Particles of several networks move as they do alone, whatever moves beside them.
func TestCoupledSideBySide(t *testing.T) {
	m := testModel(2, true)
	field, err := Nodes(m, grid.Gauss, 5)
	require.NoError(t, err)
	a, b := Draw(m, 3, 1), Draw(m, 4, 2)
	run := func(particles *pde.Ensemble) *pde.Ensemble {
		curve, err := Coupled{Field: field, Particles: particles, Dynamics: fine}.Simulate(context.Background(), m, testTimes, nil)
		require.NoError(t, err)
		return curve.Ensembles[len(testTimes)-1]
	}
	both := run(Join(a, b))
	assert.Less(t, slices.Max(Distances(run(a), both, 0)), 1e-9)
	assert.Less(t, slices.Max(Distances(run(b), both, 3)), 1e-9)
	assert.Greater(t, slices.Min(Distances(run(b), both, 2)), 1e-2, "the test must tell particles apart")
}

func TestJoinKeepsWeights(t *testing.T) {
	a, b := pde.NewEnsemble([]int{2}, []int{2}), pde.NewEnsemble([]int{2}, []int{1})
	copy(a.Theta, []float64{1, 2, 3, 4})
	copy(b.Theta, []float64{5, 6})
	j := Join(a, b)
	assert.Equal(t, []float64{1, 2, 5, 3, 4, 6}, j.Theta)
	assert.Equal(t, []float64{0.5, 0.5, 1}, j.Component[0].Weight)
	assert.Equal(t, []float64{0.5, 0.5}, a.Component[0].Weight)
	assert.Panics(t, func() { Join() })
	assert.Panics(t, func() { Join(a, pde.NewEnsemble([]int{1}, []int{2})) })
	assert.Panics(t, func() { Join(a, pde.NewEnsemble([]int{2, 2}, []int{2, 2})) })
	assert.Equal(t, []float64{math.Hypot(4, 3)}, Distances(b, a, 0)[:1])
	assert.Panics(t, func() { Distances(a, b, 0) })
	assert.Panics(t, func() { Distances(b, a, 2) })
}

func TestCoupledRefuses(t *testing.T) {
	m := testModel(2, false)
	two, three := Draw(m, 2, 1), Draw(testModel(3, false), 2, 1)
	for want, c := range map[string]Coupled{
		"field, particles: missing":     {Field: two},
		"3 components: want 2":          {Field: two, Particles: three},
		"3 parameters: want 2":          {Field: two, Particles: pde.NewEnsemble([]int{2, 3}, []int{1, 1})},
		"langevin moves atoms by noise": {Field: two, Particles: two, Dynamics: Langevin{Seed: 1}},
		"dynamics: descent: step: -1":   {Field: two, Particles: two, Dynamics: Descent{Step: -1}},
	} {
		_, err := c.Simulate(context.Background(), m, testTimes, nil)
		assert.ErrorContains(t, err, want)
	}
}
