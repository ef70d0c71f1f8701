package pde

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"pdesolve/grid"
)

// saddle is the saddle point problem of Proximal on one grid, in units in which densities
// and momenta are about 1: ρ = R r and m = R c w with R the largest value of ρⁿ and
// c² = P a typical τΨ. Times K/(R P) the objective is
//
//	Σ_k Σ_f w_f²/(2 r_f) + (Kτ/P) Σ_i (U(R r_i) + V R r_i)/R,    r^k − r^{k−1} + (c/K) ∇·w^k = 0.
type saddle struct {
	grid   *grid.Grid
	layers int // K
	tau    float64
	unit   float64 // R
	speed  float64 // c
	// u are r^1 … r^K and w of each axis for every layer, v their extrapolation.
	u, v         curve
	all          [2]curve  // their memory
	first        []float64 // r⁰
	a, b         [][]float64
	end1         []float64 // dual variable of r^K
	mean, side   []float64
	project      *projection
	inverse      *inverter
	parts        Parts
	local, scale []float64
}

// curve is a primal point: density r[k] on cells and w[k·d + axis] on the faces between a
// cell and the next.
type curve struct{ r, w [][]float64 }

func newCurve(layers, d, n int) curve {
	p := curve{}
	for range layers {
		p.r = append(p.r, make([]float64, n))
		for range d {
			p.w = append(p.w, make([]float64, n))
		}
	}
	return p
}

func newSaddle(g *grid.Grid, layers int) *saddle {
	n, d := g.Len(), g.Dim()
	s := &saddle{grid: g, all: [2]curve{newCurve(layers, d, n), newCurve(layers, d, n)}}
	for range layers * d {
		s.a, s.b = append(s.a, make([]float64, n)), append(s.b, make([]float64, n))
	}
	for _, x := range []*[]float64{&s.first, &s.end1, &s.mean, &s.side, &s.local, &s.scale} {
		*x = make([]float64, n)
	}
	return s
}

// begin sets the units and the start with the given layers: ρⁿ at all times, no momentum.
func (s *saddle) begin(rhoN, psi []float64, tau float64, layers int) {
	top := maxOf(rhoN)
	potential := tau * spread(psi, rhoN, massFloor*top)
	across, cell := 0.0, math.Inf(1)
	for k := range s.grid.Dim() {
		a := s.grid.Axis(k)
		across += (a.Hi - a.Lo) * (a.Hi - a.Lo)
		cell = min(cell, a.H()*a.H())
	}
	s.tau, s.unit = tau, top
	s.speed = math.Sqrt(min(max(potential, cell), across))
	for i, v := range rhoN {
		s.first[i] = v / top
	}
	s.divide(layers)
	for k := range s.layers {
		copy(s.u.r[k], s.first)
	}
	for i := range s.u.w {
		clear(s.u.w[i])
		clear(s.a[i])
		clear(s.b[i])
	}
	clear(s.end1)
}

// divide sets the number of layers.
func (s *saddle) divide(layers int) {
	d := s.grid.Dim()
	s.layers = layers
	s.u = curve{s.all[0].r[:layers], s.all[0].w[:layers*d]}
	s.v = curve{s.all[1].r[:layers], s.all[1].w[:layers*d]}
	s.project = newProjection(s.grid, layers, s.speed)
}

// refine doubles the number of layers: densities are interpolated, the others hold over
// either half, but for the dual variable of r^K, which is in proportion to K.
func (s *saddle) refine() {
	d, layers := s.grid.Dim(), s.layers
	s.divide(2 * layers)
	for k := layers - 1; k >= 0; k-- {
		before := s.first
		if k > 0 {
			before = s.u.r[k-1]
		}
		copy(s.u.r[2*k+1], s.u.r[k])
		for i, v := range s.u.r[k] {
			s.u.r[2*k][i] = (before[i] + v) / 2
		}
		for axis := range d {
			for _, x := range [][][]float64{s.u.w, s.a, s.b} {
				copy(x[(2*k+1)*d+axis], x[k*d+axis])
				copy(x[2*k*d+axis], x[k*d+axis])
			}
		}
	}
	floats.Scale(2, s.end1)
}

// end writes the density at the last time to rho: its positive part, with the mass of ρⁿ.
func (s *saddle) end(rho, rhoN []float64) {
	for i, v := range s.u.r[s.layers-1] {
		rho[i] = max(v*s.unit, 0)
	}
	scale := grid.Sum(rhoN) / grid.Sum(rho)
	for i := range rho {
		rho[i] *= scale
	}
}

// primalShare is the primal step over the mean step. Of 0.03, 0.1, 0.3, 1, 3, 10 and 30 the
// values 0.1 and 0.3 needed fewest iterations on heat, porous medium, a contraction and
// Ornstein-Uhlenbeck steps, by factors of 3 to 10 less than 1.
const primalShare = 0.15

