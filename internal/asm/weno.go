package main

import (
	"math"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// weno writes the kernels of pde/weno_kernel.go.
func weno(c *build.Context) {
	newTable(c)
	both(c, reconstruct5)
	both(c, apply)
}

var (
	threeBits, fiveBits = math.Float64bits(3), math.Float64bits(5)
	sixBits, thirteen   = math.Float64bits(6), math.Float64bits(13)
)

// smoothness returns 13 s² + 3 t², twelve times an indicator of [JS96].
func (k *rows) smoothness(s, t reg.VecVirtual) reg.VecVirtual {
	return k.add(k.mul(k.mul(s, s), k.pattern(thirteen)), k.mul(k.mul(t, t), k.pattern(threeBits)))
}

func (k *rows) double(a reg.VecVirtual) reg.VecVirtual { return k.add(a, a) }

func reconstruct5(k *rows) {
	k.begin("reconstruct5", "func(dst, u, m2, m1, z, p1, p2, p3 []float64, eps float64)")
	dst, u := k.row("dst"), k.row("u")
	m2, m1, z, p1, p2, p3 := k.row("m2"), k.row("m1"), k.row("z"), k.row("p1"), k.row("p2"), k.row("p3")
	eps := k.number("eps")
	k.keep(one, threeBits, fiveBits, sixBits, thirteen, absBits)
	k.each(func() {
		s := k.signs(k.value(u.at(0)))
		pair := func(low, high row) (v, w reg.VecVirtual) { // in the direction of u
			x, y := k.value(low.at(0)), k.value(high.at(0))
			return k.choose(s, x, y), k.choose(s, y, x)
		}
		v0 := k.choose(s, k.value(m2.at(0)), k.value(p3.at(0)))
		v1, v4 := pair(m1, p2)
		v2, v3 := pair(z, p1)
		a, b, c, d := k.sub(v1, v0), k.sub(v2, v1), k.sub(v3, v2), k.sub(v4, v3)
		b0 := k.smoothness(k.sub(b, a), k.sub(k.mul(b, k.pattern(threeBits)), a))
		b1 := k.smoothness(k.sub(c, b), k.add(b, c))
		b2 := k.smoothness(k.sub(d, c), k.sub(d, k.mul(c, k.pattern(threeBits))))
		tau := k.and(k.sub(b0, b2), k.pattern(absBits))
		weight := func(b operand.Op) reg.VecVirtual {
			r := k.div(tau, k.add(b, eps))
			return k.add(k.mul(r, r), k.pattern(one))
		}
		w0, w1, w2 := weight(b0), k.mul(weight(b1), k.pattern(sixBits)), k.mul(weight(b2), k.pattern(threeBits))
		top := k.mul(w0, k.sub(k.mul(b, k.pattern(fiveBits)), k.double(a)))
		twice := k.double(c)
		top = k.add(top, k.mul(w1, k.add(b, twice)))
		top = k.add(top, k.mul(w2, k.sub(k.double(twice), d)))
		all := k.mul(k.add(k.add(w0, w1), w2), k.pattern(sixBits))
		k.set(dst, k.add(v2, k.div(top, all)))
	})
}

func apply(k *rows) {
	k.begin("apply", "func(dst, m2, m1, z, p1, p2 []float64, c0, c1, c2 float64)")
	dst, m2, m1, z, p1, p2 := k.row("dst"), k.row("m2"), k.row("m1"), k.row("z"), k.row("p1"), k.row("p2")
	c0, c1, c2 := k.number("c0"), k.number("c1"), k.number("c2")
	k.each(func() {
		near := k.add(k.mul(c0, z.at(0)), k.mul(c1, k.add(m1.at(0), p1.at(0))))
		k.set(dst, k.add(near, k.mul(c2, k.add(m2.at(0), p2.at(0)))))
	})
}
