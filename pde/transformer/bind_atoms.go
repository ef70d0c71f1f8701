package transformer

import (
	"fmt"

	"pdesolve/pde"
)

// ensembleEnergy is a Model bound to the shape of an ensemble.
type ensembleEnergy struct {
	*learner
	decay  float64
	dim    []int     // parameters of an atom of each component
	number []int     // atoms of each component
	linear []int     // how many of them, the last ones, each block is linear in
	grad   []float64 // where derivatives are gathered
	apart  []bool    // scratch of BatchGradient

	temperature float64
}

var (
	_ pde.Learner   = (*ensembleEnergy)(nil)
	_ pde.Batched   = (*ensembleEnergy)(nil)
	_ pde.Diffusive = (*ensembleEnergy)(nil)
	_ pde.Decaying  = (*ensembleEnergy)(nil)
)

// BindAtoms returns a workspace for ensembles with as many components, atoms and
// parameters as the given one. It fails if the model is invalid and if a component has
// another number of parameters than its block.
//
// An empirical measure has no entropy: at a temperature above 0, F and ∇Ψ are those at
// temperature 0, and Diffusivity tells the temperature to the dynamics, which must make
// the noise.
//
// With an Embedding the ensemble has one more component, the last; see there and Shape.
//
// The result is a pde.Learner, pde.Batched, pde.Diffusive and pde.Decaying.
func (m *Model) BindAtoms(shape *pde.Ensemble) (pde.AtomFunctional, error) {
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("transformer: %w", err)
	}
	if m.Embedding != nil {
		return m.bindEmbedded(shape)
	}
	if len(shape.Component) != m.Components() {
		return nil, fmt.Errorf("transformer: an ensemble of %d components: want %d, for %d blocks and depth %d",
			len(shape.Component), m.Components(), len(m.Blocks), m.Depth)
	}
	e := &ensembleEnergy{decay: m.Decay, dim: m.Dims(), temperature: m.Temperature, apart: make([]bool, m.Prompts.Len())}
	for i := range m.Blocks {
		e.linear = append(e.linear, m.LinearOf(i))
	}
	nodes := make([][]int, len(m.Blocks))
	for c, a := range shape.Component {
		i, k := m.BlockOf(c)
		if a.Dim != e.dim[c] || a.N < 1 {
			return nil, fmt.Errorf("transformer: %w", m.blockError(i, fmt.Errorf(
				"layer %d has %d atoms of %d parameters: want at least one of %s", k, a.N, a.Dim, nameList(m.Parameters(i)))))
		}
		nodes[i] = append(nodes[i], a.N)
		e.number = append(e.number, a.N)
	}
	e.learner = newLearner(m, nodes, nil, e.collect)
	return e, nil
}

// Value returns Q.
func (e *ensembleEnergy) Value(a *pde.Ensemble) float64 {
	e.loadAtoms(a)
	return e.run(false) + e.regulariser(a)
}

// loadAtoms gives the atoms to the kernels.
func (e *ensembleEnergy) loadAtoms(a *pde.Ensemble) {
	if len(a.Component) != len(e.dim) {
		panic("transformer: ensemble of another shape than bound")
	}
	for c := range a.Component {
		s := &a.Component[c]
		if s.Dim != e.dim[c] || s.N != e.number[c] {
			panic("transformer: ensemble of another shape than bound")
		}
		i, k := c/e.depth, c%e.depth
		split := len(s.Theta) - e.linear[i]*s.N
		e.load(i, k, nodes{a: s.Theta[:split], v: s.Theta[split:], weight: s.Weight})
	}
}

// regulariser returns (λ/2) Σ_c (1/L) Σ_m weight_m |θ_m|².
func (e *ensembleEnergy) regulariser(a *pde.Ensemble) float64 {
	if e.decay == 0 {
		return 0
	}
	sum := 0.0
	for c := range a.Component {
		s := &a.Component[c]
		for d := range s.Dim {
			x := s.Coordinate(d)
			for m, w := range s.Weight {
				sum += w * x[m] * x[m]
			}
		}
	}
	return 0.5 * e.decay * sum / float64(e.depth)
}

// Gradient writes ∇Ψ = (½ ∂/∂a ⟨v, ψ⟩ + λa, ½ψ + λv) of every atom to grad.
func (e *ensembleEnergy) Gradient(grad []float64, a *pde.Ensemble) float64 {
	if len(grad) != len(a.Theta) {
		panic("transformer: Gradient: grad and e.Theta differ in length")
	}
	e.loadAtoms(a)
	clear(grad)
	e.grad = grad
	value := e.run(true) + e.regulariser(a)
	scale := e.scale()
	for i, x := range a.Theta {
		grad[i] = scale*grad[i] + e.decay*x
	}
	return value
}

// Diffusivity returns the temperature; see pde.Diffusive.
func (e *ensembleEnergy) Diffusivity(int) float64 { return e.temperature }

// Decay returns λ; see pde.Decaying.
func (e *ensembleEnergy) Decay() float64 { return e.decay }

// Samples returns the number of prompts.
func (e *ensembleEnergy) Samples() int { return len(e.label) }

// BatchGradient is Gradient over some of the prompts; see pde.Batched. It panics if
// batch is empty or has a number twice or out of range.
func (e *ensembleEnergy) BatchGradient(grad []float64, a *pde.Ensemble, batch []int) float64 {
	e.take(batch)
	value := e.Gradient(grad, a)
	e.takeAll()
	return value
}

// take makes the next evaluation one of some prompts; takeAll of all again.
func (e *ensembleEnergy) take(batch []int) {
	if len(batch) == 0 {
		panic("transformer: BatchGradient: an empty batch")
	}
	for b := range e.apart {
		e.apart[b] = true
	}
	for _, b := range batch {
		if !e.apart[b] {
			panic(fmt.Sprintf("transformer: BatchGradient: prompt %d twice in a batch", b))
		}
		e.apart[b] = false
	}
	e.left, e.taken = e.apart, len(batch)
}

func (e *ensembleEnergy) takeAll() { e.left, e.taken = nil, len(e.label) }

// collect adds what the kernels have gathered to grad.
func (e *ensembleEnergy) collect(w *network) {
	at := 0
	for c, dim := range e.dim {
		size, v := dim*e.number[c], e.linear[c/e.depth]*e.number[c]
		g := e.grad[at : at+size]
		w.kernels[c/e.depth].drain(c%e.depth, g[size-v:], g[:size-v])
		at += size
	}
}
