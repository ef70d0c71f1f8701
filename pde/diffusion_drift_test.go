package pde

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// confined returns the exact cell averages at time τ of the solution of
// ∂_τρ = Δρ² + ∇·(xρ) on a line from Barenblatt's solution at time t0 (derived, by
// ρ(x, τ) = e^τ B(e^τ x, t0 + (e^{3τ} − 1)/3)).
func confined(t testing.TB, g *grid.Grid, t0, τ float64) *grid.Density {
	scale, a := math.Exp(τ), g.Axis(0)
	a.Lo, a.Hi = scale*a.Lo, scale*a.Hi
	wide, err := grid.New(a)
	require.NoError(t, err)
	d := barenblattLine(wide, t0+math.Expm1(3*τ)/3)
	out := grid.NewDensity(g)
	for i, v := range d.Values {
		out.Values[i] = scale * v
	}
	return out
}

// RKL2 with porous medium and a drift converges to the exact solution with a free
// boundary, with order 2 in W₁ and with what the boundary leaves of it in L¹, on equal
// and on graded cells.
func TestDriftedPorousMedium(t *testing.T) {
	for _, grading := range []grid.Grading{nil, grid.Geometric{Ratio: 5}} {
		driftedPorousMedium(t, grading)
	}
}

func driftedPorousMedium(t *testing.T, grading grid.Grading) {
	energy := Sum{Potential{Formula: "x^2/2"}, PorousMedium{Exponent: 2, Coefficient: 1}}
	var errs, moments []float64
	for _, n := range []int{50, 100, 200, 400} {
		g, err := grid.New(grid.Axis{Lo: -2.5, Hi: 2.5, N: n, Grading: grading})
		require.NoError(t, err)
		rho := State{confined(t, g, 0.01, 0)}
		for _, r := range superMarch(t, mustBind(t, RKL2{Step: 2 / float64(n)}, energy, g), rho, 0.5) {
			require.GreaterOrEqual(t, r.Dissipation, 0.0)
		}
		want := confined(t, g, 0.01, 0.5)
		errs = append(errs, l1(rho[0], want))
		var w1, gap float64
		for i, v := range rho[0].Values {
			h := g.Axis(0).Widths()[i]
			gap += (v - want.Values[i]) * h
			w1 += math.Abs(gap) * h
		}
		moments = append(moments, w1)
	}
	t.Logf("L¹ %.3g, W₁ %.3g", errs, moments)
	require.Greater(t, math.Log2(errs[0]/errs[3])/3, 1.5)
	require.Greater(t, math.Log2(moments[0]/moments[3])/3, 1.8)
}

func mustBind(t testing.TB, s Scheme, e Energy, grids ...*grid.Grid) Stepper {
	st, err := s.Bind(bind(t, e, grids...), grids)
	require.NoError(t, err)
	return st
}

// With a positive density it is of second order in space, for every power, with entropy
// beside it, and in two dimensions, where x and y do not separate; and so it is in time.
func TestDriftedOrders(t *testing.T) {
	wave := func(g *grid.Grid) *grid.Density {
		d := grid.NewDensity(g)
		for i := range d.Values {
			d.Values[i] = 1
			for k := range g.Dim() {
				lo, hi := g.Axis(k).Edges()[i/g.Stride(k)%g.Axis(k).N], g.Axis(k).Edges()[i/g.Stride(k)%g.Axis(k).N+1]
				d.Values[i] *= 1 + 0.5*(math.Sin(math.Pi*hi)-math.Sin(math.Pi*lo))/(math.Pi*(hi-lo))
			}
		}
		return d
	}
	for _, c := range []struct {
		energy Energy
		dim    int
		levels []int
	}{
		{Sum{Potential{Formula: "cos(2*pi*x)"}, PorousMedium{Exponent: 2, Coefficient: 0.5}}, 1, []int{27, 81, 243}},
		{Sum{Potential{Formula: "cos(2*pi*x)"}, PorousMedium{Exponent: 1.5, Coefficient: 0.5}, Entropy{Coefficient: 0.1}}, 1, []int{27, 81, 243}},
		{Sum{Interaction{Formula: "-r^2"}, PorousMedium{Exponent: 3, Coefficient: 0.5}}, 1, []int{27, 81, 243}},
		{Sum{Potential{Formula: "cos(pi*(x - y))/2"}, PorousMedium{Exponent: 2, Coefficient: 0.5}}, 2, []int{9, 27, 81}},
	} {
		run := func(n int, step float64) *grid.Density {
			axes := make([]grid.Axis, c.dim)
			for k := range axes {
				axes[k] = grid.Axis{Lo: 0, Hi: 1, N: n}
			}
			g, err := grid.New(axes...)
			require.NoError(t, err)
			rho := State{wave(g)}
			superMarch(t, mustBind(t, RKL2{Step: step}, c.energy, g), rho, 0.05)
			return rho[0]
		}
		var errs []float64
		fine := run(c.levels[2], 0.05/32)
		for _, n := range c.levels[:2] {
			coarse := run(n, 0.05/32)
			f := c.levels[2] / n
			mean := grid.NewDensity(coarse.Grid) // of the fine solution over the coarse cells
			for i, v := range fine.Values {
				at := 0
				for k := range c.dim {
					at += i / fine.Grid.Stride(k) % c.levels[2] / f * coarse.Grid.Stride(k)
				}
				mean.Values[at] += v / math.Pow(float64(f), float64(c.dim))
			}
			errs = append(errs, l1(coarse, mean))
		}
		// Error h² C against a solution with error h₂² C: e₀/e₁ = (9² − 1)/(3² − 1) = 10 for order 2.
		t.Logf("%+v: errors %.3g, ratio %.2f", c.energy, errs, errs[0]/errs[1])
		require.InDelta(t, 10, errs[0]/errs[1], 1.5, fmt.Sprint(c.energy))
		n := c.levels[1]
		reference, times := run(n, 0.05/512), []float64{}
		for _, steps := range []float64{8, 16, 32} {
			times = append(times, l1(run(n, 0.05/steps), reference))
		}
		order := math.Log2(times[0]/times[2]) / 2
		t.Logf("  order in time %.2f, errors %.3g", order, times)
		require.InDelta(t, 2, order, 0.25)
	}
}

