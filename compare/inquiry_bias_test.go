package compare

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"

	"pdesolve/finite"
	"pdesolve/pde"
)

func biasStudy(t *testing.T) Study {
	s := linearStudy(t)
	s.Rates, s.Solvers = []Against{Bias}, nil
	s.Networks.Widths, s.Networks.Seeds = []int{8, 16, 32, 64}, 48
	s.Networks.Dynamics = &finite.Gradient{RTol: 1e-6, ATol: 1e-8}
	return s
}

// The bias is decided with few seeds, and is the one that the mean of R_M − R_∞ over
// many seeds has.
func TestBiasIsThatOfManySeeds(t *testing.T) {
	serial(t)
	s := biasStudy(t)
	r, err := Execute(context.Background(), s, nil)
	require.NoError(t, err)
	require.Len(t, r.Ladders, 2)
	for _, l := range r.Ladders {
		t.Logf("%s: %s %s, %s, %d points", l.Quantity, l.Rate.Slope(), l.Rate.Interval(), l.Rate.Verdict, l.Rate.Points)
		assert.Equal(t, Consistent, l.Rate.Verdict, l.Quantity)
		assert.Equal(t, 4, l.Rate.Points)
		assert.Contains(t, l.Reference, "parts")
	}
	const width, seeds = 16, 2500
	m := s.Model
	ref, err := newPlan(&s).sameDepthReference(m.Depth).get()
	require.NoError(t, err)
	direct := make([]float64, seeds)
	for i := range direct {
		start := finite.Draw(&m, width, uint64(1000+i))
		c, err := finite.Simulate(context.Background(), &m, start, []float64{0, s.end()}, s.Networks.Dynamics, nil)
		require.NoError(t, err)
		direct[i] = lastOf(c.Risk) - lastOf(ref.Risk)
	}
	mean, spread := stat.MeanStdDev(direct, nil)
	standard := stat.StdErr(spread, seeds)
	for _, p := range r.Ladders[0].Points {
		if p.Width != width {
			continue
		}
		got, dev := stat.MeanStdDev(p.Seeds, nil)
		own := stat.StdErr(dev, float64(len(p.Seeds)))
		t.Logf("M = %d: %.3e ± %.1e from %d seeds in parts, %.3e ± %.1e from %d seeds", width, got, own, len(p.Seeds), mean, standard, seeds)
		assert.InDelta(t, mean, got, 3*math.Hypot(own, standard))
		assert.Greater(t, mean, 4*standard)
		assert.Less(t, dev, spread/4) // so that 48 seeds do what takes a thousand otherwise
	}
}

func TestPartOf(t *testing.T) {
	e := pde.NewEnsemble([]int{2, 1}, []int{4, 2})
	copy(e.Theta, []float64{1, 2, 3, 4, 10, 20, 30, 40, 5, 6})
	h := partOf(e, 1, 2)
	assert.Equal(t, []float64{3, 4, 30, 40, 6}, h.Theta)
	assert.Equal(t, []float64{0.5, 0.5}, h.Component[0].Weight)
	assert.Equal(t, []float64{1}, h.Component[1].Weight)
}
