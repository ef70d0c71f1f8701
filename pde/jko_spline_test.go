package pde

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Cubics are reproduced beyond the last centers too, and a smooth function to fourth
// order, its derivatives to third and second.
func TestSpline(t *testing.T) {
	for n := 1; n < 9; n++ {
		s := newSpline(-0.5, 0.3, n)
		c := []float64{2, -1, 0.7, 0.4}
		for i := range c {
			if i >= n {
				c[i] = 0 // n values determine a polynomial of degree n − 1
			}
		}
		values := make([]float64, n)
		for i := range values {
			x := -0.5 + 0.3*float64(i)
			values[i] = c[0] + x*(c[1]+x*(c[2]+x*c[3]))
		}
		s.set(values)
		for _, x := range []float64{-0.65, -0.5, -0.1, 0.2, 0.31, -0.5 + 0.3*float64(n)} {
			v, d1, d2 := s.at(x)
			assert.InDelta(t, c[0]+x*(c[1]+x*(c[2]+x*c[3])), v, 1e-13, "n = %d, x = %v", n, x)
			assert.InDelta(t, c[1]+x*(2*c[2]+3*x*c[3]), d1, 1e-12)
			assert.InDelta(t, 2*c[2]+6*x*c[3], d2, 1e-11)
		}
	}
	gap := func(n int) (worst [3]float64) {
		h := 2 / float64(n)
		s := newSpline(-1+h/2, h, n)
		values := make([]float64, n)
		for i := range values {
			values[i] = math.Sin(3 * (-1 + h*(float64(i)+0.5)))
		}
		s.set(values)
		for x := -1.0; x <= 1; x += 0.01 {
			v, d1, d2 := s.at(x)
			for k, e := range []float64{v - math.Sin(3*x), d1 - 3*math.Cos(3*x), d2 + 9*math.Sin(3*x)} {
				worst[k] = max(worst[k], math.Abs(e))
			}
		}
		return worst
	}
	coarse, fine := gap(40), gap(80)
	for k, want := range []float64{3.8, 2.8, 1.8} {
		assert.GreaterOrEqual(t, math.Log2(coarse[k]/fine[k]), want, "derivative %d", k)
	}
}
