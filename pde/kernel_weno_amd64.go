//go:build amd64 && !purego

package pde

func reconstruct5(dst []float64, x *near, u []float64, eps float64) {
	done := 0
	switch {
	case useAVX512:
		done = reconstruct5AVX512(dst, u, x[0], x[1], x[2], x[3], x[4], x[5], eps)
	case useAVX2:
		done = reconstruct5AVX2(dst, u, x[0], x[1], x[2], x[3], x[4], x[5], eps)
	}
	reconstruct5Go(dst, x, u, done, eps)
}

func apply(dst []float64, x *near, from, to int, c symmetric) {
	if from >= to {
		return
	}
	d, m2, m1, z, p1, p2 := dst[from:to], x[0][from:to], x[1][from:to], x[2][from:to], x[3][from:to], x[4][from:to]
	done := 0
	switch {
	case useAVX512:
		done = applyAVX512(d, m2, m1, z, p1, p2, c[0], c[1], c[2])
	case useAVX2:
		done = applyAVX2(d, m2, m1, z, p1, p2, c[0], c[1], c[2])
	}
	applyGo(dst, x, from+done, to, c)
}