// overRelaxation is by how much more than its step the iteration moves; any number below 2
// converges. Of 1, 1.5, 1.6 and 1.9 the middle ones needed fewest iterations, two thirds of 1's.
const overRelaxation = 1.6

// checkEvery is the number of iterations between two looks at the residual.
const checkEvery = 10

// solve iterates for the rest's first variation v from where it is.
func (s *saddle) solve(ctx context.Context, parts *Parts, v []float64, tolerance float64, limit int) (residual float64, count int, err error) {
	d := s.grid.Dim()
	length := 0.99 / math.Sqrt(float64(d+1)) // mean of primal and dual step: ‖L‖² ≤ d + 1
	down, up := length*primalShare, length/primalShare
	// The proximal map of F in ρ is (U′ + (κ/R) id)⁻¹, κ = sP/(Kτ), s the dual step.
	kappa := up * s.speed * s.speed / (float64(s.layers) * s.tau)
	s.parts = Parts{Linear: parts.Linear, Convex: parts.Convex}
	s.parts.Powers = append(s.parts.Powers, PowerTerm{Coefficient: kappa / (2 * s.unit), Exponent: 2})
	for _, q := range parts.Powers {
		if q.Exponent == 2 {
			s.parts.Powers[0].Coefficient += q.Coefficient
		} else {
			s.parts.Powers = append(s.parts.Powers, q)
		}
	}
	s.inverse = newUncheckedInverter(&s.parts)
	for count < limit {
		if err := ctx.Err(); err != nil {
			return residual, count, err
		}
		count++
		look := count%checkEvery == 0
		primal := s.descend(down, look) / down
		dual := s.ascend(up, kappa, v, look) / up
		if !look {
			continue
		}
		residual = max(primal, dual)
		if math.IsNaN(residual) {
			return residual, count, fmt.Errorf("%w: the primal-dual iteration gave NaN at step %.3g", ErrNotConverged, s.tau)
		}
		if residual <= tolerance {
			return residual, count, nil
		}
	}
	return residual, count, fmt.Errorf("%w: residual %.3g after %d primal-dual iterations at step %.3g: want %.3g",
		ErrNotConverged, residual, count, s.tau, tolerance)
}

// descend makes the primal step u⁺ = P(u − s Lᵀy), sets v to 2u⁺ − u, moves u and, if asked,
// returns the relative change.
func (s *saddle) descend(length float64, look bool) (change float64) {
	d, last := s.grid.Dim(), s.layers-1
	for k := range s.layers {
		copy(s.v.r[k], s.u.r[k])
	}
	for k := range s.layers {
		clear(s.mean)
		for axis := range d {
			at := k*d + axis
			spreadFaces(s.mean, s.a[at], s.grid, axis)
			w, b, out := s.u.w[at], s.b[at], s.v.w[at]
			for i, x := range w {
				out[i] = x - length*b[i]
			}
		}
		floats.AddScaled(s.v.r[k], -length/2, s.mean)
		if k > 0 {
			floats.AddScaled(s.v.r[k-1], -length/2, s.mean)
		}
	}
	floats.AddScaled(s.v.r[last], -length, s.end1)
	s.project.apply(s.v, s.first)
	var moved, size float64
	swap := func(u, v []float64) {
		for i, x := range v {
			step := x - u[i]
			if look {
				moved += step * step
				size += x * x
			}
			u[i] += overRelaxation * step
			v[i] = x + step
		}
	}
	for k := range s.u.r {
		swap(s.u.r[k], s.v.r[k])
	}
	for k := range s.u.w {
		swap(s.u.w[k], s.v.w[k])
	}
	return math.Sqrt(moved / max(size, 1e-300))
}

// ascend makes the dual steps at v and, if asked, returns the relative change.
func (s *saddle) ascend(length, kappa float64, psi []float64, look bool) (change float64) {
	d, last := s.grid.Dim(), s.layers-1
	var moved, size float64
	for k := range s.layers {
		before := s.first
		if k > 0 {
			before = s.v.r[k-1]
		}
		for i, x := range s.v.r[k] {
			s.mean[i] = (x + before[i]) / 2
		}
		for axis := range d {
			at := k*d + axis
			n, stride := s.grid.Axis(axis).N, s.grid.Stride(axis)
			a, b, w := s.a[at], s.b[at], s.v.w[at]
			for base := 0; base < len(a); base += n * stride {
				for i := base; i < base+(n-1)*stride; i++ {
					x, y := paraboloid(a[i]+length*(s.mean[i]+s.mean[i+stride])/2, b[i]+length*w[i])
					if look {
						moved += (x-a[i])*(x-a[i]) + (y-b[i])*(y-b[i])
						size += x*x + y*y
					}
					a[i] += overRelaxation * (x - a[i])
					b[i] += overRelaxation * (y - b[i])
				}
			}
		}
	}
	for i, r := range s.v.r[last] {
		s.scale[i] = s.end1[i] + length*r // z
		s.local[i] = kappa*s.scale[i]/length - psi[i]
	}
	s.inverse.invert(s.mean, s.local)
	for i, r := range s.mean {
		y := s.scale[i] - length*r/s.unit
		if look {
			moved += (y - s.end1[i]) * (y - s.end1[i])
			size += y * y
		}
		s.end1[i] += overRelaxation * (y - s.end1[i])
	}
	return math.Sqrt(moved / max(size, 1e-300))
}

