package pde

// newton sets delta to the Newton direction of J at p,
//
//	(1/U″(ρ) − τ∇·(ρ D ∇)) δp = T#ρⁿ − ρ,
//
// D being the derivative of T along each axis, and promise to half of what the slope of
// J along it is: the gain at the maximum of the quadratic model. The coefficients are
// taken at the larger one of ρ and T#ρⁿ, so that the support can grow. Where mass arrives that ρ
// does not have yet, the chord from p to the pressure at which ρ is T#ρⁿ stands for 1/U″: under
// vacuum p can be far below U′(0), and with the slope at T#ρⁿ, which is steep, it would rise by
// next to nothing.
func (a *ascent) newton() {
	volume := a.grid.CellVolume()
	dense, second := a.trial, a.system.Cells()
	top := 0.0
	for i, r := range a.rho {
		dense[i] = max(r, a.pushed[i]/volume)
		top = max(top, dense[i])
	}
	for i, r := range dense {
		dense[i] = max(r, 0x1p-46*top)
	}
	a.parts.Derivatives(a.delta, second, dense)
	for i, u := range second {
		miss := a.pushed[i]/volume - a.rho[i]
		second[i] = 1 / u
		if miss > chordMiss*dense[i] && a.pushed[i] > 0x1p-46*top*volume {
			second[i] = miss / (a.delta[i] - (a.p[i] - a.v[i]))
		}
		a.delta[i] = miss
	}
	for k := range a.grid.Dim() {
		a.conduct(k)
	}
	a.system.Prepare()
	copy(dense, a.delta)
	a.system.Solve(a.delta, a.delta, linearTolerance, linearIterations)
	a.promise = dot(a.delta, dense) * volume / 2
}

// chordMiss is the part of the density that may be missing before the chord, whose digits cancel,
// takes the place of the slope.
const chordMiss = 1e-6

// The linear systems are solved roughly: Newton's direction is inexact anyway.
const (
	linearTolerance  = 1e-2
	linearIterations = 40
)

// conduct fills the coefficients τρD of the faces of axis k.
func (a *ascent) conduct(k int) {
	f, dense, p := a.system.Faces(k), a.trial, a.p
	s, n, h := a.grid.Stride(k), a.grid.Axis(k).N, a.grid.Axis(k).H()
	scale := a.tau / (2 * h * h)
	for base := 0; base < len(f); base += n * s {
		for j := range n - 1 {
			at := base + j*s
			inner := j > 0 && j < n-2
			for i := at; i < at+s; i++ {
				stretch := 1.0
				if inner {
					stretch += scale * ((p[i+2*s] - p[i+s]) - (p[i] - p[i-s]))
				}
				f[i] = a.tau * (dense[i] + dense[i+s]) / 2 / min(max(stretch, 0.01), 5)
			}
		}
	}
}
