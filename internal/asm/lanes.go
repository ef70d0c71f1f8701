package main

import (
	"math"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lanes writes the kernels of internal/simd/lanes.go for both types of elements and both
// widths of registers. A lane vector is 64 bytes: two registers or one.
func lanes(c *build.Context) {
	newTable(c)
	for _, width := range []int{4, 8} {
		for _, single := range []bool{false, true} {
			k := lane{vector: vector{Context: c, width: width}, single: single}
			k.mix()
			k.outer(2)
			k.outer(1)
			k.softmax()
			k.tilt()
			k.exp()
			k.inverse()
			if single {
				k.tanh()
			}
		}
	}
}

// lane is one set of kernels.
type lane struct {
	vector
	single bool // elements are float32
	apart  bool // products are rounded before they are added, instead of fused with the sum
}

// parts is a lane vector in registers.
type parts []reg.VecVirtual

// begin starts a function with a name that tells the type of elements too.
func (k *lane) begin(base, signature string) {
	k.vector.begin(base+map[bool]string{false: "64", true: "32"}[k.single], signature)
}

// param returns a parameter in a register.
func (k *lane) param(name string) reg.GPVirtual {
	r := k.GP64()
	k.Load(k.Param(name), r)
	return r
}

// shape loads a field of the shape that the parameter s points to. No register keeps the
// pointer.
func (k *lane) shape(field string, r reg.GPVirtual) reg.GPVirtual {
	k.Load(k.field(field), r)
	return r
}

func (k *lane) field(name string) gotypes.Component {
	return k.Dereference(k.Param("s")).Field(name)
}

// jump is a label.
func jump(name string) operand.LabelRef { return operand.LabelRef(name) }

// size is the bytes of a register.
func (k *lane) size() int { return 8 * k.width }

// vectors returns new registers for a lane vector.
func (k *lane) vectors() (p parts) {
	for range 8 / k.width {
		p = append(p, k.reg())
	}
	return p
}

func (k *lane) loadAt(m operand.Mem) parts {
	p := k.vectors()
	for i, r := range p {
		k.VMOVUPD(m.Offset(i*k.size()), r)
	}
	return p
}

func (k *lane) storeAt(p parts, m operand.Mem) {
	for i, r := range p {
		k.VMOVUPD(r, m.Offset(i*k.size()))
	}
}

func (k *lane) zero() parts {
	p := k.vectors()
	for _, r := range p {
		k.VXORPD(r, r, r)
	}
	return p
}

// pick returns the instruction for the type of elements.
func (k *lane) pick(double, single func(...operand.Op)) func(...operand.Op) {
	if k.single {
		return single
	}
	return double
}

// fma adds a·b to c.
func (k *lane) fma(c reg.Register, a, b operand.Op) {
	k.pick(k.VFMADD231PD, k.VFMADD231PS)(b, a, c)
}

// plus returns a·b + c, c a constant; fused or apart, as the next two.
func (k *lane) plus(a, b, c operand.Op) reg.VecVirtual {
	if k.apart {
		return k.op(k.pick(k.VADDPD, k.VADDPS), k.product(a, b), c)
	}
	r := k.copyOf(c)
	k.fma(r, a, b)
	return r
}

// less subtracts a·b from c.
func (k *lane) less(c reg.VecVirtual, a, b operand.Op) {
	if k.apart {
		k.pick(k.VSUBPD, k.VSUBPS)(k.product(a, b), c, c)
		return
	}
	k.pick(k.VFNMADD231PD, k.VFNMADD231PS)(b, a, c)
}

// onto turns p into a·p + c.
func (k *lane) onto(c operand.Op, a, p reg.VecVirtual) {
	if k.apart {
		k.pick(k.VMULPD, k.VMULPS)(a, p, p)
		k.pick(k.VADDPD, k.VADDPS)(c, p, p)
		return
	}
	k.pick(k.VFMADD213PD, k.VFMADD213PS)(c, a, p)
}

func (k *lane) product(a, b operand.Op) reg.VecVirtual {
	return k.op(k.pick(k.VMULPD, k.VMULPS), a, b)
}

// copyOf returns a new register with the constant or register a.
func (k *lane) copyOf(a operand.Op) reg.VecVirtual {
	r := k.reg()
	k.VMOVUPD(a, r)
	return r
}

// share returns a register of the number at m.
func (k *lane) share(m operand.Mem) reg.VecVirtual {
	r := k.reg()
	k.pick(k.VBROADCASTSD, k.VBROADCASTSS)(m, r)
	return r
}

// bits returns the pattern of x in every element of a register.
func (k *lane) bits(x float64) uint64 {
	if k.single {
		return k.repeat(math.Float32bits(float32(x)))
	}
	return math.Float64bits(x)
}

func (k *lane) repeat(b uint32) uint64 { return uint64(b)<<32 | uint64(b) }
