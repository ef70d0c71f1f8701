package exact_test

import (
	"fmt"
	"log"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
	"pdesolve/pde/transformer"
)

// oneTask is linear attention on a single prompt, (1, 2) and the query (0.5, ·), which
// the task y = 2x labels by 1.
func oneTask() *transformer.Model {
	return &transformer.Model{
		Depth: 4,
		Decay: 0.01,
		Prompts: &transformer.Prompts{
			N: 2, Dim: 2,
			Tokens: []float64{1, 2, 0.5, 0},
			Label:  []float64{1},
		},
		Read: transformer.Readout{Token: -1, Coordinate: -1},
		Blocks: []transformer.Component{{
			Block:   new(transformer.LinearScalar),
			Initial: &grid.Bump{Center: []float64{1, 0.3}, Radius: []float64{1, 0.8}},
		}},
	}
}

func ExampleNewLinearAttention() {
	s, err := exact.NewLinearAttention(oneTask())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, tau := range []float64{0, 5, 50} {
		fmt.Printf("τ = %2.0f: output %.4f, risk %.6f, Q %.6f\n", tau, s.Output(tau)[0], s.Risk(tau), s.Objective(tau))
	}
	// Output:
	// τ =  0: output 0.0777, risk 0.425339, Q 0.431445
	// τ =  5: output 0.8611, risk 0.009648, Q 0.035747
	// τ = 50: output 0.9781, risk 0.000240, Q 0.028596
}

func ExampleNewLinearAttentionAtoms() {
	atoms := pde.NewEnsemble([]int{2}, []int{2})
	copy(atoms.Theta, []float64{1, 0.8, 0.2, 0.5}) // a of both, then v of both
	s, err := exact.NewLinearAttentionAtoms(oneTask(), &atoms.Component[0])
	if err != nil {
		fmt.Println(err)
		return
	}
	theta := s.Push([]float64{1, 0.2}, 5)
	fmt.Printf("the first atom moves to (%.4f, %.4f)\n", theta[0], theta[1])
	// Output:
	// the first atom moves to (1.6534, 1.3657)
}

func ExampleLinearAttention_Density() {
	s, err := exact.NewLinearAttention(oneTask())
	if err != nil {
		fmt.Println(err)
		return
	}
	lo, hi, err := s.Box(5)
	if err != nil {
		fmt.Println(err)
		return
	}
	g, err := grid.New(grid.Axis{Lo: lo[0], Hi: hi[0], N: 50}, grid.Axis{Lo: lo[1], Hi: hi[1], N: 50})
	if err != nil {
		fmt.Println(err)
		return
	}
	rho, err := s.Density(5, g)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("a in [%.2f, %.2f], v in [%.2f, %.2f]\n", lo[0], hi[0], lo[1], hi[1])
	fmt.Printf("mass %.12f, smallest average %v\n", rho.Mass(), rho.Min())
	// Output:
	// a in [-0.50, 3.87], v in [-0.69, 3.52]
	// mass 1.000000000000, smallest average 0
}

func ExampleOrnsteinUhlenbeck() {
	o := &exact.OrnsteinUhlenbeck{
		Drift:       [][]float64{{2}},
		Coefficient: 1,
		Initial:     grid.Gaussian{Mean: []float64{1}, Covariance: [][]float64{{0.1}}},
	}
	for _, tau := range []float64{0, 1, 10} {
		law, err := o.Law(tau)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("τ = %2.0f: mean %.4f, variance %.4f\n", tau, law.Mean[0], law.Covariance[0][0])
	}
	// Output:
	// τ =  0: mean 1.0000, variance 0.1000
	// τ =  1: mean 0.1353, variance 0.4927
	// τ = 10: mean 0.0000, variance 0.5000
}

// A solver is verified on every solution by a loop over the registry.
func ExampleSolution() {
	for _, name := range exact.Solutions.Names() {
		s, err := exact.Solutions.New(name)
		if err != nil {
			fmt.Println(err)
			return
		}
		lo, _, err := s.Box(0)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%-22s %d-D, known: %v\n", s.Name(), len(lo), s.Facts().Known)
	}
	// Output:
	// attraction             1-D, known: density
	// attraction-diffusion   1-D, known: density
	// barenblatt             1-D, known: density
	// contraction            2-D, known: density
	// crowd                  1-D, known: density
	// disc                   2-D, known: density
	// double-well            1-D, known: density at rest
	// double-well-relaxation 1-D, known: density
	// gravity                1-D, known: density
	// heat                   1-D, known: density
	// heat-box               1-D, known: density
	// keller-segel           2-D, known: moments
	// linear-attention       2-D, known: density
	// ornstein-uhlenbeck     2-D, known: density
	// renyi                  1-D, known: density
	// semicircle             1-D, known: density
	// translation            3-D, known: density
}

// One JKO step of the Barenblatt profile is a Barenblatt profile.
func ExampleIterated() {
	b := exact.NewBarenblatt()
	horizon := b.Facts().Horizon // in which the flow doubles the radius
	one, err := b.Iterate(horizon, 1)
	if err != nil {
		log.Fatal(err)
	}
	many, err := b.Iterate(horizon/100, 100)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("radius %.3f after one step, %.3f after a hundred, %.3f along the flow\n",
		one.(*exact.Barenblatt).Radius, many.(*exact.Barenblatt).Radius, b.RadiusAt(horizon))
	// Output: radius 0.351 after one step, 0.399 after a hundred, 0.400 along the flow
}
