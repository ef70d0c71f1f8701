package pde

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// gradings are ways to grade the axes of a flow: one-sided, two-sided, and only one of
// the axes, the first or the last.
var gradings = map[string]func(axis int) grid.Grading{
	"sinh":      func(int) grid.Grading { return grid.Sinh{Center: 0.2, Scale: 0.5} },
	"mild":      func(int) grid.Grading { return grid.Sinh{Center: 0.2, Scale: 1} },
	"geometric": func(int) grid.Grading { return grid.Geometric{Ratio: 5} },
	"first":     func(k int) grid.Grading { return []grid.Grading{grid.Sinh{Center: -0.2, Scale: 1}, nil}[k] },
	"last":      func(k int) grid.Grading { return []grid.Grading{nil, grid.Sinh{Center: -0.2, Scale: 1}}[k] },
}

// gradedFlow returns the flow of the given name on graded axes.
func gradedFlow(name, grading string) linearFlow {
	for _, l := range linearFlows {
		if l.name == name {
			l.grading = gradings[grading]
			return l
		}
	}
	panic(name)
}

// gradedSchemes returns the registered schemes that take the energy on graded axes, and
// sees that the others refuse them in words and that no scheme panics.
func gradedSchemes(t *testing.T, energy Energy) []Scheme {
	g, err := grid.New(grid.Axis{Lo: -1, Hi: 1, N: 16, Grading: grid.Sinh{Scale: 0.5}})
	require.NoError(t, err)
	f, err := energy.Bind([]*grid.Grid{g})
	require.NoError(t, err)
	even := line(t, -1, 1, 16)
	h, err := energy.Bind([]*grid.Grid{even})
	require.NoError(t, err)
	var all []Scheme
	for _, name := range Schemes.Names() {
		s, err := Schemes.New(name)
		require.NoError(t, err)
		if st, ok := s.(StepScheme); ok {
			s = st.WithStep(0.01)
		}
		if _, err := s.Bind(h, []*grid.Grid{even}); err != nil {
			continue // not this energy
		}
		if _, err := s.Bind(f, []*grid.Grid{g}); err != nil {
			assert.ErrorContains(t, err, "axis 0 is graded: want equal cells, an axis without grading; schemes that take graded axes: implicit-scharfetter-gummel, implicit-upwind, muscl, rkl2, scharfetter-gummel, upwind", name)
			continue
		}
		all = append(all, s)
	}
	require.NotEmpty(t, all)
	return all
}

// Every scheme that takes graded axes has its declared order in space on them, with
// the mass, the sign and the energy that it keeps on equal cells.
func TestOrderOnGradedAxes(t *testing.T) {
	for _, c := range []struct {
		flow, grading string
		levels        []int
	}{
		{"contraction", "sinh", []int{100, 200, 400}},
		{"contraction", "geometric", []int{200, 400, 800}},
		{"Ornstein-Uhlenbeck 1-D", "sinh", []int{50, 100, 200}},
		{"Ornstein-Uhlenbeck 1-D", "geometric", []int{100, 200, 400}},
		{"rotated quadratic", "first", []int{80, 160, 320}},
		{"rotated quadratic", "last", []int{80, 160, 320}},
		{"Ornstein-Uhlenbeck 2-D", "mild", []int{30, 60, 120}},
	} {
		l := gradedFlow(c.flow, c.grading)
		for _, s := range gradedSchemes(t, l.energy()) {
			if _, ok := s.(StepScheme); ok {
				continue // their step is not the grid's
			}
			t.Run(fmt.Sprintf("%s/%s/%s", label(s), c.flow, c.grading), func(t *testing.T) {
				var errs []float64
				for _, n := range c.levels {
					g := l.box(t, n)
					traj, err := Solve(context.Background(), Problem{Energy: l.energy(), Initial: State{l.at(t, g, 0)}, Times: []float64{0, l.end}}, s, nil)
					require.NoError(t, err)
					assert.LessOrEqual(t, traj.Contracts.MassError, 1e-13)
					assert.GreaterOrEqual(t, traj.Contracts.MinDensity, 0.0)
					assert.LessOrEqual(t, traj.Contracts.EnergyRise, 1e-14)
					errs = append(errs, l1(traj.States[1][0], l.at(t, g, l.end)))
				}
				order := math.Log2(errs[1] / errs[2])
				t.Logf("errors %.3g, order %.3f", errs, order)
				space, _ := s.Order()
				assert.GreaterOrEqual(t, order, []float64{0, 0.9, 1.9}[space], "errors %v", errs)
			})
		}
	}
}

// The dissipation of a state is the rate at which the explicit schemes lower the energy
// on it, and the same number in the sums of Solve's own.
func TestDissipationOnGradedAxes(t *testing.T) {
	for _, name := range []string{"sinh", "first", "last"} {
		l := gradedFlow("rotated quadratic", name)
		g := l.box(t, 30)
		rho := State{l.at(t, g, 0)}
		f, err := l.energy().Bind([]*grid.Grid{g})
		require.NoError(t, err)
		step, err := Upwind{}.Bind(f, []*grid.Grid{g})
		require.NoError(t, err)
		psi := NewField([]*grid.Grid{g})
		before := f.Variation(psi, rho)
		r, err := step.Step(context.Background(), rho, 1e-4)
		require.NoError(t, err)
		assert.InEpsilon(t, r.Dissipation, (before-f.Value(rho))/r.Dt, 1e-9)
		assert.InEpsilon(t, r.Dissipation, dissipation(l.at(t, g, 0), psi[0]), 1e-12)
	}
}

// The energies are sums over the cells whose derivative is Ψ, by central differences.
func TestVariationOnGradedAxes(t *testing.T) {
	l := gradedFlow("rotated quadratic", "sinh")
	g := l.box(t, 16)
	for _, e := range []Energy{l.energy(), Entropy{Coefficient: 0.7}, PorousMedium{Exponent: 1.5, Coefficient: 2}, PorousMedium{Exponent: 2.5, Coefficient: 1}} {
		f, err := e.Bind([]*grid.Grid{g})
		require.NoError(t, err)
		rho := grid.NewDensity(g)
		for i := range rho.Values {
			rho.Values[i] = 0.3 + 0.2*math.Sin(float64(i))
		}
		psi := NewField([]*grid.Grid{g})
		f.Variation(psi, State{rho})
		for _, i := range []int{0, 100, 136, 255} {
			const d = 1e-4
			value := func(by float64) float64 {
				moved := rho.Clone()
				moved.Values[i] += by
				return f.Value(State{moved})
			}
			slope := (value(d) - value(-d)) / (2 * d)
			assert.InDelta(t, psi[0][i]*g.Volume(i), slope, 1e-6*(1+math.Abs(psi[0][i]))*g.MeanVolume(), "%T", e)
		}
	}
}

// The walls are watched in masses: a graded axis with wide cells at the wall does not
// hide what is there.
func TestWallsOfGradedAxes(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 32, Grading: grid.Geometric{Ratio: 20}}, grid.Axis{Lo: 0, Hi: 1, N: 5})
	require.NoError(t, err)
	rho := grid.NewDensity(g)
	for i := range rho.Values {
		rho.Values[i] = 1
	}
	_, err = Solve(context.Background(), Problem{Energy: Potential{Formula: "x"}, Initial: State{rho}, Times: []float64{0, 1}}, Upwind{}, &Options{WallMass: 0.08})
	var wall *WallError
	require.ErrorAs(t, err, &wall)
	assert.Equal(t, High, wall.Side)
	assert.InEpsilon(t, g.Axis(0).Width(31), wall.Mass, 1e-12)
}
