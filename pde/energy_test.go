package pde

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"pdesolve/grid"
)

// samples are one description of every registered energy on two components of one
// dimension.
func samples(t *testing.T) map[string]Energy {
	v := Potential{Formula: "x^2/2 - cos(x)"}
	all := map[string]Energy{"potential": v, "entropy": Entropy{Coefficient: 0.7}, "sum": Sum{v, Entropy{Coefficient: 0.3}},
		"porous-medium": PorousMedium{Exponent: 2, Coefficient: 0.8},
		"congestion":    Congestion{Cap: 3},
		"renyi":         Renyi{Exponent: 1.5, Coefficient: 0.6}, "interaction": Interaction{Formula: "exp(-r) + r^2"}}
	for _, name := range Energies.Names() {
		e, err := Energies.New(name)
		require.NoError(t, err)
		require.NotNil(t, e)
		require.Contains(t, all, name, "no sample for a registered energy")
	}
	return all
}

// Ψ is the derivative of F: along random signed directions, central differences of
// Value agree with Σ_c Weight ∫Ψ_c dη_c. Variation returns what Value does.
func TestVariationIsDerivative(t *testing.T) {
	grids := []*grid.Grid{line(t, -1, 2, 13), line(t, -2, 2, 9)}
	for name, e := range samples(t) {
		t.Run(name, func(t *testing.T) {
			f, err := e.Bind(grids)
			require.NoError(t, err)
			rapid.Check(t, func(t *rapid.T) {
				rho, eta := State{}, State{}
				for _, g := range grids {
					r, h := grid.NewDensity(g), grid.NewDensity(g)
					for i := range r.Values {
						r.Values[i] = rapid.Float64Range(0.1, 2).Draw(t, "ρ")
						h.Values[i] = rapid.Float64Range(-1, 1).Draw(t, "η")
					}
					rho, eta = append(rho, r), append(eta, h)
				}
				psi := NewField(grids)
				value := f.Variation(psi, rho)
				require.InDelta(t, value, f.Value(rho), 1e-13)
				var want float64
				for c := range grids {
					want += f.Weight(c) * dot(psi[c], eta[c].Values) * grids[c].CellVolume()
				}
				at := func(ε float64) float64 {
					s := rho.Clone()
					for c := range s {
						for i := range s[c].Values {
							s[c].Values[i] += ε * eta[c].Values[i]
						}
					}
					return f.Value(s)
				}
				const ε = 1e-4 // remainder ε²/6·|F'''| ≤ 1e-6, as ρ ≥ 0.1
				require.InDelta(t, want, (at(ε)-at(-ε))/(2*ε), 5e-6)
			})
		})
	}
}

func TestPotentialFormula(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 2, N: 1}, grid.Axis{Lo: 0, Hi: 6, N: 1}) // center (1, 3)
	require.NoError(t, err)
	for formula, want := range map[string]float64{
		"(x^2 + y^2)/2": 5, "2": 2, "1/2": 0.5, "x^2/y": 1. / 3, "exp(log(y))": 3, "sin(pi/2)": 1, "cos(0)": 1, "tan(0)": 0,
		"sinh(0)+cosh(0)+tanh(0)": 1, "sqrt(1+x+7*x)": 3, "abs(x-y)": 2, "min(x, y)": 1, "max(x, 2)": 2, "pow(y, 2)": 9,
		"-x": -1, "x > 0 ? y : x": 3, "sqrt(1 + 3)": 2, "abs(-2)": 2, "2^3": 8, "-y^2": -9, "max(1, 2)": 2,
	} {
		p := Potential{Formula: formula}
		require.NoError(t, p.Validate(), formula)
		f, err := p.Bind([]*grid.Grid{g})
		require.NoError(t, err, formula)
		psi := NewField([]*grid.Grid{g})
		d := grid.NewDensity(g)
		d.Values[0] = 1. / 12
		require.InDelta(t, want, f.Variation(psi, State{d}), 1e-15, formula)
		require.InDelta(t, want, psi[0][0], 1e-15, formula)
	}
	for formula, want := range map[string]string{
		"x^":         "^", // the caret under the fault
		"x + foo":    "unknown name foo (1:5)",
		"sin(x, y)":  "too many arguments",
		"x > 0":      "expected float64, but got bool",
		"len(\"a\")": "unknown name len",
		"exp":        "expected float64",
		"\"a\"":      "expected float64",
	} {
		require.ErrorContains(t, Potential{Formula: formula}.Validate(), want, formula)
	}
	for formula, want := range map[string]string{
		"z":           "unknown name z (1:1)",
		"1/(x-1)":     "V = +Inf at the cell center (1, 3)",
		"log(x-y)":    "V = NaN at the cell center (1, 3)",
		"exp(1000*y)": "V = +Inf at the cell center (1, 3)",
	} {
		p := Potential{Formula: formula}
		require.NoError(t, p.Validate(), formula)
		_, err := p.Bind([]*grid.Grid{g})
		require.ErrorContains(t, err, want, formula)
	}
	require.ErrorContains(t, Potential{}.Validate(), "formula: empty")
	require.ErrorContains(t, Potential{Formula: "x", Func: func([]float64) float64 { return 0 }}.Validate(), "want one of them")
}

