package transformer

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"

	"pdesolve/grid"
	"pdesolve/pde"
)

// gridEnergy is a Model bound to grids.
type gridEnergy struct {
	*learner
	decay float64
	part  []*gridPart // of each component; components with equal grids share one
	coef  [][]float64 // ∫ v ρ dv of each component's rows
	node  [][]float64 // ψ of each component's rows

	temperature float64
	entropy     pde.Functional // of the temperature; nil if that is 0
	psi         pde.Field      // its first variation
}

// gridPart is a grid seen as rows of cells along its last axis: a row is a node, the
// cells of a row are values of v.
type gridPart struct {
	grid   *grid.Grid
	nodes  []float64 // centers in all axes but the last, coordinate d of row r at d·rows+r
	square []float64 // |a|² of each row
	ones   []float64 // 1 for each row
	v, v2  []float64 // centers along the last axis and their squares
	// On a graded grid the volume of cell j of row r is across[r]·along[j] times the
	// mean, and first and second are v and v² times along; else across and along are nil.
	across, along []float64
	first, second []float64
}

var (
	_ pde.Learner   = (*gridEnergy)(nil)
	_ pde.Diffusive = (*gridEnergy)(nil)
)

func newGridPart(g *grid.Grid) *gridPart {
	d := g.Dim()
	v := g.Axis(d - 1).Centers()
	rows := g.Len() / len(v)
	p := &gridPart{grid: g, nodes: make([]float64, (d-1)*rows), square: make([]float64, rows), v: v, v2: make([]float64, len(v))}
	center := make([]float64, d)
	for r := range rows {
		g.Center(center, r*len(v))
		for k := range d - 1 {
			p.nodes[k*rows+r] = center[k]
			p.square[r] += center[k] * center[k]
		}
	}
	p.ones = make([]float64, rows)
	for r := range p.ones {
		p.ones[r] = 1
	}
	for j := range v {
		p.v2[j] = v[j] * v[j]
	}
	p.first, p.second = p.v, p.v2
	if ratio := g.Jacobian(); ratio != nil {
		p.grade(ratio)
	}
	return p
}

// grade takes the relative volumes of the cells of a graded grid, a product of one of the
// row and one of the place in it.
func (p *gridPart) grade(ratio []float64) {
	n := len(p.v)
	a := p.grid.Axis(p.grid.Dim() - 1)
	p.along = a.Widths()
	floats.Scale(1/a.MeanWidth(), p.along)
	p.across = make([]float64, len(p.square))
	for r := range p.across {
		p.across[r] = ratio[r*n] / p.along[0]
	}
	p.first = floats.MulTo(make([]float64, n), p.v, p.along)
	p.second = floats.MulTo(make([]float64, n), p.v2, p.along)
}

// Bind returns a workspace for states on the given grids, one per component. It
// fails if the model is invalid or a grid has another dimension than its block has
// parameters.
//
// The result is a pde.Learner and pde.Diffusive. For softmax-scalar it holds exponentials of
// 4·B·N·(N+3) bytes per row of cells of each distinct grid.
func (m *Model) Bind(grids []*grid.Grid) (pde.Functional, error) {
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("transformer: %w", err)
	}
	if m.Embedding != nil {
		return nil, fmt.Errorf("transformer: embedding: a trained one is for networks and has no grid")
	}
	if len(grids) != m.Components() {
		return nil, fmt.Errorf("transformer: %d grids: want %d, for %d blocks and depth %d", len(grids), m.Components(), len(m.Blocks), m.Depth)
	}
	e := &gridEnergy{decay: m.Decay}
	nodes, fixed := make([][]int, len(m.Blocks)), make([][][]float64, len(m.Blocks))
	for c, g := range grids {
		i, _ := m.BlockOf(c)
		names := m.Parameters(i)
		if err := m.HasGrid(i); err != nil {
			return nil, fmt.Errorf("transformer: %w", m.blockError(i, err))
		}
		if g.Dim() != len(names) {
			return nil, fmt.Errorf("transformer: %w", m.blockError(i, fmt.Errorf("a grid of %d axes: want %d, for %v", g.Dim(), len(names), names)))
		}
		part := e.sharedPart(g)
		e.part = append(e.part, part)
		e.coef = append(e.coef, make([]float64, len(part.square)))
		e.node = append(e.node, make([]float64, len(part.square)))
		nodes[i] = append(nodes[i], len(part.square))
		fixed[i] = append(fixed[i], part.nodes)
	}
	e.learner = newLearner(m, nodes, fixed, e.collect)
	if err := e.heat(m.Temperature, grids); err != nil {
		return nil, fmt.Errorf("transformer: temperature: %w", err)
	}
	return e, nil
}

// sharedPart returns the part of an equal grid bound before, or a new one.
func (e *gridEnergy) sharedPart(g *grid.Grid) *gridPart {
	if i := slices.IndexFunc(e.part, func(p *gridPart) bool { return p.grid.Equal(g) }); i >= 0 {
		return e.part[i]
	}
	return newGridPart(g)
}

