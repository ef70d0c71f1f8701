package finite

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde"
)

var testTimes = []float64{0, 0.13, 0.14, 0.5, 1.7, 2}

func simulate(t *testing.T, e *testEnergy, parts int, g Gradient) *pde.Trajectory {
	t.Helper()
	start := testAtoms(parts)
	theta := slices.Clone(start.Theta)
	tr, err := Simulate(context.Background(), e, start, testTimes, g, nil)
	require.NoError(t, err)
	require.Equal(t, theta, start.Theta, "the start is changed")
	require.Equal(t, testTimes, tr.Time)
	return tr
}

// Each energy below has a closed solution for every atom.
func TestGradientExact(t *testing.T) {
	const parts = 3
	cases := map[string]struct {
		energy *testEnergy
		exact  func(x0, own, joint, τ float64) float64
	}{
		"potential":  {&testEnergy{κ: 1.3}, func(x, _, _, τ float64) float64 { return x * math.Exp(-1.3*τ) }},
		"quartic":    {&testEnergy{β: 0.7}, func(x, _, _, τ float64) float64 { return x / math.Sqrt(1+2*0.7*x*x*τ) }},
		"attraction": {&testEnergy{α: 0.9}, func(x, own, _, τ float64) float64 { return own + (x-own)*math.Exp(-0.9*τ) }},
		"coupling":   {&testEnergy{γ: 0.8, b: 2}, func(x, _, joint, τ float64) float64 { return x + (2-joint)*(1-math.Exp(-0.8*τ)) }},
		"all": {&testEnergy{κ: 0.5, α: 0.9, γ: 0.8, b: 2}, func(x, own, joint, τ float64) float64 {
			rest := 0.8 * 2 / 1.3
			j := rest + (joint-rest)*math.Exp(-1.3*τ)
			return j + (own-joint)*math.Exp(-0.5*τ) + (x-own)*math.Exp(-1.4*τ)
		}},
	}
	for name, c := range cases {
		for _, method := range []string{Explicit, Exponential} {
			t.Run(name+"/"+method, func(t *testing.T) {
				tr := simulate(t, c.energy, parts, Gradient{RTol: 1e-10, ATol: 1e-12, Method: method})
				start := testAtoms(parts)
				for s, τ := range testTimes {
					at := 0
					for l := range start.Component {
						for d := range 2 {
							own, joint := means(start, l, d)
							for _, x := range start.Component[l].Coordinate(d) {
								assert.InDelta(t, c.exact(x, own, joint, τ), tr.Ensembles[s].Theta[at], 1e-9)
								at++
							}
						}
					}
				}
				assert.LessOrEqual(t, tr.Contracts.EnergyRise, 1e-14)
				assert.LessOrEqual(t, tr.Contracts.Residual, max(10, float64(tr.Contracts.Steps))*1e-10)
				assert.True(t, slices.IsSortedFunc(tr.Energy, func(a, b float64) int { return int(math.Copysign(1, b-a)) }))
			})
		}
	}
}

func TestSimulateCurve(t *testing.T) {
	e := &testEnergy{κ: 1}
	tr := simulate(t, e, 2, Gradient{})
	// F and D of a quadratic potential are in proportion: D = 2κF, F = F₀ e^{−2κτ}.
	for s, τ := range testTimes {
		assert.InEpsilon(t, tr.Energy[0]*math.Exp(-2*τ), tr.Energy[s], 1e-7)
		assert.InEpsilon(t, 2*tr.Energy[s], tr.Dissipation[s], 1e-13)
		assert.Equal(t, tr.Ensembles[s].Theta[0], tr.Risk[s])
		_, joint := means(tr.Ensembles[s], 0, 1)
		assert.InDelta(t, joint, tr.Output[s][1], 1e-14, "outputs must be copies")
	}
	c := tr.Contracts
	assert.Equal(t, 1.0/15, c.MinDensity)
	assert.Zero(t, c.MassError)
	assert.Zero(t, c.WallMass)
	assert.Positive(t, c.Steps)
	assert.Equal(t, 6*(c.Steps+c.Rejections)+2+len(testTimes), c.Evaluations, "six a step, two at the start, one a save")
	assert.True(t, c.MaxDt > 0 && c.MaxDt <= 2)
	assert.Zero(t, tr.Residual[0])
	// Saved times do not change the steps: the same end, bit for bit, without them.
	assert.Zero(t, c.Certificate)
	direct, err := Simulate(context.Background(), e, testAtoms(2), []float64{0, 2}, Gradient{}, nil)
	require.NoError(t, err)
	assert.Equal(t, direct.Ensembles[1].Theta, tr.Ensembles[len(testTimes)-1].Theta)
	assert.Equal(t, direct.Contracts.Steps, c.Steps)
}