func TestEntropyAtVacuum(t *testing.T) {
	g := line(t, 0, 1, 8)
	f, err := Entropy{Coefficient: 2}.Bind([]*grid.Grid{g})
	require.NoError(t, err)
	d := grid.NewDensity(g)
	copy(d.Values, []float64{0, 5e-324, 1e-300, 4, 1e-16, 3, 0, 1})
	psi := NewField([]*grid.Grid{g})
	value := f.Variation(psi, State{d})
	want := 2 * (4*math.Log(4) + 3*math.Log(3)) / 8
	require.InDelta(t, want, value, 1e-14)
	floor := 2 * (math.Log(4*0x1p-52) + 1)
	for _, i := range []int{0, 1, 2, 4, 6} {
		require.InEpsilon(t, floor, psi[0][i], 1e-15)
	}
	require.InEpsilon(t, 2*(math.Log(3)+1), psi[0][5], 1e-15)

	clear(d.Values)
	require.Zero(t, f.Variation(psi, State{d}))
	require.False(t, math.IsInf(psi[0][0], 0))
	d.Values[0] = -1
	require.True(t, math.IsNaN(f.Value(State{d})))
	require.True(t, math.IsNaN(f.Variation(psi, State{d})))

	for _, c := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		require.ErrorContains(t, Entropy{Coefficient: c}.Validate(), "coefficient:")
	}
}

// heavy is an energy whose components weigh 2 in the metric.
type heavy struct{ repelled }

func (h heavy) Bind(g []*grid.Grid) (Functional, error) { return &h, nil }
func (h *heavy) Weight(int) float64                     { return 2 }

func TestSum(t *testing.T) {
	g := []*grid.Grid{line(t, -1, 1, 4), line(t, 0, 1, 3)}
	bind := func(s Sum) Functional {
		f, err := s.Bind(g)
		require.NoError(t, err)
		return f
	}
	v, e := Potential{Formula: "x"}, Entropy{Coefficient: 2}
	require.Equal(t, Constant, bind(Sum{v, v}).Dependence())
	require.Equal(t, Mean, bind(Sum{v, repelled{k: 1}}).Dependence())
	require.Equal(t, Pointwise, bind(Sum{e, v}).Dependence())
	require.Equal(t, 4.0, bind(Sum{e, v, &e}).(Diffusive).Diffusivity(0)) //nolint:testifylint // exact on purpose
	for want, s := range map[string]Sum{
		"no members":               {},
		"member 1 of the sum: for": {v, Potential{}},
		"member 0 of the sum is m": {nil},
		"member 1 of the sum we":   {v, heavy{}},
	} {
		_, err := s.Bind(g)
		require.ErrorContains(t, err, want)
	}
}
