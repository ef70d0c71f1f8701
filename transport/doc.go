// Package transport compares measures by optimal transport: plans, distances,
// c-transforms, interpolation.
//
// A Measure is a list of weighted points, coordinate after coordinate; a
// grid.Density is a piecewise constant function. For a cost c and measures of equal
// mass,
//
//	T_c(a, b) = min_π Σ_ij π_ij c(x_i, y_j),   Σ_j π_ij = a_i,   Σ_i π_ij = b_j,   π ≥ 0
//	          = max_{u,v} Σ_i a_i u_i + Σ_j b_j v_j,   u_i + v_j ≤ c(x_i, y_j),
//
// W₁ = T_c for c = |x − y| and W₂² = T_c for c = |x − y|². Any feasible plan bounds the
// distance from above and any feasible pair of potentials from below; where a
// solver has both, a Result carries them as Upper and Lower.
//
//	      points                                densities
//	w1    sorting (line), network simplex       quantile functions (line), cells as points
//	w2    sorting (line), network simplex       quantile functions (line), back-and-forth with bounds
//
// The network simplex works on levels of groups of points and needs memory for the points
// only: twice 20,000 in the plane take 2 to 3 s and 50 MB. Sinkhorn and its divergence
// regularise by entropy, in the log domain, between points with Newton's method at the
// end and on grids axis by axis; they return ErrNotConverged and no value where the
// marginals are not met. Sliced, MaxSliced, Energy and MMD are the usual statistics. Conditional
// takes the root mean square over depth slices. A Quantisation compares a density with
// particles, with bounds that hold for the density. Barycenter is exact on the line;
// EntropicBarycenter is of densities on a grid.
//
// CTransform, SmoothCTransform, Remap, Feasible and UpperBound are the parts of which
// steps of gradient flows in W₂ are made (package pde): potentials, the maps that they
// give, densities carried along those, and bounds for both.
//
// Measures of different mass, of different dimension, or with numbers that are not
// finite are refused. Points of weight 0 and repeated points are allowed
// everywhere. Results do not depend on the number of processors.
//
//	a, err := transport.NewMeasure(rows, nil)
//	…
//	r, err := new(transport.W2).Points(a, b)
//	fmt.Println(r.Value, r.Plan.Interpolate(0.5, a, b))
//
// # References
//
//   - [AKOT96] C. Aggarwal, H. Kaplan, J. Orlin, R. Tarjan, A faster primal network
//     simplex algorithm, MIT Operations Research Center working paper OR 315-96,
//     1996: network simplex and strongly feasible trees.
//   - [AWR17] J. Altschuler, J. Weed, P. Rigollet, Near-linear time approximation
//     algorithms for optimal transport via Sinkhorn iteration, NeurIPS 30, 2017,
//     1964–1974: rounding to a feasible plan.
//   - [BCC15] J.-D. Benamou, G. Carlier, M. Cuturi, L. Nenna, G. Peyré, Iterative Bregman
//     projections for regularized transportation problems, 2015, and
//     [JCG20] H. Janati, M. Cuturi, A. Gramfort, Debiased Sinkhorn barycenters, ICML 2020,
//     both as the documentation of PythonOT, ot.bregman, has them.
//   - [FC80] F. N. Fritsch, R. E. Carlson, Monotone piecewise cubic interpolation, SIAM
//     Journal on Numerical Analysis 17, 1980, 238–246, as secondary sources have it: end
//     slopes of at most three times the quotient suffice.
//   - [FH12] P. F. Felzenszwalb, D. P. Huttenlocher, Distance transforms of sampled
//     functions, Theory of Computing 8 (19), 2012, 415–428.
//   - [FSV19] J. Feydy, T. Séjourné, F.-X. Vialard, S.-I. Amari, A. Trouvé, G. Peyré,
//     Interpolating between optimal transport and MMD using Sinkhorn divergences,
//     arXiv:1810.08278.
//   - [JL20] M. Jacobs, F. Léger, A fast approach to optimal transport: the
//     back-and-forth method, Numerische Mathematik, 2020; arXiv:1905.12154. The first
//     step 8/max ρ is that of the authors' documentation.
//   - [S19] B. Schmitzer, Stabilized sparse scaling algorithms for entropy regularized
//     transport problems, 2019, arXiv:1610.06519.
package transport
