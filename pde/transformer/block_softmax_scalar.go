package transformer

import "gonum.org/v1/gonum/floats"

// SoftmaxScalar is a softmax attention head with scalar parameters θ = (a, v) on
// tokens (x, y), of which only y moves (A = a e_x e_xᵀ, V = v e_y e_yᵀ in [G, §2]):
//
//	f(Z, θ)_i = e_y v Σ_j P_ij y_j,    P_ij = softmax_j(a x_i x_j),
//
// a Nadaraya–Watson regression of y on x whose bandwidth is set by a. There is no
// factor 1/√d.
type SoftmaxScalar struct{ onPairs }

func init() { Blocks.Add("softmax-scalar", func() Block { return new(SoftmaxScalar) }) }

// Name returns "softmax-scalar".
func (*SoftmaxScalar) Name() string { return "softmax-scalar" }

// Parameters returns a and v.
func (*SoftmaxScalar) Parameters(int) []string { return []string{"a", "v"} }

// Validate returns nil.
func (*SoftmaxScalar) Validate() error { return nil }

func (*SoftmaxScalar) facts(n int, size float64) Facts { return attentionFacts(n, size) }

func (*SoftmaxScalar) kernel(s kernelShape) kernel {
	n, slices := s.prompts.N, len(s.nodes)
	k := &softmaxScalar{kernelShape: s, table: make([]*softmaxTable, slices), fill: s.fixed == nil}
	k.at = make([]nodes, slices)
	k.mix, k.pull = make([]float64, slices*n*n), make([]float64, slices*n*n)
	k.row, k.work = make([]float64, n), make([]float64, 3*panel)
	k.psi, k.slope = s.accumulators(1)
	if k.fill {
		for i, m := range s.nodes {
			k.table[i] = newSoftmaxTable(n, m)
		}
		return k
	}
	k.cache = make([][]*softmaxTable, len(s.tokens))
	for b, t := range s.tokens {
		k.cache[b] = fixedTables(s.fixed, t[:n])
	}
	return k
}

// fixedTables returns the table of each slice for tokens x; slices that share their
// nodes share their table.
func fixedTables(nodes [][]float64, x []float64) []*softmaxTable {
	tables := make([]*softmaxTable, len(nodes))
	for k, a := range nodes {
		for j := range k {
			if sameNodes(a, nodes[j]) {
				tables[k] = tables[j]
				break
			}
		}
		if tables[k] == nil {
			tables[k] = newSoftmaxTable(len(x), len(a))
			tables[k].fill(a, x)
		}
	}
	return tables
}

// softmaxScalar uses that P depends on x alone, which never moves: a slice acts as
// the matrix K = Σ_m coef_m P(a_m), made once per prompt, and its backward calls
// only gather G = Σ κ yᵀ, from which end has ψ_m = ⟨G, P(a_m)⟩.
type softmaxScalar struct {
	kernelShape
	fill  bool              // tables are filled for every prompt (atoms), not once (grids)
	table []*softmaxTable   // of each slice, for the current prompt
	cache [][]*softmaxTable // of each prompt and slice, where nodes are fixed
	x     []float64         // of the current prompt
	at    []nodes           // of each slice

	mix, pull  []float64 // K and G of each slice, row-major
	row, work  []float64
	psi, slope [][]float64
}

func (s *softmaxScalar) load(k int, at nodes) {
	s.at[k] = at
	clear(s.psi[k])
	clear(s.slope[k])
}

func (s *softmaxScalar) begin(b int) {
	n := s.prompts.N
	s.x = s.tokens[b][:n]
	clear(s.pull)
	for k := range s.table {
		if s.fill {
			s.table[k].fill(s.at[k].a, s.x)
		} else {
			s.table[k] = s.cache[b][k]
		}
		mix := s.mix[k*n*n : (k+1)*n*n]
		s.table[k].mix(mix, s.at[k].coef, s.work)
		for _, m := range s.table[k].wild {
			for i := range n {
				stableSoftmax(s.row, s.at[k].a[m]*s.x[i], s.x)
				floats.AddScaled(mix[i*n:(i+1)*n], s.at[k].coef[m], s.row)
			}
		}
	}
}

func (s *softmaxScalar) forward(dst []float64, slot int, z []float64) {
	n, k := s.prompts.N, s.slots[slot]
	mix, y := s.mix[k*n*n:(k+1)*n*n], z[n:]
	clear(dst[:n])
	for i := range n {
		sum := 0.0
		for j, c := range mix[i*n : (i+1)*n] {
			sum += c * y[j]
		}
		dst[n+i] = sum
	}
}

func (s *softmaxScalar) backward(dst []float64, slot int, z, p []float64) {
	n, k := s.prompts.N, s.slots[slot]
	mix, pull, y, q := s.mix[k*n*n:(k+1)*n*n], s.pull[k*n*n:(k+1)*n*n], z[n:2*n], dst[n:2*n]
	clear(dst)
	for i, pi := range p[n:] {
		if pi == 0 {
			continue // every token but the one that is read, in the last layer
		}
		g := pull[i*n : (i+1)*n]
		for j, c := range mix[i*n : (i+1)*n] {
			q[j] += c * pi
			g[j] += pi * y[j]
		}
	}
}

func (s *softmaxScalar) end() {
	n := s.prompts.N
	for k, t := range s.table {
		g := s.pull[k*n*n : (k+1)*n*n]
		t.gather(s.psi[k], s.slope[k], g, s.x, s.work)
		for _, m := range t.wild {
			s.gatherWild(k, m, g)
		}
	}
}

// gatherWild adds to ψ and its slope for one node whose exponentials could overflow.
func (s *softmaxScalar) gatherWild(k, m int, g []float64) {
	n := s.prompts.N
	for i, xi := range s.x {
		stableSoftmax(s.row, s.at[k].a[m]*xi, s.x)
		gi := g[i*n : (i+1)*n]
		value, mean := floats.Dot(gi, s.row), floats.Dot(s.x, s.row)
		s.psi[k][m] += value
		if !s.slopes {
			continue
		}
		for j, xj := range s.x {
			s.slope[k][m] += xi * gi[j] * s.row[j] * (xj - mean)
		}
	}
}

func (s *softmaxScalar) drain(k int, psi, slope []float64) {
	drainScalar(psi, slope, s.at[k].v, s.psi[k], s.slope[k])
}