func TestResidualFallsWithTolerance(t *testing.T) {
	e := &testEnergy{κ: 0.5, β: 0.7, α: 0.9, γ: 0.8, b: 2}
	for _, method := range []string{Explicit, Exponential} {
		last := math.Inf(1)
		for _, tol := range []float64{1e-4, 1e-6, 1e-8, 1e-10} {
			c := simulate(t, e, 3, Gradient{RTol: tol, ATol: tol, Method: method}).Contracts
			assert.Less(t, c.Residual, last/10, "%s, tolerance %v", method, tol)
			assert.Less(t, c.Residual, max(100, float64(c.Steps))*tol, method) // a tolerance a step
			last = c.Residual
		}
	}
}

func TestSimulateOptions(t *testing.T) {
	var done []float64
	tr, err := Simulate(context.Background(), &testEnergy{κ: 1}, testAtoms(1), testTimes, Gradient{}, &Options{EndsOnly: true, Progress: func(p float64) { done = append(done, p) }})
	require.NoError(t, err)
	for s, e := range tr.Ensembles {
		assert.Equal(t, s == 0 || s == len(testTimes)-1, e != nil, "time %d", s)
	}
	assert.Len(t, done, tr.Contracts.Steps)
	assert.True(t, slices.IsSorted(done))
	assert.Equal(t, 2.0, done[len(done)-1])
	only, err := Simulate(context.Background(), &testEnergy{κ: 1}, testAtoms(1), []float64{0}, Gradient{}, nil)
	require.NoError(t, err)
	assert.Len(t, only.Energy, 1)
	assert.Zero(t, only.Contracts.Residual)
}

func TestSimulateRefuses(t *testing.T) {
	ctx := context.Background()
	for _, times := range [][]float64{nil, {1, 2}, {0, 1, 1}, {0, 2, 1}, {0, math.NaN()}, {0, math.Inf(1)}} {
		_, err := Simulate(ctx, &testEnergy{}, testAtoms(1), times, Gradient{}, nil)
		assert.ErrorContains(t, err, "saved times", "%v", times)
	}
	for _, g := range []Gradient{{RTol: -1}, {RTol: 1}, {RTol: 1e-20}, {RTol: math.NaN()}, {ATol: -1}, {ATol: math.Inf(1)}, {ATol: math.NaN()}} {
		_, err := Simulate(ctx, &testEnergy{}, testAtoms(1), testTimes, g, nil)
		assert.ErrorContains(t, err, "tol: ", "%+v", g)
	}
	start := testAtoms(1)
	start.Theta[3] = math.NaN()
	_, err := Simulate(ctx, &testEnergy{}, start, testTimes, Gradient{}, nil)
	assert.ErrorContains(t, err, "entry 3 is NaN")
	refusal := errors.New("unfit")
	_, err = Simulate(ctx, &testEnergy{bindErr: refusal}, testAtoms(1), testTimes, Gradient{}, nil)
	assert.ErrorIs(t, err, refusal)
	assert.Panics(t, func() { _, _ = Simulate(ctx, nil, testAtoms(1), testTimes, Gradient{}, nil) })
	assert.Panics(t, func() { Dissipation(nil, nil, testAtoms(1)) })
}

