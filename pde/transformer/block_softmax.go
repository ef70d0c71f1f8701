package transformer

import (
	"fmt"
	"math"

	"pdesolve/internal/simd"
)

// Softmax is a softmax attention head of matrices θ = (A, V) ∈ R^{D×D} × R^{D×D}, both
// row-major:
//
//	f(Z, θ)_i = V Σ_j P_ij z_j,    P_i = softmax_j(z_iᵀ A z_j),
//
// the head of [G, §2]. With Rank r > 0 the parameters are θ = (Q, K, V) and A = QᵀK
// with Q, K ∈ R^{r×D}. Tokens that a token does not see are left out of its softmax.
type Softmax struct {
	onMatrices

	Rank   int     `yaml:"rank"`   // r, 1 to D; 0 means a full matrix A
	Scaled bool    `yaml:"scaled"` // divide the scores by √d, d = Rank or D; [G] does not
	Causal bool    `yaml:"causal"` // token i sees tokens 0 to i only
	Mask   [][]int `yaml:"mask"`   // a row for each token: 1 for the tokens it sees, else 0; empty: all
}

func init() { Blocks.Add("softmax", func() Block { return new(Softmax) }) }

// Name returns "softmax".
func (*Softmax) Name() string { return "softmax" }

// Summary says what the block is in a line.
func (*Softmax) Summary() string { return "softmax attention with matrices A and V: particles only" }

// Describe returns the formula and how to read it, for reports.
func (b *Softmax) Describe() (formula, reading string) {
	formula = "f(Z, θ)ᵢ = V Σⱼ Pᵢⱼ zⱼ with Pᵢⱼ = softmaxⱼ(zᵢᵀ A zⱼ) and θ = (A, V), two D×D matrices: a softmax attention head"
	if b.Rank > 0 {
		formula = "f(Z, θ)ᵢ = V Σⱼ Pᵢⱼ zⱼ with Pᵢⱼ = softmaxⱼ(zᵢᵀ QᵀK zⱼ) and θ = (Q, K, V): a softmax attention head of low rank"
	}
	return formula, "A head moves token i by V times a weighted mean of the tokens; A decides on which other tokens it looks, V what it takes from them."
}

// Parameters returns the entries of A, or of Q and K, and of V.
func (b *Softmax) Parameters(dim int) []string {
	if b.Rank > 0 {
		return append(append(entries("Q", b.Rank, dim), entries("K", b.Rank, dim)...), entries("V", dim, dim)...)
	}
	return append(entries("A", dim, dim), entries("V", dim, dim)...)
}

// entries names those of a matrix, row by row.
func entries(name string, rows, columns int) []string {
	var all []string
	for r := range rows {
		for c := range columns {
			all = append(all, fmt.Sprintf("%s[%d,%d]", name, r, c))
		}
	}
	return all
}

// Validate reports a negative rank, two masks, and rows of a mask that are not zeros and
// ones or see no token.
func (b *Softmax) Validate() error {
	if b.Rank < 0 {
		return fmt.Errorf("rank: %d: want at least 1, or 0 for a full matrix A", b.Rank)
	}
	if b.Causal && len(b.Mask) > 0 {
		return fmt.Errorf("mask: given beside causal: want one of them")
	}
	for i, row := range b.Mask {
		if len(row) != len(b.Mask) {
			return fmt.Errorf("mask: entry %d: %d numbers: want %d, for as many rows", i, len(row), len(b.Mask))
		}
		seen := 0
		for j, v := range row {
			if v != 0 && v != 1 {
				return fmt.Errorf("mask: entry %d: column %d is %d: want 0 or 1", i, j, v)
			}
			seen += v
		}
		if seen == 0 {
			return fmt.Errorf("mask: entry %d: all zero: token %d sees no token, want at least one 1", i, i)
		}
	}
	return nil
}

func (b *Softmax) fits(p *Prompts) error {
	if b.Rank > p.Dim {
		return fmt.Errorf("rank: %d: want at most %d, the coordinates of a token, or 0 for a full matrix A", b.Rank, p.Dim)
	}
	if n := len(b.Mask); n > 0 && n != p.N {
		return fmt.Errorf("mask: %d rows: want %d, one for each token of a prompt", n, p.N)
	}
	return nil
}

func (*Softmax) linear(dim int) int { return dim * dim }

