package pde

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"pdesolve/grid"
)

// porous is the flow ∂_τρ = ΔΦ(ρ), Φ(ρ) = D ρ + Σ_j c_j ρ^{m_j} with m_j > 1, by centred
// differences of Φ:
//
//	L(ρ)_i = −Σ_k (f_{i+e_k/2} − f_{i−e_k/2}),    f = (Φ(ρ_i) − Φ(ρ_{i+e_k}))/h_k²,
//
// with Φ of negative stage values taken as 0, or with the pressure Φ of any other local
// energy (Parts). It is second order where ρ is smooth
// and puts a free boundary within a cell or two. Forward Euler keeps ρ ≥ 0 with
// dt Σ_k 2(Φ(ρ)/ρ)/h_k² ≤ 1 in every cell (derived); for powers Φ is convex and Φ(0) = 0,
// so that Φ(ρ)/ρ ≤ Φ′(max ρ).
type porous struct {
	f      Functional
	parts  Parts
	square bool       // Φ(ρ) = scale ρ², and u is ρ²; otherwise scale is 1 and u is Φ(ρ), or Φ(ρ)J
	scale  float64    // of the weights of the faces
	space  []*lattice // per component
	view   State

	psi, u padded
	d0     Field
	spare  padded
	field  Field // views of psi for the functional

	positive []float64    // max(ρ, 0) of some cells
	curve    [3][]float64 // of slope, if Φ may not be convex
}

// lattice is the three-point Laplacian of one grid in padded vectors.
type lattice struct {
	*faceFlux
	rho   []float64    // scratch of density on a graded grid
	ring  [4][]float64 // rows of Φ with a cell on either side, by row modulo 4
	along []float64    // 1/h² of the faces of a row, from the one below its first cell
	five  fiveRow
}

// density returns the densities of cells of masses m: m itself if the grid is not graded,
// else a vector that is valid until the next call.
func (l *lattice) density(m []float64) []float64 {
	if l.ratio == nil {
		return m
	}
	return floats.DivTo(l.rho, m, l.ratio)
}

// newPorous returns the flow. The parts have no rest, and powers above 1.
func newPorous(f Functional, p Parts, grids []*grid.Grid) *porous {
	t := &porous{f: f, parts: p, scale: 1, d0: NewField(grids)}
	if newCellMass(grids) == nil && p.Linear == 0 && len(p.Powers) == 1 && p.Powers[0].Exponent == 2 {
		t.square, t.scale = true, p.Powers[0].Coefficient
	}
	for _, g := range grids {
		x := newFaceFlux(g)
		x.tabulateLaplacian(t.scale)
		l := &lattice{faceFlux: x, along: make([]float64, x.row+1)}
		fill(l.along[1:x.row], t.scale*x.inv[len(x.inv)-1])
		if x.ratio != nil {
			l.rho = make([]float64, x.size)
		}
		for i := range l.ring {
			l.ring[i] = make([]float64, x.row+2)
		}
		t.space = append(t.space, l)
		t.view = append(t.view, &grid.Density{Grid: g})
	}
	t.psi, t.u, t.spare = t.vectors(), t.vectors(), t.vectors()
	size := 0
	for _, x := range t.space {
		size = max(size, x.size)
	}
	t.positive = make([]float64, size)
	for k := range t.curve {
		if len(p.Convex) > 0 {
			t.curve[k] = make([]float64, size)
		}
	}
	t.field = make(Field, len(grids))
	for c := range grids {
		t.field[c] = t.cells(t.psi, c)
	}
	return t
}

// tabulateLaplacian sets all coefficients inside the box to scale/h²; their rate is
// that of scale times the Laplacian.
func (x *faceFlux) tabulateLaplacian(scale float64) {
	zero := make([]float64, x.size)
	if len(x.n) <= 2 && x.ratio == nil {
		x.plane = true
		x.tabulatePlane(zero, scale)
	} else {
		x.tabulateAll(zero, scale)
	}
}

func (t *porous) vectors() padded {
	var y padded
	for _, x := range t.space {
		y = append(y, x.vector())
	}
	return y
}

func (t *porous) cells(y padded, c int) []float64 { return t.space[c].cells(y[c]) }

// pressure writes Φ(z)/scale to u.
func (t *porous) pressure(u, z []float64) {
	if t.square {
		squares(u, z)
		return
	}
	positive := t.positive[:len(u)]
	for i, r := range z[:len(u)] {
		positive[i] = math.Max(r, 0)
	}
	t.parts.Pressure(u, positive)
}

// pressures writes Φ(ρ)/scale of all cells of masses z to u, times J on a graded grid.
func (t *porous) pressures(x *lattice, u, z []float64) {
	t.pressure(u, x.density(z))
	if x.ratio != nil {
		floats.Mul(u, x.ratio)
	}
}

// slope returns the largest Φ′(r) and Φ(r)/r over the cells r of z, over scale: that
// of the largest r where Φ is convex.
func (t *porous) slope(z []float64) float64 {
	top := largest(z)
	if t.square {
		return 2 * top
	}
	v := t.parts.Linear
	for _, p := range t.parts.Powers {
		v += p.Coefficient * p.Exponent * math.Pow(top, p.Exponent-1)
	}
	if len(t.parts.Convex) == 0 {
		return v
	}
	n := len(z)
	r, first, second, phi := t.positive[:n], t.curve[0][:n], t.curve[1][:n], t.curve[2][:n]
	for i, x := range z {
		r[i] = max(x, 0x1p-52*top, smallestNormal)
	}
	t.parts.Derivatives(first, second, r)
	t.parts.Pressure(phi, r)
	v = 0
	for i, x := range r {
		v = max(v, x*second[i], phi[i]/x)
	}
	return v
}

