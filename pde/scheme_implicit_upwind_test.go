package pde

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"pdesolve/grid"
)

// gaussianOn returns the exact cell averages of a Gaussian on a line, whose tails
// beyond the ends are cut.
func gaussianOn(g *grid.Grid, mean, variance float64) *grid.Density {
	d, e := grid.NewDensity(g), g.Axis(0).Edges()
	at := func(x float64) float64 { return math.Erf((x-mean)/math.Sqrt(2*variance)) / 2 }
	for i := range d.Values {
		d.Values[i] = (at(e[i+1]) - at(e[i])) / g.Axis(0).H()
	}
	return d
}

// barenblattLine returns the exact cell averages of Barenblatt's solution of
// ∂_τρ = Δρ² on a line, of mass 1: ρ = τ^{−1/3}(C − x²/(12 τ^{2/3}))⁺ with
// C^{3/2} = 3/(4 √12).
func barenblattLine(g *grid.Grid, τ float64) *grid.Density {
	c, s := math.Pow(3/(4*math.Sqrt(12)), 2./3), math.Cbrt(τ)
	edge := s * math.Sqrt(12*c)
	mass := func(x float64) float64 { // left of x, less a constant
		x = min(max(x, -edge), edge)
		return (c*x - x*x*x/(36*s*s)) / s
	}
	d, e := grid.NewDensity(g), g.Axis(0).Edges()
	for i := range d.Values {
		d.Values[i] = max(0, mass(e[i+1])-mass(e[i])) / (e[i+1] - e[i])
	}
	return d
}

// marchTo takes n equal steps to the time end.
func marchTo(t testing.TB, s Scheme, f Functional, rho State, end float64, n int) {
	st, err := s.Bind(f, rho.Grids())
	require.NoError(t, err)
	for range n {
		r, err := st.Step(context.Background(), rho, end/float64(n))
		require.NoError(t, err)
		require.Zero(t, r.Rejections)
		require.InEpsilon(t, end/float64(n), r.Dt, 1e-12)
	}
}

func bind(t testing.TB, e Energy, grids ...*grid.Grid) Functional {
	f, err := e.Bind(grids)
	require.NoError(t, err)
	return f
}

// The errors of the first-order scheme on the Ornstein–Uhlenbeck and Barenblatt
// problems with as many steps as cells are those that an independent program of the
// same equations made (a table of ours, in Python, printed to four digits), and fall
// with an order of at least 0.9.
func TestImplicitUpwindTables(t *testing.T) {
	for _, c := range []struct {
		name       string
		energy     Energy
		half       float64
		start, end float64
		at         func(g *grid.Grid, τ float64) *grid.Density
		want       []float64 // n = 50, 100, 200, 400
	}{
		{"Ornstein-Uhlenbeck", Sum{Potential{Formula: "x^2/2"}, Entropy{Coefficient: 1}}, 6, 0, 1,
			func(g *grid.Grid, τ float64) *grid.Density {
				return gaussianOn(g, 1.5*math.Exp(-τ), 1-0.75*math.Exp(-2*τ))
			}, []float64{3.897e-2, 2.170e-2, 1.145e-2, 5.894e-3}},
		{"Barenblatt", PorousMedium{Exponent: 2, Coefficient: 1}, 0.5, 8. / 9e3, 64. / 9e3, barenblattLine, []float64{2.704e-2, 1.500e-2, 8.016e-3, 4.180e-3}},
	} {
		var errs []float64
		for k, want := range c.want {
			n := 50 << k
			g := line(t, -c.half, c.half, n)
			rho := State{c.at(g, c.start)}
			end := c.end - c.start
			marchTo(t, ImplicitUpwind{Step: end / float64(n)}, bind(t, c.energy, g), rho, end, n)
			e := l1(rho[0], c.at(g, c.end))
			require.InEpsilon(t, want, e, 1e-3, "%s %d", c.name, n)
			errs = append(errs, e)
		}
		order := math.Log2(errs[2] / errs[3])
		t.Logf("%s: order %.3f", c.name, order)
		require.GreaterOrEqual(t, order, 0.9)
	}
}

