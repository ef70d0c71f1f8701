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
// over the neighbours j of i. It owns the arrays on the grid.
//
// With ψ given they are linear in ρ (derived): the matrix is 1 plus what leaves a
// cell on its diagonal, minus what enters off it, so its columns sum to 1 and its
// inverse has entries ≥ 0 and columns that sum to 1. Hence b ≥ 0 gives ρ ≥ 0 and the
// mass of b, whatever λ. As mass runs from larger to smaller ψ only, the cells in the
// order of falling ψ make it triangular: carry solves it with additions,
// multiplications and divisions of numbers ≥ 0, so that both hold in floating point,
// ρ ≥ 0 exactly and the mass to rounding.
type balance struct {
	size int
	axes []balanceAxis

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
	inv       float64 // 1/h²
	// What cell i passes up to i + stride, and gets down from there, per unit of the
	// giver's density in one step.
	up, down []float64
	// The same by the upper cell of the face: upBelow[i] is what i − stride passes up.
	upBelow, downBelow []float64
}

// newBalance returns the balance on g.
func newBalance(g *grid.Grid) *balance {
	b := &balance{size: g.Len()}
	for k := range g.Dim() {
		a := g.Axis(k)
		if a.N == 1 {
			continue
		}
		b.axes = append(b.axes, balanceAxis{
			n: a.N, stride: g.Stride(k), inv: 1 / (a.H() * a.H()),
		})
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

// faces calls visit with the first cell of each run of cells that have an upper
// neighbour along the axis, and the cell after its last.
func (a *balanceAxis) faces(size int, visit func(from, to int)) {
	block := a.n * a.stride
	for base := 0; base < size; base += block {
		visit(base, base+block-a.stride)
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
		lam, st := tau*a.inv, a.stride
		a.faces(b.size, func(from, to int) {
			for i := from; i < to; i++ {
				p, q := psi[i], psi[i+st]
				drop := p - q
				amount := lam * upwind(drop, rho[i], rho[i+st])
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
		lam, st, up, down, s := tau*a.inv, a.stride, a.up, a.down, b.scale
		a.faces(b.size, func(from, to int) {
			if s == nil {
				for i := from; i < to; i++ {
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
// ρ ∝ exp(−v/d). Every cell that mass can reach gets a positive density of a small relative
// error for these rates, which are themselves good to 1e-7; see solveLines.
func (b *balance) fitted(rho, v []float64, d, tau float64) {
	for k := range b.axes {
		a := &b.axes[k]
		lam, st := tau*a.inv, a.stride
		a.faces(b.size, func(from, to int) {
			n := to - from
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
				small *= lam * d
				large := small + lam*math.Abs(q[i]-p[i])
				if q[i] < p[i] {
					small, large = large, small
				}
				up[i], down[i] = small, large
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
		lam, st := tau*a.inv, a.stride
		a.faces(b.size, func(from, to int) {
			for i := from; i < to; i++ {
				up, down := rate(i, i+st)
				a.up[i], a.down[i] = lam*up, lam*down
			}
		})
	}
}