func (t *porous) measure(y padded) (measurement, error) {
	m := measurement{evaluations: 1}
	for c := range y {
		t.view[c].Values = t.space[c].density(t.cells(y, c))
	}
	if !t.square {
		m.energy = t.f.Variation(t.field, t.view)
	}
	for c, x := range t.space {
		z, u := x.cells(y[c]), x.cells(t.u[c])
		m.rate = max(m.rate, x.rate*t.slope(x.density(z)))
		t.pressures(x, u, z)
		if t.square { // Ψ = 2 scale ρ, F = scale ∫ρ²
			m.dissipation += t.f.Weight(c) * 2 * t.scale * x.production(t.u[c], y[c])
			sum, _ := sumLeast(u)
			m.energy += t.scale * sum * x.volume
		} else {
			m.dissipation += t.f.Weight(c) * x.production(t.u[c], t.psi[c])
		}
	}
	m.dissipation = max(0, m.dissipation) // each face adds at least 0, but for rounding
	return m, finiteEnergy(m.energy)
}

func (t *porous) euler(dst, y padded, dt float64) error {
	for c, x := range t.space {
		if dt*x.rate*t.slope(x.density(x.cells(y[c]))) > 1-slack {
			return errTooLong
		}
	}
	return t.change(dst, y, dt)
}

func (t *porous) change(dst, y padded, dt float64) error {
	t.outflows(t.d0, y)
	for c, x := range t.space {
		z := x.cells(y[c])
		out := x.cells(dst[c])
		copy(out, z)
		relax(out, z, t.d0[c], dt, 0)
	}
	return nil
}

// outflows writes −L(y) to d.
func (t *porous) outflows(d Field, y padded) {
	for c, x := range t.space {
		out := d[c]
		if !x.plane {
			t.pressures(x, x.cells(t.u[c]), x.cells(y[c]))
			for i := 0; i < x.size; i += stripLength {
				x.faceFlux.outflows(out[i:min(i+stripLength, x.size)], t.u[c], x.pad+i)
			}
			continue
		}
		// The recursion with all weights 0 but that of d: out ← −d.
		zero := x.cells(t.spare[c])
		clear(zero)
		clear(out)
		x.five.mu, x.five.nu, x.five.mt, x.five.gt = 0, 0, -1, 0
		t.rows(x, out, y[c], zero, zero)
	}
}

// rows runs the recursion fiveRow, whose coefficients are set, over a plane: with
// the Y_{j−1} of the padded vector y1 from the cells out of Y_{j−2} to those of Y_j.
func (t *porous) rows(x *lattice, out, y1, y0, d0 []float64) {
	s := &x.five
	s.w = x.along
	rows := x.size / x.row
	t.pressure(x.ring[0][1:x.row+1], x.cells(y1)[:x.row])
	for j := range rows {
		i, n := j*x.row, x.row
		if j+1 < rows {
			t.pressure(x.ring[(j+1)&3][1:n+1], x.cells(y1)[i+n:i+2*n])
		}
		s.out, s.y1, s.y0, s.d0 = out[i:i+n], x.cells(y1)[i:i+n], y0[i:i+n], d0[i:i+n]
		s.u = x.ring[j&3]
		s.lo, s.hi = s.u[1:n+1], s.u[1:n+1]
		if j > 0 {
			s.lo = x.ring[(j-1)&3][1 : n+1]
		}
		if j+1 < rows {
			s.hi = x.ring[(j+1)&3][1 : n+1]
		}
		s.loW, s.hiW = x.crossA[j], x.crossA[j+1]
		s.run()
	}
}

func (t *porous) leap(dst, y padded, dt float64, s int) error {
	r := rkl{s}
	t.outflows(t.d0, y)
	for c, x := range t.space {
		y0 := x.cells(y[c])
		one, two := dst[c], t.spare[c]
		r.fiveTerm(&x.five, 1, dt)
		copy(x.cells(one), y0)
		relax(x.cells(one), y0, t.d0[c], x.five.mt, 0)
		copy(x.cells(two), y0)
		for j := 2; j <= s; j++ {
			r.fiveTerm(&x.five, j, dt)
			if x.plane {
				t.rows(x, x.cells(two), one, y0, t.d0[c])
			} else {
				t.strips(x, two, one, y0, c)
			}
			one, two = two, one
		}
	}
	return nil
}

// strips runs the recursion fiveRow, whose coefficients are set, strip by strip.
func (t *porous) strips(x *lattice, out, y1, y0 []float64, c int) {
	t.pressures(x, x.cells(t.u[c]), x.cells(y1))
	for i := 0; i < x.size; i += stripLength {
		end := min(i+stripLength, x.size)
		d := x.strip[:end-i]
		x.faceFlux.outflows(d, t.u[c], x.pad+i)
		fiveTerms(x.cells(out)[i:end], x.cells(y1)[i:end], y0[i:end], d, t.d0[c][i:end], &x.five)
	}
}
