package pde

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// Mass, sign and energy hold for the other implicit schemes too, from rough densities
// and with steps up to a million times the explicit bound. Of the steps of order 2 three to
// five in a hundred are halved: the second stage starts from a density with empty cells next
// to full ones, where Newton's method runs out of iterations. Of those with fitted fluxes it is one
// or two in a hundred, where a residual of rounding would make a nearly empty cell negative.
func TestImplicitOrderTwoProperties(t *testing.T) {
	for _, c := range []struct {
		name    string
		scheme  func(tau float64) Scheme
		allowed float64
	}{
		{"upwind", func(tau float64) Scheme { return ImplicitUpwind{Step: tau, TimeOrder: 2} }, 0.08},
		{"fitted", func(tau float64) Scheme { return ImplicitScharfetterGummel{Step: tau} }, 0.06},
		{"fitted, order 1", func(tau float64) Scheme { return ImplicitScharfetterGummel{Step: tau, TimeOrder: 1} }, 0.06},
	} {
		t.Run(c.name, func(t *testing.T) { implicitProperties(t, c.scheme, c.allowed) })
	}
}

// travel advances rho to the time end by steps of at most the scheme's own.
func travel(t testing.TB, s Scheme, f Functional, rho State, end float64) (reports []StepReport) {
	st, err := s.Bind(f, rho.Grids())
	require.NoError(t, err)
	for now := 0.0; now < end*(1-1e-12); {
		r, err := st.Step(context.Background(), rho, end-now)
		require.NoError(t, err)
		now += r.Dt
		reports = append(reports, r)
	}
	return reports
}

// Apart from space the implicit schemes have the declared order in time, 1 or 2: on one
// grid the distance to the flow of SemiDiscrete, a scheme with other steps and the same
// fluxes, falls with the step as declared, for linear, nonlinear and nonlocal energies.
func TestImplicitOrderInTime(t *testing.T) {
	wave := func(g *grid.Grid) *grid.Density { // no vacuum, where the explicit scheme floors log ρ
		d := grid.NewDensity(g)
		x := make([]float64, g.Dim())
		for i := range d.Values {
			g.Center(x, i)
			d.Values[i] = 1
			for k, v := range x {
				d.Values[i] *= (1 + 0.5*math.Cos(math.Pi*(v-0.7+0.2*float64(k))/3)) / 6
			}
		}
		return d
	}
	thermal := Entropy{Coefficient: 0.3}
	square, err := grid.New(grid.Axis{Lo: -3, Hi: 3, N: 24}, grid.Axis{Lo: -3, Hi: 3, N: 20})
	require.NoError(t, err)
	for _, c := range []struct {
		energy Energy
		fitted bool
		g      *grid.Grid
	}{
		{Potential{Formula: "cos(x)"}, false, line(t, -3, 3, 60)},
		{Sum{Potential{Formula: "cos(x)"}, thermal}, true, line(t, -3, 3, 60)},
		{PorousMedium{Exponent: 3, Coefficient: 2}, false, line(t, -3, 3, 60)},
		{Sum{repelled{k: -1}, thermal}, true, line(t, -3, 3, 60)},
		{Sum{repelled{k: -1}, thermal, PorousMedium{Exponent: 0.5, Coefficient: 0.1}}, false, line(t, -3, 3, 60)},
		{Sum{Potential{Formula: "cos(x + y/2)"}, thermal}, true, square},
	} {
		schemes := []StepScheme{ImplicitUpwind{Step: 1}, ImplicitUpwind{Step: 1, TimeOrder: 2}}
		if c.fitted {
			schemes = append(schemes, ImplicitScharfetterGummel{Step: 1, TimeOrder: 1}, ImplicitScharfetterGummel{Step: 1})
		}
		f := bind(t, c.energy, c.g)
		for _, s := range schemes {
			reference := State{wave(c.g)}
			travel(t, s.SemiDiscrete(16), f, reference, 0.4)
			var errs []float64
			for _, n := range []int{4, 8, 16, 32} {
				rho := State{wave(c.g)}
				for _, r := range travel(t, s.WithStep(0.4/float64(n)), f, rho, 0.4) {
					require.Zero(t, r.Rejections)
					require.Zero(t, r.Limited)
				}
				errs = append(errs, l1(rho[0], reference[0]))
			}
			order := math.Log2(errs[1]/errs[3]) / 2
			_, want := s.Order()
			t.Logf("%s order %d, %+v: order %.3f, errors %.3g", s.Name(), want, c.energy, order, errs)
			require.InDelta(t, want, order, 0.15)
		}
	}
}

