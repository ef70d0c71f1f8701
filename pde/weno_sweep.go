package pde

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"pdesolve/grid"
)

// faces holds a value for the upper face of every cell along one axis, after
// stride zeros: faces[stride+i] belongs to the face above cell i and faces[i] to the
// face below it. Faces on the upper wall hold 0, and as they precede the cells along
// the lower wall, so do those: one loop over all cells treats any axis.
type faces []float64

// wenoSweep is the spatial discretisation of WENO on one grid, with its scratch. One
// Euler step goes axis by axis:
//
//  1. upwind face averages of ρ by reconstruction along the axis;
//  2. their point values at the centers of the faces;
//  3. the fluxes ρu at the centers;
//  4. their face averages, by conversions along the other axes.
//
// It is the method of [BH14] but for step 2. [BH14] reconstruct from both sides, convert
// both and then choose one. To convert what is chosen before would save half of the
// work, but the conversion of a face would then mix the sides of its neighbours: where a
// velocity changed its sign, the fluxes beside it would jump, and the order in time
// would be 1. Here the difference between average and point value, which is of second
// order in h, is converted from the averages in the cells and brought to the face by a
// central interpolation, which knows no side (derived):
//
//	ρ(face) = ρ⁺ or ρ⁻ + I(C − 1)ρ,    C the conversions along the other axes,
//
// where I of order 4 or, for degree 3, order 2 leaves an error of order 6 or 4. The
// fluxes are then continuous in ρ and u. The sums of the fluxes update the averages
// exactly. Beyond a wall ρ is reflected.
type wenoSweep struct {
	degree    int
	reach     int // cells that conversions and differences use on either side: 2, or 1 for degree 3
	size      int
	n, stride []int
	h         []float64
	volume    float64

	flux []faces   // per axis
	a, b []float64 // scratch over all cells
	pad  []float64 // a row of the last axis with two cells before it and three behind
	near near

	limits wenoLimit
}

// newWenoSweep returns the sweep of the given degree on g.
func newWenoSweep(g *grid.Grid, degree int) *wenoSweep {
	w := &wenoSweep{
		degree: degree, reach: degree / 2, size: g.Len(), n: g.Shape(), volume: g.CellVolume(),
		flux: newFaces(g), a: make([]float64, g.Len()), b: make([]float64, g.Len()),
		pad: make([]float64, g.Axis(g.Dim()-1).N+5),
	}
	for k := range g.Dim() {
		w.stride = append(w.stride, g.Stride(k))
		w.h = append(w.h, g.Axis(k).H())
	}
	w.limits.room, w.limits.round = make([]float64, w.size), make([]int32, w.size)
	for i := range w.limits.room {
		w.limits.room[i] = 1
	}
	return w
}

// newFaces returns zero faces of g, axis by axis.
func newFaces(g *grid.Grid) []faces {
	f := make([]faces, g.Dim())
	for k := range f {
		f[k] = make(faces, g.Stride(k)+g.Len())
	}
	return f
}

// row returns the length of the pieces in which axis k is treated: all cells that
// differ in later axes only, or whole rows of the last axis.
func (w *wenoSweep) row(k int) int {
	if k == len(w.n)-1 {
		return w.n[k]
	}
	return w.stride[k]
}

// gather points near at the neighbours along axis k of the row of x at index at.
func (w *wenoSweep) gather(k int, x []float64, at int) {
	n, st := w.n[k], w.stride[k]
	if k == len(w.n)-1 {
		copy(w.pad[here:], x[at:at+n])
		for _, i := range [...]int{-2, -1, n, n + 1, n + 2} {
			w.pad[here+i] = x[at+reflect(i, n)]
		}
		for j := range w.near {
			w.near[j] = w.pad[j : j+n]
		}
		return
	}
	i := at / st % n
	for j := range w.near {
		from := at + (reflect(i+j-here, n)-i)*st
		w.near[j] = x[from : from+st]
	}
}

// reflect returns the index in 0, …, n−1 whose cell stands for cell i beyond a wall.
func reflect(i, n int) int {
	for i < 0 || i >= n {
		if i < 0 {
			i = -1 - i
		} else {
			i = 2*n - 1 - i
		}
	}
	return i
}

