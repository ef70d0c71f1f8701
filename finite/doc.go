// Package finite trains networks of finite width: ensembles of L×M atoms that
// descend the same energy as the densities of package pde. With unequal weights
// the same code is the method of characteristics.
//
// # Equation
//
// An ensemble holds one empirical measure ρ_c = Σ_m w_m δ_{θ_m} per component c, a
// block of the Transformer in one layer. Gradient flow moves every atom by
//
//	dθ_{c,m}/dτ = −∇Ψ_c(θ_{c,m}),    Ψ_c = δF/δρ_c,
//
// where Ψ is taken in the metric that weighs component c by Weight(c) = 1/L. With
// w_m = 1/M this is dθ/dτ = −ML ∂Q/∂θ, the training of the paper [G, §2]; with the
// nodes and weights of a quadrature of ρ₀ it is the particle form of
// ∂_τρ = ∇·(ρ∇Ψ) and its only error in ρ is that of the quadrature. Along it
//
//	dF/dτ = −D,    D = Σ_c Weight(c) Σ_m w_m |∇Ψ_c(θ_{c,m})|²,
//
// so F never rises; Simulate records how well this identity is kept.
//
// # Parts
//
// Draw, Repeat and Nodes make the atoms to start from; blocks with matrices have too
// many parameters for Nodes, and characteristics take random nodes there. A Dynamics moves them;
// Gradient is the flow above. Simulate runs a Dynamics and returns the curve as a
// pde.Trajectory. Characteristics joins Nodes, Gradient and Simulate to a solver of
// the mean-field limit. Coupled moves the particles of a network by the velocity of that
// limit: the coupled particles of the paper's proof.
//
// The other dynamics take steps of fixed training time, by which they are compared
// with the flow: each states the limit it converges to as the step falls to 0.
// Descent converges to the flow at order 1. Each interval between saved times is cut
// into the fewest equal steps that are not longer than the given one, so that saved
// times are hit exactly. Discrete training that diverges stops at the step and keeps
// the last good state.
//
// Options.Checkpoint keeps a run on its way, so that one which was stopped goes on to the
// same bytes, from the last step if ctx ended it: a dynamics tells an Observer what it carries
// from step to step.
//
// A further dynamics is one new file: a type, its registration in Kinds,
// Validate and Train. It tells an Observer about its steps if the functional is
// one.
//
// # References
//
//   - [G] Gao, Cao, Li, He, Wang, Liu, Klusowski, Fan, "Global Convergence in
//     Training Large-Scale Transformers", NeurIPS 2024, arXiv:2410.23610.
//   - [DDE] mrc-ide/dde, src/dopri_5.c at 132d5f3: the coefficients of the
//     Dormand–Prince pair and of Shampine's continuous extension. Its source is the
//     code DOPRI5 of Hairer and Wanner.
//   - [SciML] SciML/OrdinaryDiffEq.jl, caches of the exponential Runge–Kutta methods,
//     HochOst4: the coefficients of the exponential pair's solution.
package finite
