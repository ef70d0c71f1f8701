package compare

import (
	"fmt"
	"slices"
	"sync"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
	"pdesolve/pde/transformer"
)

// refPlan is a reference before its runs are made.
type refPlan struct {
	tasks []*task
	make  func() (*Reference, error)

	once sync.Once
	ref  *Reference
	err  error
}

// get builds the reference once its runs are done.
func (r *refPlan) get() (*Reference, error) {
	r.once.Do(func() { r.ref, r.err = r.make() })
	return r.ref, r.err
}

// reference returns the plan under the given key, made by build the first time.
func (p *plan) reference(key string, build func() *refPlan) *refPlan {
	if p.refs[key] == nil {
		p.refs[key] = build()
	}
	return p.refs[key]
}

// baseReference is the mean-field limit at the model's own depth: the exact
// solution where there is one, else characteristics with two node counts.
func (p *plan) baseReference() *refPlan {
	return p.reference(fmt.Sprint("base L=", p.study.Model.Depth), func() *refPlan {
		m := p.study.Model
		if r := p.exactReference(&m); r != nil {
			return r
		}
		if !hasRule(&m) {
			return p.drawnReference(m)
		}
		fine, coarse := defaultCharacteristics(), defaultCharacteristics()
		for _, v := range p.study.Solvers {
			if c := v.Characteristics; c != nil && c.Step == 0 && !c.Random() && c.Nodes > coarse.Nodes {
				fine = *c
			}
		}
		coarse = fine
		coarse.Nodes = max(2, fine.Nodes*baseNodes[1]/baseNodes[0])
		coarse.RTol, coarse.ATol = 10*fine.RTol, 10*fine.ATol
		a, b := p.characteristics(m, fine), p.characteristics(m, coarse)
		return withDensity(&m, fine, a, b, pair(a, b,
			fmt.Sprintf("characteristics at L = %d with %d nodes an axis and block; error: distance from %d nodes and a tenfold tolerance", m.Depth, fine.Nodes, coarse.Nodes)))
	})
}

// sameDepthReference is the mean-field limit at the given depth.
func (p *plan) sameDepthReference(depth int) *refPlan {
	if depth == p.study.Model.Depth {
		return p.baseReference()
	}
	return p.reference(fmt.Sprint("L=", depth), func() *refPlan {
		m := p.model(depth)
		if r := p.exactReference(&m); r != nil {
			return r
		}
		if !hasRule(&m) {
			return p.drawnReference(m)
		}
		return pair(p.nodes(m, otherNodes[0], fineTolerance), p.nodes(m, otherNodes[1], 10*fineTolerance),
			fmt.Sprintf("characteristics at the same L with %d nodes an axis and block; error: distance from %d nodes", otherNodes[0], otherNodes[1]))
	})
}

// depthReference is continuous depth for the equal atoms of the depth ladder:
// Richardson's extrapolation of the symmetric splitting, second order in 1/L.
func (p *plan) depthReference() *refPlan {
	return p.reference("depth", func() *refPlan {
		n := 2 * slices.Max(p.study.depths())
		fine, coarse := p.model(n), p.model(n/2)
		fine.Continuous, coarse.Continuous = true, true
		a, b := p.nodes(fine, depthNodes, fineTolerance), p.nodes(coarse, depthNodes, fineTolerance)
		label := fmt.Sprintf("continuous depth, the same %s: symmetric splitting with %d and %d slices, extrapolated; error: distance from %d slices", p.atomWords(depthNodes), n, n/2, n)
		return &refPlan{tasks: []*task{a, b}, make: func() (*Reference, error) {
			r := extrapolate(curve(a.result.Trajectory), curve(b.result.Trajectory), 2).allow(a)
			r.Label = label
			return r, nil
		}}
	})
}

// stepReference is the flow on the same grid or of the same nodes in continuous time, so
// that only the error in the step remains.
func (p *plan) stepReference(v Solver) *refPlan {
	if c := v.Characteristics; c != nil {
		return p.nodesReference(*c)
	}
	s := v.Scheme.(pde.StepScheme)
	return p.reference(fmt.Sprint("step ", s.Name(), p.study.cellsOf(v)), func() *refPlan {
		coarse, fine := s.SemiDiscrete(1), s.SemiDiscrete(2)
		a, b := p.scheme(fine, v.Cells, "-fine"), p.scheme(coarse, v.Cells, "-coarse")
		return pair(a, b, fmt.Sprintf("the flow on the same grid in continuous time (%s, second order in time); error: distance from twice the step", fine.Name()))
	})
}

