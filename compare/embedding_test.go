package compare

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde/transformer"
)

// A trained embedding falls with Q, is stored and read again, and is used on test prompts.
func TestTrainedEmbedding(t *testing.T) {
	serial(t)
	images := transformer.Images{File: "t.csv", Label: "class", Patch: 1, Embed: 3, Learned: true, Seed: 1, Train: 4, Test: 1}
	sets, err := images.Read(strings.NewReader("p0,p1,p2,p3,class\n9,1,0,2,0\n1,8,2,1,0\n0,1,7,2,1\n2,0,1,9,1\n8,2,1,0,0\n"))
	require.NoError(t, err)
	law := &grid.Product{{Times: 18, Law: &grid.Bump{Center: []float64{0}, Radius: []float64{1}}}}
	s := Study{
		Name: "embedding", Times: []float64{0, 0.5, 1}, Confidence: 0.95, Test: sets.Test,
		Model: transformer.Model{
			Depth: 2, Decay: 0.01, Prompts: sets.Train, Embedding: sets.Embedding, Loss: &transformer.CrossEntropy{},
			Read:   transformer.Readout{Mean: true, Weights: transformer.DrawWeights(2, 3, 2, 1)},
			Blocks: []transformer.Component{{Block: &transformer.Softmax{}, Initial: law}},
		},
		Networks: Networks{Widths: []int{4}, Seeds: 1, Seed: 1, Dynamics: &finite.Gradient{RTol: 1e-9, ATol: 1e-11}},
		Trained:  []Network{{Depth: 2, Width: 4, Seed: 1}},
	}
	dir := t.TempDir()
	first, err := Execute(context.Background(), s, &Options{Store: NewStore(dir, "p")})
	require.NoError(t, err)
	c := first.Runs[0].Trajectory
	last := c.Ensembles[2].Component[2]
	assert.Equal(t, sets.Embedding.Start, c.Ensembles[0].Component[2].Theta)
	assert.NotEqual(t, sets.Embedding.Start, last.Theta)
	assert.Less(t, c.Contracts.Residual, 1e-6, "dQ/dτ + D = 0, the embedding's part with weight 1")
	assert.Less(t, c.Energy[2], c.Energy[0])
	assert.Len(t, first.Runs[0].TestRisk, 3)

	again, err := Execute(context.Background(), s, &Options{Store: NewStore(dir, "p")})
	require.NoError(t, err)
	assert.Equal(t, 1, again.Reused)
	assert.Equal(t, c.Ensembles, again.Runs[0].Trajectory.Ensembles)
	require.NoError(t, WriteReport(t.TempDir(), again, Provenance{}))
}
