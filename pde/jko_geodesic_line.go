package pde

import (
	"math"

	"pdesolve/grid"
)

// geodesicLine extrapolates between densities on a line, where geodesics are straight
// lines between quantile functions. Beyond its end the line can leave the cone of
// nondecreasing functions; the nearest one in the cone, in L² of the mass, is taken
// (pool adjacent violators): the metric extrapolation of Gallouët, Natale and Todeschi
// (Calc. Var. 64 (2025), arXiv:2407.10516) on the line (derived: there W₂ is that L²
// distance). Particles that would have passed each other meet.
type geodesicLine struct {
	piece *lagrange
	old   monotone
	edge  []float64 // of the cells
	mass  []float64 // of the old density
	pool  pooling
}

func newGeodesicLine(g *grid.Grid) *geodesicLine {
	a := g.Axis(0)
	l := &geodesicLine{piece: newLagrange(g, defaultRefine), edge: make([]float64, a.N+1), mass: make([]float64, a.N)}
	l.old.slope = make([]float64, a.N+1)
	for i := range l.edge {
		l.edge[i] = a.Edge(i)
	}
	l.pool.init(len(l.piece.x))
	return l
}

// extrapolate writes the density at 1 + s on the geodesic from old at 0 to next at 1.
func (l *geodesicLine) extrapolate(dst, old, next []float64, s float64) {
	p := l.piece
	p.start(next)
	h := p.axis.H()
	for i, v := range old {
		l.mass[i] = v * h
	}
	l.old.set(l.edge, l.mass)
	w := &p.newton
	w.prepare()
	// Positions that the nodes had, from either end as far as the middle of the mass, so
	// that the tails keep their digits.
	whole := total(p.mass)
	l.places(w.from, whole, false)
	l.places(w.trial, whole, true)
	below, node := 0.0, 0
	for u, i := range p.nodes {
		for ; node < i; node++ {
			below += p.mass[node]
		}
		if below > whole/2 {
			w.from[u] = w.trial[u]
		}
	}
	for u, x := range w.from[:w.n] {
		w.at[u] += s * (w.at[u] - x)
	}
	l.pool.project(w.at[:w.n], w.weight[:w.n], w.lo, w.hi)
	p.spread(w.at[:w.n])
	p.store(dst)
}

// gapTie is the relative difference of two sums of masses that counts as rounding.
const gapTie = 1e-13

// places writes to x where the old density has the masses below the nodes, counted from
// the right end if reverse.
func (l *geodesicLine) places(x []float64, whole float64, reverse bool) {
	p := l.piece
	cells, pieces, nodes := len(l.mass), len(p.mass), len(p.nodes)
	scale := total(l.mass) / whole
	wanted, piece := 0.0, 0
	cell, below := 0, 0.0
	for n := range nodes {
		u := n
		if reverse {
			u = nodes - 1 - n
		}
		target := p.nodes[u]
		if reverse {
			target = pieces - target
		}
		for ; piece < target; piece++ {
			wanted += scale * p.mass[l.mirrorPiece(piece, reverse)]
		}
		// A node at the end of a gap comes from the end of one, if there is one where the sums
		// of the masses agree.
		most, tie := wanted, p.empty+gapTie*wanted
		switch {
		case target == 0 || p.mass[l.mirrorPiece(target-1, reverse)] <= p.empty:
			most += tie
		case target == pieces || p.mass[l.mirrorPiece(target, reverse)] <= p.empty:
			most -= tie
		}
		for cell < cells-1 && below+l.mass[l.mirror(cell, reverse)] < most {
			below += l.mass[l.mirror(cell, reverse)]
			cell++
		}
		i := l.mirror(cell, reverse)
		theta := l.invert(i, wanted-below, reverse)
		if reverse {
			theta = 1 - theta
		}
		x[u] = l.edge[i] + theta*(l.edge[i+1]-l.edge[i])
	}
}

func (l *geodesicLine) mirror(cell int, reverse bool) int {
	if reverse {
		return len(l.mass) - 1 - cell
	}
	return cell
}

func (l *geodesicLine) mirrorPiece(piece int, reverse bool) int {
	if reverse {
		return len(l.piece.mass) - 1 - piece
	}
	return piece
}

// invert returns the part of cell i, from its left or right edge, that holds the mass m.
func (l *geodesicLine) invert(i int, m float64, reverse bool) float64 {
	mass, width := l.mass[i], l.edge[i+1]-l.edge[i]
	if !(m > 0) || mass == 0 {
		return 0
	}
	if m >= mass {
		return 1
	}
	a, b := l.old.slope[i], l.old.slope[i+1]
	if reverse {
		a, b = b, a
	}
	lo, hi := 0.0, 1.0
	for range 60 {
		t := (lo + hi) / 2
		r := 1 - t
		if mass*t*t*(3-2*t)+width*t*r*(a*r-b*t) < m {
			lo = t
		} else {
			hi = t
		}
	}
	return (lo + hi) / 2
}

// pooling projects onto nondecreasing sequences between two bounds.
type pooling struct {
	value, weight []float64
	count         []int
}

func (p *pooling) init(n int) {
	p.value, p.weight, p.count = make([]float64, n), make([]float64, n), make([]int, n)
}

// project replaces x by the nearest nondecreasing sequence in [lo, hi], in the norm of
// the weights, all above 0: violators next to each other take their mean.
func (p *pooling) project(x, weight []float64, lo, hi float64) {
	k := 0
	for i, v := range x {
		p.value[k], p.weight[k], p.count[k] = v, weight[i], 1
		for ; k > 0 && p.value[k-1] > p.value[k]; k-- {
			w := p.weight[k-1] + p.weight[k]
			p.value[k-1] += (p.value[k] - p.value[k-1]) * p.weight[k] / w
			p.weight[k-1], p.count[k-1] = w, p.count[k-1]+p.count[k]
		}
		k++
	}
	i := 0
	for j := range k {
		for range p.count[j] {
			x[i] = math.Min(math.Max(p.value[j], lo), hi)
			i++
		}
	}
}

// Extend makes quantile an Extender: the quantile function goes on along its straight
// line, and is projected as geodesicLine's is.
func (w *quantile) Extend(rho State, s float64) {
	for c, l := range w.line {
		n := &l.newton
		for u, i := range l.nodes {
			n.trial[u] = l.y[i] + s*(l.y[i]-l.x[i])
		}
		w.pool.project(n.trial[:n.n], n.weight[:n.n], n.lo, n.hi)
		l.spread(n.trial[:n.n])
		l.store(rho[c].Values)
	}
}
