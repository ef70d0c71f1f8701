package transport

import (
	"math"

	"pdesolve/grid"
)

// primal returns the cost Σ π_ij |x_i − y_j|² of a plan between the masses mu and nu of
// the cells' centers that is feasible to rounding: no transport costs more. It is
// built from the map T = id − ∇ψ (derived):
//
// The pusher sends every mass to cell centers and misses nu a little. What arrives
// too much in a cell, a part of all that arrived there in proportion, goes on to
// cells that lack mass: first in blocks of 2^d cells, the rest in blocks of 4^d, and
// so on. In a block, excess and lack are coupled independently, so that moments of
// a block give the cost. The cost of a mass that goes from x by way of y to y' is
//
//	|x − y'|² = |x − y|² + 2(x − y)·(y − y') + |y − y'|².
//
// The same number bounds the distance between the piecewise constant densities:
// a plan between cells moves equal cells onto each other without further cost.
func (p *pusher) primal(mu, nu, psi []float64) float64 {
	d := p.grid.Dim()
	r := &repair{grid: p.grid, want: nu, got: make([]float64, len(mu))}
	for k := range d {
		r.shift[k] = make([]float64, len(mu))
	}
	p.carry(mu, psi, 0, len(mu), func(i, j int, w float64) {
		r.got[j] += w
		s := 0.0
		for k := range d {
			z := float64(i/p.stride[k]%p.length[k] - j/p.stride[k]%p.length[k])
			z *= p.grid.Axis(k).H()
			r.shift[k][j] += w * z
			s += z * z
		}
		r.cost.Add(w * s)
	})
	var lo, hi [grid.MaxDim]int
	for k := range d {
		hi[k] = p.length[k]
	}
	r.block(lo, hi)
	return r.cost.Value()
}

// repair completes a plan whose second marginal is got to one whose is want.
type repair struct {
	grid      *grid.Grid
	want, got []float64
	shift     [grid.MaxDim][]float64 // Σ w (x − y) of what arrived
	cost      grid.Compensated
}

// moments are those of the excess and the lack of mass in a block.
type moments struct {
	excess, lack         float64
	excess2, lack2       float64 // Σ m |y|²
	excess1, lack1, came [grid.MaxDim]float64
	// came is Σ m z with z the mean shift x − y of what arrived; cameY is Σ m z·y.
	cameY float64
}

// block repairs the cells lo … hi−1 as far as possible among themselves and returns
// what is left.
func (r *repair) block(lo, hi [grid.MaxDim]int) moments {
	d, single := r.grid.Dim(), true
	for k := range d {
		single = single && hi[k]-lo[k] == 1
	}
	if single {
		return r.leaf(lo)
	}
	var m moments
	for corner := range 1 << d {
		a, b, empty := lo, hi, false
		for k := range d {
			if mid := (lo[k] + hi[k] + 1) / 2; corner>>k&1 == 0 {
				b[k] = mid
			} else {
				a[k] = mid
			}
			empty = empty || a[k] == b[k]
		}
		if !empty {
			m.add(r.block(a, b))
		}
	}
	r.cost.Add(m.match())
	return m
}

// leaf returns the moments of one cell.
func (r *repair) leaf(at [grid.MaxDim]int) (m moments) {
	i := 0
	for k := range r.grid.Dim() {
		i += at[k] * r.grid.Stride(k)
	}
	left := r.got[i] - r.want[i]
	switch {
	case left > 0:
		m.excess = left
	case left < 0:
		m.lack = -left
	default:
		return m
	}
	for k := range r.grid.Dim() {
		a := r.grid.Axis(k)
		y := (float64(at[k]) + 0.5) * a.H() // from the box's corner: fewer digits lost than from the origin
		if left < 0 {
			m.lack1[k] = m.lack * y
			m.lack2 += m.lack * y * y
			continue
		}
		z := r.shift[k][i] / r.got[i]
		m.excess1[k] = m.excess * y
		m.excess2 += m.excess * y * y
		m.came[k] = m.excess * z
		m.cameY += m.excess * z * y
	}
	return m
}

func (m *moments) add(o moments) {
	m.excess += o.excess
	m.lack += o.lack
	m.excess2 += o.excess2
	m.lack2 += o.lack2
	m.cameY += o.cameY
	for k := range m.came {
		m.excess1[k] += o.excess1[k]
		m.lack1[k] += o.lack1[k]
		m.came[k] += o.came[k]
	}
}

// match couples as much of the excess with lack as there is of both, removes it and
// returns what it costs beyond the excess's own way.
func (m *moments) match() float64 {
	flow := min(m.excess, m.lack)
	if flow <= 0 {
		return 0
	}
	e, s := flow/m.excess, flow/m.lack
	cross := 0.0
	for k := range m.came {
		cross += (m.excess1[k] + m.came[k]) * m.lack1[k]
	}
	cost := e*(m.excess2+2*m.cameY) + s*m.lack2 - 2*(e/m.lack)*cross
	m.scale(1-e, 1-s)
	return cost
}

