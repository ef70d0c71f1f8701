package pde

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"pdesolve/grid"
)

// diffusionSchemes are the schemes of this family.
func diffusionSchemes(step float64) []Scheme { return []Scheme{ScharfetterGummel{}, RKL2{Step: step}} }

// superMarch advances rho by end and returns the reports.
func superMarch(t require.TestingT, s Stepper, rho State, end float64) []StepReport {
	var all []StepReport
	for at := 0.0; at < end*(1-1e-12); {
		r, err := s.Step(context.Background(), rho, end-at)
		require.NoError(t, err)
		at += r.Dt
		all = append(all, r)
	}
	return all
}

// Both schemes are of second order in space on the Ornstein–Uhlenbeck flows, the
// rotated and correlated one included; the step is small enough not to count.
func TestDiffusionOrderInSpace(t *testing.T) {
	for _, l := range linearFlows {
		if l.c == 0 {
			continue
		}
		for _, s := range diffusionSchemes(l.end / 64) {
			for name, grading := range map[string]func(int) grid.Grading{"equal": nil, "mild": gradings["mild"], "geometric": gradings["geometric"]} {
				l.grading = grading
				var errs []float64
				for _, n := range l.levels {
					g := l.box(t, n)
					traj, err := Solve(context.Background(), Problem{Energy: l.energy(), Initial: State{l.at(t, g, 0)}, Times: []float64{0, l.end}}, s, nil)
					require.NoError(t, err)
					errs = append(errs, l1(traj.States[1][0], l.at(t, g, l.end)))
				}
				k := len(errs) - 1
				order := math.Log2(errs[k-1] / errs[k])
				t.Logf("%s, %s, %s: order %.3f, errors %.3g", label(s), l.name, name, order, errs)
				require.GreaterOrEqual(t, order, 1.95)
			}
		}
	}
}

// trigonometric is a positive density on 1 − cos modes of g, without tails.
func trigonometric(g *grid.Grid) *grid.Density {
	d := grid.NewDensity(g)
	x := make([]float64, g.Dim())
	for i := range d.Values {
		g.Center(x, i)
		d.Values[i] = 1
		for k, v := range x {
			a := g.Axis(k)
			d.Values[i] *= 1 + 0.5*math.Cos(math.Pi*(v-a.Lo)/(a.Hi-a.Lo))
		}
	}
	d.Scale(1 / d.Mass())
	return d
}

// On one grid the distance to the solution with a far finer step falls with the
// square of the step, where it takes more than a few stages (the error constant grows
// from 1/18 to 1/10 as s falls from ∞ to 3): with a linear L, with a drift that depends on ρ, and with a
// nonlinear diffusion, in one, two and three dimensions.
func TestRKL2OrderInTime(t *testing.T) {
	cube, err := grid.New(grid.Axis{Lo: -1, Hi: 1, N: 16}, grid.Axis{Lo: -1, Hi: 1, N: 18}, grid.Axis{Lo: -1, Hi: 1, N: 16})
	require.NoError(t, err)
	for _, c := range []struct {
		name   string
		energy Energy
		g      *grid.Grid
	}{
		{"separable", Sum{Potential{Formula: "cos(2*x) + y^2"}, Entropy{Coefficient: 1}}, box(t, 36, 38)},
		{"rotated", Sum{Potential{Formula: "(x + y)^2"}, Entropy{Coefficient: 1}}, box(t, 36, 38)},
		{"line", Sum{Potential{Formula: "cos(2*x)"}, Entropy{Coefficient: 1}}, line(t, -1, 1, 100)},
		{"mean", Sum{repelled{k: 4}, Potential{Formula: "x*y"}, Entropy{Coefficient: 1}}, box(t, 24, 26)},
		{"porous", PorousMedium{Exponent: 2, Coefficient: 1.3}, box(t, 36, 38)},
		{"porous sum", Sum{PorousMedium{Exponent: 3, Coefficient: 0.5}, PorousMedium{Exponent: 2.5, Coefficient: 0.5}, Entropy{Coefficient: 0.1}}, box(t, 36, 38)},
		{"porous 3-D", PorousMedium{Exponent: 2, Coefficient: 6}, cube},
	} {
		f, err := c.energy.Bind([]*grid.Grid{c.g})
		require.NoError(t, err)
		run := func(s Scheme) *grid.Density {
			step, err := s.Bind(f, []*grid.Grid{c.g})
			require.NoError(t, err)
			rho := State{trigonometric(c.g)}
			for _, r := range superMarch(t, step, rho, 0.4) {
				require.Zero(t, r.Rejections)
			}
			return rho[0]
		}
		reference := run(RKL2{Step: 0.4 / 512})
		var errs []float64
		for _, n := range []int{8, 16, 32, 64} {
			errs = append(errs, l1(run(RKL2{Step: 0.4 / float64(n)}), reference))
		}
		order := math.Log2(errs[1]/errs[3]) / 2
		t.Logf("%s: order %.3f, errors %.3g", c.name, order, errs)
		require.GreaterOrEqual(t, order, 1.9, c.name)
	}
}

