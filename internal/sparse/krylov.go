package sparse

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// ErrNotConverged says that an iteration ended before its tolerance: after
// MaxIterations, on a breakdown, or because rounding lets it come no nearer.
var ErrNotConverged = errors.New("the iteration did not converge")

// Operator is a square matrix that can be multiplied with a vector: a square CSR or a
// Transfer.
type Operator interface {
	// Len returns the number of rows.
	Len() int
	// Mul writes A x to dst, which must not be x.
	Mul(dst, x []float64)
}

// Settings are the settings of an iteration; nil means the defaults.
type Settings struct {
	// Tolerance is the ‖b − A x‖₂/‖b‖₂ at which it stops; 0 means 1e-10.
	Tolerance float64
	// MaxIterations bounds the iterations of one solve; 0 means 1000.
	MaxIterations int
}

// Result says how a solve went.
type Result struct {
	Iterations int     // of the method; one of BiCGStab takes two products with A
	Residual   float64 // ‖b − A x‖₂/‖b‖₂, computed afresh from x
}

// iteration is what the iterations have in common.
type iteration struct {
	a         Operator
	m         Preconditioner
	tolerance float64
	limit     int
	vectors   [6][]float64
	best      []float64 // the iterate of the smallest true residual so far
	restarts  int
	name      string
	run       func(x []float64, norm float64, done int) int // see solve
}

// newIteration returns an iteration on a with the given number of vectors.
func newIteration(a Operator, m Preconditioner, s *Settings, vectors int) iteration {
	it := iteration{a: a, m: m, tolerance: 1e-10, limit: 1000}
	if s != nil && s.Tolerance != 0 {
		it.tolerance = s.Tolerance
	}
	if s != nil && s.MaxIterations != 0 {
		it.limit = s.MaxIterations
	}
	it.best = make([]float64, a.Len())
	for k := range vectors {
		it.vectors[k] = make([]float64, a.Len())
	}
	return it
}

// SetTolerance changes the tolerance of the solves to come.
func (it *iteration) SetTolerance(t float64) { it.tolerance = t }

// maxRestarts bounds how often a solve starts again from its last iterate, after a
// breakdown or when the recursive residual has lost touch with the true one.
const maxRestarts = 10

// solve runs cycles until the true residual meets the tolerance; one that has made it
// larger is undone. A cycle starts from
// x, whose residual is in the first vector, and ends when the residual that it
// updates meets the tolerance, the iterations are used up or a coefficient breaks
// down; it takes and returns the number of iterations done.
func (it *iteration) solve(x, b []float64) (Result, error) {
	if n := it.a.Len(); len(x) != n || len(b) != n {
		panic(fmt.Sprintf("sparse: Solve: vectors of %d and %d entries: want %d", len(x), len(b), n))
	}
	var res Result
	norm := norm2(b)
	if norm == 0 {
		clear(x)
		return res, nil
	}
	r := it.vectors[0]
	smallest := math.Inf(1)
	for it.restarts = 0; ; it.restarts++ {
		it.residual(r, b, x)
		res.Residual = norm2(r) / norm
		if res.Residual <= it.tolerance {
			return res, nil
		}
		if res.Residual < smallest {
			smallest = res.Residual
			copy(it.best, x)
		} else {
			copy(x, it.best)
			it.residual(r, b, x)
			res.Residual = smallest
		}
		if it.restarts == maxRestarts || res.Iterations >= it.limit || smallest-smallest != 0 {
			break
		}
		res.Iterations = it.run(x, norm, res.Iterations)
	}
	return res, fmt.Errorf("sparse: %s: residual %.3g after %d iterations, want %.3g: %w",
		it.name, res.Residual, res.Iterations, it.tolerance, ErrNotConverged)
}

// residual writes b − A x to r.
func (it *iteration) residual(r, b, x []float64) {
	it.a.Mul(r, x)
	floats.SubTo(r, b, r)
}

// norm2 returns ‖x‖₂. The fast sum of squares serves unless it leaves the range.
func norm2(x []float64) float64 {
	s := floats.Dot(x, x)
	if s > 0x1p-900 && s < 0x1p900 {
		return math.Sqrt(s)
	}
	return floats.Norm(x, 2)
}

