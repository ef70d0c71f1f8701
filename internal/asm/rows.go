package main

import (
	"math"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rows is a kernel that does the same to every element of rows of doubles, a vector at a
// time. It is written like its loop in Go:
//
//	k.begin("blend", "func(dst, y0, z []float64, b float64)")
//	dst, y0, z, b := k.row("dst"), k.row("y0"), k.row("z"), k.number("b")
//	k.each(func() {
//		y := k.value(y0.at(0))
//		k.set(dst, k.add(y, k.mul(b, k.sub(z.at(0), y))))
//	})
//
// The rows are as long as the first one, n. Kernels for vectors of 4 treat whole vectors,
// those for vectors of 8 also the rest, with masks. Both return how many elements they have
// treated. What an element needs beyond the n elements of its row is read by a shift.
type rows struct {
	vector
	find     func(name string) gotypes.Component // a parameter, or a field of the only one
	together int                                 // how many vectors a turn of the loop treats, if more than one
	part     int                                 // which of them is at hand
	index, n reg.GPVirtual
	sums     []sums
}

// both writes a kernel for both widths.
func both(c *build.Context, kernel func(k *rows)) {
	for _, width := range []int{4, 8} {
		kernel(&rows{vector: vector{Context: c, width: width}})
	}
}

// begin starts the function. Its rows and numbers are its parameters.
func (k *rows) begin(name, signature string) {
	k.vector.begin(name, signature+" (done int)")
	k.find = k.Param
}

// within starts a function whose rows and numbers are the fields of a struct.
func (k *rows) within(name, structure string) {
	k.begin(name, "func(x *"+structure+")")
	k.fieldsOf("x")
}

// fieldsOf makes the fields of the struct that a parameter points to the ones found from
// here on.
func (k *rows) fieldsOf(name string) { k.find = k.Dereference(k.Param(name)).Field }

// row is a row of doubles.
type row struct {
	k    *rows
	base reg.Register
}

// row returns the row of that name. The first one tells the length.
func (k *rows) row(name string) row {
	c := k.find(name)
	if k.n == nil {
		k.n = k.GP64()
		k.Load(c.Len(), k.n)
	}
	base := k.GP64()
	k.Load(c.Base(), base)
	return row{k, base}
}

// number returns a vector of the number of that name.
func (k *rows) number(name string) reg.VecVirtual { return k.broadcast(address(k.find(name))) }

// hold returns a constant that stays in a register for the whole kernel.
func (k *rows) hold(x float64) reg.VecVirtual {
	r := k.reg()
	if x == 0 {
		k.VXORPD(r, r, r)
	} else {
		k.VBROADCASTSD(constants.vector(math.Float64bits(x)), r)
	}
	return r
}

// memory is the address of the elements at hand, shifted.
func (r row) memory(shift int) operand.Mem {
	return operand.Mem{Base: r.base, Index: r.k.index, Scale: 8, Disp: 8 * (r.k.part*r.k.width + shift)}
}

// at returns the elements at hand, or their neighbours at a distance. Whole vectors stay in
// memory, for the instruction that needs them.
func (r row) at(shift int) operand.Op {
	if r.k.masks.own != nil {
		return r.k.load(r.memory(shift))
	}
	return r.memory(shift)
}

// set writes the elements at hand.
func (k *rows) set(r row, x reg.VecVirtual) { k.store(x, r.memory(0)) }

// each writes the loops, whose body is the formula for the elements at hand, and the end of
// the function.
func (k *rows) each(body func()) {
	k.index = k.GP64()
	k.XORQ(k.index, k.index)
	if k.together > 1 {
		k.loop("groups", k.together, body)
	}
	k.loop("vectors", 1, body)
	if k.wide() {
		k.rest(body)
	}
	for _, s := range k.sums {
		k.VMOVUPD(s.value, s.memory)
	}
	k.Store(k.index, k.Return("done"))
	k.end()
}

// loop treats so many whole vectors at a time.
func (k *rows) loop(name string, vectors int, body func()) {
	end := k.GP64()
	k.MOVQ(k.n, end)
	k.ANDQ(operand.I8(-k.width*vectors), end)
	k.CMPQ(k.index, end)
	k.JGE(jump(name + "Done"))
	k.Label(name)
	for k.part = range vectors {
		body()
	}
	k.part = 0
	k.ADDQ(operand.U8(k.width*vectors), k.index)
	k.CMPQ(k.index, end)
	k.JLT(jump(name))
	k.Label(name + "Done")
}

// rest treats the elements after the last whole vector.
func (k *rows) rest(body func()) {
	k.CMPQ(k.index, k.n)
	k.JGE(jump("done"))
	bits, left := k.GP64(), k.GP64()
	k.MOVQ(k.n, left)
	k.SUBQ(k.index, left)
	k.MOVQ(operand.U32(0xff), bits)
	k.BZHIQ(left, bits, bits)
	own := k.K()
	k.KMOVB(bits.As32(), own)
	k.masks.own = own
	body()
	k.masks = masks{}
	k.MOVQ(k.n, k.index)
	k.Label("done")
}

// sums are four partial sums by index modulo 4, as pde/kernel.go has them, for vectors of
// both widths.
type sums struct {
	value  reg.VecVirtual
	memory operand.Mem
}

// partial loads the sums that a parameter points to; each writes them back.
func (k *rows) partial(name string) sums {
	base := k.GP64()
	k.Load(k.Param(name), base)
	s := sums{k.YMM(), operand.Mem{Base: base}}
	k.VMOVUPD(s.memory, s.value)
	k.sums = append(k.sums, s)
	return s
}

// accumulate adds x to the sums. The elements that are missing in a last vector add +0,
// which changes no sum that began at +0.
func (k *rows) accumulate(s sums, x reg.VecVirtual) {
	if !k.wide() {
		k.VADDPD(x, s.value, s.value)
		return
	}
	if k.masks.own != nil {
		k.VMOVAPD_Z(x, k.masks.own, x)
	}
	upper := k.YMM()
	k.VEXTRACTF64X4(operand.U8(1), x, upper)
	k.VADDPD(x.AsY(), s.value, s.value)
	k.VADDPD(upper, s.value, s.value)
}