// ScharfetterGummel is of second order in time: steps of one fixed length each.
func TestScharfetterGummelOrderInTime(t *testing.T) {
	for _, energy := range []Energy{
		Sum{Potential{Formula: "(x + y)^2"}, Entropy{Coefficient: 0.3}},
		Sum{repelled{k: 4}, Entropy{Coefficient: 0.3}},
	} {
		g := box(t, 16, 16)
		f, err := energy.Bind([]*grid.Grid{g})
		require.NoError(t, err)
		run := func(n int) *grid.Density {
			step, err := ScharfetterGummel{CFL: 1}.Bind(f, []*grid.Grid{g})
			require.NoError(t, err)
			rho := State{trigonometric(g)}
			for range n {
				r, err := step.Step(context.Background(), rho, 0.2/float64(n))
				require.NoError(t, err)
				require.InEpsilon(t, 0.2/float64(n), r.Dt, 1e-15, "the step bound is below the test's steps")
			}
			return rho[0]
		}
		reference := run(3200)
		var errs []float64
		for _, n := range []int{50, 100, 200} {
			errs = append(errs, l1(run(n), reference))
		}
		order := math.Log2(errs[0]/errs[2]) / 2
		t.Logf("order %.3f, errors %.3g", order, errs)
		require.InDelta(t, 2, order, 0.1)
	}
}

// The discrete equilibrium ρ ∝ exp(−U/D) stays to rounding, cell by cell and relative
// to the cell's own value: over one unit of time roundings of 2⁻⁵³ in the fluxes, which
// are as large as the rate 4D/h² times ρ, may add up to their square root's share.
func TestDiffusionKeepsEquilibrium(t *testing.T) {
	for _, formula := range []string{"3*x^2 + 2*y^2", "4*(x + 0.6*y)^2 - y", "sin(5*x*y)*3", "x^2 + y^2 + x*y/1000000"} {
		for _, g := range evenAndGraded(t, 40, 36) {
			f, err := Sum{Potential{Formula: formula}, Entropy{Coefficient: 0.25}}.Bind([]*grid.Grid{g})
			require.NoError(t, err)
			u := PartsOf(f).Rest.(*potential).psi[0]
			rest := grid.NewDensity(g)
			for i, v := range u {
				rest.Values[i] = math.Exp(-v / 0.25)
			}
			for _, s := range diffusionSchemes(0.02) {
				step, err := s.Bind(f, []*grid.Grid{g})
				require.NoError(t, err)
				rho := State{rest.Clone()}
				reports := superMarch(t, step, rho, 0.2)
				worst := 0.0
				for i, v := range rho[0].Values {
					worst = max(worst, math.Abs(v/rest.Values[i]-1))
				}
				t.Logf("%s, %s: %.2g, dissipation %.2g", formula, label(s), worst, reports[0].Dissipation)
				require.Less(t, worst, 2e-13)
				require.GreaterOrEqual(t, reports[0].Dissipation, 0.0)
				require.Less(t, reports[0].Dissipation, 1e-25*rest.Mass())
			}
		}
	}
}

