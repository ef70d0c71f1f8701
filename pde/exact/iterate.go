package exact

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"pdesolve/grid"
)

// Iterated is a Solution whose exact JKO iterates
//
//	ρⁿ⁺¹ = argmin F(ρ) + W₂²(ρⁿ, ρ)/(2τ)
//
// are known beside the flow itself: what solvers of the JKO step are verified
// against, free of the scheme's own error in τ.
//
// All of them follow from the step's optimality condition (Jordan, Kinderlehrer and
// Otto 1998): the optimal map from ρⁿ⁺¹ back to ρⁿ is the gradient of a convex function,
//
//	T(x) = x + τ∇Ψ(x),    Ψ = δF/δρ at ρⁿ⁺¹,    T_# ρⁿ⁺¹ = ρⁿ.
//
// For a displacement convex F a ρⁿ⁺¹ that satisfies it is the minimiser. Where ∇Ψ is
// linear on the support for a family of profiles, T is linear and the step stays in the
// family.
type Iterated interface {
	Solution
	// Iterate returns the solution whose state at time 0 is the iterate after the given
	// number of steps of size tau from this one's state at time 0. It fails if a step has
	// no minimiser, as where a potential is too concave for tau. It panics unless tau is
	// finite and above 0 and steps at least 0.
	Iterate(tau float64, steps int) (Solution, error)
}

// checkSteps panics unless there can be steps of size tau.
func checkSteps(tau float64, steps int) {
	if !(tau > 0) || math.IsInf(tau, 0) || steps < 0 {
		panic(fmt.Sprintf("exact: %d JKO steps of size %v: want at least 0 of a finite size above 0", steps, tau))
	}
}

// Iterate returns the flow from the iterate. With B = I + τH a step is
//
//	m ↦ B⁻¹m,    Σ ↦ S,    Σ = (B − τcS⁻¹) S (B − τcS⁻¹)
//
// (derived: ∇Ψ = Hx − cS⁻¹(x − m)). With N = B^{−1/2} Σ B^{−1/2} and M = B^{1/2} S B^{1/2} this
// is N = (M − τcI)² M⁻¹, so that M has the eigenvectors of N and the eigenvalues
//
//	μ = τc + ν/2 + √(ν²/4 + τcν),
//
// the root for which T is the gradient of a convex function, μ > τc.
// It fails unless B is positive definite.
func (o *OrnsteinUhlenbeck) Iterate(tau float64, steps int) (Solution, error) {
	law, err := o.iterate(tau, steps)
	if err != nil {
		return nil, err
	}
	next := *o
	next.Initial = *law
	return &next, nil
}

// iterate returns the law after the given number of steps.
func (o *OrnsteinUhlenbeck) iterate(tau float64, steps int) (*grid.Gaussian, error) {
	checkSteps(tau, steps)
	if err := valid(o); err != nil {
		return nil, err
	}
	d := o.Initial.Dim()
	h, vectors := o.eigen()
	root, inverse := mat.NewDense(d, d, nil), mat.NewDense(d, d, nil) // B^{1/2} and B^{−1/2}
	for k, v := range h {
		b := 1 + tau*v
		if !(b > 0) {
			return nil, fmt.Errorf("exact: %s: a JKO step of size %v has no minimiser: the drift has the eigenvalue %v: want a step below %.3g", o.Name(), tau, v, -1/v)
		}
		col := vectors.ColView(k)
		var outer mat.Dense
		outer.Outer(math.Sqrt(b), col, col)
		root.Add(root, &outer)
		outer.Outer(1/math.Sqrt(b), col, col)
		inverse.Add(inverse, &outer)
	}
	mean := mat.NewVecDense(d, append([]float64(nil), o.Initial.Mean...))
	sigma := dense(o.Initial.Covariance)
	for range steps {
		for range 2 {
			mean.MulVec(inverse, mat.VecDenseCopyOf(mean))
		}
		sigma.Product(inverse, symmetricFunc(product(inverse, sigma, inverse), func(nu float64) float64 {
			c := tau * o.Coefficient
			return c + nu/2 + math.Sqrt(nu*nu/4+c*nu)
		}), inverse)
	}
	law := &grid.Gaussian{Mean: mean.RawVector().Data, Covariance: make([][]float64, d)}
	for i := range law.Covariance {
		law.Covariance[i] = append([]float64(nil), sigma.RawRowView(i)...)
		for j := range i {
			v := (sigma.At(i, j) + sigma.At(j, i)) / 2
			law.Covariance[i][j], law.Covariance[j][i] = v, v
		}
	}
	if err := law.Validate(); err != nil {
		return nil, fmt.Errorf("exact: %s after %d JKO steps: %w", o.Name(), steps, err)
	}
	return law, nil
}