// nodesReference moves nodes in continuous time.
func (p *plan) nodesReference(c finite.Characteristics) *refPlan {
	return p.reference(fmt.Sprint("nodes ", c.Rule, c.Nodes, c.Seed), func() *refPlan {
		at := func(tol float64, suffix string) *task {
			flow := c
			flow.Step, flow.TimeOrder, flow.RTol, flow.ATol = 0, 0, tol, tol
			return p.characteristicsAs(p.study.Model, flow, suffix)
		}
		return pair(at(stepTolerance, "-fine"), at(10*stepTolerance, "-coarse"), "the same nodes moved in continuous time; error: distance from a tenfold tolerance")
	})
}

// limitReference is L = M = ∞: the mean field in continuous depth, by Richardson's
// extrapolation of the symmetric splitting, with the finest quadrature of ρ₀.
func (p *plan) limitReference() *refPlan {
	return p.reference("limit", func() *refPlan {
		n := 2 * max(p.study.Model.Depth, slices.Max(append([]int{1}, p.study.Networks.Depths...)))
		at := func(slices, nodes int) *task {
			m := p.model(slices)
			m.Continuous = true
			return p.nodes(m, nodes, fineTolerance)
		}
		a, b, c := at(n, baseNodes[1]), at(n/2, baseNodes[1]), at(n/2, otherNodes[0])
		label := fmt.Sprintf("L = M = ∞: symmetric splitting with %d and %d slices and %s, extrapolated; error: distance from %d slices, and from %s",
			n, n/2, p.atomWords(baseNodes[1]), n, p.atomWords(otherNodes[0]))
		return &refPlan{tasks: []*task{a, b, c}, make: func() (*Reference, error) {
			r := extrapolate(curve(a.result.Trajectory), curve(b.result.Trajectory), 2).allow(a)
			for _, q := range Quantities {
				r.Error[q] += distance(q, curve(b.result.Trajectory), curve(c.result.Trajectory))
			}
			r.Label = label
			return r, nil
		}}
	})
}

// allow adds the error of the integration in time that the tolerance of a run allows.
func (r *Reference) allow(t *task) *Reference {
	for _, q := range Quantities {
		r.Error[q] += t.allowed
	}
	return r
}

// pair is the reference of a fine run whose error is estimated by a coarse one, and by
// the tolerance of its integration in time.
func pair(fine, coarse *task, label string) *refPlan {
	return &refPlan{tasks: []*task{fine, coarse}, make: func() (*Reference, error) {
		r := curve(fine.result.Trajectory).estimate(curve(coarse.result.Trajectory)).allow(fine)
		r.Label = label
		return r, nil
	}}
}

// exactReference is the exact solution of the model; nil if there is none, or if the study
// is not to know it.
func (p *plan) exactReference(m *transformer.Model) *refPlan {
	s, err := exact.NewLinearAttention(m)
	if err != nil || p.study.blind {
		return nil
	}
	return &refPlan{make: func() (*Reference, error) { return exactCurve(s, p.study.Times) }}
}

// exactCurve evaluates the exact solution of linear attention at the saved
// times. Its error is that of its scalar equation, which is solved to rounding.
func exactCurve(s *exact.LinearAttention, times []float64) (*Reference, error) {
	const (
		rounding        = 1e-11
		densityRounding = 1e-10 // of the cell averages
	)
	r := &Reference{Label: "exact solution (linear attention, one scalar equation)", Error: map[Quantity]float64{Density: densityRounding},
		Density: sameDensity(s.Density), DensityLabel: "the exact density"}
	for _, tau := range times {
		r.Risk = append(r.Risk, s.Risk(tau))
		r.Objective = append(r.Objective, s.Objective(tau))
		r.Output = append(r.Output, slices.Clone(s.Output(tau)))
	}
	for _, q := range Quantities {
		r.Error[q] = rounding
	}
	return r, nil
}

// sameDensity is the density of every component where all have the same: it is made once
// for all those that are asked for one after the other.
func sameDensity(of func(tau float64, g *grid.Grid) (*grid.Density, error)) func(c int, tau float64, g *grid.Grid) (*grid.Density, error) {
	var last *grid.Density
	var at float64
	return func(_ int, tau float64, g *grid.Grid) (*grid.Density, error) {
		if last != nil && at == tau && last.Grid.Equal(g) {
			return last, nil
		}
		d, err := of(tau, g)
		last, at = d, tau
		return d, err
	}
}
