package finite

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde"
)

// trained returns the parameters at the last of the times.
func trained(t *testing.T, e pde.AtomEnergy, start *pde.Ensemble, times []float64, d Dynamics) []float64 {
	t.Helper()
	tr, err := Simulate(context.Background(), e, start, times, d, &Options{EndsOnly: true})
	require.NoError(t, err)
	return tr.Ensembles[len(times)-1].Theta
}

// distance returns the root mean square of a − b.
func distance(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return math.Sqrt(sum / float64(len(a)))
}

// orders returns the observed orders of errors at steps that are halved.
func orders(errs []float64) (p []float64) {
	for i := 1; i < len(errs); i++ {
		p = append(p, math.Log2(errs[i-1]/errs[i]))
	}
	return p
}

// checkOrder requires that make's dynamics converges to the flow on benchmark B and on
// S + MLP with observed orders within slack of want on every halving of the step.
func checkOrder(t *testing.T, want, slack float64, steps []float64, make func(step float64) Dynamics) {
	t.Helper()
	times := []float64{0, 0.35, 1}
	models := map[string]pde.AtomEnergy{"linear": linearModel(3), "softmax+mlp": testModel(2, true)}
	starts := map[string]*pde.Ensemble{"linear": Draw(linearModel(3), 8, 1), "softmax+mlp": Draw(testModel(2, true), 8, 1)}
	for name, m := range models {
		flow := trained(t, m, starts[name], times, Gradient{RTol: 1e-10, ATol: 1e-12})
		var errs []float64
		for _, h := range steps {
			errs = append(errs, distance(trained(t, m, starts[name], times, make(h)), flow))
		}
		got := orders(errs)
		t.Logf("%s: errors %.3g, orders %.3f", name, errs, got)
		for _, p := range got {
			assert.InDelta(t, want, p, slack, name)
		}
	}
}

func TestDescentOrder(t *testing.T) {
	checkOrder(t, 1, 0.1, []float64{0.05, 0.025, 0.0125, 0.00625, 0.003125}, func(h float64) Dynamics { return Descent{Step: h} })
}

// On a quadratic potential a step multiplies by 1 − hκ, and an interval takes the fewest
// equal steps not longer than the one asked for.
func TestDescentSteps(t *testing.T) {
	e := &testEnergy{κ: 0.9}
	tr, err := Simulate(context.Background(), e, testAtoms(2), []float64{0, 0.3, 0.55, 0.56}, Descent{Step: 0.1}, nil)
	require.NoError(t, err)
	assert.Equal(t, 3+3+1, tr.Contracts.Steps, "0.3 is three steps of 0.1, 0.25 three of 0.0833, 0.01 one")
	assert.InEpsilon(t, 0.1, tr.Contracts.MaxDt, 1e-12)
	factor := math.Pow(1-0.09, 3)
	for s, f := range []float64{1, factor, factor * math.Pow(1-0.9*0.25/3, 3), factor * math.Pow(1-0.9*0.25/3, 3) * (1 - 0.009)} {
		for i, x := range testAtoms(2).Theta {
			assert.InDelta(t, f*x, tr.Ensembles[s].Theta[i], 1e-13)
		}
	}
	assert.Equal(t, 1+7+4, tr.Contracts.Evaluations, "one to start, one a step, one a save")
	assert.Zero(t, tr.Contracts.EnergyRise)
}

// In a quadratic potential the length of θ under clipped descent falls by h c a step as long
// as κ|θ| exceeds c, and by the factor 1 − hκ from then on.
func TestClip(t *testing.T) {
	const κ, h, c = 0.9, 0.1, 0.3
	e, start := &testEnergy{κ: κ}, testAtoms(2)
	f, err := e.BindAtoms(start)
	require.NoError(t, err)
	size := math.Sqrt(Dissipation(f, start.Theta, start))
	require.Greater(t, κ*size, 2*c)
	times := []float64{0, 1, 2, 4, 8}
	tr, err := Simulate(context.Background(), e, start, times, Descent{Step: h, Clip: c}, nil)
	require.NoError(t, err)
	want, at := size, 1
	for step := 1; step <= 80; step++ {
		want -= h * min(c, κ*want)
		if float64(step) == math.Round(times[at]/h) {
			for i, x := range start.Theta {
				assert.InDelta(t, x*want/size, tr.Ensembles[at].Theta[i], 1e-12)
			}
			at++
		}
	}
	assert.Less(t, κ*want, c, "the clip has let go")

	for name, d := range map[string][2]Dynamics{
		"descent":  {Descent{Step: h}, Descent{Step: h, Clip: 1e9}},
		"momentum": {Momentum{Step: h, Momentum: 0.5}, Momentum{Step: h, Momentum: 0.5, Clip: 1e9}},
		"adam":     {Adam{Step: h, Beta1: 0.9, Beta2: 0.9}, Adam{Step: h, Beta1: 0.9, Beta2: 0.9, Clip: 1e9}},
		"adamw":    {AdamW{Step: h, Decay: 0.1}, AdamW{Step: h, Decay: 0.1, Clip: 1e9}},
		"sgd":      {SGD{Step: h, Batch: 1}, SGD{Step: h, Batch: 1, Clip: 1e9}},
	} {
		m := linearModel(3)
		start := Draw(m, 8, 1)
		assert.Equal(t, trained(t, m, start, times[:2], d[0]), trained(t, m, start, times[:2], d[1]), "%s: a clip that never acts", name)
	}
	small := Draw(linearModel(3), 8, 1)
	for name, d := range map[string][2]Dynamics{ // one step
		"momentum": {Momentum{Step: h, Momentum: 0.5}, Momentum{Step: h, Momentum: 0.5, Clip: 1e-3}},
		"sgd":      {SGD{Step: h, Batch: 1}, SGD{Step: h, Batch: 1, Clip: 1e-3}},
		"adam":     {Adam{Step: h, Epsilon: 1e3}, Adam{Step: h, Epsilon: 1e3, Clip: 1e-3}},
		"adamw":    {AdamW{Step: h, Epsilon: 1e3}, AdamW{Step: h, Epsilon: 1e3, Clip: 1e-3}},
	} {
		m := linearModel(3)
		free, clipped := trained(t, m, small, []float64{0, h}, d[0]), trained(t, m, small, []float64{0, h}, d[1])
		assert.Less(t, distance(clipped, small.Theta), distance(free, small.Theta), name)
	}
	for _, bad := range []float64{-1, math.NaN(), math.Inf(1)} {
		for _, d := range []interface{ Validate() error }{Descent{Clip: bad}, Momentum{Clip: bad}, SGD{Clip: bad}, Adam{Clip: bad}, AdamW{Clip: bad}} {
			assert.ErrorContains(t, d.Validate(), "clip: ")
		}
	}
}

