package experiment

import (
	"errors"
	"math"

	"pdesolve/compare"
	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// Times returns the saved training times, the first 0 and the last Time.End.
func (e *Experiment) Times() []float64 {
	n := int(math.Round(e.Time.End / e.Time.Save))
	t := make([]float64, n+1)
	for i := range t {
		t[i] = e.Time.End * float64(i) / float64(n)
	}
	return t
}

// Solvers returns all runs that the solve section asks for.
func (e *Experiment) Solvers() []compare.Solver {
	var all []compare.Solver
	for _, s := range e.Solve {
		all = append(all, s.Levels...)
	}
	return all
}

// Model returns the Transformer of the experiment; ok is false for a classical
// flow.
func (e *Experiment) Model() (m transformer.Model, ok bool) {
	t := e.Transformer
	if t == nil {
		return m, false
	}
	m = transformer.Model{
		Depth: t.Depth.Layers, Continuous: t.Depth.Continuous, Decay: t.Decay,
		Temperature: t.Temperature, Prompts: t.Prompts.loaded, Embedding: t.Prompts.embedding,
		Read: t.Read.readout(), Loss: t.Loss, FullStep: t.Step == stepFull,
	}
	if t.Read.Classes > 0 && m.Prompts != nil {
		m.Read.Weights = transformer.DrawWeights(t.Read.Classes, m.Prompts.Dim, t.Read.Scale, t.Read.Seed)
	}
	if m.Continuous {
		m.Depth = t.Slices
	}
	for _, b := range t.Blocks {
		m.Blocks = append(m.Blocks, transformer.Component{Block: b.Block, Initial: b.Initial, Axes: b.Grid})
	}
	return m, true
}

// errNoTransformer is the answer of Study to a classical flow.
var errNoTransformer = errors.New("this experiment has no transformer section, so there are no networks to compare with: use solve")

// Study returns the comparison that the experiment asks for. It fails for a
// classical flow.
func (e *Experiment) Study() (compare.Study, error) {
	m, ok := e.Model()
	if !ok {
		return compare.Study{}, e.reading.errorAt("transformer", "%v", errNoTransformer)
	}
	s := compare.Study{
		Name: e.Name, Model: m, Times: e.Times(), Solvers: e.Solvers(), Confidence: e.Compare.Confidence, Depths: e.Compare.Depth, Budget: e.Compare.Budget, Decays: e.Compare.Decay,
		Validation: e.Transformer.Prompts.validation, Test: e.Transformer.Prompts.test, SweepHeads: e.Compare.Heads,
	}
	for _, r := range e.Compare.Rates {
		s.Rates = append(s.Rates, compare.Against(r))
	}
	s.Networks = e.networks()
	return s, nil
}

// networks returns the finite networks that the experiment asks for.
func (e *Experiment) networks() compare.Networks {
	f := e.Finite
	if f == nil {
		return compare.Networks{}
	}
	return compare.Networks{Widths: f.Width, Depths: f.Depth, Seeds: f.Seeds.Start, Seed: f.Seed, UntilHalfWidth: f.Seeds.Until, MaxSeeds: f.Seeds.Max, Dynamics: f.Dynamics, Precision: f.Precision}
}

// Problem returns the PDE on a grid of the given number of cells on every axis, 0
// meaning the grid's own.
func (e *Experiment) Problem(cells int) (pde.Problem, error) {
	p := pde.Problem{Times: e.Times()}
	if m, ok := e.Model(); ok {
		grids, err := m.Grids(cells)
		if err != nil {
			return p, err
		}
		p.Energy = &m
		p.Initial, err = m.InitialState(grids)
		return p, err
	}
	g, err := grid.New(refined(e.Grid, cells)...)
	if err != nil {
		return p, err
	}
	rho := grid.NewDensity(g)
	p.Energy, p.Initial = e.energy(), pde.State{rho}
	if e.Initial == nil {
		p.Initial[0], err = e.Exact.Density(0, g)
		return p, err
	}
	return p, e.Initial.Average(rho)
}

// energy returns the sum of the energies of a classical flow, or that of its exact
// solution if it has none.
func (e *Experiment) energy() pde.Energy {
	if len(e.Energy) == 0 {
		energy, _ := e.Exact.Energy()
		return energy
	}
	if len(e.Energy) == 1 {
		return e.Energy[0]
	}
	return pde.Sum(e.Energy)
}

// refined returns the axes with n cells each, or as they are if n is 0.
func refined(axes []grid.Axis, n int) []grid.Axis {
	out := make([]grid.Axis, len(axes))
	for k, a := range axes {
		if n > 0 {
			a.N = n
		}
		out[k] = a
	}
	return out
}

// checkWhole lets the model, the study and the solvers have their say.
func (e *Experiment) checkWhole() {
	d := e.reading
	var energy pde.Energy
	if m, ok := e.Model(); ok {
		if err := m.Validate(); err != nil {
			d.complain("transformer", trim(err))
			return
		}
		s, err := e.Study()
		if err == nil {
			err = s.Validate()
		}
		if err != nil {
			d.complain("", trim(err))
			return
		}
		m.Depth = min(m.Depth, 2) // enough to see whether solvers fit
		energy = &m
	} else {
		energy = e.energy()
		if err := energy.Validate(); err != nil {
			d.complain("energy", trim(err))
			return
		}
		if e.checkMembers(); len(d.errs) > 0 {
			return
		}
		if e.checkExact(); len(d.errs) > 0 {
			return
		}
	}
	e.checkSolvers(energy)
}

// checkSolvers binds every solver to the energy on a grid of few cells: a scheme
// that cannot treat the energy says so before anything runs.
func (e *Experiment) checkSolvers(energy pde.Energy) {
	d := e.reading
	for _, s := range e.Solve {
		if s.Name == characteristics {
			if e.Transformer == nil {
				d.failAt(s.path, "moves the atoms of a transformer: for a classical flow want one of %v", pde.Schemes.Names())
			}
			continue
		}
		grids, err := e.coarseGrids(energy)
		if err != nil {
			d.failAt(s.path, "%s", trim(err))
			return
		}
		f, err := energy.Bind(grids)
		if err != nil {
			d.complain("energy", trim(err))
			return
		}
		if _, err := s.Levels[0].Scheme.Bind(f, grids); err != nil {
			d.complain(s.path, trim(err))
		}
	}
}

// bindCells is the number of cells an axis for trying to bind, where that resolves the
// grading, and maxBindCells the largest that is tried.
const bindCells, maxBindCells = 4, 256

// coarseGrids returns the grid of each component with few cells.
func (e *Experiment) coarseGrids(energy pde.Energy) (grids []*grid.Grid, err error) {
	for n := bindCells; n <= maxBindCells; n *= 2 {
		if grids, err = e.grids(energy, n); err == nil {
			break
		}
	}
	return grids, err
}

// grids returns the grid of each component of the energy, with n cells an axis.
func (e *Experiment) grids(energy pde.Energy, n int) ([]*grid.Grid, error) {
	if m, ok := energy.(*transformer.Model); ok {
		return m.Grids(n)
	}
	g, err := grid.New(refined(e.Grid, n)...)
	return []*grid.Grid{g}, err
}