// sees returns the tokens that each token sees in increasing order, nil if all see all.
func (b *Softmax) sees(n int) [][]int {
	if !b.Causal && len(b.Mask) == 0 {
		return nil
	}
	all := make([][]int, n)
	for i := range n {
		for j := range n {
			if b.Causal && j <= i || !b.Causal && b.Mask[i][j] == 1 {
				all[i] = append(all[i], j)
			}
		}
	}
	return all
}

// factor returns what multiplies the scores.
func (b *Softmax) factor(dim int) float64 {
	switch {
	case !b.Scaled:
		return 1
	case b.Rank > 0:
		return rootOf(b.Rank)
	}
	return rootOf(dim)
}

// facts: a product of factors Q and K makes the derivatives quadratic in θ.
func (b *Softmax) facts(n int, size float64) Facts {
	if b.Rank > 0 {
		return Facts{Growth: math.Inf(1), Reason: "the derivative by Q has the factors K and V: it grows like |θ|²"}
	}
	return attentionFacts(n, size)
}

func (b *Softmax) kernel(s kernelShape) kernel {
	if s.precision == Float32 {
		return newSoftmax[float32](b, s)
	}
	return newSoftmax[float64](b, s)
}

func newSoftmax[E simd.Float](b *Softmax, s kernelShape) *softmax[E] {
	n, dim := s.prompts.N, s.prompts.Dim
	k := &softmax[E]{kernelShape: s, n: n, dim: dim, rank: b.Rank, scale: E(b.factor(dim)), sees: b.sees(n)}
	k.at = make([]nodes, len(s.nodes))
	k.packed, k.gathered = newHeadPanels[E](&k.kernelShape), gatheredPanels[E](&k.kernelShape)
	k.bind()
	return k
}

// softmaxBlock is the number of pairs of tokens whose probabilities a kernel holds at a
// time, for the heads of a panel: 16 kB of them, beside as many derivatives.
const softmaxBlock = 256

// softmax treats a panel of heads and a block of rows i of P at a time, so that no n×n
// matrix is ever stored. With q_i = Vᵀp_i, Y_i = Aᵀz_i, m_i = Σ_j P_ij z_j,
// γ_ij = P_ij q_i·(z_j − m_i), c_i = Σ_j γ_ij z_j, for S = Σ_i p_i·f_i,
//
//	∂S/∂V = Σ_i p_i m_iᵀ,    ∂S/∂A = Σ_i z_i c_iᵀ,
//	∂S/∂z_k = Σ_i P_ik q_i + Σ_i γ_ik Y_i + A c_k.
//
// backward computes P once more: a panel's exponentials cost less than the way to
// memory and back for those of a layer.
type softmax[E simd.Float] struct {
	kernelShape
	n, dim, rank int
	scale        E
	sees         [][]int
	at           []nodes
	packed       headPanels[E]
	gathered     [][]E // of each slice, panel by panel: ∂S/∂A and ∂S/∂V

	rows     int // of a block
	full     *softmaxShape[E]
	rest     *softmaxShape[E] // of the last block
	weighted *simd.Outer[E]
	compose  *simd.Outer[E] // A = QᵀK and its two derivatives
	byQ, byK *simd.Outer[E]

	z, p             []E // tokens and adjoints in elements E
	w, factor        []E // of a panel: weights; Q and K
	qy, pg, m, c     []E // q and Y, P and γ, m, c of a block of rows
	f, out           []E // of all tokens
	factorQ, factorK []E // derivatives by Q and K of a panel
}

// softmaxShape are the products for a block of so many rows.
type softmaxShape[E simd.Float] struct {
	rows           int
	project, score *simd.Mix[E] // Y or q from tokens or adjoints; scores from Y, tilts from q
	average        *simd.Mix[E] // m from P, c from γ
	derive         *simd.Mix[E] // ∂S/∂V from m and p, ∂S/∂A from c and z
	apply, both    *simd.Outer[E]
}