func product(a, b, c mat.Matrix) *mat.Dense {
	var p mat.Dense
	p.Product(a, b, c)
	return &p
}

// symmetricFunc returns Q f(Λ) Qᵀ for the symmetric part of a = QΛQᵀ.
func symmetricFunc(a *mat.Dense, f func(float64) float64) *mat.Dense {
	n, _ := a.Dims()
	s := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			s.SetSym(i, j, (a.At(i, j)+a.At(j, i))/2)
		}
	}
	var e mat.EigenSym
	if !e.Factorize(s, true) {
		panic("exact: a symmetric matrix has no eigenvalues")
	}
	var q mat.Dense
	e.VectorsTo(&q)
	values := e.Values(nil)
	for i, v := range values {
		values[i] = f(v)
	}
	return product(&q, mat.NewDiagDense(n, values), q.T())
}

// Iterate returns the transport from the iterate, the image of the law under
// (I + τH)^{−steps}; see OrnsteinUhlenbeck.Iterate.
func (c *Contraction) Iterate(tau float64, steps int) (Solution, error) {
	law, err := c.flow().iterate(tau, steps)
	if err != nil {
		return nil, err
	}
	return &Contraction{Drift: c.Drift, Initial: *law}, nil
}

// Iterate returns the flow from the iterate; see OrnsteinUhlenbeck.Iterate.
func (h *Heat) Iterate(tau float64, steps int) (Solution, error) {
	law, err := h.flow().iterate(tau, steps)
	if err != nil {
		return nil, err
	}
	return &Heat{Coefficient: h.Coefficient, Initial: *law}, nil
}

// Iterate returns the flow from the iterate: that of OrnsteinUhlenbeck about the mean,
// which does not move, as ∇W∗ρ = k(x − m).
func (s *AttractionDiffusion) Iterate(tau float64, steps int) (Solution, error) {
	if err := valid(s); err != nil {
		return nil, err
	}
	law, err := s.flow().iterate(tau, steps)
	if err != nil {
		return nil, err
	}
	law.Mean = append([]float64(nil), s.Initial.Mean...)
	return &AttractionDiffusion{Strength: s.Strength, Coefficient: s.Coefficient, Initial: *law}, nil
}

// Iterate returns the flow from the iterate: T(x) = x + τk(x − m), so that a step divides
// the radius by 1 + τk. It fails if that is not above 0.
func (s *Attraction) Iterate(tau float64, steps int) (Solution, error) {
	checkSteps(tau, steps)
	if err := valid(s); err != nil {
		return nil, err
	}
	b := 1 + tau*s.Strength
	if !(b > 0) {
		return nil, fmt.Errorf("exact: attraction: a JKO step of size %v has no minimiser: want a step below %.3g", tau, -1/s.Strength)
	}
	next := &Attraction{Strength: s.Strength, Initial: grid.Bump{Center: s.Initial.Center}}
	for _, r := range s.Initial.Radius {
		next.Initial.Radius = append(next.Initial.Radius, r*math.Pow(b, -float64(steps)))
	}
	return next, nil
}

// Iterate returns the transport from the iterate, which is the flow itself: the
// velocity is constant.
func (s *Translation) Iterate(tau float64, steps int) (Solution, error) {
	checkSteps(tau, steps)
	if err := valid(s); err != nil {
		return nil, err
	}
	return &Translation{Velocity: s.Velocity, Initial: *s.Law(tau * float64(steps))}, nil
}

// Iterate returns the flow from the iterate. On the support of a profile of radius R
// the map is T(x) − x₀ = (1 − τλR^{−q})(x − x₀) with qλ the rate of R^q, so that a step
// from R₀ solves
//
//	R − τλ R^{1−q} = R₀,
//
// which increases in R and has one root above R₀ (derived). Outside the support Ψ is 0,
// its largest value below the constant of the condition.
//
// For m < 1 the map and the equation are the same. It fails for m < 1 − 1/d, that is q < 1,
// where the energy is not displacement convex and long steps have no such root.
func (b *Barenblatt) Iterate(tau float64, steps int) (Solution, error) {
	checkSteps(tau, steps)
	if err := valid(b); err != nil {
		return nil, err
	}
	q := b.power()
	if q < 1 {
		d := len(b.Center)
		return nil, fmt.Errorf("exact: barenblatt: the energy is not displacement convex for the exponent %v in %d dimensions: want at least %.4g", b.Exponent, d, 1-1/float64(d))
	}
	lambda := b.growth() / q
	next := *b
	for range steps {
		// The left side is concave: from an R whose left side is below R₀, Newton's
		// iteration rises to the root without passing it.
		start, r := next.Radius, next.Radius
		for range 200 {
			push := tau * lambda * math.Pow(r, 1-q)
			move := (start + push - r) / (1 + (q-1)*push/r)
			r += move
			if math.Abs(move) <= 2*epsilon*r {
				break
			}
		}
		next.Radius = r
	}
	return &next, nil
}