// velocities writes u = −∂_kΨ at the face centers to u.
func (w *wenoSweep) velocities(u []faces, psi []float64) {
	last := len(w.n) - 1
	for k, n := range w.n {
		m, dst, scale := w.row(k), u[k][w.stride[k]:], -1/w.h[k]
		for at := 0; at < w.size; at += m {
			out := dst[at : at+m]
			w.gather(k, psi, at)
			if k < last {
				w.difference(out, at/w.stride[k]%n, n, 0, m, scale)
				continue
			}
			w.eachPart(n-1, func(i, from, to int) { w.difference(out, i, n, from, to, scale) })
			out[n-1] = 0
		}
	}
}

// difference writes the differences at the faces above cell i of n along an axis.
func (w *wenoSweep) difference(out []float64, i, n, from, to int, scale float64) {
	if p := min(i, n-2-i, w.reach); p >= 0 {
		differences(out, &w.near, from, to, staggered[p], scale)
	} else {
		clear(out[from:to])
	}
}

// eachPart calls do for the parts of 0, …, n−1 that are treated alike: the two first
// and the two last elements each, and the rest. i is an element of the part.
func (w *wenoSweep) eachPart(n int, do func(i, from, to int)) {
	a, b := min(2, n), max(2, n-2)
	for i := range a {
		do(i, i, i+1)
	}
	if a < b && b <= n {
		do(a, a, b)
	}
	for i := max(a, b); i < n; i++ {
		do(i, i, i+1)
	}
}

// convert writes x, converted by c along axis k, to dst.
func (w *wenoSweep) convert(dst, x []float64, k int, c *[3]symmetric) {
	m, n := w.row(k), w.n[k]
	for at := 0; at < w.size; at += m {
		if k == len(w.n)-1 {
			w.convertRow(dst[at:at+m], x[at:at+m], c)
			continue
		}
		w.gather(k, x, at)
		i := at / w.stride[k] % n
		apply(dst[at:at+m], &w.near, 0, m, c[min(i, n-1-i, w.reach)])
	}
}

// convertRow is convert for one row of the last axis.
func (w *wenoSweep) convertRow(dst, x []float64, c *[3]symmetric) {
	n := len(x)
	from, to := w.reach, n-w.reach // cells with all neighbours
	if from < to {
		for j := range here + 3 {
			near := min(max(j, here-w.reach), here+w.reach) // degree 3 multiplies the outer ones by 0
			w.near[j] = x[near+from-here : near+to-here]
		}
		apply(dst[from:to], &w.near, 0, to-from, c[w.reach])
	}
	for i := 0; i < n; i++ {
		if i == from && from < to {
			i = to
		}
		if i == 0 || i == n-1 {
			dst[i] = x[i]
			continue
		}
		dst[i] = float64(c[1][0]*x[i]) + float64(c[1][1]*(x[i-1]+x[i+1]))
	}
}

// points writes the point values of the averages rho at the cell centers to dst,
// no further from the averages than a factor of 2, which only rough data need.
func (w *wenoSweep) points(dst, rho []float64) {
	x := rho
	for k := range w.n {
		to := w.a
		if k&1 == 1 {
			to = w.b
		}
		w.convert(to, x, k, &toPoint)
		x = to
	}
	for i, r := range rho {
		dst[i] = min(max(x[i], 0.5*r), 2*r)
	}
}

// fluxes writes the face averages of ρu to w.flux and, if wanted, returns ∫ρ|u|² as the
// sum over the face centers.
func (w *wenoSweep) fluxes(rho []float64, u []faces, dissipation bool) float64 {
	top := largest(rho)
	var total compensated
	for k, st := range w.stride {
		x, y := w.a, w.b
		excess := w.excess(k, rho)
		if len(excess) > 0 && &excess[0] == &x[0] {
			x, y = y, x
		}
		w.reconstruct(x, k, rho, u[k][st:], top)
		if excess != nil {
			w.interpolate(x, k, excess)
		}
		w.products(x, k, u[k][st:], dissipation, &total)
		flux := w.flux[k][st:]
		left := len(w.n) - 1 // conversions to come; the last one writes the fluxes
		if left == 0 {
			copy(flux, x)
		}
		for j := range w.n {
			if j == k {
				continue
			}
			if left--; left == 0 {
				y = flux
			}
			w.convert(y, x, j, &toAverage)
			x, y = y, x
		}
	}
	return total.value() * w.volume
}

