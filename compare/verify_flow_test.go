package compare

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// flowTask returns the task of a form of JKO on an exact solution.
func flowTask(t *testing.T, name string, s exact.Solution, scheme pde.JKO) *verifyTask {
	t.Helper()
	c, err := newVerifyCase(exact.NamedSolution{Name: name, Solution: s})
	require.NoError(t, err)
	scheme.Step = 1
	return newVerifyTask(c, &scheme, FlowAxis, false)
}

// Inner solvers of the true JKO step have rows against the flow, where the error in space is
// small beside the one in time.
func TestVerifyFlow(t *testing.T) {
	serial(t)
	v, err := Verify(t.Context(), VerifyOptions{Schemes: []string{"jko"}, Cases: []string{"attraction", "heat", "contraction"}, Quick: true})
	require.NoError(t, err)
	found := map[string]bool{}
	for _, r := range v.Rows {
		if r.Axis != FlowAxis {
			continue
		}
		found[r.Case+" "+r.Scheme] = true
		assert.True(t, r.Pass, "%+v", r)
		assert.Equal(t, []float64{4, 8, 16, 32}, r.Levels)
		assert.InDelta(t, 1, r.Fitted, 0.1)
		assert.LessOrEqual(t, r.HalfWidth, 0.05)
		assert.Greater(t, r.W2, 0.0)
	}
	assert.Equal(t, map[string]bool{"attraction jko, quantile": true, "attraction jko, push-forward": true, "heat jko, quantile": true, "heat jko, back-and-forth": true}, found)
}

// Both forms of second order have rows of their own.
func TestVerifyFlowSecondOrder(t *testing.T) {
	serial(t)
	for form, first := range map[string]float64{"midpoint": 4, "bdf2": 8} {
		row := flowTask(t, "attraction-diffusion", exact.NewAttractionDiffusion(), pde.JKO{Inner: pde.Quantile{}, TimeOrder: 2, Form: form})
		require.NoError(t, row.run(t.Context()))
		r := &row.row
		require.Empty(t, row.skip)
		assert.True(t, r.Pass, "%+v", r)
		assert.Equal(t, 2.0, r.Declared) //nolint:testifylint // exact on purpose
		assert.Equal(t, first, r.Levels[0])
		assert.InDelta(t, 2, r.Fitted, 0.05)
	}
}

// The levels are those from which the exact iterates fall along a straight line, and there are
// none where these are the flow itself.
func TestVerifyFlowLevels(t *testing.T) {
	for form, want := range map[string][]int{"midpoint": {8, 16, 32, 64}, "bdf2": {32, 64, 128, 256}} {
		steps, ends, err := flowTask(t, "barenblatt", exact.NewBarenblatt(), pde.JKO{Inner: pde.Quantile{}, TimeOrder: 2, Form: form}).asymptoticSteps()
		require.NoError(t, err)
		assert.Equal(t, want, steps)
		assert.Len(t, ends, len(steps))
	}
	crowd := flowTask(t, "crowd", exact.NewCrowd(), pde.JKO{Inner: pde.BackAndForth{}})
	require.NoError(t, crowd.run(t.Context()))
	assert.Contains(t, crowd.skip, "no error in time")
}

// hasty is quantile with steps that are too long by the part haste, and whose particles go on
// for the part carry of what they are asked for.
type hasty struct {
	pde.Quantile
	haste, carry float64
}

func (h hasty) WithTolerance(tolerance float64) pde.JKOInner {
	h.Tolerance = tolerance
	return h
}

func (h hasty) Bind(f pde.Functional, grids []*grid.Grid) (pde.JKOSolver, error) {
	s, err := h.Quantile.Bind(f, grids)
	return &hastySolver{s, h}, err
}

type hastySolver struct {
	pde.JKOSolver
	hasty
}

func (h *hastySolver) Solve(ctx context.Context, rho pde.State, start pde.JKOStart) (pde.JKOResult, error) {
	start.Tau *= 1 + h.haste
	return h.JKOSolver.Solve(ctx, rho, start)
}

func (h *hastySolver) Extend(rho pde.State, s float64) {
	h.JKOSolver.(pde.Extender).Extend(rho, h.carry*s)
}

// A step of the wrong length, or particles that do not go on as far as they should, miss the
// row; without a fault it is there.
func TestVerifyFlowFaults(t *testing.T) {
	serial(t)
	for name, c := range map[string]struct {
		haste, carry float64
		order        int
	}{
		"first, faultless":   {0, 1, 1},
		"first, long steps":  {0.05, 1, 1},
		"second, faultless":  {0, 1, 2},
		"second, long steps": {0.01, 1, 2},
		"second, short way":  {0, 0.98, 2},
	} {
		task := flowTask(t, "ornstein-uhlenbeck/1d", ornsteinUhlenbeckLine(t), pde.JKO{Inner: hasty{haste: c.haste, carry: c.carry}, TimeOrder: c.order})
		require.NoError(t, task.run(t.Context()))
		require.Empty(t, task.skip, name)
		faultless := c.haste == 0 && c.carry == 1
		assert.Equal(t, faultless, task.row.Pass, "%s: %+v", name, task.row)
		if !faultless {
			assert.Contains(t, task.row.Note, "do not bring the run nearer to the exact iterate", name)
		}
	}
}

func ornsteinUhlenbeckLine(t *testing.T) exact.Solution {
	s, err := exact.Solutions.New("ornstein-uhlenbeck")
	require.NoError(t, err)
	e, err := exact.Example(exact.Examples(s), "1d")
	require.NoError(t, err)
	return e[0].Solution
}

// A row that would take more than the budget is left out and says why, as are forms of second
// order with inner solvers whose own tolerance hides them.
func TestVerifyFlowBudget(t *testing.T) {
	long := flowTask(t, "barenblatt", exact.NewBarenblatt(), pde.JKO{Inner: pde.Quantile{}, TimeOrder: 2, Form: "bdf2"})
	require.NoError(t, long.flow(t.Context(), 1e6))
	assert.Contains(t, long.skip, "over the budget of 1e+06")
	assert.Empty(t, long.row.Errors)
	rough := flowTask(t, "barenblatt", exact.NewBarenblatt(), pde.JKO{Inner: pde.Proximal{}, TimeOrder: 2})
	assert.Contains(t, rough.skip, "not small beside an error of second order")
}
