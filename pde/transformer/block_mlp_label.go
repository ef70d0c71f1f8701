package transformer

import (
	"slices"

	"gonum.org/v1/gonum/floats"

	"pdesolve/internal/simd"
)

// MLPLabel is a token-wise multilayer perceptron on the label coordinate of tokens
// (x, y), with parameters w = (ω, u):
//
//	h(Z, w)_i = e_y u σ(ω y_i).
type MLPLabel struct {
	onPairs

	// Activation is σ; see MLP.
	Activation string `yaml:"activation"`
}

func init() { Blocks.Add("mlp-label", func() Block { return &MLPLabel{Activation: "tanh"} }) }

// Name returns "mlp-label".
func (*MLPLabel) Name() string { return "mlp-label" }

// Parameters returns omega and u.
func (*MLPLabel) Parameters(int) []string { return []string{"omega", "u"} }

// Validate reports an unknown activation.
func (b *MLPLabel) Validate() error {
	_, err := activationNamed(b.Activation)
	return err
}

// holds returns false: tokens enter by y alone.
func (*MLPLabel) holds(int) bool { return false }

func (b *MLPLabel) facts(n int, size float64) Facts {
	return perceptronFacts(b.Activation, n, size, "B")
}

func (b *MLPLabel) kernel(s kernelShape) kernel {
	k := &mlpLabel{kernelShape: s, activation: mustActivation(b.Activation)}
	k.at = make([]nodes, len(s.nodes))
	largest := slices.Max(s.nodes)
	var sizes []int
	for _, slice := range s.slots {
		sizes = append(sizes, s.prompts.N*s.nodes[slice])
	}
	k.sigma, k.kept = s.keep(sizes)
	k.work, k.input, k.coef = make([]float64, largest), make([]float64, largest), make([]float64, largest)
	k.psi, k.slope = s.accumulators(1)
	return k
}

// mlpLabel keeps σ(ω_m y_i) of the stages for the way back, as far as keep allows.
type mlpLabel struct {
	kernelShape
	activation activation
	at         []nodes     // of each slice
	sigma      [][]float64 // of each slot: token i, node m at i·M+m
	kept       []bool      // of each slot: sigma lasts
	work, coef []float64
	input      []float64 // ω_m y_i, where σ' does not follow from σ
	psi, slope [][]float64
}

func (l *mlpLabel) load(k int, at nodes) {
	l.at[k] = at
	clear(l.psi[k])
	clear(l.slope[k])
}

func (l *mlpLabel) begin(int) {}

// values computes σ(ω_m y_i) of a slot.
func (l *mlpLabel) values(slot int, z []float64) []float64 {
	k, sigma := l.slots[slot], l.sigma[slot]
	m := l.nodes[k]
	for i, y := range z[l.prompts.N:] {
		floats.ScaleTo(sigma[i*m:(i+1)*m], y, l.at[k].a)
	}
	l.activation.value(sigma, sigma)
	return sigma
}

func (l *mlpLabel) forward(dst []float64, slot int, z []float64) {
	n, k, sigma := l.prompts.N, l.slots[slot], l.values(slot, z)
	m := l.nodes[k]
	coef := l.at[k].coefficients(l.coef, 0, m)
	clear(dst[:n])
	for i := range n {
		dst[n+i] = simd.Dot(coef, sigma[i*m:(i+1)*m])
	}
}

func (l *mlpLabel) backward(dst []float64, slot int, z, p []float64) {
	n, k := l.prompts.N, l.slots[slot]
	m := l.nodes[k]
	if !l.kept[slot] {
		l.values(slot, z)
	}
	clear(dst)
	work, lift := l.work[:m], l.at[k].coefficients(l.coef, 0, m)
	floats.Mul(lift, l.at[k].a)
	for i, pi := range p[n:] {
		if pi == 0 {
			continue // every token but the one that is read, in the last layer
		}
		sigma := l.sigma[slot][i*m : (i+1)*m]
		if !l.activation.byValue {
			floats.ScaleTo(l.input[:m], z[n+i], l.at[k].a)
		}
		l.activation.slope(work, l.input[:m], sigma)
		dst[n+i] = pi * simd.Dot(lift, work)
		simd.AddScaled(l.psi[k], pi, sigma)
		if l.slopes {
			simd.AddScaled(l.slope[k], pi*z[n+i], work)
		}
	}
}

func (l *mlpLabel) end() {}

func (l *mlpLabel) drain(k int, psi, slope []float64) {
	drainScalar(psi, slope, l.at[k].v, l.psi[k], l.slope[k])
}
