package pde

// The kernels of dual work on rows like those of kernel.go, with the same promise:
// elementwise, every operation rounded for itself, the same bits from the vector code that
// internal/asm writes.

// inclineRow adds the part of one axis to A x; see newton:
//
//	out += up (x − next) + down (x − prev).
type inclineRow struct {
	out, x     []float64 // n cells, as all
	next, prev []float64 // x of the neighbours along the axis
	up, down   []float64 // of the faces above and below
}

func (r *inclineRow) from(k int) {
	n := len(r.out)
	x, next, prev, up, down := r.x[:n], r.next[:n], r.prev[:n], r.up[:n], r.down[:n]
	for i := k; i < n; i++ {
		v := x[i]
		r.out[i] += float64(up[i]*(v-next[i])) + float64(down[i]*(v-prev[i]))
	}
}

// gatherRow adds what the faces on one side give to Aᵀy + L x:
//
//	out += (a y − b beyond) + c (x − next).
type gatherRow struct {
	out       []float64 // n cells, as all
	y, beyond []float64 // y, and that of the neighbours on this side
	x, next   []float64 // x, and that of the neighbours on this side
	a, b, c   []float64 // of the faces
}

func (r *gatherRow) from(k int) {
	n := len(r.out)
	y, beyond, x, next, a, b, c := r.y[:n], r.beyond[:n], r.x[:n], r.next[:n], r.a[:n], r.b[:n], r.c[:n]
	for i := k; i < n; i++ {
		r.out[i] += (float64(a[i]*y[i]) - float64(b[i]*beyond[i])) + float64(c[i]*(x[i]-next[i]))
	}
}
