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

// translated returns the L¹ error per unit square at T = 2 for q_t + q_x + ½ q_y = 0,
// q = 1 + sin 2πx sin 2πy at the start, with period 1 and n² cells a period: the problem
// P3 of peers. A box with walls stands in for the torus: T is cut into pieces, each on a
// box that is so much wider than the unit square that its walls are not felt there,
// with the square repeated all over it at the start.
func translated(t *testing.T, s Scheme, n, pieces int) float64 {
	margin := 3 * n / 16
	τ := 2 / float64(pieces)
	lo := [2]int{margin + n*2/pieces, margin + n/pieces}
	axes := make([]grid.Axis, 2)
	for k := range axes {
		axes[k] = grid.Axis{Lo: -float64(lo[k]) / float64(n), Hi: float64(n+margin) / float64(n), N: lo[k] + n + margin}
	}
	g, err := grid.New(axes...)
	require.NoError(t, err)
	exact := func(i int) float64 { // ∫ over cell i of sin 2πx, over h
		a, b := 2*math.Pi*float64(i)/float64(n), 2*math.Pi*float64(i+1)/float64(n)
		return (math.Cos(a) - math.Cos(b)) / (b - a)
	}
	q := make([]float64, n*n)
	for i := range n {
		for j := range n {
			q[i*n+j] = 1 + exact(i)*exact(j)
		}
	}
	for range pieces {
		d := grid.NewDensity(g)
		for i := range axes[0].N {
			for j := range axes[1].N {
				d.Values[i*axes[1].N+j] = q[(i-lo[0]+4*n)%n*n+(j-lo[1]+4*n)%n]
			}
		}
		traj, err := Solve(context.Background(), Problem{Energy: Potential{Formula: "-x - y/2"}, Initial: State{d}, Times: []float64{0, τ}}, s, &Options{WallMass: -1})
		require.NoError(t, err)
		end := traj.States[1][0].Values
		for i := range n {
			copy(q[i*n:(i+1)*n], end[(i+lo[0])*axes[1].N+lo[1]:])
		}
	}
	var sum float64
	for i := range n {
		for j := range n {
			sum += math.Abs(q[i*n+j] - 1 - exact(i)*exact(j))
		}
	}
	return sum / float64(n*n)
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
				errs = append(errs, translated(t, c.scheme, n, 8))
				wall = time.Since(start)
			}
			t.Logf("errors %.3g, the last in %v", errs, wall)
			require.LessOrEqual(t, errs[2], c.want)
		})
	}
}
