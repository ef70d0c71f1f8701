package pde

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"pdesolve/grid"
)

// Potential is the energy
//
//	F(ρ) = Σ_c ∫ V ρ_c dx,    Ψ_c = V,
//
// of a potential V, whose flow is the transport ∂_τρ = ∇·(ρ∇V). V is given either
// as a Formula or as a Go function; it is evaluated once, at the cell centers, when
// the energy is bound.
type Potential struct {
	// Formula is V in the variables x, y, z, w, which stand for the coordinates of
	// axis 0, 1, 2, 3. It knows + − * / ^, the functions exp log sin cos tan sinh cosh
	// tanh sqrt abs min max pow and the constant pi.
	Formula string `yaml:"formula"`
	// Func is V for callers in Go. It must not keep or change x.
	Func func(x []float64) float64 `yaml:"-"`
}

func init() { Energies.Add("potential", func() Energy { return new(Potential) }) }

// Validate reports what makes the description unusable: none or both of Formula
// and Func, or a formula that does not compile (the message points at the place).
func (p Potential) Validate() error {
	switch {
	case p.Formula == "" && p.Func == nil:
		return fmt.Errorf(`formula: empty: want an expression in x, y, z, w such as "(x^2 + y^2)/2"`)
	case p.Formula != "" && p.Func != nil:
		return fmt.Errorf("formula: given together with a function: want one of them")
	case p.Func != nil:
		return nil
	}
	_, err := compileFormula(p.Formula, coordinateNames)
	return err
}

// Bind evaluates V at the cell centers. It fails on a formula that does not
// compile, that uses a coordinate which a grid does not have, or that is not
// finite at a cell center, which the error names.
func (p Potential) Bind(grids []*grid.Grid) (Functional, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	b := &potential{volume: volumes(grids), psi: make(Field, len(grids)), share: make(Field, len(grids))}
	for c, g := range grids {
		// Equal grids, such as the depth slices of one block, share one table.
		if k := slices.IndexFunc(grids[:c], g.Equal); k >= 0 {
			b.psi[c], b.share[c] = b.psi[k], b.share[k]
			continue
		}
		psi, err := p.tabulate(g)
		if err != nil {
			return nil, err
		}
		b.psi[c], b.share[c] = psi, psi
		if j := g.Jacobian(); j != nil {
			b.share[c] = floats.MulTo(make([]float64, len(psi)), psi, j)
		}
	}
	return b, nil
}

// tabulate returns V at the cell centers of g.
func (p Potential) tabulate(g *grid.Grid) ([]float64, error) {
	at := func(x []float64) (float64, error) { return p.Func(x), nil }
	if p.Func == nil {
		f, err := compileFormula(p.Formula, coordinateNames[:g.Dim()])
		if err != nil {
			return nil, err
		}
		at = f.at
	}
	psi := make([]float64, g.Len())
	x := make([]float64, g.Dim())
	for i := range psi {
		v, err := at(g.Center(x, i))
		g.Center(x, i)
		if err != nil {
			return nil, fmt.Errorf("potential: at the cell center %s: %w", point(x), err)
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("potential: V = %v at the cell center %s: want a finite number at every cell center of the box", v, point(x))
		}
		psi[i] = v
	}
	return psi, nil
}

// potential is a Potential bound to grids.
type potential struct {
	volume []float64
	psi    Field
	share  Field // psi times the relative cell volume
}

// Value returns Σ_c ∫ V ρ_c.
func (p *potential) Value(rho State) float64 {
	var sum compensated
	for c, d := range rho {
		sum.add(dot(p.share[c], d.Values) * p.volume[c])
	}
	return sum.value()
}

// Variation copies V to psi and returns F(ρ).
func (p *potential) Variation(psi Field, rho State) float64 {
	for c := range psi {
		copy(psi[c], p.psi[c])
	}
	return p.Value(rho)
}

// Dependence is Constant.
func (p *potential) Dependence() Dependence { return Constant }

// Weight is 1.
func (p *potential) Weight(int) float64 { return 1 }
