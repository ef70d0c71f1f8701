package transport

import (
	"math"

	"pdesolve/internal/sparse"
)

// planKernel is a softKernel that can list the entries of a plan that count.
type planKernel interface {
	softKernel
	// entries returns exp((f_i − |x_i − y_j|²)/ε + p_j) a_i where it is not below e⁻⁵⁰ of
	// the largest of its row, or nil if there are more than maxEntries.
	entries(f, a, p []float64, epsilon float64) *sparsePlan
}

// maxEntries bounds the memory of a sparse plan: 12 bytes an entry.
const maxEntries = 1 << 25

// sparsePlan has the entries of row i at start[i] up to start[i+1].
type sparsePlan struct {
	start  []int
	column []int32
	value  []float64
}

func (s *pointKernel) entries(f, a, p []float64, epsilon float64) *sparsePlan {
	v := s.sorted[:len(p)]
	for at, j := range s.orderB {
		v[at] = epsilon * p[j]
	}
	s.there.with(v)
	row, at := make([]float64, len(p)), make([]int32, len(p))
	out := &sparsePlan{start: make([]int, len(f)+1)}
	place := make([]int32, len(f)) // in the order of the points of a
	for k, i := range s.orderA {
		place[i] = int32(k)
	}
	for i, k := range place {
		least, count := s.there.near(row, at, int(k), epsilon)
		for l, z := range row[:count] {
			if (least-z)/epsilon > -softCut && a[i] > 0 {
				out.column = append(out.column, s.orderB[at[l]])
				out.value = append(out.value, a[i]*math.Exp((f[i]-z)/epsilon))
			}
		}
		out.start[i+1] = len(out.value)
		if len(out.value) > maxEntries {
			return nil
		}
	}
	return out
}

// newton maximises the dual as a function of f with g the transform of f,
//
//	Φ(f) = Σ a_i f_i + Σ b_j g_j(f),   ∇Φ = a − r,   ∇²Φ = −(diag r − π diag(1/b) πᵀ)/ε,
//
// r being the rows' sums of the plan π, whose columns are exact. The step solves with
// the entries of π that count, by conjugate gradients, goes no farther than newtonReach
// of ε in any f, and is halved until Φ increases; plain iterations come between. Where
// alternating steps need thousands of iterations, because mass hardly moves between
// parts of the plan, this takes some tens. It reports whether the tolerance is met.
func (e *entropic) newton(kernel planKernel, tolerance float64, limit int) bool {
	r := make([]float64, len(e.f))
	for e.count < limit {
		e.count++
		e.iterate(1)
		e.residual(r)
		if e.miss <= tolerance {
			return true
		}
		p := e.p[:len(e.g)]
		for j, v := range e.g {
			p[j] = v/e.epsilon + e.logB[j]
		}
		plan := kernel.entries(e.f, e.a, p, e.epsilon)
		if plan == nil || math.IsNaN(e.miss) {
			return false
		}
		for i := range r {
			r[i] = e.epsilon * (e.a[i] - r[i])
		}
		if !e.climb(newHessian(plan, len(e.g)).solve(r, min(0.1, 10*e.miss)), r) {
			return false
		}
	}
	return false
}

// newtonReach bounds a step: at e⁴ times the mass the quadratic model is not worth much.
const newtonReach = 4

// newtonInner bounds the iterations of one step's solve.
const newtonInner = 2000

// climb moves f by the step, shortened until the dual increases by a part of what its
// slope promises, or the marginals miss half as much. slope is ε∇Φ.
func (e *entropic) climb(step, slope []float64) bool {
	longest, rise := 0.0, 0.0
	for i, v := range step {
		longest = max(longest, math.Abs(v))
		rise += v * slope[i] / e.epsilon
	}
	t := min(1, newtonReach*e.epsilon/longest)
	old, value, miss := append([]float64(nil), e.f...), e.dual(), e.miss
	r := make([]float64, len(e.f))
	for range 30 {
		for i, v := range old {
			e.f[i] = v + t*step[i]
		}
		e.update(e.g, e.f, e.logA, true)
		e.residual(r)
		if e.dual() >= value+1e-4*t*rise || e.miss <= miss/2 {
			return true
		}
		t /= 2
	}
	copy(e.f, old)
	e.update(e.g, e.f, e.logA, true)
	return false
}

// residual writes the rows' sums of the plan to r and sets miss.
func (e *entropic) residual(r []float64) {
	next := e.next[:len(e.f)]
	e.update(next, e.g, e.logB, false)
	e.measure(next)
	for i, v := range next {
		r[i] = 0
		if e.a[i] > 0 {
			r[i] = e.a[i] * math.Exp((e.f[i]-v)/e.epsilon)
		}
	}
}

// hessian is diag r − π diag(1/b) πᵀ with r and b the sums of the rows and columns of the
// plan; it has the kernel of constants, and r is therefore raised by a little.
type hessian struct {
	*sparsePlan
	rowSum, columnSum, y []float64
}

func newHessian(p *sparsePlan, columns int) *hessian {
	h := &hessian{p, make([]float64, len(p.start)-1), make([]float64, columns), make([]float64, columns)}
	for i := range h.rowSum {
		for k := p.start[i]; k < p.start[i+1]; k++ {
			h.rowSum[i] += p.value[k]
			h.columnSum[p.column[k]] += p.value[k]
		}
		h.rowSum[i] *= 1 + 1e-9
	}
	return h
}

// Len, Mul, Factor and Apply make it a sparse.Operator and its own preconditioner, which
// divides by r. Rows without entries are left out: there all vectors are 0.
func (h *hessian) Len() int { return len(h.rowSum) }

func (h *hessian) Mul(dst, x []float64) {
	clear(h.y)
	for i, v := range x {
		for k := h.start[i]; k < h.start[i+1]; k++ {
			h.y[h.column[k]] += h.value[k] * v
		}
	}
	for j, w := range h.columnSum {
		if w > 0 {
			h.y[j] /= w
		}
	}
	for i, v := range x {
		s := h.rowSum[i] * v
		for k := h.start[i]; k < h.start[i+1]; k++ {
			s -= h.value[k] * h.y[h.column[k]]
		}
		dst[i] = s
	}
}

func (h *hessian) Factor() error { return nil }

func (h *hessian) Apply(z, r []float64) {
	for i, w := range h.rowSum {
		z[i] = 0
		if w > 0 {
			z[i] = r[i] / w
		}
	}
}

// solve returns the solution to the relative tolerance, or the best found: the caller's
// line search judges it.
func (h *hessian) solve(rhs []float64, tolerance float64) []float64 {
	x := make([]float64, len(rhs))
	_, _ = sparse.NewPCG(h, h, &sparse.Settings{Tolerance: tolerance, MaxIterations: newtonInner}).Solve(x, rhs)
	return x
}
