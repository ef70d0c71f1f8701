package pde

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// Ψ is the derivative of F, by central differences, on equal and graded cells; of a uniform
// density F is −c log of the volume, and its flow is that of a porous medium at another pace.
func TestRenyi(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 2, N: 12}, grid.Axis{Lo: -1, Hi: 2, N: 10, Grading: grid.Geometric{Ratio: 3}})
	require.NoError(t, err)
	for _, m := range []float64{0.6, 1.5, 2, 2.7} {
		f := bind(t, Renyi{Exponent: m, Coefficient: 0.7}, g)
		rho := State{grid.NewDensity(g)}
		fill(rho[0].Values, 1./6)
		assert.InDelta(t, -0.7*math.Log(6), f.Value(rho), 1e-13)
		for i := range rho[0].Values {
			rho[0].Values[i] = 0.3 + 0.2*math.Sin(float64(i))
		}
		psi, other := NewField(rho.Grids()), NewField(rho.Grids())
		assert.Equal(t, f.Value(rho), f.Variation(psi, rho))
		bind(t, PorousMedium{Exponent: m, Coefficient: 1}, g).Variation(other, rho)
		pace := psi[0][0] / other[0][0]
		for _, i := range []int{0, 17, 63, 119} {
			const d = 1e-4
			value := func(by float64) float64 {
				moved := State{rho[0].Clone()}
				moved[0].Values[i] += by
				return f.Value(moved)
			}
			assert.InDelta(t, psi[0][i]*g.Volume(i), (value(d)-value(-d))/(2*d), 1e-7*(1+math.Abs(psi[0][i])))
			assert.InEpsilon(t, pace, psi[0][i]/other[0][i], 1e-13)
		}
	}
	assert.ErrorContains(t, Renyi{Exponent: 1, Coefficient: 1}.Validate(), "entropy")
	assert.ErrorContains(t, Renyi{Exponent: 2}.Validate(), "coefficient")
	_, err = ImplicitUpwind{Step: 1}.Bind(bind(t, Renyi{Exponent: 2, Coefficient: 1}, g), []*grid.Grid{g})
	assert.ErrorContains(t, err, "cell by cell")
}