// scale multiplies the excess's moments by e and the lack's by s.
func (m *moments) scale(e, s float64) {
	m.excess *= e
	m.excess2 *= e
	m.cameY *= e
	m.lack *= s
	m.lack2 *= s
	for k := range m.came {
		m.excess1[k] *= e
		m.came[k] *= e
		m.lack1[k] *= s
	}
}

// lowerBound returns a lower bound of W₂² between the piecewise constant densities
// with the masses mu and nu of the cells, from a potential φ of nu at the cell
// centers (derived).
//
// With φ given at the corners of the cells let g = |y|²/2 − φ be interpolated
// multilinearly between them, and f(x) = max_y x·y − g(y) over the box. On each cell
// the maximand is multilinear in y, so that the maximum is at a corner, and
// |x|²/2 − f = φᶜ is the c-transform between corners. f is convex and hence nowhere
// in a cell above the multilinear interpolation of its values at the corners. As
// f(x) + g(y) ≥ x·y,
//
//	W₂²/2 ≥ ∫(|x|²/2 − f)dμ + ∫(|y|²/2 − g)dν ≥ Σ_i μ_i φ̄ᶜ_i + Σ_j ν_j φ̄_j − Σ_k h_k²/6
//
// for masses one, where the bar is the mean over the corners of a cell and h²/12 is
// what the mean of |x|²/2 over the corners exceeds that over the cell.
func lowerBound(g *grid.Grid, mu, nu, phi []float64) float64 {
	xi, zeta := feasible(g, phi)
	if xi == nil {
		return 0
	}
	var v grid.Compensated
	for i, m := range mu {
		v.Add(m * xi[i])
		v.Add(nu[i] * zeta[i])
	}
	return max(0, 2*v.Value())
}

// Feasible returns from a potential φ at the cell centers a pair (ξ, ζ) with
//
//	Σ_i μ_i ξ_i + Σ_j ν_j ζ_j ≤ W₂²/2
//
// for all masses μ, ν of sum one of the cells of two piecewise constant densities: the means
// over the corners of a cell in the lower bound of W2, less the h²/12 an axis and density
// that it gives away. It returns nil for a grid too fine for one cell more.
func Feasible(g *grid.Grid, phi []float64) (xi, zeta []float64) { return feasible(g, phi) }

func feasible(g *grid.Grid, phi []float64) (xi, zeta []float64) {
	axes, h2 := g.Axes(), 0.0
	for k, a := range axes {
		h := a.H()
		h2 += h * h
		axes[k] = grid.Axis{Lo: a.Lo - h/2, Hi: a.Hi + h/2, N: a.N + 1}
	}
	corners, err := grid.New(axes...)
	if err != nil {
		return nil, nil
	}
	y := toCorners(g, phi)
	x := CTransform(nil, y, corners)
	CTransform(y, x, corners)
	return cornerMeans(g, corners, x, -h2/12), cornerMeans(g, corners, y, -h2/12)
}

// UpperBound returns an upper bound of W₂² between the piecewise constant densities with
// the masses mu and nu of the cells, the cost of a plan along the map id − ∇ψ.
func UpperBound(g *grid.Grid, mu, nu, psi []float64) float64 {
	return newPusher(g).primal(mu, nu, psi)
}

// toCorners interpolates values at the cell centers to the corners, linearly along
// each axis, and continues them linearly at the boundary.
func toCorners(g *grid.Grid, v []float64) []float64 {
	for k := g.Dim() - 1; k >= 0; k-- {
		n := g.Axis(k).N
		inner := 1 // values that belong to one position on axis k: axes after k have one more
		for j := k + 1; j < g.Dim(); j++ {
			inner *= g.Axis(j).N + 1
		}
		outer := len(v) / (n * inner)
		out := make([]float64, outer*(n+1)*inner)
		for o := range outer {
			from, to := v[o*n*inner:], out[o*(n+1)*inner:]
			for c := range inner {
				for i := 1; i < n; i++ {
					to[i*inner+c] = (from[(i-1)*inner+c] + from[i*inner+c]) / 2
				}
				first, last := from[c], from[(n-1)*inner+c]
				to[c], to[n*inner+c] = first, last
				if n > 1 {
					to[c] += (first - from[inner+c]) / 2
					to[n*inner+c] += (last - from[(n-2)*inner+c]) / 2
				}
			}
		}
		v = out
	}
	return v
}

// cornerMeans returns for each cell the mean of v over its corners plus offset.
func cornerMeans(g, corners *grid.Grid, v []float64, offset float64) []float64 {
	d := g.Dim()
	out := make([]float64, g.Len())
	parallel(g.Len(), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			base := 0
			for k := range d {
				base += i / g.Stride(k) % g.Axis(k).N * corners.Stride(k)
			}
			mean := 0.0
			for corner := range 1 << d {
				at := base
				for k := range d {
					at += corner >> k & 1 * corners.Stride(k)
				}
				mean += v[at]
			}
			out[i] = math.Ldexp(mean, -d) + offset
		}
	})
	return out
}