// Apart from space, the scheme has order 1 in time: on one grid its distance to the
// flow that SemiDiscrete integrates, which is thereby shown to be its limit, falls
// with the step at no less than 0.9.
func TestImplicitUpwindOrderInTime(t *testing.T) {
	g := line(t, -3, 3, 60)
	start := grid.NewDensity(g)
	for i := range start.Values { // no vacuum, where the explicit scheme floors log ρ
		start.Values[i] = (1 + 0.5*math.Cos(math.Pi*(g.Axis(0).Center(i)-0.7)/3)) / 6
	}
	for _, energy := range []Energy{
		Potential{Formula: "cos(x)"},
		Sum{Potential{Formula: "cos(x)"}, Entropy{Coefficient: 0.3}},
		PorousMedium{Exponent: 3, Coefficient: 2},
		Sum{repelled{k: -1}, Entropy{Coefficient: 0.3}, PorousMedium{Exponent: 0.5, Coefficient: 0.1}},
		repelled{k: 2},
	} {
		f := bind(t, energy, g)
		reference := State{start.Clone()}
		s := ImplicitUpwind{Step: 1}.SemiDiscrete(4)
		st, err := s.Bind(f, []*grid.Grid{g})
		require.NoError(t, err)
		for now := 0.0; now < 0.4; {
			r, err := st.Step(context.Background(), reference, 0.4-now)
			require.NoError(t, err)
			now += r.Dt
		}
		var errs []float64
		for _, n := range []int{8, 16, 32, 64} {
			rho := State{start.Clone()}
			marchTo(t, ImplicitUpwind{Step: 0.4 / float64(n)}, f, rho, 0.4, n)
			errs = append(errs, l1(rho[0], reference[0]))
		}
		order := math.Log2(errs[0]/errs[3]) / 3
		t.Logf("%+v: order %.3f, errors %.3g", energy, order, errs)
		require.GreaterOrEqual(t, order, 0.9)
	}
}

// The order in space is at least 0.9 in one and two dimensions, with a step in
// proportion to the cell.
func TestImplicitUpwindOrderInSpace(t *testing.T) {
	for _, l := range linearFlows {
		if l.c == 0 && len(l.lambda) == 2 {
			continue // linear in Ψ: the same transport as in one dimension
		}
		levels := l.levels[len(l.levels)-3:]
		var errs []float64
		for _, n := range levels {
			g := l.box(t, n)
			rho := State{l.at(t, g, 0)}
			marchTo(t, ImplicitUpwind{Step: 1}, bind(t, l.energy(), g), rho, l.end, n/8)
			errs = append(errs, l1(rho[0], l.at(t, g, l.end)))
		}
		order := math.Log2(errs[1] / errs[2])
		t.Logf("%s: order %.3f, errors %.3g", l.name, order, errs)
		require.GreaterOrEqual(t, order, 0.9)
	}
}

// roughEnergies are energies of every kind that the scheme treats, with the steep
// potential V.
func roughEnergies(potential Energy) []Energy {
	return []Energy{
		potential,
		Sum{potential, Entropy{Coefficient: 0.3}},
		Entropy{Coefficient: 1},
		Sum{potential, PorousMedium{Exponent: 2, Coefficient: 1}},
		PorousMedium{Exponent: 3.5, Coefficient: 1},
		Sum{Sum{PorousMedium{Exponent: 1.5, Coefficient: 0.5}, Entropy{Coefficient: 0.1}}, potential},
		PorousMedium{Exponent: 0.7, Coefficient: 1},
		Sum{repelled{k: 3}, Entropy{Coefficient: 0.3}},
	}
}