// The errors of the fitted scheme of order 1 on the Ornstein–Uhlenbeck problem are those of
// an independent program (a table of ours, in Python, printed to four digits), with steps
// of 2/N and of h²/4; those of order 2 with steps of 2/N are within a hundredth of what
// Crank–Nicolson gives there.
func TestImplicitScharfetterGummelTables(t *testing.T) {
	f := func(g *grid.Grid) Functional {
		return bind(t, Sum{Potential{Formula: "x^2/2"}, Entropy{Coefficient: 1}}, g)
	}
	for _, c := range []struct {
		order int
		step  func(n int) float64
		want  []float64 // n = 50, 100, …
		near  float64
	}{
		{1, func(n int) float64 { return 2 / float64(n) }, []float64{1.635e-2, 7.011e-3, 3.223e-3, 1.542e-3}, 5e-4},
		{1, func(n int) float64 { return 36 / float64(n*n) }, []float64{9.233e-3, 2.303e-3}, 1e-2}, // h²/4, to the next whole number of steps, which the table does not give
		{2, func(n int) float64 { return 2 / float64(n) }, []float64{5.325e-3, 1.329e-3, 3.320e-4, 8.298e-5}, 1e-2},
	} {
		for k, want := range c.want {
			n := 50 << k
			g := line(t, -6, 6, n)
			rho := State{gaussianOn(g, 1.5, 0.25)}
			travel(t, ImplicitScharfetterGummel{Step: c.step(n), TimeOrder: c.order}, f(g), rho, 1)
			e := l1(rho[0], gaussianOn(g, 1.5*math.Exp(-1), 1-0.75*math.Exp(-2)))
			require.InEpsilon(t, want, e, c.near, "order %d, %d cells", c.order, n)
		}
	}
}

// The fitted scheme is of second order on every exact solution with diffusion, a rotated
// potential among them, with steps in proportion to the cells.
func TestImplicitScharfetterGummelOrderInSpace(t *testing.T) {
	for _, l := range linearFlows {
		if l.c == 0 || l.grading != nil {
			continue
		}
		levels := l.levels[len(l.levels)-3:]
		var errs []float64
		for _, n := range levels {
			g := l.box(t, n)
			rho := State{l.at(t, g, 0)}
			travel(t, ImplicitScharfetterGummel{Step: l.end * 6 / float64(n)}, bind(t, l.energy(), g), rho, l.end)
			errs = append(errs, l1(rho[0], l.at(t, g, l.end)))
		}
		order := math.Log2(errs[1] / errs[2])
		t.Logf("%s: order %.3f, errors %.3g", l.name, order, errs)
		require.GreaterOrEqual(t, order, 1.9)
	}
}

// The discrete equilibrium ρ ∝ e^{−U/D} stays to rounding, relative to the cell's own
// value, whatever the step, on a line and on a grid where the axes do not separate: a flow
// has a rounding of τ/h² times the density of the fuller cell, here up to a hundred times more.
func TestImplicitScharfetterGummelEquilibrium(t *testing.T) {
	for _, c := range []struct {
		formula string
		g       *grid.Grid
	}{{"3*x^2 + sin(9*x)", line(t, -1, 1, 60)}, {"4*(x + 0.6*y)^2 - y", box(t, 24, 20)}} {
		f := bind(t, Sum{Potential{Formula: c.formula}, Entropy{Coefficient: 0.25}}, c.g)
		p := PartsOf(f)
		u := NewField([]*grid.Grid{c.g})
		rest := grid.NewDensity(c.g)
		p.Rest.Variation(u, State{rest})
		for i, v := range u[0] {
			rest.Values[i] = math.Exp(-v / 0.25)
		}
		h := c.g.Axis(0).H()
		for _, tau := range []float64{1e-3, 1, 1e3} {
			for _, order := range []int{1, 2} {
				rho := State{rest.Clone()}
				travel(t, ImplicitScharfetterGummel{Step: tau, TimeOrder: order}, f, rho, 3*tau)
				for i, v := range rho[0].Values {
					require.InEpsilon(t, rest.Values[i], v, 1e-13+0x1p-46*tau/(h*h), "%s, step %g, order %d, cell %d", c.formula, tau, order, i)
				}
			}
		}
	}
}

