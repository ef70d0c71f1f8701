package compare

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde/exact"
	"pdesolve/pde/transformer"
)

// TestDrawnReferenceKnowsItsError compares the pair of wide networks with the exact
// solution of benchmark B for 12 seeds: error and estimate have the same normal law, so
// that the ratio of their root mean squares lies within 1 ± 0.7 at about 99 %.
func TestDrawnReferenceKnowsItsError(t *testing.T) {
	serial(t)
	errors, estimates := map[Quantity]float64{}, map[Quantity]float64{}
	for seed := range 12 {
		s := linearStudy(t)
		s.Networks.Seed = uint64(100 * seed)
		s.Model.Prompts.Tokens, s.Model.Prompts.Label = s.Model.Prompts.Tokens[:4*8*2], s.Model.Prompts.Label[:4]
		p := newPlan(&s)
		ref := p.drawnReference(s.Model)
		for _, task := range ref.tasks {
			r, err := task.do(context.Background(), &finite.Options{})
			require.NoError(t, err)
			task.result = r
		}
		got, err := ref.get()
		require.NoError(t, err)
		assert.Contains(t, got.Label, "512 heads and neurons a layer at L = 2")
		b, err := exact.NewLinearAttention(&s.Model)
		require.NoError(t, err)
		want, err := exactCurve(b, s.Times)
		require.NoError(t, err)
		for _, q := range Quantities {
			errors[q] += math.Pow(distance(q, got, want), 2)
			estimates[q] += math.Pow(got.Error[q], 2)
		}
	}
	for _, q := range Quantities {
		assert.InDelta(t, 1, math.Sqrt(errors[q]/estimates[q]), 0.7, "%s", q)
	}
}

// headsStudy is a study that no grid and no quadrature can serve.
func headsStudy(t *testing.T) Study {
	prompts, err := (&transformer.Linear{Prompts: 3, Tokens: 4, Features: 2, Seed: 1}).Draw()
	require.NoError(t, err)
	bump := &grid.Bump{Center: []float64{0.2}, Radius: []float64{0.6}}
	return Study{
		Name: "heads",
		Model: transformer.Model{
			Depth: 2, Decay: 0.02, Prompts: prompts, Read: transformer.Readout{Token: -1, Coordinate: -1},
			Blocks: []transformer.Component{
				{Block: &transformer.Softmax{}, Initial: &grid.Product{{Times: 18, Law: bump}}},
				{Block: &transformer.MLP{}, Initial: &grid.Product{{Times: 7, Law: bump}}},
			},
		},
		Times:      []float64{0, 1},
		Networks:   Networks{Widths: []int{1, 2, 4}, Depths: []int{1, 2, 4}, Seeds: 6, Seed: 1, Dynamics: &finite.Gradient{RTol: 1e-6, ATol: 1e-8}},
		Rates:      []Against{Depth, Width, BestNetwork, Coupling, CouplingDepth},
		Confidence: 0.95,
	}
}

func TestHeadsWithMatrices(t *testing.T) {
	r, err := Execute(context.Background(), headsStudy(t), nil)
	require.NoError(t, err)
	require.Len(t, r.Ladders, 3*len(Quantities)+4)
	for _, l := range r.Ladders {
		switch l.Against {
		case Width:
			assert.Contains(t, l.Reference, "no quadrature of ρ₀ can be afforded")
			assert.Positive(t, l.Points[0].Reference)
			assert.InDelta(t, -0.5, l.Rate.Value, 0.4, "%s against width", l.Quantity)
		case Depth:
			assert.Contains(t, l.Reference, "16 random atoms in every layer of a block")
			assert.InDelta(t, -1, l.Rate.Value, 0.2, "%s against depth", l.Quantity)
		case Coupling:
			assert.Contains(t, l.Reference, "the mean of two that are drawn with seeds of their own; error: half their distance")
			assert.InDelta(t, 2.5, l.Points[0].Error/l.Points[2].Error, 1.2, "%s", l.Quantity) // about 2 for four times the heads; M = 1 is not asymptotic
			assert.InDelta(t, 10, l.Points[2].Error/l.Points[2].Reference, 5, "%s", l.Quantity)
		case CouplingDepth:
			assert.InDelta(t, -1, l.Rate.Value, 0.2, "%s against depth", l.Quantity)
		case BestNetwork:
			assert.InDelta(t, -0.5, l.Rate.Value, 0.4, "%s against drawn heads", l.Quantity)
		}
	}
}
