package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// drains writes the kernels of pde/kernel.go. A NaN is the second operand of a maximum,
// which VMAXPD keeps.
func drains(c *build.Context) {
	newTable(c)
	both(c, func(k *rows) {
		k.drain("drains", func(zero, a, b reg.VecVirtual) reg.VecVirtual { return k.max(k.max(zero, a), b) })
	})
	both(c, func(k *rows) {
		k.drain("drainSums", func(zero, a, b reg.VecVirtual) reg.VecVirtual {
			return k.add(k.max(zero, a), k.max(zero, b))
		})
	})
	extreme(c, "sumMin", (*rows).VMINPD)
	extreme(c, "sumMax", (*rows).VMAXPD)
}

// drain writes w += c · of(p − lo, p − hi).
func (k *rows) drain(name string, of func(zero, a, b reg.VecVirtual) reg.VecVirtual) {
	k.begin(name, "func(w, p, lo, hi []float64, c float64)")
	w, p, lo, hi, c, zero := k.row("w"), k.row("p"), k.row("lo"), k.row("hi"), k.number("c"), k.hold(0)
	k.each(func() {
		v := k.value(p.at(0))
		k.set(w, k.add(k.mul(c, of(zero, k.sub(v, lo.at(0)), k.sub(v, hi.at(0)))), w.at(0)))
	})
}

// extreme writes a kernel that adds x to the partial sums s and applies the instruction to
// the partial extremes m. The processor waits for its sums, so vectors of 8 would be no
// faster, and there is none for them.
func extreme(c *build.Context, name string, instruction func(k *rows, ops ...operand.Op)) {
	k := &rows{vector: vector{Context: c, width: 4}}
	k.begin(name, "func(x []float64, s, m *lanes)")
	x, s, m := k.row("x"), k.partial("s"), k.partial("m")
	k.each(func() {
		v := k.value(x.at(0))
		k.accumulate(s, v)
		instruction(k, v, m.value, m.value)
	})
}