// Where a stage drains cells the second stage's start is limited: it is counted, the sign
// and the mass hold, and with shorter steps it ends.
func TestImplicitOrderTwoLimits(t *testing.T) {
	g := line(t, -2, 2, 80)
	f := bind(t, Sum{Potential{Formula: "-20*x"}, Entropy{Coefficient: 0.5}}, g)
	for _, s := range []StepScheme{ImplicitUpwind{Step: 1, TimeOrder: 2}, ImplicitScharfetterGummel{Step: 1}} {
		var counts []int
		for _, tau := range []float64{0.02, 1e-5} {
			rho := State{gaussianOn(g, -0.8, 0.05)}
			mass, limited := rho[0].Mass(), 0
			for _, r := range travel(t, s.WithStep(tau), f, rho, 3*tau) {
				limited += r.Limited
			}
			counts = append(counts, limited)
			require.GreaterOrEqual(t, rho[0].Min(), 0.0)
			require.InEpsilon(t, mass, rho[0].Mass(), 1e-14)
		}
		require.Positive(t, counts[0], s.Name())
		require.Zero(t, counts[1], s.Name())
	}
}

// With a tolerance the steps follow the estimate: the error at the end falls with the
// tolerance, by 10^{2/3} for each tenth at order 2 and 10^{1/2} at order 1; steps grow as the
// flow calms down, those of no use are counted, and a run repeats to the bit.
func TestImplicitTolerance(t *testing.T) {
	g := line(t, -6, 6, 120)
	f := bind(t, Sum{Potential{Formula: "x^2/2"}, Entropy{Coefficient: 1}}, g)
	for _, c := range []struct {
		scheme func(tolerance float64) Scheme
		rate   float64
	}{
		{func(e float64) Scheme { return ImplicitUpwind{Step: 1, Tolerance: e} }, 1. / 2},
		{func(e float64) Scheme { return ImplicitUpwind{Step: 1, Tolerance: e, TimeOrder: 2} }, 2. / 3},
		{func(e float64) Scheme { return ImplicitScharfetterGummel{Step: 1, Tolerance: e} }, 2. / 3},
	} {
		reference := State{gaussianOn(g, 1.5, 0.25)}
		travel(t, c.scheme(0).(StepScheme).SemiDiscrete(4), f, reference, 3)
		tolerances := []float64{1e-3, 1e-4, 1e-5}
		var errs []float64
		for _, e := range tolerances {
			run := func() (State, []StepReport) {
				rho := State{gaussianOn(g, 1.5, 0.25)}
				return rho, travel(t, c.scheme(e), f, rho, 3)
			}
			rho, reports := run()
			again, _ := run()
			require.True(t, slices.Equal(rho[0].Values, again[0].Values))
			errs = append(errs, l1(rho[0], reference[0]))
			rejections, longest := 0, 0.0
			for _, r := range reports {
				rejections += r.Rejections
				longest = max(longest, r.Dt)
			}
			require.Less(t, rejections, 6+len(reports)/5)
			require.Greater(t, longest, 4*reports[len(reports)/4].Dt)
		}
		rate := math.Log10(errs[0]/errs[2]) / 2
		t.Logf("%+v: errors %.3g, rate %.2f", c.scheme(1), errs, rate)
		require.InDelta(t, c.rate, rate, 0.15)
	}
}

