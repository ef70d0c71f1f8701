package main

import (
	"fmt"
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

// share returns a register of the number at m.
func (k *lane) share(m operand.Mem) reg.VecVirtual {
	r := k.reg()
	k.pick(k.VBROADCASTSD, k.VBROADCASTSS)(m, r)
	return r
}

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

// outer writes the kernel of Outer for so many rows: two columns at a time, then one.
func (k *lane) outer(rows int) {
	k.begin(fmt.Sprintf("outer%dx", rows), "func(dst, x, y *byte, s *outerShape)")
	dst, x, y := k.param("dst"), k.param("x"), k.param("y")
	columns, terms, byXR, byXS, byYS, byYC := k.GP64(), k.GP64(), k.GP64(), k.GP64(), k.GP64(), k.GP64()
	k.shape("C", columns)
	k.shape("S", terms)
	k.shape("xR", byXR)
	k.shape("xS", byXS)
	k.shape("yS", byYS)
	k.shape("yC", byYC)
	for _, n := range []int{2, 1} {
		next := map[int]string{2: "columns1", 1: "done"}[n]
		k.Label(fmt.Sprintf("columns%d", n))
		k.CMPQ(columns, operand.U8(n))
		k.JLT(jump(next))
		// The cells of dst: row r, column c at dst + r·dstR + c·dstC.
		cells := func(do func(r, c int, m operand.Mem)) {
			byR, byC := k.GP64(), k.GP64()
			k.shape("dstC", byC)
			row := dst
			for r := range rows {
				if r > 0 {
					k.shape("dstR", byR)
					row = k.GP64()
					k.LEAQ(operand.Mem{Base: dst, Index: byR, Scale: 1}, row)
				}
				for c := range n {
					do(r, c, stride(row, byC, byC, c))
				}
			}
		}
		sum := map[[2]int]parts{}
		cells(func(r, c int, m operand.Mem) { sum[[2]int{r, c}] = k.loadAt(m) })
		px, py, count := k.GP64(), k.GP64(), k.GP64()
		k.MOVQ(x, px)
		k.MOVQ(y, py)
		k.MOVQ(terms, count)
		loop := fmt.Sprintf("terms%d", n)
		k.Label(loop)
		var row []parts
		for r := range rows {
			row = append(row, k.loadAt(stride(px, byXR, byXR, r)))
		}
		for c := range n {
			column := k.loadAt(stride(py, byYC, byYC, c))
			for r := range rows {
				for j, s := range sum[[2]int{r, c}] {
					k.fma(s, row[r][j], column[j])
				}
			}
		}
		k.ADDQ(byXS, px)
		k.ADDQ(byYS, py)
		k.DECQ(count)
		k.JNZ(jump(loop))
		cells(func(r, c int, m operand.Mem) { k.storeAt(sum[[2]int{r, c}], m) })
		if n == 2 {
			byC := k.GP64()
			k.shape("dstC", byC)
			k.LEAQ(operand.Mem{Base: dst, Index: byC, Scale: 2}, dst)
			k.LEAQ(operand.Mem{Base: y, Index: byYC, Scale: 2}, y)
			k.SUBQ(operand.U8(2), columns)
			k.JMP(jump("columns2"))
		}
	}
	k.Label("done")
	k.end()
}

// bits returns the pattern of x in every element of a register.
func (k *lane) bits(x float64) uint64 {
	if k.single {
		return k.repeat(math.Float32bits(float32(x)))
	}
	return math.Float64bits(x)
}

func (k *lane) repeat(b uint32) uint64 { return uint64(b)<<32 | uint64(b) }

// exponential are the constants of expFused.
type exponential struct {
	log2e, toInt, hi, lo uint64
	bias                 uint64 // an integer
	shift                uint64 // bits of the fraction
	q                    []uint64
}

// The constants stand in internal/simd/exp.go and lanes.go with their meaning.
func (k *lane) exponential() exponential {
	all := func(x []float64) (b []uint64) {
		for _, v := range x {
			b = append(b, k.bits(v))
		}
		return b
	}
	if k.single {
		return exponential{
			k.bits(math.Log2E), k.bits(0x1.8p23), k.bits(ln2Hi32), k.bits(ln2Lo32), k.repeat(127), 23, all(exp32),
		}
	}
	return exponential{k.bits(math.Log2E), k.bits(0x1.8p52), k.bits(ln2Hi64), k.bits(ln2Lo64), 1023, 52, all(exp64)}
}

const (
	ln2Hi64 = 6.93147180369123816490e-01
	ln2Lo64 = 1.90821492927058770002e-10
	ln2Hi32 = 0x1.62ep-1
	ln2Lo32 = 0x1.0bfbe8p-15
)

var (
	exp64 = []float64{
		0x1.0000000000001p-1, 0x1.5555555555556p-3, 0x1.5555555553d4fp-5, 0x1.11111111109adp-7, 0x1.6c16c17893833p-10,
		0x1.a01a01a7c8d47p-13, 0x1.a019b8ef67c6cp-16, 0x1.71de0d9c145d0p-19, 0x1.2891a8c1d838dp-22, 0x1.af38d53857513p-26,
	}
	exp32 = []float64{0.5, 0x1.5554dep-3, 0x1.55551ap-5, 0x1.120b62p-7, 0x1.6d10fcp-10}
)

func (e exponential) constants() []uint64 {
	return append([]uint64{e.log2e, e.toInt, e.hi, e.lo, e.bias}, e.q...)
}

// copyOf returns a new register with the constant or register a.
func (k *lane) copyOf(a operand.Op) reg.VecVirtual {
	r := k.reg()
	k.VMOVUPD(a, r)
	return r
}

// expm1 returns 2ᵏ and eʳ − 1 of every register of x, in the operations of expFused.
func (k *lane) expm1(e exponential, x parts) (scale, p parts) {
	n := len(x)
	each := func(f func(i int) reg.VecVirtual) (all parts) {
		for i := range n {
			all = append(all, f(i))
		}
		return all
	}
	sub := k.pick(k.VSUBPD, k.VSUBPS)
	nfma := k.pick(k.VFNMADD231PD, k.VFNMADD231PS)
	fma213 := k.pick(k.VFMADD213PD, k.VFMADD213PS)
	t := each(func(int) reg.VecVirtual { return k.copyOf(k.pattern(e.toInt)) })
	for i := range n {
		k.fma(t[i], x[i], k.pattern(e.log2e))
	}
	whole := each(func(i int) reg.VecVirtual { return k.op(sub, t[i], k.pattern(e.toInt)) })
	for _, part := range []uint64{e.hi, e.lo} {
		for i := range n {
			nfma(k.pattern(part), whole[i], x[i])
		}
	}
	scale = each(func(i int) reg.VecVirtual {
		r := k.reg()
		k.pick(k.VPADDQ, k.VPADDD)(k.pattern(e.bias), t[i], r)
		k.pick(k.VPSLLQ, k.VPSLLD)(operand.U8(e.shift), r, r)
		return r
	})
	square := each(func(i int) reg.VecVirtual { return k.op(k.pick(k.VMULPD, k.VMULPS), x[i], x[i]) })
	// By pairs of coefficients from the highest; an odd last one stands alone.
	at := len(e.q)
	if at%2 == 1 {
		at--
		p = each(func(int) reg.VecVirtual { return k.copyOf(k.pattern(e.q[at])) })
	}
	for ; at > 0; at -= 2 {
		pair := each(func(i int) reg.VecVirtual {
			r := k.copyOf(k.pattern(e.q[at-2]))
			k.fma(r, x[i], k.pattern(e.q[at-1]))
			return r
		})
		if p == nil {
			p = pair
			continue
		}
		for i := range n {
			fma213(pair[i], square[i], p[i])
		}
	}
	for i := range n {
		fma213(x[i], square[i], p[i])
	}
	return scale, p
}

// low is the least exponent, the greatest is its opposite.
func (k *lane) low() float64 {
	if k.single {
		return -87
	}
	return -708
}

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
		k.pick(k.VFMADD213PD, k.VFMADD213PS)(scale[i], scale[i], p[i]) // 2ᵏ·p + 2ᵏ
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
		k.pick(k.VFMADD213PD, k.VFMADD213PS)(scale[i], scale[i], p[i]) // 2ᵏ·p + 2ᵏ
	}
	k.storeAt(p, operand.Mem{Base: dst})
	k.ADDQ(operand.U8(64), x)
	k.ADDQ(operand.U8(64), dst)
	k.DECQ(n)
	k.JNZ(jump("exp"))
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
	for i := range p {
		less := k.op(k.VSUBPS, scale[i], k.pattern(k.bits(1)))
		k.VFMADD213PS(less, scale[i], p[i]) // 2ᵏ·p + (2ᵏ − 1)
		more := k.op(k.VADDPS, p[i], k.pattern(two))
		k.VDIVPS(more, p[i], p[i])
		k.VORPS(signs[i], p[i], p[i])
	}
	k.storeAt(p, operand.Mem{Base: dst})
	k.ADDQ(operand.U8(64), x)
	k.ADDQ(operand.U8(64), dst)
	k.DECQ(n)
	k.JNZ(jump("tanh"))
	k.end()
}
