package pde

import (
	"fmt"

	"gonum.org/v1/gonum/floats"

	"pdesolve/grid"
)

// Sum is the sum of its members: F = Σ_i F_i, Ψ = Σ_i Ψ_i. Its Dependence is the
// largest of theirs.
type Sum []Energy

func init() { Energies.Add("sum", func() Energy { return new(Sum) }) }

// Validate reports an empty sum, a missing member and what a member reports.
func (s Sum) Validate() error {
	if len(s) == 0 {
		return fmt.Errorf("the sum has no members: want at least one energy")
	}
	for i, e := range s {
		if e == nil {
			return fmt.Errorf("member %d of the sum is missing", i)
		}
		if err := e.Validate(); err != nil {
			return fmt.Errorf("member %d of the sum: %w", i, err)
		}
	}
	return nil
}

// Bind binds the members. It fails where a member does, and where members
// disagree on the weight of a component in the metric: such a sum has no common
// gradient flow.
func (s Sum) Bind(grids []*grid.Grid) (Functional, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	b := &sum{psi: NewField(grids)}
	for i, e := range s {
		f, err := e.Bind(grids)
		if err != nil {
			return nil, fmt.Errorf("member %d of the sum: %w", i, err)
		}
		for c := range grids {
			if i > 0 && f.Weight(c) != b.member[0].Weight(c) {
				return nil, fmt.Errorf("member %d of the sum weighs component %d by %v in the metric, member 0 by %v: want equal weights",
					i, c, f.Weight(c), b.member[0].Weight(c))
			}
		}
		b.member = append(b.member, f)
	}
	for _, f := range b.member {
		if l, ok := f.(Learner); ok {
			return &learningSum{sum: b, learner: l}, nil
		}
	}
	return b, nil
}

// sum is a Sum bound to grids.
type sum struct {
	member []Functional
	psi    Field
}

// Value returns Σ_i F_i(ρ).
func (s *sum) Value(rho State) float64 {
	var v float64
	for _, f := range s.member {
		v += f.Value(rho)
	}
	return v
}

// Variation writes Σ_i Ψ_i to psi and returns Σ_i F_i(ρ).
func (s *sum) Variation(psi Field, rho State) float64 {
	v := s.member[0].Variation(psi, rho)
	for _, f := range s.member[1:] {
		v += f.Variation(s.psi, rho)
		for c, part := range s.psi {
			floats.Add(psi[c], part)
		}
	}
	return v
}

// Dependence returns the members' largest.
func (s *sum) Dependence() Dependence {
	d := Constant
	for _, f := range s.member {
		d = max(d, f.Dependence())
	}
	return d
}

// Weight returns the members' common weight of component c.
func (s *sum) Weight(c int) float64 { return s.member[0].Weight(c) }

// Demand returns the sum of the members' demands; see Demanding.
func (s *sum) Demand() float64 {
	var all float64
	for _, f := range s.member {
		if d, ok := f.(Demanding); ok {
			all += d.Demand()
		}
	}
	return all
}

// Diffusivity returns the sum of the members' diffusivities; see Diffusive.
func (s *sum) Diffusivity(c int) float64 {
	var d float64
	for _, f := range s.member {
		if m, ok := f.(Diffusive); ok {
			d += m.Diffusivity(c)
		}
	}
	return d
}

// Parts returns those of the members, with one rest; see Local.
func (s *sum) Parts() Parts {
	var p Parts
	r := &sum{psi: s.psi}
	for _, f := range s.member {
		r.member = p.add(PartsOf(f), r.member)
	}
	switch len(r.member) {
	case 0:
	case 1:
		p.Rest = r.member[0]
	default:
		p.Rest = r
	}
	return p
}

// learningSum is a sum with a member that is a Learner: the first one.
type learningSum struct {
	*sum
	learner Learner
}

// Reading returns the learning member's reading; see Learner.
func (s *learningSum) Reading() (risk float64, output []float64) { return s.learner.Reading() }
