package pde

import (
	"math"

	"pdesolve/grid"
	"pdesolve/internal/simd"
)

// balance is the implicit upwind balance of one component on one grid: for a first
// variation ψ and a right-hand side b the equations
//
//	ρ_i + Σ_faces λ (ρ_i (ψ_i − ψ_j)⁺ − ρ_j (ψ_j − ψ_i)⁺) = b_i,    λ = τ/h²,
//
// over the neighbours j of i. It owns the arrays on the grid. On graded axes ρ stands for
// the mass m = ρJ of a cell here and in the stages, and λ is τ/d² of the face; see
// faceMetric. Nothing below asks λ to be the same at two faces.
//
// With ψ given they are linear in ρ (derived): the matrix is 1 plus what leaves a
// cell on its diagonal, minus what enters off it, so its columns sum to 1 and its
// inverse has entries ≥ 0 and columns that sum to 1. Hence b ≥ 0 gives ρ ≥ 0 and the
// mass of b, whatever λ. As mass runs from larger to smaller ψ only, the cells in the
// order of falling ψ make it triangular: carry solves it with additions,
// multiplications and divisions of numbers ≥ 0, so that both hold in floating point,
// ρ ≥ 0 exactly and the mass to rounding.
type balance struct {
	size  int
	axes  []balanceAxis
	ratio []float64 // J; nil on equal cells

	smallest float64 // mass whose density is a normal number

	psi, second []float64 // ψ and its derivative by the density of the cell
	residual    []float64 // of the equations at the density last evaluated
	scale       []float64 // of the unknown of the system; nil for 1
	order       []int32   // cells such that mass passes to later ones only; see carry
	pivot       []float64 // of solveLines
	waits       []uint8   // neighbours that pass mass to a cell and are not yet in order
	system      transferSystem
}

// balanceAxis is an axis of more than one cell.
type balanceAxis struct {
	n, stride int
	// Weights of the faces, by the offset that faces passes: 1/d², which is 1/h² on equal
	// cells, and 1/(d h) with the width of the cell below and above.
	metric, below, above []float64
	width                int // entries in these for each face of a graded axis; 0: one strip for all
	// What cell i passes up to i + stride, and gets down from there, per unit of the
	// giver's density in one step.
	up, down []float64
	// The same by the upper cell of the face: upBelow[i] is what i − stride passes up.
	upBelow, downBelow []float64
}

// newBalance returns the balance on g.
func newBalance(g *grid.Grid) *balance {
	b := &balance{size: g.Len(), ratio: g.Jacobian(), smallest: smallestNormal}
	for _, j := range b.ratio {
		b.smallest = max(b.smallest, j*smallestNormal)
	}
	for k := range g.Dim() {
		if a := g.Axis(k); a.N > 1 {
			b.axes = append(b.axes, newBalanceAxis(a, g.Stride(k)))
		}
	}
	for _, p := range []*[]float64{&b.psi, &b.second, &b.residual, &b.pivot} {
		*p = make([]float64, b.size)
	}
	if len(b.axes) == 0 { // one cell
		b.axes = append(b.axes, balanceAxis{n: 1, stride: 1})
	}
	b.order, b.waits = make([]int32, b.size), make([]uint8, b.size)
	if len(b.axes) == 1 { // the other axes have one cell: the cells lie in a line
		a := &b.axes[0]
		up, down := make([]float64, b.size+1), make([]float64, b.size+1)
		a.up, a.down, a.upBelow, a.downBelow = up[1:], down[1:], up[:b.size], down[:b.size]
		b.system = &lineSystem{axis: a, pivot: b.pivot}
		return b
	}
	s := newCellSystem(g)
	for k := range b.axes {
		a := &b.axes[k]
		a.up, a.down = s.a.Up[k], s.a.Down[k]
		a.upBelow, a.downBelow = s.a.Below(k)
	}
	b.scale, b.system = s.a.Mass, s
	return b
}

// newBalanceAxis returns the axis without its rates.
func newBalanceAxis(a grid.Axis, stride int) balanceAxis {
	b := balanceAxis{n: a.N, stride: stride}
	if a.Grading == nil {
		b.metric = make([]float64, min((a.N-1)*stride, stripLength))
		fill(b.metric, 1/(a.H()*a.H()))
		b.below, b.above = b.metric, b.metric
		return b
	}
	b.width = min(stride, stripLength)
	metric := faceMetric(a)
	for j, w := range faceWidths(a) {
		for range b.width {
			b.metric = append(b.metric, metric[j])
			b.below, b.above = append(b.below, w.below), append(b.above, w.above)
		}
	}
	return b
}

// faces calls visit with the first cell of each run of cells that have an upper
// neighbour along the axis, the cell after its last, and the offset of the first in the
// weights.
func (a *balanceAxis) faces(size int, visit func(from, to, at int)) {
	block, faces := a.n*a.stride, (a.n-1)*a.stride
	if a.width == 1 { // the faces of a line follow one another in the weights
		for base := 0; base < size; base += block {
			visit(base, base+faces, 0)
		}
		return
	}
	run := a.stride // within which the weights are the same
	if a.width == 0 {
		run = faces
	}
	for base := 0; base < size; base += block {
		for at := 0; at < faces; at += run {
			for i := at; i < at+run; i += stripLength {
				visit(base+i, base+min(i+stripLength, at+run), at/run*a.width)
			}
		}
	}
}

