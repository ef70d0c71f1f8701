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

// Inner solvers of the true JKO step have rows against exact iterates, where the error
// has no part in time.
func TestVerifyIterates(t *testing.T) {
	v, err := Verify(t.Context(), VerifyOptions{Schemes: []string{"jko"}, Cases: []string{"attraction"}, Quick: true})
	require.NoError(t, err)
	found := 0
	for _, r := range v.Rows {
		if r.Axis != IterateAxis {
			continue
		}
		found++
		assert.True(t, r.Pass, "%+v", r)
		assert.Len(t, r.Levels, 3)
		assert.Greater(t, r.W2, 0.0)
		if r.Scheme == "jko, quantile" {
			assert.Less(t, r.Errors[2], 1e-6)
		}
	}
	assert.GreaterOrEqual(t, found, 2)
	for _, s := range v.Skipped {
		assert.NotEqual(t, "jko, quantile", s.Scheme)
	}
}

// tireless is implicit upwind that says it needs a million iterations a step more.
type tireless struct{ pde.ImplicitUpwind }

func (s tireless) WithStep(step float64) pde.Scheme {
	s.Step = step
	return s
}

func (s tireless) Bind(f pde.Functional, grids []*grid.Grid) (pde.Stepper, error) {
	stepper, err := s.ImplicitUpwind.Bind(f, grids)
	return tirelessStepper{stepper}, err
}

type tirelessStepper struct{ pde.Stepper }

func (s tirelessStepper) Step(ctx context.Context, rho pde.State, limit float64) (pde.StepReport, error) {
	r, err := s.Stepper.Step(ctx, rho, limit)
	r.Iterations += 1e6
	return r, err
}

// A row of iterates whose next level is over the budget is left out, and says why; the same
// scheme within the budget has its row.
func TestVerifyIterateBudget(t *testing.T) {
	c, err := newVerifyCase(exact.NamedSolution{Name: "attraction", Solution: exact.NewAttraction()})
	require.NoError(t, err)
	long := newVerifyTask(c, tireless{}, IterateAxis, true)
	require.NoError(t, long.run(t.Context()))
	assert.Contains(t, long.skip, "the level of 80 cells an axis takes at least 2e+10 updates of a cell: over the budget of 4e+07")
	short := newVerifyTask(c, pde.ImplicitUpwind{}, IterateAxis, true)
	require.NoError(t, short.run(t.Context()))
	assert.Empty(t, short.skip)
	assert.Len(t, short.row.Levels, 3)
}
