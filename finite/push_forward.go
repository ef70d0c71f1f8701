package finite

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"pdesolve/grid"
	"pdesolve/pde"
)

// PushForward writes to dst the cell averages of the density that characteristics stand
// for: those of the push-forward of law, a bump in two coordinates, by the map Φ that took
// the nodes of one of its Gauss rules from start to end,
//
//	ρ(Φ(θ)) = ρ₀(θ)/|det DΦ(θ)|.
//
// Φ is the polynomial through the nodes, so that ρ has spectral accuracy in their number if
// the field is smooth. Φ is inverted at cell centres by Newton's method; the averages come
// from the values there and in the four cells about, with an error of fourth order in the
// cells' width, and are scaled to mass one. It fails if the nodes are no tensor of at least
// two points an axis, if Φ folds inside the support, if an axis of the grid is graded, or if the averages have
// not the mass one up to 1 %, because the grid is too small or too coarse.
func PushForward(dst *grid.Density, law *grid.Bump, start, end *pde.Atoms) error {
	if law.Dim() != 2 || start.Dim != 2 || dst.Grid.Dim() != 2 {
		return fmt.Errorf("finite: push-forward: laws of %d, atoms of %d and grids of %d coordinates: want 2", law.Dim(), start.Dim, dst.Grid.Dim())
	}
	if err := dst.Grid.CheckUniform(); err != nil {
		return fmt.Errorf("finite: push-forward: %w", err)
	}
	f, err := newFlowMap(law, start, end)
	if err != nil {
		return fmt.Errorf("finite: push-forward: %w", err)
	}
	rho, err := f.centres(dst.Grid)
	if err != nil {
		return fmt.Errorf("finite: push-forward: %w", err)
	}
	average(dst, rho)
	mass := dst.Mass()
	if !(math.Abs(mass-1) < pushLeak) {
		return fmt.Errorf("finite: push-forward: mass %v on the grid: want 1 ± %v: a larger or finer one", mass, pushLeak)
	}
	dst.Scale(1 / mass)
	return nil
}

// average takes the values at cell centres to averages: ρ + h²Δρ/24.
func average(dst *grid.Density, rho []float64) {
	g := dst.Grid
	n, m := g.Axis(0).N, g.Axis(1).N
	at := func(i, j int) float64 {
		if i < 0 || j < 0 || i >= n || j >= m {
			return 0
		}
		return rho[i*m+j]
	}
	for i := range n {
		for j := range m {
			c := at(i, j)
			dst.Values[i*m+j] = max(0, c+(at(i-1, j)+at(i+1, j)+at(i, j-1)+at(i, j+1)-4*c)/24)
		}
	}
}

// flowMap is the polynomial Φ of degree n − 1 in each coordinate through n² nodes, in terms
// of Chebyshev polynomials of y ∈ [−1, 1]², the law's support.
type flowMap struct {
	law    *grid.Bump
	n      int
	c      [2][]float64 // coefficients of the coordinates of Φ
	node   *pde.Atoms   // where the nodes are
	from   *pde.Atoms   // where they started
	t, d   [2][]float64 // scratch: T_k(y) and T_k′(y) for each coordinate
	lo, hi [2]float64   // a box that holds the image of the support
}

func newFlowMap(law *grid.Bump, start, end *pde.Atoms) (*flowMap, error) {
	n := int(math.Round(math.Sqrt(float64(start.N))))
	if n < 2 || n*n != start.N || end.N != start.N {
		return nil, fmt.Errorf("%d nodes: want the square of at least 2", start.N)
	}
	f := &flowMap{law: law, n: n, node: end, from: start}
	var inverse [2]mat.Dense
	for k, stride := range []int{n, 1} {
		v := mat.NewDense(n, n, nil)
		for i := range n {
			t, d := make([]float64, n), make([]float64, n)
			chebyshev(t, d, f.reduced(k, start.Coordinate(k)[i*stride]))
			v.SetRow(i, t)
		}
		if err := inverse[k].Inverse(v); err != nil {
			return nil, fmt.Errorf("nodes that are no tensor of different points: %w", err)
		}
		f.t[k], f.d[k] = make([]float64, n), make([]float64, n)
	}
	for k := range f.c {
		var c mat.Dense
		c.Product(&inverse[0], mat.NewDense(n, n, end.Coordinate(k)), inverse[1].T())
		f.c[k] = c.RawMatrix().Data
	}
	f.bound()
	return f, nil
}

// reduced returns the coordinate y of θ on axis k.
func (f *flowMap) reduced(k int, theta float64) float64 {
	return (theta - f.law.Center[k]) / f.law.Radius[k]
}

