//go:build long

package pde

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// The rotated quadratic potential, on all four levels.
func TestWENOOrderInSpaceRotated(t *testing.T) {
	for _, s := range wenoSchemes() {
		s.CFL = map[int]float64{3: 0.3, 5: 0.1}[s.Degree]
		for _, l := range linearFlows {
			if l.name == "rotated quadratic" {
				t.Run(fmt.Sprint(s.Degree), func(t *testing.T) { wenoOrder(t, s, l, l.levels) })
			}
		}
	}
}

// gaussian3 returns the cell averages on n³ cells of the product Gaussian that the
// potential 0.1x² + 0.2y − 0.4z makes of N((0.1, 0.1, −0.1), 0.4 I) in the time τ.
func gaussian3(t *testing.T, n int, τ float64) *grid.Density {
	a := grid.Axis{Lo: -4.3, Hi: 4.3, N: n}
	g, err := grid.New(a, a, a)
	require.NoError(t, err)
	x := math.Exp(-0.2 * τ)
	law := grid.Gaussian{Mean: []float64{0.1 * x, 0.1 - 0.2*τ, -0.1 + 0.4*τ},
		Covariance: [][]float64{{0.4 * x * x, 0, 0}, {0, 0.4, 0}, {0, 0, 0.4}}}
	d := grid.NewDensity(g)
	require.NoError(t, law.Average(d))
	return d
}

// In three dimensions MUSCL keeps order 1.9 with every limiter, and WENO its orders.
func TestOrderInSpace3D(t *testing.T) {
	for _, c := range []struct {
		scheme Scheme
		levels []int
		want   float64
	}{
		{MUSCL{}, []int{48, 96, 192}, 1.9},
		{MUSCL{Limiter: "koren"}, []int{48, 96, 192}, 1.9},
		{MUSCL{Limiter: "van-leer"}, []int{48, 96, 192}, 1.9},
		{WENO{Degree: 3, Integrator: "ssp-rk3", CFL: 0.4}, []int{24, 48, 96}, 2.8},
		{WENO{CFL: 0.15}, []int{20, 40, 80}, 4.7},
	} {
		t.Run(label(c.scheme), func(t *testing.T) {
			var errs []float64
			for _, n := range c.levels {
				traj, err := Solve(context.Background(), Problem{Energy: Potential{Formula: "0.1*x^2 + 0.2*y - 0.4*z"},
					Initial: State{gaussian3(t, n, 0)}, Times: []float64{0, 0.4}}, c.scheme, nil)
				require.NoError(t, err)
				errs = append(errs, l1(traj.States[1][0], gaussian3(t, n, 0.4)))
			}
			order := math.Log2(errs[1] / errs[2])
			t.Logf("%s: order %.3f, errors %.3g", label(c.scheme), order, errs)
			require.GreaterOrEqual(t, order, c.want, label(c.scheme))
		})
	}
}

// Problem P3 on 64², 128² and 256². The central slope of MC leaves an error of
// h²|∇³q|/12 per unit of way (derived), 3.1e-4 in the end with dt → 0, and flattened extrema
// as much again; third-order has neither.
func TestTranslationOfWaves(t *testing.T) {
	for _, c := range []struct {
		scheme Scheme
		want   float64
	}{{MUSCL{}, 7e-4}, {MUSCL{Limiter: "van-leer"}, 2e-3}, {MUSCL{Limiter: "koren"}, 2.5e-4}, {MUSCL{Limiter: "third-order"}, 2.5e-5}, {WENO{}, 3e-8}} {
		t.Run(label(c.scheme), func(t *testing.T) {
			var errs []float64
			var wall time.Duration
			for _, n := range []int{64, 128, 256} {
				start := time.Now()
				errs = append(errs, translated(t, c.scheme, n))
				wall = time.Since(start)
			}
			t.Logf("errors %.3g, the last in %v", errs, wall)
			require.LessOrEqual(t, errs[2], c.want)
		})
	}
}
