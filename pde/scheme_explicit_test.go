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

// explicitSchemes returns every registered scheme whose stepper is explicit, in
// every variant that changes its order or its limiter.
func explicitSchemes(t testing.TB) []Scheme {
	g := line(t, -1, 1, 4)
	f, err := Potential{Formula: "x"}.Bind([]*grid.Grid{g})
	require.NoError(t, err)
	var all []Scheme
	for _, name := range Schemes.Names() {
		s, err := Schemes.New(name)
		require.NoError(t, err)
		if st, err := s.Bind(f, []*grid.Grid{g}); err == nil {
			if _, ok := st.(*explicit); ok {
				all = append(all, s)
			}
		}
	}
	require.GreaterOrEqual(t, len(all), 2)
	return append(all, Upwind{Stages: 2}, MUSCL{Limiter: "minmod", Theta: 1.5}, MUSCL{Limiter: "van-leer"}, MUSCL{Limiter: "koren"}, MUSCL{Limiter: "third-order"})
}

// label names a scheme with its options.
func label(s Scheme) string { return fmt.Sprintf("%s%+v", s.Name(), s) }

func line(tb testing.TB, lo, hi float64, n int) *grid.Grid {
	g, err := grid.New(grid.Axis{Lo: lo, Hi: hi, N: n})
	require.NoError(tb, err)
	return g
}

// drawBox draws a grid of 1 to 3 axes, with axes of a single cell among them and, if
// graded, graded ones.
func drawBox(t *rapid.T, graded bool) *grid.Grid {
	axes := make([]grid.Axis, rapid.IntRange(1, 3).Draw(t, "dim"))
	for k := range axes {
		lo := rapid.Float64Range(-3, 1).Draw(t, "lo")
		axes[k] = grid.Axis{Lo: lo, Hi: lo + rapid.Float64Range(0.1, 4).Draw(t, "width"), N: rapid.IntRange(1, []int{40, 12, 7}[len(axes)-1]).Draw(t, "n")}
		if graded {
			axes[k].Grading = drawGrading(t, axes[k])
		}
	}
	g, err := grid.New(axes...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// drawGrading draws a grading that the axis resolves, or none.
func drawGrading(t *rapid.T, a grid.Axis) grid.Grading {
	ratio := rapid.Float64Range(1, 20).Draw(t, "ratio")
	switch rapid.IntRange(0, 3).Draw(t, "grading") {
	case 0:
		a.Grading = grid.Geometric{Ratio: 1 / ratio}
	case 1:
		a.Grading = grid.Tanh{Ratio: ratio}
	case 2:
		a.Grading = grid.Sinh{Center: rapid.Float64Range(-3, 4).Draw(t, "center"), Scale: 1 / ratio}
	}
	if a.Validate() != nil {
		return nil
	}
	return a.Grading
}

// drawRough draws a density that is 0 in about half of the cells, and in the rest
// of sizes between 1 and the smallest number there is.
func drawRough(t *rapid.T, g *grid.Grid) *grid.Density {
	d := grid.NewDensity(g)
	kind := rapid.IntRange(0, 5)
	for i := range d.Values {
		switch kind.Draw(t, "kind") {
		case 0, 1:
			d.Values[i] = 1
		case 2:
			d.Values[i] = rapid.SampledFrom([]float64{5e-324, 1e-323, 1e-310, 1e-300, 1e-20}).Draw(t, "tiny")
		}
	}
	d.Values[0] = 1
	return d
}

// From a rough density in a rough potential, every explicit scheme keeps the mass
// to 1e-13 and ρ ≥ 0 exactly and never raises the energy, at the largest cfl for
// which the proof covers subnormal numbers.
func TestExplicitProperties(t *testing.T) {
	for _, s := range explicitSchemes(t) {
		switch v := s.(type) {
		case *Upwind:
			v.CFL = 0.5
		case *MUSCL:
			v.CFL = 0.5
		case MUSCL:
			v.CFL = 0.5
			s = v
		}
		t.Run(label(s), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				g := drawBox(t, true)
				rho := State{drawRough(t, g), drawRough(t, g)}
				before := []float64{rho[0].Mass(), rho[1].Mass()}
				// A random table: the potential jumps from cell to cell.
				table := rapid.SliceOfN(rapid.Float64Range(-10, 10), g.Len(), g.Len()).Draw(t, "V")
				next := 0
				f, err := Potential{Func: func([]float64) float64 { next++; return table[next-1] }}.Bind(rho.Grids())
				require.NoError(t, err)
				step, err := s.Bind(f, rho.Grids())
				require.NoError(t, err)
				energy := math.Inf(1)
				for range 12 {
					r, err := step.Step(context.Background(), rho, 10)
					require.NoError(t, err)
					require.LessOrEqual(t, r.Energy, energy+1e-14*math.Abs(energy)+1e-300)
					require.GreaterOrEqual(t, r.Dissipation, 0.0)
					energy = r.Energy
					for c, d := range rho {
						require.GreaterOrEqual(t, d.Min(), 0.0)
						require.InEpsilon(t, before[c], d.Mass(), 1e-13)
					}
				}
			})
		})
	}
}

