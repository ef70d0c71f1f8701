package compare

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// resultOf returns a result with one ladder of networks of the given slope.
func resultOf(name string, slope float64, seed uint64) *Result {
	points := nested(rand.New(rand.NewPCG(seed, 1)), 6, 16, 2, normal)
	for i := range points {
		for s := range points[i].Seeds {
			points[i].Seeds[s] *= powers(6, 1, slope+0.5)[i].Error
		}
	}
	l := Ladder{Quantity: Output, Against: Width, Points: points}
	l.Rate = Fit(points, FitOptions{Predicted: -0.5})
	return &Result{Study: Study{Name: name}, Ladders: []Ladder{l}}
}

func TestCompareResults(t *testing.T) {
	a := resultOf("a", -0.5, 1)
	same := Compare(a, a)
	require.Len(t, same.Rates, 1)
	assert.Equal(t, Unchanged, same.Rates[0].Change)
	assert.Equal(t, 1.0, same.Rates[0].Error)
	assert.Empty(t, same.Notes)

	assert.Equal(t, Significant, Compare(a, resultOf("b", -1, 2)).Rates[0].Change)
	assert.Equal(t, Insignificant, Compare(a, resultOf("b", -0.5, 2)).Rates[0].Change)

	b := resultOf("b", -0.5, 2)
	b.Ladders[0].Against = Parameters
	d := Compare(a, b)
	require.Len(t, d.Rates, 2)
	assert.Equal(t, Removed, d.Rates[0].Change)
	assert.Equal(t, Added, d.Rates[1].Change)
	assert.NotContains(t, d.Table().Render(), "NaN")
	var out bytes.Buffer
	require.NoError(t, d.WriteJSON(&out))
	assert.True(t, json.Valid(out.Bytes()))
}

// Two results of the same law differ significantly about once in twenty times at most.
func TestCompareOfEqualLawsIsRarelySignificant(t *testing.T) {
	serial(t)
	wrong := 0
	for i := range uint64(200) {
		if Compare(resultOf("a", -0.5, 2*i), resultOf("b", -0.5, 2*i+1)).Rates[0].Change == Significant {
			wrong++
		}
	}
	t.Logf("%d of 200", wrong)
	assert.LessOrEqual(t, wrong, 16)
}

func TestCompareNamesLostContracts(t *testing.T) {
	a, b := fixture(t), fixture(t)
	b.Runs[0].Trajectory.Contracts.MassError = 1e-6
	b.Runs = b.Runs[:len(b.Runs)-1]
	notes := Compare(a, b).Notes
	require.Len(t, notes, 2)
	assert.Contains(t, notes[0], "only in the first result: 1")
	assert.Contains(t, notes[1], "mass error")
}
