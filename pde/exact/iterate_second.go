package exact

import (
	"fmt"
	"math"

	"pdesolve/grid"
)

// Extended is an Iterated whose geodesics are known, also beyond their ends, and with them the
// exact iterates of JKO's forms of second order; see Midpoint and BDF2.
type Extended interface {
	Iterated
	// Extend returns the solution whose state at time 0 is where particles get that go from
	// before's state at time 0 along the geodesic to this one's and on for the given part
	// of the way. before is of the same family. It fails where particles cross on the way.
	Extend(before Solution, part float64) (Solution, error)
}

// Midpoint returns the iterate after steps of pde.JKO's form midpoint of size tau: a JKO step
// of tau/2, from which particles go on as far.
func Midpoint(s Extended, tau float64, steps int) (Extended, error) {
	checkSteps(tau, steps)
	for range steps {
		half, err := s.Iterate(tau/2, 1)
		if err != nil {
			return nil, err
		}
		if s, err = extend(half, s, 1); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// BDF2 returns the iterate after steps of pde.JKO's form bdf2 of size tau: a step of Midpoint,
// then JKO steps of 2tau/3 from the last step's geodesic extended by a third.
func BDF2(s Extended, tau float64, steps int) (Extended, error) {
	checkSteps(tau, steps)
	if steps == 0 {
		return s, nil
	}
	before := s
	s, err := Midpoint(s, tau, 1)
	if err != nil {
		return nil, err
	}
	for range steps - 1 {
		from, err := extend(s, before, 1./3)
		if err != nil {
			return nil, err
		}
		next, err := from.Iterate(2*tau/3, 1)
		if err != nil {
			return nil, err
		}
		before, s = s, next.(Extended)
	}
	return s, nil
}

// extend is the method Extend of a solution that an Extended returned.
func extend(s Solution, before Solution, part float64) (Extended, error) {
	next, err := s.(Extended).Extend(before, part)
	if err != nil {
		return nil, err
	}
	return next.(Extended), nil
}

// Extend returns the flow from the profile whose radius is extended: the map between two
// profiles stretches about the center.
func (b *Barenblatt) Extend(before Solution, part float64) (Solution, error) {
	next := *b
	next.Radius += part * (b.Radius - before.(*Barenblatt).Radius)
	if !(next.Radius > 0) {
		return nil, fmt.Errorf("exact: barenblatt: particles cross on a geodesic extended by %v", part)
	}
	return &next, nil
}

// Extend returns the flow from the law x ↦ x + part (x − W⁻¹x) takes this one to,
//
//	W = Σ₀^{−1/2} (Σ₀^{1/2} Σ₁ Σ₀^{1/2})^{1/2} Σ₀^{−1/2}
//
// being the linear part of the optimal map from the covariance Σ₀ before to Σ₁: the covariance
// is M Σ₀ M with M = (1 + part) W − part I (derived).
func (o *OrnsteinUhlenbeck) Extend(before Solution, part float64) (Solution, error) {
	law, err := extendLaw(&before.(*OrnsteinUhlenbeck).Initial, &o.Initial, part)
	if err != nil {
		return nil, fmt.Errorf("exact: %s: %w", o.Name(), err)
	}
	next := *o
	next.Initial = *law
	return &next, nil
}

// Extend returns the flow from the extended law; see OrnsteinUhlenbeck.Extend.
func (s *AttractionDiffusion) Extend(before Solution, part float64) (Solution, error) {
	law, err := extendLaw(&before.(*AttractionDiffusion).Initial, &s.Initial, part)
	if err != nil {
		return nil, fmt.Errorf("exact: %s: %w", s.Name(), err)
	}
	next := *s
	next.Initial = *law
	return &next, nil
}

// extendLaw extends the geodesic from one Gaussian to another by a part of itself.
func extendLaw(from, to *grid.Gaussian, part float64) (*grid.Gaussian, error) {
	d := from.Dim()
	zero, one := dense(from.Covariance), dense(to.Covariance)
	root := symmetricFunc(zero, math.Sqrt)
	inverse := symmetricFunc(zero, func(v float64) float64 { return 1 / math.Sqrt(v) })
	m := product(inverse, symmetricFunc(product(root, one, root), math.Sqrt), inverse)
	m.Scale(1+part, m)
	for i := range d {
		m.Set(i, i, m.At(i, i)-part)
	}
	crosses := false
	symmetricFunc(m, func(v float64) float64 {
		crosses = crosses || !(v > 0)
		return v
	})
	if crosses {
		return nil, fmt.Errorf("particles cross on a geodesic extended by %v: want a shorter step", part)
	}
	sigma := product(m, zero, m)
	law := &grid.Gaussian{Mean: make([]float64, d), Covariance: make([][]float64, d)}
	for i := range d {
		law.Mean[i] = to.Mean[i] + part*(to.Mean[i]-from.Mean[i])
		law.Covariance[i] = make([]float64, d)
		for j := range d {
			law.Covariance[i][j] = (sigma.At(i, j) + sigma.At(j, i)) / 2
		}
	}
	return law, law.Validate()
}
