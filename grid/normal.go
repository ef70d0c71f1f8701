package grid

import (
	"math"
	"sync"
)

// normalNodes is the Gauss–Legendre rule of normalMass.
var normalNodes = sync.OnceValue(func() [2][]float64 {
	x, w := legendre(10)
	return [2][]float64{x, w}
})

// normalMass returns the mass of the standard normal law in [a, b].
//
// Narrow intervals are integrated by ten Gauss–Legendre points, all of whose terms
// are positive, because the difference of two distribution functions loses as
// many digits as the interval is narrow; on (b − a)(1 + |m|) ≤ 1, m the midpoint,
// the integrand changes by a factor below 2 and the rule is exact to rounding.
// Wide ones are differences of erfc, taken on the side where erfc is small.
func normalMass(a, b float64) float64 {
	if !(a < b) {
		return 0
	}
	m, half := (a+b)/2, (b-a)/2
	if half*(1+math.Abs(m)) <= 0.5 {
		rule := normalNodes()
		var sum float64
		for i, x := range rule[0] {
			z := m + half*x
			sum += rule[1][i] * math.Exp(-z*z/2)
		}
		return half * sum / math.Sqrt(2*math.Pi)
	}
	return tailMass(normalTail(a), normalTail(b), a, b)
}

// normalTail returns the mass of the standard normal law beyond z on the side of
// z: below a negative z, above a positive one.
func normalTail(z float64) float64 { return math.Erfc(math.Abs(z)/math.Sqrt2) / 2 }

// tailMass returns the mass in [a, b] from the tails at a and b.
func tailMass(tailA, tailB, a, b float64) float64 {
	switch {
	case a >= 0:
		return max(tailA-tailB, 0)
	case b <= 0:
		return max(tailB-tailA, 0)
	default:
		return 1 - tailA - tailB
	}
}

// condition is the rule that integrates a normal density across one cell of one
// axis: parts equal parts with a Gauss–Legendre rule in each.
//
// The remainder of g points on an interval of width h is
// h^{2g+1}(g!)⁴/((2g+1)((2g)!)³) max|f⁽²ᵍ⁾|, and a normal density whose conditional
// standard deviation on that axis is s has |f⁽²ᵍ⁾| ≤ 1.09 √((2g)!) s^{−2g} max f
// (Cramér's bound on Hermite functions). The relative error to the largest average is
// below 1.09 (h/s)^{2g} (g!)⁴ (2g)!^{−5/2}/(2g+1) (derived). The smallest g with a
// bound under 1e-14 is taken; cells wider than 2s are cut first.
func condition(h, s float64) (r cellRule) {
	parts := max(1, int(math.Ceil(h/(2*s))))
	ratio := h / s / float64(parts)
	g, bound := 1, 1.09*ratio*ratio/math.Pow(2, 2.5)
	for bound > 1e-14*float64(2*g+1) && g < 32 {
		g++
		even := float64(2*g) * float64(2*g-1)
		bound *= ratio * ratio * math.Pow(float64(g), 4) / math.Pow(even, 2.5)
	}
	x, w := legendre(g)
	for p := range parts {
		for i := range x {
			r.offset = append(r.offset, h*(float64(p)+(1+x[i])/2)/float64(parts))
			r.weight = append(r.weight, h*w[i]/float64(2*parts))
		}
	}
	return r
}

// cellRule is a quadrature rule on a cell, from its lower edge.
type cellRule struct{ offset, weight []float64 }

// conditions returns the rule of the cells of an axis, or one for each if it is graded.
func conditions(a Axis, s float64) []cellRule {
	if a.Grading == nil {
		return []cellRule{condition(a.H(), s)}
	}
	var all []cellRule
	for _, h := range a.Widths() {
		all = append(all, condition(h, s))
	}
	return all
}

// correlated fills a density with the cell averages of a normal law, axis after
// axis: at each node of the axes before k it knows the conditional law of
// coordinate k.
type correlated struct {
	dst        *Density
	mean       []float64
	l          [][]float64
	rule       [][]cellRule // per axis but the last: of all cells alike, or of each cell
	z          []float64    // standard coordinates of the node
	tail, edge []float64    // at the edges of the last axis
}

// fillCorrelated writes the cell averages of the normal law with the given mean
// and Cholesky factor to dst.
func fillCorrelated(dst *Density, mean []float64, l [][]float64) {
	g := dst.Grid
	d := g.Dim()
	c := &correlated{dst: dst, mean: mean, l: l, z: make([]float64, d)}
	for k := range d - 1 {
		c.rule = append(c.rule, conditions(g.axes[k], conditionalDeviation(l, k)))
	}
	c.tail, c.edge = make([]float64, g.axes[d-1].N+1), make([]float64, g.axes[d-1].N+1)
	clear(dst.Values)
	c.fill(0, 0, 1/g.MeanVolume())
	dst.divide(g.Jacobian())
	normalise(dst)
}

// conditionalDeviation returns the standard deviation of coordinate k given all
// others: (Σ⁻¹)_kk^{−1/2}, with Σ⁻¹ = L⁻ᵀL⁻¹ from the column L⁻¹e_k.
func conditionalDeviation(l [][]float64, k int) float64 {
	d := len(l)
	v := make([]float64, d)
	var sum float64
	for i := k; i < d; i++ {
		s := 0.0
		if i == k {
			s = 1
		}
		for j := k; j < i; j++ {
			s -= l[i][j] * v[j]
		}
		v[i] = s / l[i][i]
		sum += v[i] * v[i]
	}
	return 1 / math.Sqrt(sum)
}

// fill adds weight times the masses of the cells whose first k indices make the
// offset base, at the node z_0 … z_{k−1}.
func (c *correlated) fill(k, base int, weight float64) {
	a := c.dst.Grid.axes[k]
	center := c.mean[k]
	for j := range k {
		center += c.l[k][j] * c.z[j]
	}
	σ := c.l[k][k]
	if k == len(c.mean)-1 {
		for i := range c.edge {
			c.edge[i] = (a.Edge(i) - center) / σ
			c.tail[i] = normalTail(c.edge[i])
		}
		row := c.dst.Values[base : base+a.N]
		for i := range row {
			row[i] += weight * tailMass(c.tail[i], c.tail[i+1], c.edge[i], c.edge[i+1])
		}
		return
	}
	for i := range a.N {
		edge := a.Edge(i)
		rule := c.rule[k][min(i, len(c.rule[k])-1)]
		for q, x := range rule.offset {
			z := (edge + x - center) / σ
			density := math.Exp(-z*z/2) / (σ * math.Sqrt(2*math.Pi))
			if density == 0 {
				continue
			}
			c.z[k] = z
			c.fill(k+1, base+i*c.dst.Grid.stride[k], weight*density*rule.weight[q])
		}
	}
}
