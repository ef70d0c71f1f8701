package pde

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// limitAll is limit by passes over all cells and faces, round after round.
func limitAll(w *wenoSweep, dst, rho []float64, u []faces, dt float64) (limited int) {
	room := make([]float64, w.size)
	for i := range room {
		room[i] = 1
	}
	for found := true; found; {
		found = false
		for i, v := range dst {
			if v < 0 && room[i] == 1 {
				low, loss := w.upwind(rho, u, dt, i)
				room[i], found = 0, true
				if low > tiny {
					room[i] = min(1-slack, (1-slack)*low/loss)
				}
				limited++
			}
		}
		copy(w.limits.room, room)
		for i := range dst {
			dst[i] = w.limited(rho, u, dt, i)
		}
	}
	for i := range w.limits.room {
		w.limits.room[i] = 1
	}
	return limited
}

// The limiter, which computes only the cells it must, does what passes over all cells would,
// on rough densities in up to three dimensions: the other cells keep the step of full order.
func TestWENOLimitsOnlyWhereItMust(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for _, axes := range [][]grid.Axis{
		{{Lo: 0, Hi: 1, N: 40}}, {{Lo: 0, Hi: 1, N: 17}, {Lo: 0, Hi: 2, N: 12}}, {{Lo: 0, Hi: 1, N: 8}, {Lo: 0, Hi: 1, N: 6}, {Lo: 0, Hi: 1, N: 7}},
	} {
		g, err := grid.New(axes...)
		require.NoError(t, err)
		w := newWenoSweep(g, 5)
		for range 20 {
			rho, psi, u := make([]float64, g.Len()), make([]float64, g.Len()), newFaces(g)
			for i := range rho {
				rho[i], psi[i] = float64(rnd.IntN(2))*rnd.Float64(), rnd.NormFloat64()
			}
			w.velocities(u, psi)
			dt := 0.9 / w.drain(u)
			sparse, full := make([]float64, g.Len()), make([]float64, g.Len())
			w.fluxes(rho, u, false)
			w.update(sparse, rho, dt)
			copy(full, sparse)
			n, all := w.limit(sparse, rho, u, dt), limitAll(w, full, rho, u, dt)
			require.Equal(t, all, n)
			require.Positive(t, n)
			for i := range full {
				require.GreaterOrEqual(t, sparse[i], 0.0)
				require.InDelta(t, full[i], sparse[i], 1e-15)
			}
		}
	}
}
