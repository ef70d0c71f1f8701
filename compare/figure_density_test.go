package compare

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// Pixels of a graded axis are evenly spaced, lie in the cell that they show, and cover
// all of them; those of equal cells are the cells.
func TestPixelsOfAnAxis(t *testing.T) {
	a := grid.Axis{Lo: -3, Hi: 5, N: 40, Grading: grid.Sinh{Center: 1, Scale: 0.5}}
	require.NoError(t, a.Validate())
	p := newPixels(a, 5, 38)
	for i, c := range p.cell {
		assert.True(t, a.Edge(c) <= p.center[i] && p.center[i] <= a.Edge(c+1))
		if i > 0 {
			assert.InEpsilon(t, p.center[1]-p.center[0], p.center[i]-p.center[i-1], 1e-9)
			assert.LessOrEqual(t, c-p.cell[i-1], 1, "no cell is left out")
		}
	}
	assert.Equal(t, 5, p.cell[0])
	assert.Equal(t, 37, p.cell[len(p.cell)-1])
	even := newPixels(grid.Axis{Lo: 0, Hi: 1, N: 8}, 2, 5)
	assert.Equal(t, []int{2, 3, 4}, even.cell)
}
