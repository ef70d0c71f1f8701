package compare

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"pdesolve/pde"
)

// polynomials are the polynomials ψ_b of total degree 1 to responseDegree in the parameters
// of a block, orthonormal with one another and with 1 under its initial law.
type polynomials struct {
	mean, scale []float64
	power       [][]int // exponents of the monomials, by total degree; the first is 1
	triangle    *mat.TriDense
	degree      []int // total degree of each ψ_b
}

// newPolynomials orthonormalises on the nodes of a Gauss rule, coordinate k of node i at
// points[k*n+i].
func newPolynomials(points, weight []float64) *polynomials {
	n := len(weight)
	dim := len(points) / n
	p := &polynomials{}
	for k := range dim {
		mean, dev := stat.PopMeanStdDev(points[k*n:(k+1)*n], weight)
		p.mean, p.scale = append(p.mean, mean), append(p.scale, dev)
	}
	for d := range responseDegree + 1 {
		p.power = append(p.power, exponents(dim, d)...)
	}
	a := mat.NewDense(n, len(p.power), nil)
	theta := make([]float64, dim)
	for i := range n {
		for k := range dim {
			theta[k] = points[k*n+i]
		}
		row := p.monomials(theta)
		for b := range row {
			row[b] *= math.Sqrt(weight[i])
		}
		a.SetRow(i, row)
	}
	var qr mat.QR
	qr.Factorize(a)
	var r mat.Dense
	qr.RTo(&r)
	p.triangle = mat.NewTriDense(len(p.power), mat.Upper, nil)
	for i := range p.power {
		for j := i; j < len(p.power); j++ {
			p.triangle.SetTri(i, j, r.At(i, j))
		}
	}
	for _, e := range p.power[1:] {
		d := 0
		for _, v := range e {
			d += v
		}
		p.degree = append(p.degree, d)
	}
	return p
}

// exponents returns those of the monomials of the given total degree in dim variables.
func exponents(dim, degree int) [][]int {
	if dim == 1 {
		return [][]int{{degree}}
	}
	var out [][]int
	for first := degree; first >= 0; first-- {
		for _, rest := range exponents(dim-1, degree-first) {
			out = append(out, append([]int{first}, rest...))
		}
	}
	return out
}

func (p *polynomials) monomials(theta []float64) []float64 {
	out := make([]float64, len(p.power))
	for b, e := range p.power {
		out[b] = 1
		for k, n := range e {
			for range n {
				out[b] *= (theta[k] - p.mean[k]) / p.scale[k]
			}
		}
	}
	return out
}

// at returns all ψ_b(θ).
func (p *polynomials) at(theta []float64) []float64 {
	m := mat.NewVecDense(len(p.power), p.monomials(theta))
	var psi mat.VecDense
	if err := psi.SolveVec(p.triangle.T(), m); err != nil {
		panic("compare: the nodes of a Gauss rule are not apart: " + err.Error())
	}
	return psi.RawVector().Data[1:]
}

// tilted returns the weights of (1 + η ψ_b)ρ₀.
func (p *polynomials) tilted(a *pde.Atoms, b int, eta float64) []float64 {
	weight := make([]float64, a.N)
	theta := make([]float64, a.Dim)
	for i := range weight {
		for k := range theta {
			theta[k] = a.Theta[k*a.N+i]
		}
		weight[i] = a.Weight[i] * (1 + eta*p.at(theta)[b])
	}
	return weight
}

// means returns Σ_j weight_j ψ_b(θ_j) for every b.
func (p *polynomials) means(a *pde.Atoms) []float64 {
	mean := make([]float64, len(p.degree))
	theta := make([]float64, a.Dim)
	for j := range a.N {
		for k := range theta {
			theta[k] = a.Theta[k*a.N+j]
		}
		for b, v := range p.at(theta) {
			mean[b] += a.Weight[j] * v
		}
	}
	return mean
}
