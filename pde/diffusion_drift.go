package pde

import (
	"math"

	"gonum.org/v1/gonum/floats"

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
//
// On a graded grid, where y holds the masses m = ρJ (see graded.go), 1/h² in the balance of m
// is J/(d h) of either cell: the area of the face over its distance d.
type drifted struct {
	f        Functional
	parts    Parts
	grids    []*grid.Grid
	constant bool // V is constant and, once tabled, in v
	tabled   bool
	view     State // densities
	v        Field
	weight   [][][]float64 // of each component, axis and lower cell of a face on a graded grid: J/(d h)

	size             int
	r, u, phi, slope []float64 // of one component: ρ⁺, Ψ, Φ and Φ′
	rates            []float64
	d, d0            Field
	terms            fiveRow
	last             padded
	evaluations      int // of V since the last measure
}

// newDrifted returns the flow. The parts have a rest that is not Pointwise, and no powers below 1.
func newDrifted(f Functional, p Parts, grids []*grid.Grid) *drifted {
	t := &drifted{f: f, parts: p, grids: grids, constant: p.Dependence() == Constant, v: NewField(grids), d: NewField(grids), d0: NewField(grids)}
	for c, g := range grids {
		t.size = max(t.size, g.Len())
		t.view = append(t.view, &grid.Density{Grid: g})
		t.weight = append(t.weight, faceWeights(g))
		if g.Jacobian() != nil {
			t.view[c].Values = make([]float64, g.Len())
		}
	}
	for _, p := range []*[]float64{&t.r, &t.u, &t.phi, &t.slope, &t.rates} {
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
	t.parts.Rest.Variation(t.v, t.show(y))
	t.evaluations++
	t.tabled = t.constant
}

// show returns the densities of y.
func (t *drifted) show(y padded) State {
	for c := range t.grids {
		t.densities(y, c)
	}
	return t.view
}

// densities returns the densities of component c of y.
func (t *drifted) densities(y padded, c int) []float64 {
	if j := t.grids[c].Jacobian(); j != nil {
		return floats.DivTo(t.view[c].Values, y[c], j)
	}
	t.view[c].Values = y[c]
	return y[c]
}

// faceWeights returns the weights of the faces by axis and lower cell, or nil if no axis is
// graded.
func faceWeights(g *grid.Grid) [][]float64 {
	j := g.Jacobian()
	if j == nil {
		return nil
	}
	w := make([][]float64, g.Dim())
	for k := range w {
		a := g.Axis(k)
		c, h := a.Centers(), a.Widths()
		w[k] = make([]float64, g.Len())
		for i := range w[k] {
			if at := i / g.Stride(k) % a.N; at < a.N-1 {
				w[k][i] = j[i] / (h[at] * (c[at+1] - c[at]))
			}
		}
	}
	return w
}

// driftedVacuum is the density below which U′ and Φ′ are those of it. It is so far above the
// smallest number that U″ of an entropy, c/ρ, is finite with any c up to 2⁶³.
const driftedVacuum = 0x1p-960

// load sets r, u, phi and slope of component c.
func (t *drifted) load(y padded, c int) {
	n := len(y[c])
	r, u, slope := t.r[:n], t.u[:n], t.slope[:n]
	rho := t.densities(y, c)
	for i, x := range rho {
		r[i] = math.Max(x, driftedVacuum) // NaN stays
	}
	t.parts.Derivatives(u, slope, r)
	t.parts.Pressure(t.phi[:n], r)
	for i, x := range rho {
		u[i] += t.v[c][i]
		slope[i] *= r[i]      // Φ′ = ρU″
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
		st, block := g.Stride(k), g.Axis(k).N*g.Stride(k)
		weight, inv := t.weights(c, k)
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
				if weight != nil {
					inv = weight[from+i]
				}
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

// weights returns the weights of the faces along axis k by their lower cell, or nil and what
// all of them are.
func (t *drifted) weights(c, k int) ([]float64, float64) {
	if w := t.weight[c]; w != nil {
		return w[k], 0
	}
	h := t.grids[c].Axis(k).H()
	return nil, 1 / (h * h)
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

// rate returns the largest Σ_faces (max(f⁺h²/ρ_i, |V_i − V_j|/2) + Φ′(ρ_i))/h² over the
// cells of component c, which is loaded: it bounds what a cell loses, relative to what it has,
// and, where no flux is cut, the column of the Jacobian that belongs to it.
func (t *drifted) rate(c int) float64 {
	g := t.grids[c]
	rates, n, ratio := t.rates[:g.Len()], g.Len(), g.Jacobian()
	clear(rates)
	for k := range g.Dim() {
		st, block := g.Stride(k), g.Axis(k).N*g.Stride(k)
		weight, inv := t.weights(c, k)
		below, above := inv, inv
		for base := 0; base < n; base += block {
			for i := base; i < base+block-st; i++ {
				j := i + st
				if weight != nil {
					below, above = weight[i]/ratio[i], weight[i]/ratio[j]
				}
				a, b, v := t.r[i], t.r[j], t.v[c][i]-t.v[c][j]
				f := driftedFlux(a, b, t.phi[i]-t.phi[j], v, t.u[i]-t.u[j])
				half := 0.5 * math.Abs(v)
				low, high := half, half
				if f > 0 {
					low = max(half, f/a)
				} else if f < 0 {
					high = max(half, -f/b)
				}
				rates[i] += below * (low + t.slope[i])
				rates[j] += above * (high + t.slope[j])
			}
		}
	}
	var top float64
	for _, v := range rates {
		top = max(top, v)
	}
	return top
}

func (t *drifted) measure(y padded) (measurement, error) {
	t.tabulate(y)
	m := measurement{evaluations: t.evaluations}
	t.evaluations = 0
	for c, g := range t.grids {
		t.load(y, c)
		clear(t.d[c])
		m.dissipation += t.f.Weight(c) * t.component(t.d[c], c) * g.MeanVolume()
		m.rate = max(m.rate, t.rate(c))
	}
	m.energy = t.f.Value(t.show(y))
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
