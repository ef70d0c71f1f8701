package experiment_test

import (
	"fmt"

	"pdesolve/internal/experiment"
)

const text = `
transformer:
  depth: 4
  prompts: {linear: {prompts: 2, tokens: 4}}
  blocks:
    - linear-scalar: {initial: {bump: {center: [1, 0.3], radius: [1, 0.8]}}}
time: {end: 1}
finite: {width: [8, 16], seeds: 8}
`

func ExampleParse() {
	e, err := experiment.Parse([]byte(text), "my.yaml")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Name, e.Compare.Rates, e.Times()[1])
	// Output: my [depth parameters width] 0.125
}

func ExampleParse_mistake() {
	_, err := experiment.Parse([]byte("time: {end: 1}\nsolv: [muscl]\n"), "my.yaml")
	fmt.Println(err)
	// Output:
	// my.yaml:2:1: unknown key "solv": did you mean "solve"? (one of name, transformer, grid, energy, initial, exact, time, solve, finite, compare)
	//     1 | time: {end: 1}
	// >   2 | solv: [muscl]
	//       | ^
	//     3 |
}

func ExampleExperiment_Study() {
	e, err := experiment.Parse([]byte(text), "my.yaml")
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := e.Study()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Name, s.Model.Depth, s.Networks.Widths, s.Networks.Depths)
	// Output: my 4 [8 16] [2 4 8 16 32]
}
