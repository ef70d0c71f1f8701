//go:build !amd64 || purego

package pde

func (x *legendreRow) run() { x.from(0) }

func (x *outflowRow) run() { x.from(0) }

func (x *fiveRow) run() { x.from(0) }

func relax(out, z, d []float64, eps, kappa float64) { relaxGo(out, z, d, eps, kappa) }

func fiveTerms(out, y1, y0, d, d0 []float64, x *fiveRow) { fiveTermsGo(out, y1, y0, d, d0, x) }

func squares(dst, x []float64) { squaresGo(dst, x) }

func blend(dst, y0, z []float64, b float64) { blendGo(dst, y0, z, b) }

func production(z, zn, a, b, p, pn []float64, s *lanes) { productionGo(z, zn, a, b, p, pn, s) }

func potentials(psi, r, u []float64, c float64, s *lanes) { potentialsGo(psi, r, u, c, s) }

func entropies(psi, r, w []float64, c, low float64, s *lanes) { entropiesGo(psi, r, w, c, low, s) }

func logarithms(high, low, r []float64, floor, head, rest float64) {
	logarithmsGo(high, low, r, floor, head, rest)
}
