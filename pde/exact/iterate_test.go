package exact_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"

	"pdesolve/grid"
	"pdesolve/pde/exact"
)

// Each iterate tends to the flow with first order in the step, and a number of steps
// is as many single steps.
func TestIteratesTendToTheFlow(t *testing.T) {
	count := 0
	for _, name := range exact.Solutions.Names() {
		s, err := exact.Solutions.New(name)
		require.NoError(t, err)
		it, ok := s.(exact.Iterated)
		if !ok {
			continue
		}
		count++
		end := s.Facts().Horizon
		want, err := s.Value(end)
		require.NoError(t, err)
		gap := func(steps int) float64 {
			last, err := it.Iterate(end/float64(steps), steps)
			require.NoError(t, err)
			got, err := last.Value(0)
			require.NoError(t, err)
			return math.Abs(got - want)
		}
		coarse, fine := gap(64), gap(128)
		if name == "translation" || name == "crowd" { // a step is the flow itself
			assert.Less(t, coarse, 1e-13)
			continue
		}
		order := math.Log2(coarse / fine)
		t.Logf("%s: %.3g %.3g order %.3f", name, coarse, fine, order)
		assert.InDelta(t, 1, order, 0.05, name)
		two, err := it.Iterate(0.1, 2)
		require.NoError(t, err)
		one, err := it.Iterate(0.1, 1)
		require.NoError(t, err)
		one, err = one.(exact.Iterated).Iterate(0.1, 1)
		require.NoError(t, err)
		a, _ := one.Value(0)
		b, _ := two.Value(0)
		assert.InEpsilon(t, a, b, 1e-12, name)
		assert.Panics(t, func() { _, _ = it.Iterate(0, 1) })
		assert.Panics(t, func() { _, _ = it.Iterate(1, -1) })
	}
	assert.GreaterOrEqual(t, count, 8)
}

// bures returns W₂² between Gaussians.
func bures(a, b *grid.Gaussian) float64 {
	d := a.Dim()
	sum := 0.0
	for k, m := range a.Mean {
		sum += (m - b.Mean[k]) * (m - b.Mean[k])
	}
	root := func(m *mat.Dense) *mat.Dense {
		s := mat.NewSymDense(d, nil)
		for i := range d {
			for j := range i + 1 {
				s.SetSym(i, j, (m.At(i, j)+m.At(j, i))/2)
			}
		}
		var e mat.EigenSym
		e.Factorize(s, true)
		var q, out mat.Dense
		e.VectorsTo(&q)
		v := e.Values(nil)
		for i := range v {
			v[i] = math.Sqrt(v[i])
		}
		out.Product(&q, mat.NewDiagDense(d, v), q.T())
		return &out
	}
	rows := func(c [][]float64) *mat.Dense {
		m := mat.NewDense(d, d, nil)
		for i := range c {
			m.SetRow(i, c[i])
		}
		return m
	}
	half := root(rows(a.Covariance))
	var inner mat.Dense
	inner.Product(half, rows(b.Covariance), half)
	return sum + mat.Trace(rows(a.Covariance)) + mat.Trace(rows(b.Covariance)) - 2*mat.Trace(root(&inner))
}

// The step of a Gaussian minimises F + W₂²/(2τ) among Gaussians, by the closed
// formulas of F and W₂: the value rises by the square of any small change.
func TestGaussianIterateMinimises(t *testing.T) {
	o := exact.NewOrnsteinUhlenbeck()
	for _, tau := range []float64{0.05, 0.5, 3} {
		next, err := o.Iterate(tau, 1)
		require.NoError(t, err)
		best := next.(*exact.OrnsteinUhlenbeck)
		value := func(law grid.Gaussian) float64 {
			f, err := (&exact.OrnsteinUhlenbeck{Drift: o.Drift, Coefficient: o.Coefficient, Initial: law}).Value(0)
			require.NoError(t, err)
			return f + bures(&o.Initial, &law)/(2*tau)
		}
		least := value(best.Initial)
		for which := range 5 {
			for _, d := range []float64{-1e-4, 1e-4} {
				law := grid.Gaussian{Mean: append([]float64(nil), best.Initial.Mean...)}
				for _, row := range best.Initial.Covariance {
					law.Covariance = append(law.Covariance, append([]float64(nil), row...))
				}
				switch which {
				case 0, 1:
					law.Mean[which] += d
				case 2, 3:
					law.Covariance[which-2][which-2] += d
				case 4:
					law.Covariance[0][1] += d
					law.Covariance[1][0] += d
				}
				rise := value(law) - least
				assert.Greater(t, rise, 1e-10, "τ = %v, parameter %d by %v", tau, which, d)
				assert.Less(t, rise, 1e-5)
			}
		}
	}
	_, err := (&exact.Contraction{Drift: [][]float64{{-2}}, Initial: grid.Gaussian{Mean: []float64{0}, Covariance: [][]float64{{1}}}}).Iterate(0.6, 1)
	assert.ErrorContains(t, err, "want a step below 0.5")
}

