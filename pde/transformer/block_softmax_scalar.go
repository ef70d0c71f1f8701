package transformer

import (
	"slices"

	"gonum.org/v1/gonum/floats"
)

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
	n, layers := s.prompts.N, len(s.nodes)
	k := &softmaxScalar{kernelShape: s, at: make([]nodes, layers)}
	k.mix, k.pull = make([]float64, layers*n*n), make([]float64, layers*n*n)
	k.row, k.work, k.coef = make([]float64, n), make([]float64, 3*panelNodes), make([]float64, panelNodes)
	k.psi, k.slope = s.accumulators(1)
	layouts := softmaxLayouts{n: n}
	if s.fixed == nil {
		k.panel = newSoftmaxPanel(layouts.of(slices.Max(s.nodes)))
		k.kept = make([][]*softmaxPanel, layers)
		for i, m := range s.nodes {
			for from := 0; from < m; from += panelNodes {
				l := layouts.of(m - from)
				if !s.afford(l.bytes()) {
					return k
				}
				k.kept[i] = append(k.kept[i], newSoftmaxPanel(l))
			}
		}
		return k
	}
	k.cache = make([][][]*softmaxPanel, len(s.tokens))
	for b, t := range s.tokens {
		k.cache[b] = fixedPanels(s.fixed, t[:n], &layouts)
	}
	return k
}

// fixedPanels returns the panels of each slice for tokens x; slices that share their
// nodes share their panels.
func fixedPanels(nodes [][]float64, x []float64, layouts *softmaxLayouts) [][]*softmaxPanel {
	all := make([][]*softmaxPanel, len(nodes))
	for k, a := range nodes {
		for j := range k {
			if sameNodes(a, nodes[j]) {
				all[k] = all[j]
				break
			}
		}
		if all[k] != nil {
			continue
		}
		for m := 0; m < len(a); m += panelNodes {
			part := a[m:min(m+panelNodes, len(a))]
			p := newSoftmaxPanel(layouts.of(len(part)))
			p.fill(part, x)
			all[k] = append(all[k], p)
		}
	}
	return all
}

// softmaxScalar uses that P depends on x alone, which never moves: a slice acts as
// the matrix K = Σ_m coef_m P(a_m), made once per prompt, and its backward calls
// only gather G = Σ κ yᵀ, from which end has ψ_m = ⟨G, P(a_m)⟩. Panels of atoms beyond
// keptBytes are computed once more for that.
type softmaxScalar struct {
	kernelShape
	kept   [][]*softmaxPanel   // of each slice, the first ones, for the current prompt
	panel  *softmaxPanel       // any other one
	cache  [][][]*softmaxPanel // of each prompt and slice, where nodes are fixed
	prompt int
	x      []float64 // of the current prompt
	at     []nodes   // of each slice

	mix, pull  []float64 // K and G of each slice, row-major
	row, work  []float64
	coef       []float64 // of a panel
	psi, slope [][]float64
}

func (s *softmaxScalar) load(k int, at nodes) {
	s.at[k] = at
	clear(s.psi[k])
	clear(s.slope[k])
}

// panelOf returns the panel of slice k that starts with node m, and the node after its
// last; again says that begin has asked for it.
func (s *softmaxScalar) panelOf(k, m int, again bool) (p *softmaxPanel, end int) {
	end = min(m+panelNodes, s.nodes[k])
	i := m / panelNodes
	if s.cache != nil {
		return s.cache[s.prompt][k][i], end
	}
	p = s.panel
	if i < len(s.kept[k]) {
		if p = s.kept[k][i]; again {
			return p, end
		}
	}
	p.fill(s.at[k].a[m:end], s.x)
	return p, end
}

func (s *softmaxScalar) begin(b int) {
	n := s.prompts.N
	s.prompt, s.x = b, s.tokens[b][:n]
	clear(s.pull)
	clear(s.mix)
	for k, nodes := range s.nodes {
		mix := s.mix[k*n*n : (k+1)*n*n]
		for m := 0; m < nodes; m += panelNodes {
			p, end := s.panelOf(k, m, false)
			coef := s.at[k].coefficients(s.coef, m, end)
			p.mix(mix, coef, s.work)
			for _, r := range p.wild {
				for i := range n {
					stableSoftmax(s.row, s.at[k].a[m+r]*s.x[i], s.x)
					floats.AddScaled(mix[i*n:(i+1)*n], coef[r], s.row)
				}
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
	for k, nodes := range s.nodes {
		g := s.pull[k*n*n : (k+1)*n*n]
		for m := 0; m < nodes; m += panelNodes {
			p, end := s.panelOf(k, m, true)
			var slope []float64
			if s.slopes {
				slope = s.slope[k][m:end]
			}
			p.gather(s.psi[k][m:end], slope, g, s.x, s.work)
			for _, r := range p.wild {
				s.gatherWild(k, m+r, g)
			}
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
