package compare

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// slow is upwind whose steps count for many.
type slow struct {
	pde.Upwind
	labor float64
}

func (s slow) Labor() (step, evaluation float64) { return s.labor, 0 }

// A row always has three levels. Where the budget does not allow the ladder's third, it has
// as many cells as the budget allows, or lies between the first two; further levels are left
// out.
func TestVerifySpaceBudget(t *testing.T) {
	c, err := newVerifyCase(exact.NamedSolution{Name: "contraction", Solution: exact.NewContraction()})
	require.NoError(t, err)
	require.Equal(t, 2, c.dim())
	work := func(labor float64) []float64 {
		row := newVerifyTask(c, slow{labor: labor}, SpaceAxis, true)
		require.NoError(t, row.run(t.Context()))
		require.Empty(t, row.skip)
		require.True(t, row.row.Pass, "%+v", row.row)
		assert.IsDecreasing(t, row.row.Errors)
		return row.row.Levels
	}
	assert.Equal(t, []float64{32, 64, 128, 256}, work(1))
	assert.Equal(t, []float64{32, 64, 128}, work(20))
	third := work(100)
	require.Len(t, third, 3)
	assert.True(t, third[1] == 64 && 80 <= third[2] && third[2] < 128, "%v", third)
	assert.Equal(t, []float64{32, 48, 64}, work(1e6))
}

// The distances of a row are those of its finest level, whichever was made last.
func TestVerifyDistancesOfTheFinestLevel(t *testing.T) {
	c, err := newVerifyCase(exact.NamedSolution{Name: "attraction", Solution: exact.NewAttraction()})
	require.NoError(t, err)
	row := newVerifyTask(c, slow{labor: 1e9}, SpaceAxis, true)
	require.NoError(t, row.run(t.Context()))
	require.Equal(t, []float64{40, 60, 80}, row.row.Levels)
	fine := newVerifyTask(c, slow{}, SpaceAxis, true)
	r := refinement{t: fine, power: 1, first: 40}
	require.NoError(t, r.level(t.Context(), 80))
	assert.Equal(t, [2]float64{fine.row.W1, fine.row.W2}, [2]float64{row.row.W1, row.row.W2})
	assert.Positive(t, row.row.W2)
}

// The energy's demand counts in every evaluation.
func TestVerifyDemand(t *testing.T) {
	c, err := newVerifyCase(exact.NamedSolution{Name: "attraction", Solution: exact.NewAttraction()})
	require.NoError(t, err)
	row := newVerifyTask(c, pde.Upwind{}, SpaceAxis, true)
	assert.Equal(t, 20., row.demand)
	assert.Equal(t, float64(3+21*5)*7, row.updates(&pde.Contracts{Steps: 3, Evaluations: 5}, 7))
}
