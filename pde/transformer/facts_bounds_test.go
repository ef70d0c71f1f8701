package transformer

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The bounds of every activation hold on a fine grid, and each is attained to a hundredth
// somewhere or in the limit.
func TestActivationBounds(t *testing.T) {
	const rounding = 1e-14 // clips are differences of numbers up to 84
	for _, a := range activations {
		b, known := activationBounds[a.name]
		assert.True(t, known, "%s: no facts", a.name)
		x := make([]float64, 40001)
		for i := range x {
			x[i] = (float64(i) - 20000) / 1000
		}
		value, slope := make([]float64, len(x)), make([]float64, len(x))
		a.value(value, x)
		a.slope(slope, x, value)
		level, steepest := 0.0, 0.0
		for i := range x {
			level, steepest = max(level, math.Abs(value[i])-b.tilt*math.Abs(x[i])), max(steepest, math.Abs(slope[i]))
		}
		assert.LessOrEqual(t, level, b.level*(1+rounding), a.name)
		assert.LessOrEqual(t, steepest, b.slope*(1+rounding), a.name)
		assert.InDelta(t, b.level, level, 0.01, a.name)
		if a.name != "clip" && a.name != "clipped-relu" { // the corners are rounded
			assert.InDelta(t, b.slope, steepest, 0.01, a.name)
		}
	}
	assert.Len(t, activationBounds, len(activations))
}
