package pde

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// The vector kernels of the Hessian give the bits of the Go loops for every length.
func TestDualKernelsAgree(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for trial := range 200 {
		n := trial % 39
		in := make([][]float64, 8)
		for i := range in {
			in[i] = awkward(rnd, n, true)
		}
		a, b := append([]float64(nil), in[7]...), append([]float64(nil), in[7]...)
		(&inclineRow{a, in[0], in[1], in[2], in[3], in[4]}).run()
		(&inclineRow{b, in[0], in[1], in[2], in[3], in[4]}).from(0)
		sameBits(t, "incline", b, a)
		(&gatherRow{a, in[0], in[1], in[2], in[3], in[4], in[5], in[6]}).run()
		(&gatherRow{b, in[0], in[1], in[2], in[3], in[4], in[5], in[6]}).from(0)
		sameBits(t, "gather", b, a)
	}
}

// The Hessian is that of D: its product with x is the difference of two gradients, where
// the density is away from vacuum, and it is symmetric.
func TestDualHessian(t *testing.T) {
	rnd := rand.New(rand.NewPCG(9, 10))
	for _, shape := range [][]int{{7}, {5, 9}, {4, 5, 6}} {
		for _, mobility := range []string{upwindMobility, centredMobility} {
			for _, symmetric := range []bool{false, true} {
				what := fmt.Sprintf("%v %s symmetric %t", shape, mobility, symmetric)
				axes := make([]grid.Axis, len(shape))
				for k, n := range shape {
					axes[k] = grid.Axis{Lo: 0, Hi: 1 + float64(k), N: n}
				}
				g, err := grid.New(axes...)
				require.NoError(t, err)
				parts := Parts{Linear: 0.5}
				inverse, err := newInverter(&parts)
				require.NoError(t, err)
				d := newDual(g, &parts, inverse, &Variational{Mobility: mobility, Symmetric: symmetric})
				d.tau, d.rhoN = 0.02, make([]float64, g.Len())
				phi, x, y := make([]float64, g.Len()), make([]float64, g.Len()), make([]float64, g.Len())
				for i := range phi {
					phi[i], x[i], y[i], d.rhoN[i] = 0.1*rnd.NormFloat64(), rnd.NormFloat64(), rnd.NormFloat64(), 1+rnd.Float64()
				}
				gradient := func(step float64) []float64 {
					at := make([]float64, len(phi))
					for i, v := range phi {
						at[i] = v + step*x[i]
					}
					require.True(t, d.evaluate(at))
					return append([]float64(nil), d.grad...)
				}
				const step = 1e-5
				below, above := gradient(-step), gradient(step)
				require.True(t, d.evaluate(phi))
				d.linearise()
				for i, r := range d.rho {
					d.inverseSecond[i] = r / parts.Linear
				}
				times := func(x []float64) []float64 {
					copy(d.newton.dir.inside, x)
					d.curve()
					return append([]float64(nil), d.image...)
				}
				image := times(x)
				for i, v := range image {
					assert.InDelta(t, (below[i]-above[i])/(2*step), v, 2e-7, what)
				}
				assert.InEpsilon(t, dot(image, y), dot(times(y), x), 1e-10, what)
			}
		}
	}
}
