package finite_test

import (
	"context"
	"fmt"

	"pdesolve/finite"
)

// Gradient descent approaches gradient flow as its step falls, at order 1.
func ExampleDescent() {
	m := model(4)
	start := finite.Draw(m, 16, 1)
	objective := func(d finite.Dynamics) float64 {
		curve, err := finite.Simulate(context.Background(), m, start, []float64{0, 0.5}, d, nil)
		if err != nil {
			fmt.Println(err)
			return 0
		}
		return curve.Energy[1]
	}
	flow := objective(finite.Gradient{})
	for _, step := range []float64{0.02, 0.01, 0.005} {
		fmt.Printf("step %g: off by %.5f\n", step, objective(finite.Descent{Step: step})-flow)
	}
	// Output:
	// step 0.02: off by -0.00220
	// step 0.01: off by -0.00110
	// step 0.005: off by -0.00055
}
