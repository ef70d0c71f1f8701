package compare

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// response is the first derivative of what training makes of a start: of the curve X of
// risk, objective and outputs over the saved times by the law ρ_ik of every block i and
// layer k,
//
//	DX[ρ]·σ = Σ_i Σ_k ∫ ℓ_ik dσ_ik,    ℓ_ik ≈ Σ_j Σ_b α_ijb p_j(k) ψ_b
//
// up to constants, with ψ_b the polynomials of the block in its parameters and p_j those of
// degree j in the number k of the layer, orthonormal over the layers: ℓ is smooth in depth
// as in the parameters, so that the number of terms does not grow with L. α_ijb is the
// derivative of the curve by η when the layers of block i start from (1 + η p_j(k) ψ_b)ρ₀,
// and so it is computed: of the mean field, by the method of characteristics.
type response struct {
	layers [][]float64      // p_j(k)
	basis  []*polynomials   // of each block
	alpha  [][][]*Reference // of each block, p_j and ψ_b
}

// Limits of the response.
const (
	responseDegree = 3 // of ψ_b
	responseLayers = 3 // of p_j
	// responseNodes is the Gauss nodes on an axis: exact for products of two ψ_b.
	responseNodes = responseDegree + 1
	// responseStep is the size of a perturbation: difference quotients are off by a
	// term of this relative order.
	responseStep = 1e-3
	// gaussianDraws is the number of Gaussian curves; the error of C is 1 % with them.
	gaussianDraws = 4000
)

// layerPolynomials returns polynomials of degree 0 to responseLayers in the number of a
// layer, or of all degrees that so few layers tell apart, orthonormal over the layers.
func layerPolynomials(depth int) [][]float64 {
	n := min(depth, responseLayers+1)
	a := mat.NewDense(depth, n, nil)
	for k := range depth {
		for j := range n {
			a.Set(k, j, math.Pow((float64(k)+0.5)/float64(depth)-0.5, float64(j)))
		}
	}
	var qr mat.QR
	qr.Factorize(a)
	var q mat.Dense
	qr.QTo(&q)
	out := make([][]float64, n)
	for j := range out {
		out[j] = mat.Col(nil, j, &q)
	}
	return out
}

// responsePlan is a response before its runs are made.
type responsePlan struct {
	response
	plain *task
	runs  [][][]*task // of each block, p_j and ψ_b
}

// responds reports whether the model's laws have the tensor rules that a response needs.
func responds(m *transformer.Model) error {
	for i, b := range m.Blocks {
		if n := len(m.Parameters(i)); n > grid.MaxDim {
			return fmt.Errorf("blocks of at most %d parameters, not %s of %d: its initial law has no tensor rule of a useful number of nodes", grid.MaxDim, b.Block.Name(), n)
		}
	}
	_, err := finite.Nodes(m, grid.Gauss, responseNodes)
	return err
}

// response adds the runs of the response of the mean field of the given depth.
func (p *plan) response(depth int) *responsePlan {
	m := p.model(depth)
	start, err := finite.Nodes(&m, grid.Gauss, responseNodes)
	if err != nil {
		panic("compare: " + err.Error()) // responds has refused the model
	}
	r := &responsePlan{response: response{layers: layerPolynomials(depth)}, plain: p.perturbed(m, "", nil)}
	for i := range m.Blocks {
		a := &start.Component[i*depth]
		basis := newPolynomials(a.Theta, a.Weight)
		r.basis = append(r.basis, basis)
		runs := make([][]*task, len(r.layers))
		for j, layer := range r.layers {
			for b := range basis.degree {
				runs[j] = append(runs[j], p.perturbed(m, fmt.Sprintf("-block%d-layers%d-term%d", i+1, j, b+1), func(e *pde.Ensemble) {
					for k, v := range layer {
						a := &e.Component[i*depth+k]
						a.Weight = basis.tilted(a, b, responseStep*v)
					}
				}))
			}
		}
		r.runs = append(r.runs, runs)
	}
	return r
}

