//go:build long

package pde_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// slopeOf returns the least-squares slope of log gap against log τ and the half width of
// its 95 % interval (Student).
func slopeOf(steps []int, gaps []float64) (slope, half float64) {
	var x, y []float64
	for i, n := range steps {
		x, y = append(x, -math.Log(float64(n))), append(y, math.Log(gaps[i]))
	}
	alpha, slope := stat.LinearRegression(x, y, nil, false)
	var rest, spread float64
	mean := stat.Mean(x, nil)
	for i := range x {
		rest += math.Pow(y[i]-alpha-slope*x[i], 2)
		spread += (x[i] - mean) * (x[i] - mean)
	}
	free := float64(len(x) - 2)
	return slope, distuv.StudentsT{Mu: 0, Sigma: 1, Nu: free}.Quantile(0.975) * math.Sqrt(rest/free/spread)
}

// Both forms are of second order on the line: on four levels that double the slope is 2 with a
// half width of at most 0.05.
//
// Neither levels nor cells are chosen by the measured slope. The levels are the first four
// from 4 steps on for which the form's own exact iterates have a half width of at most 0.04:
// bdf2 starts late, on Barenblatt its iterates have the slopes 1.45, 1.74, 1.86, 1.92, 1.96,
// 1.98 from 4 to 256 steps, a term of third order in the step, and half widths of 0.071 on 16 to
// 128 steps and 0.039 on 32 to 256. The cells double from 1600 until at all levels the distance
// of the run from the exact iterate, the error in space, is below a fortieth of that iterate's
// distance from the flow, the error in time. (Half widths are a norm of the logarithms of the
// errors, and a part δ more on the finest level adds at most 1.08 δ: derived. With a tenth the
// ladders had 0.023 to 0.055; measured now: 0.003 to 0.048, and slopes of 1.96 to 2.01.)
func TestJKOSecondOrderSlopes(t *testing.T) {
	for _, s := range []exact.Extended{lineOU(), exact.NewAttractionDiffusion(), exact.NewBarenblatt()} {
		for form, iterate := range secondForms {
			steps := asymptoticSteps(t, s, iterate)
			for cells := 1600; ; cells *= 2 {
				require.LessOrEqual(t, cells, 25600)
				gaps, apart := runLadder(t, s, form, cells, steps)
				if !apart {
					continue
				}
				slope, half := slopeOf(steps, gaps)
				t.Logf("%s %s, %d cells, %v steps: %.3g slope %.3f ± %.3f", form, s.Name(), cells, steps, gaps, slope, half)
				assert.InDelta(t, 2, slope, 0.1)
				assert.LessOrEqual(t, half, 0.05)
				break
			}
		}
	}
}

// asymptotic is the half width of a ladder's slope at which its iterates count as asymptotic.
const asymptotic = 0.04

// asymptoticSteps returns the first four numbers of steps on which the exact iterates fall
// along a straight line.
func asymptoticSteps(t *testing.T, s exact.Extended, iterate func(exact.Extended, float64, int) (exact.Extended, error)) []int {
	end := s.Facts().Horizon
	lo, hi, err := s.Box(end)
	require.NoError(t, err)
	g, err := grid.New(grid.Axis{Lo: 1.2*lo[0] - 0.2*hi[0], Hi: 1.2*hi[0] - 0.2*lo[0], N: 20000})
	require.NoError(t, err)
	flow, err := s.Density(end, g)
	require.NoError(t, err)
	var steps []int
	var gaps []float64
	for n := 4; n <= 1024; n *= 2 {
		last, err := iterate(s, end/float64(n), n)
		require.NoError(t, err)
		got, err := last.Density(0, g)
		require.NoError(t, err)
		steps, gaps = append(steps, n), append(gaps, l1(got, flow))
		if k := len(steps) - 4; k >= 0 {
			if _, half := slopeOf(steps[k:], gaps[k:]); half <= asymptotic {
				return steps[k:]
			}
		}
	}
	t.Fatal("the exact iterates have no order")
	return nil
}

// runLadder returns the distances from the flow after each number of steps, and whether what
// space adds to them is below a fortieth of them. It ends early if it is not.
func runLadder(t *testing.T, s exact.Extended, form string, cells int, steps []int) (gaps []float64, apart bool) {
	for _, n := range steps {
		got, flow, _ := flowEnd(t, pde.JKO{TimeOrder: 2, Form: form, Inner: pde.Quantile{}}, s, cells, n)
		last, err := secondForms[form](s, s.Facts().Horizon/float64(n), n)
		require.NoError(t, err)
		want, err := last.Density(0, got.Grid)
		require.NoError(t, err)
		space, time := l1(got, want), l1(want, flow)
		if space > time/40 {
			t.Logf("%s %s, %d cells, %d steps: error in space %.2g, in time %.3g", form, s.Name(), cells, n, space, time)
			return nil, false
		}
		gaps = append(gaps, l1(got, flow))
	}
	return gaps, true
}
