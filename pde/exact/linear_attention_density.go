package exact

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/integrate/quad"

	"pdesolve/grid"
)

// leakTolerance is the mass that Density lets lie outside the box, as in
// grid.Law.
const leakTolerance = 1e-9

// Density returns the cell averages at τ of ρ_τ(a, v) = e^{2λτ} ρ₀(Φ⁻¹(a, v)), Φ the
// linear map Push, on a grid of two axes. Relative to the largest average, errors
// are about the rounding of a cell's edges beside its width, 1e-16 |edge|/h. It
// fails if the solution starts from atoms, if ρ₀ is neither a grid.Bump nor a
// grid.Gaussian, and if more than 1e-9 of the mass lies outside g's box.
func (s *LinearAttention) Density(tau float64, g *grid.Grid) (*grid.Density, error) {
	if g == nil {
		panic("exact: LinearAttention.Density: the grid is nil")
	}
	if g.Dim() != 2 {
		return nil, fmt.Errorf("exact: linear attention: the grid has %d axes: want 2, a and v", g.Dim())
	}
	d, k := s.moved(tau)
	switch law := s.law.(type) {
	case *grid.Bump:
		return pushBump(law, d, k, g)
	case *grid.Gaussian:
		dst := grid.NewDensity(g)
		if err := pushGaussian(law, d, k).Average(dst); err != nil {
			return nil, fmt.Errorf("exact: linear attention at τ = %v: %w", tau, err)
		}
		return dst, nil
	}
	return nil, s.noDensity()
}

// moved returns the d and k of the map push(d, k, ·) from the law to the state at τ.
func (s *LinearAttention) moved(tau float64) (d, k float64) {
	k, _ = s.At(tau)
	return s.decay + s.model.Decay*tau, s.turn + k
}

// noDensity says why the solution has no density.
func (s *LinearAttention) noDensity() error {
	if s.law == nil {
		return errors.New("exact: linear attention: the solution starts from atoms and has no density")
	}
	return fmt.Errorf("exact: linear attention: no exact density for an initial law of type %T: want *grid.Bump or *grid.Gaussian", s.law)
}

// pushGaussian returns the image of the law under push(d, k, ·).
func pushGaussian(law *grid.Gaussian, d, k float64) *grid.Gaussian {
	mean := push(d, k, [2]float64(law.Mean))
	// Columns of P Σ are images of columns of Σ, which is symmetric, and those of
	// P (P Σ)ᵀ = P Σ Pᵀ are images of rows of P Σ.
	c0, c1 := push(d, k, [2]float64(law.Covariance[0])), push(d, k, [2]float64(law.Covariance[1]))
	r0, r1 := push(d, k, [2]float64{c0[0], c1[0]}), push(d, k, [2]float64{c0[1], c1[1]})
	mixed := (r0[1] + r1[0]) / 2
	return &grid.Gaussian{Mean: mean[:], Covariance: [][]float64{{r0[0], mixed}, {mixed, r1[1]}}}
}

// pushBump returns the cell averages of the image of the bump under push(d, k, ·).
//
// The mass of a cell is that of its preimage, a parallelogram, under ρ₀ = f(a)g(v).
// With F' = f, Green's theorem makes it an integral over the four edges (derived):
//
//	∬ f g da dv = ∮ (F(a) − F(a_m)) g(v) dv,
//
// a_m the a of the parallelogram's middle, subtracted so that what is summed is no
// larger than the result. Rounding below zero, beside the end of the support, is
// set to zero.
func pushBump(law *grid.Bump, d, k float64, g *grid.Grid) (*grid.Density, error) {
	dst := grid.NewDensity(g)
	a, v := g.Axis(0), g.Axis(1)
	back := func(i, j int) [2]float64 { // corner (i, j), mapped back and in units of the support
		x := push(-d, -k, [2]float64{a.Edge(i), v.Edge(j)})
		return [2]float64{(x[0] - law.Center[0]) / law.Radius[0], (x[1] - law.Center[1]) / law.Radius[1]}
	}
	for i := range a.N {
		for j := range v.N {
			corner := [4][2]float64{back(i, j), back(i+1, j), back(i+1, j+1), back(i, j+1)}
			dst.Values[i*v.N+j] = parallelogramMass(&corner) / g.Volume(i*v.N+j)
		}
	}
	if lost := 1 - dst.Mass(); lost > leakTolerance {
		box := pushedBox(law, d, k)
		return nil, fmt.Errorf("exact: linear attention: mass %.3g lies outside the box: want at most %.0e: the support spans a in [%.6g, %.6g] and v in [%.6g, %.6g]",
			lost, leakTolerance, box[0][0], box[0][1], box[1][0], box[1][1])
	}
	dst.Scale(1 / dst.Mass())
	return dst, nil
}

