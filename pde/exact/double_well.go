package exact

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"

	"pdesolve/grid"
	"pdesolve/pde"
)

// DoubleWell is the Fokker–Planck equation in the double well V = (x² − 1)²/4 on R,
// at rest (derived):
//
//	∂_τρ = (ρV')' + cρ”,    F(ρ) = ∫ Vρ + c ∫ ρ log ρ,    ρ = ρ∞ = e^{−V/c}/Z.
//
// A scheme keeps it up to the error of its own equilibrium.
type DoubleWell struct {
	Coefficient float64 `yaml:"coefficient"` // c, the temperature, 0.05 to 10
}

// NewDoubleWell returns the example that Solutions holds: c = 1/2.
func NewDoubleWell() *DoubleWell { return &DoubleWell{Coefficient: 0.5} }

func init() {
	Solutions.Add("double-well", func() Solution { return NewDoubleWell() })
	Solutions.Add("double-well-relaxation", func() Solution { return NewDoubleWellRelaxation() })
}

// Name returns "double-well".
func (s *DoubleWell) Name() string { return "double-well" }

// Summary says in a line what the flow is.
func (s *DoubleWell) Summary() string { return "Fokker-Planck in a double well, at rest" }

// Validate reports a coefficient outside 0.05 … 10.
func (s *DoubleWell) Validate() error {
	if c := s.Coefficient; !(c >= 0.05 && c <= 10) {
		return fmt.Errorf("coefficient: %v: want 0.05 to 10", c)
	}
	return nil
}

// Facts returns the horizon 1 of a density at rest.
func (s *DoubleWell) Facts() Facts { return Facts{Horizon: 1, Known: Rest, Source: "derived"} }

// wellDepth returns V.
func wellDepth(x float64) float64 { return (x*x - 1) * (x*x - 1) / 4 }

// Energy returns the potential and the entropy of one component.
func (s *DoubleWell) Energy() (energy pde.Energy, components int) {
	return pde.Sum{
		pde.Potential{Func: func(x []float64) float64 { return wellDepth(x[0]) }},
		pde.Entropy{Coefficient: s.Coefficient},
	}, 1
}

// Box returns the interval outside which V > 32 c.
func (s *DoubleWell) Box(tau float64) (lo, hi []float64, err error) {
	checkTime(tau)
	if err := valid(s); err != nil {
		return nil, nil, err
	}
	half := math.Sqrt(1 + math.Sqrt(128*s.Coefficient))
	return []float64{-half}, []float64{half}, nil
}

// at returns ρ∞ as a function that is normalised to near rounding.
func (s *DoubleWell) at() func(x float64) float64 {
	_, hi, _ := s.Box(0)
	boltzmann := func(x float64) float64 { return math.Exp(-wellDepth(x) / s.Coefficient) }
	var z float64
	const panels = 64
	for i := range panels {
		z += 2 * quad.Fixed(boltzmann, hi[0]*float64(i)/panels, hi[0]*float64(i+1)/panels, 12, quad.Legendre{}, 0)
	}
	return func(x float64) float64 { return boltzmann(x) / z }
}

// Density returns the cell averages, to rounding if a cell is no wider than a few
// tenths of √c. It fails on other than one axis, and if more than 1e-9 of the mass
// lies outside g's box.
func (s *DoubleWell) Density(tau float64, g *grid.Grid) (*grid.Density, error) {
	checkTime(tau)
	if err := valid(s); err != nil {
		return nil, err
	}
	return fillLine(g, s.at(), nil, s.Name())
}

// fillLine writes the cell averages of ρ, by the Gauss–Legendre rule of 16 points,
// plus the difference of add over each cell, if add is not nil, to a new density.
func fillLine(g *grid.Grid, rho, add func(x float64) float64, what string) (*grid.Density, error) {
	if g.Dim() != 1 {
		return nil, fmt.Errorf("exact: %s: the grid has %d axes: want 1", what, g.Dim())
	}
	out := grid.NewDensity(g)
	a := g.Axis(0)
	for i := range out.Values {
		lo, hi := a.Edge(i), a.Edge(i+1)
		mass := quad.Fixed(rho, lo, hi, 16, quad.Legendre{}, 0)
		if add != nil {
			mass += add(hi) - add(lo)
		}
		out.Values[i] = max(0, mass/(hi-lo)) // below zero by rounding only
	}
	if lost := 1 - out.Mass(); lost > leakTolerance {
		return nil, fmt.Errorf("exact: %s: mass %.3g lies outside the box: want at most %.0e", what, lost, leakTolerance)
	}
	for range 2 { // the second round removes the rounding of the first
		out.Scale(1 / out.Mass())
	}
	return out, nil
}

