package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vector is a build.Context for kernels on vectors of a width of 4 (AVX2) or 8
// (AVX-512) doubles. Its methods return a new register with the result. Operands are in
// the order of the formula, not in that of the assembler.
type vector struct {
	*build.Context
	width  int
	consts map[uint64]reg.VecVirtual // constants that are in registers
	masks  masks
}

// masks are set while the last elements of a row are treated, fewer than a vector:
// those of elements that have zero, one and two further ones in the row.
type masks struct{ own, one, two reg.Register }

func (v *vector) wide() bool { return v.width == 8 }

// begin starts a function with a name that tells the width, and end ends it.
func (v *vector) begin(name, signature string) {
	v.Function(name + map[int]string{4: "AVX2", 8: "AVX512"}[v.width])
	v.Attributes(attr.NOSPLIT)
	v.Pragma("noescape")
	v.SignatureExpr(signature)
}

func (v *vector) end() {
	v.VZEROUPPER()
	v.RET()
}

// reg returns a new register.
func (v *vector) reg() reg.VecVirtual {
	if v.wide() {
		return v.ZMM()
	}
	return v.YMM()
}

// op applies a three-operand instruction: a − b is op(v.VSUBPD, a, b). If b is in memory
// the instruction fetches it.
func (v *vector) op(f func(...operand.Op), a, b operand.Op) reg.VecVirtual {
	a = v.value(a)
	r := v.reg()
	f(b, a, r)
	return r
}

// value returns a in a register.
func (v *vector) value(a operand.Op) reg.VecVirtual {
	if r, ok := a.(reg.VecVirtual); ok {
		return r
	}
	r := v.reg()
	v.VMOVUPD(a, r)
	return r
}

// symmetric is op for an instruction whose operands may change places.
func (v *vector) symmetric(f func(...operand.Op), a, b operand.Op) reg.VecVirtual {
	if operand.IsMem(a) && !operand.IsMem(b) {
		a, b = b, a
	}
	return v.op(f, a, b)
}

func (v *vector) add(a, b operand.Op) reg.VecVirtual { return v.symmetric(v.VADDPD, a, b) }
func (v *vector) sub(a, b operand.Op) reg.VecVirtual { return v.op(v.VSUBPD, a, b) }
func (v *vector) mul(a, b operand.Op) reg.VecVirtual { return v.symmetric(v.VMULPD, a, b) }
func (v *vector) div(a, b operand.Op) reg.VecVirtual { return v.op(v.VDIVPD, a, b) }
func (v *vector) min(a, b operand.Op) reg.VecVirtual { return v.op(v.VMINPD, a, b) }
func (v *vector) max(a, b operand.Op) reg.VecVirtual { return v.op(v.VMAXPD, a, b) }
func (v *vector) and(a, b operand.Op) reg.VecVirtual { return v.symmetric(v.VANDPD, a, b) }
func (v *vector) or(a, b operand.Op) reg.VecVirtual  { return v.symmetric(v.VORPD, a, b) }
func (v *vector) xor(a, b operand.Op) reg.VecVirtual { return v.symmetric(v.VXORPD, a, b) }

// load returns the elements at m; the missing ones of a last group are 0.
func (v *vector) load(m operand.Mem) reg.VecVirtual {
	r := v.reg()
	if v.masks.own != nil {
		v.VMOVUPD_Z(m, v.masks.own, r)
	} else {
		v.VMOVUPD(m, r)
	}
	return r
}

// ahead returns the elements at m, which are the ones beside those in here; where the
// row has ended according to mask, the ones in here.
func (v *vector) ahead(m operand.Mem, mask reg.Register, here reg.VecVirtual) reg.VecVirtual {
	r := v.reg()
	if v.masks.own != nil {
		v.VMOVAPD(here, r)
		v.VMOVUPD(m, mask, r)
	} else {
		v.VMOVUPD(m, r)
	}
	return r
}

// store writes r to m.
func (v *vector) store(r reg.VecVirtual, m operand.Mem) {
	if v.masks.own != nil {
		v.VMOVUPD(r, v.masks.own, m)
	} else {
		v.VMOVUPD(r, m)
	}
}

// broadcast returns a vector of the double at m.
func (v *vector) broadcast(m operand.Mem) reg.VecVirtual {
	r := v.reg()
	v.VBROADCASTSD(m, r)
	return r
}

// constant returns a vector of x: a register that keep has filled, or memory.
func (v *vector) constant(x float64) operand.Op { return v.pattern(math.Float64bits(x)) }

// abs and sign are all bits but the sign, and the sign.
const (
	absBits  = 1<<63 - 1
	signBits = 1 << 63
)

func (v *vector) pattern(bits uint64) operand.Op {
	if r, ok := v.consts[bits]; ok {
		return r
	}
	if v.wide() {
		panic(fmt.Sprintf("asm: the constant %#x is not kept", bits))
	}
	return constants.vector(bits)
}

// keep loads the given bit patterns into registers, for wide vectors, which have enough.
func (v *vector) keep(bits ...uint64) {
	v.consts = map[uint64]reg.VecVirtual{}
	if !v.wide() {
		return
	}
	for _, b := range bits {
		if _, ok := v.consts[b]; ok {
			continue
		}
		r := v.reg()
		v.VBROADCASTSD(constants.vector(b), r)
		v.consts[b] = r
	}
}

// table is the constants of a file.
type table struct {
	c    *build.Context
	seen map[uint64]operand.Mem
}

var constants table

func newTable(c *build.Context) { constants = table{c, map[uint64]operand.Mem{}} }

// vector returns the address of four copies of a bit pattern.
func (t *table) vector(bits uint64) operand.Mem {
	if m, ok := t.seen[bits]; ok {
		return m
	}
	m := t.c.StaticGlobal(fmt.Sprintf("vector%016x", bits))
	t.c.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 4 {
		t.c.AddDatum(8*i, operand.U64(bits))
	}
	t.seen[bits] = m
	return m
}

// signs are the signs of a vector, in the form that a choice by them takes.
type signs struct {
	of   reg.VecVirtual
	mask reg.Register // for wide vectors
}

func (v *vector) signs(of reg.VecVirtual) signs {
	s := signs{of: of}
	if v.wide() {
		s.mask = v.K()
		v.VPMOVQ2M(of, s.mask)
	}
	return s
}

// choose returns b where the sign is that of negative numbers, else a.
func (v *vector) choose(s signs, a, b reg.VecVirtual) reg.VecVirtual {
	r := v.reg()
	if v.wide() {
		v.VBLENDMPD(b, a, s.mask, r)
	} else {
		v.VBLENDVPD(s.of, b, a, r)
	}
	return r
}

// zeroWhere returns a, or 0 where s is negative.
func (v *vector) zeroWhere(s, a reg.VecVirtual) reg.VecVirtual {
	r := v.reg()
	if v.wide() {
		k := v.K()
		v.VPMOVQ2M(s, k)
		v.VBLENDMPD(v.pattern(0), a, k, r)
	} else {
		t := v.reg()
		v.VXORPD(t, t, t)
		v.VBLENDVPD(s, t, a, r)
	}
	return r
}

// previous returns the elements before those of r, the last one of p first.
func (v *vector) previous(p, r reg.VecVirtual) reg.VecVirtual {
	q := v.reg()
	if v.wide() {
		v.VALIGNQ(operand.U8(7), p, r, q)
		return q
	}
	t := v.reg()
	v.VPERM2F128(operand.U8(0x21), r, p, t)
	v.VSHUFPD(operand.U8(5), r, t, q)
	return q
}
