package transformer

import (
	"fmt"
	"slices"

	"pdesolve/pde"
)

// Embedding is a linear map from the inputs x_i ∈ R^P of a prompt to its tokens that is
// trained along with the blocks,
//
//	z_i = E x_i + e_i,    E ∈ R^{D×P}, e_i ∈ R^D for every position i,
//
// where the prompts have Inputs. Its parameters θ = (E, e_0, …, e_{N−1}), matrices
// row-major, are the one atom of a last component of the ensemble, beside those of the
// blocks.
//
// They belong to no law: there is one embedding however many heads there are. In the
// objective they count as (λ/2)|θ|², and the metric gives them weight 1, so that gradient
// flow is
//
//	dθ/dτ = −∂Q/∂θ
//
// while an atom of a block moves by −ML ∂Q/∂θ. Both speeds are of order one as M and L
// grow, because an atom has a share of 1/(ML) in Q. So the limit is the flow of the
// densities coupled to one ordinary differential equation, at the same training time, and
// the residual dynamics stays as it is (derived; [G] has no trained embedding).
//
// It is for atoms only. No block may rely on a coordinate of the tokens not to change, and
// some block must move each.
type Embedding struct {
	Start []float64 // θ at τ = 0, D·P + N·D numbers
}

// validateEmbedding reports what does not fit the prompts and the blocks.
func (m *Model) validateEmbedding() error {
	p := m.Prompts
	if m.Embedding == nil {
		return nil
	}
	if p.InputDim < 1 {
		return fmt.Errorf("embedding: the prompts have no inputs to embed")
	}
	if n := p.Dim * (p.InputDim + p.N); len(m.Embedding.Start) != n {
		return fmt.Errorf("embedding: %d numbers to start from: want %d, for %d×%d weights and %d positions", len(m.Embedding.Start), n, p.Dim, p.InputDim, p.N)
	}
	for i, v := range m.Embedding.Start {
		if !finite(v) {
			return fmt.Errorf("embedding: entry %d of the start is %v: want a finite number", i, v)
		}
	}
	for i, c := range m.Blocks {
		for d := range p.Dim {
			if c.Block.holds(d) {
				return m.blockError(i, fmt.Errorf("wants coordinate %d of the tokens never to change, and a trained embedding moves it", d))
			}
		}
	}
	for d := range p.Dim {
		if !slices.ContainsFunc(m.Blocks, func(c Component) bool { return c.Block.moves(d) }) {
			return fmt.Errorf("embedding: coordinate %d of the tokens is moved by no block: want a block that moves it, such as softmax or mlp", d)
		}
	}
	return nil
}

// embedded is a Model with a trained embedding, bound to the shape of an ensemble.
type embedded struct {
	*ensembleEnergy
	prompts *Prompts
	inner   pde.Ensemble // the components of the blocks
	blocks  int          // how many parameters those have
	adjoint [][]float64  // of each prompt: derivative of the risk by its tokens, coordinate-major
	tokens  [][]float64  // of each prompt, as the networks read them
}

var (
	_ pde.Learner   = (*embedded)(nil)
	_ pde.Batched   = (*embedded)(nil)
	_ pde.Diffusive = (*embedded)(nil)
	_ pde.Decaying  = (*embedded)(nil)
)

// bindEmbedded is BindAtoms of a valid model with an embedding.
func (m *Model) bindEmbedded(shape *pde.Ensemble) (pde.AtomFunctional, error) {
	last := len(shape.Component) - 1
	if last != m.Components() {
		return nil, fmt.Errorf("transformer: an ensemble of %d components: want %d, for %d blocks and depth %d, and the embedding",
			len(shape.Component), m.Components()+1, len(m.Blocks), m.Depth)
	}
	if a := &shape.Component[last]; a.N != 1 || a.Dim != len(m.Embedding.Start) {
		return nil, fmt.Errorf("transformer: an embedding of %d atoms of %d parameters: want one of %d", a.N, a.Dim, len(m.Embedding.Start))
	}
	bare := *m
	bare.Embedding = nil
	f, err := bare.BindAtoms(&pde.Ensemble{Component: shape.Component[:last]})
	if err != nil {
		return nil, err
	}
	e := &embedded{ensembleEnergy: f.(*ensembleEnergy), prompts: m.Prompts, blocks: len(shape.Theta) - len(m.Embedding.Start)}
	size := m.Prompts.N * m.Prompts.Dim
	e.adjoint, e.tokens = make([][]float64, m.Prompts.Len()), make([][]float64, m.Prompts.Len())
	for b := range e.adjoint {
		e.adjoint[b] = make([]float64, size)
	}
	for _, w := range e.worker {
		w.adjoint = e.adjoint
		for i, b := range w.prompt {
			e.tokens[b] = w.tokens[i]
		}
	}
	return e, nil
}