func TestSimulateDiverges(t *testing.T) {
	ctx := context.Background()
	run := func(e *testEnergy) (*pde.Trajectory, *pde.DivergedError) {
		tr, err := Simulate(ctx, e, testAtoms(1), testTimes, Gradient{}, nil)
		require.ErrorIs(t, err, pde.ErrDiverged)
		var d *pde.DivergedError
		require.ErrorAs(t, err, &d)
		return tr, d
	}
	// F = −β/4 θ⁴ reaches infinity at τ = 1/(2βθ₀²) for the largest |θ₀|.
	largest := 0.0
	for _, x := range testAtoms(1).Theta {
		largest = max(largest, math.Abs(x))
	}
	tr, d := run(&testEnergy{β: -0.5})
	assert.InEpsilon(t, 1/(largest*largest), d.Time, 1e-6)
	assert.Equal(t, []float64{0, 0.13, 0.14}, tr.Time[:3], "what was saved before stays")
	assert.Len(t, tr.Residual, len(tr.Time))
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		tr, d = run(&testEnergy{κ: 1, spoil: func(n int, f float64) float64 {
			if n > 30 {
				return bad
			}
			return f
		}})
		assert.Positive(t, d.Time)
		assert.Contains(t, d.What, "energy is not finite, however short")
		assert.Equal(t, -1, d.Component)
		assert.Equal(t, tr.Contracts.Steps+1, d.Step)
		tr, err := Simulate(ctx, &testEnergy{spoil: func(int, float64) float64 { return bad }}, testAtoms(1), testTimes, Gradient{}, nil)
		assert.ErrorIs(t, err, pde.ErrDiverged)
		assert.Empty(t, tr.Time)
	}
	// The component whose gradient fails is named.
	calls := 0
	_, err := Simulate(ctx, &testEnergy{κ: 1, poison: func(g []float64) {
		if calls++; calls > 20 {
			g[25] = math.NaN() // 10 parameters a component
		}
	}}, testAtoms(4), testTimes, Gradient{}, nil)
	var named *pde.DivergedError
	require.ErrorAs(t, err, &named)
	assert.Equal(t, 2, named.Component)
	assert.ErrorContains(t, err, "in component 2: a gradient is not finite")
}

func TestSimulateCancels(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	start := time.Now()
	tr, err := Simulate(ctx, &testEnergy{κ: 1, wait: func() { time.Sleep(time.Millisecond) }}, testAtoms(1), []float64{0, 1e-3, 1e9}, Gradient{}, &Options{Progress: func(p float64) {
		if time.Since(start) > 20*time.Millisecond {
			cancel()
		}
	}})
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "training time")
	assert.Less(t, time.Since(start), time.Second)
	assert.NotEmpty(t, tr.Time)
}

// still is a dynamics that reports nothing: Euler's method with one step between
// saved times.
type still struct{ rate float64 }

func (still) Name() string    { return "still" }
func (still) Validate() error { return nil }
func (d still) Train(_ context.Context, f pde.AtomFunctional, e *pde.Ensemble, times []float64, save func(int) error) error {
	grad := make([]float64, len(e.Theta))
	for s := range times {
		if s > 0 {
			f.Gradient(grad, e)
			for i, g := range grad {
				e.Theta[i] -= d.rate * (times[s] - times[s-1]) * g
			}
		}
		if err := save(s); err != nil {
			return err
		}
	}
	return nil
}

func TestSimulateSilentDynamics(t *testing.T) {
	tr, err := Simulate(context.Background(), &testEnergy{κ: 1}, testAtoms(1), []float64{0, 0.5, 1}, still{1}, nil)
	require.NoError(t, err)
	for s := 1; s < 3; s++ {
		assert.InDelta(t, tr.Energy[s]-tr.Energy[s-1]+0.25*(tr.Dissipation[s]+tr.Dissipation[s-1]), tr.Residual[s], 1e-15)
	}
	assert.Equal(t, 5, tr.Contracts.Evaluations)
	assert.Zero(t, tr.Contracts.EnergyRise)
	rest, err := Simulate(context.Background(), &testEnergy{}, testAtoms(1), []float64{0, 1}, still{1}, nil)
	require.NoError(t, err)
	assert.Zero(t, rest.Contracts.Residual)
	tr, err = Simulate(context.Background(), &testEnergy{κ: 1}, testAtoms(1), []float64{0, 0.5, 1}, still{-1}, nil)
	require.NoError(t, err)
	assert.InDelta(t, max(tr.Energy[1]-tr.Energy[0], tr.Energy[2]-tr.Energy[1])/max(1, tr.Energy[0]), tr.Contracts.EnergyRise, 1e-15)
	assert.Positive(t, tr.Contracts.EnergyRise)
}

func TestStepsDoNotAllocate(t *testing.T) {
	count := func(end float64) (allocs float64, steps int) {
		allocs = testing.AllocsPerRun(5, func() {
			tr, err := Simulate(context.Background(), &testEnergy{κ: 1, α: 2, γ: 1}, testAtoms(2), []float64{0, end}, Gradient{}, nil)
			require.NoError(t, err)
			steps = tr.Contracts.Steps
		})
		return allocs, steps
	}
	short, few := count(0.01)
	long, many := count(20)
	assert.Greater(t, many, 10*few)
	assert.Equal(t, short, long)
}