// The radius of a Barenblatt step minimises F + W₂²/(2τ) among dilations, for which
// W₂² = (R − R₀)² ∫|x|²ρ/R², in any dimension and for any exponent.
func TestBarenblattIterateMinimises(t *testing.T) {
	for dim := 1; dim <= 3; dim++ {
		for _, m := range []float64{0.9, 1.5, 2, 3} {
			b := &exact.Barenblatt{Exponent: m, Coefficient: 0.7, Center: make([]float64, dim), Radius: 0.3}
			tau := 0.2 * b.Facts().Horizon
			next, err := b.Iterate(tau, 1)
			require.NoError(t, err)
			r := next.(*exact.Barenblatt).Radius
			n := float64(dim)
			unit := math.Abs(n / (n + 2 + 2/(m-1))) // ∫|x|² of the profile of radius 1
			value := func(radius float64) float64 {
				f, err := (&exact.Barenblatt{Exponent: m, Coefficient: 0.7, Center: make([]float64, dim), Radius: radius}).Value(0)
				require.NoError(t, err)
				return f + (radius-b.Radius)*(radius-b.Radius)*unit/(2*tau)
			}
			for _, d := range []float64{-1e-4, 1e-4} {
				assert.Greater(t, value(r*(1+d))-value(r), 1e-10*math.Abs(value(r)), "d = %d, m = %v", dim, m)
			}
		}
	}
}

// Figures of an independent program for problem P4 (2-D, m = 2, radius 0.2 to 0.4 in
// 2.3561944902e-3): the L¹ distance of the last of 4, 8 and 16 exact JKO iterates from
// the flow.
func TestBarenblattIteratesOfP4(t *testing.T) {
	b := &exact.Barenblatt{Exponent: 2, Coefficient: 1, Center: []float64{0.5, 0.5}, Radius: 0.2}
	const end = 2.3561944902e-3
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 128}, grid.Axis{Lo: 0, Hi: 1, N: 128})
	require.NoError(t, err)
	flow, err := b.Density(end, g)
	require.NoError(t, err)
	for steps, want := range map[int]float64{4: 9.929e-2, 8: 5.392e-2, 16: 2.842e-2} {
		last, err := b.Iterate(end/float64(steps), steps)
		require.NoError(t, err)
		rho, err := last.Density(0, g)
		require.NoError(t, err)
		sum := 0.0
		for i, v := range rho.Values {
			sum += math.Abs(v-flow.Values[i]) * g.CellVolume()
		}
		assert.InDelta(t, want, sum, 3e-5, "%d steps", steps)
	}
}

// P + τP² = H, and the moments of one step by hand.
func TestLinearisedMoments(t *testing.T) {
	c := &exact.Contraction{Drift: [][]float64{{2}}, Initial: grid.Gaussian{Mean: []float64{3}, Covariance: [][]float64{{0.5}}}}
	mean, second, err := c.LinearisedMoments(1, 2) // p = 1
	require.NoError(t, err)
	assert.InDelta(t, 3./4, mean[0], 1e-15)
	assert.InDelta(t, 9.5/9, second[0][0], 1e-14)
	_, _, err = (&exact.Contraction{Drift: [][]float64{{-1}}, Initial: c.Initial}).LinearisedMoments(1, 1)
	assert.ErrorContains(t, err, "want a step of at most 0.25")
}