// The equilibrium of porous medium in a potential, Ψ constant where there is mass, stays
// to rounding, and so it does with a free boundary, on equal and on graded cells.
func TestDriftedEquilibrium(t *testing.T) {
	for _, grading := range []grid.Grading{nil, grid.Geometric{Ratio: 4}} {
		equal := box(t, 24, 20)
		axis := equal.Axis(0)
		axis.Grading = grading
		g, err := grid.New(axis, equal.Axis(1))
		require.NoError(t, err)
		driftedEquilibrium(t, g)
	}
}

func driftedEquilibrium(t *testing.T, g *grid.Grid) {
	energy := Sum{Potential{Formula: "(x + y/2)^2 - x*y"}, PorousMedium{Exponent: 3, Coefficient: 0.4}}
	f := bind(t, energy, g)
	parts := PartsOf(f)
	v := NewField([]*grid.Grid{g})
	rest := grid.NewDensity(g)
	parts.Rest.Variation(v, State{rest})
	for i, w := range v[0] { // Ψ = 0.6 ρ² + V = 0.5 where V < 0.5
		rest.Values[i] = math.Sqrt(max(0, 0.5-w) / 0.6)
	}
	require.Zero(t, rest.Min())
	rho := State{rest.Clone()}
	superMarch(t, mustBind(t, RKL2{Step: 0.05}, energy, g), rho, 1)
	for i, w := range rest.Values {
		require.InDelta(t, w, rho[0].Values[i], 1e-13)
	}
}

// repelledCellByCell is an energy that is Pointwise and not Local.
type repelledCellByCell struct{ Entropy }

func (repelledCellByCell) Validate() error { return nil }
func (repelledCellByCell) Bind(grids []*grid.Grid) (Functional, error) {
	f, err := Entropy{Coefficient: 1}.Bind(grids)
	return struct{ Functional }{f}, err
}

// TestDriftedVacuum: the rate in and beside vacuum is that of the diffusion and of the drift
// however large the coefficient of the entropy is, whose U″ overflows at the smallest numbers,
// and a step keeps the mass and the sign.
func TestDriftedVacuum(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 8, N: 8})
	require.NoError(t, err)
	for _, c := range []float64{1, 5, 1e3, 1e12} {
		for _, low := range []float64{0, 1e-320, 1e-300, 1e-20} {
			energy := Sum{Potential{Formula: "x"}, PorousMedium{Exponent: 2, Coefficient: 1e-3}, Entropy{Coefficient: c}}
			rho := State{grid.NewDensity(g)}
			fill(rho[0].Values, low)
			rho[0].Values[2] = 1
			s := mustBind(t, RKL2{Step: 0.1 / c}, energy, g).(*diffusionStepper)
			_, err := s.load(rho)
			require.NoError(t, err)
			// Faces at most: 2Φ′ = 2c + 4e-3 where there is mass, and drains of the drift of 1.
			require.GreaterOrEqual(t, s.at.rate, 2*c, "c %g, low %g", c, low)
			require.LessOrEqual(t, s.at.rate, 4*c+2, "c %g, low %g", c, low)
			traj, err := Solve(t.Context(), Problem{Energy: energy, Initial: rho, Times: []float64{0, 1 / c}}, RKL2{Step: 0.1 / c}, &Options{WallMass: -1})
			require.NoError(t, err, "c %g, low %g", c, low)
			require.GreaterOrEqual(t, traj.Contracts.MinDensity, 0.0)
		}
	}
}
