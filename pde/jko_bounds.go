package pde

import (
	"math"

	"pdesolve/grid"
	"pdesolve/transport"
)

// stepBounds are bounds for one component of a step of length τ from ρⁿ to ρ, by potentials
// from φ = −τΨ for a first variation Ψ.
type stepBounds struct {
	transport float64 // at least W₂²(ρⁿ, ρ)/(2τ)
	// gain is at most min_ν ∫Ψ(ν − ρ) + W₂²(ρⁿ, ν)/(2τ). If F is convex and Ψ = Ψ[ρ], no ν
	// has a value below F(ρ) + gain.
	gain float64
	// raised is by how much ∫Ψρ + transport is above ∫φᶜdρⁿ/τ, which the minimum over ν
	// is for densities on the centers.
	raised float64
}

func newStepBounds(g *grid.Grid, rho, rhoN, v []float64, tau float64) stepBounds {
	volume := g.CellVolume()
	phi, mu, nu := make([]float64, len(v)), make([]float64, len(v)), make([]float64, len(v))
	for i, x := range v {
		phi[i], mu[i], nu[i] = -tau*x, rhoN[i]*volume, rho[i]*volume
	}
	psi := transport.SmoothCTransform(nil, phi, g)
	b := stepBounds{transport: transport.UpperBound(g, mu, nu, psi) / (2 * tau), gain: math.Inf(-1)}
	value := dot(nu, v)
	b.raised = max(0, value+b.transport-dot(mu, psi)/tau)
	if xi, zeta := transport.Feasible(g, phi); xi != nil {
		least := math.Inf(1)
		for i, z := range zeta {
			least = min(least, v[i]+z/tau)
		}
		b.gain = dot(mu, xi)/tau + least*grid.Sum(mu) - value
	}
	return b
}