// spreadFaces adds half of each face's value to the cells beside it.
func spreadFaces(cells, faces []float64, g *grid.Grid, axis int) {
	n, stride := g.Axis(axis).N, g.Stride(axis)
	for base := 0; base < len(cells); base += n * stride {
		for i := base; i < base+(n-1)*stride; i++ {
			v := faces[i] / 2
			cells[i] += v
			cells[i+stride] += v
		}
	}
}

// paraboloid returns the point of a + b²/2 ≤ 0 that is nearest to (a, b): (a − λ, b/(1 + λ))
// with λ > 0 the root of a − λ + b²/(2(1 + λ)²), which decreases and is convex, so that
// Newton's iteration rises to it from 0.
func paraboloid(a, b float64) (x, y float64) {
	c := b * b / 2
	if a+c <= 0 {
		return a, b
	}
	lambda := max(0, a)
	for range 60 {
		q := 1 / (1 + lambda)
		f := a - lambda + c*q*q
		step := f / (1 + 2*c*q*q*q)
		lambda += step
		if step <= 1e-15*(1+lambda) {
			break
		}
	}
	return a - lambda, b / (1 + lambda)
}

// projection projects points onto the continuity equation: with D its operator, u − Dᵀλ for
// DDᵀλ = Du − b. In time DDᵀ is a small matrix T, diagonalised once; for each of its
// eigenvalues a shifted Poisson problem is left.
type projection struct {
	grid   *grid.Grid
	step   float64 // c/K
	vector *mat.Dense
	solver []*grid.Poisson
	miss   [][]float64
	mode   [][]float64
}

func newProjection(g *grid.Grid, layers int, speed float64) *projection {
	p := &projection{grid: g, step: speed / float64(layers)}
	t := mat.NewSymDense(layers, nil)
	for k := range layers {
		t.SetSym(k, k, 2)
		if k == 0 {
			t.SetSym(k, k, 1) // r⁰ is given
		} else {
			t.SetSym(k-1, k, -1)
		}
		p.miss, p.mode = append(p.miss, make([]float64, g.Len())), append(p.mode, make([]float64, g.Len()))
	}
	var e mat.EigenSym
	if !e.Factorize(t, true) {
		panic("pde: a symmetric matrix has no eigenvalues")
	}
	p.vector = new(mat.Dense)
	e.VectorsTo(p.vector)
	for _, v := range e.Values(nil) {
		p.solver = append(p.solver, grid.NewShiftedPoisson(g, v/(p.step*p.step)))
	}
	return p
}

// apply projects u, whose momentum on the walls is set to 0; first is r⁰.
func (p *projection) apply(u curve, first []float64) {
	layers, d := len(u.r), p.grid.Dim()
	for k, miss := range p.miss {
		before := first
		if k > 0 {
			before = u.r[k-1]
		}
		for i, x := range u.r[k] {
			miss[i] = x - before[i]
		}
		for axis := range d {
			n, s := p.grid.Axis(axis).N, p.grid.Stride(axis)
			scale := p.step / p.grid.Axis(axis).H()
			w := u.w[k*d+axis]
			for base := 0; base < len(w); base += n * s {
				clear(w[base+(n-1)*s : base+n*s])
				for i := base; i < base+(n-1)*s; i++ {
					miss[i] += scale * w[i]
					miss[i+s] -= scale * w[i]
				}
			}
		}
	}
	p.turn(p.mode, p.miss, true)
	for j, f := range p.mode {
		floats.Scale(1/(p.step*p.step), f)
		p.solver[j].Solve(f, f)
	}
	p.turn(p.miss, p.mode, false)
	for k, lambda := range p.miss { // u − Dᵀλ
		floats.Sub(u.r[k], lambda)
		if k+1 < layers {
			floats.Add(u.r[k], p.miss[k+1])
		}
		for axis := range d {
			n, s := p.grid.Axis(axis).N, p.grid.Stride(axis)
			scale := p.step / p.grid.Axis(axis).H()
			w := u.w[k*d+axis]
			for base := 0; base < len(w); base += n * s {
				for i := base; i < base+(n-1)*s; i++ {
					w[i] -= scale * (lambda[i] - lambda[i+s])
				}
			}
		}
	}
}

// turn writes the layers' components along the eigenvectors of T, or back.
func (p *projection) turn(dst, src [][]float64, forth bool) {
	for j, out := range dst {
		clear(out)
		for k, x := range src {
			q := p.vector.At(j, k)
			if forth {
				q = p.vector.At(k, j)
			}
			floats.AddScaled(out, q, x)
		}
	}
}
