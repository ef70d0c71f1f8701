package pde

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// wavePieces is into how many pieces translated cuts T.
const wavePieces = 8

// waveBox returns the axes of the box of translated, and how many of their cells are
// below the unit square.
func waveBox(n int) (axes []grid.Axis, lo [2]int) {
	margin := 3 * n / 16
	lo = [2]int{margin + n*2/wavePieces, margin + n/wavePieces}
	for k := range lo {
		axes = append(axes, grid.Axis{Lo: -float64(lo[k]) / float64(n), Hi: float64(n+margin) / float64(n), N: lo[k] + n + margin})
	}
	return axes, lo
}

// translated returns the L¹ error per unit square at T = 2 for q_t + q_x + ½ q_y = 0,
// q = 1 + sin 2πx sin 2πy at the start, with period 1 and n² cells a period: the problem
// P3 of peers. A box with walls stands in for the torus: T is cut into pieces, each on a
// box that is so much wider than the unit square that its walls are not felt there,
// with the square repeated all over it at the start.
func translated(t testing.TB, s Scheme, n int) float64 {
	axes, lo := waveBox(n)
	τ := 2. / wavePieces
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
	for range wavePieces {
		d := grid.NewDensity(g)
		for i := range axes[0].N {
			for j := range axes[1].N {
				d.Values[i*axes[1].N+j] = q[(i-lo[0]+4*n)%n*n+(j-lo[1]+4*n)%n]
			}
		}
		traj, err := Solve(context.Background(), Problem{Energy: Potential{Func: func(x []float64) float64 { return -x[0] - x[1]/2 }}, Initial: State{d}, Times: []float64{0, τ}}, s, &Options{WallMass: -1})
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
