package pde

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"pdesolve/grid"
)

// wenoSchemes returns weno in both orders, each with an integrator of its own.
func wenoSchemes() []WENO {
	return []WENO{{Degree: 3, Integrator: "ssp-rk3"}, {Degree: 5, Integrator: "ssp-rk104"}}
}

// wenoOrder fails unless the L¹ error of s on l falls between the two finest levels
// with an order of at least the declared one less 0.2 or, for degree 5, 0.3.
func wenoOrder(t *testing.T, s WENO, l linearFlow, levels []int) {
	var errs []float64
	limited := 0
	for _, n := range levels {
		g := l.box(t, n)
		traj, err := Solve(context.Background(), Problem{Energy: l.energy(), Initial: State{l.at(t, g, 0)}, Times: []float64{0, l.end}}, s, nil)
		require.NoError(t, err)
		require.LessOrEqual(t, traj.Contracts.MassError, 1e-13)
		limited = traj.Contracts.Limited
		errs = append(errs, l1(traj.States[1][0], l.at(t, g, l.end)))
	}
	k := len(errs) - 1
	order := math.Log2(errs[k-1] / errs[k])
	t.Logf("order %.3f, errors %.3g, limited %d", order, errs, limited)
	require.GreaterOrEqual(t, order, map[int]float64{3: 2.8, 5: 4.7}[s.Degree])
}

// WENO has its declared order in space on every exact solution, steps being so short
// that their errors do not count. The long tests go one level further and to three
// dimensions.
func TestWENOOrderInSpace(t *testing.T) {
	for _, s := range wenoSchemes() {
		s.CFL = map[int]float64{3: 0.3, 5: 0.1}[s.Degree]
		for _, l := range linearFlows {
			if l.name == "rotated quadratic" {
				continue // ten times the steps of the others: a long test
			}
			levels := l.levels[:3]
			if len(l.lambda) == 1 {
				levels = l.levels
			}
			t.Run(fmt.Sprintf("%d/%s", s.Degree, l.name), func(t *testing.T) { wenoOrder(t, s, l, levels) })
		}
	}
}

// WENO has its declared order in time, apart from the grid: on one grid the distance to
// the solution with a step 8 times finer than the finest falls with it. Degree 3 is
// taken for both integrators, because its weights are smoother functions of ρ: the
// kinks of |β₀ − β₂| on a coarse grid would show first.
func TestWENOOrderInTime(t *testing.T) {
	for _, integrator := range []string{"ssp-rk3", "ssp-rk104"} {
		s := WENO{Degree: 3, Integrator: integrator, CFL: 1}
		for _, energy := range []Energy{
			Potential{Formula: "cos(x)"},
			Sum{Potential{Formula: "cos(x)"}, Entropy{Coefficient: 0.3}},
		} {
			g := line(t, -6, 6, 48)
			start := grid.NewDensity(g)
			for i := range start.Values {
				start.Values[i] = (1 + 0.5*math.Cos(math.Pi*g.Axis(0).Center(i)/6)) / 12
			}
			f, err := energy.Bind([]*grid.Grid{g})
			require.NoError(t, err)
			run := func(n int) *grid.Density {
				step, err := s.Bind(f, []*grid.Grid{g})
				require.NoError(t, err)
				rho := State{start.Clone()}
				for range n {
					r, err := step.Step(context.Background(), rho, 0.8/float64(n))
					require.NoError(t, err)
					require.InEpsilon(t, 0.8/float64(n), r.Dt, 1e-15, "the step bound is below the test's steps")
				}
				return rho[0]
			}
			levels := []int{40, 80, 160}
			if s.Integrator == "ssp-rk104" {
				levels = []int{8, 16, 32}
			}
			reference := run(8 * levels[2])
			var errs []float64
			for _, n := range levels {
				errs = append(errs, l1(run(n), reference))
			}
			order := math.Log2(errs[0]/errs[2]) / 2
			_, want := s.Order()
			t.Logf("%s: order %.3f, errors %.3g", label(s), order, errs)
			require.GreaterOrEqual(t, order, float64(want)-0.1, label(s))
		}
	}
}

// The fluxes are continuous where velocities change their sign: in steps of 1e-9 through
// 0, all at once or every third alone, they change by that times the density at most.
func TestWENOFluxesAreContinuous(t *testing.T) {
	const step = 1e-9
	for _, shape := range [][]int{{12}, {12, 9}, {7, 6, 8}} {
		for _, degree := range []int{3, 5} {
			axes := make([]grid.Axis, len(shape))
			for k, n := range shape {
				axes[k] = grid.Axis{Lo: 0, Hi: 1, N: n}
			}
			g, err := grid.New(axes...)
			require.NoError(t, err)
			w, u := newWenoSweep(g, degree), newFaces(g)
			rnd := rand.New(rand.NewPCG(3, 4))
			rho := make([]float64, g.Len())
			for i := range rho {
				rho[i] = 1 + rnd.Float64()
			}
			at := func(k, shift int, small float64) []float64 {
				for j, st := range w.stride {
					for i := range g.Len() {
						if i/st%w.n[j] == w.n[j]-1 {
							continue
						}
						u[j][st+i] = math.Sin(float64(3*i + j))
						if (i+shift)%3 == 0 {
							u[j][st+i] = small
						}
					}
				}
				w.fluxes(rho, u, false)
				return slices.Clone(w.flux[k])
			}
			for k := range shape {
				for shift := range 3 {
					below, above := at(k, shift, -step), at(k, shift, step)
					for i := range below {
						require.InDelta(t, below[i], above[i], 20*step, "%v, degree %d, axis %d", shape, degree, k)
					}
				}
			}
		}
	}
}

