package pde

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"

	"pdesolve/grid"
)

// On a graded grid (grid.Grading) x_k = X_k(ξ_k) with equal cells in ξ. With the relative
// cell volume J the mass m = ρJ of a cell obeys the same equation on equal cells,
//
//	∂_τ m = Σ_k ∂_{ξ_k} (m ∂_{ξ_k}Ψ / X_k′²),
//
// so that the finite-volume kernels run on m unchanged but for a factor on each face:
// 1/h² becomes 1/d², d being the distance of the centers on both sides (derived: the
// velocity is −ΔΨ/d and J at the face X′ = d/Δξ up to O(Δξ²)). Mass, ρ ≥ 0 and the fall
// of the energy hold as they do on equal cells, and no factor varies along a row of
// cells but on the last axis. Non-uniform slopes of ρ in x would do without the
// smoothness of X, at the price of three more factors a cell in every kernel; their
// order is the same where X is smooth, and grid.Axis admits no other.

// faceMetric returns 1/d² at the N−1 faces between the cells of a graded axis, or nil if
// the axis is not graded.
func faceMetric(a grid.Axis) []float64 {
	if a.Grading == nil {
		return nil
	}
	c := a.Centers()
	m := make([]float64, a.N-1)
	for i := range m {
		d := c[i+1] - c[i]
		m[i] = 1 / (d * d)
	}
	return m
}

// faceWidth holds 1/(d h) of the cells below and above a face; see faceFlux.
type faceWidth struct{ below, above float64 }

// faceWidths returns those of the faces between the cells of a graded axis, or nil if
// the axis is not graded.
func faceWidths(a grid.Axis) []faceWidth {
	if a.Grading == nil {
		return nil
	}
	c, h := a.Centers(), a.Widths()
	f := make([]faceWidth, a.N-1)
	for i := range f {
		d := c[i+1] - c[i]
		f[i] = faceWidth{1 / (d * h[i]), 1 / (d * h[i+1])}
	}
	return f
}

// steepest returns the larger metric of the two faces of each cell.
func steepest(metric []float64) []float64 {
	s := make([]float64, len(metric)+1)
	for i, v := range metric {
		s[i] = max(s[i], v)
		s[i+1] = v
	}
	return s
}

// laplacian returns a bound of the diagonal of the three-point Laplacian, Σ_k 2/h_k² on
// equal cells. On a graded axis the flux between two cells is by up to the ratio of
// their widths larger than the one in m.
func laplacian(g *grid.Grid) float64 {
	var sum float64
	for k := range g.Dim() {
		a := g.Axis(k)
		metric := faceMetric(a)
		if metric == nil {
			sum += 2 / (a.H() * a.H())
			continue
		}
		h, top, below := a.Widths(), 0.0, 0.0
		for i := range h {
			above := 0.0
			if i < len(metric) {
				above = metric[i] * max(1, h[i+1]/h[i])
			}
			top = max(top, below+above)
			if i < len(metric) {
				below = metric[i] * max(1, h[i]/h[i+1])
			}
		}
		sum += top
	}
	return sum
}

// equalCells returns an error if a grid has a graded axis, for schemes that need equal
// cells. It names the axis, and the schemes that take it.
func equalCells(grids []*grid.Grid) error {
	for _, g := range grids {
		if err := g.CheckUniform(); err != nil {
			return fmt.Errorf("%w; schemes that take graded axes: implicit-scharfetter-gummel, implicit-upwind, muscl, rkl2, scharfetter-gummel, upwind", err)
		}
	}
	return nil
}

// cellMass turns densities into the masses of cells in units of the mean cell volume,
// and back. Components on equal cells are passed through.
type cellMass struct {
	ratio     [][]float64 // J of each component, or nil
	mass, rho State       // scratch of components with J
}

// newCellMass returns the conversion for states on the grids, or nil if none is graded.
func newCellMass(grids []*grid.Grid) *cellMass {
	if !slices.ContainsFunc(grids, func(g *grid.Grid) bool { return g.Jacobian() != nil }) {
		return nil
	}
	m := &cellMass{mass: make(State, len(grids)), rho: make(State, len(grids))}
	for c, g := range grids {
		m.ratio = append(m.ratio, g.Jacobian())
		if m.ratio[c] != nil {
			m.mass[c], m.rho[c] = grid.NewDensity(g), grid.NewDensity(g)
		}
	}
	return m
}

// masses returns the masses of rho: rho itself if no grid is graded, else a State that is
// valid until the next call.
func (m *cellMass) masses(rho State) State {
	if m == nil {
		return rho
	}
	for c, d := range rho {
		if m.ratio[c] == nil {
			m.mass[c] = d
			continue
		}
		floats.MulTo(m.mass[c].Values, d.Values, m.ratio[c])
	}
	return m.mass
}

// densities returns the densities of mass, as masses does the other way.
func (m *cellMass) densities(mass State) State {
	if m == nil {
		return mass
	}
	for c, d := range mass {
		if m.ratio[c] == nil {
			m.rho[c] = d
			continue
		}
		floats.DivTo(m.rho[c].Values, d.Values, m.ratio[c])
	}
	return m.rho
}

// store writes the densities of mass to rho.
func (m *cellMass) store(rho, mass State) {
	if m == nil {
		return
	}
	for c, d := range mass {
		if m.ratio[c] != nil {
			floats.DivTo(rho[c].Values, d.Values, m.ratio[c])
		}
	}
}

// ratios is the Jacobian of a grid in strips, nil standing for ones.
type ratios []float64

var ones = func() (x [stripLength]float64) {
	for i := range x {
		x[i] = 1
	}
	return x
}()

// strip returns n ≤ stripLength elements from i on.
func (r ratios) strip(i, n int) []float64 {
	if r == nil {
		return ones[:n]
	}
	return r[i : i+n]
}

// byStrips returns the sum of what do returns on strips of psi, of rho and of the ratios. If psi
// is nil, do writes to spare.
func byStrips(psi, rho []float64, spare *[stripLength]float64, w ratios, do func(psi, x, w []float64) float64) float64 {
	var sum compensated
	for at := 0; at < len(rho); at += stripLength {
		x := rho[at:min(at+stripLength, len(rho))]
		out := spare[:len(x)]
		if psi != nil {
			out = psi[at : at+len(x)]
		}
		sum.add(do(out, x, w.strip(at, len(x))))
	}
	return sum.value()
}

// jacobians returns the ratios of each grid.
func jacobians(grids []*grid.Grid) []ratios {
	r := make([]ratios, len(grids))
	for c, g := range grids {
		r[c] = g.Jacobian()
	}
	return r
}

// at returns element i.
func (r ratios) at(i int) float64 {
	if r == nil {
		return 1
	}
	return r[i]
}
