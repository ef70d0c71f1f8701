package pde

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"pdesolve/grid"
)

// Mass, sign, descent of F plus transport, and the certificate, for every step.
func TestJKOContracts(t *testing.T) {
	for _, c := range toyCases(t, 24) {
		for _, tau := range marchSteps {
			rho := c.state(t)
			start := rho.Clone()
			f, s := c.bound(t, JKO{Step: tau})
			before := f.Value(rho)
			for k := range 6 {
				r, err := s.Step(t.Context(), rho, 1e9)
				require.NoError(t, err, "%s, τ = %v", c.name, tau)
				t.Logf("%s τ=%v step %d: dt %.4g F %.6g dissipation %.3g evaluations %d certificate %.2g", c.name, tau, k, r.Dt, r.Energy, r.Dissipation, r.Evaluations, r.Residual)
				assert.LessOrEqual(t, r.Dt, tau)
				if tau <= 2 {
					assert.Zero(t, r.Rejections)
				}
				assert.InDelta(t, before, r.Energy, 1e-13)
				after := f.Value(rho)
				assert.LessOrEqual(t, after, before+1e-14*max(1, math.Abs(before)))
				assert.LessOrEqual(t, r.Residual, 1.01e-9)
				before = after
				for i, d := range rho {
					assert.InDelta(t, start[i].Mass(), d.Mass(), 1e-13)
					assert.GreaterOrEqual(t, d.Min(), 0.0)
				}
			}
		}
	}
}

// For any potential and any step, F falls by at least the cost of the transport.
func TestVariationalDescendsOnRandomPotentials(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGrid(t, 300)
		psi := drawField(t, g.Len(), "psi")
		rho := State{{Grid: g, Values: drawField(t, g.Len(), "rho")}}
		tau := rapid.SampledFrom(marchSteps).Draw(t, "tau")
		f := &potential{volume: []float64{g.CellVolume()}, psi: Field{psi}, share: Field{psi}}
		s, err := Variational{}.Bind(f, []*grid.Grid{g})
		require.NoError(t, err)
		start := JKOStart{Rho: rho.Clone(), Variation: Field{psi}, Energy: f.Value(rho), Tau: tau}
		for range 3 {
			r, err := s.Solve(context.Background(), rho, start)
			require.NoError(t, err)
			assert.GreaterOrEqual(t, r.Transport, 0.0)
			assert.LessOrEqual(t, r.Energy+r.Transport, start.Energy+1e-13)
			assert.LessOrEqual(t, r.Residual, 1e-10)
			start.Rho, start.Energy = rho.Clone(), r.Energy
		}
	})
}

// The closed moments of mathematics.md §6 for V = ½xᵀHx in the limit h → 0: mean
// (I + τP)⁻¹m with P + τP² = H, second moment along an eigenvector divided by
// 1 + 2τp. The gap falls with h at first order.
func TestVariationalMomentsOfQuadraticWell(t *testing.T) {
	h := []float64{1, 3} // eigenvalues, along the axes
	mean, variance := []float64{1, -0.7}, []float64{0.1, 0.15}
	const tau, steps = 0.25, 3
	gaps := make([][4]float64, 0, 4)
	for _, n := range []int{32, 64, 128, 256} {
		g, err := grid.New(grid.Axis{Lo: -3.5, Hi: 3.5, N: n}, grid.Axis{Lo: -3.5, Hi: 3.5, N: n})
		require.NoError(t, err)
		c := toyCase{"well", Potential{Func: func(x []float64) float64 { return h[0]*x[0]*x[0]/2 + h[1]*x[1]*x[1]/2 }},
			[]*grid.Grid{g}, []*grid.Gaussian{{Mean: mean, Covariance: [][]float64{{variance[0], 0}, {0, variance[1]}}}}}
		rho := c.state(t)
		_, s := c.bound(t, JKO{Step: tau})
		toyAdvance(t, s, rho, steps*tau)
		m, cov := rho[0].Mean(), rho[0].Covariance()
		var gap [4]float64
		for k := range 2 {
			p := (math.Sqrt(1+4*tau*h[k]) - 1) / (2 * tau)
			gap[k] = m[k] - mean[k]*math.Pow(1+tau*p, -steps)
			gap[2+k] = cov[k][k] + m[k]*m[k] - (variance[k]+mean[k]*mean[k])*math.Pow(1+2*tau*p, -steps)
		}
		gaps = append(gaps, gap)
	}
	for q := range 4 {
		slope := math.Log2(math.Abs(gaps[2][q] / gaps[3][q]))
		t.Logf("moment %d: gaps %.3g %.3g %.3g %.3g, last slope %.3f", q, gaps[0][q], gaps[1][q], gaps[2][q], gaps[3][q], slope)
		assert.GreaterOrEqual(t, slope, 0.95)
	}
}

