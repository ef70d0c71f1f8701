package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// exponential are the constants of the exponential functions, expFused with products fused
// with sums and reduce and expm1 with them apart.
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

// expm1 returns 2ᵏ and eʳ − 1 of every register of x, which it overwrites.
func (k *lane) expm1(e exponential, x parts) (scale, p parts) {
	n := len(x)
	each := func(f func(i int) reg.VecVirtual) (all parts) {
		for i := range n {
			all = append(all, f(i))
		}
		return all
	}
	sub := k.pick(k.VSUBPD, k.VSUBPS)
	t := each(func(i int) reg.VecVirtual { return k.plus(x[i], k.pattern(e.log2e), k.pattern(e.toInt)) })
	whole := each(func(i int) reg.VecVirtual { return k.op(sub, t[i], k.pattern(e.toInt)) })
	for _, part := range []uint64{e.hi, e.lo} {
		for i := range n {
			k.less(x[i], whole[i], k.pattern(part))
		}
	}
	scale = each(func(i int) reg.VecVirtual {
		r := k.reg()
		k.pick(k.VPADDQ, k.VPADDD)(k.pattern(e.bias), t[i], r)
		k.pick(k.VPSLLQ, k.VPSLLD)(operand.U8(e.shift), r, r)
		return r
	})
	square := each(func(i int) reg.VecVirtual { return k.product(x[i], x[i]) })
	// By pairs of coefficients from the highest; an odd last one stands alone.
	at := len(e.q)
	if at%2 == 1 {
		at--
		p = each(func(int) reg.VecVirtual { return k.copyOf(k.pattern(e.q[at])) })
	}
	for ; at > 0; at -= 2 {
		pair := each(func(i int) reg.VecVirtual { return k.plus(x[i], k.pattern(e.q[at-1]), k.pattern(e.q[at-2])) })
		if p == nil {
			p = pair
			continue
		}
		for i := range n {
			k.onto(pair[i], square[i], p[i])
		}
	}
	for i := range n {
		k.onto(x[i], square[i], p[i])
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