const epsilon = 0x1p-52

// iterate returns the radius after the given number of steps. With the force of the
// flow a step from R₀ solves (1 + τk)R − τa/(2R) = R₀ (derived).
func (s logGas) iterate(tau float64, steps int) (float64, error) {
	checkSteps(tau, steps)
	if err := s.validate(); err != nil {
		return 0, fmt.Errorf("exact: %s: %w", s.name, err)
	}
	r, b := s.radius, 1+tau*s.confinement
	for range steps {
		r = (r + math.Sqrt(r*r+2*tau*b*s.spread())) / (2 * b)
	}
	return r, nil
}

// Iterate returns the flow from the iterate, whose radius R solves
// (1 + τk)R − 2gτ/R = R₀.
func (s *Semicircle) Iterate(tau float64, steps int) (Solution, error) {
	r, err := s.gas().iterate(tau, steps)
	return &Semicircle{Confinement: s.Confinement, Repulsion: s.Repulsion, Radius: r}, err
}

// Iterate returns the flow from the iterate, whose radius R solves
// (1 + τk)R − gτ/R = R₀. The energy is not displacement convex: the iterate satisfies
// the condition, and no more is claimed.
func (s *Disc) Iterate(tau float64, steps int) (Solution, error) {
	r, err := s.gas().iterate(tau, steps)
	return &Disc{Confinement: s.Confinement, Repulsion: s.Repulsion, Radius: r}, err
}

// LinearisedMoments returns the mean and the second moments Σ + mmᵀ after steps of
// LJKO (pde.Variational) of size tau in the limit h → 0, for the transport by a
// quadratic potential. The step's equations
//
//	φ + (τ/2)|∇φ|² = ½xᵀHx,    ρⁿ⁺¹ − τ∇·(ρⁿ⁺¹∇φ) = ρⁿ
//
// have the solution φ = ½xᵀPx with P + τP² = H; tested with x and with the products of
// coordinates in the eigenbasis of H, the second one gives (derived)
//
//	(I + τP) mⁿ⁺¹ = mⁿ,    (1 + τ(p_i + p_j)) S_ijⁿ⁺¹ = S_ijⁿ,
//
// p_i = (√(1 + 4τh_i) − 1)/(2τ). The exact JKO step has (1 + τh_i) and
// (1 + τh_i)(1 + τh_j) in their place. It fails if an h_i is not above −1/(4τ).
func (c *Contraction) LinearisedMoments(tau float64, steps int) (mean []float64, second [][]float64, err error) {
	checkSteps(tau, steps)
	if err := valid(c); err != nil {
		return nil, nil, err
	}
	d := c.Initial.Dim()
	h, q := c.flow().eigen()
	p := make([]float64, d)
	for i, v := range h {
		if p[i] = 2 * v / (math.Sqrt(1+4*tau*v) + 1); math.IsNaN(p[i]) {
			return nil, nil, fmt.Errorf("exact: contraction: an LJKO step of size %v has no solution: the drift has the eigenvalue %v: want a step of at most %.3g", tau, v, -1/(4*v))
		}
	}
	m := mat.NewVecDense(d, c.Initial.Mean)
	s := dense(c.Initial.Covariance)
	var outer mat.Dense
	outer.Outer(1, m, m)
	s.Add(s, &outer)
	var turned mat.VecDense
	turned.MulVec(q.T(), m)
	s = product(q.T(), s, q)
	for i := range d {
		turned.SetVec(i, turned.AtVec(i)*math.Pow(1+tau*p[i], -float64(steps)))
		for j := range d {
			s.Set(i, j, s.At(i, j)*math.Pow(1+tau*(p[i]+p[j]), -float64(steps)))
		}
	}
	var back mat.VecDense
	back.MulVec(q, &turned)
	s = product(q, s, q.T())
	for i := range d {
		second = append(second, append([]float64(nil), s.RawRowView(i)...))
	}
	return append(mean, back.RawVector().Data...), second, nil
}