// repelled is an energy with Ψ = A ρ̄-dependent potential: F = (k/2) m², with
// m = ∫ x ρ, so Ψ = k m x depends on ρ and its velocity changes during a step.
type repelled struct {
	k      float64
	x      [][]float64
	share  []float64 // x[0] times the relative cell volume
	volume []float64
}

func (p repelled) Validate() error { return nil }
func (p repelled) Bind(g []*grid.Grid) (Functional, error) {
	p.volume, p.x = volumes(g), nil
	for _, q := range g {
		x := make([]float64, q.Len())
		for i := range x {
			x[i] = q.Center(make([]float64, q.Dim()), i)[0]
		}
		p.x = append(p.x, x)
	}
	p.share = slices.Clone(p.x[0])
	for i := range p.share {
		p.share[i] *= g[0].RelativeVolume(i)
	}
	return &p, nil
}
func (p *repelled) moment(rho State) float64 { return dot(p.share, rho[0].Values) * p.volume[0] }
func (p *repelled) Value(rho State) float64 {
	m := p.moment(rho)
	return p.k / 2 * m * m
}
func (p *repelled) Variation(psi Field, rho State) float64 {
	m := p.moment(rho)
	for i, x := range p.x[0] {
		psi[0][i] = p.k * m * x
	}
	return p.k / 2 * m * m
}
func (p *repelled) Dependence() Dependence { return Mean }
func (p *repelled) Weight(int) float64     { return 1 }

// A second stage that sees a velocity too large for the step makes the stepper
// halve it, count that, and still keep ρ ≥ 0.
func TestSecondStageBound(t *testing.T) {
	// The mean starts near 0, where the velocity is small, so the bound of the first
	// stage is long; a repelling energy (k < 0) accelerates.
	g := line(t, -1, 1, 50)
	d := grid.NewDensity(g)
	for i := range d.Values {
		d.Values[i] = 0.5
	}
	d.Values[49] += 1e-6
	f, err := repelled{k: -1}.Bind([]*grid.Grid{g})
	require.NoError(t, err)
	s, err := MUSCL{CFL: 1}.Bind(f, []*grid.Grid{g})
	require.NoError(t, err)
	rejected := 0
	rho := State{d}
	for range 40 {
		r, err := s.Step(context.Background(), rho, 1e9)
		require.NoError(t, err)
		rejected += r.Rejections
		require.GreaterOrEqual(t, d.Min(), 0.0)
		require.Equal(t, 2+r.Rejections, r.Evaluations)
	}
	require.Positive(t, rejected)
}

// Step takes the limit when it is near, half of it when the rest would be a
// sliver, and otherwise cfl times the bound: here velocities 1 on both axes.
func TestStepLength(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 10}, grid.Axis{Lo: 0, Hi: 1, N: 20})
	require.NoError(t, err)
	f, err := Potential{Formula: "x + y"}.Bind([]*grid.Grid{g})
	require.NoError(t, err)
	for _, c := range []struct {
		scheme Scheme
		bound  float64
	}{{Upwind{CFL: 0.25}, 1. / 30}, {MUSCL{CFL: 0.25}, 1. / 60}} {
		s, err := c.scheme.Bind(f, []*grid.Grid{g})
		require.NoError(t, err)
		dt := c.bound / 4
		for _, l := range []struct{ limit, want float64 }{{dt / 3, dt / 3}, {1.5 * dt, 0.75 * dt}, {10, dt}} {
			d := grid.NewDensity(g)
			d.Values[7] = 1
			r, err := s.Step(context.Background(), State{d}, l.limit)
			require.NoError(t, err)
			require.InEpsilon(t, l.want, r.Dt, 1e-11)
		}
	}
}

