package transport

import (
	"fmt"
	"math"

	"pdesolve/internal/simd"
)

// MMD is the maximum mean discrepancy
//
//	(E k(X, X′) + E k(Y, Y′) − 2 E k(X, Y))^{1/2},   k(x, y) = exp(−|x − y|²/(2s²)),
//
// of independent X, X′ ~ a and Y, Y′ ~ b, for measures of mass one; the mean of
// measures of mass m is multiplied by m. It takes all pairs.
type MMD struct {
	Bandwidth float64 `yaml:"bandwidth"` // s; default the root of the mean squared distance in the equal mixture of the measures
}

func init() { Distances.Add("mmd", func() Distance { return new(MMD) }) }

// Validate reports a bandwidth below 0 or not finite.
func (m *MMD) Validate() error {
	if !(m.Bandwidth >= 0) || math.IsInf(m.Bandwidth, 0) {
		return fmt.Errorf("transport: mmd: bandwidth %v: want a number above 0, or 0 for the default", m.Bandwidth)
	}
	return nil
}

// Summary says what the distance is.
func (*MMD) Summary() string { return "maximum mean discrepancy of a Gaussian kernel" }

// Points returns the distance between two measures.
func (m *MMD) Points(a, b *Measure) (Result, error) {
	if err := m.Validate(); err != nil {
		return Result{}, err
	}
	if _, err := checkPair(a, b); err != nil {
		return Result{}, err
	}
	s := m.Bandwidth
	if s == 0 {
		s = mixtureSpread(a, b)
	}
	rate := -1 / (2 * s * s)
	return kernelDistance(a, b, "all pairs", func(dst []float64, x, y *Measure, i int) {
		Squared.fill(dst, x, y, i, 0)
		for j, v := range dst {
			dst[j] = max(v*rate, -700) // e⁻⁷⁰⁰ is 0 beside the sum, and a normal number
		}
		simd.Exp(dst, dst)
	})
}

// mixtureSpread returns (E|Z − Z′|²)^{1/2} = (2 tr Cov Z)^{1/2} for Z drawn from a or b
// with equal chance; 1 if all points are one.
func mixtureSpread(a, b *Measure) float64 {
	wa, wb := fractionsOf(a), fractionsOf(b)
	variance := 0.0
	for k := range a.Dim {
		x, y := a.Coordinate(k), b.Coordinate(k)
		mean := (weighted(wa, x) + weighted(wb, y)) / 2
		variance += (secondMoment(wa, moved(x, -mean)) + secondMoment(wb, moved(y, -mean))) / 2
	}
	if variance == 0 {
		return 1
	}
	return math.Sqrt(2 * variance)
}
