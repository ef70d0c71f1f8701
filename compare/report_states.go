package compare

import (
	"fmt"
	"io"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// WriteStates writes the stored states of a run as an npz archive, which
// numpy.load opens: "time" [S]; "output" [S, prompts], if the run reads any; of a grid run, per block, "edges_k" [n_k + 1] for each
// axis k and "rho" [S, slices, n_1, …, n_D], cell averages; of a run of atoms, per
// block, "theta" [S, L, M, p] and "weight" [L, M]. Names carry the prefix "BLOCK."
// where the model has several blocks; a block that occurs again is "BLOCK-2". A trained
// embedding is "embedding" [S, p].
//
// Depth slice k of block i is component i·L + k of a state; see transformer.Model. It
// fails if the run stores no states or their shape is not the model's.
func WriteStates(w io.Writer, m *transformer.Model, run *Run) error {
	arrays, err := stateArrays(m, run)
	if err != nil {
		return fmt.Errorf("compare: states of run %s: %w", run.ID, err)
	}
	return grid.WriteNPZ(w, arrays...)
}

const embeddingName = "embedding"

// hasStates reports whether the run stores densities or atoms.
func hasStates(run *Run) bool {
	return len(run.Trajectory.States) > 0 || len(run.Trajectory.Ensembles) > 0
}

func stateArrays(m *transformer.Model, run *Run) ([]grid.Array, error) {
	t := run.Trajectory
	if !hasStates(run) {
		return nil, fmt.Errorf("none stored")
	}
	arrays := []grid.Array{{Name: "time", Shape: []int{len(t.Time)}, Data: t.Time}}
	if len(t.Output) > 0 {
		a := grid.Array{Name: "output", Shape: []int{len(t.Output), len(t.Output[0])}}
		for _, y := range t.Output {
			a.Data = append(a.Data, y...)
		}
		arrays = append(arrays, a)
	}
	prefixes := blockPrefixes(m)
	components := len(prefixes) * run.Depth
	if m.Embedding != nil {
		components++
	}
	for b, prefix := range prefixes {
		var more []grid.Array
		var err error
		if len(t.States) > 0 {
			more, err = densityArrays(prefix, t.States, b*run.Depth, run.Depth, components)
		} else {
			more, err = atomArrays(prefix, t.Ensembles, b*run.Depth, run.Depth, components)
		}
		if err != nil {
			return nil, err
		}
		arrays = append(arrays, more...)
	}
	if m.Embedding != nil {
		a := grid.Array{Name: embeddingName, Shape: []int{len(t.Ensembles), len(m.Embedding.Start)}}
		for _, e := range t.Ensembles {
			a.Data = append(a.Data, e.Component[components-1].Theta...)
		}
		arrays = append(arrays, a)
	}
	return arrays, nil
}

// blockPrefixes returns the prefix of each block's arrays.
func blockPrefixes(m *transformer.Model) []string {
	if len(m.Blocks) == 1 {
		return []string{""}
	}
	seen := map[string]int{}
	out := make([]string, len(m.Blocks))
	for i, b := range m.Blocks {
		name := b.Block.Name()
		seen[name]++
		if n := seen[name]; n > 1 {
			name = fmt.Sprintf("%s-%d", name, n)
		}
		out[i] = name + "."
	}
	return out
}

// densityArrays stacks components first … first+slices−1 of every state.
func densityArrays(prefix string, states []pde.State, first, slices, components int) ([]grid.Array, error) {
	for s, state := range states {
		if len(state) != components {
			return nil, fmt.Errorf("saved time %d has %d components: want %d", s, len(state), components)
		}
	}
	g := states[0][first].Grid
	arrays := grid.EdgeArrays(prefix, g)
	rho := grid.Array{Name: prefix + "rho", Shape: append([]int{len(states), slices}, g.Shape()...)}
	rho.Data = make([]float64, 0, len(states)*slices*g.Len())
	for _, state := range states {
		for _, d := range state[first : first+slices] {
			if !d.Grid.Equal(g) {
				return nil, fmt.Errorf("the grid of a block changes with depth or time")
			}
			rho.Data = append(rho.Data, d.Values...)
		}
	}
	return append(arrays, rho), nil
}

// atomArrays stacks components first … first+layers−1 of every ensemble, with the
// parameters of an atom last.
func atomArrays(prefix string, ensembles []*pde.Ensemble, first, layers, components int) ([]grid.Array, error) {
	for s, e := range ensembles {
		if len(e.Component) != components {
			return nil, fmt.Errorf("saved time %d has %d components: want %d", s, len(e.Component), components)
		}
	}
	a := ensembles[0].Component[first]
	theta := grid.Array{Name: prefix + "theta", Shape: []int{len(ensembles), layers, a.N, a.Dim}}
	theta.Data = make([]float64, 0, len(ensembles)*layers*a.N*a.Dim)
	weight := grid.Array{Name: prefix + "weight", Shape: []int{layers, a.N}}
	for s, e := range ensembles {
		for _, c := range e.Component[first : first+layers] {
			if c.N != a.N || c.Dim != a.Dim {
				return nil, fmt.Errorf("the number of atoms changes with depth")
			}
			for m := range c.N {
				for d := range c.Dim {
					theta.Data = append(theta.Data, c.Theta[d*c.N+m])
				}
			}
			if s == 0 {
				weight.Data = append(weight.Data, c.Weight...)
			}
		}
	}
	return []grid.Array{theta, weight}, nil
}