// Without any velocity the step is cfl times the diffusive bound 1/(Σ_k 2D/h_k²).
func TestDiffusiveStepLength(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 10}, grid.Axis{Lo: 0, Hi: 1, N: 20})
	require.NoError(t, err)
	d := grid.NewDensity(g)
	for i := range d.Values {
		d.Values[i] = 1
	}
	f, err := Sum{Entropy{Coefficient: 2}, Entropy{Coefficient: 1}}.Bind([]*grid.Grid{g})
	require.NoError(t, err)
	for _, scheme := range []Scheme{Upwind{CFL: 0.25}, MUSCL{CFL: 0.25}} {
		s, err := scheme.Bind(f, []*grid.Grid{g})
		require.NoError(t, err)
		r, err := s.Step(context.Background(), State{d}, 10)
		require.NoError(t, err)
		require.InEpsilon(t, 0.25/(2*3*(100+400)), r.Dt, 1e-11)
	}
}

// Steps of explicit schemes allocate nothing.
func TestStepAllocatesNothing(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: -2, Hi: 2, N: 12}, grid.Axis{Lo: -2, Hi: 2, N: 9}, grid.Axis{Lo: -2, Hi: 2, N: 11})
	require.NoError(t, err)
	grids := []*grid.Grid{g, g}
	for _, s := range explicitSchemes(t) {
		f, err := Sum{Potential{Formula: "x*y + z^2"}, Entropy{Coefficient: 0.1}}.Bind(grids)
		require.NoError(t, err)
		step, err := s.Bind(f, grids)
		require.NoError(t, err)
		rho := State{grid.NewDensity(g), grid.NewDensity(g)}
		rho[0].Values[600], rho[1].Values[77] = 1, 2
		n := testing.AllocsPerRun(20, func() {
			if _, err := step.Step(context.Background(), rho, 1); err != nil {
				t.Fatal(err)
			}
		})
		require.Zero(t, n, label(s))
	}
}

func TestExplicitValidate(t *testing.T) {
	for _, c := range []struct {
		scheme Scheme
		want   string
	}{
		{Upwind{CFL: -0.1}, "cfl: -0.1: want a fraction above 0 and at most 1"},
		{Upwind{CFL: math.NaN()}, "cfl: NaN"},
		{Upwind{Stages: 3}, "stages: 3: want 1"},
		{MUSCL{CFL: 1.5}, "cfl: 1.5"},
		{MUSCL{Limiter: "minmot"}, `did you mean "minmod"?`},
		{MUSCL{Theta: 1.5}, "theta: 1.5"},
		{MUSCL{Limiter: "koren", Theta: 1.5}, `theta: 1.5: the limiter "koren" has none`},
		{MUSCL{Limiter: "minmod", Theta: 3}, "theta: 3: want 1 to 2"},
	} {
		err := c.scheme.Validate()
		require.ErrorContains(t, err, c.want)
		_, err = c.scheme.Bind(nil, nil)
		require.ErrorContains(t, err, c.want)
	}
	require.NoError(t, Upwind{}.Validate())
	require.NoError(t, MUSCL{}.Validate())
}

// box returns the grid of n0 by n1 cells on [−1, 1]².
func box(tb testing.TB, n0, n1 int) *grid.Grid {
	g, err := grid.New(grid.Axis{Lo: -1, Hi: 1, N: n0}, grid.Axis{Lo: -1, Hi: 1, N: n1})
	require.NoError(tb, err)
	return g
}

// evenAndGraded returns box(tb, n0, n1) and grids with the same sides and numbers of cells
// whose axes are graded, both or one of them.
func evenAndGraded(tb testing.TB, n0, n1 int) []*grid.Grid {
	x, y := grid.Axis{Lo: -1, Hi: 1, N: n0}, grid.Axis{Lo: -1, Hi: 1, N: n1}
	u, v := x, y
	u.Grading, v.Grading = grid.Sinh{Center: 0.3, Scale: 0.4}, grid.Tanh{Ratio: 4}
	all := []*grid.Grid{box(tb, n0, n1)}
	for _, axes := range [][]grid.Axis{{u, v}, {u, y}, {x, v}} {
		g, err := grid.New(axes...)
		require.NoError(tb, err)
		all = append(all, g)
	}
	return all
}

