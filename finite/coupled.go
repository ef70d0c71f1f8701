package finite

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"pdesolve/pde"
)

// Coupled describes the coupled particles θ̃ of the proof of [G, Thm 3.1], also called
// nonlinear or McKean particles: each starts where a particle of a network starts and
// moves with the velocity of the mean field in its own layer k, not with that of the
// network,
//
//	dθ̃_{k,j}/dτ = −∇Ψ_k[ρ_τ](θ̃_{k,j}),    θ̃_{k,j}(0) = θ_{k,j}(0).
//
// For a start drawn from ρ₀ they stay independent draws from ρ_τ, which the particles of
// the network do not; how far those have been driven apart by one another is |θ − θ̃|,
// see Distances. Time and learning rate are those of the flow for both: the velocity of
// an atom is −∇Ψ, which for a network is −ML ∂Q/∂θ, and needs no further scale.
//
// The mean field is that of Field: atoms with weights, such as the nodes of
// Characteristics, moved by the same dynamics at the same time. The particles ride along as
// atoms of weight 0, which feel the field and do not make it, so that no velocity is
// interpolated in time or space. The error of θ̃ is that of the field's quadrature of ρ₀
// and of the integration in time. If Field is the network's own ensemble, θ̃ is θ. In a
// Continuous model of L slices, the field of slice k is that at depth (k+½)/L.
type Coupled struct {
	Field     *pde.Ensemble // the atoms of the mean field at τ = 0
	Particles *pde.Ensemble // where the particles start; their weights play no part
	Dynamics  Dynamics      // moves field and particles; nil means Gradient
}

// Validate reports a field or particles that are missing or differ in their
// components, and a dynamics that is unusable or noisy: a network and its coupled
// particles would have to share their noise.
func (c Coupled) Validate() error {
	if c.Field == nil || c.Particles == nil {
		return errors.New("field, particles: missing: want the atoms of the mean field and the particles that it moves")
	}
	if n, m := len(c.Field.Component), len(c.Particles.Component); n != m {
		return fmt.Errorf("particles: %d components: want %d, as many as the field has", m, n)
	}
	for i := range c.Field.Component {
		if n, m := c.Field.Component[i].Dim, c.Particles.Component[i].Dim; n != m {
			return fmt.Errorf("particles: component %d has particles of %d parameters: want %d, like the field", i, m, n)
		}
	}
	d := c.dynamics()
	if _, noisy := d.(Noisy); noisy {
		return fmt.Errorf("dynamics: %s moves atoms by noise of their own: want one without noise, such as gradient", d.Name())
	}
	if err := d.Validate(); err != nil {
		return fmt.Errorf("dynamics: %s: %w", d.Name(), err)
	}
	return nil
}

func (c Coupled) dynamics() Dynamics {
	if c.Dynamics == nil {
		return Gradient{}
	}
	return c.Dynamics
}

// Simulate moves the field and the particles. In the curve, Ensembles are the
// particles with their own weights; all else is of the field. See Simulate for the
// errors.
func (c Coupled) Simulate(ctx context.Context, e pde.AtomEnergy, times []float64, o *Options) (*pde.Trajectory, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("finite: coupled particles: %w", err)
	}
	start := Join(c.Field, c.Particles)
	for i := range start.Component {
		clear(start.Component[i].Weight[c.Field.Component[i].N:])
	}
	t, err := Simulate(ctx, e, start, times, c.dynamics(), o)
	if t == nil {
		return nil, err
	}
	t.Contracts.MinDensity = leastWeight(c.Field)
	for s, joined := range t.Ensembles {
		if joined != nil {
			t.Ensembles[s] = c.particles(joined)
		}
	}
	return t, err
}

// particles returns the particles among the joined atoms.
func (c Coupled) particles(joined *pde.Ensemble) *pde.Ensemble {
	p := c.Particles.Clone()
	for i := range p.Component {
		from, skip := &joined.Component[i], c.Field.Component[i].N
		for d := range from.Dim {
			copy(p.Component[i].Coordinate(d), from.Coordinate(d)[skip:])
		}
	}
	return p
}

// Join returns the atoms of all parts, one after the other in every component, with
// their weights as they are: of networks that train side by side, or of a mean field and
// the particles that it moves. It panics if there is no part or the parts differ in
// their components.
func Join(parts ...*pde.Ensemble) *pde.Ensemble {
	if len(parts) == 0 {
		panic("finite: Join: no ensemble")
	}
	first := parts[0].Component
	dim, count := make([]int, len(first)), make([]int, len(first))
	for _, p := range parts {
		if len(p.Component) != len(first) {
			panic("finite: Join: ensembles of different numbers of components")
		}
		for i, a := range p.Component {
			if a.Dim != first[i].Dim {
				panic("finite: Join: atoms of different numbers of parameters")
			}
			dim[i], count[i] = a.Dim, count[i]+a.N
		}
	}
	out := pde.NewEnsemble(dim, count)
	for i := range out.Component {
		to, at := &out.Component[i], 0
		for _, p := range parts {
			from := &p.Component[i]
			copy(to.Weight[at:], from.Weight)
			for d := range from.Dim {
				copy(to.Coordinate(d)[at:], from.Coordinate(d))
			}
			at += from.N
		}
	}
	return out
}

// Distances returns |θ − θ̃| of the particles of a network and of its coupled ones,
// component by component: the Euclidean norm over the parameters of a particle.
// coupled may have more particles in a component, of wider networks or of other seeds;
// those from number skip on are taken. It panics if there are not enough of them or the
// components differ.
func Distances(network, coupled *pde.Ensemble, skip int) []float64 {
	if len(network.Component) != len(coupled.Component) {
		panic("finite: Distances: ensembles of different numbers of components")
	}
	var out []float64
	for i := range network.Component {
		a, b := &network.Component[i], &coupled.Component[i]
		if a.Dim != b.Dim || skip < 0 || skip+a.N > b.N {
			panic(fmt.Sprintf("finite: Distances: component %d: no %d coupled particles of %d parameters from number %d on", i, a.N, a.Dim, skip))
		}
		from := len(out)
		out = append(out, make([]float64, a.N)...)
		for d := range a.Dim {
			x, y := a.Coordinate(d), b.Coordinate(d)[skip:]
			for j, r := range out[from:] {
				out[from+j] = math.Hypot(r, x[j]-y[j])
			}
		}
	}
	return out
}

// leastWeight returns the smallest weight of an atom.
func leastWeight(e *pde.Ensemble) float64 {
	least := math.Inf(1)
	for c := range e.Component {
		least = min(least, slices.Min(e.Component[c].Weight))
	}
	return least
}
