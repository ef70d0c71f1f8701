package pde

import (
	"pdesolve/grid"
	"pdesolve/transport"
)

// concaveHull raises φ to φᶜᶜ, its smallest majorant that is c-concave for c = |x − y|²/2,
// where it is not c-concave itself, and sets ψ to φᶜ: the map back of an optimal plan is then
// S = id − ∇φ, which does not fold.
//
// φᶜᶜ is the minimum of parabolas over the centers y: interpolating between them, as for
// φᶜ, would cut the corners that ψ has where mass jumps over a gap. Where S has the slopes
// s_k and all is smooth that is above φ by up to Σ_k h_k²/(8 s_k); what is less than twice
// that is taken for φ, which is the better one.
func concaveHull(phi, psi, scratch []float64, g *grid.Grid) {
	transport.SmoothCTransform(psi, phi, g)
	transport.CTransform(scratch, psi, g)
	raised := false
	for i, v := range scratch {
		if v <= phi[i] {
			continue
		}
		if v-phi[i] > 2*resolvedDip(phi, g, i) {
			raised = true
		} else {
			scratch[i] = phi[i]
		}
	}
	if raised {
		for i, v := range scratch {
			phi[i] = max(phi[i], v)
		}
		transport.SmoothCTransform(psi, phi, g)
	}
}

// leastSlope bounds the slopes of S from below in resolvedDip.
const leastSlope = 0.1

// resolvedDip returns Σ_k h_k²/(8 s_k) at cell i.
func resolvedDip(phi []float64, g *grid.Grid, i int) float64 {
	dip := 0.0
	for k := range g.Dim() {
		s, n, h := g.Stride(k), g.Axis(k).N, g.Axis(k).H()
		slope := 1.0
		if at := i / s % n; at > 0 && at < n-1 {
			slope = max(1-(phi[i+s]-2*phi[i]+phi[i-s])/(h*h), leastSlope)
		}
		dip += h * h / (8 * slope)
	}
	return dip
}
