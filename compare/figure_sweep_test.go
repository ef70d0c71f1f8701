package compare

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A sweep has a figure of its losses and, for classes, of its accuracies, both with what
// the table says of its ends; a single seed has no deviation.
func TestSweepFigures(t *testing.T) {
	loss := Finding{
		Against: Heads, Title: "Training by the number of heads", Text: []string{"Means over 3 seeds."},
		Columns: []string{"heads M", "training loss", "its deviation over seeds"},
		Rows:    []FindingRow{{Values: []float64{2, 0.5, 0.1}}, {Values: []float64{8, 0.25, math.NaN()}}},
	}
	classes := Finding{
		Against: Layers, Title: "Training by the number of layers", Text: []string{"Means over 3 seeds."},
		Columns: append(loss.Columns, "accuracy", "test risk", "test accuracy"),
		Rows:    []FindingRow{{Values: []float64{1, 0.5, 0.1, 0.8, 0.6, 0.7}}, {Values: []float64{4, 0.25, 0.1, 0.9, 0.4, 0.85}}},
	}
	got := sweepFigures(&Result{Findings: []Finding{loss, {Against: Width, Rows: loss.Rows}, classes}})
	require.Len(t, got, 2)
	assert.Equal(t, "figures/sweep-heads.svg", got[0].File)
	assert.Equal(t, "Curves against heads a layer, M. training loss from 0.500 to 0.250.", got[0].Alt)
	assert.Equal(t, "figures/sweep-layers.svg", got[1].File)
	assert.Equal(t, "Curves against layers, L. training loss from 0.500 to 0.250; test risk from 0.600 to 0.400; training accuracy from 0.800 to 0.900; test accuracy from 0.700 to 0.850.", got[1].Alt)
	assert.Contains(t, string(got[1].SVG), "accuracy at the end of training")
	assert.NotContains(t, string(got[0].SVG), "accuracy")
	for _, f := range got {
		assert.NotContains(t, string(f.SVG), "NaN")
	}
}