func newSoftmaxShape[E simd.Float](rows, n, dim int) *softmaxShape[E] {
	return &softmaxShape[E]{
		rows:    rows,
		project: simd.Mix[E]{T: dim, R: rows, S: dim, XT: 1, XS: dim, CS: n, CR: 1, DstT: 1, DstR: dim}.Bind(),
		score:   simd.Mix[E]{T: rows, R: n, S: dim, XT: dim, XS: 1, CS: n, CR: 1, DstT: n, DstR: 1}.Bind(),
		average: simd.Mix[E]{T: rows, R: dim, S: n, XT: n, XS: 1, CS: 1, CR: n, DstT: dim, DstR: 1}.Bind(),
		derive:  simd.Mix[E]{T: dim, R: dim, S: rows, XT: 1, XS: dim, CS: 1, CR: n, DstT: 1, DstR: dim, Add: true}.Bind(),
		apply:   simd.Outer[E]{R: rows, C: dim, S: dim, XR: dim, XS: 1, YS: 1, YC: dim, DstR: dim, DstC: 1}.Bind(),
		both:    simd.Outer[E]{R: n, C: dim, S: 2 * rows, XR: 1, XS: n, YS: dim, YC: 1, DstR: dim, DstC: 1}.Bind(),
	}
}

func (s *softmax[E]) bind() {
	n, dim, r := s.n, s.dim, s.rank
	s.rows = max(1, min(n, softmaxBlock/n))
	s.full = newSoftmaxShape[E](s.rows, n, dim)
	s.rest = s.full
	if n%s.rows > 0 {
		s.rest = newSoftmaxShape[E](n%s.rows, n, dim)
	}
	s.weighted = simd.Outer[E]{R: 1, C: n * dim, S: 1, YC: 1, DstC: 1}.Bind()
	vectors := vectors[E]
	s.w, s.z, s.p = vectors(1), make([]E, n*dim), make([]E, n*dim)
	s.qy, s.pg = vectors(2*s.rows*dim), vectors(2*s.rows*n)
	s.m, s.c = vectors(s.rows*dim), vectors(s.rows*dim)
	s.f, s.out = vectors(n*dim), vectors(n*dim)
	if r > 0 {
		s.factor, s.factorQ, s.factorK = vectors(2*r*dim), vectors(r*dim), vectors(r*dim)
		s.compose = simd.Outer[E]{R: dim, C: dim, S: r, XR: 1, XS: dim, YS: dim, YC: 1, DstR: dim, DstC: 1}.Bind()
		s.byQ = simd.Outer[E]{R: r, C: dim, S: dim, XR: dim, XS: 1, YS: 1, YC: dim, DstR: dim, DstC: 1}.Bind()
		s.byK = simd.Outer[E]{R: r, C: dim, S: dim, XR: dim, XS: 1, YS: dim, YC: 1, DstR: dim, DstC: 1}.Bind()
	}
}

func (s *softmax[E]) load(k int, at nodes) {
	lanes := simd.Lanes[E]()
	s.at[k] = at
	clear(s.gathered[k])
	for from := 0; from < s.nodes[k]; from += lanes {
		if a, v, kept := s.packed.at(k, from); kept {
			s.pack(a, v, k, from)
		}
	}
}

// pack lays out A and V of a panel.
func (s *softmax[E]) pack(a, v []E, k, from int) {
	at, m := &s.at[k], s.nodes[k]
	gather(v, at.v, m, from)
	if s.rank == 0 {
		gather(a, at.a, m, from)
	} else {
		gather(s.factor, at.a, m, from)
		half := len(s.factor) / 2
		clear(a)
		s.compose.Do(a, s.factor[:half], s.factor[half:])
	}
	if s.scale != 1 {
		for i := range a {
			a[i] *= s.scale
		}
	}
}

// matrices returns A and V of a panel.
func (s *softmax[E]) matrices(k, from int) (a, v []E) {
	a, v, kept := s.packed.at(k, from)
	if !kept {
		s.pack(a, v, k, from)
	}
	return a, v
}

func (s *softmax[E]) begin(int) {}

func (s *softmax[E]) end() {}

// shape returns the products of the block of rows that begins with row i.
func (s *softmax[E]) shape(i int) *softmaxShape[E] {
	if i+s.rows <= s.n {
		return s.full
	}
	return s.rest
}