// From a rough density, with steps from a tenth to a million times the explicit
// bound, the scheme keeps the mass to 1e-13 a step and ρ ≥ 0 exactly and does not
// raise the energy: a hundred random cases for each of eight energies.
func TestImplicitUpwindProperties(t *testing.T) {
	implicitProperties(t, func(tau float64) Scheme { return ImplicitUpwind{Step: tau} }, 0.05)
}

// implicitProperties allows that part of all steps to be halved on the average: a hundred cases
// are halved more or less often by a factor of ten.
func implicitProperties(t *testing.T, scheme func(tau float64) Scheme, allowed float64) {
	rejections, limited, steps := 0, 0, 0
	energies := len(roughEnergies(nil))
	for i := range energies * implicitRounds {
		k := i % energies
		rapid.Check(t, func(t *rapid.T) {
			g := drawBox(t, false)
			table := rapid.SliceOfN(rapid.Float64Range(-10, 10), g.Len(), g.Len()).Draw(t, "V")
			next := 0
			energy := roughEnergies(Potential{Func: func([]float64) float64 { next++; return table[next-1] }})[k]
			f, err := energy.Bind([]*grid.Grid{g})
			require.NoError(t, err)
			rho := State{drawRough(t, g)}
			for i, v := range rho[0].Values { // the energy of 1e-300 of mass is not the matter
				if v < 1e-100 {
					rho[0].Values[i] = 0
				}
			}
			rho[0].Scale(1 / rho[0].Mass())
			var space float64
			for k := range g.Dim() {
				space += 2 / math.Pow(g.Axis(k).H(), 2)
			}
			tau := math.Pow(10, rapid.Float64Range(-1, 6).Draw(t, "times the bound")) / space
			s, err := scheme(tau).Bind(f, rho.Grids())
			if err != nil {
				require.ErrorContains(t, err, "schemes that take this one")
				return
			}
			for range 3 {
				mass, before := rho[0].Mass(), f.Value(rho)
				r, err := s.Step(context.Background(), rho, tau)
				require.NoError(t, err)
				require.GreaterOrEqual(t, rho[0].Min(), 0.0)
				require.InEpsilon(t, mass, rho[0].Mass(), 1e-13)
				require.LessOrEqual(t, f.Value(rho), before+1e-12*max(1, math.Abs(before)))
				steps++
				rejections += r.Rejections
				limited += r.Limited
			}
		})
	}
	t.Logf("%d steps, %d rejections, %d limited cells", steps, rejections, limited)
	require.Less(t, float64(rejections), allowed*float64(steps))
}

// At rest nothing moves: the discrete equilibria of the full Ψ stay to rounding under
// steps of any length.
func TestImplicitUpwindEquilibrium(t *testing.T) {
	g := line(t, -4, 4, 80)
	f := bind(t, Sum{Potential{Formula: "x^2/2"}, Entropy{Coefficient: 0.5}}, g)
	rest := grid.NewDensity(g)
	for i, x := range g.Axis(0).Centers() {
		rest.Values[i] = math.Exp(-x * x)
	}
	rest.Scale(1 / rest.Mass())
	for _, tau := range []float64{1e-3, 1, 1e3, 1e6} {
		rho := State{rest.Clone()}
		marchTo(t, ImplicitUpwind{Step: tau}, f, rho, 5*tau, 5)
		require.Less(t, l1(rho[0], rest), 1e-15*max(1, tau*200), "step %g", tau)
	}
	// One long step from far away gets there.
	rho := State{gaussianOn(g, 1.5, 0.1)}
	rho[0].Scale(1 / rho[0].Mass())
	marchTo(t, ImplicitUpwind{Step: 1e9}, f, rho, 1e9, 1)
	require.Less(t, l1(rho[0], rest), 1e-6)
}

