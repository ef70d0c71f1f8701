package grid

import (
	"math"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Poisson solves Neumann's problem on a grid,
//
//	−Δ_h φ = f − mean f,   mean φ = 0,   no flux through the boundary,
//
// with the usual 2d+1 point Laplacian on cell centers. All axes but the last are
// diagonalised by the cosine transform DCT-II, whose vectors cos(πk(i+½)/n) have the
// eigenvalue (2 sin(πk/2n)/h)²; along the last axis a tridiagonal system is solved
// for each product of them. N cells take O(N log N) operations if the lengths of the
// axes but the last are products of 2, 3 and 5, and more the larger their other
// prime factors are.
//
// With a shift a > 0 it solves
//
//	a φ − Δ_h φ = f
//
// instead, which needs no condition on the means.
//
// A Poisson owns its scratch and serves one goroutine at a time; inside it uses all
// processors. The result does not depend on their number.
type Poisson struct {
	grid   *Grid
	shift  float64   // a
	pivot  []float64 // of the tridiagonal systems, inverted: one a cell
	worker []poissonWorker
}

// poissonWorker is what one goroutine works with.
type poissonWorker struct {
	plan  []*fourier.QuarterWaveFFT // one an axis but the last
	block []float64                 // a few columns side by side
}

// poissonColumns is the number of columns that are transformed together: as many
// doubles as a cache line holds.
const poissonColumns = 8

// NewPoisson returns a solver for the grid. It panics if an axis is graded: the cosine
// transform needs equal cells; see Grid.CheckUniform.
func NewPoisson(g *Grid) *Poisson { return newPoisson(g, 0) }

// NewShiftedPoisson returns a solver with the shift a. It panics unless a is finite and above
// 0, and if an axis is graded.
func NewShiftedPoisson(g *Grid, a float64) *Poisson {
	if !(a > 0) || math.IsInf(a, 0) {
		panic("grid: NewShiftedPoisson: the shift is not a finite number above 0")
	}
	return newPoisson(g, a)
}

func newPoisson(g *Grid, shift float64) *Poisson {
	p := &Poisson{grid: g, shift: shift, pivot: make([]float64, g.Len()), worker: make([]poissonWorker, runtime.GOMAXPROCS(0))}
	last := g.Dim() - 1
	for w := range p.worker {
		longest := 0
		for k := range last {
			p.worker[w].plan = append(p.worker[w].plan, fourier.NewQuarterWaveFFT(g.axes[k].N))
			longest = max(longest, g.axes[k].N)
		}
		p.worker[w].block = make([]float64, longest*poissonColumns)
	}
	p.factor(last)
	return p
}

// factor computes the inverse pivots of −φ_{i−1} + (2 + s)φ_i − φ_{i+1} = h² f_i with
// 1 + s at both ends, s = h² (a + Σ λ_k), for each line of the last axis. Where s is 0 the
// matrix has the constants as kernel, and the last value is set to 0.
func (p *Poisson) factor(last int) {
	n, h := p.grid.axes[last].N, p.grid.axes[last].H()
	for line := range p.grid.Len() / n {
		s := p.shift * h * h
		for k := range last {
			a := p.grid.axes[k]
			mode := line * n / p.grid.stride[k] % a.N
			r := 2 * math.Sin(math.Pi*float64(mode)/float64(2*a.N)) * h / a.H()
			s += r * r
		}
		m := p.pivot[line*n : (line+1)*n]
		before := 0.0
		for i := range m {
			diagonal := s
			if i > 0 {
				diagonal++
			}
			if i < n-1 {
				diagonal++
			}
			m[i] = 1 / (diagonal - before)
			before = m[i]
		}
		if line == 0 && p.shift == 0 {
			m[n-1] = 0
		}
	}
}

// Solve writes the solution to dst, which has one element a cell as f and may be f,
// and returns it; nil allocates.
func (p *Poisson) Solve(dst, f []float64) []float64 {
	size := p.grid.Len()
	if dst == nil {
		dst = make([]float64, size)
	}
	if len(dst) != size || len(f) != size {
		panic("grid: Poisson.Solve: lengths do not fit the grid")
	}
	last := p.grid.Dim() - 1
	h, scale := p.grid.axes[last].H(), 1.0
	for k := range last {
		scale /= 4 * float64(p.grid.axes[k].N) // of a transform and its inverse
	}
	mean := 0.0
	if p.shift == 0 {
		mean = Sum(f) / float64(size)
	}
	for i, v := range f {
		dst[i] = (v - mean) * h * h * scale
	}
	for k := range last {
		p.transform(dst, k, true)
	}
	n := p.grid.axes[last].N
	lines := size / n
	p.parallel((lines+3)/4, func(_ *poissonWorker, lo, hi int) {
		for line := 4 * lo; line < min(4*hi, lines); line += 4 {
			if line+4 <= lines {
				thomas4(dst[line*n:(line+4)*n], p.pivot[line*n:(line+4)*n], n)
				continue
			}
			for l := line; l < lines; l++ {
				thomas(dst[l*n:(l+1)*n], p.pivot[l*n:(l+1)*n])
			}
		}
	})
	for k := range last {
		p.transform(dst, k, false)
	}
	if p.shift == 0 {
		mean = Sum(dst) / float64(size)
		for i := range dst {
			dst[i] -= mean
		}
	}
	return dst
}

// thomas solves a tridiagonal system in place, given the inverse pivots.
func thomas(x, m []float64) {
	before := 0.0
	for i, v := range x {
		before = (v + before) * m[i]
		x[i] = before
	}
	for i := len(x) - 2; i >= 0; i-- {
		x[i] += m[i] * x[i+1]
	}
}

// thomas4 is thomas on four lines at once, whose recurrences overlap in time.
func thomas4(x, m []float64, n int) {
	x0, x1, x2, x3 := x[:n], x[n:2*n], x[2*n:3*n], x[3*n:4*n]
	m0, m1, m2, m3 := m[:n], m[n:2*n], m[2*n:3*n], m[3*n:4*n]
	var v0, v1, v2, v3 float64
	for i := range n {
		v0, v1, v2, v3 = (x0[i]+v0)*m0[i], (x1[i]+v1)*m1[i], (x2[i]+v2)*m2[i], (x3[i]+v3)*m3[i]
		x0[i], x1[i], x2[i], x3[i] = v0, v1, v2, v3
	}
	for i := n - 2; i >= 0; i-- {
		v0, v1, v2, v3 = x0[i]+m0[i]*v0, x1[i]+m1[i]*v1, x2[i]+m2[i]*v2, x3[i]+m3[i]*v3
		x0[i], x1[i], x2[i], x3[i] = v0, v1, v2, v3
	}
}

// transform applies the cosine transform or its inverse along axis k, which is not
// the last.
func (p *Poisson) transform(x []float64, k int, forward bool) {
	n, stride := p.grid.axes[k].N, p.grid.stride[k]
	groups := (stride + poissonColumns - 1) / poissonColumns
	p.parallel(groups*(len(x)/(n*stride)), func(w *poissonWorker, lo, hi int) {
		for at := lo; at < hi; at++ {
			column := at % groups * poissonColumns
			base := at/groups*n*stride + column
			count := min(poissonColumns, stride-column)
			for i := range n {
				for c, v := range x[base+i*stride:][:count] {
					w.block[c*n+i] = v
				}
			}
			for c := range count {
				if line := w.block[c*n : (c+1)*n]; forward {
					w.plan[k].CosSequence(line, line) // DCT-II, times 4
				} else {
					w.plan[k].CosCoefficients(line, line) // DCT-III
				}
			}
			for i := range n {
				row := x[base+i*stride:][:count]
				for c := range row {
					row[c] = w.block[c*n+i]
				}
			}
		}
	})
}

// parallel splits 0 … n−1 into one range a worker.
func (p *Poisson) parallel(n int, do func(w *poissonWorker, lo, hi int)) {
	count := min(len(p.worker), n)
	if count <= 1 {
		do(&p.worker[0], 0, n)
		return
	}
	var wg sync.WaitGroup
	for i := range count {
		wg.Go(func() { do(&p.worker[i], i*n/count, (i+1)*n/count) })
	}
	wg.Wait()
}