// excess returns (C − 1)ρ, the conversions being those along all axes but k, in w.a or
// w.b; nil if there is no other axis.
func (w *wenoSweep) excess(k int, rho []float64) []float64 {
	x, to, other := rho, w.a, w.b
	for j := range w.n {
		if j != k {
			w.convert(to, x, j, &toPoint)
			x, to, other = to, other, to
		}
	}
	if len(w.n) == 1 {
		return nil
	}
	floats.Sub(x, rho)
	return x
}

// interpolate adds the values of x at the faces of axis k, by central interpolation, to
// dst.
func (w *wenoSweep) interpolate(dst []float64, k int, x []float64) {
	m, n := w.row(k), w.n[k]
	add := func(out []float64, i, from, to int) {
		if p := min(i, n-2-i, w.reach-1); p >= 0 {
			addCentral(out, &w.near, from, to, central[p])
		}
	}
	for at := 0; at < w.size; at += m {
		out := dst[at : at+m]
		w.gather(k, x, at)
		if k < len(w.n)-1 {
			add(out, at/w.stride[k]%n, 0, m)
			continue
		}
		w.eachPart(n-1, func(i, from, to int) { add(out, i, from, to) })
	}
}

// products multiplies x by the velocities at the faces of axis k and adds ρ|u|² to total.
func (w *wenoSweep) products(x []float64, k int, velocity []float64, dissipation bool, total *compensated) {
	m := w.row(k)
	for at := 0; at < w.size; at += m {
		f, v := x[at:at+m], velocity[at:at+m]
		floats.Mul(f, v)
		if dissipation {
			total.add(floats.Dot(f, v))
		}
	}
}

// reconstruct writes the upwind face averages along axis k to dst.
func (w *wenoSweep) reconstruct(dst []float64, k int, rho []float64, u []float64, top float64) {
	// √ε is a difference between neighbours that counts as smooth. It keeps the order at
	// critical points, where the indicators compare rounding with curvature (derived, by
	// the orders measured): 8 top/N for degree 3, that of a density which rises within an
	// eighth of the box, and top/N² for degree 5.
	n := float64(w.n[k])
	eps := 8 * top / n
	if w.degree == 5 {
		eps = top / (n * n)
	}
	eps = max(eps*eps, 0x1p-1000)
	m := w.row(k)
	for at := 0; at < w.size; at += m {
		w.gather(k, rho, at)
		if w.degree == 5 {
			reconstruct5(dst[at:at+m], &w.near, u[at:at+m], 12*eps)
		} else {
			reconstruct3Go(dst[at:at+m], &w.near, u[at:at+m], eps)
		}
	}
}

// drain returns the largest fraction of its content that a cell loses per unit of time
// by the first-order upwind fluxes of u. It returns NaN if u is not finite.
func (w *wenoSweep) drain(u []faces) float64 {
	out := w.a
	clear(out)
	for k, st := range w.stride {
		lo, hi, c := u[k][:w.size], u[k][st:], 1/w.h[k]
		for i := range out {
			out[i] += float64(c * (max(0, hi[i]) + max(0, -lo[i])))
		}
	}
	var s, top lanes
	sumMax(out, &s, &top)
	if v := s.sum(); math.IsNaN(v) {
		return v
	}
	return max(top[0], top[1], top[2], top[3])
}

// euler writes the Euler step dt from rho to dst, which must not be rho. It returns how
// many cells the limiter treated and, if this is the first stage, ∫ρ|u|².
func (w *wenoSweep) euler(dst, rho []float64, u []faces, dt float64, first bool) (dissipation float64, limited int) {
	dissipation = w.fluxes(rho, u, first)
	w.update(dst, rho, dt)
	if smallest(dst) < 0 {
		limited = w.limit(dst, rho, u, dt)
	}
	return dissipation, limited
}

// update writes rho less dt times the divergence of w.flux to dst.
func (w *wenoSweep) update(dst, rho []float64, dt float64) {
	for k, st := range w.stride {
		lo, hi, c := w.flux[k][:w.size], w.flux[k][st:], dt/w.h[k]
		for i, r := range rho {
			dst[i] = r - float64(c*(hi[i]-lo[i]))
		}
		rho = dst
	}
}