// A flow that does not depend on y is the same on a line, where the systems are
// tridiagonal, and on a grid, where they are sparse and transport goes by sorting.
func TestImplicitUpwindLineAndGrid(t *testing.T) {
	const n, m = 40, 7
	for _, energy := range []Energy{
		Potential{Formula: "sin(3*x)"},
		Sum{Potential{Formula: "sin(3*x)"}, Entropy{Coefficient: 0.2}},
		PorousMedium{Exponent: 2, Coefficient: 1},
	} {
		thin := line(t, -1, 1, n)
		for _, axes := range [][]grid.Axis{
			{{Lo: -1, Hi: 1, N: n}, {Lo: 0, Hi: 3, N: m}},
			{{Lo: -1, Hi: 1, N: n}, {Lo: 0, Hi: 3, N: 1}},
		} {
			wide, err := grid.New(axes...)
			require.NoError(t, err)
			a, b := State{grid.NewDensity(thin)}, State{grid.NewDensity(wide)}
			for i := range n / 2 {
				a[0].Values[i] = 1
				for j := range axes[1].N {
					b[0].Values[i*axes[1].N+j] = 1
				}
			}
			s := ImplicitUpwind{Step: 0.1, Residual: 1e-13}
			marchTo(t, s, bind(t, energy, thin), a, 0.5, 5)
			marchTo(t, s, bind(t, energy, wide), b, 0.5, 5)
			for i, v := range a[0].Values {
				for j := range axes[1].N {
					require.InDelta(t, v, b[0].Values[i*axes[1].N+j], 1e-11)
				}
			}
		}
	}
}

// The step's equation holds at the result: the residual that is reported bounds the
// distance to the density whose Ψ moved the mass, and falls with the tolerance.
func TestImplicitUpwindResidual(t *testing.T) {
	g := line(t, -4, 4, 80)
	f := bind(t, Sum{Potential{Formula: "x^2/2"}, Entropy{Coefficient: 0.5}}, g)
	step := func(tolerance float64) (*grid.Density, float64) {
		rho := State{gaussianOn(g, 1, 0.2)}
		s, err := ImplicitUpwind{Step: 0.2, Residual: tolerance}.Bind(f, rho.Grids())
		require.NoError(t, err)
		r, err := s.Step(context.Background(), rho, 1)
		require.NoError(t, err)
		require.InEpsilon(t, 0.2, r.Dt, 1e-12)
		require.LessOrEqual(t, r.Residual, tolerance)
		return rho[0], r.Residual
	}
	exact, _ := step(1e-14)
	for _, tolerance := range []float64{1e-1, 1e-3, 1e-6, 1e-9} {
		rho, residual := step(tolerance)
		require.LessOrEqual(t, l1(rho, exact), 10*residual+1e-13, "tolerance %g", tolerance)
	}
}

// For a quadratic energy without a local part, attracting or repelling, what a step of
// any length takes from F is exactly τ Σ |C| ρ_up (Δψ/h)² with the new density and ψ at
// the midpoint of the step.
func TestImplicitUpwindQuadratic(t *testing.T) {
	g := line(t, -2, 2, 40)
	for _, k := range []float64{-3, 2} {
		f := bind(t, repelled{k: k}, g)
		for _, tau := range []float64{0.01, 0.1, 1} {
			rho := State{gaussianOn(g, 0.5, 0.1)}
			old := rho.Clone()
			s, err := ImplicitUpwind{Step: tau, Residual: 1e-13}.Bind(f, rho.Grids())
			require.NoError(t, err)
			r, err := s.Step(context.Background(), rho, tau)
			require.NoError(t, err)
			require.Zero(t, r.Rejections)
			middle, psi := rho.Clone(), NewField(rho.Grids())
			for i, v := range old[0].Values {
				middle[0].Values[i] = 0.5 * (v + rho[0].Values[i])
			}
			f.Variation(psi, middle)
			require.InEpsilon(t, tau*dissipation(rho[0], psi[0]), f.Value(old)-f.Value(rho), 1e-9, "k = %g, step %g", k, tau)
		}
	}
}

