package exact_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde/exact"
)

// The mass left of every point is the smaller one of what the cap allows there and of what has
// walked past it; steps compose; the mean falls as the mass that walks.
func TestCrowd(t *testing.T) {
	for _, c := range []*exact.Crowd{
		exact.NewCrowd(),
		{Speed: 2, Cap: 2.5, Blocks: []exact.Block{{Lo: 0.1, Hi: 0.3, Left: 1.25, Right: 1.25}, {Lo: 0.5, Hi: 0.875, Left: 2, Right: 2}}},
		{Speed: 1, Cap: 3, Blocks: []exact.Block{{Lo: 0, Hi: 0.2, Left: 3, Right: 3}, {Lo: 0.2, Hi: 0.6, Left: 2, Right: 0}}},
	} {
		require.NoError(t, c.Validate())
		g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 1000})
		require.NoError(t, err)
		start, err := c.Density(0, g)
		require.NoError(t, err)
		for _, steps := range []int{0, 10, 50, 77, 200, 450} { // the way in cells: whole ones
			tau := float64(steps) / 1000 / c.Speed
			rho, err := c.Density(tau, g)
			require.NoError(t, err)
			below, came := 0.0, 0.0
			for i := range min(steps, 1000) {
				came += start.Values[i] / 1000
			}
			value := 0.0
			for i, v := range rho.Values {
				if i+steps < 1000 {
					came += start.Values[i+steps] / 1000
				}
				below += v / 1000
				y := float64(i+1) / 1000
				require.InDelta(t, math.Min(c.Cap*y, came), below, 1e-12, "at %v, τ = %v", y, tau)
				value += v / 1000 * (y - 0.0005) * c.Speed
			}
			got, err := c.Value(tau)
			require.NoError(t, err)
			assert.InDelta(t, value, got, 1e-5)
			if steps > 0 {
				half, err := c.Iterate(tau/2, 1)
				require.NoError(t, err)
				again, err := half.Density(tau/2, g)
				require.NoError(t, err)
				assert.InDeltaSlice(t, rho.Values, again.Values, 1e-9)
			}
		}
	}
}

func TestCrowdRefuses(t *testing.T) {
	for want, change := range map[string]func(*exact.Crowd){
		"speed: 0: want":                   func(c *exact.Crowd) { c.Speed = 0 },
		"cap: -1: want":                    func(c *exact.Crowd) { c.Cap = -1 },
		"blocks: want at least one":        func(c *exact.Crowd) { c.Blocks = nil },
		"entry 1: from 0.2 to 0.9: want":   func(c *exact.Crowd) { c.Blocks[1].Lo = 0.2 },
		"entry 0: densities 0 and 9: want": func(c *exact.Crowd) { c.Blocks[0].Right = 9 },
		"the mass is 0.99":                 func(c *exact.Crowd) { c.Blocks[1].Hi = 0.895 },
	} {
		c := exact.NewCrowd()
		change(c)
		assert.ErrorContains(t, c.Validate(), want)
	}
}