// From rough densities of zeros, ones and tiny numbers, with rough potentials, every
// step keeps the mass to 1e-13, ρ ≥ 0 exactly, and never raises the energy; steps of
// RKL2 that would not are redone with shorter ones.
func TestDiffusionContracts(t *testing.T) {
	for kind, what := range []string{"fitted", "mean", "porous", "drifted", "drifted mean"} {
		rejected := 0
		t.Run(what, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				g := drawBox(t, true)
				rho := State{drawRough(t, g), drawRough(t, g)}
				before := []float64{rho[0].Mass(), rho[1].Mass()}
				next := 0
				table := rapid.SliceOfN(rapid.Float64Range(-2, 2), g.Len(), g.Len()).Draw(t, "V")
				v := Potential{Func: func([]float64) float64 { next++; return table[next-1] }}
				energy := []Energy{
					Sum{v, Entropy{Coefficient: 0.5}},
					Sum{v, repelled{k: 0.3}, Entropy{Coefficient: 0.5}},
					Sum{PorousMedium{Exponent: 2, Coefficient: 1}, PorousMedium{Exponent: 4, Coefficient: 1}},
					Sum{v, PorousMedium{Exponent: 2, Coefficient: 1}},
					Sum{v, repelled{k: 0.3}, PorousMedium{Exponent: 1.5, Coefficient: 1}, Entropy{Coefficient: 0.1}},
				}[kind]
				f, err := energy.Bind(rho.Grids())
				require.NoError(t, err)
				schemes := diffusionSchemes(rapid.SampledFrom([]float64{1e-3, 1e-2, 0.1}).Draw(t, "step"))
				s := schemes[1]
				if kind < 2 {
					s = rapid.SampledFrom(schemes).Draw(t, "scheme")
				}
				step, err := s.Bind(f, rho.Grids())
				require.NoError(t, err)
				energyBefore := math.Inf(1)
				for range 6 {
					r, err := step.Step(context.Background(), rho, 10)
					require.NoError(t, err)
					require.LessOrEqual(t, r.Energy, energyBefore+1e-12*max(1, math.Abs(energyBefore)))
					require.GreaterOrEqual(t, r.Dissipation, 0.0)
					energyBefore = r.Energy
					rejected += r.Rejections
					for c, d := range rho {
						require.GreaterOrEqual(t, d.Min(), 0.0)
						require.InEpsilon(t, before[c], d.Mass(), 1e-13)
						before[c] = d.Mass()
					}
				}
			})
		})
		t.Logf("%s: %d rejections", what, rejected)
	}
}

// The energies and dissipations reported are those of the functional and its decay.
func TestDiffusionReportsEnergy(t *testing.T) {
	for _, energy := range []Energy{
		Sum{Potential{Formula: "(x + y)^2"}, Entropy{Coefficient: 0.3}},
		Sum{repelled{k: 4}, Potential{Formula: "x"}, Entropy{Coefficient: 0.3}},
		Sum{PorousMedium{Exponent: 3, Coefficient: 0.4}, Entropy{Coefficient: 0.3}},
	} {
		for _, g := range evenAndGraded(t, 20, 24) {
			f, err := energy.Bind([]*grid.Grid{g})
			require.NoError(t, err)
			rho := State{trigonometric(g)}
			want := f.Value(rho)
			step, err := RKL2{Step: 1e-6}.Bind(f, rho.Grids())
			require.NoError(t, err)
			r, err := step.Step(context.Background(), rho, 1)
			require.NoError(t, err)
			require.InDelta(t, want, r.Energy, 1e-13)
			require.InEpsilon(t, r.Dissipation, (want-f.Value(rho))/r.Dt, 1e-3)
		}
	}
}

// Steps allocate nothing.
func TestDiffusionStepAllocatesNothing(t *testing.T) {
	for _, g := range evenAndGraded(t, 20, 24)[:2] {
		for _, energy := range []Energy{
			Sum{Potential{Formula: "(x + y)^2"}, Entropy{Coefficient: 0.3}},
			Sum{repelled{k: 4}, Potential{Formula: "x"}, Entropy{Coefficient: 0.3}},
			PorousMedium{Exponent: 2, Coefficient: 1},
		} {
			for _, s := range []Scheme{ScharfetterGummel{}, RKL2{Step: 1e-2}, RKL2{Step: 1, Tolerance: 1e-4}} {
				f, err := energy.Bind([]*grid.Grid{g})
				require.NoError(t, err)
				step, err := s.Bind(f, []*grid.Grid{g})
				if _, porous := energy.(PorousMedium); porous && s.Name() == "scharfetter-gummel" {
					require.ErrorContains(t, err, "muscl")
					continue
				}
				require.NoError(t, err)
				rho := State{trigonometric(g)}
				n := testing.AllocsPerRun(10, func() {
					if _, err := step.Step(context.Background(), rho, 1); err != nil {
						t.Fatal(err)
					}
				})
				require.Zero(t, n, label(s))
			}
		}
	}
}

