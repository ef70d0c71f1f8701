package transformer

import "pdesolve/internal/simd"

// LinearAttention is a linear attention head of matrices θ = (A, V) ∈ R^{D×D} × R^{D×D}, both row-major,
// without the softmax:
//
//	f(Z, θ)_i = (1/n) V Σ_j z_j (z_iᵀ A z_j) = V C Aᵀ z_i,    C = (1/n) Σ_j z_j z_jᵀ,
//
// all n tokens included.
type LinearAttention struct{ onMatrices }

func init() { Blocks.Add("linear", func() Block { return new(LinearAttention) }) }

// Name returns "linear".
func (*LinearAttention) Name() string { return "linear" }

// Summary says what the block is in a line.
func (*LinearAttention) Summary() string {
	return "linear attention with matrices A and V: particles only"
}

// Describe returns the formula and how to read it, for reports.
func (*LinearAttention) Describe() (formula, reading string) {
	return "f(Z, θ)ᵢ = (1/n) V Σⱼ zⱼ (zᵢᵀ A zⱼ) with θ = (A, V), two D×D matrices: linear attention",
		"A head moves token i by V C Aᵀ zᵢ, C the second moment of the prompt's tokens."
}

// Parameters returns the entries of A and of V.
func (*LinearAttention) Parameters(dim int) []string {
	return append(entries("A", dim, dim), entries("V", dim, dim)...)
}

// Validate returns nil.
func (*LinearAttention) Validate() error { return nil }

func (*LinearAttention) fits(*Prompts) error { return nil }

func (*LinearAttention) linear(dim int) int { return dim * dim }

func (*LinearAttention) facts(n int, size float64) Facts { return linearFacts(n, size) }

func (*LinearAttention) kernel(s kernelShape) kernel {
	if s.precision == Float32 {
		return newLinear[float32](s)
	}
	return newLinear[float64](s)
}

func newLinear[E simd.Float](s kernelShape) *linear[E] {
	dim := s.prompts.Dim
	l := &linear[E]{
		kernelShape: s, n: s.prompts.N, dim: dim, at: make([]nodes, len(s.nodes)),
		spread: simd.Mix[E]{T: dim, R: dim, S: dim, XT: dim, XS: 1, CS: dim, CR: 1, DstT: 1, DstR: dim}.Bind(),
		turn:   simd.Mix[E]{T: dim, R: dim, S: dim, XT: 1, XS: dim, CS: dim, CR: 1, DstT: dim, DstR: 1}.Bind(),
		byV:    simd.Mix[E]{T: dim, R: dim, S: dim, XT: dim, XS: 1, CS: 1, CR: dim, DstT: 1, DstR: dim, Add: true}.Bind(),
		byA:    simd.Mix[E]{T: dim, R: dim, S: dim, XT: 1, XS: dim, CS: dim, CR: 1, DstT: dim, DstR: 1, Add: true}.Bind(),
		times:  simd.Outer[E]{R: dim, C: dim, S: dim, XR: dim, XS: 1, YS: dim, YC: 1, DstR: dim, DstC: 1}.Bind(),
		weigh:  simd.Outer[E]{R: 1, C: dim * dim, S: 1, YC: 1, DstC: 1}.Bind(),
		moment: make([]float64, dim*dim), pull: make([]float64, dim*dim), act: make([]float64, dim*dim), byC: make([]float64, dim*dim),
	}
	for _, v := range []*[]E{&l.ca, &l.vp, &l.product, &l.sumK, &l.sumC} {
		*v = vectors[E](dim * dim)
	}
	l.w, l.momentE, l.pullE = vectors[E](1), make([]E, dim*dim), make([]E, dim*dim)
	l.packed, l.gathered = newHeadPanels[E](&l.kernelShape), gatheredPanels[E](&l.kernelShape)
	return l
}

// linear needs the tokens through C alone: F(Z)_i = K z_i with K = Σ_m V_m C A_mᵀ over the
// coefficients of V. With G = Σ_i p_i z_iᵀ, for S = Σ_i p_i·F_i,
//
//	∂S/∂V = G A C,    ∂S/∂A = Gᵀ V C,    ∂S/∂C = Vᵀ G A,
//	∂S/∂z_i = Kᵀp_i + (1/n)(∂S/∂C + (∂S/∂C)ᵀ) z_i.
type linear[E simd.Float] struct {
	kernelShape
	n, dim   int
	at       []nodes
	packed   headPanels[E]
	gathered [][]E // of each slice, panel by panel: ∂S/∂A and ∂S/∂V

	spread, turn, byV, byA *simd.Mix[E]
	times, weigh           *simd.Outer[E]
	moment, pull, act, byC []float64 // C, G, K, ∂S/∂C
	momentE, pullE         []E       // C and G in elements E
	w                      []E       // weights of a panel
	ca, vp                 []E       // CAᵀ and VᵀG of a panel
	product, sumK, sumC    []E       // a product in each lane; sums over panels
}

