package pde_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
)

// ownEnergy is a user's energy F(ρ) = ∫U(ρ) + Vρ, V = x²/2, on a line, written with
// nothing but what package pde exports.
type ownEnergy struct {
	u     func(r float64) (value, first, second float64)
	parts func(v pde.Functional) pde.Parts
}

func (ownEnergy) Validate() error { return nil }

func (o ownEnergy) Bind(grids []*grid.Grid) (pde.Functional, error) {
	v, err := pde.Potential{Formula: "x^2/2"}.Bind(grids)
	return &ownFunctional{ownEnergy: o, v: v}, err
}

type ownFunctional struct {
	ownEnergy
	v pde.Functional
}

func (o *ownFunctional) Value(rho pde.State) float64 {
	sum := o.v.Value(rho)
	for _, d := range rho {
		for _, r := range d.Values {
			u, _, _ := o.u(r)
			sum += u * d.Grid.CellVolume()
		}
	}
	return sum
}

func (o *ownFunctional) Variation(psi pde.Field, rho pde.State) float64 {
	o.v.Variation(psi, rho)
	for c, d := range rho {
		for i, r := range d.Values {
			_, first, _ := o.u(max(r, 0x1p-1022))
			psi[c][i] += first
		}
	}
	return o.Value(rho)
}

func (*ownFunctional) Dependence() pde.Dependence { return pde.Pointwise }
func (*ownFunctional) Weight(int) float64         { return 1 }
func (o *ownFunctional) Parts() pde.Parts         { return o.parts(o.v) }

// convexOf makes a pde.Convex of functions of one density: U with its derivatives, and Φ.
type convexOf struct {
	u   func(r float64) (value, first, second float64)
	phi func(r float64) float64
}

func (c convexOf) Derivatives(first, second, rho []float64) {
	for i, r := range rho {
		_, first[i], second[i] = c.u(r)
	}
}

func (c convexOf) Pressure(phi, rho []float64) {
	for i, r := range rho {
		phi[i] = c.phi(r)
	}
}

// bose is U = r log r − (1 + r) log(1 + r), whose flow is ∂_τρ = Δ log(1 + ρ).
var bose = convexOf{func(r float64) (value, first, second float64) {
	if r == 0 {
		return 0, math.Inf(-1), math.Inf(1)
	}
	return r*math.Log(r) - (1+r)*math.Log1p(r), math.Log(r / (1 + r)), 1 / (r * (1 + r))
}, math.Log1p}

func entropyOf(r float64) (value, first, second float64) {
	if r == 0 {
		return 0, math.Inf(-1), math.Inf(1)
	}
	return r * math.Log(r), math.Log(r) + 1, 1 / r
}

func squareOf(r float64) (value, first, second float64) { return r * r, 2 * r, 2 }

// withRest declares U as the given parts, and V as the rest.
func withRest(p pde.Parts) func(pde.Functional) pde.Parts {
	return func(v pde.Functional) pde.Parts {
		p.Rest = v
		return p
	}
}

// noRest is for schemes that take no drift: the flow then has none.
func noRest(p pde.Parts) func(pde.Functional) pde.Parts {
	return func(pde.Functional) pde.Parts { return p }
}

// A user's own energy takes the same steps as the built-in one that it repeats.
func TestLocalOfAUser(t *testing.T) {
	potential := pde.Potential{Formula: "x^2/2"}
	linear, square := pde.Parts{Linear: 1}, pde.Parts{Convex: []pde.Convex{convexOf{squareOf, func(r float64) float64 { return r * r }}}}
	power := pde.Parts{Powers: []pde.PowerTerm{{Coefficient: 1, Exponent: 2}}}
	medium := pde.PorousMedium{Exponent: 2, Coefficient: 1}
	for _, c := range []struct {
		name   string
		own    ownEnergy
		same   pde.Energy
		scheme pde.Scheme
	}{
		{"sg", ownEnergy{entropyOf, withRest(linear)}, pde.Sum{potential, pde.Entropy{Coefficient: 1}}, pde.ScharfetterGummel{}},
		{"rkl2 linear", ownEnergy{entropyOf, withRest(linear)}, pde.Sum{potential, pde.Entropy{Coefficient: 1}}, pde.RKL2{Step: 0.05}},
		{"rkl2 convex", ownEnergy{squareOf, noRest(square)}, medium, pde.RKL2{Step: 0.02}},
		{"implicit linear", ownEnergy{entropyOf, withRest(linear)}, pde.Sum{potential, pde.Entropy{Coefficient: 1}}, pde.ImplicitUpwind{Step: 0.05}},
		{"implicit power", ownEnergy{squareOf, withRest(power)}, pde.Sum{potential, medium}, pde.ImplicitUpwind{Step: 0.05}},
		{"implicit convex", ownEnergy{squareOf, withRest(square)}, pde.Sum{potential, medium}, pde.ImplicitUpwind{Step: 0.05}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := grid.New(grid.Axis{Lo: -4, Hi: 4, N: 60})
			require.NoError(t, err)
			rho := grid.NewDensity(g)
			for i, x := range g.Axis(0).Centers() {
				rho.Values[i] = math.Exp(-4 * (x - 0.5) * (x - 0.5))
			}
			run := func(e pde.Energy) *grid.Density {
				traj, err := pde.Solve(context.Background(), pde.Problem{Energy: e, Initial: pde.State{rho}, Times: []float64{0, 0.2}}, c.scheme, nil)
				require.NoError(t, err)
				return traj.States[1][0]
			}
			got, want := run(c.own), run(c.same)
			moved := 0.0
			for i, v := range got.Values {
				require.InDelta(t, want.Values[i], v, 1e-9, "cell %d", i)
				moved = max(moved, math.Abs(v-rho.Values[i]))
			}
			require.Greater(t, moved, 0.1)
		})
	}
}

