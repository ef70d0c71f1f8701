package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// diffusion writes the kernels of pde/diffusion_kernel.go and pde/diffusion_log.go: the
// flux stage of Scharfetter and Gummel's and of centred differences, the recursions of
// rkl2, and the logarithms of energies.
func diffusion(c *build.Context) {
	newTable(c)
	for _, kernel := range []func(k *rows){
		legendre, outflow, relax, five, fiveTerms, squares, blend, production, potentials, entropies, logarithms,
	} {
		both(c, kernel)
	}
}

// flux returns a·below − b·above, what crosses a face.
func (k *rows) flux(a, below, b, above operand.Op) reg.VecVirtual {
	return k.sub(k.mul(a, below), k.mul(b, above))
}

// towards returns v + kappa (v − out), v = z − eps d.
func (k *rows) towards(out, z, d, eps, kappa operand.Op) reg.VecVirtual {
	v := k.sub(z, k.mul(eps, d))
	return k.add(v, k.mul(kappa, k.sub(v, out)))
}

func legendre(k *rows) {
	k.within("legendre", "legendreRow")
	out, z, lo, hi, a, b := k.row("out"), k.row("z"), k.row("lo"), k.row("hi"), k.row("a"), k.row("b")
	loA, loB, hiA, hiB := k.number("loA"), k.number("loB"), k.number("hiA"), k.number("hiB")
	eps, kappa := k.number("eps"), k.number("kappa")
	k.each(func() {
		c := k.value(z.at(1))
		along := k.sub(k.flux(a.at(1), c, b.at(1), z.at(2)), k.flux(a.at(0), z.at(0), b.at(0), c))
		across := k.sub(k.flux(hiA, c, hiB, hi.at(0)), k.flux(loA, lo.at(0), loB, c))
		k.set(out, k.towards(out.at(0), c, k.add(along, across), eps, kappa))
	})
}

func outflow(k *rows) {
	k.within("outflow", "outflowRow")
	out, z, lo, hi := k.row("out"), k.row("z"), k.row("lo"), k.row("hi")
	loA, loB, hiA, hiB := k.row("loA"), k.row("loB"), k.row("hiA"), k.row("hiB")
	k.each(func() {
		c := k.value(z.at(0))
		net := k.sub(k.flux(hiA.at(0), c, hiB.at(0), hi.at(0)), k.flux(loA.at(0), lo.at(0), loB.at(0), c))
		k.set(out, k.add(net, out.at(0)))
	})
}

func relax(k *rows) {
	k.begin("relax", "func(out, z, d []float64, eps, kappa float64)")
	out, z, d := k.row("out"), k.row("z"), k.row("d")
	eps, kappa := k.number("eps"), k.number("kappa")
	k.each(func() { k.set(out, k.towards(out.at(0), z.at(0), d.at(0), eps, kappa)) })
}

// recursion are the coefficients of the five-term recursion.
type recursion struct{ mu, nu, mt, gt reg.VecVirtual }

func (k *rows) recursion() recursion {
	return recursion{k.number("mu"), k.number("nu"), k.number("mt"), k.number("gt")}
}

// next returns y0 + (mu (y1 − y0) + nu (out − y0)) − (mt d + gt d0) of the elements at hand.
func (k *rows) next(r recursion, out, y1, y0 row, d operand.Op, d0 row) reg.VecVirtual {
	y := k.value(y0.at(0))
	old := k.add(k.mul(r.mu, k.sub(y1.at(0), y)), k.mul(r.nu, k.sub(out.at(0), y)))
	return k.add(y, k.sub(old, k.add(k.mul(r.mt, d), k.mul(r.gt, d0.at(0)))))
}

func five(k *rows) {
	k.within("five", "fiveRow")
	out, y1, y0, d0 := k.row("out"), k.row("y1"), k.row("y0"), k.row("d0")
	u, lo, hi, w := k.row("u"), k.row("lo"), k.row("hi"), k.row("w")
	loW, hiW, r := k.number("loW"), k.number("hiW"), k.recursion()
	k.each(func() {
		c := k.value(u.at(1))
		along := k.sub(k.mul(w.at(1), k.sub(c, u.at(2))), k.mul(w.at(0), k.sub(u.at(0), c)))
		across := k.sub(k.mul(hiW, k.sub(c, hi.at(0))), k.mul(loW, k.sub(lo.at(0), c)))
		k.set(out, k.next(r, out, y1, y0, k.add(along, across), d0))
	})
}

func fiveTerms(k *rows) {
	k.begin("fiveTerms", "func(out, y1, y0, d, d0 []float64, x *fiveRow)")
	out, y1, y0, d, d0 := k.row("out"), k.row("y1"), k.row("y0"), k.row("d"), k.row("d0")
	k.fieldsOf("x")
	r := k.recursion()
	k.each(func() { k.set(out, k.next(r, out, y1, y0, d.at(0), d0)) })
}

func squares(k *rows) {
	k.begin("squares", "func(dst, x []float64)")
	dst, x, zero := k.row("dst"), k.row("x"), k.hold(0)
	k.each(func() {
		p := k.max(zero, x.at(0)) // a NaN is the second operand, which VMAXPD keeps
		k.set(dst, k.mul(p, p))
	})
}

func blend(k *rows) {
	k.begin("blend", "func(dst, y0, z []float64, b float64)")
	dst, y0, z, b := k.row("dst"), k.row("y0"), k.row("z"), k.number("b")
	k.each(func() {
		y := k.value(y0.at(0))
		k.set(dst, k.add(y, k.mul(b, k.sub(z.at(0), y))))
	})
}

func production(k *rows) {
	k.begin("production", "func(z, zn, a, b, p, pn []float64, s *lanes)")
	z, zn, a, b, p, pn := k.row("z"), k.row("zn"), k.row("a"), k.row("b"), k.row("p"), k.row("pn")
	s := k.partial("s")
	k.each(func() {
		f := k.flux(a.at(0), z.at(0), b.at(0), zn.at(0))
		k.accumulate(s, k.mul(f, k.sub(p.at(0), pn.at(0))))
	})
}
