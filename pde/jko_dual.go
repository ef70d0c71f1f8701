package pde

import (
	"math"

	"pdesolve/grid"
)

// dual is the concave problem whose maximum is one LJKO step of one component, for an
// energy ∫U(ρ) + ∫Vρ with U strictly convex:
//
//	D(φ) = ∫ρⁿφ − ∫U*(p − V),    p_K = φ_K + (τ/2) Σ_L ((φ_K − φ_L)⁺/h)²    (upwind)
//	                             p_K = φ_K + (τ/4) Σ_L ((φ_K − φ_L)/h)²     (centred).
//
// p is convex in φ and U* convex and increasing, so that D is concave, and (derived)
//
//	∂D = ρⁿ − Aᵀρ,    −∂²D = AᵀEA + L,    ρ = U*′(p − V) ≥ 0,    A = ∂p/∂φ,    E = 1/U″(ρ),
//
// L the Laplacian with the conductances τρ_face/h². Where ∂D = 0 the pair (φ, ρ) solves
// the step's equations: ρ = Aᵀ⁻¹ρⁿ is the conservation law with the face densities ρ_up or
// (ρ_K + ρ_L)/2, and U′(ρ) + V = p the Hamilton–Jacobi equation, with ≤ in vacuum. Every φ
// gives a lower bound D(φ) of the step's value.
//
// The symmetric form has the mobilities (ρⁿ + ρ)/2: with q = p − φ of the above,
//
//	D(φ) = ∫ρⁿ(φ − q/2) − ∫U*(φ + q/2 − V),
//
// concave as well, and its step differs from the JKO step by O(τ³) in place of O(τ²)
// (derived: φ belongs to half time, and W₂² to the norm of ρ − ρⁿ in the mean mobility, up
// to fourth order).
type dual struct {
	grid    *grid.Grid
	parts   *Parts
	inverse *inverter
	centred bool
	part    float64 // of ρ in the mobility: 1, or ½ in the symmetric form
	tau     float64
	rhoN, v []float64

	phi, trial    []float64
	p, s, rho     []float64   // p, p − V and U*′ of it
	grad          []float64   // ∂D per volume
	inverseSecond []float64   // E
	slope         [][]float64 // on the faces between a cell and the next along an axis
	conduct       []framed    // of L on the faces
	value         float64     // D
	unit          float64     // sum of the sizes of its terms
	mass          float64     // Σρⁿ
	newton        newton
	delta, r, z   []float64
	image         []float64
}

func newDual(g *grid.Grid, parts *Parts, inverse *inverter, v *Variational) *dual {
	d := &dual{grid: g, parts: parts, inverse: inverse, centred: v.Mobility == centredMobility, part: 1}
	if v.Symmetric {
		d.part = 0.5
	}
	for _, x := range []*[]float64{&d.v, &d.phi, &d.trial, &d.p, &d.s, &d.rho, &d.grad, &d.inverseSecond, &d.delta, &d.r, &d.z, &d.image} {
		*x = make([]float64, g.Len())
	}
	for range g.Dim() {
		d.slope = append(d.slope, make([]float64, g.Len()))
		d.conduct = append(d.conduct, newFramed(g))
	}
	d.newton.init(g)
	return d
}

// framed is a number for every cell of a grid, or for the faces behind them, in the midst of
// zeros, so that a neighbour outside the box is a number times 0.
type framed struct {
	all    []float64
	inside []float64
}

func newFramed(g *grid.Grid) framed {
	margin, n := g.Stride(0), g.Len()
	all := make([]float64, n+2*margin)
	return framed{all, all[margin : margin+n : margin+n]}
}

// faces calls visit for the ranges of cells lo … hi − 1 that have a next cell along axis
// k, at the distance stride.
func (d *dual) faces(k int, visit func(lo, hi, stride int, scale float64)) {
	n, s := d.grid.Axis(k).N, d.grid.Stride(k)
	h := d.grid.Axis(k).H()
	for base := 0; base < len(d.phi); base += n * s {
		visit(base, base+(n-1)*s, s, d.tau/(h*h))
	}
}

// evaluate sets D, its gradient and what its Hessian is made of at phi. It reports
// whether D is finite.
func (d *dual) evaluate(phi []float64) bool {
	d.lift(phi)
	for i, p := range d.p {
		d.s[i] = p - d.v[i]
	}
	d.inverse.invert(d.rho, d.s)
	d.parts.Pressure(d.z, d.rho)
	var sum compensated
	size, rest := 0.0, (1-d.part)/d.part
	for i, f := range phi {
		gain := d.rhoN[i] * (f - rest*(d.p[i]-f))
		sum.add(gain - d.z[i])
		size += math.Abs(gain) + math.Abs(d.z[i])
	}
	volume := d.grid.CellVolume()
	d.value, d.unit = sum.value()*volume, size*volume
	if d.value-d.value != 0 {
		return false
	}
	for i, r := range d.rho {
		d.grad[i] = d.rhoN[i] - r
	}
	for k, slope := range d.slope {
		conduct := d.conduct[k].inside
		d.faces(k, func(lo, hi, stride int, scale float64) {
			for i := lo; i < hi; i++ {
				j := i + stride
				face := d.mobility(d.rho, i, j, slope[i])
				conduct[i] = scale * face
				d.grad[i] -= slope[i] * face
				d.grad[j] += slope[i] * face
			}
		})
	}
	return true
}

// mobility returns the mobility of the face between cells i and j.
func (d *dual) mobility(rho []float64, i, j int, slope float64) float64 {
	a, b := rho[i], rho[j]
	if d.part != 1 {
		a, b = (a+d.rhoN[i])/2, (b+d.rhoN[j])/2
	}
	switch {
	case d.centred:
		return (a + b) / 2
	case slope < 0:
		return b
	}
	return a
}

// lift sets p and the slopes τ(φ_K − φ_L)/h² of the faces.
func (d *dual) lift(phi []float64) {
	copy(d.p, phi)
	for k, slope := range d.slope {
		d.faces(k, func(lo, hi, stride int, scale float64) {
			for i := lo; i < hi; i++ {
				j := i + stride
				drop := phi[i] - phi[j]
				slope[i] = scale * drop
				q := 0.5 * d.part * scale * drop * drop
				switch {
				case d.centred:
					d.p[i] += q / 2
					d.p[j] += q / 2
				case drop > 0:
					d.p[i] += q
				default:
					d.p[j] += q
				}
			}
		})
	}
}

// imbalance returns Σ|∂D| / Σρⁿ: the mass that the conservation law misses.
func (d *dual) imbalance() float64 {
	miss := 0.0
	for _, g := range d.grad {
		miss += math.Abs(g)
	}
	return miss / d.mass
}
