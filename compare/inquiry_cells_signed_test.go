package compare

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde"
)

func TestSignedFit(t *testing.T) {
	v := signedFit{quantity: Risk, cells: []float64{40, 60, 80, 120, 160}}
	for _, n := range v.cells {
		v.error = append(v.error, []float64{0, 2 - 3*40/n, 0.1})
	}
	v.fit([]float64{0, 1, 2})
	assert.Equal(t, 1, v.at)
	assert.InDelta(t, 2, v.a, 1e-12)
	assert.InDelta(t, -3, v.b, 1e-12)
	assert.Less(t, v.two, 1e-12)
	assert.Greater(t, v.one, 0.5)
	assert.Contains(t, v.words(2), "1.5 times the first, of the other sign: they cancel at n = 60")
	v.error[4][1] += 1 // a level that no two terms describe
	v.fit([]float64{0, 1, 2})
	assert.Greater(t, v.two, 0.2)
}

// A ladder of a scheme of second order is explained, and its errors in the table are those
// of the ladder.
func TestCellsExplainsSecondOrder(t *testing.T) {
	s := linearStudy(t)
	s.Rates, s.Solvers = []Against{Cells}, nil
	for _, n := range []int{32, 40, 48, 64, 80} {
		s.Solvers = append(s.Solvers, Solver{Scheme: &pde.MUSCL{CFL: 0.4}, Cells: n}, Solver{Scheme: &pde.Upwind{CFL: 0.4, Stages: 1}, Cells: n + 32})
	}
	r, err := Execute(context.Background(), s, nil)
	require.NoError(t, err)
	require.Empty(t, r.Notes)
	require.Len(t, r.Findings, 1) // none for upwind
	f := r.Findings[0]
	t.Log("\n" + f.Table().Render() + "\n" + strings.Join(f.Text, "\n"))
	require.Len(t, f.Columns, 4)
	for _, l := range r.Ladders {
		switch {
		case l.Scheme != "muscl":
		case l.Quantity == Density:
			assert.Equal(t, l.Rate.Verdict, f.Verdict)
			for i, row := range f.Rows {
				assert.InEpsilon(t, l.Points[i].Error*l.Points[i].X*l.Points[i].X, row.Values[3], 1e-12)
			}
		case l.Quantity == Risk:
			for i, row := range f.Rows {
				assert.LessOrEqual(t, abs(row.Values[1]), l.Points[i].Error*l.Points[i].X*l.Points[i].X*(1+1e-12))
			}
		}
	}
	assert.Contains(t, strings.Join(f.Text, " "), "has no sign, and is what the scheme is judged by")
}

func abs(x float64) float64 { return max(x, -x) }