// PCG solves symmetric positive definite systems by preconditioned conjugate
// gradients.
type PCG struct{ iteration }

// NewPCG returns a solver for a with the preconditioner m, which is symmetric
// positive definite too: IC or Jacobi. m must be factored before each Solve that
// follows a change of a.
func NewPCG(a Operator, m Preconditioner, s *Settings) *PCG {
	c := &PCG{newIteration(a, m, s, 4)}
	c.name, c.run = "conjugate gradients", c.cycle
	return c
}

// Solve solves A x = b, starting from x. On an error that wraps ErrNotConverged x
// is the last iterate.
func (c *PCG) Solve(x, b []float64) (Result, error) {
	return c.solve(x, b)
}

// cycle iterates from x; see solve.
func (c *PCG) cycle(x []float64, norm float64, done int) int {
	r, z, p, q := c.vectors[0], c.vectors[1], c.vectors[2], c.vectors[3]
	c.m.Apply(z, r)
	copy(p, z)
	rz := floats.Dot(r, z)
	for done < c.limit {
		done++
		c.a.Mul(q, p)
		alpha := rz / floats.Dot(p, q)
		if !(alpha > 0) || math.IsInf(alpha, 0) { // not positive definite, or at rounding
			return done
		}
		floats.AddScaled(x, alpha, p)
		floats.AddScaled(r, -alpha, q)
		if norm2(r) <= c.tolerance*norm {
			return done
		}
		c.m.Apply(z, r)
		next := floats.Dot(r, z)
		beta := next / rz
		rz = next
		for i, v := range z {
			p[i] = v + beta*p[i]
		}
	}
	return done
}

// hopeless is the residual, relative to the right-hand side, at which a cycle of BiCGStab
// ends: rounding of the coefficients has been multiplied as much.
const hopeless = 1e6

// BiCGStab solves systems without symmetry by van der Vorst's stabilised
// biconjugate gradients, preconditioned on the right.
type BiCGStab struct{ iteration }

// NewBiCGStab returns a solver for a with the preconditioner m: ILU or Jacobi. m
// must be factored before each Solve that follows a change of a.
func NewBiCGStab(a Operator, m Preconditioner, s *Settings) *BiCGStab {
	c := &BiCGStab{newIteration(a, m, s, 6)}
	c.name, c.run = "BiCGStab", c.cycle
	return c
}

// Solve solves A x = b, starting from x. On an error that wraps ErrNotConverged x
// is the last iterate.
func (s *BiCGStab) Solve(x, b []float64) (Result, error) {
	return s.solve(x, b)
}

// cycle iterates from x; see solve.
func (s *BiCGStab) cycle(x []float64, norm float64, done int) int {
	r, shadow, p, v, y, t := s.vectors[0], s.vectors[1], s.vectors[2], s.vectors[3], s.vectors[4], s.vectors[5]
	copy(shadow, r)
	if s.restarts > 0 { // after a breakdown, with another shadow
		size := norm2(r) / math.Sqrt(float64(len(r)))
		for i := range shadow {
			shadow[i] += size * float64(1+(i+s.restarts)%3)
		}
	}
	copy(p, r)
	rho := floats.Dot(shadow, r)
	for done < s.limit {
		done++
		s.m.Apply(y, p)
		s.a.Mul(v, y)
		alpha := rho / floats.Dot(shadow, v)
		if alpha-alpha != 0 || alpha == 0 {
			return done
		}
		floats.AddScaled(x, alpha, y)
		floats.AddScaled(r, -alpha, v)
		if norm2(r) <= s.tolerance*norm {
			return done
		}
		s.m.Apply(y, r)
		s.a.Mul(t, y)
		omega := floats.Dot(t, r) / floats.Dot(t, t)
		if omega-omega != 0 || omega == 0 {
			return done
		}
		floats.AddScaled(x, omega, y)
		floats.AddScaled(r, -omega, t)
		if size := norm2(r); size <= s.tolerance*norm || !(size <= hopeless*norm) {
			return done
		}
		next := floats.Dot(shadow, r)
		beta := next / rho * (alpha / omega)
		rho = next
		if beta-beta != 0 || beta == 0 {
			return done
		}
		for i, w := range v {
			p[i] = r[i] + beta*(p[i]-omega*w)
		}
	}
	return done
}