// From a rough density in a rough potential, WENO keeps the mass to 1e-13 and ρ ≥ 0
// exactly; it limits on the way.
func TestWENOProperties(t *testing.T) {
	limited := 0
	for _, s := range wenoSchemes() {
		s.CFL = 0.5
		t.Run(label(s), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				g := drawBox(t, false)
				rho := State{drawRough(t, g), drawRough(t, g)}
				before := []float64{rho[0].Mass(), rho[1].Mass()}
				table := rapid.SliceOfN(rapid.Float64Range(-10, 10), g.Len(), g.Len()).Draw(t, "V")
				next := 0
				energy := Energy(Potential{Func: func([]float64) float64 { next++; return table[next-1] }})
				if rapid.Bool().Draw(t, "diffusive") {
					energy = Sum{energy, Entropy{Coefficient: 0.1}}
				}
				f, err := energy.Bind(rho.Grids())
				require.NoError(t, err)
				step, err := s.Bind(f, rho.Grids())
				require.NoError(t, err)
				for range 5 {
					r, err := step.Step(context.Background(), rho, 10)
					require.NoError(t, err)
					limited += r.Limited
					for c, d := range rho {
						require.GreaterOrEqual(t, d.Min(), 0.0)
						require.InEpsilon(t, before[c], d.Mass(), 1e-13)
					}
				}
			})
		})
	}
	require.Positive(t, limited)
}

// A smooth positive density is never limited.
func TestWENOLeavesSmoothDensities(t *testing.T) {
	g := box(t, 40, 36)
	for _, s := range wenoSchemes() {
		d := grid.NewDensity(g)
		for i := range d.Values {
			x := g.Center(make([]float64, 2), i)
			d.Values[i] = 1.1 + math.Cos(math.Pi*x[0])*math.Cos(math.Pi*x[1])
		}
		traj, err := Solve(context.Background(), Problem{Energy: Potential{Formula: "cos(pi*x) + x*y/10"}, Initial: State{d}, Times: []float64{0, 0.02}}, s, &Options{WallMass: -1})
		require.NoError(t, err)
		require.Zero(t, traj.Contracts.Limited)
		require.Zero(t, traj.Contracts.EnergyRise)
		require.Less(t, traj.Contracts.Residual, 1e-3)
	}
}

// Steps of WENO allocate nothing, whether Ψ is constant or not.
func TestWENOAllocatesNothing(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: -2, Hi: 2, N: 12}, grid.Axis{Lo: -2, Hi: 2, N: 9}, grid.Axis{Lo: -2, Hi: 2, N: 11})
	require.NoError(t, err)
	grids := []*grid.Grid{g, g}
	for _, s := range wenoSchemes() {
		for _, e := range []Energy{Potential{Formula: "x*y + z^2"}, Sum{Potential{Formula: "x*y + z^2"}, Entropy{Coefficient: 0.1}}} {
			f, err := e.Bind(grids)
			require.NoError(t, err)
			step, err := s.Bind(f, grids)
			require.NoError(t, err)
			rho := State{grid.NewDensity(g), grid.NewDensity(g)}
			rho[0].Values[600], rho[1].Values[77] = 1, 2
			n := testing.AllocsPerRun(5, func() {
				if _, err := step.Step(context.Background(), rho, 1); err != nil {
					t.Fatal(err)
				}
			})
			require.Zero(t, n, label(s))
		}
	}
}

// A step whose later stages would see too large a velocity is redone with half the
// length and ends as if it had been tried with that length at once.
func TestWENORejects(t *testing.T) {
	g := line(t, -1, 1, 50)
	d := grid.NewDensity(g)
	for i := range d.Values {
		d.Values[i] = 0.5
	}
	d.Values[49] += 1e-6
	f, err := repelled{k: -1}.Bind([]*grid.Grid{g})
	require.NoError(t, err)
	s, err := WENO{CFL: 1}.Bind(f, []*grid.Grid{g})
	require.NoError(t, err)
	rejected := 0
	rho := State{d}
	for range 12 {
		before := State{d.Clone()}
		r, err := s.Step(context.Background(), rho, 1e9)
		require.NoError(t, err)
		require.GreaterOrEqual(t, d.Min(), 0.0)
		if r.Rejections == 0 {
			continue
		}
		rejected += r.Rejections
		q, err := WENO{CFL: 1}.Bind(f, []*grid.Grid{g})
		require.NoError(t, err)
		again, err := q.Step(context.Background(), before, r.Dt)
		require.NoError(t, err)
		require.Equal(t, r.Dt, again.Dt)
		require.Equal(t, d.Values, before[0].Values)
	}
	require.Positive(t, rejected)
}

func TestWENOValidate(t *testing.T) {
	for _, c := range []struct {
		scheme WENO
		want   string
	}{
		{WENO{Degree: 4}, "degree: 4: want 3 or 5"},
		{WENO{CFL: -1}, "cfl: -1: want a fraction"},
		{WENO{Integrator: "ssp-rk33"}, `did you mean "ssp-rk3"?`},
	} {
		require.ErrorContains(t, c.scheme.Validate(), c.want)
		_, err := c.scheme.Bind(nil, nil)
		require.ErrorContains(t, err, c.want)
	}
	require.NoError(t, WENO{}.Validate())
}
