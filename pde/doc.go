// Package pde solves Wasserstein gradient flows of one or several densities,
//
//	∂_τ ρ_c = ∇·(ρ_c ∇Ψ_c),    Ψ_c = δF/δρ_c,    no flux through the walls of the box,
//
// on tensor grids: a State is a tuple of densities, an Energy is the functional F,
// a Scheme turns it into a Stepper, and Solve runs the stepper through the wanted
// times and returns a Trajectory.
//
//	g, _ := grid.New(grid.Axis{Lo: -4, Hi: 4, N: 200})
//	rho := grid.NewDensity(g) // then fill rho.Values with cell averages
//	traj, err := pde.Solve(ctx, pde.Problem{
//		Energy:  pde.Potential{Formula: "x^2/2"},
//		Initial: pde.State{rho},
//		Times:   []float64{0, 1},
//	}, pde.MUSCL{}, nil)
//
// Descriptions (Potential, Entropy, Sum, Upwind, MUSCL, …) are plain values whose
// zero fields mean the stated defaults. What Bind returns is a workspace: it owns
// its scratch, serves one goroutine and, for explicit schemes, allocates nothing
// per step.
//
// # What holds
//
// Every scheme keeps the mass of each component up to rounding and ρ ≥ 0 exactly.
// The semi-discrete equation of the explicit schemes loses energy at the rate
// Σ_faces |C| ρ_up (ΔΨ/h)², if Ψ is evaluated at the cell centers and F is the sum
// over cells whose derivative it is [CCH15]: for a potential the energy therefore
// never rises, whatever the step, for then F is linear in ρ and each stage lowers
// it. For an energy that is not linear in ρ a step of finite length can raise F by
// O(dt²); Contracts.EnergyRise records the largest rise.
//
// Results are the same bytes on every run, for any GOMAXPROCS, and with or without
// vector instructions.
//
// # Which scheme to take
//
//	first order in space, any energy; the bluntest and most robust     Upwind
//	second order, transport by any energy; the default                 MUSCL
//	smooth densities to high accuracy, no claim on the energy          WENO
//	entropy (linear diffusion), its equilibrium exact to rounding      ScharfetterGummel
//	diffusion dominates: few steps of many cheap stages                RKL2
//	any step length, positive and dissipative; order 1 or 2 in time    ImplicitUpwind
//	stiff entropy plus drift, second order in space and time           ImplicitScharfetterGummel
//	minimising movements, with a certificate for every step            JKO
//
// Inner solvers of JKO; all but Variational make the step of the Wasserstein distance itself:
//
//	one dimension, exact                                               Quantile
//	diffusion, alone or with drift or interaction; smooth or free edge BackAndForth
//	a cap on the density (Congestion) with drift or interaction        BackAndForth
//	no diffusion: potentials, interactions, Transformers               PushForward
//	potentials and convex functions of ρ by Sinkhorn scaling           Entropic
//	any energy at all, slow                                            Proximal
//	any energy, linearised distance, monotone finite volumes           Variational
//
// Axes may be graded (grid.Grading) for all of these but WENO and JKO: where a density is
// narrow in a wide box, a hundred graded cells are as good as many hundred equal ones, and
// the orders are the same. The step of an explicit scheme is that of the narrowest cell;
// RKL2 takes it in its stride, and the implicit schemes have no bound.
//
// The explicit schemes choose their steps; RKL2, the implicit schemes and JKO take a step
// (StepScheme), the former two also a tolerance. Bind refuses a pairing that does not fit and names the schemes that do.
//
// Nothing is split, neither transport from diffusion (Strang) nor one axis from another: a
// split step is at rest O(τ²) away from the equilibrium that ScharfetterGummel and its implicit
// steps keep to rounding, and lowers the energy up to O(τ³) only. Stiff flows of second order in
// time are the L-stable stages of the implicit schemes, whose systems multigrid solves in a time
// proportional to the cells, and RKL2.
//
// A step of MUSCL in a constant potential takes 2.9 ns a cell on one core in two dimensions
// (Zen 4, AVX-512) on 128² and on 64×1024 cells, and 3.3 ns on 1024² and on 8192×128
// (BenchmarkMUSCLCache; least times on a busy machine): what counts is not the length of
// rows but whether the arrays stay in the second-level cache. A plain loop with the 24 bytes
// of traffic of a cell loses only 0.02 ns there, so that bandwidth is not what is short.
//
// # At a free boundary
//
// Barenblatt's solution in one dimension (exact.Barenblatt, m = 2, radius 0.2 to 0.4, box
// [−1/2, 1/2]), with its kinks at the edge of the support: L¹ and, below, W₁ distance from
// the exact cell averages. RKL2 and ImplicitUpwind take as many steps as there are cells.
//
//	cells             50         100        200        400        800        order
//	Upwind            3.0e-2     1.6e-2     8.6e-3     4.4e-3     2.3e-3     0.97
//	                  3.9e-3     2.1e-3     1.1e-3     5.7e-4     2.9e-4     0.97
//	ImplicitUpwind    2.7e-2     1.5e-2     8.0e-3     4.2e-3     2.1e-3     0.96
//	                  3.4e-3     1.9e-3     9.9e-4     5.1e-4     2.6e-4     0.97
//	MUSCL             4.37e-4    1.30e-4    3.57e-5    9.43e-6    2.43e-6    1.96
//	                  5.7e-5     1.5e-5     3.7e-6     9.3e-7     2.3e-7     2.00
//	RKL2              9.3e-4     2.4e-4     6.2e-5     1.6e-5     4.2e-6     1.96
//	                  6.7e-5     1.7e-5     4.1e-6     1.0e-6     2.6e-7     2.00
//	WENO              4.4e-4     1.1e-4     2.8e-5     6.9e-6                1.99
//	                  5.1e-5     1.3e-5     3.1e-6     7.7e-7                2.01
//
// The velocity at the edge is that of the profile, not zero, so that the kink is
// transported and its layer, in which every scheme here is of first order, is no wider
// than a few cells: the order is 2 and not the 4/3 that a kink leaves in general.
//
// A user's own energy is a type with Validate and Bind whose workspace is a Functional;
// if it has a part ∫U(ρ) it says so by the method Parts (Local), and the schemes that
// treat diffusion apart take it.
//
// # References
//
//   - [BCCD08] R. Borges, M. Carmona, B. Costa, W. S. Don, An improved weighted
//     essentially non-oscillatory scheme for hyperbolic conservation laws, J. Comput.
//     Phys. 227 (2008), 3191–3211, doi:10.1016/j.jcp.2007.11.038.
//   - [BCH20] R. Bailo, J. A. Carrillo, J. Hu, Commun. Math. Sci. 18 (2020): the implicit
//     upwind schemes S1 and S2.
//   - [BH14] P. Buchmüller, C. Helzel, Improved accuracy of high-order WENO finite volume
//     methods on Cartesian grids, J. Sci. Comput. (2014), doi:10.1007/s10915-014-9825-1;
//     sixth order in three dimensions: Y. Du, L. Yuan, Y. Wang, arXiv:1809.09355.
//   - [BHS25] A. Baradat, A. Hraivoronska, F. Santambrogio, Using Sinkhorn in the JKO scheme
//     adds linear diffusion, arXiv:2502.12666 (abstract).
//   - [CCH15] J. A. Carrillo, A. Chertock, Y. Huang, A finite-volume method for
//     nonlinear nonlocal equations with a gradient flow structure, Commun. Comput.
//     Phys. 17 (2015), 233–258, arXiv:1402.4252.
//   - [CCWW22] J. A. Carrillo, K. Craig, L. Wang, C. Wei, Primal dual methods for
//     Wasserstein gradient flows, Found. Comput. Math. 22 (2022), 389–443,
//     doi:10.1007/s10208-021-09503-1.
//   - [CGT20] C. Cancès, T. O. Gallouët, G. Todeschi, A variational finite volume scheme
//     for Wasserstein gradient flows, Numer. Math. 146 (2020), arXiv:1907.08305.
//   - [JLL21] M. Jacobs, W. Lee, F. Léger, The back-and-forth method for Wasserstein
//     gradient flows, ESAIM: COCV 27 (2021), arXiv:2011.08151.
//   - [GNT23] T. O. Gallouët, A. Natale, G. Todeschi, From geodesic extrapolation to a
//     variational BDF2 scheme for Wasserstein gradient flows, arXiv:2209.14622 (abstract).
//   - [JS96] G.-S. Jiang, C.-W. Shu, Efficient implementation of weighted ENO schemes,
//     J. Comput. Phys. 126 (1996), 202–228, doi:10.1006/jcph.1996.0130.
//   - [Ket08] D. I. Ketcheson, Highly efficient strong stability-preserving Runge–Kutta
//     methods with low-storage implementations, SIAM J. Sci. Comput. 30 (2008),
//     2113–2136.
//   - [MBA14] C. D. Meyer, D. S. Balsara, T. D. Aslam, J. Comput. Phys. 257 (2014): the
//     stabilised Runge–Kutta–Legendre methods.
//   - [MRS10] B. Maury, A. Roudneff-Chupin, F. Santambrogio, A macroscopic crowd motion
//     model of gradient flow type, Math. Models Methods Appl. Sci. 20 (2010),
//     arXiv:1002.0686 (abstract).
//   - [McC97] R. J. McCann, A convexity principle for interacting gases, Adv. Math.
//     128 (1997), 153–179, doi:10.1006/aima.1997.1634.
//   - [Pey15] G. Peyré, Entropic Wasserstein gradient flows, arXiv:1502.06216, 2015.
//   - [Rhe70] W. C. Rheinboldt, On M-functions and their application to nonlinear
//     Gauss–Seidel iterations and to network flows, J. Math. Anal. Appl. 32 (1970),
//     274–307.
//   - [Zal79] S. T. Zalesak, Fully multidimensional flux-corrected transport algorithms
//     for fluids, J. Comput. Phys. 31 (1979), 335–362.
package pde
