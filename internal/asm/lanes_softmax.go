package main

import (
	"github.com/mmcloughlin/avo/operand"
)

// softmax writes the kernel of LaneSoftmax.
func (k *lane) softmax() {
	k.begin("softmax", "func(x *byte, n int)")
	x, n := k.param("x"), k.param("n")
	e := k.exponential()
	low := k.bits(k.low())
	k.keep(append(e.constants(), low, k.bits(1))...)
	maximum := k.pick(k.VMAXPD, k.VMAXPS)
	at, count := k.GP64(), k.GP64()
	top := k.loadAt(operand.Mem{Base: x})
	k.MOVQ(x, at)
	k.MOVQ(n, count)
	k.JMP(jump("maxNext"))
	k.Label("max")
	v := k.loadAt(operand.Mem{Base: at})
	for i := range v {
		maximum(top[i], v[i], top[i]) // x > top ? x : top
	}
	k.Label("maxNext")
	k.ADDQ(operand.U8(64), at)
	k.DECQ(count)
	k.JNZ(jump("max"))
	sum := k.zero()
	k.MOVQ(x, at)
	k.MOVQ(n, count)
	k.Label("exp")
	v = k.loadAt(operand.Mem{Base: at})
	for i, r := range v {
		k.pick(k.VSUBPD, k.VSUBPS)(top[i], r, r)
		maximum(r, k.copyOf(k.pattern(low)), r) // low > x ? low : x
	}
	scale, p := k.expm1(e, v)
	for i := range p {
		k.onto(scale[i], scale[i], p[i]) // 2ᵏ·p + 2ᵏ
	}
	k.storeAt(p, operand.Mem{Base: at})
	for i := range p {
		k.pick(k.VADDPD, k.VADDPS)(p[i], sum[i], sum[i])
	}
	k.ADDQ(operand.U8(64), at)
	k.DECQ(count)
	k.JNZ(jump("exp"))
	one := k.copyOf(k.pattern(k.bits(1)))
	for i := range sum {
		k.pick(k.VDIVPD, k.VDIVPS)(sum[i], one, sum[i])
	}
	k.Label("share")
	v = k.loadAt(operand.Mem{Base: x})
	for i, r := range v {
		k.pick(k.VMULPD, k.VMULPS)(sum[i], r, r)
	}
	k.storeAt(v, operand.Mem{Base: x})
	k.ADDQ(operand.U8(64), x)
	k.DECQ(n)
	k.JNZ(jump("share"))
	k.end()
}

// tilt writes the kernel of LaneTilt.
func (k *lane) tilt() {
	k.begin("tilt", "func(r, p *byte, n int)")
	r, p, n := k.param("r"), k.param("p"), k.param("n")
	at, count := k.GP64(), k.GP64()
	sum := k.zero()
	k.XORQ(at, at)
	k.MOVQ(n, count)
	k.Label("sum")
	a, b := k.loadAt(operand.Mem{Base: r, Index: at, Scale: 1}), k.loadAt(operand.Mem{Base: p, Index: at, Scale: 1})
	for i := range sum {
		k.fma(sum[i], b[i], a[i])
	}
	k.ADDQ(operand.U8(64), at)
	k.DECQ(count)
	k.JNZ(jump("sum"))
	k.XORQ(at, at)
	k.Label("tilt")
	a, b = k.loadAt(operand.Mem{Base: r, Index: at, Scale: 1}), k.loadAt(operand.Mem{Base: p, Index: at, Scale: 1})
	for i, v := range a {
		k.pick(k.VSUBPD, k.VSUBPS)(sum[i], v, v)
		k.pick(k.VMULPD, k.VMULPS)(b[i], v, v)
	}
	k.storeAt(a, operand.Mem{Base: r, Index: at, Scale: 1})
	k.ADDQ(operand.U8(64), at)
	k.DECQ(n)
	k.JNZ(jump("tilt"))
	k.end()
}

// inverse writes the kernel of LaneInverse.
func (k *lane) inverse() {
	k.begin("inverse", "func(x *byte, n int)")
	x, n := k.param("x"), k.param("n")
	k.keep(k.bits(1))
	one := k.copyOf(k.pattern(k.bits(1)))
	k.Label("inverse")
	v := k.loadAt(operand.Mem{Base: x})
	for _, r := range v {
		k.pick(k.VDIVPD, k.VDIVPS)(r, one, r)
	}
	k.storeAt(v, operand.Mem{Base: x})
	k.ADDQ(operand.U8(64), x)
	k.DECQ(n)
	k.JNZ(jump("inverse"))
	k.end()
}
