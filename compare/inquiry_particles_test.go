package compare

import (
	"bytes"
	"context"
	"encoding/csv"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/transport"
)

func particlesStudy(t *testing.T) Study {
	s := linearStudy(t)
	s.Rates = []Against{Particles}
	s.Networks.Widths, s.Networks.Seeds = []int{4, 16, 64}, 10
	return s
}

func TestParticlesAgainstTheDensity(t *testing.T) {
	s := particlesStudy(t)
	r, err := Execute(context.Background(), s, nil)
	require.NoError(t, err)
	require.Empty(t, r.Notes)
	require.Len(t, r.Findings, 1)
	f := r.Findings[0]
	require.Len(t, f.Rows, 3)
	for k, row := range f.Rows {
		require.Len(t, row.Values, len(f.Columns))
		assert.Equal(t, float64(particleSeeds), row.Values[5])
		assert.Less(t, row.Values[3], row.Values[2])
		assert.Less(t, row.Values[2], row.Values[4])
		if k > 0 { // at the start four times as many particles have half the distance, about; later upwind's blur adds to it
			assert.InDelta(t, 0.5, row.Values[1]/f.Rows[k-1].Values[1], 0.12)
			assert.Less(t, row.Values[2], f.Rows[k-1].Values[2])
		}
	}
	var from *Run
	for _, run := range r.Runs {
		if run.ID == "upwind-n108" {
			from = run
		}
	}
	require.NotNil(t, from)
	assert.Nil(t, from.W2)
	measured := map[Kind]int{}
	for _, run := range r.Runs {
		if run.W2 == nil {
			continue
		}
		measured[run.Kind]++
		assert.Equal(t, "upwind-n108", run.W2To)
		for i := range s.Times {
			assert.LessOrEqual(t, run.W2Lower[i], run.W2[i])
			assert.LessOrEqual(t, run.W2[i], run.W2Upper[i])
		}
		if run.Seed > 2 {
			continue
		}
		// All cells, another set of points: the brackets meet.
		lower, upper, last := 0.0, 0.0, len(s.Times)-1
		for c, d := range from.Trajectory.States[last] {
			a := &run.Trajectory.Ensembles[last].Component[c]
			w, err := transport.Quantised(new(transport.W2), d, &transport.Measure{Dim: a.Dim, N: a.N, Points: a.Theta, Weight: a.Weight})
			require.NoError(t, err)
			lower += w.Lower * w.Lower / 2
			upper += w.Upper * w.Upper / 2
		}
		assert.LessOrEqual(t, run.W2Lower[last], math.Sqrt(upper)*(1+1e-12))
		assert.GreaterOrEqual(t, run.W2Upper[last], math.Sqrt(lower)*(1-1e-12))
	}
	assert.Equal(t, map[Kind]int{Finite: 3 * particleSeeds, Characteristics: 1}, measured)

	// The columns are written and read, and do not depend on the workers.
	var series, summary bytes.Buffer
	require.NoError(t, WriteSeries(&series, r))
	rows, err := csv.NewReader(&series).ReadAll()
	require.NoError(t, err)
	assert.Equal(t, []string{"w2", "w2_lower", "w2_upper"}, rows[0][len(rows[0])-3:])
	require.NoError(t, WriteSummary(&summary, r, ""))
	back, _, err := ReadSummary(&summary, s)
	require.NoError(t, err)
	s.Workers = 1
	again, err := Execute(context.Background(), s, nil)
	require.NoError(t, err)
	for i, run := range r.Runs {
		for _, other := range []*Run{back.Runs[i], again.Runs[i]} {
			assert.Equal(t, run.W2, other.W2)
			assert.Equal(t, run.W2Lower, other.W2Lower)
			assert.Equal(t, run.W2Upper, other.W2Upper)
			assert.Equal(t, run.W2To, other.W2To)
		}
	}
}

func TestParticlesWantADensity(t *testing.T) {
	s := particlesStudy(t)
	assert.Contains(t, PossibleRates(&s, false), Particles)
	s.Solvers = s.Solvers[3:]
	assert.ErrorContains(t, s.Validate(), "particles needs a scheme on a grid")
	assert.NotContains(t, PossibleRates(&s, false), Particles)
	s = particlesStudy(t)
	s.Model.Continuous = true
	assert.ErrorContains(t, s.Validate(), "particles needs transformer.depth as a number")
	s = particlesStudy(t)
	s.Networks.Widths = nil
	assert.ErrorContains(t, s.Validate(), "particles needs finite.width")
}
