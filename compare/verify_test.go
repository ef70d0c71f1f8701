package compare

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
)

// overstated claims the orders of MUSCL and is upwind.
type overstated struct{ pde.MUSCL }

func (overstated) Name() string { return "overstated" }

func (overstated) Bind(f pde.Functional, grids []*grid.Grid) (pde.Stepper, error) {
	return pde.Upwind{}.Bind(f, grids)
}

// leaky is upwind that loses a millionth of the mass in every step.
type leaky struct{ pde.Upwind }

func (leaky) Name() string { return "leaky" }

func (leaky) Bind(f pde.Functional, grids []*grid.Grid) (pde.Stepper, error) {
	s, err := pde.Upwind{}.Bind(f, grids)
	return leakyStepper{s}, err
}

type leakyStepper struct{ pde.Stepper }

func (s leakyStepper) Step(ctx context.Context, rho pde.State, limit float64) (pde.StepReport, error) {
	r, err := s.Stepper.Step(ctx, rho, limit)
	for _, d := range rho {
		d.Scale(1 - 1e-6)
	}
	return r, err
}

// uphill is upwind for −F, reported as if it were for F.
type uphill struct{ pde.Upwind }

func (uphill) Name() string { return "uphill" }

func (uphill) Bind(f pde.Functional, grids []*grid.Grid) (pde.Stepper, error) {
	return pde.Upwind{}.Bind(climber{f}, grids)
}

type climber struct{ pde.Functional }

func (c climber) Variation(psi pde.Field, rho pde.State) float64 {
	v := c.Functional.Variation(psi, rho)
	for _, p := range psi {
		for i := range p {
			p[i] = -p[i]
		}
	}
	return v
}

func init() {
	pde.Schemes.Add("overstated", func() pde.Scheme { return new(overstated) })
	pde.Schemes.Add("leaky", func() pde.Scheme { return new(leaky) })
	pde.Schemes.Add("uphill", func() pde.Scheme { return new(uphill) })
}

// TestVerify: schemes that keep their word pass, in space and time, and the bytes
// do not depend on the number of workers.
func TestVerify(t *testing.T) {
	o := VerifyOptions{Schemes: []string{"upwind", "muscl", "jko"}, Cases: []string{"attraction", "gravity"}, Quick: true, Workers: 1}
	parts := 0
	o.Progress = func(done float64, label string) { parts++ }
	v, err := Verify(t.Context(), o)
	require.NoError(t, err)
	assert.True(t, v.Pass())
	assert.Len(t, v.Rows, 10)
	assert.Equal(t, 12, parts)
	for _, r := range v.Rows {
		assert.True(t, r.Pass, "%+v", r)
		assert.GreaterOrEqual(t, len(r.Levels), leastQuick, "%+v", r)
		assert.Equal(t, r.Axis == SpaceAxis, !math.IsNaN(r.W2), "%+v", r)
	}
	require.Len(t, v.Skipped, 2)
	assert.Equal(t, "jko", v.Skipped[0].Scheme)
	assert.Contains(t, v.Skipped[0].Reason, "convex functions of ρ")
	want, err := json.Marshal(v)
	require.NoError(t, err)
	o.Workers, o.Cases = 3, o.Cases[:1]
	again, err := Verify(t.Context(), o)
	require.NoError(t, err)
	got, err := json.Marshal(again)
	require.NoError(t, err)
	got = bytes.SplitAfter(got, []byte(`],"skipped"`))[0]
	assert.True(t, bytes.HasPrefix(want, got[:len(got)-len(`],"skipped"`)]))
}

// TestVerifyFlags: what claims too much, loses mass or climbs is found.
func TestVerifyFlags(t *testing.T) {
	for _, c := range []struct{ scheme, space, time string }{
		{"overstated", "order is below 1.88", "order is below 1.88"},
		{"leaky", "mass changed", "mass changed"},
		{"uphill", "energy rises", "energy rises"},
	} {
		v, err := Verify(t.Context(), VerifyOptions{Schemes: []string{c.scheme}, Cases: []string{"gravity"}, Quick: true})
		require.NoError(t, err)
		assert.False(t, v.Pass())
		require.Len(t, v.Rows, 2)
		for i, want := range []string{c.space, c.time} {
			assert.False(t, v.Rows[i].Pass, c.scheme)
			assert.Contains(t, v.Rows[i].Note, want, c.scheme)
		}
		if c.scheme == "leaky" {
			assert.InDelta(t, 1e-6, v.Rows[0].MassError, 1e-8)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	_, err := Verify(t.Context(), VerifyOptions{Schemes: []string{"mucsl"}})
	require.ErrorContains(t, err, `did you mean "muscl"`)
	_, err = Verify(t.Context(), VerifyOptions{Cases: []string{"gravty"}})
	require.ErrorContains(t, err, `did you mean "gravity"`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Verify(ctx, VerifyOptions{Schemes: []string{"muscl"}})
	require.ErrorIs(t, err, context.Canceled)
}

// TestVerifyRowJSON: the keys are those that the command promises, and an order that
// was not measured is null.
func TestVerifyRowJSON(t *testing.T) {
	b, err := json.Marshal(VerifyRow{Case: "heat", Scheme: "muscl", Axis: TimeAxis, Declared: 2, Measured: math.NaN(), Fitted: math.NaN(), W1: math.NaN(), W2: math.NaN()})
	require.NoError(t, err)
	assert.Equal(t, `{"case":"heat","scheme":"muscl","axis":"time","declared":2,"measured":null,"errors":[],"levels":[],"mass_error":0,"min":0,"energy_rise":0,"pass":false}`, string(b))
}

// TestWassersteinLine compares with closed forms: a shift by one cell; a uniform
// density on 2 cells against one on the 4 around them, whose quantiles differ by
// 2h(u − 1/2); the same for unequal cells by brute force over levels.
func TestWassersteinLine(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: 1, Hi: 5, N: 8})
	require.NoError(t, err)
	const h = 0.5
	density := func(mass ...float64) *grid.Density {
		d := grid.NewDensity(g)
		for i, m := range mass {
			d.Values[i] = m / h
		}
		return d
	}
	a := density(0, 0.1, 0.4, 0.3, 0.2)
	w1, w2 := wassersteinLine(a, density(0, 0, 0.1, 0.4, 0.3, 0.2))
	assert.InDelta(t, h, w1, 1e-14)
	assert.InDelta(t, h, w2, 1e-14)
	w1, w2 = wassersteinLine(density(0, 0, 0.5, 0.5), density(0, 0.25, 0.25, 0.25, 0.25))
	assert.InDelta(t, h/2, w1, 1e-14) // ∫ 2h|u − 1/2|
	assert.InDelta(t, h/math.Sqrt(3), w2, 1e-14)
	w1, w2 = wassersteinLine(a, a)
	assert.Zero(t, w1+w2)

	b := density(0.3, 0, 0.2, 0, 0, 0, 0.25, 0.25)
	quantile := func(d *grid.Density, u float64) float64 {
		for i, v := range d.Values {
			if u <= v*h {
				return g.Axis(0).Edge(i) + u/v
			}
			u -= v * h
		}
		return 5
	}
	const n = 200000
	var s1, s2 float64
	for i := range n {
		u := (float64(i) + 0.5) / n
		d := quantile(a, u) - quantile(b, u)
		s1, s2 = s1+math.Abs(d)/n, s2+d*d/n
	}
	w1, w2 = wassersteinLine(a, b)
	assert.InDelta(t, s1, w1, 1e-5)
	assert.InDelta(t, math.Sqrt(s2), w2, 1e-5)
}