// chebyshev sets t[k] = T_k(y) and d[k] = T_k′(y).
func chebyshev(t, d []float64, y float64) {
	t[0], t[1], d[0], d[1] = 1, y, 0, 1
	for k := 2; k < len(t); k++ {
		t[k] = 2*y*t[k-1] - t[k-2]
		d[k] = 2*t[k-1] + 2*y*d[k-1] - d[k-2]
	}
}

// at returns Φ and its derivatives by y.
func (f *flowMap) at(y [2]float64) (x [2]float64, j [2][2]float64) {
	for k := range y {
		chebyshev(f.t[k], f.d[k], y[k])
	}
	t1, d1 := f.t[1], f.d[1]
	for k, c := range f.c {
		for a := range f.n {
			row := c[a*f.n : (a+1)*f.n]
			var s, d float64
			for b, v := range row {
				s += v * t1[b]
				d += v * d1[b]
			}
			x[k] += f.t[0][a] * s
			j[k][0] += f.d[0][a] * s
			j[k][1] += f.t[0][a] * d
		}
	}
	return x, j
}

// bound finds a box that holds the image of the support: that of points on its edge, and a
// little more.
func (f *flowMap) bound() {
	const points = 128
	f.lo, f.hi = [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for i := range points + 1 {
		s := 2*float64(i)/points - 1
		for _, y := range [][2]float64{{s, -1}, {s, 1}, {-1, s}, {1, s}} {
			x, _ := f.at(y)
			for k := range x {
				f.lo[k], f.hi[k] = min(f.lo[k], x[k]), max(f.hi[k], x[k])
			}
		}
	}
	for k := range f.lo {
		more := 0.02 * (f.hi[k] - f.lo[k])
		f.lo[k], f.hi[k] = f.lo[k]-more, f.hi[k]+more
	}
}

// centres returns the density at the centres of all cells.
func (f *flowMap) centres(g *grid.Grid) ([]float64, error) {
	rho := make([]float64, g.Len())
	x := make([]float64, 2)
	var y [2]float64
	for i := range rho {
		g.Center(x, i)
		if x[0] < f.lo[0] || x[0] > f.hi[0] || x[1] < f.lo[1] || x[1] > f.hi[1] {
			continue
		}
		if i == 0 || i%g.Axis(1).N == 0 || rho[i-1] == 0 {
			y = f.nearest(x)
		}
		var err error
		if rho[i], err = f.density(x, &y); err != nil {
			return nil, err
		}
	}
	return rho, nil
}

// nearest returns the y of the node that is nearest to x.
func (f *flowMap) nearest(x []float64) (y [2]float64) {
	least, at := math.Inf(1), 0
	for i := range f.node.N {
		if d := math.Hypot(f.node.Coordinate(0)[i]-x[0], f.node.Coordinate(1)[i]-x[1]); d < least {
			least, at = d, i
		}
	}
	for k := range y {
		y[k] = f.reduced(k, f.from.Coordinate(k)[at])
	}
	return y
}

// pushLeak is the mass that the averages may lack or have too much.
const pushLeak = 0.01

// Limits of Newton's method.
const (
	pushIterations = 40
	pushTolerance  = 1e-12 // of y
	// pushEdge is where |y| is near the end of the support, which has a mass of 3e-5 beyond. The
	// polynomial need not be one to one there, far from its nodes, and the density counts as 0
	// where it is not.
	pushEdge = 0.9
)

// density returns ρ(x), with y a guess of Φ⁻¹(x), which it improves without leaving the
// support.
func (f *flowMap) density(x []float64, y *[2]float64) (float64, error) {
	for range pushIterations {
		p, j := f.at(*y)
		det := j[0][0]*j[1][1] - j[0][1]*j[1][0]
		if !(det > 0) {
			return 0, onEdge(y, fmt.Errorf("the flow map folds at y = %v: more nodes", *y))
		}
		r0, r1 := x[0]-p[0], x[1]-p[1]
		step := [2]float64{(j[1][1]*r0 - j[0][1]*r1) / det, (j[0][0]*r1 - j[1][0]*r0) / det}
		moved := 0.0
		for k := range y {
			old := y[k]
			y[k] = min(max(old+step[k], -1), 1)
			moved = max(moved, math.Abs(y[k]-old))
		}
		if moved < pushTolerance {
			theta := []float64{f.law.Center[0] + f.law.Radius[0]*y[0], f.law.Center[1] + f.law.Radius[1]*y[1]}
			return f.law.Density(theta) * f.law.Radius[0] * f.law.Radius[1] / det, nil
		}
	}
	return 0, onEdge(y, fmt.Errorf("no start of a characteristic that ends at %v", x))
}

// onEdge returns err, but nil where y is at the edge of the support.
func onEdge(y *[2]float64, err error) error {
	if max(math.Abs(y[0]), math.Abs(y[1])) > pushEdge {
		return nil
	}
	return err
}
