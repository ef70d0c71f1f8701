package pde

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

func TestJKOValidate(t *testing.T) {
	assert.NoError(t, JKO{Step: 0.1}.Validate())
	for _, step := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		assert.ErrorContains(t, JKO{Step: step}.Validate(), fmt.Sprintf("step: %v", step))
	}
}

func TestJKOIsRegistered(t *testing.T) {
	s, err := Schemes.New("jko")
	require.NoError(t, err)
	assert.Equal(t, "jko", s.Name())
	space, time := s.Order()
	assert.Equal(t, []int{1, 1}, []int{space, time})
	s.(*JKO).Step = 0.25
	assert.Equal(t, 0.25, s.(StepScheme).NominalStep())
	i, err := JKOInners.New("variational")
	require.NoError(t, err)
	assert.Equal(t, "variational", i.Name())
}

func TestJKORefusesPointwiseEnergies(t *testing.T) {
	c := toyCases(t, 4)[1]
	e := toyLearner{func(int, []float64) float64 { return 1 }, 1, 1, Pointwise}
	f, err := e.Bind(c.grids)
	require.NoError(t, err)
	_, err = JKO{Step: 0.1}.Bind(f, c.grids)
	require.Error(t, err)
	t.Log(err)
	assert.ErrorContains(t, err, "the inner solver variational takes energies of potentials and averages of ρ (an interaction, a Transformer)")
	assert.ErrorContains(t, err, "not ρ cell by cell without derivatives")
	for _, name := range Schemes.Names() {
		if name == "upwind" || name == "muscl" {
			assert.ErrorContains(t, err, name)
		}
	}
	assert.NotContains(t, err.Error(), "inner solvers that take this one", "there are none yet")
}

// Equal steps to the end of the interval, none above the nominal one, no sliver.
func TestJKOStepPolicy(t *testing.T) {
	for _, k := range []struct {
		step, end float64
		want      int
	}{{0.1, 1, 10}, {0.1, 1.0000000001, 11}, {0.3, 1, 4}, {2, 1, 1}, {0.1, 0.1, 1}, {0.25, 0.3, 2}} {
		c := toyCases(t, 6)[0]
		rho := c.state(t)
		_, s := c.bound(t, JKO{Step: k.step})
		reports := toyAdvance(t, s, rho, k.end)
		require.Len(t, reports, k.want)
		for _, r := range reports {
			assert.InEpsilon(t, k.end/float64(k.want), r.Dt, 1e-12)
			assert.LessOrEqual(t, r.Dt, k.step*(1+1e-9))
		}
	}
}

// toyInner is an inner solver that converges only for steps up to its limit.
type toyInner struct {
	limit, rise float64
	err         error
	stop        func()  // called by Solve
	residual    float64 // where the tolerance is 1e-3
	dual        float64 // by how much the dual value is below; 0: none
}

func (toyInner) Name() string      { return "toy" }
func (toyInner) Validate() error   { return nil }
func (toyInner) Domain() JKODomain { return JKODomain{Terms: AllTerms, Space: 1} }
func (i toyInner) Bind(Functional, []*grid.Grid) (JKOSolver, error) {
	return i, nil
}

func (i toyInner) Solve(_ context.Context, rho State, start JKOStart) (JKOResult, error) {
	for c := range rho {
		copy(rho[c].Values, start.Rho[c].Values)
	}
	if i.stop != nil {
		i.stop()
	}
	res := JKOResult{Energy: start.Energy, Evaluations: 3, Dual: math.Inf(-1), Residual: i.residual, Tolerance: 1e-3, Iterations: 7}
	if i.dual != 0 {
		res.Dual = start.Energy - i.dual
	}
	if start.Tau > i.limit {
		res.Transport = i.rise
		rho[0].Values[0] = math.NaN()
		return res, i.err
	}
	return res, nil
}

func TestJKOHalvesTheStep(t *testing.T) {
	c := toyCases(t, 6)[0]
	for name, inner := range map[string]toyInner{
		"no convergence": {limit: 0.3, err: fmt.Errorf("%w: wrapped", ErrNotConverged)},
		"rising":         {limit: 0.3, rise: 1e-6},
		"NaN":            {limit: 0.3, rise: math.NaN()},
	} {
		rho := c.state(t)
		start := rho.Clone()
		_, s := c.bound(t, JKO{Step: 1, Inner: inner})
		r, err := s.Step(t.Context(), rho, 1)
		require.NoError(t, err, name)
		assert.Equal(t, 0.25, r.Dt, name)
		assert.Equal(t, 10, r.Evaluations, name)
		assert.Equal(t, 2, r.Rejections, name)
		assert.Zero(t, toyDistance(rho, start), name)
		r, err = s.Step(t.Context(), rho, 0.5)
		require.NoError(t, err)
		assert.Equal(t, 0.25, r.Dt, "every step starts from the nominal one")

		inner.limit = 0
		_, s = c.bound(t, JKO{Step: 1, Inner: inner})
		_, err = s.Step(t.Context(), rho, 1)
		require.ErrorContains(t, err, "jko: no step down to 0.000977 can be taken", name)
	}
	_, s := c.bound(t, JKO{Step: 1, Inner: toyInner{err: context.DeadlineExceeded}})
	_, err := s.Step(t.Context(), c.state(t), 1)
	assert.ErrorIs(t, err, context.DeadlineExceeded, "other errors end the step at once")
}

