package transformer

import (
	"fmt"
	"math"

	"pdesolve/internal/simd"
)

// MLP is a token-wise multilayer perceptron with parameters w = (ω, b, u) ∈ R^D × R × R^D:
//
//	h(Z, w)_i = u σ(ω·z_i + b),
//
// the neuron of [G, §2].
type MLP struct {
	onMatrices

	// Activation is σ: "tanh" (the default, also of ""), "logistic" 1/(1 + e^{−x}), "relu",
	// "gelu" x Φ(x), "erf", "softplus" log(1 + eˣ), or a smooth clip to [−1, 1], "clip", or to
	// [0, 1], "clipped-relu".
	Activation string `yaml:"activation"`
}

func init() { Blocks.Add("mlp", func() Block { return &MLP{Activation: "tanh"} }) }

// Name returns "mlp".
func (*MLP) Name() string { return "mlp" }

// Summary says what the block is in a line.
func (*MLP) Summary() string {
	return "token-wise MLP u σ(ω·z + b) with vectors ω and u: particles only"
}

// Describe returns the formula and how to read it, for reports.
func (*MLP) Describe() (formula, reading string) {
	return "h(Z, w)ᵢ = u σ(ω·zᵢ + b) with w = (ω, b, u)",
		"A neuron moves every token along u, as far as σ responds to its component along ω."
}

// Parameters returns the entries of ω, b and the entries of u.
func (*MLP) Parameters(dim int) []string {
	return append(append(components("omega", dim), "b"), components("u", dim)...)
}

// components names those of a vector.
func components(name string, dim int) []string {
	var all []string
	for d := range dim {
		all = append(all, fmt.Sprintf("%s[%d]", name, d))
	}
	return all
}

// Validate reports an unknown activation.
func (b *MLP) Validate() error {
	_, err := activationNamed(b.Activation)
	return err
}

func (*MLP) fits(*Prompts) error { return nil }

func (*MLP) linear(dim int) int { return dim }

func (b *MLP) facts(n int, size float64) Facts {
	return perceptronFacts(b.Activation, n, math.Hypot(1, size), "√(1 + B²)")
}

func (b *MLP) kernel(s kernelShape) kernel {
	if s.precision == Float32 {
		return newMLP[float32](b, s)
	}
	return newMLP[float64](b, s)
}

func newMLP[E simd.Float](b *MLP, s kernelShape) *mlp[E] {
	n, dim := s.prompts.N, s.prompts.Dim
	k := &mlp[E]{kernelShape: s, n: n, dim: dim, at: make([]nodes, len(s.nodes))}
	k.activation.activation = mustActivation(b.Activation)
	group := max(1, min(16, softmaxBlock/n))
	for g := range group {
		k.shape = append(k.shape, newMLPShape[E](g+1, n, dim))
	}
	vectors := vectors[E]
	k.inner, k.outer, k.w = vectors(group*(dim+1)), vectors(group*dim), vectors(1)
	k.input, k.sigma, k.slope, k.tilt = vectors(group*n), vectors(group*n), vectors(group*n), vectors(group*n)
	k.out = vectors(n * dim)
	k.z1, k.p = make([]E, (dim+1)*n), make([]E, dim*n)
	for i := range n {
		k.z1[dim*n+i] = 1
	}
	for _, m := range s.nodes {
		k.gathered = append(k.gathered, vectors(panels[E](m)*(2*dim+1)))
	}
	return k
}

// mlp treats a group of panels of neurons at a time. b is the component of ω along a
// coordinate of the tokens that is always 1. For S = Σ_i p_i·h_i and s_i = σ'(a_i)(u·p_i),
//
//	∂S/∂u = Σ_i σ(a_i) p_i,    ∂S/∂ω = Σ_i s_i z_i,    ∂S/∂z_k = s_k ω.
type mlp[E simd.Float] struct {
	kernelShape
	n, dim     int
	activation laneActivation[E]
	at         []nodes
	gathered   [][]E          // of each slice, panel by panel: ∂S/∂ω, ∂S/∂b, ∂S/∂u
	shape      []*mlpShape[E] // for groups of 1, 2, … panels

	z1, p                     []E // tokens with the coordinate 1; adjoints
	inner, outer, w           []E // (ω, b), u and the weights
	input, sigma, slope, tilt []E // a, σ(a), σ'(a), u·p of each token
	out                       []E
}

type mlpShape[E simd.Float] struct {
	preact, project *simd.Mix[E] // a from (ω, b), u·p from u
	byInner, byU    *simd.Mix[E]
	sum, pull       *simd.Outer[E] // h from σ and u; ∂S/∂z from s and ω
}

