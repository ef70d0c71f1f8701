package pde

import (
	"errors"

	"pdesolve/grid"
	"pdesolve/internal/sparse"
)

// transferSystem solves linear systems of the transfer between cells,
//
//	x_i + Σ_j (a_ij x_i − a_ji x_j) = b_i,    a_ij ≥ 0,
//
// a_ij being the rates of a balance from i to its neighbour j. The columns sum to 1:
// the matrix is an M-matrix, and diagonally dominant by columns.
type transferSystem interface {
	// prepare reads the rates.
	prepare() error
	// solve replaces b by x, to the tolerance ‖residual‖₂/‖b‖₂ where it iterates.
	solveTo(tolerance float64, b []float64) error
}

// lineSystem is the system of cells in a line.
type lineSystem struct {
	axis  *balanceAxis
	pivot []float64
}

func (s *lineSystem) prepare() error { return nil }

func (s *lineSystem) solveTo(_ float64, b []float64) error {
	s.axis.solveLines(b, s.pivot)
	return nil
}

// solveLines replaces b by the solution of the systems of the lines of cells along the
// axis. pivot is overwritten.
//
// It is Thomas's algorithm with the pivots written without subtractions (derived; as
// Grassmann, Taksar and Heyman do for Markov chains): a pivot is what the eliminated
// part of the line keeps of cell i, excess_i, plus what it passes on,
//
//	pivot_i = excess_i + up_i,    excess_{i+1} = 1 + down_i excess_i/pivot_i.
//
// So for b ≥ 0 every number is a sum, product or quotient of numbers ≥ 0, and x has
// small relative errors in each cell, whatever the rates.
func (a *balanceAxis) solveLines(b, pivot []float64) {
	n, st := a.n, a.stride
	if st == 1 {
		base := 0
		for ; base+4*n <= len(b); base += 4 * n {
			e := base + 4*n
			solveFourLines(n, b[base:e], a.up[base:e], a.down[base:e], pivot[base:e])
		}
		for ; base < len(b); base += n {
			e := base + n
			solveLine(b[base:e], a.up[base:e], a.down[base:e], pivot[base:e])
		}
		return
	}
	for base := 0; base < len(b); base += n * st {
		a.solveAcross(base, b, pivot)
	}
}

// solveAcross is solveLines for the lines that start at the cells of a block of stride
// cells from base.
func (a *balanceAxis) solveAcross(base int, b, pivot []float64) {
	n, st := a.n, a.stride
	fill(pivot[base:base+st], 1) // the excess, until its row is reached
	last := base + (n-1)*st
	for i := base; i < last; i += st {
		x, y, p, e := b[i:i+st], b[i+st:i+2*st], pivot[i:i+st], pivot[i+st:i+2*st]
		up, down := a.up[i:i+st], a.down[i:i+st]
		y, p, e, up, down = y[:len(x)], p[:len(x)], e[:len(x)], up[:len(x)], down[:len(x)]
		for j, v := range x {
			inverse := 1 / (p[j] + up[j])
			y[j] += up[j] * (inverse * v)
			e[j] = 1 + down[j]*(p[j]*inverse)
			p[j] = inverse
		}
	}
	for j, e := range pivot[last : last+st] {
		b[last+j] /= e
	}
	for i := last - st; i >= base; i -= st {
		x, y, p, down := b[i:i+st], b[i+st:i+2*st], pivot[i:i+st], a.down[i:i+st]
		y, p, down = y[:len(x)], p[:len(x)], down[:len(x)]
		for j := range x {
			x[j] = (x[j] + down[j]*y[j]) * p[j]
		}
	}
}

// solveLine is solveLines for one line of adjacent cells.
func solveLine(b, up, down, pivot []float64) {
	n := len(b)
	up, down, pivot = up[:n], down[:n], pivot[:n]
	excess := 1.0
	for i := range n - 1 {
		inverse := 1 / (excess + up[i])
		b[i+1] += up[i] * (inverse * b[i])
		excess = 1 + down[i]*(excess*inverse)
		pivot[i] = inverse
	}
	b[n-1] /= excess
	for i := n - 2; i >= 0; i-- {
		b[i] = (b[i] + down[i]*b[i+1]) * pivot[i]
	}
}

// solveFourLines is solveLine for four lines of n cells one after the other, whose
// divisions overlap.
func solveFourLines(n int, b, up, down, pivot []float64) {
	var x, u, d, p [4][]float64
	for k := range x {
		from, to := k*n, (k+1)*n
		x[k], u[k], d[k], p[k] = b[from:to], up[from:to], down[from:to], pivot[from:to]
	}
	excess := [4]float64{1, 1, 1, 1}
	for i := range n - 1 {
		for k := range excess {
			inverse := 1 / (excess[k] + u[k][i])
			x[k][i+1] += u[k][i] * (inverse * x[k][i])
			excess[k] = 1 + d[k][i]*(excess[k]*inverse)
			p[k][i] = inverse
		}
	}
	for k, e := range excess {
		x[k][n-1] /= e
	}
	for i := n - 2; i >= 0; i-- {
		for k := range x {
			x[k][i] = (x[k][i] + d[k][i]*x[k][i+1]) * p[k][i]
		}
	}
}

// cellSystem is the system on a grid of several axes, solved by multigrid and, where
// that does not converge, by BiCGStab with a V-cycle as the preconditioner. The unknown
// there is ξ = x/s with the scale s > 0 in Mass: what varies smoothly from cell to cell is not
// the change of the density but that of ψ, U″ times it. It is thereby accurate relative
// to the density of a cell, also where next to nothing is, as the rates of the next
// Newton iteration want it.
type cellSystem struct {
	a       *sparse.Transfer
	cycle   *sparse.Multigrid
	krylov  *sparse.BiCGStab
	x, r, z []float64
}

// transferIterations bounds the cycles, and the iterations, of one linear solve.
const transferIterations = 100

// newCellSystem returns the system on g.
func newCellSystem(g *grid.Grid) *cellSystem {
	var shape []int
	var strength []float64
	for k := range g.Dim() {
		if a := g.Axis(k); a.N > 1 {
			h := a.MeanWidth()
			shape, strength = append(shape, a.N), append(strength, 1/(h*h))
		}
	}
	s := &cellSystem{a: sparse.NewTransfer(shape), x: make([]float64, g.Len())}
	s.cycle = sparse.NewMultigrid(s.a, strength)
	s.krylov = sparse.NewBiCGStab(s.a, s.cycle, &sparse.Settings{MaxIterations: transferIterations})
	return s
}

func (s *cellSystem) prepare() error { return s.cycle.Factor() }

// useful is the residual below which an iteration that missed its tolerance still
// gives a direction for Newton's method.
const useful = 0.1

func (s *cellSystem) solveTo(tolerance float64, b []float64) error {
	res, err := s.cycle.Solve(s.x, b, tolerance, transferIterations)
	if err != nil {
		clear(s.x)
		s.krylov.SetTolerance(tolerance)
		res, err = s.krylov.Solve(s.x, b)
	}
	if err != nil && (!errors.Is(err, sparse.ErrNotConverged) || !(res.Residual < useful)) {
		return err
	}
	for i, m := range s.a.Mass {
		b[i] = m * s.x[i]
	}
	return nil
}
