package main

import (
	"math"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

var half = math.Float64bits(0.5)

// crossings writes the kernels of pde/kernel_cross.go for every limiter: cross, along
// and, for wide vectors, crossAlong, the last two with a variant that writes means.
// Those for vectors of 4 treat whole groups of 8 that have two further elements in their
// row, and return how many elements that is; the others treat all.
func crossings(c *build.Context) {
	newTable(c)
	for _, width := range []int{4, 8} {
		for _, l := range limiters {
			for _, k := range []crossing{{across: true}, {last: true}, {last: true, mean: true}, {across: true, last: true}, {across: true, last: true, mean: true}} {
				if width == 4 && k.across && k.last {
					continue
				}
				k.vector, k.limiter = vector{Context: c, width: width}, l
				k.function()
			}
		}
	}
}

// crossing is one kernel.
type crossing struct {
	vector
	limiter            limiter
	across, last, mean bool

	x                             gotypes.Component
	index                         reg.Register
	out, src, r0, r1, r2, p0, p1  reg.Register
	s, f                          reg.Register
	lam, lamAlong                 reg.VecVirtual
	params                        params
	dissipation, dissipationAlong []reg.VecVirtual // one or two
	content                       []reg.VecVirtual
	slope, inflow                 reg.VecVirtual
}

func (k *crossing) name() string {
	name := map[[2]bool]string{{true, false}: "cross", {false, true}: "along", {true, true}: "crossAlong"}[[2]bool{k.across, k.last}]
	if k.mean {
		name += "Mean"
	}
	return name + k.limiter.name
}

// function writes the kernel.
func (k *crossing) function() {
	signature := "func(x *crossing)"
	if !k.wide() {
		signature += " (done int)"
	}
	k.begin(k.name(), signature)
	k.x = k.Dereference(k.Param("x"))
	k.arguments()
	limit := k.groups()
	k.index = k.GP64()
	k.XORQ(k.index, k.index)
	k.loop("groups", limit, 8/k.width)
	if k.wide() {
		k.rest()
	}
	k.results()
	k.end()
}

// arguments loads what the kernel takes into registers.
func (k *crossing) arguments() {
	k.out, k.src, k.r0, k.p0 = k.row("out"), k.row("src"), k.row("r0"), k.row("p0")
	k.keep(k.limiter.constants...)
	if k.mean {
		k.keep(append(k.limiter.constants, half)...)
	}
	switch k.limiter.name {
	case "Minmod":
		k.params.half = k.broadcast(k.field("half"))
	case "Third":
		k.params.margin = k.broadcast(k.field("margin"))
	}
	if k.across {
		k.r1, k.r2, k.p1, k.s, k.f = k.row("r1"), k.row("r2"), k.row("p1"), k.row("s"), k.row("f")
		k.lam = k.broadcast(k.field("lam"))
		k.dissipation = k.sums("across")
	}
	if k.last {
		k.lamAlong = k.broadcast(k.field("lamAlong"))
		k.dissipationAlong, k.content = k.sums("along"), k.sums("content")
		k.slope, k.inflow = k.reg(), k.reg()
		k.VMOVUPD(k.array("slope").Offset(64-8*k.width), k.slope)
		k.VMOVUPD(k.array("inflow").Offset(64-8*k.width), k.inflow)
	}
}

// sums loads partial sums, unless the kernel leaves them alone.
func (k *crossing) sums(name string) (r []reg.VecVirtual) {
	for i := 0; i < 8 && !k.mean; i += k.width {
		t := k.reg()
		k.VMOVUPD(k.array(name).Offset(8*i), t)
		r = append(r, t)
	}
	return r
}

// results writes back what the kernel has in registers.
func (k *crossing) results() {
	for i, t := range k.dissipation {
		k.VMOVUPD(t, k.array("across").Offset(8*k.width*i))
	}
	for i, t := range k.dissipationAlong {
		k.VMOVUPD(t, k.array("along").Offset(8*k.width*i))
	}
	for i, t := range k.content {
		k.VMOVUPD(t, k.array("content").Offset(8*k.width*i))
	}
	if k.last {
		k.VMOVUPD(k.slope, k.array("slope").Offset(64-8*k.width))
		k.VMOVUPD(k.inflow, k.array("inflow").Offset(64-8*k.width))
	}
	if !k.wide() {
		k.Store(k.index, k.Return("done"))
	}
}

// field returns the address of a number among the fields of the kernel's argument, and
// array that of the first of an array.
func (k *crossing) field(name string) operand.Mem { return address(k.x.Field(name)) }
func (k *crossing) array(name string) operand.Mem { return address(k.x.Field(name).Index(0)) }

// row returns a register with the address of a row's first element.
func (k *crossing) row(name string) reg.Register {
	r := k.GP64()
	k.MOVQ(address(k.x.Field(name).Base()), r)
	return r
}

func address(c gotypes.Component) operand.Mem {
	b, err := c.Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// groups returns how many elements are in whole groups of 8 which, along the last axis,
// have two further elements in their row.
func (k *crossing) groups() reg.Register {
	n := k.GP64()
	k.MOVQ(k.field("n"), n)
	if k.last {
		ahead := k.GP64()
		k.MOVQ(address(k.x.Field("r0").Len()), ahead)
		k.SUBQ(operand.U8(2), ahead)
		k.CMPQ(ahead, n)
		k.CMOVQLT(ahead, n)
	}
	k.ANDQ(operand.I8(-8), n)
	return n
}

// loop treats 8 elements at a time, in parts, while there are fewer than limit.
func (k *crossing) loop(name string, limit reg.Register, parts int) {
	k.CMPQ(k.index, limit)
	k.JGE(operand.LabelRef(name + "Done"))
	k.Label(name)
	for part := range parts {
		k.cells(part)
	}
	k.ADDQ(operand.U8(8), k.index)
	k.CMPQ(k.index, limit)
	k.JLT(operand.LabelRef(name))
	k.Label(name + "Done")
}

// rest treats the last elements of a row with masks.
func (k *crossing) rest() {
	n := k.GP64()
	k.MOVQ(k.field("n"), n)
	k.CMPQ(k.index, n)
	k.JGE(operand.LabelRef("restDone"))
	k.Label("rest")
	all := k.GP64()
	k.MOVQ(operand.U32(0xff), all)
	own := k.GP64()
	k.MOVQ(n, own)
	k.SUBQ(k.index, own)
	k.BZHIQ(own, all, own)
	k.masks.own = k.mask(own)
	if k.last {
		one := k.GP64()
		k.MOVQ(address(k.x.Field("r0").Len()), one)
		k.SUBQ(k.index, one)
		k.DECQ(one)
		k.BZHIQ(one, all, one)
		k.masks.one = k.mask(one)
		k.SHRQ(operand.U8(1), one)
		k.masks.two = k.mask(one)
	}
	k.cells(0)
	k.masks = masks{}
	k.ADDQ(operand.U8(8), k.index)
	k.CMPQ(k.index, n)
	k.JLT(operand.LabelRef("rest"))
	k.Label("restDone")
}

// mask returns the low bits of r as a mask.
func (k *crossing) mask(r reg.GPVirtual) reg.Register {
	m := k.K()
	k.KMOVB(r.As32(), m)
	return m
}

// at returns the address of the elements at hand of a row, shifted.
func (k *crossing) at(row reg.Register, part, shift int) operand.Mem {
	return operand.Mem{Base: row, Index: k.index, Scale: 8, Disp: 8*k.width*part + 8*shift}
}

// cells treats one vector.
func (k *crossing) cells(part int) {
	r0 := k.load(k.at(k.r0, part, 0))
	var net reg.VecVirtual
	t := func() reg.VecVirtual { return k.load(k.at(k.src, part, 0)) }
	if k.across {
		net = k.crossCells(part, r0)
		if k.last {
			u := k.sub(t(), net)
			t = func() reg.VecVirtual { return u }
		}
	}
	if k.last {
		net = k.alongCells(part, r0)
	}
	r := k.sub(t(), net)
	if k.mean {
		r = k.mul(k.add(r, k.load(k.at(k.out, part, 0))), k.pattern(half))
	}
	k.store(r, k.at(k.out, part, 0))
}

// crossCells returns the net outflow across.
func (k *crossing) crossCells(part int, r0 reg.VecVirtual) reg.VecVirtual {
	r1 := k.load(k.at(k.r1, part, 0))
	left, right := r0, r1
	if k.limiter.slopes != nil {
		r2 := k.load(k.at(k.r2, part, 0))
		up, down := k.limiter.slopes(&k.vector, k.sub(r1, r0), k.sub(r2, r1), [3]reg.VecVirtual{r0, r1, r2}, k.params)
		left = k.add(r0, k.load(k.at(k.s, part, 0)))
		right = k.sub(r1, down)
		k.store(up, k.at(k.s, part, 0))
	}
	drop := k.sub(k.load(k.at(k.p0, part, 0)), k.load(k.at(k.p1, part, 0)))
	flux := k.flux(drop, left, right, k.lam, k.dissipation, part)
	net := k.sub(flux, k.load(k.at(k.f, part, 0)))
	k.store(flux, k.at(k.f, part, 0))
	return net
}

// alongCells returns the net outflow along the last axis.
func (k *crossing) alongCells(part int, r0 reg.VecVirtual) reg.VecVirtual {
	r1 := k.ahead(k.at(k.r0, part, 1), k.masks.one, r0)
	left, right := r0, r1
	if k.limiter.slopes != nil {
		r2 := k.ahead(k.at(k.r0, part, 2), k.masks.two, r1)
		up, down := k.limiter.slopes(&k.vector, k.sub(r1, r0), k.sub(r2, r1), [3]reg.VecVirtual{r0, r1, r2}, k.params)
		left = k.add(r0, k.previous(k.slope, up))
		right = k.sub(r1, down)
		k.VMOVAPD(up, k.slope)
	}
	p0 := k.load(k.at(k.p0, part, 0))
	if k.content != nil {
		k.VADDPD(k.mul(p0, r0), k.content[part], k.content[part])
	}
	drop := k.sub(p0, k.ahead(k.at(k.p0, part, 1), k.masks.one, p0))
	flux := k.flux(drop, left, right, k.lamAlong, k.dissipationAlong, part)
	net := k.sub(flux, k.previous(k.inflow, flux))
	k.VMOVAPD(flux, k.inflow)
	return net
}

// flux returns the fluxes and adds their dissipation to the sums.
func (k *crossing) flux(drop, left, right, lam reg.VecVirtual, sums []reg.VecVirtual, part int) reg.VecVirtual {
	f := k.mul(k.mul(drop, lam), k.choose(k.signs(drop), left, right))
	if sums != nil {
		k.VADDPD(k.mul(f, drop), sums[part], sums[part])
	}
	return f
}