// The pressure and the second derivative of Convex members enter RKL2 where Φ is not
// convex too: with U = r log r − (1 + r) log(1 + r) it is log(1 + r), whose slope is
// largest at vacuum, and a lump spreads to the uniform density with a falling energy.
func TestLocalPressureThatIsConcave(t *testing.T) {
	parts := pde.Parts{Convex: []pde.Convex{bose}}
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 40})
	require.NoError(t, err)
	for _, s := range []pde.Scheme{pde.RKL2{Step: 0.05}, pde.ImplicitUpwind{Step: 0.05}} {
		rho := grid.NewDensity(g)
		for i := range 4 {
			rho.Values[10+i] = 10
		}
		own := ownEnergy{u: bose.u, parts: noRest(parts)}
		traj, err := pde.Solve(context.Background(), pde.Problem{Energy: noPotential{own}, Initial: pde.State{rho}, Times: []float64{0, 4}}, s, &pde.Options{WallMass: -1})
		require.NoError(t, err)
		require.Less(t, traj.Contracts.EnergyRise, 1e-14)
		for i, v := range traj.States[1][0].Values {
			require.InDelta(t, 1, v, 1e-6, "%s, cell %d", s.Name(), i)
		}
	}
}

// noPotential is an ownEnergy with V = 0.
type noPotential struct{ ownEnergy }

func (o noPotential) Bind(grids []*grid.Grid) (pde.Functional, error) {
	v, err := pde.Potential{Formula: "0"}.Bind(grids)
	return &ownFunctional{ownEnergy: o.ownEnergy, v: v}, err
}

// What is Pointwise and not Local is refused, and so is a rest that is Pointwise.
func TestLocalRefusals(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 4})
	require.NoError(t, err)
	grids := []*grid.Grid{g}
	f, err := pde.Entropy{Coefficient: 1}.Bind(grids)
	require.NoError(t, err)
	own := &ownFunctional{ownEnergy: ownEnergy{entropyOf, func(pde.Functional) pde.Parts { return pde.Parts{Linear: 1, Rest: f} }}}
	for _, bad := range []pde.Functional{struct{ pde.Functional }{f}, own} {
		for _, s := range []pde.Scheme{pde.ScharfetterGummel{}, pde.RKL2{Step: 1}, pde.ImplicitUpwind{Step: 1}} {
			_, err := s.Bind(bad, grids)
			require.ErrorContains(t, err, "upwind", s.Name())
		}
	}
}

// A user's own energy: ∫U(ρ) with U = ρ log ρ − (1 + ρ) log(1 + ρ), whose flow is
// ∂_τρ = Δ log(1 + ρ). Its workspace says so in Parts.
func ExampleLocal() {
	energy := noPotential{ownEnergy{u: bose.u, parts: noRest(pde.Parts{Convex: []pde.Convex{bose}})}}
	g, _ := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 40})
	rho := grid.NewDensity(g)
	rho.Values[0] = 40
	traj, err := pde.Solve(context.Background(), pde.Problem{Energy: energy, Initial: pde.State{rho}, Times: []float64{0, 0.5, 4}},
		pde.ImplicitUpwind{Step: 0.1}, &pde.Options{WallMass: -1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f then %.3f at the far end\n", traj.States[1][0].Values[39], traj.States[2][0].Values[39])
	// Output: 0.750 then 1.000 at the far end
}
