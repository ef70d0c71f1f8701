package finite_test

import (
	"context"
	"fmt"
	"math"

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

// Minimising movements of order 2 are near gradient flow with few steps.
func ExampleJKO() {
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
	for order := 1; order <= 2; order++ {
		fmt.Printf("order %d: off by %.1e\n", order, objective(finite.JKO{Step: 0.05, TimeOrder: order})-flow)
	}
	// Output:
	// order 1: off by 5.5e-03
	// order 2: off by -4.2e-04
}

// Momentum follows the same flow in the same training time: its learning rate is
// (1 − β) times the step.
func ExampleMomentum() {
	m := model(4)
	curve, err := finite.Simulate(context.Background(), m, finite.Draw(m, 16, 1), []float64{0, 1}, finite.Momentum{Step: 0.01, Momentum: 0.9}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("risk %.3f after %d steps\n", curve.Risk[1], curve.Contracts.Steps)
	// Output:
	// risk 0.028 after 100 steps
}

// Adam has a time of its own: in training time 0.2 no parameter moves by more than
// about 0.2.
func ExampleAdam() {
	m := model(4)
	start := finite.Draw(m, 16, 1)
	d, err := finite.Kinds.New("adam")
	if err != nil {
		fmt.Println(err)
		return
	}
	curve, err := finite.Simulate(context.Background(), m, start, []float64{0, 0.2}, d, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	moved := 0.0
	for i, v := range curve.Ensembles[1].Theta {
		moved = max(moved, math.Abs(v-start.Theta[i]))
	}
	fmt.Printf("risk %.3f, largest move %.2f\n", curve.Risk[1], moved)
	// Output:
	// risk 0.328, largest move 0.21
}

// AdamW decays weights at a rate that gradients do not change.
func ExampleAdamW() {
	d := finite.AdamW{Step: 0.01, Beta1: 0.9, Beta2: 0.999, Decay: 0.1}
	fmt.Println(d.Name(), d.Validate())
	d.Decay = -1
	fmt.Println(d.Validate())
	// Output:
	// adamw <nil>
	// decay: -1: want a number of at least 0, such as 0.01
}

// One of the two prompts a step: the risk over both falls all the same.
func ExampleSGD() {
	m := model(4)
	curve, err := finite.Simulate(context.Background(), m, finite.Draw(m, 16, 1), []float64{0, 1}, finite.SGD{Step: 0.02, Batch: 1, Seed: 1}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("risk %.3f, then %.3f\n", curve.Risk[0], curve.Risk[1])
	// Output:
	// risk 0.674, then 0.028
}

// Noisy training at a temperature; the other dynamics refuse one.
func ExampleLangevin() {
	m := model(4)
	m.Temperature = 0.01
	start := finite.Draw(m, 16, 1)
	curve, err := finite.Simulate(context.Background(), m, start, []float64{0, 1}, finite.Langevin{Step: 0.02, Seed: 1}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("risk %.3f, then %.3f\n", curve.Risk[0], curve.Risk[1])
	_, err = finite.Simulate(context.Background(), m, start, []float64{0, 1}, finite.Gradient{}, nil)
	fmt.Println(err)
	// Output:
	// risk 0.674, then 0.028
	// finite: gradient: moves atoms without noise, and the energy has temperature 0.01: want the dynamics langevin, or temperature 0
}

// Strong decay makes the flow stiff: explicit steps stay below 3.3/λ, exponential ones
// do not.
func ExampleGradient_exponential() {
	m := model(4)
	m.Decay = 20
	for _, method := range []string{finite.Explicit, finite.Exponential} {
		curve, err := finite.Simulate(context.Background(), m, finite.Draw(m, 16, 1), []float64{0, 20}, finite.Gradient{RTol: 1e-6, Method: method}, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: more than a hundred steps: %t, F falls: %t\n", method, curve.Contracts.Steps > 100, curve.Energy[1] < curve.Energy[0])
	}
	// Output:
	// explicit: more than a hundred steps: true, F falls: true
	// exponential: more than a hundred steps: false, F falls: true
}
