package pde

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// The inverse of U′ takes U′(r) back to r, over the range of densities and for every mix
// of terms; at and below U′(0) it is 0.
func TestInverter(t *testing.T) {
	for name, p := range map[string]Parts{
		"entropy":       {Linear: 0.3},
		"porous 1.5":    {Powers: []PowerTerm{{2, 1.5}}},
		"porous 2":      {Powers: []PowerTerm{{2, 2}}},
		"porous 3":      {Powers: []PowerTerm{{0.7, 3}}},
		"porous 5.5":    {Powers: []PowerTerm{{0.7, 5.5}}},
		"both":          {Linear: 0.2, Powers: []PowerTerm{{0.5, 3}}},
		"mostly porous": {Linear: 1, Powers: []PowerTerm{{500, 2}}},
		"with cubic":    {Linear: 0.01, Powers: []PowerTerm{{1, 4}}, Convex: []Convex{cubic{}}},
		"two powers":    {Powers: []PowerTerm{{0.5, 3}, {1, 1.5}}},
		"user's convex": {Convex: []Convex{cubic{}}},
	} {
		v, err := newInverter(&p)
		require.NoError(t, err)
		var r []float64
		for x := -12.0; x <= 6; x += 0.01 {
			r = append(r, math.Pow(10, x))
		}
		first, second, back := make([]float64, len(r)), make([]float64, len(r)), make([]float64, len(r))
		p.Derivatives(first, second, r)
		v.invert(back, first)
		for i, x := range r {
			// A rounding of log r moves r by ε r |log r|, one of U′ by U′ ε/U″.
			require.InDelta(t, x, back[i], 1e-15*(x*(2+math.Abs(math.Log(x)))+4*math.Abs(first[i])/second[i]), "%s at %v", name, x)
		}
		if p.Linear == 0 {
			v.invert(back[:2], []float64{0, -3})
			require.Equal(t, []float64{0, 0}, back[:2], name)
		}
	}
	_, err := newInverter(&Parts{Powers: []PowerTerm{{1, 0.5}}})
	require.ErrorContains(t, err, "fast diffusion")
}

// cubic is U(r) = r³.
type cubic struct{}

func (cubic) Derivatives(first, second, rho []float64) {
	for i, r := range rho {
		first[i], second[i] = 3*r*r, 6*r
	}
}

func (cubic) Pressure(phi, rho []float64) {
	for i, r := range rho {
		phi[i] = 2 * r * r * r
	}
}
