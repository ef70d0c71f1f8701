//go:build amd64 && !purego

package pde

func reconstruct5(dst []float64, x *near, u []float64, eps float64) {
	n := len(dst)
	k, q := vectorised(n), eights(n)
	if q > 0 {
		reconstruct5AVX512(&dst[0], &u[0], &x[0][0], &x[1][0], &x[2][0], &x[3][0], &x[4][0], &x[5][0], q, eps)
	}
	if q < k {
		reconstruct5AVX2(&dst[q], &u[q], &x[0][q], &x[1][q], &x[2][q], &x[3][q], &x[4][q], &x[5][q], k-q, eps)
	}
	reconstruct5Go(dst, x, u, k, eps)
}

func apply(dst []float64, x *near, from, to int, c symmetric) {
	n := to - from
	k, q := vectorised(n), eights(n)
	if q > 0 {
		applyAVX512(&dst[from], &x[0][from], &x[1][from], &x[2][from], &x[3][from], &x[4][from], q, c[0], c[1], c[2])
	}
	if q < k {
		i := from + q
		applyAVX2(&dst[i], &x[0][i], &x[1][i], &x[2][i], &x[3][i], &x[4][i], k-q, c[0], c[1], c[2])
	}
	applyGo(dst, x, from+k, to, c)
}

// The vector kernels take n > 0, a multiple of 4 or of 8.

//go:noescape
func reconstruct5AVX2(dst, u, m2, m1, z, p1, p2, p3 *float64, n int, eps float64)

//go:noescape
func reconstruct5AVX512(dst, u, m2, m1, z, p1, p2, p3 *float64, n int, eps float64)

//go:noescape
func applyAVX2(dst, m2, m1, z, p1, p2 *float64, n int, c0, c1, c2 float64)

//go:noescape
func applyAVX512(dst, m2, m1, z, p1, p2 *float64, n int, c0, c1, c2 float64)
