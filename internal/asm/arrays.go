package main

import (
	"math"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// arrays writes the kernels of Exp, Tanh, AddScaled and Dot of internal/simd. In all of
// them products are rounded before they are added, as the loops in Go do.
func arrays(c *build.Context) {
	newTable(c)
	for _, width := range []int{4, 8} {
		k := lane{vector: vector{Context: c, width: width}, apart: true}
		k.expArray()
		k.tanhArray()
		if width == 4 {
			k.dot()
		}
	}
	both(c, addScaled)
}

// expArray writes the kernel of Exp where |x| is at most expFast.
func (k *lane) expArray() {
	e := k.exponential()
	k.eights("exp", 708, e.constants(), func(v, _ parts) parts {
		scale, p := k.expm1(e, v)
		for i := range p {
			k.onto(scale[i], scale[i], p[i]) // 2ᵏ·p + 2ᵏ
		}
		return p
	})
}

// tanhArray writes the kernel of Tanh where |x| is at most tanhOne.
func (k *lane) tanhArray() {
	e := k.exponential()
	k.eights("tanh", 20, append(e.constants(), one, two), func(v, size parts) parts {
		var signs, twice parts
		for i := range v {
			signs = append(signs, k.xor(v[i], size[i]))
			twice = append(twice, k.add(size[i], size[i]))
		}
		scale, p := k.expm1(e, twice)
		k.quotient(scale, p, signs)
		return p
	})
}

// eights writes a kernel for whole groups of eight elements, which ends before the first
// group with an element of greater absolute value than end, or NaN, and returns how many
// elements it has treated. The formula takes the elements and their absolute values.
func (k *lane) eights(name string, end float64, used []uint64, formula func(v, size parts) parts) {
	k.vector.begin(name, "func(dst, x []float64) (done int)")
	dst, x, n := k.GP64(), k.GP64(), k.GP64()
	k.Load(k.Param("dst").Base(), dst)
	k.Load(k.Param("x").Base(), x)
	k.Load(k.Param("x").Len(), n)
	k.ANDQ(operand.I8(-8), n)
	bound := math.Float64bits(end)
	k.keep(append(used, absBits, bound)...)
	index := k.GP64()
	k.XORQ(index, index)
	k.Label("group")
	k.CMPQ(index, n)
	k.JGE(jump("done"))
	v := k.loadAt(operand.Mem{Base: x, Index: index, Scale: 8})
	var size parts
	for _, r := range v {
		size = append(size, k.and(r, k.pattern(absBits)))
	}
	k.unlessWithin(size, bound, "done")
	k.storeAt(formula(v, size), operand.Mem{Base: dst, Index: index, Scale: 8})
	k.ADDQ(operand.U8(8), index)
	k.JMP(jump("group"))
	k.Label("done")
	k.Store(index, k.Return("done"))
	k.end()
}

// unlessWithin jumps if an element is not less than or equal to the bound.
func (k *lane) unlessWithin(p parts, bound uint64, label string) {
	const lessOrEqual = operand.U8(2) // false for NaN
	if k.wide() {
		m := k.K()
		k.VCMPPD(lessOrEqual, k.pattern(bound), p[0], m)
		k.KORTESTB(m, m) // sets the carry if all are
		k.JCC(jump(label))
		return
	}
	var all reg.VecVirtual
	for _, r := range p {
		m := k.reg()
		k.VCMPPD(lessOrEqual, k.pattern(bound), r, m)
		if all == nil {
			all = m
		} else {
			all = k.and(all, m)
		}
	}
	bits := k.GP32()
	k.VMOVMSKPD(all, bits)
	k.CMPL(bits, operand.U8(15))
	k.JNE(jump(label))
}

// addScaled writes the kernel of AddScaled.
func addScaled(k *rows) {
	k.together = 4
	k.begin("addScaled", "func(dst []float64, alpha float64, x []float64)")
	dst, alpha, x := k.row("dst"), k.number("alpha"), k.row("x")
	k.each(func() { k.set(dst, k.add(k.mul(alpha, x.at(0)), dst.at(0))) })
}

// dot writes the kernel of dotGo: sixteen partial sums, of whole groups of sixteen. The
// processor waits for its sums, so vectors of 8 are no faster and there is none for them.
func (k *lane) dot() {
	k.vector.begin("dot", "func(x, y []float64) (sum float64)")
	x, y, n, index := k.GP64(), k.GP64(), k.GP64(), k.GP64()
	k.Load(k.Param("x").Base(), x)
	k.Load(k.Param("y").Base(), y)
	k.Load(k.Param("x").Len(), n)
	k.ANDQ(operand.I8(-16), n)
	partial := append(k.zero(), k.zero()...) // of four each
	k.XORQ(index, index)
	k.CMPQ(index, n)
	k.JGE(jump("done"))
	k.Label("group")
	var products parts
	for i := range partial {
		at := func(row reg.Register) operand.Mem {
			return operand.Mem{Base: row, Index: index, Scale: 8, Disp: i * k.size()}
		}
		products = append(products, k.mul(k.value(at(x)), at(y)))
	}
	for i, p := range partial {
		k.VADDPD(products[i], p, p)
	}
	k.ADDQ(operand.U8(16), index)
	k.CMPQ(index, n)
	k.JLT(jump("group"))
	k.Label("done")
	sum := k.add(k.add(partial[0], partial[1]), k.add(partial[2], partial[3])) // t0 t1 t2 t3
	low, high := sum.AsX(), k.XMM()
	k.VEXTRACTF128(operand.U8(1), sum, high)
	k.VADDPD(high, low, low) // t0 + t2, t1 + t3
	k.VUNPCKHPD(low, low, high)
	k.VADDSD(high, low, low)
	k.Store(low, k.Return("sum"))
	k.end()
}
