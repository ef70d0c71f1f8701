package pde

import "math"

// Local is a Functional with a part that is an integral of convex functions of the
// density. Entropy, PorousMedium, Sum and the Transformer at a temperature are Local;
// so is any energy of a user's own whose workspace has the method Parts.
//
// ScharfetterGummel, RKL2, ImplicitUpwind and the Newton solvers of JKO steps treat the
// local part apart from the rest. A Functional that is Pointwise and not Local, or
// whose Rest is Pointwise, is none that they take.
type Local interface {
	Functional
	// Parts returns the functional as a sum. The rest shares its workspace with the
	// functional and is valid as long.
	Parts() Parts
}

// Parts is a functional as the sum of its local part and of a rest,
//
//	F(ρ) = Σ_c Weight(c) ∫ U(ρ_c) dx + Rest(ρ),
//	U(r) = Linear r log r + Σ_j c_j/(m_j − 1) r^{m_j} + Σ_k Convex_k(r).
//
// Its flow is
//
//	∂_τρ = ∇·(ρ∇V) + ΔΦ(ρ),    V = δRest/δρ,    Φ(r) = r U′(r) − U(r) + U(0),
//
// where Φ, the pressure, is Linear r + Σ_j c_j r^{m_j} + that of the others.
type Parts struct {
	Linear float64     // coefficient of the entropy, at least 0: of linear diffusion
	Powers []PowerTerm // porous medium terms
	Convex []Convex    // any others
	Cap    float64     // upper bound of ρ (Congestion); 0 if there is none. Not part of U
	Rest   Functional  // everything else, nothing local in it; nil if there is none

	one, two []float64 // values of one member of Convex
}

// PowerTerm is the term c/(m − 1) r^m of Parts, with c and m above 0 and m ≠ 1.
type PowerTerm struct{ Coefficient, Exponent float64 }

// Convex is a convex function U of the density in Parts, for a user's own energies.
type Convex interface {
	// Derivatives writes U′(r) and U″(r) ≥ 0 for each element r of rho. Every r is a
	// normal number above 0: the caller puts a floor under vacuum, where both may be
	// infinite.
	Derivatives(first, second, rho []float64)
	// Pressure writes Φ(r) = r U′(r) − U(r) + U(0) for each element r ≥ 0 of rho.
	Pressure(phi, rho []float64)
}

// PartsOf returns the parts of f: all of it is rest if it is not Local.
func PartsOf(f Functional) Parts {
	if l, ok := f.(Local); ok {
		return l.Parts()
	}
	return Parts{Rest: f}
}

// HasLocal reports whether there is a local part.
func (p *Parts) HasLocal() bool { return p.Linear != 0 || len(p.Powers) > 0 || len(p.Convex) > 0 }

// Dependence returns that of the rest: Constant if there is none.
func (p *Parts) Dependence() Dependence {
	if p.Rest == nil {
		return Constant
	}
	return p.Rest.Dependence()
}

// Derivatives writes U′(r) and U″(r) for each element r of rho, all of them normal
// numbers above 0.
func (p *Parts) Derivatives(first, second, rho []float64) {
	first, second = first[:len(rho)], second[:len(rho)]
	c := p.Linear
	if c == 0 {
		clear(first)
		clear(second)
	} else {
		var s lanes
		for i, r := range rho {
			first[i], second[i] = c, c/r
		}
		potentials(first, rho, first, c, &s)
	}
	for _, q := range p.Powers {
		q.addDerivatives(first, second, rho)
	}
	for _, u := range p.Convex {
		one, two := p.scratch(len(rho))
		u.Derivatives(one, two, rho)
		for i, v := range one {
			first[i] += v
			second[i] += two[i]
		}
	}
}

// potential writes U′(r) + v, up to a constant, and U″(r) for each element r of rho.
func (p *Parts) potential(psi, second, rho, v []float64) {
	if len(p.Powers) > 0 || len(p.Convex) > 0 {
		p.Derivatives(psi, second, rho)
		for i, w := range v {
			psi[i] += w
		}
		return
	}
	var s lanes
	for i := 0; i < len(rho); i += stripLength {
		end := min(i+stripLength, len(rho))
		potentials(psi[i:end], rho[i:end], v[i:end], p.Linear, &s)
	}
	second = second[:len(rho)]
	for i, r := range rho {
		second[i] = p.Linear / r
	}
}

// Pressure writes Φ(r) for each element r ≥ 0 of rho.
func (p *Parts) Pressure(phi, rho []float64) {
	phi = phi[:len(rho)]
	for i, r := range rho {
		phi[i] = p.Linear * r
	}
	for _, q := range p.Powers {
		q.addPressure(phi, rho)
	}
	for _, u := range p.Convex {
		one, _ := p.scratch(len(rho))
		u.Pressure(one, rho)
		for i, v := range one {
			phi[i] += v
		}
	}
}

// scratch returns two vectors of n elements.
func (p *Parts) scratch(n int) (one, two []float64) {
	if len(p.one) < n {
		p.one, p.two = make([]float64, n), make([]float64, n)
	}
	return p.one[:n], p.two[:n]
}

// addDerivatives adds c m/(m − 1) r^{m−1} and c m r^{m−2}.
func (q PowerTerm) addDerivatives(first, second, rho []float64) {
	m := q.Exponent
	a := q.Coefficient * m / (m - 1)
	switch m {
	case 1.5:
		for i, r := range rho {
			s := math.Sqrt(r)
			first[i] += float64(a * s)
			second[i] += 0.5 * a / s
		}
	case 2:
		for i, r := range rho {
			first[i] += float64(a * r)
			second[i] += a
		}
	case 3:
		for i, r := range rho {
			first[i] += float64(a * float64(r*r))
			second[i] += float64(2 * a * r)
		}
	default:
		eachPower(rho, m-1, func(at int, powers []float64) {
			for i, v := range powers {
				u := float64(a * v)
				first[at+i] += u
				second[at+i] += (m - 1) * u / rho[at+i]
			}
		})
	}
}

// addPressure adds c r^m.
func (q PowerTerm) addPressure(phi, rho []float64) {
	c := q.Coefficient
	switch q.Exponent {
	case 2:
		for i, r := range rho {
			phi[i] += float64(c * float64(r*r))
		}
	case 3:
		for i, r := range rho {
			phi[i] += float64(c * float64(float64(r*r)*r))
		}
	default:
		eachPower(rho, q.Exponent, func(at int, powers []float64) {
			for i, v := range powers {
				phi[at+i] += float64(c * v)
			}
		})
	}
}

// eachPower calls do with r^p of strips of rho, which begin at its index at.
func eachPower(rho []float64, p float64, do func(at int, powers []float64)) {
	var strip [256]float64
	for at := 0; at < len(rho); at += len(strip) {
		n := min(len(strip), len(rho)-at)
		powers(strip[:n], rho[at:at+n], p, 0)
		do(at, strip[:n])
	}
}

// add adds those of another functional, whose rest is appended to rest.
func (p *Parts) add(q Parts, rest []Functional) []Functional {
	p.Linear += q.Linear
	p.Powers = append(p.Powers, q.Powers...)
	p.Convex = append(p.Convex, q.Convex...)
	if q.Cap > 0 && (p.Cap == 0 || q.Cap < p.Cap) {
		p.Cap = q.Cap
	}
	if q.Rest == nil {
		return rest
	}
	return append(rest, q.Rest)
}
