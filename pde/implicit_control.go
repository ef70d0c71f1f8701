package pde

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// implicitControl estimates the error of a step of an implicit scheme. With the slopes L at
// the start of the step and at its stages it is, for order 1 and order 2,
//
//	e = τ/2 (L(ρⁿ) − L(ρⁿ⁺¹)),    e = τ/3 (√2 L(ρⁿ) − 2 L(ρ¹) + (2 − √2) L(ρⁿ⁺¹)),
//
// the latter the difference to the third-order method in these slopes (derived, from the
// order conditions Σb = 1, Σbc = ½, Σb Ac = 1/6; exact to leading order if L is linear).
//
// The slope at a stage is what its own equation says it is, (ρ − b)/σ, and that at ρⁿ is the
// one at the end of the step before: L is never evaluated, which at a vacuum it could not
// be. Before the first step, and from any state but the one that the last step left, it is
// that of an implicit step a hundredth as long.
type implicitControl struct {
	stepControl
	last  State // the result of the last step
	slope State // L there, of the masses
	known bool  // slope belongs to the present begin
}

// firstTrial is the first step that is tried, relative to the largest; probeLength that of
// the step that gives the first slope, relative to the step that is tried.
const (
	firstTrial  = 1e-2
	probeLength = 1e-2
)

// adapt makes the steps adaptive, with the given tolerance.
func (s *implicit) adapt(tolerance float64) {
	s.control = &implicitControl{stepControl: stepControl{tolerance: tolerance, order: s.order, proposal: firstTrial * s.nominal},
		last: s.begin.Clone(), slope: s.begin.Clone()}
	s.length = func(limit float64) float64 {
		return withoutSliver(limit, min(s.nominal, s.control.proposal))
	}
}

// slope brings control.slope up to date with begin.
func (s *implicit) slope(ctx context.Context, rho State, r *StepReport) error {
	k := s.control
	if r.Rejections > 0 && k.known {
		return nil
	}
	if k.known {
		for c, d := range s.begin {
			k.known = k.known && slices.Equal(d.Values, k.last[c].Values)
		}
	}
	if k.known {
		return nil
	}
	dt := probeLength * r.Dt
	copyState(rho, s.begin)
	s.next = s.to.masses(rho)
	if err := s.solve(ctx, s.next, s.old, dt, r); err != nil {
		return err
	}
	for c, d := range s.old {
		to, end := k.slope[c].Values, s.next[c].Values
		for i, v := range d.Values {
			to[i] = (end[i] - v) / dt
		}
	}
	k.known = true
	copyState(k.last, s.begin)
	return nil
}

// judge returns a reason to reject the step from s.begin to rho, and the factor of the
// shorter one to try; if there is none it sets the next proposal and slope.
func (k *implicitControl) judge(s *implicit, rho State, r *StepReport) (shrink float64, reason error) {
	size := k.estimate(s, r.Dt)
	factor := k.factor(size)
	if factor < stepMargin {
		return factor, fmt.Errorf("the estimated error %.3g of a step is above the tolerance %.3g", size, k.tolerance)
	}
	k.accept(r.Dt, factor, r.Dt < min(s.nominal, k.proposal) && r.Rejections == 0)
	copyState(k.last, rho)
	for c, d := range s.next {
		to := k.slope[c].Values
		b, length := s.old[c].Values, r.Dt
		if k.order == 2 {
			b, length = s.rhs[c].Values, sdirkGamma*r.Dt
		}
		for i, v := range d.Values {
			to[i] = (v - b[i]) / length
		}
	}
	return 0, nil
}

// estimate returns the largest ∫|e| over the components.
func (k *implicitControl) estimate(s *implicit, dt float64) float64 {
	var size float64
	for c, d := range s.next {
		var sum float64
		start, slope := s.old[c].Values, k.slope[c].Values
		if k.order == 1 {
			for i, v := range d.Values {
				sum += math.Abs(0.5 * (dt*slope[i] - (v - start[i])))
			}
		} else {
			first, b := s.first[c].Values, s.rhs[c].Values
			for i, v := range d.Values {
				sum += math.Abs(math.Sqrt2*dt*slope[i]-(2*(first[i]-start[i])-(2-math.Sqrt2)*(v-b[i]))/sdirkGamma) / 3
			}
		}
		size = max(size, sum*d.Grid.MeanVolume())
	}
	return size
}