// Dependence returns pde.Mean, for Ψ depends on ρ through moments, or that of the
// entropy, if there is one.
func (e *gridEnergy) Dependence() pde.Dependence {
	if e.entropy != nil {
		return e.entropy.Dependence()
	}
	return pde.Mean
}

// Diffusivity returns the temperature; see pde.Diffusive.
func (e *gridEnergy) Diffusivity(int) float64 { return e.temperature }

// Value returns Q with all integrals by the midpoint rule on the cells.
func (e *gridEnergy) Value(rho pde.State) float64 {
	e.loadMoments(rho)
	q := e.run(false) + e.regulariser(rho)
	if e.entropy != nil {
		q += e.entropy.Value(rho) / float64(e.depth)
	}
	return q
}

// loadMoments gives the moments of the densities to the kernels.
func (e *gridEnergy) loadMoments(rho pde.State) {
	if len(rho) != len(e.part) {
		panic("transformer: state with another number of components than bound")
	}
	for c, part := range e.part {
		n, volume, values := len(part.v), part.grid.MeanVolume(), rho[c].Values
		if len(values) != part.grid.Len() {
			panic("transformer: density on another grid than bound")
		}
		for r := range e.coef[c] {
			e.coef[c][r] = volume * floats.Dot(values[r*n:(r+1)*n], part.first)
		}
		if part.across != nil {
			floats.Mul(e.coef[c], part.across)
		}
		e.load(c/e.depth, c%e.depth, nodes{a: part.nodes, v: part.ones, weight: e.coef[c]})
		clear(e.node[c])
	}
}

// collect adds what the kernels have gathered to ψ.
func (e *gridEnergy) collect(w *network) {
	for c, psi := range e.node {
		w.kernels[c/e.depth].drain(c%e.depth, psi, nil)
	}
}

// regulariser returns (λ/2) Σ_c (1/L) ∫|θ|² ρ_c.
func (e *gridEnergy) regulariser(rho pde.State) float64 {
	if e.decay == 0 {
		return 0
	}
	total := 0.0
	for c, part := range e.part {
		n, values, sum := len(part.v), rho[c].Values, 0.0
		for r, a2 := range part.square {
			row := values[r*n : (r+1)*n]
			if part.across == nil {
				sum += floats.Dot(row, part.second) + a2*floats.Sum(row)
			} else {
				sum += part.across[r] * (floats.Dot(row, part.second) + a2*floats.Dot(row, part.along))
			}
		}
		total += part.grid.MeanVolume() * sum
	}
	return 0.5 * e.decay * total / float64(e.depth)
}

// Variation writes Ψ = ½ v ψ(a) + (λ/2)(|a|² + v²) + σ(log ρ + 1) at the cell centers
// to psi, the last term floored as pde.Entropy says.
func (e *gridEnergy) Variation(psi pde.Field, rho pde.State) float64 {
	if len(psi) != len(e.part) {
		panic("transformer: field with another number of components than bound")
	}
	e.loadMoments(rho)
	value := e.run(true) + e.regulariser(rho)
	scale, decay := e.scale(), 0.5*e.decay
	for c, part := range e.part {
		if len(psi[c]) != part.grid.Len() {
			panic("transformer: field on another grid than bound")
		}
		n := len(part.v)
		v, v2 := part.v, part.v2[:n]
		for r, x := range e.node[c] {
			row := psi[c][r*n : (r+1)*n]
			row = row[:len(v)]
			base, slope := decay*part.square[r], scale*x
			for j := range v {
				row[j] = base + slope*v[j] + decay*v2[j]
			}
		}
	}
	return value + e.warm(psi, rho)
}

// heat adds the entropy of the given temperature.
func (e *gridEnergy) heat(temperature float64, grids []*grid.Grid) error {
	if temperature == 0 {
		return nil
	}
	var err error
	e.temperature, e.psi = temperature, pde.NewField(grids)
	e.entropy, err = pde.Entropy{Coefficient: temperature}.Bind(grids)
	return err
}

// warm adds the entropy's first variation to psi and returns its part of Q.
func (e *gridEnergy) warm(psi pde.Field, rho pde.State) float64 {
	if e.entropy == nil {
		return 0
	}
	value := e.entropy.Variation(e.psi, rho)
	for c, p := range e.psi {
		floats.Add(psi[c], p)
	}
	return value / float64(e.depth)
}

// Parts returns the entropy and the functional at temperature 0; see pde.Local.
func (e *gridEnergy) Parts() pde.Parts {
	if e.entropy == nil {
		return pde.Parts{Rest: e}
	}
	cold := *e
	cold.temperature, cold.entropy, cold.psi = 0, nil, nil
	return pde.Parts{Linear: e.temperature, Rest: &cold}
}
