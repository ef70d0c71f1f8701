package finite

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
)

// bent is a map with an inverse in closed form, (a, v) ↦ (exp a, v + 0.3a²).
func bent(a, v float64) (x, y float64) { return math.Exp(a), v + 0.3*a*a }

// bentDensity is the push-forward of the law by it.
func bentDensity(law *grid.Bump, x, y float64) float64 {
	if x <= 0 {
		return 0
	}
	a := math.Log(x)
	return law.Density([]float64{a, y - 0.3*a*a}) / x
}

// bentNodes are the nodes of a Gauss rule before and after.
func bentNodes(t *testing.T, law *grid.Bump, n int) (start, end *pde.Atoms) {
	points, weight, err := law.Quadrature(grid.Gauss, n)
	require.NoError(t, err)
	start = &pde.Atoms{Dim: 2, N: n * n, Theta: points, Weight: weight}
	end = &pde.Atoms{Dim: 2, N: n * n, Theta: make([]float64, 2*n*n), Weight: weight}
	for i := range n * n {
		end.Theta[i], end.Theta[n*n+i] = bent(points[i], points[n*n+i])
	}
	return start, end
}

// pushError is the L¹ distance of PushForward with n nodes an axis and so many cells from
// averages of the exact density over 8² points a cell.
func pushError(t *testing.T, n, cells int) float64 {
	law := &grid.Bump{Center: []float64{0.2, 0.1}, Radius: []float64{1, 0.8}}
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 4, N: cells}, grid.Axis{Lo: -1.5, Hi: 2, N: cells})
	require.NoError(t, err)
	start, end := bentNodes(t, law, n)
	rho := grid.NewDensity(g)
	require.NoError(t, PushForward(rho, law, start, end))
	assert.InDelta(t, 1, rho.Mass(), 1e-12)
	assert.GreaterOrEqual(t, rho.Min(), 0.0)
	const sub = 8
	sum := 0.0
	for i := range cells {
		for j := range cells {
			mean := 0.0
			for a := range sub {
				for b := range sub {
					x := g.Axis(0).Edge(i) + g.Axis(0).H()*(float64(a)+0.5)/sub
					y := g.Axis(1).Edge(j) + g.Axis(1).H()*(float64(b)+0.5)/sub
					mean += bentDensity(law, x, y) / (sub * sub)
				}
			}
			sum += math.Abs(mean-rho.Values[i*cells+j]) * g.CellVolume()
		}
	}
	return sum
}

// The averages are far more accurate than those of a scheme of second order, and fall fast
// with nodes until the cells are what counts.
func TestPushForward(t *testing.T) {
	coarse, fine := pushError(t, 14, 40), pushError(t, 14, 80)
	t.Log(coarse, fine, pushError(t, 4, 80), pushError(t, 6, 80), pushError(t, 8, 80), pushError(t, 14, 160))
	assert.Less(t, fine, coarse/8, "fourth order, but for what the points of the test's averages cost")
	assert.Less(t, fine, 2e-4)
	assert.Less(t, pushError(t, 8, 80), 0.1*pushError(t, 4, 80))
}

func TestPushForwardRefuses(t *testing.T) {
	law := &grid.Bump{Center: []float64{0.2, 0.1}, Radius: []float64{1, 0.8}}
	start, end := bentNodes(t, law, 6)
	axis := grid.Axis{Lo: -4, Hi: 4, N: 40}
	whole, err := grid.New(axis, axis)
	require.NoError(t, err)
	small, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 40}, axis)
	require.NoError(t, err)
	line, err := grid.New(axis)
	require.NoError(t, err)
	assert.ErrorContains(t, PushForward(grid.NewDensity(line), law, start, end), "want 2")
	assert.ErrorContains(t, PushForward(grid.NewDensity(small), law, start, end), "larger or finer")
	few := &pde.Atoms{Dim: 2, N: 3, Theta: make([]float64, 6), Weight: make([]float64, 3)}
	assert.ErrorContains(t, PushForward(grid.NewDensity(whole), law, few, few), "square of at least 2")
	folded := &pde.Atoms{Dim: 2, N: end.N, Theta: append([]float64(nil), end.Theta...), Weight: end.Weight}
	for i := range folded.N {
		folded.Theta[i] = (folded.Theta[i] - 1.5) * (folded.Theta[i] - 1.5)
	}
	assert.ErrorContains(t, PushForward(grid.NewDensity(whole), law, start, folded), "folds")
}