// rising claims an energy that rises with every evaluation.
type rising struct {
	Functional
	calls *int
}

func (r rising) Value(State) float64 { *r.calls++; return float64(*r.calls) }
func (r rising) Variation(psi Field, rho State) float64 {
	r.Functional.Variation(psi, rho)
	return 0
}

// A step that would raise the energy is halved, counted, and given up as diverged in
// the end.
func TestImplicitUpwindRejects(t *testing.T) {
	g := line(t, -1, 1, 20)
	f := rising{Functional: bind(t, Potential{Formula: "x"}, g), calls: new(int)}
	s, err := ImplicitUpwind{Step: 1}.Bind(f, []*grid.Grid{g})
	require.NoError(t, err)
	d := grid.NewDensity(g)
	d.Values[10] = 1
	r, err := s.Step(context.Background(), State{d}, 1)
	require.ErrorIs(t, err, ErrDiverged)
	require.ErrorContains(t, err, "the energy would rise by")
	require.Equal(t, maxHalvings, r.Rejections)
	require.Equal(t, 2*(maxHalvings+1), *f.calls, "each length once more, solved to rounding")

	// Newton's method that may make one iteration only needs shorter steps.
	ok := bind(t, Sum{Potential{Formula: "x"}, PorousMedium{Exponent: 3, Coefficient: 1}}, g)
	s, err = ImplicitUpwind{Step: 1, MaxIterations: 1, Residual: 1e-5}.Bind(ok, []*grid.Grid{g})
	require.NoError(t, err)
	for i := range d.Values {
		d.Values[i] = 1 + float64(i%7)
	}
	r, err = s.Step(context.Background(), State{d}, 1)
	require.NoError(t, err)
	require.Positive(t, r.Rejections)
	require.Equal(t, math.Pow(2, -float64(r.Rejections)), r.Dt)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = s.Step(ctx, State{d}, 1)
	require.ErrorIs(t, err, context.Canceled)
}

// Steps allocate nothing.
func TestImplicitUpwindAllocatesNothing(t *testing.T) {
	for _, g := range []*grid.Grid{line(t, -2, 2, 50), box(t, 12, 9)} {
		for _, energy := range []Energy{Sum{Potential{Formula: "x^2"}, Entropy{Coefficient: 0.1}}, Sum{repelled{k: 1}, Entropy{Coefficient: 0.1}}} {
			rho := State{grid.NewDensity(g)}
			rho[0].Values[3] = 1
			s, err := ImplicitUpwind{Step: 0.01}.Bind(bind(t, energy, g), rho.Grids())
			require.NoError(t, err)
			require.Zero(t, testing.AllocsPerRun(5, func() {
				if _, err := s.Step(context.Background(), rho, 0.01); err != nil {
					t.Fatal(err)
				}
			}))
		}
	}
}

// Components are independent and each has its own Ψ; Solve runs the scheme and
// reports a falling energy.
func TestImplicitUpwindComponents(t *testing.T) {
	g, h := line(t, -4, 4, 40), line(t, -4, 4, 64)
	energy := Sum{Potential{Formula: "x^2/2"}, Entropy{Coefficient: 0.4}}
	all := State{gaussianOn(g, 1, 0.3), gaussianOn(h, -1, 0.2), gaussianOn(g, 0, 0.5)}
	s := &ImplicitUpwind{Step: 0.1}
	o := &Options{WallMass: -1}
	traj, err := Solve(context.Background(), Problem{Energy: energy, Initial: all, Times: []float64{0, 0.5, 1}}, s, o)
	require.NoError(t, err)
	require.Zero(t, traj.Contracts.EnergyRise)
	require.Equal(t, 10, traj.Contracts.Steps)
	require.LessOrEqual(t, traj.Contracts.Certificate, 1e-10)
	for c := range all {
		one, err := Solve(context.Background(), Problem{Energy: energy, Initial: all[c : c+1], Times: []float64{0, 0.5, 1}}, s, o)
		require.NoError(t, err)
		require.True(t, slices.Equal(one.States[2][0].Values, traj.States[2][c].Values))
	}
}

