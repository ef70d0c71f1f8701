package compare

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// Load reads the result that WriteReport stored in the folder dir for the study s:
// the runs and rates of summary.json, the outputs and states of states/*.npz. It also
// returns the version that computed them. A run whose states were not stored has none.
//
// It fails if a file cannot be read or does not belong to the study's model.
func Load(dir string, s Study) (*Result, string, error) {
	f, err := os.Open(filepath.Join(dir, "summary.json"))
	if err != nil {
		return nil, "", fmt.Errorf("compare: %w", err)
	}
	defer f.Close()
	r, version, err := ReadSummary(f, s)
	if err != nil {
		return nil, "", err
	}
	for _, run := range r.Runs {
		if err := loadStates(dir, &s.Model, run); err != nil {
			return nil, "", fmt.Errorf("compare: states of run %s: %w", run.ID, err)
		}
	}
	return r, version, nil
}

// loadStates reads what WriteStates wrote into the run's trajectory.
func loadStates(dir string, m *transformer.Model, run *Run) error {
	f, err := os.Open(filepath.Join(dir, statesPath(run.ID)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	arrays, err := grid.ReadNPZ(f, info.Size())
	if err != nil {
		return err
	}
	return takeStates(arrays, m, run)
}

// takeStates fills the run's trajectory with what WriteStates wrote.
func takeStates(arrays []grid.Array, m *transformer.Model, run *Run) (err error) {
	times := len(run.Trajectory.Time)
	if a, ok := grid.FindArray(arrays, "time"); !ok || len(a.Data) != times {
		return fmt.Errorf("time: %d saved times: want %d, as in the summary", len(a.Data), times)
	}
	if a, ok := grid.FindArray(arrays, "output"); ok {
		if len(a.Shape) != 2 || a.Shape[0] != times {
			return fmt.Errorf("output: shape %v: want [%d, prompts]", a.Shape, times)
		}
		for s := range times {
			run.Trajectory.Output = append(run.Trajectory.Output, a.Data[s*a.Shape[1]:(s+1)*a.Shape[1]:(s+1)*a.Shape[1]])
		}
	}
	if run.Kind == Grid {
		run.Trajectory.States, err = readDensities(arrays, m, run.Depth, times)
	} else {
		run.Trajectory.Ensembles, err = readAtoms(arrays, m, run.Depth, times)
	}
	return err
}

// readDensities is the inverse of densityArrays for all blocks.
func readDensities(arrays []grid.Array, m *transformer.Model, slices, times int) ([]pde.State, error) {
	states := make([]pde.State, times)
	for _, prefix := range blockPrefixes(m) {
		g, err := grid.GridFromArrays(prefix, arrays)
		if err != nil {
			return nil, err
		}
		a, err := shaped(arrays, prefix+"rho", append([]int{times, slices}, g.Shape()...))
		if err != nil {
			return nil, err
		}
		for s := range states {
			for k := range slices {
				d := grid.NewDensity(g)
				copy(d.Values, a.Data[(s*slices+k)*g.Len():])
				states[s] = append(states[s], d)
			}
		}
	}
	return states, nil
}

// readAtoms is the inverse of atomArrays for all blocks.
func readAtoms(arrays []grid.Array, m *transformer.Model, layers, times int) ([]*pde.Ensemble, error) {
	var dims, counts []int
	var theta, weight []grid.Array
	for i, prefix := range blockPrefixes(m) {
		dim := len(m.Parameters(i))
		w, ok := grid.FindArray(arrays, prefix+"weight")
		if !ok || len(w.Shape) != 2 || w.Shape[0] != layers {
			return nil, fmt.Errorf("%sweight: shape %v: want [%d, M]", prefix, w.Shape, layers)
		}
		n := w.Shape[1]
		t, err := shaped(arrays, prefix+"theta", []int{times, layers, n, dim})
		if err != nil {
			return nil, err
		}
		theta, weight = append(theta, t), append(weight, w)
		for range layers {
			dims, counts = append(dims, dim), append(counts, n)
		}
	}
	var embedding grid.Array
	if m.Embedding != nil {
		var err error
		size := len(m.Embedding.Start)
		if embedding, err = shaped(arrays, embeddingName, []int{times, size}); err != nil {
			return nil, err
		}
		dims, counts = append(dims, size), append(counts, 1)
	}
	ensembles := make([]*pde.Ensemble, times)
	for s := range ensembles {
		e := pde.NewEnsemble(dims, counts)
		for c := range e.Component {
			if c == len(theta)*layers {
				copy(e.Component[c].Theta, embedding.Data[s*e.Component[c].Dim:])
				continue
			}
			a, i, k := &e.Component[c], c/layers, c%layers
			copy(a.Weight, weight[i].Data[k*a.N:(k+1)*a.N])
			from := theta[i].Data[(s*layers+k)*a.N*a.Dim:]
			for j := range a.N {
				for d := range a.Dim {
					a.Theta[d*a.N+j] = from[j*a.Dim+d]
				}
			}
		}
		ensembles[s] = e
	}
	return ensembles, nil
}

// shaped returns an array of the given name, which must have the given shape.
func shaped(arrays []grid.Array, name string, shape []int) (grid.Array, error) {
	a, ok := grid.FindArray(arrays, name)
	if !ok {
		return a, fmt.Errorf("%s: missing", name)
	}
	same := len(a.Shape) == len(shape)
	for i := 0; same && i < len(shape); i++ {
		same = a.Shape[i] == shape[i]
	}
	if !same {
		return a, fmt.Errorf("%s: shape %v: want %v", name, a.Shape, shape)
	}
	return a, nil
}
