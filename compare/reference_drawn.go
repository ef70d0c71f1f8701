package compare

import (
	"fmt"
	"slices"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde/transformer"
)

// The reference of models without a grid and without a tensor rule is a pair of wide
// networks.
const (
	wideFactor    = 64   // times as wide as the widest network of the study
	wideLeast     = 256  // or as many heads, if that is more
	wideTolerance = 1e-7 // of their time integration, far below their spread
)

// hasRule reports whether the initial laws have a tensor rule of a useful number of
// nodes: a node count on each of more than grid.MaxDim axes cannot be afforded.
func hasRule(m *transformer.Model) bool {
	for i := range m.Blocks {
		if len(m.Parameters(i)) > grid.MaxDim {
			return false
		}
	}
	return true
}

// freeSeed is a seed that none of the study's networks has, however many are added.
func (p *plan) freeSeed() uint64 {
	n := p.study.Networks
	if n.UntilHalfWidth > 0 {
		return n.Seed + 1<<32
	}
	return n.Seed + uint64(max(0, n.Seeds))
}

// wideWidth returns how wide the networks are that stand for the mean field.
func (p *plan) wideWidth() int {
	return max(wideLeast, wideFactor*slices.Max(append([]int{0}, p.study.Networks.Widths...)))
}

// drawnReference stands for the mean field at the depth of m where no quadrature of ρ₀
// can be afforded: the mean curve of two networks of independent draws, each so wide
// that its distance from the mean field, of order (LM)^{−1/2}, is an eighth of the widest
// network's. Half their distance estimates the error of their mean: the difference
// has √2 the spread of one of them, the mean 1/√2.
func (p *plan) drawnReference(m transformer.Model) *refPlan {
	width := p.wideWidth()
	wide := func(seed uint64) *task {
		return p.characteristics(m, finite.Characteristics{Nodes: width, Rule: finite.Drawn, Seed: seed, RTol: wideTolerance, ATol: wideTolerance})
	}
	a, b := wide(p.freeSeed()), wide(p.freeSeed()+1)
	return &refPlan{tasks: []*task{a, b}, make: func() (*Reference, error) {
		r := mean(curve(a.result.Trajectory), curve(b.result.Trajectory))
		r.Label = fmt.Sprintf("no quadrature of ρ₀ can be afforded in so many parameters: the mean of two networks of %d heads and neurons a layer at L = %d, drawn with seeds of their own; error: half their distance", width, m.Depth)
		return r, nil
	}}
}

// mean returns the mean of two curves that are independent estimates of the same one,
// with half their distance for its error.
func mean(a, b *Reference) *Reference {
	r := combine([]float64{0.5, 0.5}, a, b)
	for _, q := range Quantities {
		r.Error[q] = distance(q, a, b) / 2
	}
	return r
}
