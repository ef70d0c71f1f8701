package finite_test

import (
	"context"
	"fmt"
	"slices"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// model is linear attention on two prompts of three tokens (x, y); the last
// token's y is unknown and set to 0.
func model(depth int) *transformer.Model {
	return &transformer.Model{
		Depth: depth,
		Decay: 0.01,
		Prompts: &transformer.Prompts{N: 3, Dim: 2,
			Tokens: []float64{1, 1, -1, -1, 0.5, 0, 1, -2, 2, -4, 1, 0},
			Label:  []float64{0.5, -2},
		},
		Read: transformer.Readout{Token: -1, Coordinate: -1},
		Blocks: []transformer.Component{{
			Block:   new(transformer.LinearScalar),
			Initial: &grid.Bump{Center: []float64{0.5, 0.5}, Radius: []float64{0.5, 0.5}},
		}},
	}
}

// A network of 4 layers and 16 heads is trained by gradient flow.
func ExampleSimulate() {
	m := model(4)
	start := finite.Draw(m, 16, 1)
	curve, err := finite.Simulate(context.Background(), m, start, []float64{0, 1, 2}, finite.Gradient{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for s, τ := range curve.Time {
		fmt.Printf("τ = %g: risk %.3f\n", τ, curve.Risk[s])
	}
	// Output:
	// τ = 0: risk 0.674
	// τ = 1: risk 0.028
	// τ = 2: risk 0.028
}

// The mean-field limit of the same network, by 8×8 Gauss nodes.
func ExampleCharacteristics_Solve() {
	curve, err := finite.Characteristics{Nodes: 8}.Solve(context.Background(), model(4), []float64{0, 1, 2}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for s, τ := range curve.Time {
		fmt.Printf("τ = %g: risk %.4f\n", τ, curve.Risk[s])
	}
	// Output:
	// τ = 0: risk 0.6471
	// τ = 1: risk 0.0281
	// τ = 2: risk 0.0281
}

// The atoms of width 2 are the first two of width 4.
func ExampleDraw() {
	narrow, wide := finite.Draw(model(1), 2, 7), finite.Draw(model(1), 4, 7)
	fmt.Printf("%.3f\n%.3f\n", narrow.Component[0].Coordinate(0), wide.Component[0].Coordinate(0))
	// Output:
	// [0.241 0.436]
	// [0.241 0.436 0.467 0.444]
}

// All layers have the same atoms.
func ExampleRepeat() {
	e := finite.Repeat(model(2), 2, 7)
	fmt.Printf("%.3f\n%.3f\n", e.Component[0].Coordinate(0), e.Component[1].Coordinate(0))
	// Output:
	// [0.475 0.492]
	// [0.475 0.492]
}

// The Gauss rule of 2×2 nodes of a bump on [0, 1]².
func ExampleNodes() {
	e, err := finite.Nodes(model(1), grid.Gauss, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	a := e.Component[0]
	fmt.Printf("%.4f\n%.4f\n%.2f\n", a.Coordinate(0), a.Coordinate(1), a.Weight)
	// Output:
	// [0.3586 0.3586 0.6414 0.6414]
	// [0.3586 0.6414 0.3586 0.6414]
	// [0.25 0.25 0.25 0.25]
}

// A start of one's own: any ensemble of the model's shape. The dissipation is the
// rate at which the objective falls.
func ExampleDissipation() {
	m := model(1)
	e := pde.NewEnsemble([]int{2}, []int{1})
	copy(e.Theta, []float64{0.5, 0.5})
	f, err := m.BindAtoms(e)
	if err != nil {
		fmt.Println(err)
		return
	}
	grad := make([]float64, len(e.Theta))
	f.Gradient(grad, e)
	fmt.Printf("gradient %.4f, dissipation %.4f\n", grad, finite.Dissipation(f, grad, e))
	// Output:
	// gradient [-0.6738 -0.6738], dissipation 0.9081
}

// A dynamics by its name in an experiment file, with its defaults.
func ExampleGradient_Validate() {
	d, err := finite.Kinds.New("gradient")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.Name(), d.Validate())
	d.(*finite.Gradient).RTol = 2
	fmt.Println(d.Validate())
	// Output:
	// gradient <nil>
	// rtol: 2: want a number from 1e-13 (below it rounding decides) to 0.1, such as 1e-08
}

// Train can be used without Simulate, for instance to look at atoms on the way.
func ExampleGradient_Train() {
	m := model(1)
	e := finite.Draw(m, 8, 1)
	f, err := m.BindAtoms(e)
	if err != nil {
		fmt.Println(err)
		return
	}
	times := []float64{0, 0.5, 1}
	err = finite.Gradient{}.Train(context.Background(), f, e, times, func(s int) error {
		fmt.Printf("τ = %g: objective %.3f\n", times[s], f.Value(e))
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// τ = 0: objective 0.689
	// τ = 0.5: objective 0.207
	// τ = 1: objective 0.047
}

func ExampleDefaultCharacteristics() {
	fmt.Printf("%+v\n", finite.DefaultCharacteristics())
	// Output: {Nodes:12 Rule:gauss Seed:0 RTol:1e-08 ATol:1e-10 Step:0 TimeOrder:0}
}

// Heads with matrices have too many parameters for quadratures: 18 in three dimensions.
func ExampleCharacteristics_Start() {
	m := &transformer.Model{
		Depth: 2, Prompts: &transformer.Prompts{N: 1, Dim: 3, Tokens: []float64{1, 0, 1}, Label: []float64{1}},
		Read: transformer.Readout{Token: -1, Coordinate: -1},
		Blocks: []transformer.Component{{Block: &transformer.Softmax{},
			Initial: &grid.Product{{Times: 18, Law: &grid.Bump{Center: []float64{0}, Radius: []float64{1}}}}}},
	}
	c := finite.Characteristics{Nodes: 32, Rule: finite.Drawn, Seed: 1}
	e, err := c.Start(m)
	if err != nil {
		panic(err)
	}
	fmt.Println(len(e.Component), "components of", e.Component[0].N, "heads of", e.Component[0].Dim, "parameters")
	c.Rule = grid.Gauss
	fmt.Printf("a Gauss rule would take %.0e nodes\n", c.Count(18))
	// Output:
	// 2 components of 32 heads of 18 parameters
	// a Gauss rule would take 1e+27 nodes
}

// The particles of a network and the particles with the same start that the mean field
// moves.
func ExampleCoupled_Simulate() {
	m, times := model(4), []float64{0, 1}
	field, err := finite.Nodes(m, grid.Gauss, 8)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, width := range []int{16, 64} {
		start := finite.Draw(m, width, 1)
		network, err := finite.Simulate(context.Background(), m, start, times, finite.Gradient{}, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		coupled, err := finite.Coupled{Field: field, Particles: start}.Simulate(context.Background(), m, times, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("M = %d: sup|θ − θ̃| = %.3f\n", width, slices.Max(finite.Distances(network.Ensembles[1], coupled.Ensembles[1], 0)))
	}
	// Output:
	// M = 16: sup|θ − θ̃| = 0.061
	// M = 64: sup|θ − θ̃| = 0.035
}

// Two networks side by side.
func ExampleJoin() {
	both := finite.Join(finite.Draw(model(1), 2, 7), finite.Draw(model(1), 1, 8))
	fmt.Printf("%.3f\n", both.Component[0].Coordinate(0))
	// Output:
	// [0.241 0.436 0.428]
}

// How far two particles have moved.
func ExampleDistances() {
	before := finite.Draw(model(1), 2, 7)
	after := before.Clone()
	after.Component[0].Coordinate(1)[0] += 0.5
	fmt.Println(finite.Distances(after, before, 0))
	// Output:
	// [0.5 0]
}