func TestImplicitUpwindValidate(t *testing.T) {
	for _, c := range []struct {
		scheme ImplicitUpwind
		want   string
	}{
		{ImplicitUpwind{}, "step: 0: want a finite number above 0"},
		{ImplicitUpwind{Step: math.Inf(1)}, "step: +Inf"},
		{ImplicitUpwind{Step: 1, Residual: 1}, "residual: 1"},
		{ImplicitUpwind{Step: 1, Residual: math.NaN()}, "residual: NaN"},
		{ImplicitUpwind{Step: 1, MaxIterations: -1}, "max-iterations: -1"},
	} {
		require.ErrorContains(t, c.scheme.Validate(), c.want)
		_, err := c.scheme.Bind(nil, nil)
		require.ErrorContains(t, err, c.want)
	}
	require.NoError(t, ImplicitUpwind{Step: 1}.Validate())
	g := line(t, 0, 1, 4)
	hidden := struct{ Functional }{bind(t, Entropy{Coefficient: 1}, g)}
	_, err := ImplicitUpwind{Step: 1}.Bind(hidden, []*grid.Grid{g})
	require.ErrorContains(t, err, "pde.Local")
	named, err := Schemes.New("implicit-upwind")
	require.NoError(t, err)
	require.Equal(t, "implicit-upwind", named.Name())
	require.Panics(t, func() { ImplicitUpwind{Step: 1}.SemiDiscrete(0) })
}

// Derivatives are those of Variation where nothing is floored, by differences, and
// local part and rest add up to the whole.
func TestLocalDerivatives(t *testing.T) {
	g := line(t, 0, 2, 6)
	rho := State{grid.NewDensity(g)}
	for i := range rho[0].Values {
		rho[0].Values[i] = 0.2 + 0.3*float64(i)
	}
	potential := Potential{Formula: "x^3"}
	for _, energy := range []Energy{
		Entropy{Coefficient: 0.7}, PorousMedium{Exponent: 2, Coefficient: 0.3}, PorousMedium{Exponent: 0.4, Coefficient: 2},
		PorousMedium{Exponent: 2.7, Coefficient: 1}, Sum{potential, Entropy{Coefficient: 2}},
		Sum{Sum{potential, Entropy{Coefficient: 2}}, PorousMedium{Exponent: 3, Coefficient: 1}, repelled{k: 2}},
		Sum{Entropy{Coefficient: 1}, Entropy{Coefficient: 2}}, Sum{potential},
	} {
		f := bind(t, energy, g)
		parts := PartsOf(f)
		n := g.Len()
		first, second := make([]float64, n), make([]float64, n)
		parts.Derivatives(first, second, rho[0].Values)
		psi, rest := NewField(rho.Grids()), NewField(rho.Grids())
		f.Variation(psi, rho)
		if r := parts.Rest; r != nil {
			require.NotEqual(t, Pointwise, r.Dependence())
			r.Variation(rest, rho)
		}
		for i := range n {
			require.InEpsilon(t, psi[0][i]+1, first[i]+rest[0][i]+1, 1e-14)
		}
		const e = 1e-5
		shift := func(by float64) []float64 {
			x, y := slices.Clone(rho[0].Values), make([]float64, n)
			for i := range x {
				x[i] += by
			}
			parts.Derivatives(y, make([]float64, n), x)
			return y
		}
		hi, lo := shift(e), shift(-e)
		for i := range n {
			require.InDelta(t, (hi[i]-lo[i])/(2*e), second[i], 1e-7*(1+second[i]), fmt.Sprint(energy))
		}
	}
}
