package transport

import "pdesolve/grid"

// Remap finds what masses arrive in the cells of a grid when they are carried by a map whose
// inverse S, a map of the box to itself, is known and monotone along every axis, as the
// optimal maps of quadratic costs are: the mass in the image under S of each cell.
//
// The map is factored into one that moves along axis 0 only, one along axis 1, and so
// on: S_k is taken as a function of the new coordinates of the axes up to k and of the old
// ones of those after it. A move along an axis is a one-dimensional problem on each line:
// the mass left of each face, interpolated by a monotone cubic [FC80], is read off at the
// image of each new face. Mass is therefore kept to rounding and no mass is negative,
// whatever S. Where S and the density are smooth the error is of second order in the cell
// width, as a line moves as its middle does, and of third order on the line.
//
// A Remap owns its scratch and serves one goroutine at a time; inside it uses all
// processors. The result does not depend on their number.
type Remap struct {
	grid *grid.Grid
	// face[k][i] is S_k of the face between cell i and the next cell along axis k, in
	// cells from the lower wall; the walls are mapped to themselves.
	face [grid.MaxDim][]float64
	turn [grid.MaxDim][]float64 // the same with old coordinates after axis k
}

// NewRemap returns a Remap with S = id. It panics if an axis is graded.
func NewRemap(g *grid.Grid) *Remap {
	r := &Remap{grid: g}
	for k := range g.Dim() {
		r.face[k] = make([]float64, g.Len())
		if k < g.Dim()-1 {
			r.turn[k] = make([]float64, g.Len())
		}
	}
	r.Gradient(make([]float64, g.Len()))
	return r
}

// Gradient sets S = id − ∇φ for φ at the cell centers, by differences over the faces;
// images outside the box are put on its wall.
func (r *Remap) Gradient(phi []float64) {
	if len(phi) != r.grid.Len() {
		panic("transport: Remap.Gradient: lengths do not fit the grid")
	}
	for k := range r.grid.Dim() {
		n, s := r.grid.Axis(k).N, r.grid.Stride(k)
		h, top := r.grid.Axis(k).H(), float64(n)
		scale := 1 / (h * h)
		parallel(len(phi)/(n*s), func(lo, hi int) {
			for block := lo; block < hi; block++ {
				for j := range n {
					out := r.face[k][(block*n+j)*s:][:s]
					x := float64(j + 1)
					if j == n-1 {
						for i := range out {
							out[i] = top
						}
						continue
					}
					a, b := phi[(block*n+j)*s:][:s], phi[(block*n+j+1)*s:][:s]
					for i := range out {
						out[i] = min(max(x-(b[i]-a[i])*scale, 0), top)
					}
				}
			}
		})
	}
}

// Carry writes to dst, which may be mass, the mass that arrives in each cell.
func (r *Remap) Carry(dst, mass []float64) {
	d := r.grid.Dim()
	if len(dst) != r.grid.Len() || len(mass) != r.grid.Len() {
		panic("transport: Remap.Carry: lengths do not fit the grid")
	}
	copy(dst, mass)
	for k := range d - 1 {
		copy(r.turn[k], r.face[k])
	}
	r.turn[d-1] = r.face[d-1]
	for l := d - 1; l > 0; l-- {
		for k := range l {
			r.resample(l, k)
		}
	}
	for k := range d {
		r.move(dst, k)
	}
}

// lines calls do for groups of up to envelopeColumns neighbouring lines of axis k: base
// is the first cell of the first one, count their number.
func lines(g *grid.Grid, k int, do func(worker *mover, base, count int)) {
	n, stride := g.Axis(k).N, g.Stride(k)
	columns := min(envelopeColumns, stride)
	groups := (stride + columns - 1) / columns
	parallel(groups*(g.Len()/(n*stride)), func(lo, hi int) {
		w := newMover(n)
		for at := lo; at < hi; at++ {
			column := at % groups * columns
			do(w, at/groups*n*stride+column, min(columns, stride-column))
		}
	})
}

// move carries the masses along axis k.
func (r *Remap) move(mass []float64, k int) {
	n, s, t := r.grid.Axis(k).N, r.grid.Stride(k), r.turn[k]
	lines(r.grid, k, func(w *mover, base, count int) {
		for i := range n {
			row, to := mass[base+i*s:][:count], t[base+i*s:][:count]
			for c, v := range row {
				w.y[c*n+i], w.x[c*n+i] = v, to[c]
			}
		}
		for c := range count {
			w.masses(w.y[c*n:][:n], w.x[c*n:][:n])
		}
		for i := range n {
			row := mass[base+i*s:][:count]
			for c := range row {
				row[c] = w.y[c*n+i]
			}
		}
	})
}

// resample takes S_k, known at the new positions along axis l, to the old ones. The values
// are at faces of axis k, where S_l is the mean of four.
func (r *Remap) resample(l, k int) {
	n, s := r.grid.Axis(l).N, r.grid.Stride(l)
	m, side := r.grid.Axis(k).N, r.grid.Stride(k)
	t, values := r.turn[l], r.turn[k]
	lines(r.grid, l, func(w *mover, base, count int) {
		for c := range count {
			first := base + c
			if first/side%m == m-1 {
				continue // the wall
			}
			x, y := w.x[:n], w.y[:n]
			left := 0.0
			for i := range n {
				at := first + i*s
				right := (t[at] + t[at+side]) / 2
				x[i], y[i] = (left+right)/2-0.5, values[at]
				left = right
			}
			w.values(y, x)
			for i, v := range y {
				values[first+i*s] = v
			}
		}
	})
}
