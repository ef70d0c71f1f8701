package main

import (
	"github.com/mmcloughlin/avo/operand"
)

// exp writes the kernel of LaneExp.
func (k *lane) exp() {
	k.begin("exp", "func(dst, x, c *byte, n int)")
	dst, x, c, n := k.param("dst"), k.param("x"), k.param("c"), k.param("n")
	e := k.exponential()
	low, high := k.bits(k.low()), k.bits(-k.low())
	k.keep(append(e.constants(), low, high)...)
	factor := k.share(operand.Mem{Base: c})
	k.Label("exp")
	v := k.loadAt(operand.Mem{Base: x})
	for _, r := range v {
		k.pick(k.VMULPD, k.VMULPS)(factor, r, r)
		k.pick(k.VMAXPD, k.VMAXPS)(r, k.copyOf(k.pattern(low)), r)  // low > x ? low : x
		k.pick(k.VMINPD, k.VMINPS)(r, k.copyOf(k.pattern(high)), r) // high < x ? high : x
	}
	scale, p := k.expm1(e, v)
	for i := range p {
		k.onto(scale[i], scale[i], p[i]) // 2ᵏ·p + 2ᵏ
	}
	k.storeAt(p, operand.Mem{Base: dst})
	k.ADDQ(operand.U8(64), x)
	k.ADDQ(operand.U8(64), dst)
	k.DECQ(n)
	k.JNZ(jump("exp"))
	k.end()
}

// tanh writes the kernel of Tanh on whole lane vectors.
func (k *lane) tanh() {
	k.begin("tanh", "func(dst, x *byte, n int)")
	dst, x, n := k.param("dst"), k.param("x"), k.param("n")
	e := k.exponential()
	abs, sign, end, two := k.repeat(1<<31-1), k.repeat(1<<31), k.bits(10), k.bits(2)
	k.keep(append(e.constants(), abs, sign, end, two, k.bits(1))...)
	k.Label("tanh")
	v := k.loadAt(operand.Mem{Base: x})
	var signs parts
	for i, r := range v {
		signs = append(signs, k.op(k.VANDPS, r, k.pattern(sign)))
		k.VANDPS(k.pattern(abs), r, r)
		top := k.copyOf(k.pattern(end))
		k.VMINPS(r, top, r) // end < x ? end : x
		k.VADDPS(r, r, v[i])
	}
	scale, p := k.expm1(e, v)
	k.quotient(scale, p, signs)
	k.storeAt(p, operand.Mem{Base: dst})
	k.ADDQ(operand.U8(64), x)
	k.ADDQ(operand.U8(64), dst)
	k.DECQ(n)
	k.JNZ(jump("tanh"))
	k.end()
}

// quotient turns p, with 2ᵏ and e = 2ᵏ p + (2ᵏ − 1), into e/(e + 2) with the given signs.
func (k *lane) quotient(scale, p, signs parts) {
	one, two := k.pattern(k.bits(1)), k.pattern(k.bits(2))
	for i := range p {
		k.onto(k.op(k.pick(k.VSUBPD, k.VSUBPS), scale[i], one), scale[i], p[i])
		more := k.op(k.pick(k.VADDPD, k.VADDPS), p[i], two)
		k.pick(k.VDIVPD, k.VDIVPS)(more, p[i], p[i])
		k.pick(k.VORPD, k.VORPS)(signs[i], p[i], p[i])
	}
}
