package pde_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// Step-size control: every step taken is within the tolerance of the one of first order from
// the same density, the steps that were not are counted, and the error at the end falls in
// proportion to the tolerance, as both are of the order of the step squared. The run is the
// same every time.
func TestJKOControl(t *testing.T) {
	s := exact.NewBarenblatt()
	energy, _ := s.Energy()
	end := s.Facts().Horizon
	g, err := grid.New(grid.Axis{Lo: -0.45, Hi: 0.45, N: 500})
	require.NoError(t, err)
	want, err := s.Density(end, g)
	require.NoError(t, err)
	run := func(form string, control float64) (rho pde.State, gaps []float64, steps, rejections int) {
		f, err := energy.Bind([]*grid.Grid{g})
		require.NoError(t, err)
		start, err := s.Density(0, g)
		require.NoError(t, err)
		rho = pde.State{start}
		stepper, err := pde.JKO{Step: end / 4, TimeOrder: 2, Form: form, Control: control, Inner: pde.Quantile{}}.Bind(f, []*grid.Grid{g})
		require.NoError(t, err)
		for at := 0.0; at < end*(1-1e-12); steps++ {
			first := rho.Clone()
			r, err := stepper.Step(t.Context(), rho, end-at)
			require.NoError(t, err)
			at += r.Dt
			rejections += r.Rejections
			single, err := pde.JKO{Step: r.Dt, Inner: pde.Quantile{}}.Bind(f, []*grid.Grid{g})
			require.NoError(t, err)
			_, err = single.Step(t.Context(), first, r.Dt)
			require.NoError(t, err)
			gaps = append(gaps, l1(rho[0], first[0]))
		}
		return rho, gaps, steps, rejections
	}
	for _, form := range []string{"midpoint", "bdf2"} {
		var errs []float64
		controls := []float64{2e-2, 5e-3, 1.25e-3}
		for _, control := range controls {
			rho, gaps, steps, rejections := run(form, control)
			for k, gap := range gaps {
				assert.LessOrEqual(t, gap, control*(1+1e-9), "%s, step %d", form, k)
			}
			assert.Positive(t, rejections)
			errs = append(errs, l1(rho[0], want))
			t.Logf("%s: control %.3g: %d steps, %d rejected, error %.3g", form, control, steps, rejections, errs[len(errs)-1])
		}
		slope := math.Log(errs[0]/errs[2]) / math.Log(controls[0]/controls[2])
		t.Logf("%s: the error falls like the tolerance to the power %.2f", form, slope)
		assert.InDelta(t, 1, slope, 0.25)
	}
	once, _, _, _ := run("bdf2", 2e-2)
	again, _, _, _ := run("bdf2", 2e-2)
	assert.Equal(t, once, again)
}