// On a fixed grid the scheme converges in the step at first order to the flow of
// SemiDiscrete, whose own error is of second order.
func TestJKOOrderInStep(t *testing.T) {
	for _, c := range toyCases(t, 20) {
		end := 1.0
		reference := func(fineness int) State {
			rho := c.state(t)
			_, s := c.bound(t, JKO{Step: 1}.SemiDiscrete(fineness))
			toyAdvance(t, s, rho, end)
			return rho
		}
		ref, ref2, ref4 := reference(8), reference(4), reference(2)
		gapRef, gapRef2 := toyDistance(ref, ref2), toyDistance(ref2, ref4)
		assert.GreaterOrEqual(t, math.Log2(gapRef2/gapRef), 1.9, "%s: order of the reference", c.name)
		var gaps []float64
		for _, steps := range []float64{20, 40, 80, 160} {
			rho := c.state(t)
			_, s := c.bound(t, JKO{Step: end / steps})
			require.Len(t, toyAdvance(t, s, rho, end), int(steps))
			gaps = append(gaps, toyDistance(rho, ref))
		}
		slope := math.Log2(gaps[2] / gaps[3])
		t.Logf("%s: gaps %.3g %.3g %.3g %.3g, last slope %.3f; reference %.2g", c.name, gaps[0], gaps[1], gaps[2], gaps[3], slope, gapRef)
		assert.Less(t, gapRef, gaps[3]/10)
		assert.GreaterOrEqual(t, slope, 0.95, c.name)
	}
}

// The fixed point does not depend on the way to it: the plain iteration and the
// accelerated one meet.
func TestVariationalAccelerationKeepsTheAnswer(t *testing.T) {
	for _, c := range toyCases(t, 24) {
		var states []State
		var evaluations []int
		for _, memory := range []int{-1, 1, 5} {
			rho := c.state(t)
			_, s := c.bound(t, JKO{Step: 0.2, Inner: Variational{Memory: memory, Tolerance: 1e-12, MaxIterations: 500}})
			r, err := s.Step(t.Context(), rho, 1)
			require.NoError(t, err)
			states, evaluations = append(states, rho), append(evaluations, r.Evaluations)
		}
		t.Logf("%s: evaluations %v", c.name, evaluations)
		assert.Less(t, toyDistance(states[0], states[1]), 1e-10)
		assert.Less(t, toyDistance(states[0], states[2]), 1e-10)
		if evaluations[0] > 1 {
			assert.LessOrEqual(t, evaluations[2], 2*evaluations[0]/3)
		}
	}
}

// The certificate is small at the solution and not where either condition is
// broken; the cost of the transport is that of φ.
func TestVariationalCertificateSeesAWrongStep(t *testing.T) {
	c := toyCases(t, 24)[3]
	rho := c.state(t)
	f, err := c.energy.Bind(c.grids)
	require.NoError(t, err)
	solver, err := Variational{}.Bind(f, c.grids)
	require.NoError(t, err)
	w := solver.(*variational)
	start := JKOStart{Rho: rho.Clone(), Variation: NewField(c.grids), Tau: 0.4}
	start.Energy = f.Variation(start.Variation, rho)
	res, err := w.Solve(t.Context(), rho, start)
	require.NoError(t, err)
	assert.LessOrEqual(t, res.Residual, 1.01e-9)

	cost, phi := 0.0, make([]float64, c.grids[0].Len())
	for i, m := range w.march {
		m.store(phi, m.phi)
		cost += f.Weight(i) * start.Tau / 2 * dissipation(rho[i], phi)
	}
	assert.InEpsilon(t, cost, res.Transport, 1e-12)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = w.Solve(ended, rho.Clone(), start)
	assert.ErrorIs(t, err, context.Canceled)

	f.Variation(w.fixed.image.field, rho)
	assert.LessOrEqual(t, w.certificate(w.fixed.image.field, rho, start), 1.01e-9)
	start.Rho[0].Values[c.grids[0].Len()/2] += 1e-3
	assert.Greater(t, w.certificate(w.fixed.image.field, rho, start), 1e-4, "conservation")
	start.Rho[0].Values[c.grids[0].Len()/2] -= 1e-3
	assert.Greater(t, w.certificate(start.Variation, rho, start), 1e-4, "Ψ of another density")
}

// A fixed point that has come to rest above the tolerance is given up early.
func TestVariationalGivesUp(t *testing.T) {
	c := toyCases(t, 24)[2]
	rho := c.state(t)
	f, err := c.energy.Bind(c.grids)
	require.NoError(t, err)
	solver, err := Variational{Tolerance: 1e-300}.Bind(f, c.grids)
	require.NoError(t, err)
	start := JKOStart{Rho: rho.Clone(), Variation: NewField(c.grids), Tau: 0.4}
	start.Energy = f.Variation(start.Variation, rho)
	res, err := solver.Solve(t.Context(), rho, start)
	require.ErrorIs(t, err, ErrNotConverged)
	assert.ErrorContains(t, err, "at step 0.4: want 1e-300")
	assert.Less(t, res.Residual, 1e-13)
	assert.Less(t, res.Evaluations, 45)
	assert.Greater(t, res.Evaluations, 20)
}

func TestVariationalValidate(t *testing.T) {
	assert.NoError(t, Variational{}.Validate())
	assert.NoError(t, Variational{Tolerance: 1e-6, MaxIterations: 3, Memory: -1}.Validate())
	for want, v := range map[string]Variational{
		"tolerance: -1":      {Tolerance: -1},
		"tolerance: NaN":     {Tolerance: math.NaN()},
		"tolerance: 1:":      {Tolerance: 1},
		"max-iterations: -2": {MaxIterations: -2},
		"memory: -2":         {Memory: -2},
		"memory: 21":         {Memory: 21},
	} {
		assert.ErrorContains(t, v.Validate(), want)
		assert.ErrorContains(t, JKO{Step: 1, Inner: v}.Validate(), "inner: variational: "+want)
	}
}
