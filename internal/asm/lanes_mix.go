package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// stride is base + n·by, n up to 3, thrice being 3·by.
func stride(base, by, thrice reg.Register, n int) operand.Mem {
	switch n {
	case 0:
		return operand.Mem{Base: base}
	case 3:
		return operand.Mem{Base: base, Index: thrice, Scale: 1}
	}
	return operand.Mem{Base: base, Index: by, Scale: uint8(n)}
}

func (k *lane) triple(r reg.Register) reg.GPVirtual {
	t := k.GP64()
	k.LEAQ(operand.Mem{Base: r, Index: r, Scale: 2}, t)
	return t
}

// mix writes the kernel of Mix: four rows at a time, then two, then one.
func (k *lane) mix() {
	k.begin("mix", "func(dst, x, c *byte, s *mixShape)")
	dst, x, c := k.param("dst"), k.param("x"), k.param("c")
	left, dstT, cT := k.AllocLocal(8), k.AllocLocal(8), k.AllocLocal(8)
	terms, byDst, byXS, byCS, byCR := k.GP64(), k.GP64(), k.GP64(), k.GP64(), k.GP64()
	rows, t := k.GP64(), k.GP64()
	k.MOVQ(k.shape("T", t), left)
	k.shape("S", terms)
	k.shape("dstR", byDst)
	k.shape("xS", byXS)
	k.shape("cS", byCS)
	k.shape("cR", byCR)
	byCR3 := k.triple(byCR)
	k.Label("slice")
	k.MOVQ(dst, dstT)
	k.MOVQ(c, cT)
	k.shape("R", rows)
	for _, n := range []int{4, 2, 1} {
		next := map[int]string{4: "rows2", 2: "rows1", 1: "next"}[n]
		k.Label(fmt.Sprintf("rows%d", n))
		k.CMPQ(rows, operand.U8(n))
		k.JLT(jump(next))
		byDst3 := k.triple(byDst)
		var sum []parts
		for range n {
			sum = append(sum, k.zero())
		}
		begin := fmt.Sprintf("begin%d", n)
		add := k.GP64()
		k.shape("add", add)
		k.TESTQ(add, add)
		k.JEQ(jump(begin))
		for i := range n {
			for j, r := range sum[i] {
				k.VMOVUPD(stride(dst, byDst, byDst3, i).Offset(j*k.size()), r)
			}
		}
		k.Label(begin)
		px, pc, count := k.GP64(), k.GP64(), k.GP64()
		k.MOVQ(x, px)
		k.MOVQ(c, pc)
		k.MOVQ(terms, count)
		loop := fmt.Sprintf("terms%d", n)
		k.Label(loop)
		v := k.loadAt(operand.Mem{Base: px})
		for i := range n {
			f := k.share(stride(pc, byCR, byCR3, i))
			for j, r := range sum[i] {
				k.fma(r, v[j], f)
			}
		}
		k.ADDQ(byXS, px)
		k.ADDQ(byCS, pc)
		k.DECQ(count)
		k.JNZ(jump(loop))
		byDst3 = k.triple(byDst)
		for i := range n {
			k.storeAt(sum[i], stride(dst, byDst, byDst3, i))
		}
		k.LEAQ(operand.Mem{Base: dst, Index: byDst, Scale: uint8(n)}, dst)
		k.LEAQ(operand.Mem{Base: c, Index: byCR, Scale: uint8(n)}, c)
		k.SUBQ(operand.U8(n), rows)
		if n == 4 {
			k.JMP(jump("rows4"))
		}
	}
	k.Label("next")
	k.MOVQ(dstT, dst)
	k.MOVQ(cT, c)
	for _, step := range []struct {
		p    reg.GPVirtual
		name string
	}{{dst, "dstT"}, {x, "xT"}, {c, "cT"}} {
		by := k.GP64()
		k.ADDQ(k.shape(step.name, by), step.p)
	}
	k.DECQ(left)
	k.JNZ(jump("slice"))
	k.end()
}