// From a discontinuous density with vacuum the adaptive steps start short and get there.
func TestImplicitToleranceFromVacuum(t *testing.T) {
	g := line(t, -4, 4, 100)
	f := bind(t, Sum{Potential{Formula: "x^2/2"}, Entropy{Coefficient: 0.5}}, g)
	for _, s := range []Scheme{ImplicitUpwind{Step: 1, TimeOrder: 2, Tolerance: 1e-4}, ImplicitScharfetterGummel{Step: 1, Tolerance: 1e-4}} {
		rho := State{grid.NewDensity(g)}
		for i, x := range g.Axis(0).Centers() {
			if x > 1 && x < 2 {
				rho[0].Values[i] = 1
			}
		}
		rho[0].Scale(1 / rho[0].Mass())
		reports := travel(t, s, f, rho, 8)
		first, last := reports[0].Dt, reports[len(reports)-2].Dt
		t.Logf("%s: %d steps from %.2g to %.2g", s.Name(), len(reports), first, last)
		require.Less(t, first, 0.02)
		require.Greater(t, last, 5*first)
		require.InDelta(t, 0.0, rho[0].Values[0], 1e-6)
		require.InDelta(t, 1/math.Sqrt(math.Pi), rho[0].Values[50], 2e-2)
	}
}

// The energy of an attraction is concave: taken explicitly it lets no step raise the
// energy, whatever its length, and costs one evaluation a step.
func TestImplicitCoupling(t *testing.T) {
	g := line(t, -2, 2, 60)
	f := bind(t, Sum{Interaction{Formula: "r^2/2"}, Entropy{Coefficient: 0.05}}, g)
	for _, mk := range []func(coupling string, tau float64) Scheme{
		func(coupling string, tau float64) Scheme {
			return ImplicitUpwind{Step: tau, Coupling: coupling}
		},
		func(coupling string, tau float64) Scheme {
			return ImplicitScharfetterGummel{Step: tau, TimeOrder: 1, Coupling: coupling}
		},
	} {
		for _, tau := range []float64{0.01, 1, 100} {
			rho := State{gaussianOn(g, 0.3, 0.2)}
			for _, r := range travel(t, mk(CouplingExplicit, tau), f, rho, 5*tau) {
				require.Zero(t, r.Rejections, "%g", tau)
				require.LessOrEqual(t, r.Evaluations, 1)
			}
		}
		// Both are of first order: they differ by it.
		var gap []float64
		for _, tau := range []float64{0.04, 0.02, 0.01} {
			a, b := State{gaussianOn(g, 0.3, 0.2)}, State{gaussianOn(g, 0.3, 0.2)}
			travel(t, mk(CouplingExplicit, tau), f, a, 0.4)
			travel(t, mk("", tau), f, b, 0.4)
			gap = append(gap, l1(a[0], b[0]))
		}
		require.InDelta(t, 1, math.Log2(gap[0]/gap[2])/2, 0.15)
	}
}

// Components of equal grids share arrays and not results, at order 2 as well; steps
// allocate nothing.
func TestImplicitOrderTwoComponents(t *testing.T) {
	g, h := box(t, 14, 12), line(t, -4, 4, 40)
	for _, s := range []Scheme{ImplicitUpwind{Step: 0.1, TimeOrder: 2}, ImplicitScharfetterGummel{Step: 0.1}} {
		energy := Sum{Potential{Formula: "-9*x"}, Entropy{Coefficient: 0.4}}
		all := State{trigonometric(g), gaussianOn(h, -1, 0.2), trigonometric(g), gaussianOn(h, 1, 0.5)}
		for i := range all[2].Values {
			all[2].Values[i] *= float64(i % 3)
		}
		together := all.Clone()
		travel(t, s, bind(t, energy, all.Grids()...), together, 0.3)
		for c := range all {
			alone := all[c : c+1].Clone()
			travel(t, s, bind(t, energy, alone[0].Grid), alone, 0.3)
			require.True(t, slices.Equal(alone[0].Values, together[c].Values), "%s, component %d", s.Name(), c)
		}
		st, err := s.Bind(bind(t, energy, all.Grids()...), all.Grids())
		require.NoError(t, err)
		require.Zero(t, testing.AllocsPerRun(4, func() {
			if _, err := st.Step(context.Background(), all, 0.1); err != nil {
				t.Fatal(err)
			}
		}))
	}
}

