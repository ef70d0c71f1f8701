package pde

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// promiseEnergies are one energy of each kind and sums of them.
var promiseEnergies = []Energy{
	Potential{Func: func(x []float64) float64 { return 2*math.Cos(3*x[0]) + x[len(x)-1]*x[len(x)-1] }},
	Entropy{Coefficient: 0.3},
	PorousMedium{Exponent: 2, Coefficient: 0.2},
	PorousMedium{Exponent: 3.5, Coefficient: 0.1},
	Sum{Potential{Func: func(x []float64) float64 { return x[0]*x[0] + 0.5*x[len(x)-1] }}, Entropy{Coefficient: 0.2}},
	Sum{Interaction{Kernel: Quadratic{Strength: 1}}, PorousMedium{Exponent: 2, Coefficient: 0.1}},
	Interaction{Kernel: Quadratic{Strength: 0.5}},
}

// roughState returns a density of mass one with values of any size, many cells without
// mass, and a spike.
func roughState(random *rand.Rand, g *grid.Grid) State {
	d := grid.NewDensity(g)
	for i := range d.Values {
		switch random.IntN(4) {
		case 0: // vacuum
		case 1:
			d.Values[i] = math.Exp(-20 * random.Float64())
		default:
			d.Values[i] = random.Float64()
		}
	}
	d.Values[random.IntN(len(d.Values))] += 5
	d.Scale(1 / d.Mass())
	return State{d}
}

// everySlow makes the shared tests run what slow leaves out.
var everySlow = false

// slow reports whether a solver takes too long in d dimensions for the tests of every day:
// the build tag long has them all.
func slow(name string, d int) bool { return !everySlow && name == "proximal" && d > 1 }

// Slow is slow for the tests of package pde_test.
var Slow = slow

// What every inner solver promises, on random rough densities, short and long steps:
// mass to 1e-13 relative, ρ ≥ 0, and a value F + A/(2τ) not above F(ρⁿ) beyond
// rounding and the slack that the solver declares. A step without certificate must say so.
func TestInnerSolversKeepTheirPromises(t *testing.T) {
	line, err := grid.New(grid.Axis{Lo: -2, Hi: 2, N: 60})
	require.NoError(t, err)
	plane, err := grid.New(grid.Axis{Lo: -2, Hi: 2, N: 14}, grid.Axis{Lo: -1, Hi: 2, N: 12})
	require.NoError(t, err)
	for _, name := range JKOInners.Names() {
		t.Run(name, func(t *testing.T) {
			solved, refused, uncertified := 0, 0, 0
			for k, e := range promiseEnergies {
				for _, g := range []*grid.Grid{line, plane} {
					grids := []*grid.Grid{g}
					f, err := e.Bind(grids)
					require.NoError(t, err)
					inner, err := JKOInners.New(name)
					require.NoError(t, err)
					if !inner.Domain().Takes(f, grids) || slow(name, g.Dim()) {
						continue
					}
					s, err := inner.Bind(f, grids)
					require.NoError(t, err)
					for seed := range uint64(6) {
						random := rand.New(rand.NewPCG(seed, uint64(k)))
						label := fmt.Sprintf("energy %d in %d dimensions, seed %d", k, g.Dim(), seed)
						rho := roughState(random, g)
						start := JKOStart{Rho: rho.Clone(), Variation: NewField(grids), Tau: math.Exp(-7 + 7*random.Float64())}
						start.Energy = f.Variation(start.Variation, start.Rho)
						res, err := s.Solve(t.Context(), rho, start)
						if errors.Is(err, ErrNotConverged) {
							t.Logf("%s: τ = %.3g: %v", label, start.Tau, err)
							refused++
							continue
						}
						require.NoError(t, err, label)
						solved++
						mass := start.Rho[0].Mass()
						assert.InDelta(t, mass, rho[0].Mass(), 1e-13*mass, label)
						assert.GreaterOrEqual(t, rho[0].Min(), 0.0, label)
						assert.GreaterOrEqual(t, res.Transport, 0.0, label)
						assert.InDelta(t, f.Value(rho), res.Energy, 1e-12*max(1, math.Abs(res.Energy)), label)
						assert.LessOrEqual(t, res.Energy+res.Transport, start.Energy+res.Slack+jkoRounding*max(1, math.Abs(start.Energy)), label)
						assert.Positive(t, res.Tolerance, label)
						if !(res.Residual <= res.Tolerance) { // allowed, if it is said
							t.Logf("%s: τ = %.3g: certificate %.2g", label, start.Tau, res.Residual)
							uncertified++
						}
						if !math.IsInf(res.Dual, -1) {
							assert.GreaterOrEqual(t, res.Energy+res.Transport, res.Dual-(jkoRounding+res.Residual)*max(1, math.Abs(start.Energy)), label)
						}
					}
				}
			}
			t.Logf("%d solved, %d of them without certificate, %d wanted a shorter step", solved, uncertified, refused)
			assert.Greater(t, solved, 4*refused, "most steps are solved")
		})
	}
}

// fullOrEmpty returns a density on a line whose cells are full or empty.
func fullOrEmpty(random *rand.Rand, g *grid.Grid) *grid.Density {
	rho := grid.NewDensity(g)
	for i := range rho.Values {
		rho.Values[i] = float64(random.IntN(2))
	}
	rho.Scale(1 / rho.Mass())
	return rho
}

// Steps of back-and-forth lower F and have their certificate on densities whose cells are full
// or empty, also those that move particles by a small part of a cell.
func TestBackAndForthOnFullOrEmptyCells(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 4, N: 39})
	require.NoError(t, err)
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 39))
		rho := fullOrEmpty(random, g)
		energy := PorousMedium{Exponent: 3 + random.Float64(), Coefficient: 1}
		tau := 1e-3 * math.Exp(4*random.Float64())
		path, err := Solve(t.Context(), Problem{Energy: energy, Initial: State{rho}, Times: []float64{0, 3 * tau}},
			JKO{Step: tau, Inner: BackAndForth{}}, &Options{WallMass: -1})
		require.NoError(t, err)
		c := path.Contracts
		assert.LessOrEqual(t, c.EnergyRise, 0.0, "seed %d", seed)
		assert.Zero(t, c.Uncertified, "seed %d: certificate %.2g", seed, c.Certificate)
		assert.Zero(t, c.Rejections, "seed %d", seed)
	}
}

// A step that raises F by more than its tolerance is not taken in silence: it has no
// certificate. Entropic transport blurs, and so raises F where a density is rough.
func TestRisesAreCounted(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 4, N: 39})
	require.NoError(t, err)
	rises, worst := 0, 0.0
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 39))
		path, err := Solve(t.Context(), Problem{
			Energy: Potential{Func: func(x []float64) float64 { return math.Cos(3 * x[0]) }}, Initial: roughState(random, g), Times: []float64{0, 3e-3},
		}, JKO{Step: 1e-3, Inner: Entropic{Debiased: seed%2 == 0}}, &Options{WallMass: -1})
		require.NoError(t, err)
		c := path.Contracts
		worst = max(worst, c.EnergyRise)
		if c.EnergyRise > c.Tolerance {
			rises++
			assert.Positive(t, c.Uncertified, "seed %d: F rises by %.3g", seed, c.EnergyRise)
		}
		assert.GreaterOrEqual(t, c.Certificate, c.EnergyRise, "seed %d", seed)
	}
	t.Logf("%d of 20 runs raise F, at most by %.2g", rises, worst)
	assert.Positive(t, rises)
}