func newMLPShape[E simd.Float](g, n, dim int) *mlpShape[E] {
	p := 2*dim + 1
	return &mlpShape[E]{
		preact:  simd.Mix[E]{T: g, R: n, S: dim + 1, XT: dim + 1, XS: 1, CS: n, CR: 1, DstT: n, DstR: 1}.Bind(),
		project: simd.Mix[E]{T: g, R: n, S: dim, XT: dim, XS: 1, CS: n, CR: 1, DstT: n, DstR: 1}.Bind(),
		byInner: simd.Mix[E]{T: g, R: dim + 1, S: n, XT: n, XS: 1, CS: 1, CR: n, DstT: p, DstR: 1, Add: true}.Bind(),
		byU:     simd.Mix[E]{T: g, R: dim, S: n, XT: n, XS: 1, CS: 1, CR: n, DstT: p, DstR: 1, Add: true}.Bind(),
		sum:     simd.Outer[E]{R: n, C: dim, S: g, XR: 1, XS: n, YS: dim, YC: 1, DstR: dim, DstC: 1}.Bind(),
		pull:    simd.Outer[E]{R: n, C: dim, S: g, XR: 1, XS: n, YS: dim + 1, YC: 1, DstR: dim, DstC: 1}.Bind(),
	}
}

func (l *mlp[E]) load(k int, at nodes) {
	l.at[k] = at
	clear(l.gathered[k])
}

func (l *mlp[E]) begin(int) {}

func (l *mlp[E]) end() {}

// group computes a and σ(a) of the group of panels that starts with atom from, and
// returns its shape and the number of vectors, one for each token and panel.
func (l *mlp[E]) group(k, from int, z []float64) (h *mlpShape[E], size int) {
	m, dim, lanes := l.nodes[k], l.dim, simd.Lanes[E]()
	g := min(len(l.shape), panels[E](m-from))
	for j := range g {
		gather(l.inner[j*(dim+1)*lanes:], l.at[k].a, m, from+j*lanes)
		gather(l.outer[j*dim*lanes:], l.at[k].v, m, from+j*lanes)
	}
	h, size = l.shape[g-1], g*l.n*lanes
	for i, v := range z {
		l.z1[i] = E(v)
	}
	h.preact.Do(l.input, l.inner, l.z1)
	l.activation.value(l.sigma[:size], l.input[:size])
	return h, size
}

// weigh multiplies the vectors x of each panel of a group by the weights of its
// neurons.
func (l *mlp[E]) weigh(x []E, k, from int) {
	size, lanes := len(x)/len(l.shape), simd.Lanes[E]()
	for ; len(x) > 0 && from < l.nodes[k]; x, from = x[size:], from+lanes {
		gatherWeights(l.w, l.at[k].weight, from)
		for i := range x[:size] {
			x[i] *= l.w[i%lanes]
		}
	}
}

func (l *mlp[E]) forward(dst []float64, slot int, z []float64) {
	k, lanes := l.slots[slot], simd.Lanes[E]()
	clear(l.out)
	for from := 0; from < l.nodes[k]; from += len(l.shape) * lanes {
		h, _ := l.group(k, from, z)
		l.weigh(l.outer, k, from)
		h.sum.Do(l.out, l.sigma, l.outer)
	}
	across(dst, l.out, l.n)
}

func (l *mlp[E]) backward(dst []float64, slot int, z, adjoint []float64) {
	k, dim, lanes, p := l.slots[slot], l.dim, simd.Lanes[E](), inElements(l.p, adjoint)
	clear(l.out)
	for from := 0; from < l.nodes[k]; from += len(l.shape) * lanes {
		h, size := l.group(k, from, z)
		slope := l.slope[:size]
		l.activation.slope(slope, l.input[:size], l.sigma[:size])
		h.project.Do(l.tilt, l.outer, p)
		for i, v := range l.tilt[:size] {
			slope[i] *= v
		}
		by := l.gathered[k][from*(2*dim+1):]
		h.byInner.Do(by, slope, l.z1)
		h.byU.Do(by[(dim+1)*lanes:], l.sigma, p)
		l.weigh(l.inner, k, from)
		h.pull.Do(l.out, slope, l.inner)
	}
	across(dst, l.out, l.n)
}

func (l *mlp[E]) drain(k int, psi, slope []float64) {
	m, p, lanes := l.nodes[k], 2*l.dim+1, simd.Lanes[E]()
	for from := 0; from < m; from += lanes {
		by := l.gathered[k][from*p:][:p*lanes]
		scatter(slope, by[:(l.dim+1)*lanes], m, from)
		scatter(psi, by[(l.dim+1)*lanes:], m, from)
	}
	clear(l.gathered[k])
}
