package pde

import (
	"math"
	"slices"

	"pdesolve/grid"
)

// fitted reports whether the flow of p is linear diffusion with a drift that depends on
// ρ at most through averages.
func (p *Parts) fitted() bool {
	return p.Linear > 0 && len(p.Powers) == 0 && len(p.Convex) == 0 && p.Dependence() != Pointwise
}

// fitted is the flow ∂_τρ = ∇·(D∇ρ + ρ∇U) by the operator faceFlux, D > 0 being the
// coefficient of the entropy and U = δ(the rest)/δρ.
type fitted struct {
	f        Functional
	parts    Parts
	grids    []*grid.Grid
	x        []*faceFlux // per component; alike components share one if U is constant
	constant bool
	weighted bool // the metric has weights: F is asked for its value
	tabled   bool // U is constant and in x
	drift    Field
	level    Field     // drift − D log J of components on graded grids, whose log ρ is log m − log J
	view     State     // the cells of a padded state
	mass     *cellMass // turns them into densities

	evaluations int // of the drift since the last measure

	psi, spare, last padded
	d0, d            Field // outflows, if U is not constant
	terms            fiveRow
}

// newFitted returns the flow. The parts have a linear diffusion and no powers.
func newFitted(f Functional, p Parts, grids []*grid.Grid) *fitted {
	t := &fitted{f: f, parts: p, grids: grids, constant: p.Dependence() == Constant, drift: NewField(grids), level: make(Field, len(grids)), mass: newCellMass(grids)}
	for c, g := range grids {
		t.x = append(t.x, newFaceFlux(g))
		t.view = append(t.view, &grid.Density{Grid: g})
		t.level[c] = t.drift[c]
		if g.Jacobian() != nil {
			t.level[c] = make([]float64, g.Len())
		}
		t.weighted = t.weighted || f.Weight(c) != 1
	}
	t.psi, t.spare = t.vectors(), t.vectors()
	if !t.constant {
		t.d0, t.d, t.last = NewField(grids), NewField(grids), t.vectors()
	}
	return t
}

func (t *fitted) vectors() padded {
	var y padded
	for _, x := range t.x {
		y = append(y, x.vector())
	}
	return y
}

func (t *fitted) cells(y padded, c int) []float64 { return t.x[c].cells(y[c]) }

// show returns the densities of y.
func (t *fitted) show(y padded) State {
	for c := range t.view {
		t.view[c].Values = t.cells(y, c)
	}
	return t.mass.densities(t.view)
}

// tabulate brings the coefficients up to date with y and returns the energy of the
// rest, unless U is constant: then it does that once and returns 0.
func (t *fitted) tabulate(y padded) (rest float64, err error) {
	if t.tabled {
		return 0, nil
	}
	if t.parts.Rest != nil {
		rest = t.parts.Rest.Variation(t.drift, t.show(y))
		t.evaluations++
	}
	for c, x := range t.x {
		for i, j := range x.ratio {
			t.level[c][i] = t.drift[c][i] - t.parts.Linear*math.Log(j)
		}
		if t.constant {
			same := func(k int) bool {
				return t.grids[k].Equal(t.grids[c]) && slices.Equal(t.drift[k], t.drift[c])
			}
			if k := slices.IndexFunc(t.grids[:c], t.grids[c].Equal); k >= 0 && same(k) {
				t.x[c] = t.x[k]
				continue
			}
			err = x.tabulate(t.drift[c], t.parts.Linear)
		} else {
			x.plane = false
			x.tabulateAll(t.drift[c], t.parts.Linear)
			err = x.checkRate()
		}
		if err != nil {
			err.(*DivergedError).Component = c
			return 0, err
		}
	}
	t.tabled = t.constant
	return rest, nil
}

func (t *fitted) measure(y padded) (measurement, error) {
	rest, err := t.tabulate(y)
	m := measurement{evaluations: t.evaluations}
	t.evaluations = 0
	if err != nil {
		return m, err
	}
	for c, x := range t.x {
		m.rate = max(m.rate, x.rate)
		z, psi, u := x.cells(y[c]), x.cells(t.psi[c]), t.level[c]
		var total compensated
		for i := 0; i < len(z); i += stripLength {
			end := min(i+stripLength, len(z))
			var s lanes
			potentials(psi[i:end], z[i:end], u[i:end], t.parts.Linear, &s)
			total.add(s.sum())
		}
		m.energy += total.value() * x.volume
		if !t.constant {
			m.energy -= dot(t.drift[c], z) * x.volume // F is not linear in ρ: the rest's own value replaces ∫Uρ
		}
		m.dissipation += t.f.Weight(c) * x.production(y[c], t.psi[c])
	}
	if !t.constant {
		m.energy += rest
	}
	if t.weighted {
		m.energy = t.f.Value(t.show(y))
	}
	m.dissipation = max(0, m.dissipation) // each face adds at least 0, but for rounding
	return m, finiteEnergy(m.energy)
}

func (t *fitted) euler(dst, y padded, dt float64) error {
	if _, err := t.tabulate(y); err != nil {
		return err
	}
	for _, x := range t.x {
		if dt*x.rate > 1-slack {
			return errTooLong
		}
	}
	return t.change(dst, y, dt)
}

func (t *fitted) change(dst, y padded, dt float64) error {
	if _, err := t.tabulate(y); err != nil {
		return err
	}
	for c, x := range t.x {
		copy(dst[c], y[c])
		x.legendre(dst[c], y[c], dt, 0)
	}
	return nil
}

func (t *fitted) leap(dst, y padded, dt float64, s int) error {
	r := rkl{s}
	if t.constant {
		for c, x := range t.x {
			r.linear(x, dst[c], y[c], t.spare[c], dt)
		}
		return nil
	}
	if err := t.outflows(t.d0, y); err != nil {
		return err
	}
	// one and two hold Y_{j−1} and Y_{j−2}; dst is where an odd number of stages ends.
	one, two := dst, t.last
	for j := 1; j <= s; j++ {
		d, y1, out := t.d0, y, one
		if j > 1 {
			if err := t.outflows(t.d, one); err != nil {
				return err
			}
			d, y1, out = t.d, one, two
			one, two = two, one
		}
		r.fiveTerm(&t.terms, j, dt)
		for c, x := range t.x {
			if j <= 2 { // Y_0, and anything finite before it
				copy(out[c], y[c])
			}
			fiveTerms(x.cells(out[c]), x.cells(y1[c]), x.cells(y[c]), d[c], t.d0[c], &t.terms)
		}
	}
	return nil
}

// outflows writes −L(y) to d.
func (t *fitted) outflows(d Field, y padded) error {
	if _, err := t.tabulate(y); err != nil {
		return err
	}
	for c, x := range t.x {
		for i := 0; i < x.size; i += stripLength {
			x.outflows(d[c][i:min(i+stripLength, x.size)], y[c], x.pad+i)
		}
	}
	return nil
}
