package pde

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// Blocks that move go on moving, also away from a gap or the vacuum.
func TestGeodesicLineKeepsGaps(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 4, N: 40})
	require.NoError(t, err)
	blocks := func(a, b int, first, second float64) []float64 {
		rho := make([]float64, g.Len())
		for i := range 6 {
			rho[a+i], rho[b+i] = first, second
		}
		return rho
	}
	for _, move := range [][2]int{{1, 1}, {-1, -1}, {-1, 1}, {1, -1}, {0, 1}, {-1, 0}} {
		for _, size := range [][2]float64{{1, 2}, {0.7, 0.1}, {1. / 3, 0.9}, {0.3, 0.3}} {
			got := make([]float64, g.Len())
			newGeodesicLine(g).extrapolate(got, blocks(8, 20, size[0], size[1]), blocks(8+move[0], 20+move[1], size[0], size[1]), 1)
			for i, w := range blocks(8+2*move[0], 20+2*move[1], size[0], size[1]) {
				assert.InDelta(t, w, got[i], 1e-10, "%v %v: cell %d", move, size, i)
			}
		}
	}
}
