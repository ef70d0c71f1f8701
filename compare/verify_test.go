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
	serial(t)
	o := VerifyOptions{Schemes: []string{"upwind", "muscl", "rkl2"}, Cases: []string{"attraction", "gravity"}, Quick: true, Workers: 1}
	parts := 0
	o.Progress = func(done float64, label string) { parts++ }
	v, err := Verify(t.Context(), o)
	require.NoError(t, err)
	assert.True(t, v.Pass())
	assert.Len(t, v.Rows, 10)
	assert.Equal(t, 12, parts)
	for _, r := range v.Rows {
		assert.True(t, r.Pass, "%+v", r)
		assert.GreaterOrEqual(t, len(r.Levels), leastLevels, "%+v", r)
		assert.Equal(t, r.Axis == SpaceAxis, !math.IsNaN(r.W2), "%+v", r)
	}
	require.Len(t, v.Skipped, 2)
	assert.Equal(t, "rkl2", v.Skipped[0].Scheme)
	assert.Contains(t, v.Skipped[0].Reason, "no diffusion")
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

// TestVerifyFlags: what claims too much, loses mass or climbs is found, in space and
// in time.
func TestVerifyFlags(t *testing.T) {
	for scheme, want := range map[string]string{"overstated": "is below 1.82", "leaky": "mass changed", "uphill": "energy rises"} {
		v, err := Verify(t.Context(), VerifyOptions{Schemes: []string{scheme}, Cases: []string{"attraction"}, Quick: true})
		require.NoError(t, err)
		assert.False(t, v.Pass())
		require.Len(t, v.Rows, 2)
		for _, row := range v.Rows {
			assert.False(t, row.Pass, scheme)
			assert.Contains(t, row.Note, want, scheme)
		}
		if scheme == "leaky" {
			assert.InDelta(t, 1e-6, v.Rows[0].MassError, 1e-8)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	_, err := Verify(t.Context(), VerifyOptions{Schemes: []string{"mucsl"}})
	require.ErrorContains(t, err, `did you mean "muscl"`)
	_, err = Verify(t.Context(), VerifyOptions{Cases: []string{"gravty"}})
	require.ErrorContains(t, err, `did you mean "gravity"`)
	_, err = Verify(t.Context(), VerifyOptions{Cases: []string{"barenblatt/2b"}})
	require.ErrorContains(t, err, `did you mean "2d"`)
	_, err = Verify(t.Context(), VerifyOptions{Cases: []string{"disc/2d"}})
	require.ErrorContains(t, err, "one example only")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Verify(ctx, VerifyOptions{Schemes: []string{"muscl"}})
	require.ErrorIs(t, err, context.Canceled)
}

// TestVerifyOnce: what is asked for twice, by its own name or by that of its solution,
// is measured once.
func TestVerifyOnce(t *testing.T) {
	o := VerifyOptions{Schemes: []string{"muscl", "upwind", "muscl"}, Cases: []string{"barenblatt/2d", "barenblatt", "barenblatt"}}
	tasks, err := verifyTasks(&o)
	require.NoError(t, err)
	rows := map[string]int{}
	for _, task := range tasks {
		rows[task.c.name+" "+task.row.Scheme+" "+task.axis]++
	}
	for row, times := range rows {
		assert.Equal(t, 1, times, row)
	}
	assert.Contains(t, rows, "barenblatt/2d muscl space")
	assert.Contains(t, rows, "barenblatt upwind time")
}

// TestVerifyRowJSON: the keys are those that the command promises, and an order that
// was not measured is null.
func TestVerifyRowJSON(t *testing.T) {
	nan := math.NaN()
	b, err := json.Marshal(VerifyRow{Case: "heat", Scheme: "muscl", Axis: TimeAxis, Declared: 2, Measured: nan, Finest: nan, Fitted: nan, HalfWidth: nan, Limit: nan, W1: nan, W2: nan, Min: math.Inf(1)})
	require.NoError(t, err)
	assert.Equal(t, `{"case":"heat","scheme":"muscl","axis":"time","declared":2,"measured":null,"finest":null,"fitted":null,"half_width":null,"limit":null,"errors":[],"levels":[],"end":0,"w1":null,"w2":null,"mass_error":0,"min":null,"energy_rise":0,"pass":false,"note":""}`, string(b))
}
