package pde

import "math"

// stepControl chooses the steps of a scheme by an estimate of the error that one step adds
// to the density in L¹. A step is taken if that is within the tolerance; the next one, or the
// one tried in its place, is that whose error would be 0.9³ or 0.9² of the tolerance, but at most
// three times and at least a fifth as long.
type stepControl struct {
	tolerance float64
	order     int     // of the scheme: the error of a step falls with the power order + 1
	proposal  float64 // the step to try next
}

// stepMargin is the part of the step whose estimated error is the tolerance that is tried.
const stepMargin = 0.9

// factor returns how many times as long the next step is to be after one whose estimated error
// is size. If it is below stepMargin the step is to be redone.
func (k *stepControl) factor(size float64) float64 {
	if !(size > 0) {
		return 3 // for 0; a size that is no number means a density that the checks report
	}
	return min(3, max(0.2, stepMargin*math.Pow(k.tolerance/size, 1/float64(k.order+1))))
}

// accept sets the next proposal after a step of dt. A step that was short only because a
// saved time was near does not shorten it.
func (k *stepControl) accept(dt, factor float64, near bool) {
	next := dt * factor
	if near {
		next = max(next, k.proposal)
	}
	k.proposal = next
}

// withoutSliver returns dt, or the part of limit to take so that none much shorter than dt
// remains.
func withoutSliver(limit, dt float64) float64 {
	switch {
	case limit <= dt:
		return limit
	case limit < 2*dt:
		return limit / 2
	}
	return dt
}
