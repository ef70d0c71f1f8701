package finite

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// On a quadratic potential of curvature κ the limit dx/dτ = −κx/(κ|x| + ε) keeps
// |x| + (ε/κ) log|x| + τ, against which the Runge–Kutta solution here is checked; with
// weight decay nothing so simple is kept.
func adamLimit(κ, ε, decay, x, end float64) float64 {
	rate := func(x float64) float64 { return -κ*x/(κ*math.Abs(x)+ε) - decay*x }
	const n = 4000
	h := end / n
	for range n {
		k1 := rate(x)
		k2 := rate(x + h/2*k1)
		k3 := rate(x + h/2*k2)
		k4 := rate(x + h*k3)
		x += h / 6 * (k1 + 2*k2 + 2*k3 + k4)
	}
	return x
}

func TestAdamOrder(t *testing.T) {
	const κ, ε, end = 0.9, 0.5, 0.5
	for _, decay := range []float64{0, 0.4} {
		want := testAtoms(2).Theta
		for i, x := range want {
			want[i] = adamLimit(κ, ε, decay, x, end)
			if decay == 0 {
				c := func(x float64) float64 { return math.Abs(x) + ε/κ*math.Log(math.Abs(x)) }
				assert.InDelta(t, c(x)-end, c(want[i]), 1e-10, "the limit against its conserved quantity")
			}
		}
		for _, betas := range [][2]float64{{0, 0}, {0.5, 0.5}, {0.9, 0.7}} {
			var errs []float64
			for _, h := range []float64{0.004, 0.002, 0.001, 0.0005, 0.00025} {
				a := Adam{Step: h, Beta1: betas[0], Beta2: betas[1], Epsilon: ε}
				var d Dynamics = a
				if decay > 0 {
					d = AdamW{Step: h, Beta1: betas[0], Beta2: betas[1], Epsilon: ε, Decay: decay}
				}
				errs = append(errs, distance(trained(t, &testEnergy{κ: κ}, testAtoms(2), []float64{0, end}, d), want))
			}
			t.Logf("decay %v, betas %v: errors %.3g, orders %.3f", decay, betas, errs, orders(errs))
			for _, p := range orders(errs) {
				assert.InDelta(t, 1, p, 0.1)
			}
		}
	}
}

// Of the first step Adam's averages are g and g² themselves, whatever β₁ and β₂.
func TestAdamFirstStep(t *testing.T) {
	m := testModel(2, true)
	e := Draw(m, 4, 1)
	f, err := m.BindAtoms(e)
	assert.NoError(t, err)
	g := make([]float64, len(e.Theta))
	f.Gradient(g, e)
	got := trained(t, m, e, []float64{0, 0.01}, Adam{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-3})
	decayed := trained(t, m, e, []float64{0, 0.01}, AdamW{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-3, Decay: 2})
	for i, x := range e.Theta {
		assert.InDelta(t, x-0.01*g[i]/(math.Abs(g[i])+1e-3), got[i], 1e-13)
		assert.InDelta(t, got[i]-0.02*x, decayed[i], 1e-13)
	}
}

func TestAdamValidate(t *testing.T) {
	for want, d := range map[string]Dynamics{
		"step: ": Adam{Step: -1}, "beta1: ": Adam{Beta1: 1}, "beta2: ": AdamW{Beta2: -1},
		"epsilon: ": Adam{Epsilon: math.NaN()}, "decay: ": AdamW{Decay: -1},
	} {
		assert.ErrorContains(t, d.Validate(), want)
	}
}
