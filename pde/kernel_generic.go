//go:build !amd64 || purego

package pde

func cross(x *crossing) { crossGo(x, 0) }

func along(x *crossing) { alongGo(x, 0) }

func crossAlong(x *crossing) { crossAlongGo(x) }

func drains(w, p, lo, hi []float64, c float64) { drainsGo(w, p, lo, hi, c) }

func drainSums(w, p, lo, hi []float64, c float64) { drainSumsGo(w, p, lo, hi, c) }

func sumMin(x []float64, s, m *lanes) { sumMinGo(x, s, m) }

func sumMax(x []float64, s, m *lanes) { sumMaxGo(x, s, m) }

func reconstruct5(dst []float64, x *near, u []float64, eps float64) {
	reconstruct5Go(dst, x, u, 0, eps)
}

func apply(dst []float64, x *near, from, to int, c symmetric) {
	applyGo(dst, x, from, to, c)
}