func TestDescentDiverges(t *testing.T) {
	// A step of 3 in a quartic potential throws atoms ever further.
	e := &testEnergy{β: 1}
	var last []float64
	tr, err := Simulate(context.Background(), e, testAtoms(2), []float64{0, 3, 300}, Descent{Step: 3}, &Options{EndsOnly: true, Progress: func(tau float64) { last = append(last, tau) }})
	require.ErrorIs(t, err, pde.ErrDiverged)
	var d *pde.DivergedError
	require.ErrorAs(t, err, &d)
	assert.Equal(t, len(last)+1, d.Step, "the first step that fails")
	assert.Equal(t, last[len(last)-1], d.Time, "where the failing step starts")
	assert.ErrorContains(t, err, "the step is too long")
	n := len(tr.Time) - 1
	assert.Equal(t, d.Time, tr.Time[n], "the last good state is kept")
	assert.True(t, slices.IsSorted(tr.Time))
	assert.Len(t, tr.Residual, n+1)
	require.NotNil(t, tr.Ensembles[n])
	assert.False(t, slices.ContainsFunc(tr.Ensembles[n].Theta, func(v float64) bool { return !finite(v) }))
	assert.True(t, finite(tr.Energy[n]))
	// The component whose gradient fails is named, and a bad energy is.
	calls := 0
	_, err = Simulate(context.Background(), &testEnergy{κ: 1, poison: func(g []float64) {
		if calls++; calls > 5 {
			g[25] = math.NaN()
		}
	}}, testAtoms(4), testTimes, Descent{}, nil)
	assert.ErrorContains(t, err, "in component 2: a gradient is not finite")
	_, err = Simulate(context.Background(), &testEnergy{κ: 1, spoil: func(n int, f float64) float64 {
		if n > 5 {
			return math.Inf(1)
		}
		return f
	}}, testAtoms(4), testTimes, Descent{}, nil)
	assert.ErrorContains(t, err, "the energy is +Inf")
}

// Every member of the family refuses a bad step, stops when it is told to, returns
// save's errors as they are, and makes the same bytes twice.
func TestFixedSteps(t *testing.T) {
	for _, name := range Kinds.Names() {
		d, err := Kinds.New(name)
		require.NoError(t, err)
		if name == "gradient" {
			continue
		}
		run := func(ctx context.Context) (*pde.Trajectory, error) {
			return Simulate(ctx, testModel(2, true), Draw(testModel(2, true), 4, 1), []float64{0, 0.1}, d, nil)
		}
		a, err := run(context.Background())
		require.NoError(t, err, name)
		b, err := run(context.Background())
		require.NoError(t, err, name)
		assert.Equal(t, a, b, name)
		assert.Equal(t, 10, a.Contracts.Steps, name)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err = run(ctx)
		assert.ErrorIs(t, err, context.Canceled, name)
		stop := errors.New("stop")
		m := testModel(2, true)
		e := Draw(m, 4, 1)
		f, err := m.BindAtoms(e)
		require.NoError(t, err)
		for at := range 2 {
			err := d.Train(context.Background(), f, e, []float64{0, 0.1}, func(s int) error {
				if s == at {
					return stop
				}
				return nil
			})
			assert.Equal(t, stop, err, name)
		}
	}
	for _, h := range []float64{-1, math.NaN(), math.Inf(1)} {
		assert.ErrorContains(t, Descent{Step: h}.Validate(), "step: ")
		assert.ErrorContains(t, Descent{Step: h}.Train(context.Background(), nil, nil, nil, nil), "descent: step: ")
	}
}
