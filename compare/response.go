package compare

import (
	"context"
	"fmt"
	"math"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"pdesolve/finite"
	"pdesolve/grid"
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

// Limits of the response.
const (
	responseDegree = 3
	// responseNodes is the Gauss nodes on an axis: exact for products of two ψ_b.
	responseNodes = responseDegree + 1
	// responseStep is the size of a perturbation: difference quotients are off by a
	// term of this relative order.
	responseStep = 1e-3
)

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

// response is the first derivative of what training makes of a start: of the curve X of
// risk, objective and outputs over the saved times by the law ρ_c of every layer and block,
//
//	DX[ρ]·σ = Σ_c ∫ ℓ_c dσ_c,    ℓ_c ≈ Σ_b α_cb ψ_b
//
// up to constants, with ψ_b the polynomials of the block. α_cb is the derivative of the curve
// by η when component c starts from (1 + η ψ_b)ρ₀, and so it is computed: of the mean
// field, by the method of characteristics.
type response struct {
	basis []*polynomials // of each block
	alpha [][]*Reference // of each component c = i·L + k and each ψ_b
	depth int
}

// respond computes the response of the mean field at the model's depth.
func (s *Study) respond(ctx context.Context) (*response, error) {
	m := s.Model
	start, err := finite.Nodes(&m, grid.Gauss, responseNodes)
	if err != nil {
		return nil, err
	}
	r := &response{depth: m.Depth, alpha: make([][]*Reference, len(start.Component))}
	for i := range m.Blocks {
		a := &start.Component[i*m.Depth]
		r.basis = append(r.basis, newPolynomials(a.Theta, a.Weight))
	}
	simulate := func(e *pde.Ensemble) (*Reference, error) {
		t, err := finite.Simulate(ctx, &m, e, s.Times, &finite.Gradient{RTol: fineTolerance, ATol: fineTolerance}, &finite.Options{EndsOnly: true})
		return curve(t), err
	}
	base, err := simulate(start)
	if err != nil {
		return nil, err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(s.workers())
	for c := range start.Component {
		basis := r.basis[c/m.Depth]
		r.alpha[c] = make([]*Reference, len(basis.degree))
		for b := range basis.degree {
			g.Go(func() error {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				e := start.Clone()
				e.Component[c].Weight = basis.tilted(&start.Component[c], b)
				x, err := simulate(e)
				if err != nil {
					return fmt.Errorf("response of component %d: %w", c, err)
				}
				r.alpha[c][b] = combine([]float64{1 / responseStep, -1 / responseStep}, x, base)
				return nil
			})
		}
	}
	return r, g.Wait()
}

// tilted returns the weights of (1 + η ψ_b)ρ₀.
func (p *polynomials) tilted(a *pde.Atoms, b int) []float64 {
	weight := make([]float64, a.N)
	theta := make([]float64, a.Dim)
	for i := range weight {
		for k := range theta {
			theta[k] = a.Theta[k*a.N+i]
		}
		weight[i] = a.Weight[i] * (1 + responseStep*p.at(theta)[b])
	}
	return weight
}

// of returns Σ_c Σ_b factor(c, b) α_cb over the ψ_b of total degree ≤ degree.
func (r *response) of(degree int, factor func(c, b int) float64) *Reference {
	var weight []float64
	var curves []*Reference
	for c, alpha := range r.alpha {
		for b, a := range alpha {
			if r.basis[c/r.depth].degree[b] <= degree {
				weight, curves = append(weight, factor(c, b)), append(curves, a)
			}
		}
	}
	return combine(weight, curves...)
}

// linear returns the response to the start e of a network: the part of its distance from
// the mean field that is linear in the empirical law.
func (r *response) linear(e *pde.Ensemble) *Reference {
	mean := make([][]float64, len(e.Component))
	for c := range e.Component {
		a := &e.Component[c]
		basis := r.basis[c/r.depth]
		mean[c] = make([]float64, len(basis.degree))
		theta := make([]float64, a.Dim)
		for j := range a.N {
			for k := range theta {
				theta[k] = a.Theta[k*a.N+j]
			}
			for b, v := range basis.at(theta) {
				mean[c][b] += a.Weight[j] * v
			}
		}
	}
	return r.of(responseDegree, func(c, b int) float64 { return mean[c][b] })
}