// evaluate writes the residual of the equations at rho, with ψ in psi, and returns
// Σ|residual| and a bound of its rounding error: a difference of ψ has an error of a
// unit in the last place of ψ.
func (b *balance) evaluate(rho, rhs []float64, tau float64) (norm, rounding float64) {
	r, psi := b.residual, b.psi
	for i, v := range rho {
		r[i] = v - rhs[i]
	}
	for k := range b.axes {
		a := &b.axes[k]
		st := a.stride
		a.faces(b.size, func(from, to, at int) {
			metric := a.metric[at:][:to-from]
			for i := from; i < to; i++ {
				p, q := psi[i], psi[i+st]
				drop := p - q
				amount := tau * metric[i-from] * upwind(drop, rho[i], rho[i+st])
				flux := amount * drop
				r[i] += flux
				r[i+st] -= flux
				rounding += amount * (math.Abs(p) + math.Abs(q))
			}
		})
	}
	for _, v := range r {
		norm += math.Abs(v)
	}
	return norm, 0x1p-51 * rounding
}

// jacobian sets the system to the equations' derivative at rho: what the drop of ψ
// drives, with the wind's own dependence on the two densities.
func (b *balance) jacobian(rho []float64, tau float64) {
	psi, second := b.psi, b.second
	if b.scale != nil {
		b.rescale(rho)
	}
	for k := range b.axes {
		a := &b.axes[k]
		st, up, down, s := a.stride, a.up, a.down, b.scale
		a.faces(b.size, func(from, to, at int) {
			metric := a.metric[at:][:to-from]
			if s == nil {
				for i := from; i < to; i++ {
					lam := tau * metric[i-from]
					drop := psi[i] - psi[i+st]
					wind := upwind(drop, rho[i], rho[i+st])
					up[i] = lam * (max(drop, 0) + wind*second[i])
					down[i] = lam * (max(-drop, 0) + wind*second[i+st])
				}
				return
			}
			n := to - from
			up, down, p, q := up[from:to], down[from:to], psi[from:to], psi[from+st:to+st]
			r, t, u, v := rho[from:to], rho[from+st:to+st], second[from:to], second[from+st:to+st]
			s, z := s[from:to], s[from+st:to+st]
			for i := range n {
				lam := tau * metric[i]
				drop := p[i] - q[i]
				wind := upwind(drop, r[i], t[i])
				up[i] = lam * (max(drop, 0) + wind*u[i]) * s[i]
				down[i] = lam * (max(-drop, 0) + wind*v[i]) * z[i]
			}
		})
	}
}

// rescale sets the scale to 1/U″, but where U″ is less than a thousandth of what it is at
// the peaks: there nothing hangs on it.
func (b *balance) rescale(rho []float64) {
	floor := 1e-3 * b.stiffness(rho)
	for i, u := range b.second {
		b.scale[i] = 1 / (u + floor)
	}
}

// stiffness returns U″ at the peaks of rho: the mean weighted with ρ².
func (b *balance) stiffness(rho []float64) float64 {
	var sum, weight float64
	for i, r := range rho {
		weight += r * r
		sum += r * r * b.second[i]
	}
	return sum / weight
}

// transport sets the rates to those of the first variation psi.
func (b *balance) transport(psi []float64, tau float64) {
	b.rates(tau, func(i, j int) (up, down float64) {
		drop := psi[i] - psi[j]
		return max(drop, 0), max(-drop, 0)
	})
}

// fitted replaces rho by the solution for the first variation v + d log ρ with that
// right-hand side, one axis after the other, by exponential fitting (Scharfetter and
// Gummel): the rates are d B(±(v_j − v_i)/d), B(x) = x/(eˣ − 1), which are at rest for
// ρ ∝ exp(−v/d), on graded axes with the width of the cell that gives for one of the two
// distances, as a balance of densities has it. Every cell that mass can reach gets a positive density of a small relative
// error for these rates, which are themselves good to 1e-7; see solveLines.
func (b *balance) fitted(rho, v []float64, d, tau float64) {
	for k := range b.axes {
		a := &b.axes[k]
		st := a.stride
		a.faces(b.size, func(from, to, at int) {
			n := to - from
			below, above := a.below[at:][:n], a.above[at:][:n]
			up, down, p, q, e := a.up[from:to], a.down[from:to], v[from:to], v[from+st:to+st], b.residual[from:to]
			up, p, q, e = up[:n], p[:n], q[:n], e[:n]
			for i := range down {
				down[i] = -math.Abs(q[i]-p[i]) / d
			}
			simd.Exp(e, down)
			for i, minus := range down {
				x := -minus
				small := 1 - 0.5*x // B(x), x ≥ 0
				if x > 1e-3 {
					small = x * e[i] / (1 - e[i])
				}
				lo, hi, drop := tau*below[i], tau*above[i], p[i]-q[i]
				up[i] = small*(lo*d) + lo*max(drop, 0)
				down[i] = small*(hi*d) + hi*max(-drop, 0)
			}
		})
		a.solveLines(rho, b.pivot)
	}
}

// rates sets the rates to λ times those that rate returns for the lower cell i and the
// upper cell j of a face, and the scale to 1.
func (b *balance) rates(tau float64, rate func(i, j int) (up, down float64)) {
	fill(b.scale, 1)
	for k := range b.axes {
		a := &b.axes[k]
		st := a.stride
		a.faces(b.size, func(from, to, at int) {
			metric := a.metric[at:][:to-from]
			for i := from; i < to; i++ {
				lam := tau * metric[i-from]
				up, down := rate(i, i+st)
				a.up[i], a.down[i] = lam*up, lam*down
			}
		})
	}
}
