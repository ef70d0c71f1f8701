package transformer_test

import (
	"fmt"
	"strings"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// small returns a two-layer model on four drawn regression tasks.
func small() *transformer.Model {
	prompts, err := (&transformer.Linear{Prompts: 4, Tokens: 6, Seed: 1}).Draw()
	if err != nil {
		panic(err)
	}
	return &transformer.Model{
		Depth: 2, Decay: 0.02, Prompts: prompts,
		Read: transformer.Readout{Token: -1, Coordinate: -1},
		Blocks: []transformer.Component{{
			Block:   &transformer.SoftmaxScalar{},
			Initial: &grid.Bump{Center: []float64{1, 0.3}, Radius: []float64{1, 0.8}},
			Axes:    []grid.Axis{{Lo: -0.5, Hi: 2.5, N: 32}, {Lo: -1, Hi: 2, N: 32}},
		}},
	}
}

// The objective and its first variation on a grid.
func ExampleModel_Bind() {
	m := small()
	grids, err := m.Grids(0)
	if err != nil {
		panic(err)
	}
	rho, err := m.InitialState(grids)
	if err != nil {
		panic(err)
	}
	q, err := m.Bind(grids)
	if err != nil {
		panic(err)
	}
	psi := pde.NewField(grids)
	value := q.Variation(psi, rho)
	risk, output := q.(pde.Learner).Reading()
	fmt.Printf("%d components, Q > R: %v, %d outputs\n", len(psi), value > risk, len(output))
	// Output: 2 components, Q > R: true, 4 outputs
}

// The same objective for eight heads a layer.
func ExampleModel_BindAtoms() {
	m := small()
	e := pde.NewEnsemble(m.Dims(), []int{8, 8})
	for _, heads := range e.Component {
		for i := range heads.N {
			heads.Coordinate(0)[i] = 0.25 * float64(i) // a
			heads.Coordinate(1)[i] = 0.5               // v
		}
	}
	q, err := m.BindAtoms(e)
	if err != nil {
		panic(err)
	}
	gradient := make([]float64, len(e.Theta))
	before := q.Gradient(gradient, e)
	for i, g := range gradient {
		e.Theta[i] -= 0.01 * g
	}
	fmt.Println("a small step lowers Q:", q.Value(e) < before)
	// Output: a small step lowers Q: true
}

func ExampleModel_BlockOf() {
	m := small()
	for c := range m.Components() {
		block, slice := m.BlockOf(c)
		fmt.Println(c, m.Blocks[block].Block.Name(), "in layer", slice)
	}
	// Output:
	// 0 softmax-scalar in layer 0
	// 1 softmax-scalar in layer 1
}

func ExampleReadCSV() {
	const text = `prompt,token,x0,x1,label
0,0,0.5,1.0,-0.4
0,1,-0.2,0,-0.4
1,0,0.1,-0.3,0.6
1,1,-0.2,0,0.6
`
	p, err := transformer.ReadCSV(strings.NewReader(text), "prompts.csv")
	if err != nil {
		panic(err)
	}
	fmt.Println(p.Len(), "prompts of", p.N, "tokens, labels", p.Label)

	_, err = transformer.ReadCSV(strings.NewReader(strings.Replace(text, "-0.3", "low", 1)), "prompts.csv")
	fmt.Println(err)
	// Output:
	// 2 prompts of 2 tokens, labels [-0.4 0.6]
	// prompts.csv:4:9: column "x1": "low": want a finite number
}

func ExampleTable_Read() {
	t := transformer.Table{File: "houses.csv", X: []string{"rooms"}, Y: "price", Tokens: 2}
	p, dropped, err := t.Read(strings.NewReader("rooms,price\n1,10\n2,20\n3,30\n4,40\n5,50\n"))
	if err != nil {
		panic(err)
	}
	fmt.Printf("%d prompts, %d row dropped\n", p.Len(), dropped)
	fmt.Printf("%.3f → %.3f\n", p.Tokens[:4], p.Label[0])
	// Output:
	// 2 prompts, 1 row dropped
	// [-1.414 -1.414 -0.707 0.000] → -0.707
}

func ExampleLinear_Draw() {
	p, err := (&transformer.Linear{Prompts: 3, Tokens: 5, Noise: 0.1, Seed: 7}).Draw()
	if err != nil {
		panic(err)
	}
	fmt.Println(p.Len(), "prompts of", p.N, "tokens in", p.Dim, "dimensions")
	// Output: 3 prompts of 5 tokens in 2 dimensions
}

// Heads with matrices beside a perceptron, classified by the mean token.
func ExampleSoftmax() {
	prompts := &transformer.Prompts{N: 2, Dim: 3, Label: []float64{0, 1}, Tokens: []float64{
		1, 0, 0.5, 0, 1, 0.5,
		-1, 0, 0.5, 0, -1, 0.5,
	}}
	m := &transformer.Model{
		Depth: 2, Prompts: prompts, Loss: &transformer.CrossEntropy{},
		Read: transformer.Readout{Mean: true, Weights: [][]float64{{1, 0, 0}, {0, 0, 1}}},
		Blocks: []transformer.Component{
			{Block: &transformer.Softmax{Rank: 1}},
			{Block: &transformer.MLP{Activation: "gelu"}},
		},
	}
	fmt.Println("parameters of a head and of a neuron:", len(m.Parameters(0)), len(m.Parameters(1)))
	e := pde.NewEnsemble(m.Dims(), []int{4, 4, 8, 8}) // 4 heads and 8 neurons a layer, all zero
	q, err := m.BindAtoms(e)
	if err != nil {
		panic(err)
	}
	fmt.Printf("risk %.4f\n", q.Value(e))
	_, output := q.(pde.Learner).Reading()
	fmt.Println("accuracy", transformer.Accuracy(output, prompts.Label))

	_, err = m.Grids(32)
	fmt.Println(err)
	// Output:
	// parameters of a head and of a neuron: 15 7
	// risk 0.5032
	// accuracy 1
	// blocks: entry 0 (softmax): grid: 15 parameters, linear in 9 of them: want at most 4 and one; this block has no grid, only particles and characteristics; no block has a grid on such tokens
}

// Prompts treated two at a time give the same bytes.
func ExampleModel_BindAtoms_workers() {
	m := small()
	e := pde.NewEnsemble(m.Dims(), []int{3, 3})
	for i := range e.Theta {
		e.Theta[i] = float64(i%5) / 5
	}
	one, err := m.BindAtoms(e)
	if err != nil {
		panic(err)
	}
	m.Workers = 2
	two, err := m.BindAtoms(e)
	if err != nil {
		panic(err)
	}
	fmt.Println(one.Value(e) == two.Value(e))
	// Output: true
}

// Tokens of several x columns.
func ExampleTable_Read_columns() {
	t := transformer.Table{File: "houses.csv", X: []string{"rooms", "age"}, Y: "price", Tokens: 2}
	p, _, err := t.Read(strings.NewReader("age,rooms,price\n9,1,10\n3,2,20\n9,3,30\n3,4,40\n"))
	if err != nil {
		panic(err)
	}
	fmt.Printf("%d coordinates: %.2f → %.2f\n", p.Dim, p.Tokens[:6], p.Label[0])
	// Output: 3 coordinates: [-1.34 1.00 -1.34 -0.45 -1.00 0.00] → -0.45
}

func ExampleNonlinear_Draw() {
	p, err := (&transformer.Nonlinear{Prompts: 3, Tokens: 5, Features: 4, Seed: 7}).Draw()
	if err != nil {
		panic(err)
	}
	fmt.Println(p.Len(), "prompts of", p.N, "tokens in", p.Dim, "dimensions")
	// Output: 3 prompts of 5 tokens in 5 dimensions
}
