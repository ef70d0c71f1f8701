package transport

import (
	"fmt"
	"math"

	"pdesolve/grid"
)

// EntropicBarycenter finds barycenters of densities on a grid with entropic transport,
//
//	argmin_ρ Σ_m λ_m OT_ε(μ_m, ρ) / Σ_m λ_m,
//
// by iterated Bregman projections [BCC15] in the log domain with the separable kernel.
// The entropy blurs the minimiser: with the entropy of the plan relative to cells, by a
// Gaussian of variance ε/2. Debiased puts S_ε, the divergence, in place of OT_ε, which
// undoes the blur [JCG20]: the barycenter of equal densities is the density.
type EntropicBarycenter struct {
	Epsilon    float64 // in units of the squared diagonal of the grid; default 1e-3
	Tolerance  float64 // Σ |marginal − μ_m| of the worst plan, as a fraction of the mass; default 1e-6
	Iterations int     // limit; default 5000
	Debiased   bool
}

// Validate reports settings that are not numbers of 0 or more.
func (e *EntropicBarycenter) Validate() error {
	s := Sinkhorn{e.Epsilon, e.Tolerance, e.Iterations}
	return s.Validate()
}

// Densities returns the barycenter with weights lambda, at least 0 and not all 0. The
// densities must be on one grid of equal cells and have equal masses. It fails with
// ErrNotConverged, and no density, where the marginals are not met.
func (e *EntropicBarycenter) Densities(lambda []float64, densities ...*grid.Density) (*grid.Density, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	norm, err := checkWeights(lambda, len(densities))
	if err != nil {
		return nil, err
	}
	mass := 0.0
	for m, d := range densities {
		if mass, err = checkDensities(densities[0], d); err != nil {
			return nil, fmt.Errorf("density %d: %w", m, err)
		}
		if !sameCells(densities[0].Grid, d.Grid) {
			return nil, fmt.Errorf("transport: barycenter: density %d is on another grid, or on one of unequal cells: want one grid of equal cells", m)
		}
	}
	s := Sinkhorn{e.Epsilon, e.Tolerance, e.Iterations}.orDefault()
	if e.Iterations == 0 {
		s.Iterations = 5000
	}
	g := densities[0].Grid
	w := newBregman(g, s.Epsilon*diagonal(g))
	for m, d := range densities {
		w.add(lambda[m]/norm, fractions(d))
	}
	if err := w.run(s.Tolerance, s.Iterations, e.Debiased); err != nil {
		return nil, err
	}
	out := grid.NewDensity(g)
	for i, v := range w.log {
		out.Values[i] = math.Exp(v)
	}
	out.Scale(mass / out.Mass())
	return out, nil
}

// checkWeights returns the sum of the weights of n measures.
func checkWeights(lambda []float64, n int) (norm float64, err error) {
	if n == 0 || len(lambda) != n {
		return 0, fmt.Errorf("transport: barycenter of %d measures with %d weights: want as many, and at least one", n, len(lambda))
	}
	for m, v := range lambda {
		if !(v >= 0) || math.IsInf(v, 0) {
			return 0, fmt.Errorf("transport: barycenter: weight %d is %v: want a number of 0 or more", m, v)
		}
		norm += v
	}
	if !(norm > 0) || math.IsInf(norm, 0) {
		return 0, fmt.Errorf("transport: barycenter: the weights add up to %v: want a number above 0", norm)
	}
	return norm, nil
}

// bregman is the workspace: logarithms of the scalings u_m, v_m of the plans
// diag(u_m) K diag(v_m), of the density and, if it is debiased, of d.
type bregman struct {
	grid      *grid.Grid
	epsilon   float64
	lambda    []float64
	mu        [][]float64
	u, v, kv  [][]float64 // kv = log K v
	ku        [][]float64
	log, d, t []float64
}

func newBregman(g *grid.Grid, epsilon float64) *bregman {
	n := g.Len()
	return &bregman{grid: g, epsilon: epsilon, log: make([]float64, n), d: make([]float64, n), t: make([]float64, n)}
}

func (w *bregman) add(lambda float64, mu []float64) {
	if lambda == 0 {
		return
	}
	w.lambda, w.mu = append(w.lambda, lambda), append(w.mu, mu)
	for _, list := range []*[][]float64{&w.u, &w.v, &w.kv, &w.ku} {
		*list = append(*list, make([]float64, len(mu)))
	}
}

func (w *bregman) convolve(dst, p []float64) { LogGauss(dst, p, w.grid, w.epsilon) }

// run projects in turn on the plans with the marginals μ_m and on those that share the
// other one.
func (w *bregman) run(tolerance float64, limit int, debiased bool) error {
	miss, moved := math.Inf(1), 0.0 // moved: by the last step of d, weighted by the density
	for range limit {
		miss = moved
		for m, mu := range w.mu {
			w.convolve(w.kv[m], w.v[m])
			off := 0.0
			for i, x := range mu {
				off += math.Abs(math.Exp(w.u[m][i]+w.kv[m][i]) - x)
				w.u[m][i] = math.Log(x) - w.kv[m][i]
			}
			miss = max(miss, off)
			w.convolve(w.ku[m], w.u[m])
		}
		if miss <= tolerance {
			return nil
		}
		copy(w.log, w.d)
		for m, lambda := range w.lambda {
			for i, x := range w.ku[m] {
				w.log[i] += lambda * x
			}
		}
		for m := range w.mu {
			for i, x := range w.ku[m] {
				w.v[m][i] = w.log[i] - x
			}
		}
		if debiased { // d ← (d ρ / K d)^{1/2}
			w.convolve(w.t, w.d)
			moved = 0
			for i, x := range w.t {
				if step := (w.log[i] - x - w.d[i]) / 2; !math.IsInf(w.log[i], -1) {
					w.d[i] += step
					moved += math.Exp(w.log[i]) * math.Abs(step)
				}
			}
		}
	}
	return fmt.Errorf("%w: barycenter at ε = %.3g: %d iterations; the marginals still miss %.2g of the mass: want %.2g", ErrNotConverged, w.epsilon, limit, miss, tolerance)
}
