// Package grid holds densities on tensor grids: axes, grids in one to four
// dimensions, densities as cell averages, the laws that fill them, moments,
// marginals, sampling, and files that numpy opens.
//
// # Conventions
//
// An Axis cuts an interval into equal cells or, with a Grading, into cells whose width
// varies smoothly. A Grid is a product of axes; its cells are numbered row-major, the
// last axis fastest. A Density holds one average per cell,
//
//	ρ_i = |C_i|⁻¹ ∫_{C_i} ρ dx,    mass = Σ_i ρ_i |C_i|,
//
// so that a probability density has mass one exactly, whatever the cell widths. The
// coordinates of a set of n points are stored axis after axis: coordinate k of
// point i is at points[k*n+i].
//
// A Law is a probability law given by formula (Bump, Gaussian). It fills a density
// with cell averages that are exact or of high order, is drawn from by inverse
// distribution functions, axis after axis, and is integrated against by tensor
// Gauss or midpoint rules. Laws registers them by name for experiment files. A law
// that does not fit the grid's box is refused with a LeakError; none is cut off
// silently.
//
// Poisson and Elliptic solve Neumann's problems on grids of equal cells: with constant
// coefficients by cosine transforms, with variable ones by multigrid.
//
// Sums are compensated and in a fixed order. Nothing here uses a global random
// generator or the clock: equal inputs give equal bytes.
//
// # Example
//
//	g, err := grid.New(grid.Axis{Lo: -1, Hi: 3, N: 64}, grid.Axis{Lo: -1, Hi: 1, N: 32})
//	…
//	rho := grid.NewDensity(g)
//	law := &grid.Bump{Center: []float64{1, 0}, Radius: []float64{1, 0.8}}
//	if err := law.Average(rho); err != nil { … }
//	fmt.Println(rho.Mass(), rho.Mean(), rho.Covariance())
//
// # References
//
//   - [GW69] G. H. Golub, J. H. Welsch, Calculation of Gauss quadrature rules, Math.
//     Comp. 23 (106), 1969, 221–230: nodes are the eigenvalues of the Jacobi matrix.
//   - [MBC79] M. D. McKay, R. J. Beckman, W. J. Conover, A comparison of three methods
//     for selecting values of input variables in the analysis of output from a
//     computer code, Technometrics 21 (2), 1979, 239–245: Latin hypercube sampling.
//   - The npy format, versions 1 to 3: numpy.lib.format in the NumPy manual.
package grid
