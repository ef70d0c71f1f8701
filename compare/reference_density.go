package compare

import (
	"fmt"
	"slices"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde/transformer"
)

// withDensity gives a reference by characteristics c their density, finite.PushForward, with
// the distance of that of the coarser ones as its error, if they have one: Gauss nodes of
// bumps in two parameters, on equal cells.
func withDensity(m *transformer.Model, c finite.Characteristics, fine, coarse *task, r *refPlan) *refPlan {
	if c.Rule != grid.Gauss && c.Rule != "" {
		return r
	}
	for _, b := range m.Blocks {
		if law, ok := b.Initial.(*grid.Bump); !ok || law.Dim() != 2 || len(b.Axes) != 2 || b.Axes[0].Grading != nil || b.Axes[1].Grading != nil {
			return r
		}
	}
	curves := r.make
	r.make = func() (*Reference, error) {
		ref, err := curves()
		if err != nil {
			return nil, err
		}
		e, err := densityError(m, fine, coarse)
		if err != nil {
			ref.Label += "; without a density: " + err.Error()
			return ref, nil
		}
		ref.Density, ref.DensityLabel, ref.Error[Density] = densityOfNodes(m, fine), "the density of characteristics", e
		return ref, nil
	}
	return r
}

// densityOfNodes returns the density that the nodes of a run stand for.
func densityOfNodes(m *transformer.Model, t *task) func(c int, tau float64, g *grid.Grid) (*grid.Density, error) {
	return func(c int, tau float64, g *grid.Grid) (*grid.Density, error) {
		run := t.result.Trajectory
		s := slices.Index(run.Time, tau)
		if s < 0 {
			return nil, fmt.Errorf("compare: density at τ = %v: want one of the saved times %v", tau, run.Time)
		}
		d := grid.NewDensity(g)
		err := finite.PushForward(d, m.Blocks[c/m.Depth].Initial.(*grid.Bump), &run.Ensembles[0].Component[c], &run.Ensembles[s].Component[c])
		return d, err
	}
}

// densityErrorCells are the cells on an axis on which two densities are compared.
const densityErrorCells = 64

// densityError returns the distance between the densities of two runs at the last saved
// time, the mean over components.
func densityError(m *transformer.Model, fine, coarse *task) (float64, error) {
	grids, err := m.Grids(densityErrorCells)
	if err != nil {
		return 0, err
	}
	end := fine.result.Trajectory.Time
	sum := 0.0
	for c := range m.Depth * len(m.Blocks) {
		a, err := densityOfNodes(m, fine)(c, lastOf(end), grids[c])
		if err != nil {
			return 0, err
		}
		b, err := densityOfNodes(m, coarse)(c, lastOf(end), grids[c])
		if err != nil {
			return 0, err
		}
		sum += l1Distance(a, b)
	}
	return sum / float64(m.Depth*len(m.Blocks)), nil
}
