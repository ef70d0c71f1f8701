package pde

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// On graded axes the implicit schemes have their order in space, with steps that fall
// like the cells and order 2 in time, and keep the mass, the sign and the fall of the energy.
// The order is the limit of the slopes, a straight line in the width of the cells: those of
// upwind fluxes rise slowly, on equal cells as well.
func TestImplicitOrderOnGradedAxes(t *testing.T) {
	for _, c := range []struct {
		flow, grading string
		levels        []int
	}{
		{"contraction", "sinh", []int{100, 200, 400}},
		{"Ornstein-Uhlenbeck 1-D", "sinh", []int{50, 100, 200}},
		{"Ornstein-Uhlenbeck 1-D", "geometric", []int{100, 200, 400}},
		{"rotated quadratic", "first", []int{80, 160, 320}},
		{"Ornstein-Uhlenbeck 2-D", "mild", []int{30, 60, 120}},
		{"Ornstein-Uhlenbeck 2-D", "last", []int{30, 60, 120}},
	} {
		l := gradedFlow(c.flow, c.grading)
		for _, s := range []StepScheme{ImplicitUpwind{Step: 1, TimeOrder: 2}, ImplicitScharfetterGummel{Step: 1}} {
			if _, fitted := s.(ImplicitScharfetterGummel); fitted && l.c == 0 {
				continue
			}
			var errs []float64
			for _, n := range c.levels {
				g := l.box(t, n)
				f := bind(t, l.energy(), g)
				rho := State{l.at(t, g, 0)}
				mass := rho[0].Mass()
				last := math.Inf(1)
				for _, r := range travel(t, s.WithStep(l.end*6/float64(n)), f, rho, l.end) {
					require.LessOrEqual(t, r.Energy, last+1e-14)
					last = r.Energy
				}
				require.InEpsilon(t, mass, rho[0].Mass(), 1e-13)
				require.GreaterOrEqual(t, slices.Min(rho[0].Values), 0.0)
				errs = append(errs, l1(rho[0], l.at(t, g, l.end)))
			}
			before, finest := math.Log2(errs[0]/errs[1]), math.Log2(errs[1]/errs[2])
			order := finest + (finest - before)
			t.Logf("%s, %s, %s: slopes %.3f, %.3f, limit %.3f, errors %.3g", s.Name(), c.flow, c.grading, before, finest, order, errs)
			space, _ := s.Order()
			require.GreaterOrEqual(t, order, []float64{0, 0.9, 1.9}[space], "%s, %s, %s: %v", s.Name(), c.flow, c.grading, errs)
		}
	}
}

// On one graded grid the distance to the flow of SemiDiscrete falls with the step as
// declared: the implicit schemes have the fluxes of the explicit ones there, to the last
// width.
func TestImplicitOrderInTimeOnGradedAxes(t *testing.T) {
	for _, c := range []struct {
		energy Energy
		axes   []grid.Axis
	}{
		{Sum{Potential{Formula: "cos(x)"}, Entropy{Coefficient: 0.3}}, []grid.Axis{{Lo: -3, Hi: 3, N: 40, Grading: gradings["geometric"](0)}}},
		{Sum{Potential{Formula: "cos(x + y/2)"}, Entropy{Coefficient: 0.3}}, []grid.Axis{{Lo: -3, Hi: 3, N: 20, Grading: gradings["mild"](0)}, {Lo: -3, Hi: 3, N: 16}}},
		{Sum{repelled{k: -1}, Entropy{Coefficient: 0.3}}, []grid.Axis{{Lo: -3, Hi: 3, N: 40, Grading: gradings["sinh"](0)}}},
		{Sum{Potential{Formula: "cos(x + y/2)"}, PorousMedium{Exponent: 3, Coefficient: 2}}, []grid.Axis{{Lo: -3, Hi: 3, N: 16}, {Lo: -3, Hi: 3, N: 20, Grading: gradings["sinh"](1)}}},
	} {
		g, err := grid.New(c.axes...)
		require.NoError(t, err)
		f := bind(t, c.energy, g)
		start := grid.NewDensity(g)
		x := make([]float64, g.Dim())
		for i := range start.Values {
			g.Center(x, i)
			start.Values[i] = 0.05 + 0.02*math.Cos(math.Pi*(x[0]-0.7)/3)
		}
		schemes := []StepScheme{ImplicitUpwind{Step: 1}, ImplicitUpwind{Step: 1, TimeOrder: 2}}
		if p := PartsOf(f); p.fitted() {
			schemes = append(schemes, ImplicitScharfetterGummel{Step: 1, TimeOrder: 1}, ImplicitScharfetterGummel{Step: 1})
		}
		for _, s := range schemes {
			reference := State{start.Clone()}
			travel(t, s.SemiDiscrete(8), f, reference, 0.4)
			var errs []float64
			for _, n := range []int{4, 16} {
				rho := State{start.Clone()}
				travel(t, s.WithStep(0.4/float64(n)), f, rho, 0.4)
				errs = append(errs, l1(rho[0], reference[0]))
			}
			_, want := s.Order()
			require.InDelta(t, want, math.Log2(errs[0]/errs[1])/2, 0.2, "%s order %d, %+v: errors %v", s.Name(), want, c.energy, errs)
		}
	}
}

