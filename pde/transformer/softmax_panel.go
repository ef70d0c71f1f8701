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
// The w nodes of a pair of tokens i ≤ j are at e[layout.pair(i, j)·stride:], row i of the
// inverses at inverse[i·stride:].
type softmaxPanel struct {
	*softmaxLayout
	w          int
	nodes      []float64
	e, inverse []float64
	wild       []int
}

// softmaxLayout is what panels of so many tokens and lane vectors of nodes share.
type softmaxLayout struct {
	n, stride int
	first     []int        // first[i]: number of the pair (i, i); (i, i+1), … follow
	row       []softmaxRow // of each token
	product   []float64    // scratch: x_i x_j of a row
}

// softmaxRow has the products for the pairs (i, j) with j ≥ i of a token i.
type softmaxRow struct {
	scale *simd.Mix[float64] // a_m x_i x_j
	sum   *simd.Mix[float64] // Σ_j E_ij
}

func newSoftmaxLayout(n, across int) *softmaxLayout {
	l := &softmaxLayout{n: n, stride: simd.Lanes[float64]() * across, product: make([]float64, n)}
	for i := range n {
		l.first = append(l.first, i*n-i*(i-1)/2)
		l.row = append(l.row, softmaxRow{
			scale: simd.Mix[float64]{T: across, R: n - i, S: 1, XT: 1, CR: 1, DstT: 1, DstR: across}.Bind(),
			sum:   simd.Mix[float64]{T: across, R: 1, S: n - i, XT: 1, XS: across, DstT: 1, Add: true}.Bind(),
		})
	}
	return l
}

// pair numbers the pairs of tokens.
func (l *softmaxLayout) pair(i, j int) int {
	if j < i {
		i, j = j, i
	}
	return l.first[i] + j - i
}

// bytes is the size of a panel's numbers.
func (l *softmaxLayout) bytes() int { return 8 * l.stride * (l.n*(l.n+1)/2 + l.n + 1) }

// softmaxLayouts has one layout for each size of panels.
type softmaxLayouts struct {
	n   int
	all []*softmaxLayout
}

// of returns the layout of a panel for m nodes, or panelNodes if they are more.
func (s *softmaxLayouts) of(m int) *softmaxLayout {
	across := panels[float64](min(m, panelNodes))
	for _, l := range s.all {
		if l.stride == across*simd.Lanes[float64]() {
			return l
		}
	}
	s.all = append(s.all, newSoftmaxLayout(s.n, across))
	return s.all[len(s.all)-1]
}

func newSoftmaxPanel(l *softmaxLayout) *softmaxPanel {
	n := l.n
	return &softmaxPanel{
		softmaxLayout: l, nodes: make([]float64, l.stride), e: make([]float64, l.stride*n*(n+1)/2), inverse: make([]float64, l.stride*n),
		wild: make([]int, 0, l.stride),
	}
}

// one is the coefficient of a plain sum.
var one = []float64{1}

// fill computes the panel of nodes a and tokens x, row by row, each of which stays in the
// first level of cache meanwhile. A row adds to the sums of all rows that follow, E being
// symmetric.
func (p *softmaxPanel) fill(a, x []float64) {
	p.w = len(a)
	clear(p.nodes[copy(p.nodes, a):])
	p.tame(a, x)
	clear(p.inverse)
	for i, xi := range x {
		product := p.product[:p.n-i]
		for k, xj := range x[i:] {
			product[k] = xi * xj
		}
		e := p.e[p.first[i]*p.stride:][:len(product)*p.stride]
		p.row[i].scale.Do(e, p.nodes, product)
		simd.LaneExp(e, e, 1)
		p.row[i].sum.Do(p.inverse[i*p.stride:], e, one)
		simd.AddScaled(p.inverse[(i+1)*p.stride:], 1, e[p.stride:])
	}
	simd.LaneInverse(p.inverse)
	for _, r := range p.wild {
		for i := range p.n {
			p.inverse[i*p.stride+r] = 0
		}
	}
}

// tame lists the wild nodes among a and puts 0 in their place.
func (p *softmaxPanel) tame(a, x []float64) {
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
}

// entry returns E_ij of all lanes.
func (p *softmaxPanel) entry(i, j int) []float64 {
	q := p.pair(i, j) * p.stride
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