// A step that misses its tolerance is taken, but not in silence.
func TestJKOCountsStepsWithoutCertificate(t *testing.T) {
	c := toyCases(t, 6)[0]
	solve := func(i toyInner) Contracts {
		i.limit = 1
		tr, err := Solve(t.Context(), Problem{Energy: c.energy, Initial: c.state(t), Times: []float64{0, 1}},
			JKO{Step: 0.25, Inner: i}, &Options{WallMass: -1})
		require.NoError(t, err)
		return tr.Contracts
	}
	good := solve(toyInner{residual: 0.5e-3})
	assert.Zero(t, good.Uncertified)
	assert.Zero(t, good.Gap)
	assert.Equal(t, []float64{0.5e-3, 1e-3}, []float64{good.Certificate, good.Tolerance})
	assert.Equal(t, 28, good.Iterations)
	bad := solve(toyInner{residual: 2e-3, dual: 0.125})
	assert.Equal(t, 4, bad.Uncertified)
	assert.Equal(t, 2e-3, bad.Certificate)
	assert.Equal(t, 0.125, bad.Gap)
	assert.Equal(t, 4, solve(toyInner{residual: math.NaN()}).Uncertified, "NaN certifies nothing")
}

// Each pairing that does not fit is refused with what would fit.
func TestJKODomain(t *testing.T) {
	line, plane := toyCases(t, 4)[0].grids, toyCases(t, 4)[1].grids
	bind := func(e Energy, g []*grid.Grid) Functional {
		f, err := e.Bind(g)
		require.NoError(t, err)
		return f
	}
	potential, entropy := Potential{Formula: "x^2"}, Entropy{Coefficient: 1}
	both := Sum{potential, entropy, Interaction{Formula: "r^2"}}
	assert.Equal(t, PotentialTerm, TermsOf(bind(potential, line)))
	assert.Equal(t, LocalTerm, TermsOf(bind(PorousMedium{Exponent: 2, Coefficient: 1}, line)))
	assert.Equal(t, LocalTerm|PotentialTerm, TermsOf(bind(Sum{potential, entropy}, line)))
	assert.Equal(t, LocalTerm|MeanTerm, TermsOf(bind(both, line)))
	d := JKODomain{Terms: PotentialTerm | LocalTerm, MaxDim: 1}
	assert.True(t, d.Takes(bind(Sum{potential, entropy}, line), line))
	assert.False(t, d.Takes(bind(Sum{potential, entropy}, plane), plane))
	assert.False(t, d.Takes(bind(both, line), line))
	assert.Equal(t, "energies of potentials and convex functions of ρ (entropy, porous medium) in 1 dimension", d.String())
}

func TestJKOStopsWithTheContext(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range toyCases(t, 6) {
		_, s := c.bound(t, JKO{Step: 1})
		_, err := s.Step(ended, c.state(t), 1)
		assert.ErrorIs(t, err, context.Canceled, c.name)
	}
	c := toyCases(t, 6)[3]
	ctx, cancel := context.WithCancel(t.Context())
	_, s := c.bound(t, JKO{Step: 1, Inner: toyInner{stop: cancel, err: ErrNotConverged}})
	_, err := s.Step(ctx, c.state(t), 1)
	assert.ErrorIs(t, err, context.Canceled, "between two attempts")
}

// toyPoisoned is a functional whose first variation is not finite in one cell.
type toyPoisoned struct{ *boundLearner }

func (p toyPoisoned) Variation(psi Field, rho State) float64 {
	v := p.boundLearner.Variation(psi, rho)
	psi[1][2] = math.Inf(-1)
	return v
}

func TestJKONamesADivergedComponent(t *testing.T) {
	c := toyCases(t, 6)[3]
	f, s := c.bound(t, JKO{Step: 1})
	f.(*boundLearner).label = math.NaN()
	_, err := s.Step(t.Context(), c.state(t), 1)
	require.ErrorIs(t, err, ErrDiverged)
	assert.ErrorContains(t, err, "the energy is NaN")
	s, err = JKO{Step: 1}.Bind(toyPoisoned{f.(*boundLearner)}, c.grids)
	require.NoError(t, err)
	f.(*boundLearner).label = 1
	_, err = s.Step(t.Context(), c.state(t), 1)
	require.ErrorIs(t, err, ErrDiverged)
	assert.ErrorContains(t, err, "in component 1: the first variation is -Inf in cell 2")
}

