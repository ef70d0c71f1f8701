package compare

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/transport"
)

func lawStudy(t *testing.T) Study {
	s := linearStudy(t)
	s.Rates = []Against{Law}
	s.Solvers = []Solver{{Scheme: &pde.Upwind{CFL: 0.4, Stages: 1}, Cells: 48}, {Scheme: &pde.Upwind{CFL: 0.4, Stages: 1}, Cells: 96}}
	s.Times, s.Networks.Widths, s.Networks.Seeds = []float64{0, 1}, []int{4, 8, 16, 32, 64}, 10
	return s
}

// On benchmark B the particles come near the exact density as draws do, and those of a
// biased sampler do not.
func TestLawOfLinearAttention(t *testing.T) {
	serial(t)
	s := lawStudy(t)
	begin := time.Now()
	r, err := Execute(context.Background(), s, nil)
	require.NoError(t, err)
	t.Log(time.Since(begin))
	require.Empty(t, r.Notes)
	require.Len(t, r.Ladders, 1)
	l := r.Ladders[0]
	t.Logf("%s %s predicted %.3f: %s; reference %.2g\n%s", l.Rate.Slope(), l.Rate.Interval(), l.Rate.Predicted, l.Rate.Verdict, l.Points[0].Reference, r.Findings[0].Table().Render())
	assert.Equal(t, Distance1, l.Quantity)
	assert.Contains(t, []Verdict{Sharp, Better}, l.Rate.Verdict)
	assert.InDelta(t, (l.Rate.Predicted-0.5)/2, l.Rate.Value, 0.08) // between the law with and without its logarithm
	assert.Contains(t, l.Reference, "exact density")
	require.Len(t, l.Rivals, 2)

	// The distance is the transport distance to all cells of the exact density.
	ref, err := newPlan(&s).baseReference().get()
	require.NoError(t, err)
	for _, run := range r.Runs {
		if run.Kind != Finite || run.Seed != 1 {
			continue
		}
		e, want := run.Trajectory.Ensembles[1], 0.0
		for c := range e.Component {
			g, err := grid.New([]grid.Axis{{Lo: -2, Hi: 4, N: 96}, {Lo: -2, Hi: 4, N: 96}}...)
			require.NoError(t, err)
			d, err := ref.Density(c, 1, g)
			require.NoError(t, err)
			a := &e.Component[c]
			w, err := new(transport.W1).Points(transport.FromDensity(d), &transport.Measure{Dim: 2, N: a.N, Points: a.Theta})
			require.NoError(t, err)
			want += w.Value / float64(len(e.Component))
		}
		for _, p := range l.Points {
			if p.Width == run.Width {
				assert.LessOrEqual(t, p.Seeds[0], want*(1+1e-9), run.ID)
				assert.InEpsilon(t, want, p.Seeds[0], 0.01, run.ID)
			}
		}
	}

	s.broken = breakages["biased sampler"]
	r, err = Execute(context.Background(), s, nil)
	require.NoError(t, err)
	l = r.Ladders[0]
	t.Logf("biased: %s %s: %s", l.Rate.Slope(), l.Rate.Interval(), l.Rate.Verdict)
	assert.Equal(t, Violates, l.Rate.Verdict)
}

func TestLawWantsTwoGrids(t *testing.T) {
	s := lawStudy(t)
	assert.Contains(t, PossibleRates(&s, true), Law)
	s.Solvers = s.Solvers[:1]
	assert.ErrorContains(t, s.Validate(), "law needs a scheme on grids of two sizes")
	s = lawStudy(t)
	s.Model.Continuous = true
	assert.ErrorContains(t, s.Validate(), "law needs transformer.depth as a number")
}
