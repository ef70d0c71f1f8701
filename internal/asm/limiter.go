package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// limiter writes the half slopes that pde/kernel_limiter.go computes.
type limiter struct {
	name      string
	constants []uint64
	// slopes returns the upper and the lower half slope of cells with the differences a
	// and b to their neighbours and the density r, that of the neighbours included.
	slopes func(v *vector, a, b reg.VecVirtual, r [3]reg.VecVirtual, p params) (up, down reg.VecVirtual)
}

// params are the limiter's parameters, in registers or memory.
type params struct{ half, margin operand.Op }

var (
	quarter = math.Float64bits(0.25)
	eighth  = math.Float64bits(0.125)
	sixth   = math.Float64bits(1. / 6)
	tiny    = math.Float64bits(math.SmallestNonzeroFloat64)
)

var limiters = []limiter{
	{"Constant", nil, nil},
	{"Minmod", []uint64{quarter, absBits, signBits, 0}, minmod},
	{"VanLeer", []uint64{tiny, absBits, signBits, 0}, vanLeer},
	{"Koren", []uint64{sixth, absBits, signBits, 0}, koren},
	{"Third", []uint64{sixth, eighth, absBits, signBits, 0}, third},
}

// smaller returns the operand of smaller absolute value, with the sign of a for wide
// vectors and without one for others; b may have any sign.
func (v *vector) smaller(a, b reg.VecVirtual) reg.VecVirtual {
	if v.wide() {
		r := v.reg()
		v.VRANGEPD(operand.U8(2), b, a, r)
		return r
	}
	return v.min(v.abs(a), v.abs(b))
}

func (v *vector) abs(a reg.VecVirtual) reg.VecVirtual { return v.and(a, v.pattern(absBits)) }

// agreed returns x, which smaller has made, with the sign of a, or 0 where the signs of
// a and b differ.
func (v *vector) agreed(x, a, b reg.VecVirtual) reg.VecVirtual {
	if !v.wide() {
		x = v.or(x, v.and(a, v.pattern(signBits)))
	}
	return v.zeroWhere(v.xor(a, b), x)
}

func minmod(v *vector, a, b reg.VecVirtual, _ [3]reg.VecVirtual, p params) (up, down reg.VecVirtual) {
	mid := v.mul(v.add(a, b), v.pattern(quarter))
	least := v.mul(v.smaller(a, b), p.half)
	s := v.agreed(v.smaller(least, mid), a, b)
	return s, s
}

func vanLeer(v *vector, a, b reg.VecVirtual, _ [3]reg.VecVirtual, _ params) (up, down reg.VecVirtual) {
	x, y := v.abs(a), v.abs(b)
	least, most := v.min(x, y), v.max(x, y)
	sum := v.add(v.add(least, most), v.pattern(tiny))
	t := v.mul(least, v.div(most, sum))
	t = v.or(t, v.and(a, v.pattern(signBits)))
	s := v.zeroWhere(v.xor(a, b), t)
	return s, s
}

// biased returns (a + 2b)/6.
func (v *vector) biased(a, b reg.VecVirtual) reg.VecVirtual {
	return v.mul(v.add(a, v.add(b, b)), v.pattern(sixth))
}

func koren(v *vector, a, b reg.VecVirtual, _ [3]reg.VecVirtual, _ params) (up, down reg.VecVirtual) {
	least := v.smaller(a, b)
	up = v.agreed(v.smaller(least, v.biased(a, b)), a, b)
	down = v.agreed(v.smaller(least, v.biased(b, a)), a, b)
	return up, down
}

func third(v *vector, a, b reg.VecVirtual, r [3]reg.VecVirtual, p params) (up, down reg.VecVirtual) {
	wide := v.min(v.mul(v.min(v.min(r[0], r[2]), r[1]), v.pattern(eighth)), p.margin)
	least := v.agreed(v.smaller(a, b), a, b)
	zero := v.pattern(0)
	top, bottom := v.add(v.max(least, zero), wide), v.sub(v.min(least, zero), wide)
	clip := func(x reg.VecVirtual) reg.VecVirtual { return v.min(top, v.max(bottom, x)) }
	return clip(v.biased(a, b)), clip(v.biased(b, a))
}