// What cannot be is refused by name, and a first variation that is not a number stops the
// run.
func TestImplicitScharfetterGummelRefuses(t *testing.T) {
	for _, c := range []struct {
		scheme Scheme
		want   string
	}{
		{ImplicitScharfetterGummel{}, "step: 0"},
		{ImplicitScharfetterGummel{Step: math.Inf(1)}, "step: +Inf"},
		{ImplicitScharfetterGummel{Step: 1, TimeOrder: 3}, "order: 3"},
		{ImplicitScharfetterGummel{Step: 1, Tolerance: -1}, "tolerance: -1"},
		{ImplicitScharfetterGummel{Step: 1, Coupling: "loose"}, `coupling: "loose"`},
		{ImplicitScharfetterGummel{Step: 1, Coupling: CouplingExplicit}, "want order: 1"},
		{ImplicitUpwind{Step: 1, TimeOrder: -1}, "order: -1"},
		{ImplicitUpwind{Step: 1, Tolerance: math.NaN()}, "tolerance: NaN"},
		{ImplicitUpwind{Step: 1, TimeOrder: 2, Coupling: CouplingExplicit}, "want order: 1"},
	} {
		require.ErrorContains(t, c.scheme.Validate(), c.want)
		_, err := c.scheme.Bind(nil, nil)
		require.ErrorContains(t, err, c.want)
	}
	g := line(t, 0, 1, 8)
	_, err := ImplicitScharfetterGummel{Step: 1}.Bind(bind(t, PorousMedium{Exponent: 2, Coefficient: 1}, g), []*grid.Grid{g})
	require.ErrorContains(t, err, "implicit-upwind")
	require.Panics(t, func() { ImplicitScharfetterGummel{Step: 1}.SemiDiscrete(0) })
	named, err := Schemes.New("implicit-scharfetter-gummel")
	require.NoError(t, err)
	require.Equal(t, &ImplicitScharfetterGummel{TimeOrder: 2}, named)

	bad := &lyingRest{Functional: bind(t, Sum{Potential{Formula: "x"}, Entropy{Coefficient: 1}}, g)}
	for _, s := range []Scheme{ImplicitScharfetterGummel{Step: 0.1}, ImplicitUpwind{Step: 0.1, TimeOrder: 2}} {
		st, err := s.Bind(bad, []*grid.Grid{g})
		require.NoError(t, err)
		rho := State{grid.NewDensity(g)}
		for i := range rho[0].Values {
			rho[0].Values[i] = 1
		}
		_, err = st.Step(context.Background(), rho, 0.1)
		require.ErrorIs(t, err, ErrDiverged, fmt.Sprint(s))
	}
}

// lyingRest has a rest whose first variation is NaN in one cell.
type lyingRest struct{ Functional }

func (l *lyingRest) Parts() Parts { return Parts{Linear: 1, Rest: poisonedRest{l.Functional}} }

type poisonedRest struct{ Functional }

func (poisonedRest) Dependence() Dependence { return Constant }
func (p poisonedRest) Variation(psi Field, rho State) float64 {
	v := p.Functional.Variation(psi, rho)
	psi[0][3] = math.NaN()
	return v
}

// Steps report their Newton iterations or linear solves, and all evaluations of the first
// variation, those of the stages too.
func TestStepsReportTheirWork(t *testing.T) {
	g := square(t, 16)
	start := grid.NewDensity(g)
	require.NoError(t, (&grid.Gaussian{Mean: []float64{0, 0}, Covariance: [][]float64{{0.3, 0}, {0, 0.3}}}).Average(start))
	energy := Sum{Entropy{1}, Interaction{Kernel: Quadratic{Strength: 1}}}
	for _, c := range []struct {
		scheme                  Scheme
		evaluations, iterations int // least numbers
	}{
		{ImplicitUpwind{Step: 0.01}, 3, 2}, {ImplicitScharfetterGummel{Step: 0.01}, 3, 2}, {RKL2{Step: 0.01}, 4, 0},
	} {
		f, err := energy.Bind([]*grid.Grid{g})
		require.NoError(t, err)
		s, err := c.scheme.Bind(f, []*grid.Grid{g})
		require.NoError(t, err)
		r, err := s.Step(t.Context(), State{start.Clone()}, 1)
		require.NoError(t, err)
		require.GreaterOrEqual(t, r.Evaluations, c.evaluations, c.scheme.Name())
		require.GreaterOrEqual(t, r.Iterations, c.iterations, c.scheme.Name())
	}
}