// The problems P1 and P2 on 256² cells meet their targets, and Barenblatt's errors on
// coarser grids fall at about the rate that a kink allows.
func TestRKL2Yardsticks(t *testing.T) {
	traj, err := Solve(context.Background(), Problem{Energy: ornsteinEnergy(), Initial: State{ornsteinP1(t, 256, 0)}, Times: []float64{0, 1}}, RKL2{Step: 0.02}, nil)
	require.NoError(t, err)
	require.LessOrEqual(t, l1(traj.States[1][0], ornsteinP1(t, 256, 1)), 3.0e-4)
	require.Equal(t, 50, traj.Contracts.Steps)
	require.Zero(t, traj.Contracts.Rejections)
	require.Less(t, traj.Contracts.MassError, 1e-13)

	var errs []float64
	t0, t1 := barenblattTime(0.2), barenblattTime(0.4)
	for _, n := range []int{64, 128, 256} {
		traj, err := Solve(context.Background(), Problem{Energy: PorousMedium{Exponent: 2, Coefficient: 1}, Initial: State{barenblattP2(t, n, t0)}, Times: []float64{0, t1 - t0}}, RKL2{Step: 1, Tolerance: 1e-4}, nil)
		require.NoError(t, err)
		errs = append(errs, l1(traj.States[1][0], barenblattP2(t, n, t1)))
		t.Logf("%d: %d steps, %d rejections, L1 %.3g", n, traj.Contracts.Steps, traj.Contracts.Rejections, errs[len(errs)-1])
		require.Less(t, traj.Contracts.MassError, 1e-13)
		require.Zero(t, traj.Contracts.EnergyRise)
	}
	require.LessOrEqual(t, errs[2], 2.1e-4)
}

// A step that would need more stages than are sound is cut.
func TestRKL2CutsTheStep(t *testing.T) {
	g := line(t, 0, 1, 2000)
	f, err := Entropy{Coefficient: 1}.Bind([]*grid.Grid{g})
	require.NoError(t, err)
	step, err := RKL2{Step: 1e300}.Bind(f, []*grid.Grid{g})
	require.NoError(t, err)
	rho := State{trigonometric(g)}
	r, err := step.Step(context.Background(), rho, 1e300)
	require.NoError(t, err)
	require.InEpsilon(t, (499.*499+499-2)/(4*1.02*2*2000*2000), r.Dt, 1e-9)
	require.InEpsilon(t, 1, rho[0].Mass(), 1e-13)
}

func TestDiffusionRefusals(t *testing.T) {
	g := []*grid.Grid{box(t, 8, 8)}
	for _, c := range []struct {
		energy Energy
		scheme Scheme
		want   string
	}{
		{Potential{Formula: "x"}, RKL2{Step: 1}, "no diffusion"},
		{PorousMedium{Exponent: 0.5, Coefficient: 1}, RKL2{Step: 1}, "exponent 0.5"},
		{Sum{repelledCellByCell{}, PorousMedium{Exponent: 2, Coefficient: 1}}, RKL2{Step: 1}, "cell by cell"},
		{PorousMedium{Exponent: 2, Coefficient: 1}, ScharfetterGummel{}, "averages"},
		{Entropy{Coefficient: 1}, RKL2{}, "step: 0"},
		{Entropy{Coefficient: 1}, RKL2{Step: 1, Tolerance: -1}, "tolerance: -1"},
		{Entropy{Coefficient: 1}, ScharfetterGummel{CFL: 2}, "cfl: 2"},
	} {
		f, err := c.energy.Bind(g)
		require.NoError(t, err)
		_, err = c.scheme.Bind(f, g)
		require.ErrorContains(t, err, c.want)
	}
	require.Panics(t, func() { RKL2{Step: 1}.SemiDiscrete(0) })
	var s StepScheme = RKL2{Step: 0.5}
	require.Equal(t, 0.5, s.NominalStep())
	require.Equal(t, RKL2{Step: 0.25, Tolerance: 1e-3}, RKL2{Step: 1, Tolerance: 1e-3}.WithStep(0.25))
}

