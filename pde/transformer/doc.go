// Package transformer is the training objective of a Transformer as a functional
// of the law of its parameters: a pde.Energy whose Wasserstein gradient flow is the
// limit of training at large width and depth.
//
// # Equations
//
// A prompt is n tokens z_1, …, z_n ∈ R^D with a label; μ is the empirical measure of
// B prompts. A block is g(Z, θ) with parameters θ = (a, v) and is linear in v, one or
// more of them, the last: g(Z, θ) = Σ_l v_l φ_l(Z, a). With L = Depth, dt = 1/L and one law ρ_{i,k} per
// block i and layer k, the residual network is [G, §2]
//
//	Z ← Z + (dt/2) ∫ g_i(Z, θ) ρ_{i,k}(dθ),    i in order, k = 0, …, L−1,
//
// so that with M equal atoms per layer the integral is the mean over M heads. Fixed
// linear functions of the last Z are the outputs, Read, and
//
//	R = (1/B) Σ loss(Read, label),    loss = ½(Read − label)² in [G],
//	Q = R + Σ_{i,k} (1/L) ∫ ((λ/2)|θ|² + σ log ρ_{i,k}) ρ_{i,k}(dθ),
//	Ψ_{i,k}(θ) = ½ E_μ ⟨g_i(Z_k, θ), p_k⟩ + (λ/2)|θ|² + σ(log ρ_{i,k} + 1),
//
// with Ψ the first variation of Q divided by the weight 1/L of a slice and p the
// adjoint, the derivative of the loss by Z at the end and propagated backwards by the
// transposed Jacobian of every step. The adjoint is that of the discrete steps, not
// of their limit, so Ψ is the derivative of the Q that is computed, to rounding.
//
// The temperature σ is 0 in [G]. With σ > 0 the flow is the mean-field limit of noisy
// gradient descent, ∂_τρ = ∇·(ρ∇Ψ) + σΔρ with the Ψ of σ = 0. It is solved for
// densities only: atoms have no entropy.
//
// # Blocks
//
// On tokens (x, y) of which y alone moves, with a grid: softmax-scalar, linear-scalar,
// mlp-label, mlp-query. On tokens of any dimension D, with matrices and vectors, as
// atoms: softmax (2D² parameters), linear (2D²), mlp (2D + 1). At D = 1 these have grids
// too. Formulas stand with the types. Blocks that rely on x not to move are not combined
// with blocks that move it.
//
// A block with matrices treats eight atoms side by side in the lanes of vectors, sixteen in
// single precision (see Model.Precision), and computes probabilities anew in the backward
// pass. A gradient of softmax costs, for each head and prompt, about 8n²D + 7nD² fused
// products and sums and 2n² exponentials.
//
// # Memory
//
// The workspace of atoms holds derivatives by all parameters, which are gathered apart from
// the gradient so that sums have a fixed order, the tokens of one prompt at every block,
// and up to a megabyte, for all blocks together, of what is needed again: exponentials,
// activations and matrices laid out in panels. The rest of these is computed again. Nothing
// grows with the number of prompts but their tokens; scalar softmax heads also have two
// n×n matrices a layer. So it is less than twice the parameters and tokens where those take
// more than about a megabyte and n² is below the number of heads. Every worker has its own.
//
// # Depth
//
// With Continuous the steps of slice k are a symmetric splitting of dZ/dt = ½ Σ_i ∫
// g_i ρ_{i,k}: half of every block but the last, all of the last, half of the others
// in reverse order, each integrated by one step of the classical Runge–Kutta method.
// The law of slice k stands for depth (k+½)/L. That is of second order in 1/L for
// several blocks and, for laws that do not depend on depth, of fourth for one.
//
// A residual layer of step dt is the flow, for the duration dt, of a modified field
//
//	u + dt w + O(dt²),    u = ½ Σ_i g_i,    w = ¼ Σ_{i<j} Dg_j g_i − ½ Du u,
//
// with g_i the block's mean over ρ (derived: the second order of the composed Euler steps
// less that of the flow of u). So the outputs of L layers differ from those of continuous
// depth by (1/L) ∫⟨p, w⟩dt to first order, with p the adjoint of the output. With
// Modified = ε, and Continuous, depth follows u + εw.
//
// # Atoms and grids
//
// By linearity in v a block needs of ρ only its nodes a_m and their coefficients:
// weight_m·v_m of an atom, the moment ∫ v ρ dv of a row of cells. Forward and adjoint
// passes are written once for (a_m, coefficient_m) and return ψ(a) = E⟨φ(Z, a), p⟩
// and, for atoms, ∂ψ/∂a; then Ψ = ½ v ψ(a) + (λ/2)(|a|² + v²) everywhere. A density is
// exactly the weighted atoms at its cell centers. That is for blocks that are linear in
// one parameter and have at most grid.MaxDim; those with matrices have atoms only.
//
// With FullStep the residual steps are dt in place of dt/2, and ½ is 1 in all formulas.
//
// # Example
//
//	prompts, err := (&transformer.Linear{Prompts: 32, Tokens: 9, Seed: 1}).Draw()
//	m := &transformer.Model{
//		Depth: 8, Decay: 0.02, Prompts: prompts,
//		Read: transformer.Readout{Token: -1, Coordinate: -1},
//		Blocks: []transformer.Component{{
//			Block:   &transformer.SoftmaxScalar{},
//			Initial: &grid.Bump{Center: []float64{1, 0.3}, Radius: []float64{1, 0.8}},
//			Axes:    []grid.Axis{{Lo: -1.5, Hi: 3.5, N: 64}, {Lo: -2.5, Hi: 2.5, N: 64}},
//		}},
//	}
//	grids, err := m.Grids(0)             // one per component
//	rho, err := m.InitialState(grids)    // ρ₀
//	f, err := m.Bind(grids)              // then f.Variation(psi, rho)
//
// # References
//
//	[G] C. Gao, Y. Cao, Z. Li, Y. He, M. Wang, H. Liu, J. M. Klusowski, J. Fan, "Global
//	    Convergence in Training Large-Scale Transformers", NeurIPS 2024,
//	    arXiv:2410.23610.
package transformer
