package finite

import (
	"context"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde"
)

// The series of φ_j summed in 400 bits.
func TestPhi(t *testing.T) {
	for _, x := range []float64{0, -1e-300, -1e-9, -1e-3, -0.3, -1, math.Nextafter(-1, -2), -1.7, -8, -40} {
		var got [3]float64
		got[0], got[1], got[2] = phi(x)
		for j, p := range got {
			sum, term := new(big.Float).SetPrec(400), new(big.Float).SetPrec(400).SetInt64(1)
			for k := 2; k <= j+1; k++ {
				term.Quo(term, big.NewFloat(float64(k)))
			}
			for k := 1; k < 300; k++ {
				sum.Add(sum, term)
				term.Mul(term, big.NewFloat(x))
				term.Quo(term, big.NewFloat(float64(k+j+1)))
			}
			want, _ := sum.Float64()
			assert.InEpsilon(t, want, p, 1e-15*math.Pow(2, float64(j)), "phi_%d(%v)", j+1, x)
		}
	}
	p1, _, _ := phi(-1e5)
	assert.InEpsilon(t, 1e-5, p1, 1e-15)
}

// etdErrors returns the errors of n equal steps to time 1 of the solution and of the
// largest estimate of a step, in units of 1e-8, for a nonlinear N.
func etdErrors(t *testing.T, λ float64, n int) (solution, estimate float64) {
	slope := func(dst, y []float64) (float64, error) {
		dst[0], dst[1] = -λ*y[0]+3*math.Sin(2*y[1])+1, -λ*y[1]+2*math.Cos(3*y[0])
		return 0, nil
	}
	exact := newRK(2, 1e-13, 1e-15, slope)
	require.NoError(t, exact.start([]float64{1, -0.5}, 1))
	for exact.t < 1 {
		_, err := exact.step(1)
		require.NoError(t, err)
	}
	r := newETD(2, 0, 1e-8, λ, slope)
	require.NoError(t, r.start([]float64{1, -0.5}, 1))
	h := 1 / float64(n)
	for range n {
		r.k[0], r.k[r.last], r.g[0] = r.k[r.last], r.k[0], r.g[r.last]
		e, err := r.try(h)
		require.NoError(t, err)
		estimate = max(estimate, e)
		r.accept(h, 0.5, math.Inf(1))
	}
	return math.Hypot(r.y[0]-exact.y[0], r.y[1]-exact.y[1]) / 1e-8, estimate
}

func TestETDOrder(t *testing.T) {
	for _, λ := range []float64{0, 1, 10} {
		for n := 32; n < 256; n *= 2 {
			e, g := etdErrors(t, λ, n)
			f, k := etdErrors(t, λ, 2*n)
			t.Logf("λ = %v, %d steps: solution %.3g, order %.2f; estimate %.3g, order %.2f", λ, 2*n, f, math.Log2(e/f), k, math.Log2(g/k))
			assert.InDelta(t, 4, math.Log2(e/f), 0.1, "solution, λ = %v", λ)
			assert.InDelta(t, 4, math.Log2(g/k), 0.15, "estimate of one step, λ = %v", λ)
		}
	}
	// Steps of 16/λ and more, which explicit methods do not survive, come to rest where
	// the flow does.
	for _, λ := range []float64{1e3, 1e5} {
		e, _ := etdErrors(t, λ, 64)
		assert.Less(t, e, 1e-6, "λ = %v", λ)
	}
}

// Where λτ is large the exponential method takes a fifth of the gradients of the explicit
// one or fewer, at about the same error, and keeps the energy identity to what its
// tolerance says.
func TestExponentialWhereStiff(t *testing.T) {
	serial(t)
	m := testModel(2, true)
	m.Decay = 40
	start := Draw(m, 8, 1)
	run := func(g Gradient) *pde.Trajectory {
		tr, err := Simulate(context.Background(), m, start, []float64{0, 0.02, 0.1, 1, 20}, g, nil)
		require.NoError(t, err)
		return tr
	}
	exact := run(Gradient{RTol: 1e-12, ATol: 1e-15})
	for _, rtol := range []float64{1e-4, 1e-6, 1e-8} {
		var errs [2]float64
		var calls [2]int
		for i, method := range []string{Explicit, Exponential} {
			tr := run(Gradient{RTol: rtol, ATol: rtol / 100, Method: method})
			for s, e := range tr.Ensembles {
				errs[i] = max(errs[i], distance(e.Theta, exact.Ensembles[s].Theta))
			}
			calls[i] = tr.Contracts.Evaluations
			t.Logf("rtol %.0e, %s: %d gradients, %d steps, error %.3g, residual %.3g", rtol, method, calls[i], tr.Contracts.Steps, errs[i], tr.Contracts.Residual)
			assert.LessOrEqual(t, tr.Contracts.Residual, 20*rtol)
			assert.LessOrEqual(t, tr.Contracts.EnergyRise, rtol*rtol)
		}
		assert.Less(t, 5*calls[1], calls[0])
		assert.LessOrEqual(t, errs[1], 2*errs[0])
	}
	assert.ErrorContains(t, Gradient{Method: "implicit"}.Validate(), `method: unknown "implicit"`)
}