// probabilities computes Y and P of a block of rows.
func (s *softmax[E]) probabilities(h *softmaxShape[E], y, a []E, i int, z []E) {
	n, lanes := s.n, simd.Lanes[E]()
	h.project.Do(y, a, z[i:])
	h.score.Do(s.pg, y, z)
	for r := range h.rows {
		row := s.pg[r*n*lanes : (r+1)*n*lanes]
		if s.sees == nil {
			simd.LaneSoftmax(row)
			continue
		}
		seen := s.sees[i+r]
		for to, j := range seen {
			copy(row[to*lanes:(to+1)*lanes], row[j*lanes:])
		}
		simd.LaneSoftmax(row[:len(seen)*lanes])
		last := n
		for to := len(seen) - 1; to >= 0; to-- {
			j := seen[to]
			clear(row[(j+1)*lanes : last*lanes])
			copy(row[j*lanes:(j+1)*lanes], row[to*lanes:])
			last = j
		}
		clear(row[:last*lanes])
	}
}

func (s *softmax[E]) forward(dst []float64, slot int, tokens []float64) {
	k, lanes, z := s.slots[slot], simd.Lanes[E](), inElements(s.z, tokens)
	clear(s.out)
	for from := 0; from < s.nodes[k]; from += lanes {
		a, v := s.matrices(k, from)
		gatherWeights(s.w, s.at[k].weight, from)
		clear(s.f)
		for i := 0; i < s.n; i += s.rows {
			h := s.shape(i)
			s.probabilities(h, s.qy, a, i, z)
			h.average.Do(s.m, s.pg, z)
			h.apply.Do(s.f[i*s.dim*lanes:], s.m, v)
		}
		s.weighted.Do(s.out, s.w, s.f)
	}
	across(dst, s.out, s.n)
}

func (s *softmax[E]) backward(dst []float64, slot int, tokens, adjoint []float64) {
	k, n, dim, lanes := s.slots[slot], s.n, s.dim, simd.Lanes[E]()
	z, p := inElements(s.z, tokens), inElements(s.p, adjoint)
	clear(s.out)
	for from := 0; from < s.nodes[k]; from += lanes {
		a, v := s.matrices(k, from)
		gatherWeights(s.w, s.at[k].weight, from)
		clear(s.f)
		byA, byV := gatheredAt(s.gathered[k], s.dim, from)
		for i := 0; i < n; i += s.rows {
			h := s.shape(i)
			if !s.alive(adjoint, i, h.rows) {
				continue // every token but those that are read, in the last layer
			}
			q, y := s.qy, s.qy[h.rows*dim*lanes:]
			prob, tilt := s.pg, s.pg[h.rows*n*lanes:]
			s.probabilities(h, y, a, i, z)
			h.average.Do(s.m, prob, z)
			h.project.Do(q, v, p[i:])
			h.score.Do(tilt, q, z)
			for r := 0; r < h.rows*n*lanes; r += n * lanes {
				simd.LaneTilt(tilt[r:r+n*lanes], prob[r:r+n*lanes])
			}
			h.average.Do(s.c, tilt, z)
			h.both.Do(s.f, s.pg, s.qy)
			h.apply.Do(s.f[i*dim*lanes:], s.c, a)
			h.derive.Do(byV, s.m, p[i:])
			h.derive.Do(byA, s.c, z[i:])
		}
		s.weighted.Do(s.out, s.w, s.f)
	}
	across(dst, s.out, n)
}

// alive reports whether any of the rows has an adjoint.
func (s *softmax[E]) alive(p []float64, i, rows int) bool {
	for d := range s.dim {
		if !allZero(p[d*s.n+i : d*s.n+i+rows]) {
			return true
		}
	}
	return false
}

func (s *softmax[E]) drain(k int, psi, slope []float64) {
	m, lanes := s.nodes[k], simd.Lanes[E]()
	for from := 0; from < m; from += lanes {
		byA, byV := gatheredAt(s.gathered[k], s.dim, from)
		scatter(psi, byV, m, from)
		if s.scale != 1 {
			for i := range byA {
				byA[i] *= s.scale
			}
		}
		if s.rank == 0 {
			scatter(slope, byA, m, from)
			continue
		}
		gather(s.factor, s.at[k].a, m, from)
		half := len(s.factor) / 2
		clear(s.factorQ)
		clear(s.factorK)
		s.byQ.Do(s.factorQ, s.factor[half:], byA)
		s.byK.Do(s.factorK, s.factor[:half], byA)
		scatter(slope[:len(slope)/2], s.factorQ, m, from)
		scatter(slope[len(slope)/2:], s.factorK, m, from)
	}
	clear(s.gathered[k])
}
