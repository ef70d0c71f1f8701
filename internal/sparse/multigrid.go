package sparse

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// Multigrid solves the system of a Transfer, or serves as its preconditioner, by
// V-cycles of geometric multigrid with red-black Gauss–Seidel sweeps.
//
// A coarse cell joins two cells on each axis that is coarsened; the residual is summed
// over them and the correction is the same in both. The coarse matrix is again a
// Transfer (derived): masses add up; of the exchange f = a x_i − b x_j of the faces
// between two coarse cells the symmetric part min(a, b)(x_i − x_j), a diffusion, is
// halved, because their centers are two cells apart, and the rest, a drift, adds up.
// An axis is coarsened where its faces count as much as those of the strongest: see
// NewMultigrid.
//
// Corrections that spread x evenly over some cells make small relative errors only where
// x is smooth: scale the unknown so that it is. Then x is accurate, relative to its
// own size, also in cells that count for nothing in a norm.
type Multigrid struct{ level []*gridLevel }

// gridLevel is one grid.
type gridLevel struct {
	*Transfer
	coarse []bool    // the axes that are coarsened to the next level; nil on the last one, of one cell
	rhs    []float64 // nil on the first level
}

// NewMultigrid returns a preconditioner of t. strength holds how strong the exchange
// on each axis is, as 1/h²; on a grid an axis is coarsened if it is at least a third
// of the strongest one's, and four times weaker on the next grid. Factor makes it
// usable, and must be called after each change of t.
func NewMultigrid(t *Transfer, strength []float64) *Multigrid {
	m := &Multigrid{}
	s := append([]float64(nil), strength...)
	for {
		l := &gridLevel{Transfer: t}
		if len(m.level) > 0 {
			l.rhs = make([]float64, t.Len())
		}
		m.level = append(m.level, l)
		var top float64
		for k, n := range t.shape {
			if n > 1 {
				top = max(top, s[k])
			}
		}
		if t.Len() == 1 {
			return m
		}
		shape := append([]int(nil), t.shape...)
		l.coarse = make([]bool, len(shape))
		for k, n := range t.shape {
			if n > 1 && s[k] >= top/3 {
				l.coarse[k] = true
				shape[k] = (n + 1) / 2
				s[k] /= 4
			}
		}
		t = NewTransfer(shape)
	}
}

// Factor computes the coarse matrices.
func (m *Multigrid) Factor() error {
	for j, l := range m.level {
		if err := l.Transfer.Factor(); err != nil {
			return err
		}
		if l.coarse != nil {
			l.galerkin(m.level[j+1].Transfer)
		}
	}
	return nil
}

// Solve writes the solution of A x = b to x by V-cycles from 0. It stops when Σ|b − A x|
// is at most tolerance times Σ|b|; Result holds the two sums' ratio and the number of
// cycles. When the limit of cycles is reached, or the residual does not fall, it returns
// an error that wraps ErrNotConverged, and x is the last iterate.
func (m *Multigrid) Solve(x, b []float64, tolerance float64, limit int) (Result, error) {
	l := m.level[0]
	if len(x) != l.Len() || len(b) != l.Len() {
		panic(fmt.Sprintf("sparse: Multigrid.Solve: vectors of %d and %d entries: want %d", len(x), len(b), l.Len()))
	}
	var res Result
	norm := floats.Norm(b, 1)
	clear(l.x)
	if norm == 0 {
		clear(x)
		return res, nil
	}
	l.relax(b, 0)
	best, idle := math.Inf(1), 0
	for {
		if l.coarse == nil {
			copy(x, l.x)
			return res, nil
		}
		l.relax(b, 1)
		res.Residual = m.residual(0, b) / norm
		if res.Residual <= tolerance {
			copy(x, l.x)
			return res, nil
		}
		if idle++; res.Residual < worse*best {
			best, idle = res.Residual, 0
		}
		if res.Iterations == limit || idle == patience || res.Residual-res.Residual != 0 {
			copy(x, l.x)
			return res, fmt.Errorf("sparse: multigrid: residual %.3g after %d cycles, want %.3g: %w", res.Residual, res.Iterations, tolerance, ErrNotConverged)
		}
		res.Iterations++
		m.correct(0)
		l.relax(b, 1)
		l.relax(b, 0)
	}
}

// A Solve gives up when patience cycles in a row have not brought the residual below
// worse times the smallest one so far.
const (
	worse    = 0.7
	patience = 3
)

