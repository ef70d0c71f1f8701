package exact

import (
	"fmt"
	"math"
)

// Iterate returns the flow from the iterate. ∇Ψ is linear, with the eigenvectors (1, ±1) and
// the eigenvalues λ ± κ at the iterate's own κ, so that a step is the linear map (derived)
//
//	a ± v ↦ (a ± v)/(1 + τ(λ ± κ)),    κ = R'(I),
//	I = ¼ (S₊/(1 + τ(λ + κ))² − S₋/(1 + τ(λ − κ))²),
//
// with one unknown, κ, between the values −(λ + 1/τ) and λ + 1/τ at which S is no gradient of
// a convex function any more. The right side of κ − R'(I(κ)) = 0 goes to −∞ at the lower one
// and is positive at the upper one if R' is bounded below there; of several roots, which large
// steps may have, the one is taken that is found from κ at the start. It fails if none is.
func (s *LinearAttention) Iterate(tau float64, steps int) (Solution, error) {
	checkSteps(tau, steps)
	next := *s
	for step := range steps {
		if !next.step(tau) {
			return nil, fmt.Errorf("exact: linear attention: JKO step %d of size %v was not found: want a smaller step", step+1, tau)
		}
	}
	return &next, nil
}

// step replaces s by its iterate and reports whether that was found.
func (s *LinearAttention) step(tau float64) bool {
	lambda := s.model.Decay
	limit := lambda + 1/tau
	at := func(k float64) (miss, slope float64) {
		p, m := 1+tau*(lambda+k), 1+tau*(lambda-k)
		_, force, stiffness := s.risk((s.plus/(p*p) - s.minus/(m*m)) / 4)
		di := -tau / 2 * (s.plus/(p*p*p) + s.minus/(m*m*m))
		return k - force, 1 - stiffness*di
	}
	_, k, _ := s.risk((s.plus - s.minus) / 4)
	k = min(max(k, -0.9*limit), 0.9*limit)
	lo, hi := -limit, limit
	for range 200 {
		miss, slope := at(k)
		if math.IsNaN(miss) {
			return false
		}
		if miss < 0 {
			lo = k
		} else {
			hi = k
		}
		next := k - miss/slope
		if !(next > lo && next < hi) {
			next = (lo + hi) / 2
		}
		if math.Abs(next-k) <= 4*epsilon*(math.Abs(k)+1) {
			break
		}
		k = next
	}
	if miss, _ := at(k); !(math.Abs(miss) <= 1e-12*(1+math.Abs(k))) {
		return false
	}
	// push(d, k) multiplies a ± v by exp(−d ∓ k).
	p, m := math.Log1p(tau*(lambda+k)), math.Log1p(tau*(lambda-k))
	s.decay += (p + m) / 2
	s.turn += (p - m) / 2
	s.plus *= math.Exp(-2 * p)
	s.minus *= math.Exp(-2 * m)
	s.mixed *= math.Exp(-p - m)
	s.mean = push((p+m)/2, (p-m)/2, s.mean)
	return true
}
