package finite

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMomentumOrder(t *testing.T) {
	serial(t)
	checkOrder(t, 1, 0.1, []float64{0.0125, 0.00625, 0.003125, 0.0015625, 0.00078125}, func(h float64) Dynamics { return Momentum{Step: h, Momentum: 0.5} })
	checkOrder(t, 1, 0.1, []float64{0.002, 0.001, 0.0005, 0.00025}, func(h float64) Dynamics { return Momentum{Step: h, Momentum: 0.9} })
}

// On a quadratic potential the heavy ball is a linear recursion of two terms.
func TestMomentumSteps(t *testing.T) {
	const κ, h, β = 0.9, 0.05, 0.8
	got := trained(t, &testEnergy{κ: κ}, testAtoms(2), []float64{0, 0.5}, Momentum{Step: h, Momentum: β})
	for i, x := range testAtoms(2).Theta {
		before := x
		for range 10 {
			x, before = x+β*(x-before)-(1-β)*h*κ*x, x
		}
		assert.InDelta(t, x, got[i], 1e-14)
	}
	m := testModel(2, true)
	assert.InDeltaSlice(t, trained(t, m, Draw(m, 4, 1), testTimes, Descent{}), trained(t, m, Draw(m, 4, 1), testTimes, Momentum{}), 1e-14)
	for _, β := range []float64{-0.1, 1} {
		assert.ErrorContains(t, Momentum{Momentum: β}.Validate(), "momentum: ")
	}
	assert.ErrorContains(t, Momentum{Step: -1}.Validate(), "step: ")
}
