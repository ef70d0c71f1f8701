package transformer_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// A temperature σ adds σ (1/L) Σ_c ∫ρ log ρ to Q, σ (log ρ + 1) to Ψ, and nothing to the
// reading; the rest is the model at temperature 0.
func TestTemperatureAddsTheEntropy(t *testing.T) {
	eachModel(t, func(t *testing.T, r *rand.Rand, cold *transformer.Model) {
		const sigma = 0.3
		hot := *cold
		hot.Temperature = sigma
		grids := randomGrids(t, r, cold, r.IntN(2) == 0)
		rho := randomState(r, grids)
		f, err := cold.Bind(grids)
		require.NoError(t, err)
		h, err := hot.Bind(grids)
		require.NoError(t, err)
		psi, warm, rest := pde.NewField(grids), pde.NewField(grids), pde.NewField(grids)
		want := f.Variation(psi, rho)
		got := h.Variation(warm, rho)
		for c, d := range rho {
			first, second := make([]float64, len(psi[c])), make([]float64, len(psi[c]))
			parts := pde.PartsOf(h)
			parts.Derivatives(first, second, d.Values)
			for i, v := range d.Values {
				want += sigma * v * math.Log(v) * d.Grid.Volume(i) / float64(cold.Depth)
				psi[c][i] += sigma * (math.Log(v) + 1)
				assert.InEpsilon(t, sigma/v, second[i], 1e-14)
				assert.InDelta(t, sigma*(math.Log(v)+1), first[i], 1e-14)
			}
			requireClose(t, psi[c], warm[c], 1e-13)
			assert.InEpsilon(t, sigma, h.(pde.Diffusive).Diffusivity(c), 1e-15)
		}
		assert.InDelta(t, want, got, 1e-13*(1+math.Abs(want)))
		assert.InDelta(t, got, h.Value(rho), 1e-13*(1+math.Abs(want)))
		assert.Equal(t, pde.Pointwise, h.Dependence())
		parts := pde.PartsOf(h)
		coldValue := f.Variation(psi, rho)
		risk, output := f.(pde.Learner).Reading()
		hotRisk, hotOutput := h.(pde.Learner).Reading()
		assert.Equal(t, risk, hotRisk)
		assert.Equal(t, output, hotOutput)
		assert.Equal(t, coldValue, parts.Rest.Variation(rest, rho))
		assert.Equal(t, psi, rest)
		assert.Equal(t, pde.Mean, parts.Rest.Dependence())
		assert.Zero(t, testing.AllocsPerRun(3, func() { h.Variation(warm, rho); h.Value(rho) }))
	})
}

// Ψ is the derivative of Q at a temperature too.
func TestTemperatureVariationAgainstDifferences(t *testing.T) {
	eachModel(t, func(t *testing.T, r *rand.Rand, m *transformer.Model) {
		hot := *m
		hot.Temperature = 0.7
		grids := randomGrids(t, r, m, true)
		rho, direction := randomState(r, grids), randomState(r, grids)
		for c := range rho { // away from 0, where ρ log ρ has large third derivatives
			for i := range rho[c].Values {
				rho[c].Values[i] = 1 + 0.3*rho[c].Values[i]
			}
		}
		f, err := hot.Bind(grids)
		require.NoError(t, err)
		psi := pde.NewField(grids)
		f.Variation(psi, rho)
		want := 0.0
		for c, d := range direction {
			for i, v := range d.Values {
				want += f.Weight(c) * psi[c][i] * v * d.Grid.Volume(i)
			}
		}
		moved := rho.Clone()
		got := derivative(func(h float64) float64 {
			for c := range moved {
				for i := range moved[c].Values {
					moved[c].Values[i] = rho[c].Values[i] + h*direction[c].Values[i]
				}
			}
			return f.Value(moved)
		}, 0.02)
		assert.InDelta(t, got, want, 1e-8*max(math.Abs(got), 0.1))
	})
}

// Noisy training by MUSCL lowers Q at every step down to rest, where Ψ is constant in
// each component.
func TestTemperatureFlowDescends(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	law := &grid.Bump{Center: []float64{0.5, 0.3}, Radius: []float64{1, 0.8}}
	axes := []grid.Axis{{Lo: -3, Hi: 3, N: 24}, {Lo: -3, Hi: 3, N: 24}}
	m := &transformer.Model{
		Depth: 2, Decay: 1, Temperature: 0.2, Prompts: randomPrompts(r, 3, 4), Read: query,
		Blocks: []transformer.Component{{Block: &transformer.SoftmaxScalar{}, Initial: law, Axes: axes}},
	}
	grids, err := m.Grids(0)
	require.NoError(t, err)
	rho, err := m.InitialState(grids)
	require.NoError(t, err)
	traj, err := pde.Solve(context.Background(), pde.Problem{Energy: m, Initial: rho, Times: []float64{0, 1, 12}}, pde.MUSCL{}, &pde.Options{WallMass: -1})
	require.NoError(t, err)
	assert.LessOrEqual(t, traj.Contracts.EnergyRise, 1e-15)
	assert.Less(t, traj.Energy[1], traj.Energy[0]-0.1)
	assert.Less(t, traj.Dissipation[2], 1e-9*traj.Dissipation[0])
	assert.LessOrEqual(t, traj.Contracts.MassError, 1e-13)
}

