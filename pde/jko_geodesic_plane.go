package pde

import "pdesolve/grid"

// geodesic extrapolates between densities on a grid of several axes. The potential at
// half time is, up to O(τ²), the solution of
//
//	−∇·(κ∇φ) = ρ_old − ρ_new,    κ = (ρ_old + ρ_new)/2,
//
// and the one at the end φ + ¼|∇φ|², as potentials of geodesics solve ∂_tφ = ½|∇φ|².
type geodesic struct {
	grid   *grid.Grid
	solver *grid.Elliptic
	phi, f []float64
}

func newGeodesic(g *grid.Grid) *geodesic {
	return &geodesic{grid: g, solver: grid.NewElliptic(g), phi: make([]float64, g.Len()), f: make([]float64, g.Len())}
}

// Settings of the elliptic problem. Where there is next to no mass κ has a floor, so that
// φ goes on smoothly; the added constant makes φ unique.
const (
	geodesicVacuum    = 1e-6 // of the largest ρ_old + ρ_new
	geodesicShift     = 1e-12
	geodesicTolerance = 1e-10
	geodesicLimit     = 200
)

// extrapolate writes the density at 1 + s on the geodesic from old at 0 to new at 1.
func (e *geodesic) extrapolate(dst, old, next []float64, s float64, push *extension) {
	cells, top := e.solver.Cells(), 0.0
	for i, v := range next {
		e.f[i] = old[i] - v
		top = max(top, v+old[i])
	}
	for i := range cells {
		cells[i] = geodesicShift * top
	}
	for k := range e.grid.Dim() {
		face, n, stride := e.solver.Faces(k), e.grid.Axis(k).N, e.grid.Stride(k)
		for i := range face {
			if i/stride%n == n-1 {
				continue
			}
			j := i + stride
			face[i] = max((old[i]+next[i]+old[j]+next[j])/4, geodesicVacuum*top)
		}
	}
	e.solver.Prepare()
	e.solver.Solve(e.phi, e.f, geodesicTolerance, geodesicLimit)
	copy(e.f, e.phi)
	for k := range e.grid.Dim() {
		n, stride, h := e.grid.Axis(k).N, e.grid.Stride(k), e.grid.Axis(k).H()
		for i, v := range e.phi {
			up, down := 0.0, 0.0
			if i/stride%n < n-1 {
				up = (e.phi[i+stride] - v) / h
			}
			if i/stride%n > 0 {
				down = (v - e.phi[i-stride]) / h
			}
			e.f[i] += (up*up + down*down) / 8
		}
	}
	push.carry(dst, next, e.f, s)
}
