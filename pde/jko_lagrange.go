package pde

import (
	"pdesolve/grid"
)

// lagrange is one component of a Quantile step: the pieces of its cells as masses on
// a line.
type lagrange struct {
	axis   grid.Axis
	refine int
	x      []float64 // edges of the pieces before the step …
	y      []float64 // … and after
	mass   []float64 // of the pieces
	empty  float64   // mass of a piece that counts as none
	force  *spline   // what is frozen of Ψ
	shape  monotone

	nodes  []int // edges that move by themselves: those of pieces that hold mass
	newton lagrangeNewton
	sub    []float64 // scratch: masses of the pieces of a cell
	rho, first, second,
	phi []float64 // of the massive links or of cells
}

func newLagrange(g *grid.Grid, refine int) *lagrange {
	a := g.Axis(0)
	n := a.N * refine
	l := &lagrange{axis: a, refine: refine, force: newSpline(a.Lo+a.H()/2, a.H(), a.N)}
	for _, p := range []*[]float64{&l.x, &l.y, &l.mass, &l.rho, &l.first, &l.second, &l.phi} {
		*p = make([]float64, n+1)
	}
	l.mass = l.mass[:n]
	l.nodes = make([]int, 0, n+1)
	l.newton.init(n + 1)
	l.shape.slope = make([]float64, n+1)
	return l
}

// emptyPiece is the mass, relative to the mean piece, below which one is part of a gap.
// Pieces that hold less could be squeezed to a width that float64 does not resolve.
const emptyPiece = 1e-13

// start takes the cell averages of ρⁿ.
func (l *lagrange) start(rho []float64) {
	h := l.axis.H()
	edge, cell := l.x[:l.axis.N+1], l.second[:l.axis.N]
	total := 0.0
	for i, r := range rho {
		cell[i] = r * h
		total += cell[i]
		edge[i] = l.axis.Edge(i)
	}
	edge[l.axis.N] = l.axis.Edge(l.axis.N)
	l.shape.set(edge, cell)
	for i := len(rho) - 1; i >= 0; i-- { // from the right: x is overwritten
		below := 0.0
		for j := range l.refine {
			theta := float64(j+1) / float64(l.refine)
			up := cell[i]
			if j < l.refine-1 {
				up = l.shape.below(i, cell[i], h, theta)
			}
			l.mass[i*l.refine+j] = max(up-below, 0)
			below = up
		}
	}
	for i := range l.x {
		l.x[i] = l.axis.Edge(i/l.refine) + h*float64(i%l.refine)/float64(l.refine)
	}
	l.x[len(l.x)-1] = l.axis.Hi
	copy(l.y, l.x)
	l.empty = emptyPiece * total / float64(len(l.mass))
	l.nodes = l.nodes[:0]
	for i := range l.x {
		if i > 0 && l.mass[i-1] > l.empty || i < len(l.mass) && l.mass[i] > l.empty {
			l.nodes = append(l.nodes, i)
		}
	}
	l.link()
}

// link lists the masses between neighbouring nodes, 0 for a gap.
func (l *lagrange) link() {
	w := &l.newton
	w.n = len(l.nodes)
	for u, i := range l.nodes {
		w.from[u], w.at[u] = l.x[i], l.x[i]
		if u+1 == w.n {
			break
		}
		w.mass[u] = 0
		if l.nodes[u+1] == i+1 && l.mass[i] > l.empty {
			w.mass[u] = l.mass[i]
			w.width[u] = l.x[i+1] - l.x[i]
		}
		w.tied[u] = false
	}
	w.lo, w.hi = l.axis.Lo, l.axis.Hi
	w.pinLo, w.pinHi = 0, 0
	if w.at[0] <= w.lo {
		w.pinLo = 1
	}
	if w.at[w.n-1] >= w.hi {
		w.pinHi = 1
	}
}

// solve moves the nodes to the minimum and the rest along with them.
func (l *lagrange) solve(p *Parts, tau, tolerance float64, limit int) (residual float64, iterations int, err error) {
	residual, iterations, err = l.newton.minimise(p, l.force, tau, tolerance, limit)
	l.spread(l.newton.at[:l.newton.n])
	return residual, iterations, err
}