// perturbed adds the run of the nodes of a quadrature of ρ₀ whose weights tilt, if not nil,
// has changed; the suffix says how.
func (p *plan) perturbed(m transformer.Model, suffix string, tilt func(*pde.Ensemble)) *task {
	run := Run{ID: fmt.Sprintf("response-L%d%s", m.Depth, suffix), Kind: Response, Scheme: "characteristics", Depth: m.Depth, Continuous: m.Continuous,
		Nodes: mostNodes(&m, finite.Characteristics{Nodes: responseNodes}), Sources: []Source{FromQuadrature, FromDepth}}
	inputs := []any{m, p.study.Times, responseDegree, responseLayers, responseStep, fineTolerance}
	return p.add(&task{run: run, cost: p.costAtoms(m, run.Nodes), inputs: inputs, do: func(ctx context.Context, o *finite.Options) (*Run, error) {
		e, err := finite.Nodes(&m, grid.Gauss, responseNodes)
		if err != nil {
			return nil, err
		}
		if tilt != nil {
			tilt(e)
		}
		r := run
		r.Trajectory, err = finite.Simulate(ctx, &m, e, p.study.Times, &finite.Gradient{RTol: fineTolerance, ATol: fineTolerance}, o)
		return &r, err
	}})
}

// get returns the response once its runs are done.
func (r *responsePlan) get() *response {
	if r.alpha != nil {
		return &r.response
	}
	plain := curve(r.plain.result.Trajectory)
	for _, block := range r.runs {
		alpha := make([][]*Reference, len(block))
		for j, terms := range block {
			for _, t := range terms {
				alpha[j] = append(alpha[j], combine([]float64{1 / responseStep, -1 / responseStep}, curve(t.result.Trajectory), plain))
			}
		}
		r.alpha = append(r.alpha, alpha)
	}
	return &r.response
}

// of returns Σ_i Σ_j Σ_b factor(i, j, b) α_ijb.
func (r *response) of(factor func(i, j, b int) float64) *Reference {
	var weight []float64
	var curves []*Reference
	for i, block := range r.alpha {
		for j, terms := range block {
			for b, a := range terms {
				weight, curves = append(weight, factor(i, j, b)), append(curves, a)
			}
		}
	}
	return combine(weight, curves...)
}

// linear returns the response to the start e of a network: the part of its distance from
// the mean field that is linear in the empirical law.
func (r *response) linear(e *pde.Ensemble) *Reference {
	depth := len(r.layers[0])
	mean := make([][]float64, len(r.basis)*depth) // of ψ_b in each component
	for c := range mean {
		mean[c] = r.basis[c/depth].means(&e.Component[c])
	}
	return r.of(func(i, j, b int) float64 {
		sum := 0.0
		for k, v := range r.layers[j] {
			sum += v * mean[i*depth+k][b]
		}
		return sum
	})
}

// truncation says up to which degrees terms of a response are kept.
type truncation struct{ degree, layers int }

// gaussian returns the mean square sizes, in all quantities, of the Gaussian curve
//
//	sqrt(L) Σ_i Σ_j Σ_b α_ijb ξ_ijb,    ξ_ijb independent and standard normal,
//
// over the terms that each truncation keeps, the ξ being the same for all.
func (r *response) gaussian(kept ...truncation) []map[Quantity]float64 {
	rng := rand.New(rand.NewPCG(1, 0x6761757373)) // any fixed second word
	root := math.Sqrt(float64(len(r.layers[0])))
	out := make([]map[Quantity]float64, len(kept))
	for n := range out {
		out[n] = map[Quantity]float64{}
	}
	for range gaussianDraws {
		xi := r.normals(rng)
		for n, k := range kept {
			x := r.of(func(i, j, b int) float64 {
				if j > k.layers || r.basis[i].degree[b] > k.degree {
					return 0
				}
				return root * xi[i][j][b]
			})
			for _, q := range Quantities {
				d := x.size(q)
				out[n][q] += d * d / gaussianDraws
			}
		}
	}
	return out
}

// normals returns a standard normal number for every term.
func (r *response) normals(rng *rand.Rand) [][][]float64 {
	out := make([][][]float64, len(r.alpha))
	for i, block := range r.alpha {
		out[i] = make([][]float64, len(block))
		for j, terms := range block {
			for range terms {
				out[i][j] = append(out[i][j], rng.NormFloat64())
			}
		}
	}
	return out
}
