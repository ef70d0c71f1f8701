package transformer

import (
	"fmt"
	"math"
	"slices"

	"pdesolve/internal/registry"
	"pdesolve/internal/simd"
)

// activation is a scalar nonlinearity σ.
type activation struct {
	name string
	// value writes σ(x) to dst, which may be x.
	value func(dst, x []float64)
	// slope writes σ'(x) to dst, which is neither x nor value, the value of σ(x).
	slope func(dst, x, value []float64)
	// byValue says that slope looks at value alone.
	byValue bool
}

// Smooth clips are σ(x) = lo + (softplus(β(x − lo)) − softplus(β(x − hi)))/β: bounded between lo
// and hi, smooth, and about x between.
const clipSharpness = 4 // β

// activations. The logistic function is ½(1 + tanh(x/2)), which cannot overflow. relu has
// the slope 0 at 0, so gradients there agree with no difference quotient.
var activations = []activation{
	{"tanh", simd.Tanh, func(dst, _, s []float64) {
		for i, v := range s {
			dst[i] = 1 - v*v
		}
	}, true},
	{"logistic", logistic, func(dst, _, s []float64) {
		for i, v := range s {
			dst[i] = v * (1 - v)
		}
	}, true},
	{"relu", func(dst, x []float64) {
		for i, v := range x {
			dst[i] = max(v, 0)
		}
	}, func(dst, _, s []float64) {
		for i, v := range s {
			switch {
			case v > 0:
				dst[i] = 1
			case v == 0:
				dst[i] = 0
			default:
				dst[i] = v // NaN
			}
		}
	}, true},
	{"gelu", func(dst, x []float64) { // x Φ(x), Φ the normal distribution function
		for i, v := range x {
			dst[i] = 0.5 * v * math.Erfc(-v/math.Sqrt2)
		}
	}, func(dst, x, _ []float64) {
		bell(dst, x, 0.5)
		for i, v := range x {
			dst[i] = 0.5*math.Erfc(-v/math.Sqrt2) + v*dst[i]/math.Sqrt(2*math.Pi)
		}
	}, false},
	{"erf", func(dst, x []float64) {
		for i, v := range x {
			dst[i] = math.Erf(v)
		}
	}, func(dst, x, _ []float64) {
		bell(dst, x, 1)
		for i := range dst {
			dst[i] *= 2 / math.SqrtPi
		}
	}, false},
	{"softplus", softplus, func(dst, x, _ []float64) { logistic(dst, x) }, false},
	{"clip", clip(-1, 1), clipSlope(-1, 1), false},
	{"clipped-relu", clip(0, 1), clipSlope(0, 1), false},
}

func logistic(dst, x []float64) {
	for i, v := range x {
		dst[i] = 0.5 * v
	}
	simd.Tanh(dst, dst)
	for i, v := range dst {
		dst[i] = 0.5 + 0.5*v
	}
}

// bell writes exp(−c x²).
func bell(dst, x []float64, c float64) {
	for i, v := range x {
		dst[i] = -c * v * v
	}
	simd.Exp(dst, dst)
}

// softplus is log(1 + eˣ) = max(x, 0) + log(1 + e^{−|x|}).
func softplus(dst, x []float64) {
	for i, v := range x {
		dst[i] = max(v, 0) + math.Log1p(math.Exp(-math.Abs(v)))
	}
}

func clip(lo, hi float64) func(dst, x []float64) {
	const b = clipSharpness
	plus := func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
	return func(dst, x []float64) {
		for i, v := range x {
			dst[i] = lo + (plus(b*(v-lo))-plus(b*(v-hi)))/b
		}
	}
}

// clipSlope is the difference of two logistic functions, ½(tanh(β(x−lo)/2) − tanh(β(x−hi)/2)).
func clipSlope(lo, hi float64) func(dst, x, value []float64) {
	const half = clipSharpness / 2.
	return func(dst, x, _ []float64) {
		for i, v := range x {
			dst[i] = 0.5 * (math.Tanh(half*(v-lo)) - math.Tanh(half*(v-hi)))
		}
	}
}

// activationNamed returns the activation of the given name; "" is tanh.
func activationNamed(name string) (activation, error) {
	if name == "" {
		return activations[0], nil
	}
	var names []string
	for _, a := range activations {
		if a.name == name {
			return a, nil
		}
		names = append(names, a.name)
	}
	slices.Sort(names)
	return activation{}, fmt.Errorf("activation: unknown %q%s", name, registry.Choices(name, names))
}

// mustActivation is activationNamed of a valid block.
func mustActivation(name string) activation {
	a, err := activationNamed(name)
	if err != nil {
		panic("transformer: " + err.Error())
	}
	return a
}

// laneActivation evaluates an activation on lane vectors.
type laneActivation[E simd.Float] struct {
	activation
	x, s, d []float64 // scratch of the activations that are computed in float64 only
}

// value writes σ(x) to dst, which is not x.
func (a *laneActivation[E]) value(dst, x []E) {
	if d, ok := any(dst).([]float64); ok {
		a.activation.value(d, any(x).([]float64))
		return
	}
	if a.name == "tanh" {
		simd.LaneTanh(dst, x)
		return
	}
	a.widen(x, nil)
	a.activation.value(a.d, a.x)
	narrow(dst, a.d)
}

// slope writes σ'(x) to dst, which is neither x nor value, the value of σ(x).
func (a *laneActivation[E]) slope(dst, x, value []E) {
	if d, ok := any(dst).([]float64); ok {
		a.activation.slope(d, any(x).([]float64), any(value).([]float64))
		return
	}
	if a.name == "tanh" {
		for i, v := range value {
			dst[i] = 1 - v*v
		}
		return
	}
	a.widen(x, value)
	a.activation.slope(a.d, a.x, a.s)
	narrow(dst, a.d)
}

// widen copies x and, if given, s to the scratch, which gets as long as the longest x.
func (a *laneActivation[E]) widen(x, s []E) {
	if n := len(x); cap(a.x) < n {
		a.x, a.s, a.d = make([]float64, n), make([]float64, n), make([]float64, n)
	}
	a.x, a.s, a.d = a.x[:len(x)], a.s[:len(x)], a.d[:len(x)]
	for i, v := range x {
		a.x[i] = float64(v)
	}
	for i, v := range s {
		a.s[i] = float64(v)
	}
}

func narrow[E simd.Float](dst []E, x []float64) {
	for i, v := range x {
		dst[i] = E(v)
	}
}
