package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The constants of pde/diffusion_log.go.
var (
	log1, log2, log3 = math.Float64bits(6.666666666666735130e-01), math.Float64bits(3.999999999940941908e-01), math.Float64bits(2.857142874366239149e-01)
	log4, log5, log6 = math.Float64bits(2.222219843214978396e-01), math.Float64bits(1.818357216161805012e-01), math.Float64bits(1.531383769920937332e-01)
	log7             = math.Float64bits(1.479819860511658591e-01)
	logHigh, logLow  = math.Float64bits(ln2Hi64), math.Float64bits(ln2Lo64)

	smallestNormal = math.Float64bits(0x1p-1022)
	one, two       = math.Float64bits(1), math.Float64bits(2)
	exponent       = math.Float64bits(0x1p52)        // with the bits of an integer below 2⁵² it is 2⁵² + that
	exponentBias   = math.Float64bits(0x1p52 + 1023) // of those bits and of the exponent's bias
)

const (
	halfRoot = 0x3fe6a09e667f3bcd // bits of √½
	logShift = 0x3ff0000000000000 - halfRoot
	mantissa = 1<<52 - 1
	headBits = 1<<64 - 1<<27
)

var logarithmConstants = []uint64{
	log1, log2, log3, log4, log5, log6, log7, logHigh, logLow, smallestNormal, one, two, half,
	exponent, exponentBias, halfRoot, logShift, mantissa,
}

// polynomial returns ((cₙ s + …) s + c₁) s, c₁ the first coefficient.
func (k *rows) polynomial(s operand.Op, c ...uint64) reg.VecVirtual {
	p := k.value(k.pattern(c[len(c)-1]))
	for i := len(c) - 2; i >= 0; i-- {
		p = k.add(k.mul(p, s), k.pattern(c[i]))
	}
	return k.mul(p, s)
}

// pieces returns e, f, f²/2 and the tail of log x = e log 2 + f − (f²/2 − tail), in the
// operations of pde's logarithmPieces.
func (k *rows) pieces(x reg.VecVirtual) (e, f, h, tail reg.VecVirtual) {
	t := k.op(k.VPADDQ, x, k.pattern(logShift))
	e = k.reg()
	k.VPSRLQ(operand.U8(52), t, e)
	e = k.sub(k.or(e, k.pattern(exponent)), k.pattern(exponentBias))
	f = k.sub(k.op(k.VPADDQ, k.and(t, k.pattern(mantissa)), k.pattern(halfRoot)), k.pattern(one))
	s := k.div(f, k.add(f, k.pattern(two)))
	s2 := k.mul(s, s)
	s4 := k.mul(s2, s2)
	odd := k.mul(k.add(k.polynomial(s4, log3, log5, log7), k.pattern(log1)), s2)
	even := k.polynomial(s4, log2, log4, log6)
	h = k.mul(k.mul(f, f), k.pattern(half))
	tail = k.add(k.mul(s, k.add(h, k.add(odd, even))), k.mul(e, k.pattern(logLow)))
	return e, f, h, tail
}

// logarithm returns log max(x, 2⁻¹⁰²²), in the operations of pde's logarithm.
func (k *rows) logarithm(x reg.VecVirtual) reg.VecVirtual {
	e, f, h, tail := k.pieces(k.max(k.pattern(smallestNormal), x))
	return k.sub(k.mul(e, k.pattern(logHigh)), k.sub(k.sub(h, tail), f))
}

func potentials(k *rows) {
	k.begin("potentials", "func(psi, r, u []float64, c float64, s *lanes)")
	psi, r, u, c, s := k.row("psi"), k.row("r"), k.row("u"), k.number("c"), k.partial("s")
	k.keep(logarithmConstants...)
	k.each(func() {
		rho := k.value(r.at(0))
		p := k.add(k.mul(k.logarithm(rho), c), u.at(0))
		k.set(psi, p)
		k.accumulate(s, k.mul(p, rho))
	})
}

func entropies(k *rows) {
	k.begin("entropies", "func(psi, r, w []float64, c, low float64, s *lanes)")
	psi, r, w, c, low, s := k.row("psi"), k.row("r"), k.row("w"), k.number("c"), k.number("low"), k.partial("s")
	k.keep(logarithmConstants...)
	k.each(func() {
		rho := k.value(r.at(0))
		log := k.logarithm(rho)
		k.set(psi, k.mul(c, k.add(k.max(low, log), k.pattern(one))))
		k.accumulate(s, k.mul(k.mul(rho, log), w.at(0)))
	})
}

func logarithms(k *rows) {
	k.begin("logarithms", "func(high, low, r []float64, floor, head, rest float64)")
	high, low, r := k.row("high"), k.row("low"), k.row("r")
	floor, head, rest := k.number("floor"), k.number("head"), k.number("rest")
	k.keep(append([]uint64{headBits}, logarithmConstants...)...)
	k.each(func() {
		e, f, h, tail := k.pieces(k.max(floor, r.at(0)))
		whole, small := k.mul(e, k.pattern(logHigh)), k.sub(h, tail)
		sum := k.add(whole, f)
		log := k.sub(sum, small)
		less := k.add(k.sub(f, k.sub(sum, whole)), k.sub(k.sub(sum, log), small))
		upper := k.and(log, k.pattern(headBits))
		k.set(high, k.mul(head, upper))
		k.set(low, k.add(k.mul(head, k.add(k.sub(log, upper), less)), k.mul(rest, log)))
	})
}