// With a tolerance the global error falls with it, about as tolerance^{2/3}, whatever
// the largest step.
func TestRKL2Tolerance(t *testing.T) {
	g := box(t, 32, 32)
	f, err := Sum{Potential{Formula: "(x + y)^2"}, Entropy{Coefficient: 0.3}}.Bind([]*grid.Grid{g})
	require.NoError(t, err)
	run := func(s Scheme) (*grid.Density, int, int) {
		step, err := s.Bind(f, []*grid.Grid{g})
		require.NoError(t, err)
		rho := State{trigonometric(g)}
		all := superMarch(t, step, rho, 0.5)
		rejected := 0
		for _, r := range all {
			rejected += r.Rejections
		}
		return rho[0], len(all), rejected
	}
	reference, _, _ := run(RKL2{Step: 1e-4})
	previous := math.Inf(1)
	for _, tolerance := range []float64{1e-3, 1e-4, 1e-5, 1e-6} {
		d, steps, rejected := run(RKL2{Step: 1, Tolerance: tolerance})
		e := l1(d, reference)
		t.Logf("tolerance %g: %d steps, %d rejections, error %.3g", tolerance, steps, rejected, e)
		require.Less(t, e, 10*math.Pow(tolerance, 2./3))
		require.Less(t, e, previous/2)
		require.LessOrEqual(t, rejected, steps/4)
		previous = e
	}
}

// Both schemes are registered and declare order 2 and 2.
func TestDiffusionNames(t *testing.T) {
	for _, s := range diffusionSchemes(1) {
		_, err := Schemes.New(s.Name())
		require.NoError(t, err)
		space, time := s.Order()
		require.Equal(t, "2 2", fmt.Sprint(space, time))
	}
}

// Whole steps give the same bytes with and without vector code, on grids of every
// dimension.
func TestDiffusionStepsAgreeWithoutVectors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawBox(t, true)
		start := drawRough(t, g)
		energy := rapid.SampledFrom([]Energy{
			Sum{Potential{Func: func(x []float64) float64 { return x[0] * x[len(x)-1] }}, Entropy{Coefficient: 0.5}},
			Sum{Potential{Func: func(x []float64) float64 { return x[0] + x[len(x)-1] }}, Entropy{Coefficient: 0.5}},
			Sum{repelled{k: 0.3}, Entropy{Coefficient: 0.5}},
			PorousMedium{Exponent: 2, Coefficient: 0.7},
			Sum{PorousMedium{Exponent: 3, Coefficient: 1}, Entropy{Coefficient: 0.1}},
		}).Draw(t, "energy")
		s := rapid.SampledFrom([]Scheme{RKL2{Step: 0.02}, RKL2{Step: 1, Tolerance: 1e-3}}).Draw(t, "scheme")
		run := func() (State, []StepReport) {
			rho := State{start.Clone()}
			f, err := energy.Bind(rho.Grids())
			require.NoError(t, err)
			step, err := s.Bind(f, rho.Grids())
			require.NoError(t, err)
			var reports []StepReport
			for range 3 {
				r, err := step.Step(context.Background(), rho, 10)
				require.NoError(t, err)
				reports = append(reports, r)
			}
			return rho, reports
		}
		a, ra := run()
		var b State
		var rb []StepReport
		withoutVectors(func() { b, rb = run() })
		require.Equal(t, ra, rb)
		require.Equal(t, a[0].Values, b[0].Values)
	})
}

// liar is an energy without forces that claims to be one larger at every evaluation.
type liar struct{ repelled }

func (l liar) Bind(g []*grid.Grid) (Functional, error) {
	f, err := l.repelled.Bind(g)
	return &lying{Functional: f}, err
}

// lying is a liar bound to grids.
type lying struct {
	Functional
	calls float64
}

func (l *lying) Variation(psi Field, rho State) float64 {
	l.calls++
	return l.Functional.Variation(psi, rho) + l.calls
}

// A step that raises the energy is redone with shorter ones, and refused in the end.
func TestRKL2RefusesToRaiseTheEnergy(t *testing.T) {
	g := line(t, 0, 1, 20)
	f, err := Sum{liar{}, Entropy{Coefficient: 1}}.Bind([]*grid.Grid{g})
	require.NoError(t, err)
	step, err := RKL2{Step: 1e-2}.Bind(f, []*grid.Grid{g})
	require.NoError(t, err)
	r, err := step.Step(context.Background(), State{trigonometric(g)}, 1)
	require.ErrorContains(t, err, "the energy would rise by")
	require.Equal(t, maxDiffusionHalvings, r.Rejections)
}
