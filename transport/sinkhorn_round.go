package transport

import (
	"math"

	"pdesolve/grid"
)

// rounded returns the cost of a feasible plan near π: rows and columns of π that are
// too heavy are scaled down, and what is missing then is spread independently (the
// rounding of [AWR17]). The optimal plan costs no more: it bounds W₂² from above,
// whatever the iteration did.
func (e *entropic) rounded() float64 {
	f, g := append([]float64(nil), e.f...), append([]float64(nil), e.g...)
	e.shrink(f, e.a, g, e.logB, false)
	e.shrink(g, e.b, f, e.logA, true)
	missA, missB := make([]float64, len(f)), make([]float64, len(g))
	e.missing(missA, f, e.a, g, e.logB, false)
	e.missing(missB, g, e.b, f, e.logA, true)
	rest := max(total(missA), total(missB))
	// The marginals of the plan are a and b: only Σ π x·y depends on the rest. Positions
	// are counted from the lowest, so that all products are of one sign.
	cost := 0.0
	for k := range e.kernel.dim() {
		x, y := e.kernel.coordinate(k, false), e.kernel.coordinate(k, true)
		low := min(lowest(x), lowest(y))
		x, y = moved(x, -low), moved(y, -low)
		cost += secondMoment(e.a, x) + secondMoment(e.b, y) - 2*e.product(f, g, x, y)
		if rest > 0 {
			cost -= 2 * weighted(missA, x) * weighted(missB, y) / rest
		}
	}
	return max(0, cost)
}

// shrink lowers f where the plan of f and g has more than the weight.
func (e *entropic) shrink(f, weight, g, logW []float64, back bool) {
	next := e.next[:len(f)]
	e.update(next, g, logW, back)
	for i, v := range next {
		if weight[i] > 0 {
			f[i] = min(f[i], v)
		}
	}
}

// missing writes what the plan of f and g lacks to have the weight as its marginal.
func (e *entropic) missing(dst, f, weight, g, logW []float64, back bool) {
	next := e.next[:len(f)]
	e.update(next, g, logW, back)
	for i, v := range next {
		if weight[i] > 0 {
			dst[i] = max(0, -weight[i]*math.Expm1((f[i]-v)/e.epsilon))
		}
	}
}

// product returns Σ π x y for the plan of f and g and x, y ≥ 0: with log y added to the
// log weights the smoothed transform sums it.
func (e *entropic) product(f, g, x, y []float64) float64 {
	logs := make([]float64, len(g))
	for j, v := range y {
		logs[j] = e.logB[j] + math.Log(v)
	}
	next := e.next[:len(f)]
	e.update(next, g, logs, false)
	var s grid.Compensated
	for i, v := range next {
		if e.a[i] > 0 && !math.IsInf(v, 1) {
			s.Add(e.a[i] * x[i] * math.Exp((f[i]-v)/e.epsilon))
		}
	}
	return s.Value()
}

func total(w []float64) float64 {
	var s grid.Compensated
	for _, v := range w {
		s.Add(v)
	}
	return s.Value()
}

func secondMoment(w, x []float64) float64 {
	var s grid.Compensated
	for i, v := range x {
		s.Add(w[i] * v * v)
	}
	return s.Value()
}

func moved(x []float64, by float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v + by
	}
	return out
}

func lowest(x []float64) float64 {
	low := math.Inf(1)
	for _, v := range x {
		low = min(low, v)
	}
	return low
}