// spread sets y: the nodes as given, the edges within a gap in proportion, and those
// beyond the support moved along with its ends as far as the walls allow.
func (l *lagrange) spread(at []float64) {
	for u, i := range l.nodes {
		l.y[i] = at[u]
		if u == 0 || i == l.nodes[u-1]+1 {
			continue
		}
		a := l.nodes[u-1]
		scale := (at[u] - at[u-1]) / (l.x[i] - l.x[a])
		for j := a + 1; j < i; j++ {
			l.y[j] = min(at[u-1]+scale*(l.x[j]-l.x[a]), at[u])
		}
	}
	first, last := l.nodes[0], l.nodes[len(l.nodes)-1]
	for j := range first {
		l.y[j] = min(max(l.x[j]+(l.y[first]-l.x[first]), l.axis.Lo), l.y[first])
	}
	for j := last + 1; j < len(l.y); j++ {
		l.y[j] = max(min(l.x[j]+(l.y[last]-l.x[last]), l.axis.Hi), l.y[last])
	}
}

// store writes the cell averages of the moved pieces to rho. What is in a gap that has
// closed goes to the piece before it.
func (l *lagrange) store(rho []float64) {
	clear(rho)
	edge, mass, k := l.first, l.second, 0
	edge[0] = l.y[0]
	for i, m := range l.mass {
		if k > 0 && l.y[i+1] == l.y[i] && m <= l.empty {
			mass[k-1] += m
			continue
		}
		edge[k+1], mass[k] = l.y[i+1], m
		k++
	}
	l.shape.set(edge[:k+1], mass[:k])
	n, h := l.axis.N, l.axis.H()
	cell := 0
	for i, m := range mass[:k] {
		a, b := edge[i], edge[i+1]
		for cell < n-1 && l.axis.Edge(cell+1) <= a {
			cell++
		}
		done := 0.0
		for c := cell; ; c++ {
			end := l.axis.Edge(c + 1)
			if c == n-1 || end >= b {
				rho[c] += m - done
				break
			}
			up := l.shape.below(i, m, b-a, (end-a)/(b-a))
			if up > done {
				rho[c] += up - done
				done = up
			}
		}
	}
	for i := range rho {
		rho[i] /= h
	}
}

// transport returns W₂² of the step, half of a piece's mass moving with either edge.
func (l *lagrange) transport() float64 {
	var sum compensated
	for i, m := range l.mass {
		a, b := l.y[i]-l.x[i], l.y[i+1]-l.x[i+1]
		sum.add(m / 2 * (a*a + b*b))
	}
	return sum.value()
}

// energy returns ∫U + ∫V of the pieces between the given edges, V being the force's
// potential.
func (l *lagrange) energy(p *Parts, edge []float64) float64 {
	var sum compensated
	k := 0
	for i, m := range l.mass {
		if w := edge[i+1] - edge[i]; m > 0 && w > 0 && m/w >= smallestNormal {
			l.rho[k] = m / w
			l.phi[k] = w
			k++
		}
		if p.Rest != nil && m > 0 {
			a, _, _ := l.force.at(edge[i])
			b, _, _ := l.force.at(edge[i+1])
			sum.add(m / 2 * (a + b))
		}
	}
	return sum.value() + localEnergy(p, l.rho[:k], l.phi[:k], l.first[:k], l.second[:k])
}

// gridEnergy returns ∫U + ∫V of cell averages, V at the centers.
func (l *lagrange) gridEnergy(p *Parts, rho []float64) float64 {
	var sum compensated
	h, k := l.axis.H(), 0
	for i, r := range rho {
		if r >= smallestNormal {
			l.rho[k], l.phi[k] = r, h
			k++
		}
		if p.Rest != nil {
			sum.add(h * r * l.force.value[i])
		}
	}
	return sum.value() + localEnergy(p, l.rho[:k], l.phi[:k], l.first[:k], l.second[:k])
}

// localEnergy returns Σ width (U(ρ) − U(0)), which is ρU′ − Φ. width is overwritten.
func localEnergy(p *Parts, rho, width, first, second []float64) float64 {
	if !p.HasLocal() {
		return 0
	}
	p.Derivatives(first, second, rho)
	p.Pressure(second, rho)
	var sum compensated
	for i, r := range rho {
		sum.add(width[i] * (r*first[i] - second[i]))
	}
	return sum.value()
}