// pushedBox returns the smallest box around the image of the bump's support.
func pushedBox(law *grid.Bump, d, k float64) (box [2][2]float64) {
	middle := push(d, k, [2]float64(law.Center))
	e0, e1 := push(d, k, [2]float64{law.Radius[0], 0}), push(d, k, [2]float64{0, law.Radius[1]})
	for axis := range box {
		half := math.Abs(e0[axis]) + math.Abs(e1[axis])
		box[axis] = [2]float64{middle[axis] - half, middle[axis] + half}
	}
	return box
}

// parallelogramMass returns the mass in the parallelogram with the given corners,
// counterclockwise, of the unit bump on [−1, 1]².
func parallelogramMass(corner *[4][2]float64) float64 {
	for axis := range 2 {
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, c := range corner {
			lo, hi = min(lo, c[axis]), max(hi, c[axis])
		}
		if hi <= -1 || lo >= 1 {
			return 0
		}
	}
	middle := (corner[0][0] + corner[2][0]) / 2
	var sum float64
	for e := range corner {
		sum += edgeMass(corner[e], corner[(e+1)%4], middle)
	}
	return max(0, sum)
}

// edgeNodes is the Gauss–Legendre rule of edgeMass on [0, 1].
var edgeNodes = sync.OnceValue(func() *[2][12]float64 {
	var rule [2][12]float64
	quad.Legendre{}.FixedLocations(rule[0][:], rule[1][:], 0, 1)
	return &rule
})

// edgeMass returns ∫ (F(a) − F(middle)) g(v) dv from p to q. The edge is cut where
// it enters or leaves the support and in pieces no longer than 1/2 along either
// axis. On a piece the integrand is a trigonometric polynomial, times a linear
// function, of frequency at most 4π along the axes, for which the rule's error is
// below 1e-18 (derived: 2^{25} (12!)⁴/(25 (24!)³) · (4π/4)^{24}).
func edgeMass(p, q [2]float64, middle float64) float64 {
	step := [2]float64{q[0] - p[0], q[1] - p[1]}
	var buffer [6]float64
	cuts := append(buffer[:0], 0, 1)
	for axis, s := range step {
		for _, wall := range [2]float64{-1, 1} {
			if at := (wall - p[axis]) / s; at > 0 && at < 1 {
				cuts = append(cuts, at)
			}
		}
	}
	slices.Sort(cuts)
	rule := edgeNodes()
	var sum float64
	for c := range len(cuts) - 1 {
		from, to := cuts[c], cuts[c+1]
		if v := p[1] + step[1]*(from+to)/2; math.Abs(v) >= 1 {
			continue
		}
		// Outside the support along a, F is constant and only the change of v counts,
		// which |v| < 1 bounds: there are never more than four pieces.
		length := math.Abs(step[1])
		if a := p[0] + step[0]*(from+to)/2; math.Abs(a) < 1 {
			length = max(length, math.Abs(step[0]))
		}
		pieces := max(1, int(math.Ceil(2*length*(to-from))))
		width := (to - from) / float64(pieces)
		for piece := range pieces {
			at := from + float64(piece)*width
			for n, x := range rule[0] {
				t := at + x*width
				sum += rule[1][n] * width * bumpBetween(middle, p[0]+t*step[0]) * bumpShape(p[1]+t*step[1])
			}
		}
	}
	return sum * step[1]
}

// bumpShape returns the unit bump (4/3) cos⁴(πx/2), |x| ≤ 1, of mass one.
func bumpShape(x float64) float64 {
	c := math.Cos(math.Pi / 2 * x)
	return 4.0 / 3 * (c * c) * (c * c)
}

// bumpBetween returns the mass of the unit bump from x to y, negative if y < x.
// Because cos⁴(πx/2) = (3 + 4 cos πx + cos 2πx)/8 it is, with m the middle and w
// = y − x the width, (derived)
//
//	w/2 + (4/3π) cos(πm) sin(πw/2) + (1/6π) cos(2πm) sin(πw),
//
// a form that loses no digits when w is small.
func bumpBetween(x, y float64) float64 {
	x, y = min(max(x, -1), 1), min(max(y, -1), 1)
	m, w := (x+y)/2, y-x
	return w/2 + 4/(3*math.Pi)*math.Cos(math.Pi*m)*math.Sin(math.Pi/2*w) +
		1/(6*math.Pi)*math.Cos(2*math.Pi*m)*math.Sin(math.Pi*w)
}