// embed makes the tokens of the prompts that are taken, and returns the blocks' part of a.
func (e *embedded) embed(a *pde.Ensemble) *pde.Ensemble {
	last := len(a.Component) - 1
	e.inner = pde.Ensemble{Component: a.Component[:last], Theta: a.Theta[:e.blocks]}
	p, theta := e.prompts, a.Theta[e.blocks:]
	weight, position := theta[:p.Dim*p.InputDim], theta[p.Dim*p.InputDim:]
	for b, z := range e.tokens {
		if !e.takes(b) {
			continue
		}
		for i := range p.N {
			x := p.input(b, i)
			for d := range p.Dim {
				v := position[i*p.Dim+d]
				for k, w := range weight[d*p.InputDim : (d+1)*p.InputDim] {
					v += w * x[k]
				}
				z[d*p.N+i] = v
			}
		}
	}
	return &e.inner
}

// square returns (λ/2)|θ|² of the embedding.
func (e *embedded) square(a *pde.Ensemble) float64 {
	sum := 0.0
	for _, v := range a.Theta[e.blocks:] {
		sum += v * v
	}
	return 0.5 * e.decay * sum
}

// Value returns Q.
func (e *embedded) Value(a *pde.Ensemble) float64 {
	return e.ensembleEnergy.Value(e.embed(a)) + e.square(a)
}

// Gradient writes ∇Ψ of the blocks' atoms and ∂Q/∂θ of the embedding to grad. With p_i the
// derivative of the risk by token i, ∂R/∂E = Σ p_i x_iᵀ and ∂R/∂e_i = p_i, summed over
// the prompts in order.
func (e *embedded) Gradient(grad []float64, a *pde.Ensemble) float64 {
	if len(grad) != len(a.Theta) {
		panic("transformer: Gradient: grad and e.Theta differ in length")
	}
	value := e.ensembleEnergy.Gradient(grad[:e.blocks], e.embed(a)) + e.square(a)
	p, out := e.prompts, grad[e.blocks:]
	for i, v := range a.Theta[e.blocks:] {
		out[i] = e.decay * v
	}
	byWeight, byPosition := out[:p.Dim*p.InputDim], out[p.Dim*p.InputDim:]
	for b, q := range e.adjoint {
		if !e.takes(b) {
			continue
		}
		for i := range p.N {
			x := p.input(b, i)
			for d := range p.Dim {
				v := q[d*p.N+i]
				byPosition[i*p.Dim+d] += v
				for k, u := range x {
					byWeight[d*p.InputDim+k] += v * u
				}
			}
		}
	}
	return value
}

// BatchGradient is Gradient over some of the prompts; see pde.Batched.
func (e *embedded) BatchGradient(grad []float64, a *pde.Ensemble, batch []int) float64 {
	e.take(batch)
	value := e.Gradient(grad, a)
	e.takeAll()
	return value
}

// Weight returns 1/L for a block and 1 for the embedding.
func (e *embedded) Weight(c int) float64 {
	if c == len(e.dim) {
		return 1
	}
	return e.ensembleEnergy.Weight(c)
}

// Diffusivity returns the temperature of a block; the embedding makes no noise.
func (e *embedded) Diffusivity(c int) float64 {
	if c == len(e.dim) {
		return 0
	}
	return e.ensembleEnergy.Diffusivity(c)
}

// input returns x_i of prompt b.
func (p *Prompts) input(b, i int) []float64 {
	at := (b*p.N + i) * p.InputDim
	return p.Inputs[at : at+p.InputDim]
}

// one returns prompt b alone.
func (p *Prompts) one(b int) *Prompts {
	size, inputs := p.N*p.Dim, p.N*p.InputDim
	return &Prompts{N: p.N, Dim: p.Dim, Tokens: p.Tokens[b*size : (b+1)*size], Label: p.Label[b : b+1],
		InputDim: p.InputDim, Inputs: p.Inputs[b*inputs : (b+1)*inputs]}
}

// Shape returns an ensemble of zeros with the given number of atoms in each component of
// the blocks, and the embedding at its start if there is one.
func (m *Model) Shape(number []int) *pde.Ensemble {
	dim := m.Dims()
	if m.Embedding == nil {
		return pde.NewEnsemble(dim, number)
	}
	e := pde.NewEnsemble(append(dim, len(m.Embedding.Start)), append(slices.Clone(number), 1))
	copy(e.Component[len(e.Component)-1].Theta, m.Embedding.Start)
	return e
}
