package transformer

import "gonum.org/v1/gonum/floats"

// LinearScalar is linear self-attention with scalar parameters θ = (a, v) on tokens
// (x, y), of which only y moves:
//
//	f(Z, θ)_i = e_y v a x_i s,    s = (1/n) Σ_j x_j y_j,
//
// all n tokens included. Alone, with one initial law for all layers, it has an exact
// solution (benchmark B).
type LinearScalar struct{ onPairs }

func init() { Blocks.Add("linear-scalar", func() Block { return new(LinearScalar) }) }

// Name returns "linear-scalar".
func (*LinearScalar) Name() string { return "linear-scalar" }

// Parameters returns a and v.
func (*LinearScalar) Parameters(int) []string { return []string{"a", "v"} }

// Validate returns nil.
func (*LinearScalar) Validate() error { return nil }

func (*LinearScalar) facts(n int, size float64) Facts { return linearFacts(n, size) }

func (*LinearScalar) kernel(s kernelShape) kernel {
	k := &linearScalar{kernelShape: s}
	k.gain, k.sum, k.at = make([]float64, len(s.nodes)), make([]float64, len(s.nodes)), make([]nodes, len(s.nodes))
	return k
}

// linearScalar: F_k(Z)_i = gain_k x_i s with gain_k = Σ_m coef_m a_m, and
// ψ_m = a_m·sum_k.
type linearScalar struct {
	kernelShape
	x         []float64 // of the current prompt
	at        []nodes   // of each slice
	gain, sum []float64
}

func (l *linearScalar) load(k int, at nodes) {
	l.at[k], l.gain[k], l.sum[k] = at, 0, 0
	for m, a := range at.a {
		l.gain[k] += at.weight[m] * at.v[m] * a
	}
}

func (l *linearScalar) begin(b int) { l.x = l.tokens[b][:l.prompts.N] }

func (l *linearScalar) forward(dst []float64, slot int, z []float64) {
	n := len(l.x)
	clear(dst[:n])
	c := l.gain[l.slots[slot]] * floats.Dot(l.x, z[n:]) / float64(n)
	floats.ScaleTo(dst[n:], c, l.x)
}

func (l *linearScalar) backward(dst []float64, slot int, z, p []float64) {
	n, k := len(l.x), l.slots[slot]
	clear(dst[:n])
	xp := floats.Dot(l.x, p[n:]) / float64(n)
	l.sum[k] += xp * floats.Dot(l.x, z[n:])
	floats.ScaleTo(dst[n:], l.gain[k]*xp, l.x)
}

func (l *linearScalar) end() {}

func (l *linearScalar) drain(k int, psi, slope []float64) {
	floats.AddScaled(psi, l.sum[k], l.at[k].a)
	if slope != nil {
		floats.AddScaled(slope, l.sum[k], l.at[k].v)
	}
	l.sum[k] = 0
}
