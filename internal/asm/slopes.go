package main

import "github.com/mmcloughlin/avo/build"

// slopes writes the kernels of pde/jko_dual_kernel.go: a map along the slopes of a
// potential, and its transpose.
func slopes(c *build.Context) {
	newTable(c)
	both(c, incline)
	both(c, gather)
}

func incline(k *rows) {
	k.within("incline", "inclineRow")
	out, x, next, prev, up, down := k.row("out"), k.row("x"), k.row("next"), k.row("prev"), k.row("up"), k.row("down")
	k.each(func() {
		v := k.value(x.at(0))
		sum := k.add(k.mul(up.at(0), k.sub(v, next.at(0))), k.mul(down.at(0), k.sub(v, prev.at(0))))
		k.set(out, k.add(out.at(0), sum))
	})
}

func gather(k *rows) {
	k.within("gather", "gatherRow")
	out, y, beyond, x, next := k.row("out"), k.row("y"), k.row("beyond"), k.row("x"), k.row("next")
	a, b, c := k.row("a"), k.row("b"), k.row("c")
	k.each(func() {
		across := k.sub(k.mul(a.at(0), k.value(y.at(0))), k.mul(b.at(0), k.value(beyond.at(0))))
		sum := k.add(across, k.mul(c.at(0), k.sub(x.at(0), next.at(0))))
		k.set(out, k.add(out.at(0), sum))
	})
}
