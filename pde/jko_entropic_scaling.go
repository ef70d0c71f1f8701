package pde

import (
	"context"
	"errors"
	"fmt"
	"math"

	"pdesolve/grid"
	"pdesolve/transport"
)

// scaling is the iteration of Entropic for one component, for masses of sum one.
type scaling struct {
	grid     *grid.Grid
	wanted   float64 // ε
	first    float64 // ε to begin with
	epsilon  float64 // ε at present
	share    float64
	residual float64
	count    int // iterations at the last ε

	mu, logMu     []float64
	mass, logMass []float64 // of ρ
	x, image      []float64 // log b, and what an iteration makes of it
	logA, logS    []float64 // log a and log Kᵀa
	mix           *anderson
	nothing       []float64 // V = 0
}

const (
	scalingMemory = 10   // iterates that are combined
	scalingStart  = 0.05 // of the squared diagonal: the first ε
	scalingFall   = 2    // factor from one ε to the next
	scalingWarm   = 50   // limit of iterations at each ε above the last,
	scalingLoose  = 0.01 // and the tolerance there
)

var negativeInfinity = math.Inf(-1)

func newScaling(g *grid.Grid, epsilon, diagonal, share float64) *scaling {
	n := g.Len()
	s := &scaling{grid: g, wanted: epsilon, first: max(epsilon, scalingStart*diagonal), share: share, mix: newAnderson(scalingMemory, n)}
	for _, v := range []*[]float64{&s.mu, &s.logMu, &s.mass, &s.logMass, &s.x, &s.image, &s.logA, &s.logS, &s.nothing} {
		*v = make([]float64, n)
	}
	return s
}

// load takes ρⁿ, of the given mass.
func (s *scaling) load(rho *grid.Density, mass float64) {
	volume := s.grid.CellVolume()
	for i, r := range rho.Values {
		s.mu[i] = r * volume / mass
		s.logMu[i] = math.Log(s.mu[i])
	}
}

// write writes ρ, of the given mass, to dst.
func (s *scaling) write(dst []float64, mass float64) {
	scale := mass / (grid.Sum(s.mass) * s.grid.CellVolume())
	for i, m := range s.mass {
		dst[i] = m * scale
	}
}

// solve iterates to the tolerance, ε falling to its value, and returns A/mass, up to a
// constant; v nil means 0.
func (s *scaling) solve(ctx context.Context, parts *Parts, v []float64, tau, tolerance float64, limit int) (cost float64, err error) {
	if v == nil {
		v = s.nothing
	}
	clear(s.x)
	volume := s.grid.CellVolume()
	for s.epsilon = s.first; ; {
		step := newProximal(parts, v, s.epsilon/(2*tau), s.share, volume, maxOf(s.mu)/volume)
		if s.epsilon == s.wanted {
			err := s.accelerate(ctx, step, tolerance, limit)
			return s.cost(), err
		}
		if err := s.accelerate(ctx, step, scalingLoose, scalingWarm); err != nil && !errors.Is(err, ErrNotConverged) {
			return 0, err
		}
		next := max(s.epsilon/scalingFall, s.wanted)
		for i := range s.x { // ε log b is what stays
			s.x[i] *= s.epsilon / next
		}
		s.epsilon = next
	}
}

// accelerate iterates at one ε. After an iterate that is much worse than
// the best so far the past is forgotten.
func (s *scaling) accelerate(ctx context.Context, step *proximal, tolerance float64, limit int) error {
	s.mix.reset()
	best := math.Inf(1)
	for s.count = 1; s.count <= limit; s.count++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.iterate(step)
		if s.residual <= tolerance {
			copy(s.x, s.image)
			return nil
		}
		if math.IsNaN(s.residual) || math.IsInf(s.residual, 0) {
			return fmt.Errorf("%w: entropic: iteration %d is not a number", ErrNotConverged, s.count)
		}
		if s.count == 1 { // the acceleration's inner product: the mass before and after
			for i, m := range s.mu {
				s.mix.weight[i] = m + s.mass[i]
			}
		}
		if s.residual > 10*best {
			s.mix.reset()
			copy(s.x, s.image)
			best = s.residual
			continue
		}
		best = min(best, s.residual)
		s.mix.next(s.x, s.image)
	}
	return fmt.Errorf("%w: entropic: after %d iterations at ε = %.3g the plan's marginals still miss %.2g of the mass: want %.2g; a larger epsilon, a shorter step or more iterations may help", ErrNotConverged, limit, s.epsilon, s.residual, tolerance)
}

// iterate makes image, ρ and the residual from x. Debiased, log b would alternate about its
// limit (where F = 0, b becomes Kᵀ(μ/Kb), which is the inverse of b on large scales): the
// mean of two iterates is taken.
func (s *scaling) iterate(step *proximal) {
	transport.LogGauss(s.logA, s.x, s.grid, s.epsilon)
	for i, v := range s.logA {
		s.logA[i] = s.logMu[i] - v
	}
	transport.LogGauss(s.logS, s.logA, s.grid, s.epsilon)
	step.solve(s.logMass, s.logS)
	var miss compensated
	for i, v := range s.logMass {
		s.mass[i] = math.Exp(v)
		s.image[i] = v - s.logS[i]
		if s.share < 1 {
			s.image[i] = (s.x[i] + s.image[i]) / 2
		}
		miss.add(math.Abs(math.Exp(s.logS[i]+s.x[i]) - s.mass[i]))
	}
	s.residual = miss.value()
}

// cost returns OT_ε(μ, ρ) less its part of the entropy of ρ, for mass one.
func (s *scaling) cost() float64 {
	var sum compensated
	for i, m := range s.mu {
		if m > 0 {
			sum.add(m * s.logA[i])
		}
		if m := s.mass[i]; m > 0 {
			sum.add(m * (s.x[i] - (1-s.share)*s.logMass[i]))
		}
	}
	return s.epsilon * sum.value()
}
