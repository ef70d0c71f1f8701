// Package exact holds gradient flows whose solution is known: what solvers are
// tested on, what `pdesolve verify` runs through and what a study measures errors
// against.
//
// # Equations
//
// A Solution solves
//
//	∂_τρ = ∇·(ρ ∇Ψ),    Ψ = δF/δρ,
//
// and gives the cell averages of ρ and the value of F at any τ ≥ 0.
//
// LinearAttention is the training of a Transformer with one block of linear
// attention, f_i = e_y v a x_i (1/n) Σ_j x_j y_j. Its velocity −(κv + λa, κa + λv) is
// linear in (a, v) and the same at every depth, so that ρ_τ is the image of ρ₀ under
// a linear map that one scalar equation determines. It is exact in L layers, in
// continuous depth, for smooth laws and for weighted atoms.
//
// OrnsteinUhlenbeck is a Gaussian under a quadratic potential and entropy, of which
// Heat and Contraction are special cases. Translation and Attraction transport a law
// of compact support, AttractionDiffusion spreads a Gaussian meanwhile. Barenblatt
// (porous medium, fast diffusion), Semicircle (log gas on the line) and Disc (charges in the plane)
// dilate a profile. Crowd fills up at a wall under a cap. Gravity and HeatBox have walls that belong to the model,
// DoubleWell is at rest, DoubleWellRelaxation is its slowest motion, and of KellerSegel
// only the moments are known.
//
// Iterated solutions know their JKO iterates too, free of the error in τ that the
// scheme itself makes: Gaussians, domes and bumps stay what they are in a step, whose
// parameters solve closed or scalar equations. Of Extended ones the iterates of second order
// are known, too: Midpoint and BDF2. Contraction.LinearisedMoments are the
// moments of LJKO, which is another step.
//
// Facts says of each until when to solve it, what to compare, and what its edges leave
// of a scheme's order.
//
// Whatever cannot be written in closed form, a scalar equation here, is computed to
// near rounding and the error is stated.
//
// # Example
//
//	s, err := exact.NewLinearAttention(&model) // fails, and says why, on any other model
//	risk := s.Risk(2)                          // at training time 2
//	rho, err := s.Density(2, g)                // cell averages on the grid g
//
// A new solution is one new file that calls Solutions.Add; the tests of this package
// pick it up.
//
// # References
//
//   - [CGT20] C. Cancès, T. O. Gallouët, G. Todeschi, A variational finite volume
//     scheme for Wasserstein gradient flows, Numer. Math. 146 (2020),
//     arXiv:1907.08305.
//
// All formulas of this package are derived in its comments.
package exact
