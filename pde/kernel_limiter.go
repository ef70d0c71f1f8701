package pde

import "math"

// signBit is the sign of a float64.
const signBit = 1 << 63

// limiterKind names a formula for the half slopes of MUSCL.
type limiterKind int

const (
	constant limiterKind = iota // no slopes: first order
	minmod
	vanLeer
	koren
	thirdOrder
)

// limiter is how a sweep reconstructs.
type limiter struct {
	kind limiterKind
	half float64 // minmod: θ/2
	loss float64 // c of the step bound, see explicit
}

// slopes writes the half slopes of the cells mid towards their upper faces to up and
// towards their lower faces to down. margin is for thirdOrder.
func (l limiter) slopes(up, down, lo, mid, hi []float64, margin float64) {
	switch l.kind {
	case constant:
		clear(up)
		clear(down)
	case minmod:
		slopesMinmod(up, lo, mid, hi, l.half)
		copy(down, up)
	case vanLeer:
		slopesVanLeer(up, lo, mid, hi)
		copy(down, up)
	case koren:
		slopesKoren(up, down, lo, mid, hi)
	case thirdOrder:
		slopesThird(up, down, lo, mid, hi, margin)
	}
}

// slopesMinmod writes the limited half slopes of the cells mid with the neighbours lo
// and hi along the axis:
//
//	s = ½ minmod(θa, (a + b)/2, θb),    a = mid − lo,  b = hi − mid,  half = θ/2.
//
// For 1 ≤ θ ≤ 2 it is |s| ≤ min(|a|, |b|) also after rounding, and s = 0 unless a
// and b have one sign, so mid ± s lies between the neighbours up to a rounding of
// mid, and is ≥ 0 exactly where they are.
func slopesMinmod(s, lo, mid, hi []float64, half float64) {
	n := len(s)
	lo, mid, hi = lo[:n], mid[:n], hi[:n]
	for j, m := range mid {
		a, b := m-lo[j], hi[j]-m
		ab, bb := math.Float64bits(a), math.Float64bits(b)
		// Non-negative floats are ordered like their bits, and the minimum of two
		// integers needs neither a branch nor a test for NaN.
		least := math.Float64frombits(min(ab&^signBit, bb&^signBit))
		t := min(math.Float64bits(half*least), math.Float64bits(0.25*math.Abs(a+b)))
		opposite := uint64(int64(ab^bb) >> 63) // all ones if the signs differ
		s[j] = math.Float64frombits((t | ab&signBit) &^ opposite)
	}
}

// slopesVanLeer writes s = ab/(a + b), or 0 where the signs of a and b differ. It is
// computed as m·(M/(m + M)) with the smaller and the larger of |a| and |b|, which keeps
// |s| ≤ min(|a|, |b|) after rounding.
func slopesVanLeer(s, lo, mid, hi []float64) {
	n := len(s)
	lo, mid, hi = lo[:n], mid[:n], hi[:n]
	for j, m := range mid {
		a, b := m-lo[j], hi[j]-m
		ab, bb := math.Float64bits(a), math.Float64bits(b)
		x, y := ab&^signBit, bb&^signBit
		least, most := math.Float64frombits(min(x, y)), math.Float64frombits(max(x, y))
		// The sum is 0 only if both are; a subnormal divisor makes that 0 as well.
		t := math.Float64bits(least * (most / (least + most + math.SmallestNonzeroFloat64)))
		opposite := uint64(int64(ab^bb) >> 63)
		s[j] = math.Float64frombits((t | ab&signBit) &^ opposite)
	}
}

// slopesKoren writes ½ min(2|a|, |a + 2b|/3, 2|b|) with the sign of a to up and the
// same with |2a + b|/3 to down, or 0 where the signs of a and b differ.
func slopesKoren(up, down, lo, mid, hi []float64) {
	n := len(up)
	down, lo, mid, hi = down[:n], lo[:n], mid[:n], hi[:n]
	for j, m := range mid {
		a, b := m-lo[j], hi[j]-m
		ab, bb := math.Float64bits(a), math.Float64bits(b)
		least := min(ab&^signBit, bb&^signBit)
		upper := min(least, math.Float64bits(math.Abs(a+float64(2*b))*(1./6)))
		lower := min(least, math.Float64bits(math.Abs(float64(2*a)+b)*(1./6)))
		opposite := uint64(int64(ab^bb) >> 63)
		up[j] = math.Float64frombits((upper | ab&signBit) &^ opposite)
		down[j] = math.Float64frombits((lower | ab&signBit) &^ opposite)
	}
}

// slopesThird writes (a + 2b)/6 to up and (2a + b)/6 to down, each brought into the
// interval between 0 and minmod(a, b) as widened on both sides by the smallest of margin
// and an eighth of the three densities. The eighth keeps the densities at the faces
// ≥ 0, and their sum below 9/4 of the cell's own.
func slopesThird(up, down, lo, mid, hi []float64, margin float64) {
	n := len(up)
	down, lo, mid, hi = down[:n], lo[:n], mid[:n], hi[:n]
	for j, m := range mid {
		a, b := m-lo[j], hi[j]-m
		least := math.Float64frombits(min(math.Float64bits(a)&^signBit, math.Float64bits(b)&^signBit))
		// Comparisons in the order of the vector code, for the signs of zeros.
		wide := lesser(lesser(lesser(lo[j], hi[j]), m)*0.125, margin)
		switch {
		case a < 0 && b < 0:
			least = -least
		case !(a > 0 && b > 0):
			least = 0
		}
		bottom, top := lesser(least, 0)-wide, greater(least, 0)+wide
		up[j] = lesser(top, greater(bottom, (a+float64(2*b))*(1./6)))
		down[j] = lesser(top, greater(bottom, (float64(2*a)+b)*(1./6)))
	}
}

// lesser and greater return b if a is not less, or greater.
func lesser(a, b float64) float64 {
	if a < b {
		return a
	}
	return b
}

func greater(a, b float64) float64 {
	if a > b {
		return a
	}
	return b
}