// affine is a potential whose energy has a constant: F = 1 + Σ_c ∫Vρ_c/2 with two
// components of weight 1/2.
type affine struct{ Potential }

type boundAffine struct{ Functional }

func (a affine) Bind(grids []*grid.Grid) (Functional, error) {
	f, err := a.Potential.Bind(grids)
	return boundAffine{f}, err
}

func (b boundAffine) Weight(int) float64      { return 0.5 }
func (b boundAffine) Value(rho State) float64 { return 1 + b.Functional.Value(rho)/2 }
func (b boundAffine) Variation(psi Field, rho State) float64 {
	return 1 + b.Functional.Variation(psi, rho)/2
}

// The energy that a step of constant Ψ sums on its way is that of the functional, to
// rounding, on any grid, whatever the scheme and also where the stepper meets another
// state.
func TestStepsReportTheEnergy(t *testing.T) {
	energy := affine{Potential{Func: func(x []float64) float64 { return x[0]*x[0] - math.Sin(3*x[1]) }}}
	for _, g := range append(evenAndGraded(t, 30, 21), box(t, 1, 2*stripLength+9), box(t, 128, 128)) {
		f, err := energy.Bind([]*grid.Grid{g, g})
		require.NoError(t, err)
		for _, s := range append(explicitSchemes(t), MUSCL{Workers: 2}) {
			step, err := s.Bind(f, []*grid.Grid{g, g})
			require.NoError(t, err)
			rho := State{grid.NewDensity(g), grid.NewDensity(g)}
			for trial := range 2 {
				for c, d := range rho {
					for i := range d.Values {
						d.Values[i] = float64((i*7919)%13+c+trial) / 20
					}
				}
				for range 3 {
					want := f.Value(rho)
					r, err := step.Step(context.Background(), rho, 10)
					require.NoError(t, err)
					require.InEpsilon(t, want, r.Energy, 1e-14, label(s))
				}
			}
		}
	}
}

// Rows longer than a strip are cut without a trace: along the last axis, where they
// are cut, 3·stripLength + 5 cells give the same bytes as along the first one.
func TestStripsLeaveNoTrace(t *testing.T) {
	n := 3*stripLength + 5
	along, across := box(t, 1, n), box(t, n, 1)
	rough := make([]float64, n)
	for i := range rough {
		rough[i] = float64((i*7919)%13) / 13
	}
	for _, s := range explicitSchemes(t) {
		for _, sign := range []float64{1, -1} { // towards either wall
			a := State{{Grid: along, Values: slices.Clone(rough)}}
			b := State{{Grid: across, Values: slices.Clone(rough)}}
			for axis, rho := range []State{b, a} {
				f, err := Potential{Func: func(x []float64) float64 { v := x[axis]; return sign * v * v * (v - 0.6) }}.Bind(rho.Grids())
				require.NoError(t, err)
				step, err := s.Bind(f, rho.Grids())
				require.NoError(t, err)
				for range 5 {
					_, err := step.Step(context.Background(), rho, 10)
					require.NoError(t, err)
				}
			}
			require.Equal(t, a[0].Values, b[0].Values, label(s))
		}
	}
}

// The free energy of the Ornstein–Uhlenbeck process falls at every step, from a lump
// until the flow rests at the discrete equilibrium ρ ∝ exp(−V/c), where every scheme is
// well balanced: Ψ is constant there, so nothing moves.
func TestEnergyFallsToEquilibrium(t *testing.T) {
	energy := Sum{Potential{Formula: "x^2/2"}, Entropy{Coefficient: 0.25}}
	for _, s := range explicitSchemes(t) {
		traj, err := Solve(context.Background(), Problem{Energy: energy, Initial: bump(t, 48, 1, 1), Times: []float64{0, 1, 30}}, s, nil)
		require.NoError(t, err, label(s))
		require.LessOrEqual(t, traj.Contracts.EnergyRise, 1e-15, label(s))
		require.Less(t, traj.Dissipation[2], 1e-20, label(s))
		d := traj.States[2][0]
		rest := d.Clone()
		for i, x := range d.Grid.Axis(0).Centers() {
			rest.Values[i] = math.Exp(-2 * x * x)
		}
		rest.Scale(1 / rest.Mass())
		require.Less(t, l1(d, rest), 1e-11, label(s))
	}
}
