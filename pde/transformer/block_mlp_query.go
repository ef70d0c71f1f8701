package transformer

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"pdesolve/internal/simd"
)

// MLPQuery is a token-wise multilayer perceptron on x of tokens (x, y), of which y alone
// moves, with parameters w = (ω, b, u):
//
//	h(Z, w)_i = e_y u σ(ω x_i + b).
type MLPQuery struct {
	onPairs

	// Activation is σ; see MLP.
	Activation string `yaml:"activation"`
}

func init() { Blocks.Add("mlp-query", func() Block { return &MLPQuery{Activation: "tanh"} }) }

// Name returns "mlp-query".
func (*MLPQuery) Name() string { return "mlp-query" }

// Summary says what the block is in a line.
func (*MLPQuery) Summary() string { return "token-wise MLP u σ(ω x + b) on the fixed coordinate" }

// Describe returns the formula and how to read it, for reports.
func (*MLPQuery) Describe() (formula, reading string) {
	return "h(Z, w)ᵢ = u σ(ω xᵢ + b) on the label coordinate, with w = (ω, b, u)",
		"A neuron adds u σ(ω xᵢ + b) to the label of token i: a ridge at x = −b/ω of slope ω and height u."
}

// Parameters returns omega, b and u.
func (*MLPQuery) Parameters(int) []string { return []string{"omega", "b", "u"} }

// Validate reports an unknown activation.
func (b *MLPQuery) Validate() error {
	_, err := activationNamed(b.Activation)
	return err
}

func (b *MLPQuery) facts(n int, size float64) Facts {
	return perceptronFacts(b.Activation, n, math.Hypot(1, size), "√(1 + B²)")
}

func (b *MLPQuery) kernel(s kernelShape) kernel {
	n := s.prompts.N
	k := &mlpQuery{kernelShape: s, n: n, activation: mustActivation(b.Activation), at: make([]nodes, len(s.nodes))}
	k.push, k.pull = make([]float64, len(s.nodes)*n), make([]float64, len(s.nodes)*n)
	largest := slices.Max(s.nodes)
	var sizes []int
	for i, m := range s.nodes {
		if i > 0 && s.fixed != nil && sameNodes(s.fixed[i], s.fixed[i-1]) {
			m = 0
		}
		sizes = append(sizes, n*m)
	}
	k.sigma, k.kept = s.keep(sizes)
	k.input, k.slope, k.coef = make([]float64, largest), make([]float64, largest), make([]float64, largest)
	k.psi, k.tilt = s.accumulators(2)
	return k
}

// mlpQuery uses that x never moves: a slice pushes y_i by Σ_m coef_m σ(ω_m x_i + b_m),
// computed once per prompt, and backward only adds up adjoints. σ is kept until the end as
// far as keep allows.
type mlpQuery struct {
	kernelShape
	n          int
	activation activation
	x          []float64 // of the current prompt
	at         []nodes
	sigma      [][]float64 // of each slice, token i and node m at i·M+m; empty where it is that of the slice before
	kept       []bool      // of each slice: sigma lasts
	push, pull []float64   // of each slice and token
	input      []float64
	slope      []float64
	coef       []float64
	psi, tilt  [][]float64
}

func (l *mlpQuery) load(k int, at nodes) {
	l.at[k] = at
	clear(l.psi[k])
	clear(l.tilt[k])
}

// preactivation writes ω_m x + b_m.
func (l *mlpQuery) preactivation(k int, x float64) []float64 {
	m := l.nodes[k]
	in := l.input[:m]
	floats.ScaleTo(in, x, l.at[k].a[:m])
	simd.AddScaled(in, 1, l.at[k].a[m:])
	return in
}

func (l *mlpQuery) begin(b int) {
	n := l.n
	l.x = l.tokens[b][:n]
	clear(l.pull)
	var table []float64
	for k, m := range l.nodes {
		if len(l.sigma[k]) > 0 {
			table = l.sigma[k]
			for i, x := range l.x {
				l.activation.value(table[i*m:(i+1)*m], l.preactivation(k, x))
			}
		}
		coef := l.at[k].coefficients(l.coef, 0, m)
		for i := range n {
			l.push[k*n+i] = simd.Dot(coef, table[i*m:(i+1)*m])
		}
	}
}

func (l *mlpQuery) forward(dst []float64, slot int, _ []float64) {
	n, k := l.n, l.slots[slot]
	clear(dst[:n])
	copy(dst[n:], l.push[k*n:(k+1)*n])
}

func (l *mlpQuery) backward(dst []float64, slot int, _, p []float64) {
	n, k := l.n, l.slots[slot]
	clear(dst)
	floats.Add(l.pull[k*n:(k+1)*n], p[n:])
}

func (l *mlpQuery) end() {
	n := l.n
	var table []float64
	for k, m := range l.nodes {
		if len(l.sigma[k]) > 0 {
			table = l.sigma[k]
		}
		for i, x := range l.x {
			g, sigma := l.pull[k*n+i], table[i*m:(i+1)*m]
			if g == 0 {
				continue // every token but the one that is read
			}
			if !l.kept[k] {
				l.activation.value(sigma, l.preactivation(k, x))
			}
			simd.AddScaled(l.psi[k], g, sigma)
			if !l.slopes {
				continue
			}
			slope := l.slope[:m]
			l.activation.slope(slope, l.preactivation(k, x), sigma)
			simd.AddScaled(l.tilt[k][:m], g*x, slope)
			simd.AddScaled(l.tilt[k][m:], g, slope)
		}
	}
}

func (l *mlpQuery) drain(k int, psi, slope []float64) {
	drainScalar(psi, slope, l.at[k].v, l.psi[k], l.tilt[k])
}