// Value returns F(ρ∞) = −c log Z, which is V + c log ρ∞ at any x.
func (s *DoubleWell) Value(tau float64) (float64, error) {
	checkTime(tau)
	if err := valid(s); err != nil {
		return 0, err
	}
	return s.Coefficient * math.Log(s.at()(1)), nil
}

// Gap returns the spectral gap λ of the flow: near equilibrium ρ − ρ∞ decays like
// e^{−λτ}. For c = 1/2 it is 0.42294464539775721708 (60-digit power series of the
// eigenfunction, mpmath, shooting to x = 3.5 and 4).
func (s *DoubleWell) Gap() float64 { return s.mode().gap }

// oscillators is the number of basis functions of mode, and reach the x up to which
// they reach, in units of the half width of the interval in which ψ is above e^{−36}.
// Beyond reach they fall fast, and the wave numbers end at 2·oscillators/x: both must
// be far enough out, and at 1.2 both errors are below rounding for c from 0.05 to 10.
// What is left is the rounding of the matrix, up to 5e-13 of ψ and 3e-12 of the gap
// (tested against power series in 800 bits).
const (
	oscillators = 100
	reach       = 1.2
)

// mode is the slowest eigenfunction φ of the flow in the form ψ = √ρ∞ φ, an odd
// function, as a combination of the oscillator functions h_n(x/scale).
type mode struct {
	gap, scale float64
	coef       []float64
}

// mode solves −cψ” + Uψ = λψ, U = V'²/(4c) − V”/2, whose lowest eigenvalue is 0 with
// ψ = √ρ∞ and whose second is the gap, by Galerkin's method in Hermite functions.
// In their basis y = x/scale is the tridiagonal matrix √((n + 1)/2), and −∂_y² =
// diag(2n + 1) − y².
func (s *DoubleWell) mode() *mode {
	const n, padded = oscillators, oscillators + 8 // products of six y need six more rows
	c := s.Coefficient
	m := &mode{scale: reach * math.Sqrt((1+math.Sqrt(288*c))/(2*n))}
	y := mat.NewDense(padded, padded, nil)
	for i := range padded - 1 {
		v := math.Sqrt(float64(i+1) / 2)
		y.Set(i, i+1, v)
		y.Set(i+1, i, v)
	}
	var y2, y4, y6 mat.Dense
	y2.Mul(y, y)
	y4.Mul(&y2, &y2)
	y6.Mul(&y4, &y2)
	q := m.scale * m.scale
	h := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			// V' = x³ − x and V” = 3x² − 1.
			v := (q*q*q*y6.At(i, j)-2*q*q*y4.At(i, j)+q*y2.At(i, j))/(4*c) - 1.5*q*y2.At(i, j) - c/q*y2.At(i, j)
			if i == j {
				v += 0.5 + c/q*float64(2*i+1)
			}
			h.SetSym(i, j, v)
		}
	}
	var e mat.EigenSym
	if !e.Factorize(h, true) {
		panic("exact: double-well: the symmetric matrix has no eigenvalues")
	}
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	m.gap = e.Values(nil)[1]
	m.coef = mat.Col(nil, 1, &vectors)
	for i := range m.coef {
		if i%2 == 0 {
			m.coef[i] = 0 // φ is odd
		}
	}
	if _, slope := m.at(0); slope < 0 {
		for i := range m.coef {
			m.coef[i] = -m.coef[i]
		}
	}
	return m
}

// at returns ψ and ψ' at x, ∫ψ² = 1.
func (m *mode) at(x float64) (psi, slope float64) {
	y := x / m.scale
	root := math.Sqrt(m.scale)
	before, h := 0.0, math.Pow(math.Pi, -0.25)*math.Exp(-y*y/2)
	for n, a := range m.coef {
		next := math.Sqrt(2/float64(n+1))*y*h - math.Sqrt(float64(n)/float64(n+1))*before
		psi += a * h
		slope += a * (math.Sqrt(float64(n)/2)*before - math.Sqrt(float64(n+1)/2)*next)
		before, h = h, next
	}
	return psi / root, slope / (root * m.scale)
}