func (l *linear[E]) load(k int, at nodes) {
	lanes := simd.Lanes[E]()
	l.at[k] = at
	clear(l.gathered[k])
	for from := 0; from < l.nodes[k]; from += lanes {
		if a, v, kept := l.packed.at(k, from); kept {
			l.pack(a, v, k, from)
		}
	}
}

// pack lays out A and V of a panel.
func (l *linear[E]) pack(a, v []E, k, from int) {
	gather(a, l.at[k].a, l.nodes[k], from)
	gather(v, l.at[k].v, l.nodes[k], from)
}

// matrices returns A and V of a panel.
func (l *linear[E]) matrices(k, from int) (a, v []E) {
	a, v, kept := l.packed.at(k, from)
	if !kept {
		l.pack(a, v, k, from)
	}
	return a, v
}

func (l *linear[E]) begin(int) {}

func (l *linear[E]) end() {}

// tokenProduct writes c Σ_i x_i z_iᵀ to dst.
func (l *linear[E]) tokenProduct(dst, x, z []float64, c float64) {
	n := l.n
	for a := range l.dim {
		for b := range l.dim {
			dst[a*l.dim+b] = c * simd.Dot(x[a*n:(a+1)*n], z[b*n:(b+1)*n])
		}
	}
}

// addTimes adds B z_i, or Bᵀz_i, to every column of dst.
func (l *linear[E]) addTimes(dst, b, z []float64, transposed bool) {
	n := l.n
	for r := range l.dim {
		for c := range l.dim {
			v := b[r*l.dim+c]
			if transposed {
				v = b[c*l.dim+r]
			}
			simd.AddScaled(dst[r*n:(r+1)*n], v, z[c*n:(c+1)*n])
		}
	}
}

func (l *linear[E]) forward(dst []float64, slot int, z []float64) {
	k, lanes := l.slots[slot], simd.Lanes[E]()
	l.tokenProduct(l.moment, z, z, 1/float64(l.n))
	moment := inElements(l.momentE, l.moment)
	clear(l.sumK)
	for from := 0; from < l.nodes[k]; from += lanes {
		a, v := l.matrices(k, from)
		gatherWeights(l.w, l.at[k].weight, from)
		l.spread.Do(l.ca, a, moment)
		clear(l.product)
		l.times.Do(l.product, v, l.ca)
		l.weigh.Do(l.sumK, l.w, l.product)
	}
	across(l.act, l.sumK, 1)
	clear(dst)
	l.addTimes(dst, l.act, z, false)
}

func (l *linear[E]) backward(dst []float64, slot int, z, p []float64) {
	k, lanes := l.slots[slot], simd.Lanes[E]()
	l.tokenProduct(l.moment, z, z, 1/float64(l.n))
	l.tokenProduct(l.pull, p, z, 1)
	moment, pull := inElements(l.momentE, l.moment), inElements(l.pullE, l.pull)
	clear(l.sumK)
	clear(l.sumC)
	for from := 0; from < l.nodes[k]; from += lanes {
		a, v := l.matrices(k, from)
		gatherWeights(l.w, l.at[k].weight, from)
		byA, byV := gatheredAt(l.gathered[k], l.dim, from)
		l.spread.Do(l.ca, a, moment) // U = C Aᵀ
		l.turn.Do(l.vp, v, pull)     // N = Vᵀ G
		l.byV.Do(byV, l.ca, pull)
		l.byA.Do(byA, l.vp, moment)
		clear(l.product)
		l.times.Do(l.product, v, l.ca)
		l.weigh.Do(l.sumK, l.w, l.product)
		clear(l.product)
		l.times.Do(l.product, l.vp, a)
		l.weigh.Do(l.sumC, l.w, l.product)
	}
	across(l.act, l.sumK, 1)
	across(l.byC, l.sumC, 1)
	for i := range l.byC {
		l.byC[i] /= float64(l.n)
	}
	clear(dst)
	l.addTimes(dst, l.act, p, true)
	l.addTimes(dst, l.byC, z, false)
	l.addTimes(dst, l.byC, z, true)
}

func (l *linear[E]) drain(k int, psi, slope []float64) {
	m, lanes := l.nodes[k], simd.Lanes[E]()
	for from := 0; from < m; from += lanes {
		byA, byV := gatheredAt(l.gathered[k], l.dim, from)
		scatter(slope, byA, m, from)
		scatter(psi, byV, m, from)
	}
	clear(l.gathered[k])
}
