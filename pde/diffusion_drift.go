package pde

import (
	"math"

	"pdesolve/grid"
)

// drifted is the flow ∂_τρ = ΔΦ(ρ) + ∇·(ρ∇V) of nonlinear diffusion, Φ being the pressure of
// the local part, with a drift V = δ(the rest)/δρ. In Ψ = U′(ρ) + V the flux from cell i to its
// neighbour j is
//
//	f = (Φ(ρ_i) − Φ(ρ_j) + (ρ_i + ρ_j)/2 · (V_i − V_j))/h²,
//
// cut to the interval between 0 and 2 ρ_donor (Ψ_i − Ψ_j)/h², with the donor that cell whose Ψ is
// larger. Of second order where ρ is smooth and above 0 (for Φ = ρ² it is the mean density times
// the drop of Ψ). The cut keeps what the equation has, for any mesh (derived): Σ f (Ψ_i − Ψ_j) ≥ 0, so
// that the energy falls; no flux where Ψ is constant; and nothing leaves an empty cell:
// forward Euler keeps ρ ≥ 0 with a step bound. It acts at a free boundary.
type drifted struct {
	f        Functional
	parts    Parts
	grids    []*grid.Grid
	constant bool // V is constant and, once tabled, in v
	tabled   bool
	view     State
	v        Field

	size           int
	r, u, two, phi []float64 // of one component: ρ⁺, Ψ, U″ and Φ
	rates          []float64
	d, d0          Field
	terms          fiveRow
	last           padded
}

// newDrifted returns the flow. The parts have a rest that is not Pointwise, and no powers below 1.
func newDrifted(f Functional, p Parts, grids []*grid.Grid) *drifted {
	t := &drifted{f: f, parts: p, grids: grids, constant: p.Dependence() == Constant, v: NewField(grids), d: NewField(grids), d0: NewField(grids)}
	for _, g := range grids {
		t.size = max(t.size, g.Len())
		t.view = append(t.view, &grid.Density{Grid: g})
	}
	for _, p := range []*[]float64{&t.r, &t.u, &t.two, &t.phi, &t.rates} {
		*p = make([]float64, t.size)
	}
	t.last = t.vectors()
	return t
}

func (t *drifted) vectors() padded {
	var y padded
	for _, g := range t.grids {
		y = append(y, make([]float64, g.Len()))
	}
	return y
}

func (t *drifted) cells(y padded, c int) []float64 { return y[c] }

// tabulate brings v up to date with y.
func (t *drifted) tabulate(y padded) {
	if t.tabled {
		return
	}
	for c := range y {
		t.view[c].Values = y[c]
	}
	t.parts.Rest.Variation(t.v, t.view)
	t.tabled = t.constant
}

// load sets r, u and phi, and two if wanted, of component c.
func (t *drifted) load(y padded, c int) {
	n := len(y[c])
	r, u, two := t.r[:n], t.u[:n], t.two[:n]
	for i, x := range y[c] {
		r[i] = math.Max(x, smallestNormal) // a floor for Derivatives; NaN stays
	}
	t.parts.Derivatives(u, two, r)
	t.parts.Pressure(t.phi[:n], r)
	for i, x := range y[c] {
		u[i] += t.v[c][i]
		r[i] = math.Max(x, 0) // what a cell can give, without the floor
	}
}

// outflows writes −L(y) to d.
func (t *drifted) outflows(d Field, y padded) {
	t.tabulate(y)
	for c := range y {
		t.load(y, c)
		clear(d[c])
		t.component(d[c], c)
	}
}

// component adds the outflows of component c, which is loaded, to d and returns
// Σ f (Ψ_i − Ψ_j).
func (t *drifted) component(d []float64, c int) float64 {
	g, n := t.grids[c], len(d)
	var total compensated
	for k := range g.Dim() {
		h, st := g.Axis(k).H(), g.Stride(k)
		inv, block := 1/(h*h), g.Axis(k).N*st
		for base := 0; base < n; base += block {
			from, to := base, base+block-st
			m := to - from
			r, s := t.r[from:to], t.r[from+st:to+st]
			u, w := t.u[from:to], t.u[from+st:to+st]
			p, q := t.phi[from:to], t.phi[from+st:to+st]
			v, x := t.v[c][from:to], t.v[c][from+st:to+st]
			lo, hi := d[from:to], d[from+st:to+st]
			s, u, w, p, q, v, x = s[:m], u[:m], w[:m], p[:m], q[:m], v[:m], x[:m]
			lo, hi = lo[:m], hi[:m]
			var sum float64
			for i, a := range r {
				drop := u[i] - w[i]
				f := inv * driftedFlux(a, s[i], p[i]-q[i], v[i]-x[i], drop)
				lo[i] += f
				hi[i] -= f
				sum += f * drop
			}
			total.add(sum)
		}
	}
	return total.value()
}