// Equilibria stay to rounding on graded axes: e^{−V/D} at the centers, whatever the widths.
func TestImplicitEquilibriumOnGradedAxes(t *testing.T) {
	for _, axes := range [][]grid.Axis{
		{{Lo: -1, Hi: 1, N: 40, Grading: grid.Geometric{Ratio: 8}}},
		{{Lo: -1, Hi: 1, N: 20, Grading: grid.Sinh{Scale: 0.4}}, {Lo: -1, Hi: 1, N: 16, Grading: grid.Geometric{Ratio: 3}}},
	} {
		g, err := grid.New(axes...)
		require.NoError(t, err)
		v := "4*x^2 - x"
		if g.Dim() == 2 {
			v = "4*(x + 0.6*y)^2 - y"
		}
		f := bind(t, Sum{Potential{Formula: v}, Entropy{Coefficient: 0.5}}, g)
		rest, psi := grid.NewDensity(g), NewField([]*grid.Grid{g})
		p := PartsOf(f)
		p.Rest.Variation(psi, State{rest})
		for i, u := range psi[0] {
			rest.Values[i] = math.Exp(-u / 0.5)
		}
		rest.Scale(1 / rest.Mass())
		for _, s := range []Scheme{ImplicitUpwind{Step: 0.1}, ImplicitScharfetterGummel{Step: 0.1}} {
			rho := State{rest.Clone()}
			travel(t, s, f, rho, 0.3)
			residual := map[string]float64{"implicit-upwind": defaultImplicitResidual, "implicit-scharfetter-gummel": 1e-12}
			require.Less(t, l1(rho[0], rest), residual[s.Name()], s.Name())
			// From a lump in one corner it is reached.
			lump := State{grid.NewDensity(g)}
			lump[0].Values[0] = 1
			lump[0].Scale(1 / lump[0].Mass())
			travel(t, s, f, lump, 20)
			require.Less(t, l1(lump[0], rest), 1e-9, s.Name())
		}
	}
}

// Widths that differ by a factor of a hundred in the plane are no obstacle to the linear
// solver.
func TestImplicitOnVeryGradedAxes(t *testing.T) {
	for _, ratio := range []float64{10, 100} {
		g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 48, Grading: grid.Geometric{Ratio: ratio}}, grid.Axis{Lo: 0, Hi: 1, N: 48, Grading: grid.Geometric{Ratio: 1 / ratio}})
		require.NoError(t, err)
		f := bind(t, Sum{Potential{Formula: "3*(x - y)^2"}, Entropy{Coefficient: 0.3}}, g)
		for _, s := range []Scheme{ImplicitUpwind{Step: 0.05}, ImplicitScharfetterGummel{Step: 0.05}} {
			rho := State{grid.NewDensity(g)}
			fill(rho[0].Values, 1)
			for _, r := range travel(t, s, f, rho, 0.2) {
				require.Zero(t, r.Rejections, "%s, ratio %g", s.Name(), ratio)
			}
		}
	}
}
