package transport

import (
	"fmt"
	"math"

	"pdesolve/grid"
)

// entropic solves the entropic transport problem between weights a and b of mass one,
//
//	OT_ε = min_π Σ π_ij |x_i − y_j|² + ε KL(π | a⊗b)
//	     = max_{f,g} Σ a_i f_i + Σ b_j g_j,  f_i = −ε log Σ_j b_j exp((g_j − |x_i − y_j|²)/ε),
//
// with π_ij = a_i b_j exp((f_i + g_j − |x_i − y_j|²)/ε), by Sinkhorn's iteration for f
// and g in the log domain, ε falling in steps to its value [S19]; between points
// Newton's method ends it.
type entropic struct {
	kernel     softKernel
	a, b       []float64
	logA, logB []float64
	f, g       []float64
	next, p    []float64
	epsilon    float64
	count      int
	miss       float64 // Σ_i |Σ_j π_ij − a_i| of the plan; the other marginal is exact
}

func newEntropic(kernel softKernel, a, b []float64) *entropic {
	e := &entropic{kernel: kernel, a: a, b: b, logA: logs(a), logB: logs(b)}
	e.f, e.g = make([]float64, len(a)), make([]float64, len(b))
	e.next, e.p = make([]float64, max(len(a), len(b))), make([]float64, max(len(a), len(b)))
	return e
}

func logs(w []float64) []float64 {
	out := make([]float64, len(w))
	for i, v := range w {
		out[i] = math.Log(v) // −∞ for weight 0: such a point takes no part
	}
	return out
}

// update writes the smoothed transform of pot, with log weights, to dst.
func (e *entropic) update(dst, pot, logW []float64, back bool) {
	p := e.p[:len(pot)]
	for j, v := range pot {
		p[j] = v/e.epsilon + logW[j]
	}
	e.kernel.soft(dst, p, e.epsilon, back)
}

// sinkhornStart is the number of iterations at each ε above the wanted one.
const sinkhornStart = 6

// run iterates until the marginals are met to tolerance. After some plain iterations
// the steps are lengthened by a factor, as in successive over-relaxation: near the
// solution the iteration is that of Gauss and Seidel for a linear system.
func (e *entropic) run(epsilon, start, tolerance float64, limit int) error {
	for e.epsilon = max(start, epsilon); e.epsilon > epsilon; e.epsilon = max(e.epsilon/2, epsilon) {
		for range sinkhornStart {
			e.iterate(1)
		}
	}
	e.count = 0
	factor, most, best, quiet := 1.0, relaxationMost, math.Inf(1), 0
	for {
		if e.count == limit {
			return fmt.Errorf("%w: Sinkhorn at ε = %.3g: %d iterations; the marginals still miss %.2g of the mass: want %.2g; take a larger ε, a larger tolerance or w2", ErrNotConverged, epsilon, limit, e.miss, tolerance)
		}
		e.count++
		e.iterate(factor)
		if math.IsNaN(e.miss) {
			return fmt.Errorf("%w: Sinkhorn at ε = %.3g: iteration %d is not a number", ErrNotConverged, epsilon, e.count)
		}
		if e.miss <= tolerance && e.settle(tolerance) {
			return nil
		}
		if k, ok := e.kernel.(planKernel); ok && e.count == newtonWait && e.newton(k, tolerance, limit) {
			return nil
		}
		switch quiet++; {
		case e.miss < best:
			best, quiet = e.miss, 0
			if factor == 1 && e.count > relaxationWait/5 {
				factor = most
			}
		case quiet > relaxationWait && factor > 1:
			most = 1 + (most-1)*relaxationCut
			factor, quiet, best = 1, 0, e.miss
		}
	}
}

// The factor is one that did well on 1000 random points at ε = 1e-4 of the squared
// diagonal. The theory is for small steps: where relaxationWait iterations with a
// factor did not lower the least miss, plain ones follow, and from then on the part of
// the factor above 1 is cut.
// After newtonWait iterations Newton's method takes over where the kernel allows it; if
// it stops, iterations go on.
const (
	newtonWait     = 20
	relaxationWait = 50
	relaxationMost = 1.8
	relaxationCut  = 0.8
)

// iterate makes a step on f and then on g, each lengthened by the factor.
func (e *entropic) iterate(factor float64) {
	next := e.next[:len(e.f)]
	e.update(next, e.g, e.logB, false)
	e.measure(next)
	for i, v := range next {
		e.f[i] += factor * (v - e.f[i])
	}
	next = e.next[:len(e.g)]
	e.update(next, e.f, e.logA, true)
	for j, v := range next {
		e.g[j] += factor * (v - e.g[j])
	}
}

// settle makes a plain step, after which the plan's second marginal is exact, and
// reports whether the first one is within the tolerance.
func (e *entropic) settle(tolerance float64) bool {
	e.iterate(1)
	next := e.next[:len(e.f)]
	e.update(next, e.g, e.logB, false)
	e.measure(next)
	return e.miss <= tolerance
}

// measure sets miss from the potential that would be exact.
func (e *entropic) measure(next []float64) {
	e.miss = 0
	for i, v := range next {
		if e.a[i] > 0 {
			e.miss += e.a[i] * math.Abs(math.Expm1((e.f[i]-v)/e.epsilon))
		}
	}
}

// runSymmetric solves the problem of a measure with itself, whose potentials are equal,
// by the mean of f and its transform [FSV19]. Alternating steps would take very long
// where ε is small against the distances between points: the plan is then nearly
// the identity, which fixes f + g only.
func (e *entropic) runSymmetric(epsilon, start, tolerance float64, limit int) error {
	next := e.next[:len(e.f)]
	step := func() {
		e.update(next, e.f, e.logA, false)
		e.measure(next)
		for i, v := range next {
			e.f[i] += (v - e.f[i]) / 2
		}
	}
	for e.epsilon = max(start, epsilon); e.epsilon > epsilon; e.epsilon = max(e.epsilon/2, epsilon) {
		for range sinkhornStart {
			step()
		}
	}
	for e.count, e.miss = 0, math.Inf(1); e.miss > tolerance; e.count++ {
		if e.count == limit || math.IsNaN(e.miss) {
			return fmt.Errorf("%w: Sinkhorn of a measure with itself at ε = %.3g: %d iterations; the marginals still miss %.2g of the mass: want %.2g", ErrNotConverged, epsilon, e.count, e.miss, tolerance)
		}
		step()
	}
	copy(e.g, e.f)
	return nil
}

// dual returns Σ a f + Σ b g, which is OT_ε at the solution.
func (e *entropic) dual() float64 {
	return weighted(e.a, e.f) + weighted(e.b, e.g)
}

// weighted returns Σ w v over the positive weights.
func weighted(w, v []float64) float64 {
	var s grid.Compensated
	for i, x := range w {
		if x > 0 {
			s.Add(x * v[i])
		}
	}
	return s.Value()
}
