package transformer

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"pdesolve/internal/simd"
)

// panelNodes is the number of nodes whose exponentials are treated together, whole lane
// vectors: for eight tokens a panel of 36 pairs takes 37 kB, which should stay in the
// first levels of cache.
const panelNodes = 128

// exponentMax bounds |a x_i x_j| where E needs no shift: neither a row's sum of
// exponentials nor a product of one with the inverse of another sum can overflow,
// and a row's sum, at least e^{−600}, is a normal number.
const exponentMax = 600

// softmaxPanel holds, for the tokens x of one prompt and up to panelNodes nodes a_m,
//
//	E_ij = exp(a_m x_i x_j),    inverse_i = 1/Σ_j E_ij,    P_ij = E_ij·inverse_i.
//
// E is symmetric in the tokens: n(n+1)/2 exponentials a node. Nodes with
// |a| max|x_i x_j| > exponentMax are listed in wild, have E = 1 and inverse = 0 here so that
// they contribute nothing, and are left to stableSoftmax.
//
// Pair q has its w nodes at e[q·stride:], row i of the inverses at inverse[i·stride:].
type softmaxPanel struct {
	n, w, stride int
	pair         []int     // pair of tokens i, j at i·n+j
	product      []float64 // x_i x_j of each pair
	scale        *simd.Mix[float64]
	nodes        []float64
	e, inverse   []float64
	wild         []int
}

// bytes is the size of the panel's numbers.
func (p *softmaxPanel) bytes() int { return 8 * (len(p.e) + len(p.inverse) + len(p.nodes)) }

// newSoftmaxPanel returns a panel for up to m nodes, or panelNodes if they are more.
func newSoftmaxPanel(n, m int) *softmaxPanel {
	across, pairs := panels[float64](min(m, panelNodes)), n*(n+1)/2
	stride := simd.Lanes[float64]() * across
	p := &softmaxPanel{
		n: n, stride: stride, pair: make([]int, n*n), product: make([]float64, pairs),
		scale: simd.Mix[float64]{T: across, R: pairs, S: 1, XT: 1, CR: 1, DstT: 1, DstR: across}.Bind(),
		nodes: make([]float64, stride), e: make([]float64, stride*pairs), inverse: make([]float64, stride*n), wild: make([]int, 0, stride),
	}
	q := 0
	for i := range n {
		for j := i; j < n; j++ {
			p.pair[i*n+j], p.pair[j*n+i] = q, q
			q++
		}
	}
	return p
}

// fill computes the panel of nodes a and tokens x.
func (p *softmaxPanel) fill(a, x []float64) {
	p.w = len(a)
	clear(p.nodes[copy(p.nodes, a):])
	largest := 0.0
	for _, v := range x {
		largest = max(largest, v*v)
	}
	p.wild = p.wild[:0]
	for r, v := range a {
		if !(math.Abs(v)*largest <= exponentMax) {
			p.wild = append(p.wild, r)
			p.nodes[r] = 0
		}
	}
	q := 0
	for i, xi := range x {
		for _, xj := range x[i:] {
			p.product[q] = xi * xj
			q++
		}
	}
	p.scale.Do(p.e, p.nodes, p.product)
	simd.LaneExp(p.e, p.e, 1)
	for i := range p.n {
		sum := p.inverse[i*p.stride : (i+1)*p.stride]
		copy(sum, p.entry(i, 0))
		for j := 1; j < p.n; j++ {
			simd.AddScaled(sum, 1, p.entry(i, j))
		}
	}
	simd.LaneInverse(p.inverse)
	for _, r := range p.wild {
		for i := range p.n {
			p.inverse[i*p.stride+r] = 0
		}
	}
}

// entry returns E_ij of all lanes.
func (p *softmaxPanel) entry(i, j int) []float64 {
	q := p.pair[i*p.n+j] * p.stride
	return p.e[q : q+p.stride]
}

// mix adds K = Σ_m coef_m P(a_m) to dst, row-major.
func (p *softmaxPanel) mix(dst, coef, work []float64) {
	weight := work[:p.w]
	for i := range p.n {
		floats.MulTo(weight, coef, p.inverse[i*p.stride:i*p.stride+p.w])
		for j := range p.n {
			dst[i*p.n+j] += simd.Dot(weight, p.entry(i, j)[:p.w])
		}
	}
}

// gather adds ⟨G, P(a_m)⟩ to psi and, unless slope is nil, its derivative
//
//	Σ_ij G_ij P_ij x_i (x_j − Σ_k P_ik x_k)
//
// to slope. G is row-major.
func (p *softmaxPanel) gather(psi, slope, g, x, work []float64) {
	w := p.w
	s0, s1, mean := work[:w], work[panelNodes:panelNodes+w], work[2*panelNodes:2*panelNodes+w]
	for i, xi := range x {
		gi := g[i*p.n : (i+1)*p.n]
		if allZero(gi) {
			continue // every token but the one that is read, in the last layer
		}
		clear(s0)
		clear(s1)
		clear(mean)
		inverse := p.inverse[i*p.stride : i*p.stride+w]
		for j, xj := range x {
			row := p.entry(i, j)[:w]
			simd.AddScaled(s0, gi[j], row)
			if slope != nil {
				simd.AddScaled(s1, gi[j]*xj, row)
				simd.AddScaled(mean, xj, row)
			}
		}
		if slope == nil {
			for r, v := range inverse {
				psi[r] += v * s0[r]
			}
			continue
		}
		for r, v := range inverse {
			q := v * s0[r]
			psi[r] += q
			slope[r] += xi * v * (s1[r] - q*mean[r])
		}
	}
}

func allZero[E simd.Float](x []E) bool {
	for _, v := range x {
		if v != 0 {
			return false
		}
	}
	return true
}

// stableSoftmax writes softmax_j(c x_j) to dst for any finite c.
func stableSoftmax(dst []float64, c float64, x []float64) {
	largest := math.Inf(-1)
	for _, v := range x {
		largest = max(largest, c*v)
	}
	for j, v := range x {
		dst[j] = c*v - largest
	}
	simd.Exp(dst, dst)
	floats.Scale(1/floats.Sum(dst), dst)
}
