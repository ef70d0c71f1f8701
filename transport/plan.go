package transport

import "pdesolve/grid"

// Plan is a transport plan between two measures: entry k moves Mass[k] from point
// From[k] of the first to point To[k] of the second.
type Plan struct {
	From, To []int
	Mass     []float64 // above 0
}

// add appends an entry.
func (p *Plan) add(i, j int, mass float64) {
	p.From = append(p.From, i)
	p.To = append(p.To, j)
	p.Mass = append(p.Mass, mass)
}

// Marginals returns the masses that leave each of n points and arrive at each of
// m points.
func (p *Plan) Marginals(n, m int) (from, to []float64) {
	from, to = make([]float64, n), make([]float64, m)
	for k, w := range p.Mass {
		from[p.From[k]] += w
		to[p.To[k]] += w
	}
	return from, to
}

// Cost returns Σ_k Mass[k] c(x_{From[k]}, y_{To[k]}), by compensated summation.
func (p *Plan) Cost(c Cost, a, b *Measure) float64 {
	f := c.between(a, b)
	var s grid.Compensated
	for k, w := range p.Mass {
		s.Add(w * f(p.From[k], p.To[k]))
	}
	return s.Value()
}

// Interpolate returns the displacement interpolation of a plan between a and b,
//
//	Σ_k Mass[k] δ_{(1−t) x_{From[k]} + t y_{To[k]}},   0 ≤ t ≤ 1.
//
// For an optimal plan of the squared distance it is the point at t of a constant
// speed geodesic: W₂(μ_s, μ_t) = |t − s| W₂(a, b).
func (p *Plan) Interpolate(t float64, a, b *Measure) *Measure {
	m := &Measure{Dim: a.Dim, N: len(p.Mass)}
	m.Points = make([]float64, m.Dim*m.N)
	m.Weight = append([]float64(nil), p.Mass...)
	for d := range m.Dim {
		x, y, z := a.Coordinate(d), b.Coordinate(d), m.Coordinate(d)
		for k := range z {
			z[k] = (1-t)*x[p.From[k]] + t*y[p.To[k]]
		}
	}
	return m
}

// Project returns the barycentric projection of the plan: for each of the n points
// of the first measure the mean position that its mass is sent to, laid out as
// Measure.Points; a point that sends nothing stays where it is. For an optimal
// plan that splits no mass this is the transport map.
func (p *Plan) Project(a, b *Measure) []float64 {
	out := append([]float64(nil), a.Points...)
	from, _ := p.Marginals(a.N, b.N)
	for d := range a.Dim {
		z, y := out[d*a.N:(d+1)*a.N], b.Coordinate(d)
		for i, w := range from {
			if w > 0 {
				z[i] = 0
			}
		}
		for k, w := range p.Mass {
			z[p.From[k]] += w / from[p.From[k]] * y[p.To[k]]
		}
	}
	return out
}