// A rise of F between saved times is seen at the steps.
func TestEnergyRiseOfSteps(t *testing.T) {
	e := &testEnergy{κ: 1, spoil: func(n int, f float64) float64 {
		if n >= 20 && n < 26 { // one step's six stages
			return f + 10
		}
		return f
	}}
	tr, err := Simulate(context.Background(), e, testAtoms(1), []float64{0, 2}, Gradient{}, nil)
	require.NoError(t, err)
	assert.InDelta(t, 10/max(1, tr.Energy[0]), tr.Contracts.EnergyRise, 0.5)
}

func TestRejectionsCount(t *testing.T) {
	e := &testEnergy{κ: 1, spoil: func(n int, f float64) float64 {
		if n == 3+4*6 { // see TestGradientReports; here the save at 0 takes the first call
			return math.NaN()
		}
		return f
	}}
	tr, err := Simulate(context.Background(), e, testAtoms(1), []float64{0, 2}, Gradient{}, nil)
	require.NoError(t, err)
	assert.Equal(t, 1, tr.Contracts.Rejections)
	assert.Equal(t, 6*(tr.Contracts.Steps+1)+2+2, tr.Contracts.Evaluations)
	assert.InEpsilon(t, tr.Energy[0]*math.Exp(-4), tr.Energy[1], 1e-7)
}

// watcher records what a dynamics reports.
type watcher struct {
	pde.AtomFunctional
	steps      []Step
	dissipated []float64
}

func (w *watcher) Carry(...any) bool          { return false }
func (w *watcher) Stepped(s Step)             { w.steps = append(w.steps, s) }
func (w *watcher) Dissipated(total float64)   { w.dissipated = append(w.dissipated, total) }
func (w *watcher) Stopped(int)                {}
func (w *watcher) Kept(float64)               {}
func (w *watcher) Unwrap() pde.AtomFunctional { return w.AtomFunctional }

func TestGradientReports(t *testing.T) {
	// After one call for Value and two to start, an attempt takes six: the last of the
	// fourth fails, so that the attempt is redone with a shorter step.
	e := testAtoms(1)
	f, err := (&testEnergy{β: 50, spoil: func(n int, f float64) float64 {
		if n == 3+4*6 {
			return math.NaN()
		}
		return f
	}}).BindAtoms(e)
	require.NoError(t, err)
	w := &watcher{AtomFunctional: f}
	first := f.Value(e)
	require.NoError(t, Gradient{RTol: 1e-9}.Train(context.Background(), w, e, testTimes, func(int) error { return nil }))
	calls, now, rejected := 3, 0.0, 0 // one above, two to start
	for i, s := range w.steps {
		assert.InDelta(t, now+s.Dt, s.Time, 1e-14)
		now = s.Time
		rejected += s.Rejected
		if i == 0 {
			assert.Equal(t, 6*(1+s.Rejected)+2, s.Evaluations)
			calls += s.Evaluations - 2
			continue
		}
		assert.Equal(t, 6*(1+s.Rejected), s.Evaluations)
		calls += s.Evaluations
	}
	assert.Equal(t, f.(*testFunctional).calls, calls)
	assert.Equal(t, 1, rejected)
	require.Len(t, w.dissipated, len(testTimes)-1)
	assert.InEpsilon(t, first-f.Value(e), w.dissipated[len(w.dissipated)-1], 1e-8)
	assert.Equal(t, 2.0, now)
	// An error of save ends the run and comes back as it is.
	stop := errors.New("stop")
	for at := range 3 {
		err := Gradient{}.Train(context.Background(), f, testAtoms(1), testTimes, func(s int) error {
			if s == at {
				return stop
			}
			return nil
		})
		assert.Equal(t, stop, err)
	}
}

func TestObserverUnwraps(t *testing.T) {
	f, err := (&testEnergy{}).BindAtoms(testAtoms(1))
	require.NoError(t, err)
	var o Observer = newRecorder(f, testAtoms(1), testTimes, &Options{})
	assert.Same(t, f, o.Unwrap())
}

func TestKinds(t *testing.T) {
	d, err := Kinds.New("gradient")
	require.NoError(t, err)
	assert.Equal(t, &Gradient{RTol: 1e-8, ATol: 1e-10, Method: Explicit}, d)
	for _, name := range Kinds.Names() {
		d, err := Kinds.New(name)
		require.NoError(t, err)
		assert.NoError(t, d.Validate())
		assert.Equal(t, name, d.Name())
	}
}
