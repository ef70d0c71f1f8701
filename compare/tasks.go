package compare

import (
	"context"
	"errors"
	"fmt"
	"math"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// fineTolerance is the tolerance of the time integration where nothing but a
// reference's error depends on it.
const fineTolerance = 1e-9

// timeErrors is how many tolerances the error of an integration in time may be: that of
// many steps adds up and grows. A second run with a larger tolerance need not show
// it, for both may take the same steps.
const timeErrors = 10

// tolerances returns the larger tolerance of the integration in time of nodes.
func tolerances(c finite.Characteristics) float64 {
	d := finite.DefaultCharacteristics()
	if c.RTol == 0 {
		c.RTol = d.RTol
	}
	if c.ATol == 0 {
		c.ATol = d.ATol
	}
	return max(c.RTol, c.ATol)
}

// stepTolerance is that of nodes in continuous time with which small steps are compared.
const stepTolerance = 1e-12

// Unit costs in seconds on one core, for the prediction of progress only.
const (
	costAtom        = 1.2e-9 // one atom, one pair of tokens, one prompt: forward and adjoint
	layerAtoms      = 20     // atoms that a layer costs beside its own
	costCell        = 7e-9   // one cell, one stage of an explicit scheme
	costMarch       = 6e-7   // one cell, one step of JKO with its outer iterations
	guessEvals      = 12     // gradient evaluations per unit of training time
	guessFixedPoint = 10     // gradient evaluations per minimising movement of atoms
)

// solver adds the run of one configured solver.
func (p *plan) solver(v Solver) *task {
	m := p.study.Model
	if v.Characteristics != nil {
		return p.characteristics(m, *v.Characteristics)
	}
	return p.scheme(v.Scheme, v.Cells, "")
}

// scheme adds a grid run; the suffix tells runs apart that differ in more than
// scheme, cells and step.
func (p *plan) scheme(s pde.Scheme, cells int, suffix string) *task {
	m := p.study.Model
	n := cells
	if n == 0 {
		n = m.Blocks[0].Axes[0].N
	}
	run := Run{ID: fmt.Sprintf("%s-n%d", p.study.Label(s), n), Kind: Grid, Scheme: s.Name(), Depth: m.Depth, Continuous: m.Continuous, Sources: []Source{FromCells, FromStep, FromDepth}}
	unknowns := 0.0
	for _, b := range m.Blocks {
		size := 1
		for k, a := range b.Axes {
			if cells > 0 {
				a.N = cells
			}
			if len(run.Cells) == k {
				run.Cells = append(run.Cells, a.N)
			}
			size *= a.N
		}
		unknowns += float64(size * m.Depth)
	}
	end := p.study.end()
	cost := unknowns * 2 * costCell * float64(n) * end
	if stepped, ok := s.(pde.StepScheme); ok {
		run.Dt = stepped.NominalStep()
		run.ID += fmt.Sprintf("-dt%g", run.Dt)
		cost = unknowns * costMarch * end / run.Dt
	}
	run.ID += suffix
	return p.add(&task{run: run, cost: cost, inputs: []any{m, p.study.Times, s, cells}, do: func(ctx context.Context, o *finite.Options) (*Run, error) {
		grids, err := m.Grids(cells)
		if err != nil {
			return nil, err
		}
		rho, err := m.InitialState(grids)
		if err != nil {
			return nil, err
		}
		r := run
		problem := pde.Problem{Energy: &m, Initial: rho, Times: p.study.Times}
		r.Trajectory, err = pde.Solve(ctx, problem, s, &pde.Options{Progress: o.Progress})
		return &r, err
	}})
}

// characteristics adds the mean-field run of weighted quadrature nodes.
func (p *plan) characteristics(m transformer.Model, c finite.Characteristics) *task {
	return p.characteristicsAs(m, c, "")
}

// characteristicsAs is characteristics with a suffix that tells runs apart that differ in
// more than nodes, step and model.
func (p *plan) characteristicsAs(m transformer.Model, c finite.Characteristics, suffix string) *task {
	run := Run{ID: fmt.Sprintf("%s-%s%d-L%d", c.Scheme(), c.Rule, c.Nodes, m.Depth), Kind: Characteristics, Scheme: c.Scheme(), Dt: c.Step,
		Depth: m.Depth, Continuous: m.Continuous, Sources: []Source{FromQuadrature, FromDepth}}
	if c.Step > 0 {
		run.ID += fmt.Sprintf("-dt%g", c.Step)
		run.Sources = append(run.Sources, FromStep)
	}
	if c.Random() {
		run.ID += fmt.Sprintf("-s%d", c.Seed)
		run.Seed = c.Seed
	}
	if m.Continuous {
		run.ID += "-continuous"
	}
	if m.Modified != 0 {
		run.ID += fmt.Sprintf("-modified%g", m.Modified)
	}
	if m.Decay != p.study.Model.Decay {
		run.ID += fmt.Sprintf("-decay%g", m.Decay)
	}
	run.ID += suffix
	run.Nodes = mostNodes(&m, c)
	cost := p.costAtoms(m, run.Nodes)
	if c.Step > 0 {
		cost *= guessFixedPoint / (guessEvals * c.Step)
	}
	return p.add(&task{run: run, cost: cost, allowed: timeErrors * tolerances(c), inputs: []any{m, p.study.Times, c}, do: func(ctx context.Context, o *finite.Options) (*Run, error) {
		r := run
		var err error
		r.Trajectory, err = c.Solve(ctx, &m, p.study.Times, o)
		return &r, err
	}})
}

// mostNodes returns the largest number of nodes that c has in a layer and block of m.
func mostNodes(m *transformer.Model, c finite.Characteristics) int {
	n := 0
	for i := range m.Blocks {
		n = max(n, int(min(c.Count(len(m.Parameters(i))), math.MaxInt32)))
	}
	return n
}

// nodes adds characteristics with n Gauss nodes an axis at the given tolerance, or with
// n² random nodes, the same in every layer, where there is no tensor rule.
func (p *plan) nodes(m transformer.Model, n int, tol float64) *task {
	if !hasRule(&m) {
		return p.characteristics(m, finite.Characteristics{Nodes: n * n, Rule: finite.Repeated, Seed: p.freeSeed(), RTol: tol, ATol: tol})
	}
	return p.characteristics(m, finite.Characteristics{Nodes: n, Rule: grid.Gauss, RTol: tol, ATol: tol})
}

// atomWords says what atoms nodes takes for n.
func (p *plan) atomWords(n int) string {
	if !hasRule(&p.study.Model) {
		return fmt.Sprintf("%d random atoms in every layer of a block", n*n)
	}
	return fmt.Sprintf("%d atoms per axis and block", n)
}

// network adds the run of one finite network.
func (p *plan) network(depth, width int, seed uint64) *task { return p.part(depth, width, seed, 0, 1) }

// part adds the run of a network of a part of the heads of every layer of
// network(depth, width, seed): the one numbered i from 0 of n, which divides the width.
// Part 0 is network(depth, width/n, seed), because the draws are nested.
func (p *plan) part(depth, width int, seed uint64, i, n int) *task {
	if i == 0 {
		width, n = width/n, 1
	}
	m := p.model(depth)
	d := p.study.Networks.Dynamics
	m.Precision = p.study.Networks.Precision
	run := Run{ID: fmt.Sprintf("network-L%d-M%d-s%d", depth, width, seed), Kind: Finite, Scheme: d.Name(), Depth: depth, Continuous: m.Continuous,
		Width: width, Seed: seed, Sources: []Source{FromWidth, FromDepth}}
	if n > 1 {
		run.ID += fmt.Sprintf("-part%dof%d", i+1, n)
		run.Width /= n
	}
	return p.add(&task{run: run, cost: p.costAtoms(m, run.Width), inputs: []any{m, p.study.Times, width, seed, d, i, n, p.study.Validation, p.study.Test}, do: func(ctx context.Context, o *finite.Options) (*Run, error) {
		r := run
		var err error
		energy, start := p.study.network(&m, width, seed)
		if n > 1 {
			start = partOf(start, i, n)
		}
		r.Trajectory, err = finite.Simulate(ctx, energy, start, p.study.Times, d, o)
		if r.Trajectory != nil {
			err = errors.Join(err, r.score(&m, p.study))
		}
		return &r, err
	}})
}

// costAtoms predicts the cost of moving n atoms a layer and block.
func (p *plan) costAtoms(m transformer.Model, n int) float64 {
	tokens := float64(m.Prompts.N)
	perAtom := float64(m.Prompts.Len()) * tokens * (tokens + 4) * costAtom
	if m.Continuous {
		perAtom *= 2
	}
	if !hasRule(&m) {
		perAtom *= float64(m.Prompts.Dim)
	}
	return guessEvals * p.study.end() * float64(m.Depth*(n+layerAtoms)) * perAtom
}