// driftedFlux is the flux of drifted times h² for the densities a and b, given the drops of Φ, V
// and Ψ.
func driftedFlux(a, b, phi, v, psi float64) float64 {
	most := 2 * a * psi
	if psi < 0 {
		most = 2 * b * psi
	}
	return min(max(phi+0.5*(a+b)*v, min(most, 0)), max(most, 0))
}

// rate returns the largest Σ_faces max(f⁺h²/ρ_i, |V_i − V_j|/2)/h² + Φ′(ρ_i) Σ_k 2/h_k² over the
// cells of component c, which is loaded: it bounds what a cell loses, relative to what it has,
// and, where no flux is cut, the column of the Jacobian that belongs to it.
func (t *drifted) rate(c int) float64 {
	g := t.grids[c]
	rates, n := t.rates[:g.Len()], g.Len()
	clear(rates)
	var across float64
	for k := range g.Dim() {
		if g.Axis(k).N == 1 {
			continue
		}
		h, st := g.Axis(k).H(), g.Stride(k)
		inv, block := 1/(h*h), g.Axis(k).N*st
		across += 2 * inv
		for base := 0; base < n; base += block {
			for i := base; i < base+block-st; i++ {
				a, b, v := t.r[i], t.r[i+st], t.v[c][i]-t.v[c][i+st]
				f := driftedFlux(a, b, t.phi[i]-t.phi[i+st], v, t.u[i]-t.u[i+st])
				half := 0.5 * math.Abs(v)
				low, high := half, half
				if f > 0 {
					low = max(half, f/a)
				} else if f < 0 {
					high = max(half, -f/b)
				}
				rates[i] += inv * low
				rates[i+st] += inv * high
			}
		}
	}
	var top float64
	for i, v := range rates {
		top = max(top, v+across*t.r[i]*t.two[i]) // Φ′ = ρU″
	}
	return top
}

func (t *drifted) measure(y padded) (measurement, error) {
	m := measurement{evaluations: 1}
	t.tabulate(y)
	for c, g := range t.grids {
		t.load(y, c)
		clear(t.d[c])
		m.dissipation += t.f.Weight(c) * t.component(t.d[c], c) * g.CellVolume()
		m.rate = max(m.rate, t.rate(c))
		t.view[c].Values = y[c]
	}
	m.energy = t.f.Value(t.view)
	if err := finiteEnergy(m.energy); err != nil {
		return m, err
	}
	if math.IsNaN(m.rate) || math.IsInf(m.rate, 0) {
		return m, &DivergedError{Component: -1, What: "differences of the first variation between neighbouring cells are not finite"}
	}
	return m, nil
}

func (t *drifted) euler(dst, y padded, dt float64) error {
	t.tabulate(y)
	for c := range y {
		t.load(y, c)
		if dt*t.rate(c) > 1-slack {
			return errTooLong
		}
	}
	return t.change(dst, y, dt)
}

func (t *drifted) change(dst, y padded, dt float64) error {
	t.outflows(t.d, y)
	for c, z := range y {
		copy(dst[c], z)
		relax(dst[c], z, t.d[c], dt, 0)
	}
	return nil
}

func (t *drifted) leap(dst, y padded, dt float64, s int) error {
	r := rkl{s}
	t.outflows(t.d0, y)
	one, two := dst, t.last
	r.fiveTerm(&t.terms, 1, dt)
	for c, z := range y {
		copy(one[c], z)
		relax(one[c], z, t.d0[c], t.terms.mt, 0)
		copy(two[c], z)
	}
	for j := 2; j <= s; j++ {
		r.fiveTerm(&t.terms, j, dt)
		t.outflows(t.d, one)
		for c, z := range y {
			fiveTerms(two[c], one[c], z, t.d[c], t.d0[c], &t.terms)
		}
		one, two = two, one
	}
	return nil // an odd number of stages ends in dst
}
