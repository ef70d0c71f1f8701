package pde

import "math"

// The kernels of the diffusion schemes work on rows like those of kernel.go, with
// the same promise: elementwise, every operation rounded for itself, the same bits
// from the vector code that internal/asm writes. A face has two coefficients: what
// crosses it per unit of time is
//
//	f = a ρ_below − b ρ_above.

// legendreRow holds the rows of one stage of the Legendre recursion on a plane:
// with d the net outflow of the cell,
//
//	d = (f_E − f_W) + (f_N − f_S),    v = z − eps d,    out ← v + kappa (v − out).
type legendreRow struct {
	out    []float64 // n cells
	z      []float64 // n + 2 cells, from the one before out's first
	lo, hi []float64 // n cells: the neighbours of z across
	a, b   []float64 // n + 1 faces along the row, from the one below the first cell

	loA, loB, hiA, hiB float64 // coefficients of the faces across
	eps, kappa         float64
}

func (x *legendreRow) from(k int) {
	n := len(x.out)
	z, lo, hi, a, b := x.z[:n+2], x.lo[:n], x.hi[:n], x.a[:n+1], x.b[:n+1]
	for i := k; i < n; i++ {
		c := z[i+1]
		along := (float64(a[i+1]*c) - float64(b[i+1]*z[i+2])) - (float64(a[i]*z[i]) - float64(b[i]*c))
		across := (float64(x.hiA*c) - float64(x.hiB*hi[i])) - (float64(x.loA*lo[i]) - float64(x.loB*c))
		v := c - float64(x.eps*(along+across))
		x.out[i] = v + float64(x.kappa*(v-x.out[i]))
	}
}

// outflowRow holds the rows of one axis: out += f_hi − f_lo.
type outflowRow struct {
	out       []float64 // n cells, as all
	z, lo, hi []float64 // the density, and its neighbours along the axis
	loA, loB  []float64 // coefficients of the lower faces
	hiA, hiB  []float64 // coefficients of the upper faces
}

func (x *outflowRow) from(k int) {
	n := len(x.out)
	z, lo, hi := x.z[:n], x.lo[:n], x.hi[:n]
	loA, loB, hiA, hiB := x.loA[:n], x.loB[:n], x.hiA[:n], x.hiB[:n]
	for i := k; i < n; i++ {
		c := z[i]
		x.out[i] += (float64(hiA[i]*c) - float64(hiB[i]*hi[i])) - (float64(loA[i]*lo[i]) - float64(loB[i]*c))
	}
}

// relaxGo writes v + kappa (v − out), v = z − eps d, to out: the Legendre recursion
// with the outflows d, and forward Euler for kappa = 0.
func relaxGo(out, z, d []float64, eps, kappa float64) {
	z, d = z[:len(out)], d[:len(out)]
	for i, o := range out {
		v := z[i] - float64(eps*d[i])
		out[i] = v + float64(kappa*(v-o))
	}
}

// fiveRow holds the rows of one stage of the five-term recursion on a plane:
//
//	d   = (w_E(u − u_E) − w_W(u_W − u)) + (w_N(u − u_N) − w_S(u_S − u)),
//	out ← y0 + (mu (y1 − y0) + nu (out − y0)) − (mt d + gt d0).
type fiveRow struct {
	out        []float64 // n cells
	y1, y0, d0 []float64 // n cells
	u          []float64 // n + 2 cells, from the one before out's first
	lo, hi     []float64 // n cells: the neighbours of u across
	w          []float64 // n + 1 faces along the row, from the one below the first cell

	loW, hiW       float64 // weights of the faces across
	mu, nu, mt, gt float64
}

func (x *fiveRow) from(k int) {
	n := len(x.out)
	y1, y0, d0, u, lo, hi, w := x.y1[:n], x.y0[:n], x.d0[:n], x.u[:n+2], x.lo[:n], x.hi[:n], x.w[:n+1]
	for i := k; i < n; i++ {
		c := u[i+1]
		along := float64(w[i+1]*(c-u[i+2])) - float64(w[i]*(u[i]-c))
		across := float64(x.hiW*(c-hi[i])) - float64(x.loW*(lo[i]-c))
		x.out[i] = five(x.out[i], y1[i], y0[i], along+across, d0[i], x)
	}
}

// five is the recursion of fiveRow for one cell.
func five(out, y1, y0, d, d0 float64, x *fiveRow) float64 {
	old := float64(x.mu*(y1-y0)) + float64(x.nu*(out-y0))
	return y0 + (old - (float64(x.mt*d) + float64(x.gt*d0)))
}

// fiveTermsGo is the recursion of fiveRow with the outflows d given.
func fiveTermsGo(out, y1, y0, d, d0 []float64, x *fiveRow) {
	n := len(out)
	y1, y0, d, d0 = y1[:n], y0[:n], d[:n], d0[:n]
	for i, o := range out {
		out[i] = five(o, y1[i], y0[i], d[i], d0[i], x)
	}
}

// squaresGo writes max(x, 0)² to dst.
func squaresGo(dst, x []float64) {
	x = x[:len(dst)]
	for i, v := range x {
		v = math.Max(v, 0)
		dst[i] = v * v
	}
}

// blendGo writes y0 + b (z − y0) to dst.
func blendGo(dst, y0, z []float64, b float64) {
	y0, z = y0[:len(dst)], z[:len(dst)]
	for i := range dst {
		dst[i] = y0[i] + float64(b*(z[i]-y0[i]))
	}
}

// productionGo adds (a z − b zn)(p − pn) of faces between the rows z and zn to the
// partial sums: density times velocity times force.
func productionGo(z, zn, a, b, p, pn []float64, s *lanes) {
	n := len(z)
	zn, a, b, p, pn = zn[:n], a[:n], b[:n], p[:n], pn[:n]
	for i, c := range z {
		s[i&3] += float64((float64(a[i]*c) - float64(b[i]*zn[i])) * (p[i] - pn[i]))
	}
}
