package grid

import "math"

// Geometric clusters cells towards one end: each is wider than the one before by the
// same factor,
//
//	x = lo + (hi − lo) (r^t − 1)/(r − 1),
//
// and the last of N is r^{(N−1)/N} times as wide as the first, r = Ratio. Ratios below 1
// cluster towards the upper end.
type Geometric struct {
	Ratio float64 `yaml:"ratio"` // r > 0; 10 in an experiment file that does not say
}

func init() { Gradings.Add("geometric", func() Grading { return &Geometric{Ratio: 10} }) }

// Summary says in a line what the grading is.
func (Geometric) Summary() string {
	return "cells that grow by a constant factor, from fine at lo to ratio times as wide at hi"
}

// Validate reports a ratio that is no positive number.
func (g Geometric) Validate() error { return checkRatio(g.Ratio) }

// Position returns lo + (hi − lo)(r^t − 1)/(r − 1).
func (g Geometric) Position(t, lo, hi float64) float64 {
	if log := math.Log(g.Ratio); log != 0 {
		t = math.Expm1(t*log) / math.Expm1(log)
	}
	return lo + (hi-lo)*t
}