// The schemes with fitted fluxes, explicit, stabilised and implicit, are three ways to
// integrate one semi-discrete noisy training: they agree to their errors in time, lower Q at
// every step and keep the mass of each depth slice. So are those with upwind fluxes.
func TestTemperatureSchemesAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 34))
	law := &grid.Bump{Center: []float64{0.5, 0.3}, Radius: []float64{1, 0.8}}
	axes := []grid.Axis{{Lo: -3, Hi: 3, N: 24}, {Lo: -3, Hi: 3, N: 24}}
	m := &transformer.Model{
		Depth: 2, Decay: 1, Temperature: 0.2, Prompts: randomPrompts(r, 3, 4), Read: query,
		Blocks: []transformer.Component{{Block: &transformer.SoftmaxScalar{}, Initial: law, Axes: axes}},
	}
	grids, err := m.Grids(0)
	require.NoError(t, err)
	start, err := m.InitialState(grids)
	require.NoError(t, err)
	run := func(s pde.Scheme) pde.State {
		traj, err := pde.Solve(context.Background(), pde.Problem{Energy: m, Initial: start, Times: []float64{0, 0.5}}, s, &pde.Options{WallMass: -1})
		require.NoError(t, err, s.Name())
		assert.LessOrEqual(t, traj.Contracts.EnergyRise, 1e-15, s.Name())
		assert.LessOrEqual(t, traj.Contracts.MassError, 1e-13, s.Name())
		return traj.States[1]
	}
	distance := func(a, b pde.State) (sum float64) {
		for c, d := range a {
			for i, v := range d.Values {
				sum += math.Abs(v-b[c].Values[i]) * d.Grid.CellVolume() / float64(len(a))
			}
		}
		return sum
	}
	explicit := run(pde.ScharfetterGummel{CFL: 0.2})
	assert.Greater(t, distance(explicit, start), 0.1)
	assert.Less(t, distance(run(pde.RKL2{Step: 0.01}), explicit), 2e-4)
	coarse, fine := distance(run(pde.ImplicitScharfetterGummel{Step: 0.1}), explicit), distance(run(pde.ImplicitScharfetterGummel{Step: 0.05}), explicit)
	assert.Less(t, fine, 2e-3)
	assert.InDelta(t, 2, math.Log2(coarse/fine), 0.3)
	upwind := run(pde.ImplicitUpwind{Step: 0.05, TimeOrder: 2})
	assert.Less(t, distance(upwind, run(pde.Upwind{Stages: 2})), 3e-3)
}

func TestTemperatureOfParticles(t *testing.T) {
	m := goodModel()
	for _, c := range []float64{-1, math.NaN(), math.Inf(1)} {
		m.Temperature = c
		assert.ErrorContains(t, m.Validate(), "temperature: ")
	}
	m.Temperature = 0.1
	require.NoError(t, m.Validate())
	n := make([]int, m.Components())
	for c := range n {
		n[c] = 4
	}
	// Atoms have the energy and gradient of temperature 0, and say which noise they need.
	e := pde.NewEnsemble(m.Dims(), n)
	for i := range e.Theta {
		e.Theta[i] = math.Sin(float64(i))
	}
	hot, warm := bindAtoms(t, m, e), make([]float64, len(e.Theta))
	assert.Equal(t, 0.1, hot.(pde.Diffusive).Diffusivity(0))
	m.Temperature = 0
	cold, want := bindAtoms(t, m, e), make([]float64, len(e.Theta))
	assert.Equal(t, 0.0, cold.(pde.Diffusive).Diffusivity(0))
	assert.Equal(t, cold.Gradient(want, e), hot.Gradient(warm, e))
	assert.Equal(t, want, warm)
}

// Noise keeps the weights of a trained Transformer spread out.
func ExampleModel_temperature() {
	prompts, err := (&transformer.Linear{Prompts: 4, Tokens: 5, Seed: 1}).Draw()
	if err != nil {
		log.Fatal(err)
	}
	for _, sigma := range []float64{0, 0.1} {
		m := &transformer.Model{
			Depth: 2, Decay: 0.5, Temperature: sigma, Prompts: prompts,
			Read: transformer.Readout{Token: -1, Coordinate: -1},
			Blocks: []transformer.Component{{
				Block:   &transformer.SoftmaxScalar{},
				Initial: &grid.Bump{Center: []float64{1, 0.3}, Radius: []float64{1, 0.8}},
				Axes:    []grid.Axis{{Lo: -3, Hi: 4, N: 28}, {Lo: -3, Hi: 3, N: 24}},
			}},
		}
		grids, err := m.Grids(0)
		if err != nil {
			log.Fatal(err)
		}
		rho, err := m.InitialState(grids)
		if err != nil {
			log.Fatal(err)
		}
		traj, err := pde.Solve(context.Background(), pde.Problem{Energy: m, Initial: rho, Times: []float64{0, 4}}, pde.MUSCL{}, &pde.Options{WallMass: -1})
		if err != nil {
			log.Fatal(err)
		}
		variance := traj.States[1][0].Covariance()[0][0]
		fmt.Printf("σ = %.1f: variance of the attention weight %.2f\n", sigma, variance)
	}
	// Output:
	// σ = 0.0: variance of the attention weight 0.02
	// σ = 0.1: variance of the attention weight 0.20
}