// The dissipation of the report is that of the energy: along the semi-discrete
// flow it is the rate at which F falls.
func TestJKODissipationIsTheRateOfDescent(t *testing.T) {
	for _, c := range toyCases(t, 16) {
		rho := c.state(t)
		f, s := c.bound(t, JKO{Step: 1e-7})
		before := f.Value(rho)
		r, err := s.Step(t.Context(), rho, 1)
		require.NoError(t, err)
		assert.InEpsilon(t, r.Dissipation, (before-f.Value(rho))/r.Dt, 1e-5, c.name)
	}
}

// Solve drives the scheme: saved times are hit, the contracts hold, a probe's
// evaluation is not repeated, and two saved times are as good as one.
func TestJKOUnderSolve(t *testing.T) {
	for _, c := range toyCases(t, 16) {
		run := func(times ...float64) *Trajectory {
			tr, err := Solve(t.Context(), Problem{Energy: c.energy, Initial: c.state(t), Times: times}, JKO{Step: 0.25}, &Options{WallMass: -1})
			require.NoError(t, err)
			return tr
		}
		tr := run(0, 1, 2)
		assert.Equal(t, 8, tr.Contracts.Steps)
		assert.Equal(t, 0.25, tr.Contracts.MaxDt)
		assert.LessOrEqual(t, tr.Contracts.MassError, 1e-13)
		assert.GreaterOrEqual(t, tr.Contracts.MinDensity, 0.0)
		assert.LessOrEqual(t, tr.Contracts.EnergyRise, 1e-15)
		assert.LessOrEqual(t, tr.Contracts.Certificate, 1.01e-9)
		assert.Less(t, tr.Energy[2], tr.Energy[1])
		other := run(0, 2)
		assert.Equal(t, toyBytes(t, tr.States[2]), toyBytes(t, other.States[1]))
		assert.Equal(t, other.Contracts.Evaluations, tr.Contracts.Evaluations, c.name)
	}
}

func toyBytes(t *testing.T, rho State) []byte {
	var b bytes.Buffer
	for _, d := range rho {
		require.NoError(t, binary.Write(&b, binary.LittleEndian, d.Values))
	}
	return b.Bytes()
}

// Two runs give the same bytes, and so does a run that is continued by a new
// stepper half way.
func TestJKOSameBytes(t *testing.T) {
	for _, c := range toyCases(t, 16) {
		a, b := c.state(t), c.state(t)
		_, s := c.bound(t, JKO{Step: 0.3})
		toyAdvance(t, s, a, 1.2)
		first := a.Clone()
		toyAdvance(t, s, a, 1.2)
		_, s = c.bound(t, JKO{Step: 0.3})
		toyAdvance(t, s, b, 1.2)
		assert.Equal(t, toyBytes(t, first), toyBytes(t, b), c.name)
		_, s = c.bound(t, JKO{Step: 0.3})
		toyAdvance(t, s, b, 1.2)
		assert.Equal(t, toyBytes(t, a), toyBytes(t, b), "%s: resumed", c.name)

		x, y := a.Clone(), a.Clone()
		_, s = c.bound(t, JKO{Step: 0.3})
		toyAdvance(t, s, a, 0.1)
		toyAdvance(t, s, x, 0.3)
		_, s = c.bound(t, JKO{Step: 0.3})
		toyAdvance(t, s, y, 0.3)
		assert.Equal(t, toyBytes(t, x), toyBytes(t, y), "%s: after a step of another length", c.name)
	}
}

func TestJKOAllocatesNothing(t *testing.T) {
	for _, c := range toyCases(t, 12) {
		rho := c.state(t)
		_, s := c.bound(t, JKO{Step: 0.05})
		step := func() {
			if _, err := s.Step(context.Background(), rho, 1); err != nil {
				panic(err)
			}
		}
		step()
		assert.Zero(t, testing.AllocsPerRun(10, step), c.name)
	}
}

func TestJKOPanicsOnMisuse(t *testing.T) {
	c := toyCases(t, 6)[3]
	_, s := c.bound(t, JKO{Step: 1})
	assert.PanicsWithValue(t, "pde: jko: a state of 1 components: bound to 2", func() { _, _ = s.Step(t.Context(), c.state(t)[:1], 1) })
	assert.Panics(t, func() { _, _ = s.Step(t.Context(), c.state(t), 0) })
	assert.Panics(t, func() { JKO{}.SemiDiscrete(0) })
}

func BenchmarkJKOStep(b *testing.B) {
	for _, n := range []int{64, 256} {
		for _, c := range toyCases(b, n) {
			rho := c.state(b)
			_, s := c.bound(b, JKO{Step: 0.05})
			b.Run(fmt.Sprint(c.name, "/", n), func(b *testing.B) {
				evaluations := 0
				for b.Loop() {
					r, err := s.Step(context.Background(), rho, 1)
					require.NoError(b, err)
					evaluations += r.Evaluations
				}
				b.ReportMetric(float64(evaluations)/float64(b.N), "evaluations/op")
			})
		}
	}
}
