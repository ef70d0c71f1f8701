package pde

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// Solvers of the true JKO step agree with each other as far as their values certify it.
// With c the coefficient of an entropy beside convex terms, the value of a density is above
// the minimum by at least c times its relative entropy to the minimiser, so that by
// Pinsker's inequality
//
//	‖ρ − ρ*‖₁ ≤ √(2 gap/c),    gap = F(ρ) + W₂²/(2τ) − min,
//
// where W₂² is bounded from above for each solver alike, and the minimum from below by the
// best of their potentials. For c ∫ρ² it is ‖ρ − ρ*‖₂ ≤ √(gap/c).
func TestInnerSolversAgree(t *testing.T) {
	well := Potential{Func: func(x []float64) float64 {
		s := 0.3 * x[0]
		for _, v := range x {
			s += v * v / 2
		}
		return s
	}}
	for _, c := range []struct {
		name   string
		energy Energy
		norm   func(a, b []float64, volume float64) float64
		bound  func(gap float64) float64
	}{
		{"entropy", Sum{well, Entropy{Coefficient: 0.5}}, distance1, func(gap float64) float64 { return math.Sqrt(2 * gap / 0.5) }},
		{"porous medium", Sum{well, PorousMedium{Exponent: 2, Coefficient: 0.5}}, distance2, func(gap float64) float64 { return math.Sqrt(gap / 0.5) }},
	} {
		for _, d := range []int{1, 2} {
			n := [...]int{1: 120, 2: 24}[d]
			axes := make([]grid.Axis, d)
			for k := range axes {
				axes[k] = grid.Axis{Lo: -3, Hi: 3, N: n}
			}
			g, err := grid.New(axes...)
			require.NoError(t, err)
			f, err := c.energy.Bind([]*grid.Grid{g})
			require.NoError(t, err)
			begin := State{grid.NewDensity(g)}
			law := &grid.Bump{Center: []float64{0.4, -0.2}[:d], Radius: []float64{1.5, 1.2}[:d]}
			require.NoError(t, law.Average(begin[0]))
			const tau = 0.3
			type end struct {
				name  string
				rho   []float64
				value float64
			}
			var ends []end
			least := math.Inf(-1)
			psi := NewField([]*grid.Grid{g})
			for _, name := range JKOInners.Names() {
				inner, err := JKOInners.New(name)
				require.NoError(t, err)
				if !inner.Domain().Takes(f, begin.Grids()) || !inner.Domain().Wasserstein {
					continue
				}
				solver, err := inner.Bind(f, begin.Grids())
				require.NoError(t, err)
				start := JKOStart{Rho: begin, Variation: NewField(begin.Grids()), Tau: tau}
				start.Energy = f.Variation(start.Variation, begin)
				rho := begin.Clone()
				_, err = solver.Solve(t.Context(), rho, start)
				require.NoError(t, err, name)
				energy := f.Variation(psi, rho)
				b := newStepBounds(g, rho[0].Values, begin[0].Values, psi[0], tau)
				ends = append(ends, end{name, rho[0].Values, energy + b.transport})
				least = max(least, energy+b.gain)
			}
			require.GreaterOrEqual(t, len(ends), 2)
			for i, a := range ends {
				assert.GreaterOrEqual(t, a.value, least, "%s: %s", c.name, a.name)
				for _, b := range ends[:i] {
					gap := c.norm(a.rho, b.rho, g.CellVolume())
					t.Logf("%s in %d dimensions: %s and %s: %.2g, values %.6g and %.6g above %.6g", c.name, d, a.name, b.name, gap, a.value, b.value, least)
					assert.LessOrEqual(t, gap, c.bound(a.value-least)+c.bound(b.value-least), "%s: %s and %s", c.name, a.name, b.name)
				}
			}
		}
	}
}

func distance1(a, b []float64, volume float64) (s float64) {
	for i, v := range a {
		s += math.Abs(v-b[i]) * volume
	}
	return s
}

func distance2(a, b []float64, volume float64) (s float64) {
	for i, v := range a {
		s += (v - b[i]) * (v - b[i]) * volume
	}
	return math.Sqrt(s)
}