// Apply writes the result of a V-cycle for A z = r, from 0, to z, which may be r.
func (m *Multigrid) Apply(z, r []float64) {
	m.cycle(0, r)
	copy(z, m.level[0].x)
}

// cycle leaves the result for the right-hand side b in the level's x.
func (m *Multigrid) cycle(j int, b []float64) {
	l := m.level[j]
	clear(l.x)
	l.relax(b, 0)
	l.relax(b, 1)
	if l.coarse == nil {
		return // the one cell is solved
	}
	m.residual(j, b)
	m.correct(j)
	l.relax(b, 1)
	l.relax(b, 0)
}

// correct adds the next level's solution for the residual.
func (m *Multigrid) correct(j int) {
	m.cycle(j+1, m.level[j+1].rhs)
	m.level[j].prolong(m.level[j+1])
}

// rows calls visit with the fine row that starts at i and the coarse row that starts
// at c, for all rows of the fine grid. A row runs along the last axis.
func (l *gridLevel) rows(coarse *Transfer, visit func(i, c int)) {
	last := len(l.shape) - 1
	n := l.shape[last]
	row := 0
	for i := 0; i < l.Len(); i += n {
		rest, c := row, 0
		for k := last - 1; k >= 0; k-- {
			at := rest % l.shape[k]
			rest /= l.shape[k]
			if l.coarse[k] {
				at /= 2
			}
			c += at * coarse.stride[k]
		}
		visit(i, c)
		row++
	}
}

// galerkin sets the coarse matrix.
func (l *gridLevel) galerkin(c *Transfer) {
	clear(c.Mass)
	for k := range c.Up {
		clear(c.Up[k])
		clear(c.Down[k])
	}
	last := len(l.shape) - 1
	n, pair := l.shape[last], l.coarse[last]
	l.rows(c, func(i, at int) {
		sumInto(c.Mass[at:], l.Mass[i:i+n], pair)
		for k := range last {
			if l.coarse[k] && i/l.stride[k]%l.shape[k]%2 == 0 {
				continue // inside a coarse cell
			}
			faceInto(c.Up[k][at:], c.Down[k][at:], l.Up[k][i:i+n], l.Down[k][i:i+n], pair, l.coarse[k])
		}
		up, down, a, b := c.Up[last][at:], c.Down[last][at:], l.Up[last][i:i+n], l.Down[last][i:i+n]
		if !pair {
			faceInto(up, down, a, b, false, false)
			return
		}
		for j := 1; j < n; j += 2 {
			half := 0.5 * min(a[j], b[j])
			up[j/2] += a[j] - half
			down[j/2] += b[j] - half
		}
	})
}

// sumInto adds the elements of x, or their sums in pairs, to dst.
func sumInto(dst, x []float64, pair bool) {
	if !pair {
		for j, v := range x {
			dst[j] += v
		}
		return
	}
	for j, v := range x {
		dst[j/2] += v
	}
}

// faceInto adds the coefficients a and b of a row of faces across it to up and down.
func faceInto(up, down, a, b []float64, pair, halved bool) {
	b = b[:len(a)]
	share := 0.0
	if halved {
		share = 0.5
	}
	shift := 0
	if pair {
		shift = 1
	}
	for j, v := range a {
		w := b[j]
		half := share * min(v, w)
		up[j>>shift] += v - half
		down[j>>shift] += w - half
	}
}

// residual returns Σ|b − A x| after a sweep over colour 1, where the residual is 0, and
// sets the next level's right-hand side to the residual summed over the cells.
func (m *Multigrid) residual(j int, b []float64) float64 {
	l := m.level[j]
	last := len(l.shape) - 1
	n := l.shape[last]
	next := m.level[j+1]
	clear(next.rhs)
	var sum float64
	shift := 0
	if l.coarse[last] {
		shift = 1
	}
	row := 0
	l.rows(next.Transfer, func(i, at int) {
		from := l.parity(row)
		row++
		sum += l.remainder(b, i, from)
		dst, r := next.rhs[at:], l.acc
		for k := from; k < n; k += 2 {
			dst[k>>shift] += r[k]
		}
	})
	return sum
}

// prolong adds the correction of the next level to x.
func (l *gridLevel) prolong(next *gridLevel) {
	last := len(l.shape) - 1
	n, pair := l.shape[last], l.coarse[last]
	l.rows(next.Transfer, func(i, at int) {
		x, e := l.x[i:i+n], next.x[at:]
		if !pair {
			for j := range x {
				x[j] += e[j]
			}
			return
		}
		for j := range x {
			x[j] += e[j/2]
		}
	})
}
