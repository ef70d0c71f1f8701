package pde

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// limiters are all of them, with a θ between 1 and 2.
var limiters = []limiter{{constant, 0, 2}, {minmod, 0.5, 2}, {minmod, 0.685, 2}, {minmod, 1, 2}, {vanLeer, 0, 2}, {koren, 0, 2.25}, {thirdOrder, 0, 2.25}}

// drawCrossing returns random arguments of a kernel on n cells, beyond which the row
// has ahead further ones.
func drawCrossing(rnd *rand.Rand, n, ahead int, l limiter) *crossing {
	density := func(n int) []float64 {
		x := awkward(rnd, n, false)
		for i, v := range x {
			x[i] = math.Abs(v)
		}
		return x
	}
	x := &crossing{
		out: density(n), src: density(n), r0: density(n + ahead), r1: density(n), r2: density(n),
		p0: awkward(rnd, n+ahead, false), p1: awkward(rnd, n, false), s: awkward(rnd, n, false), f: awkward(rnd, n, false),
		between: make([]float64, n), n: n, lam: 0.3, lamAlong: 0.7, half: l.half, margin: math.Exp(rnd.NormFloat64()),
		limiter: l, pad: newScratch(n),
	}
	x.slope[7], x.inflow[7] = rnd.NormFloat64(), rnd.NormFloat64()
	if l.kind == constant { // which neither reads nor writes slopes
		clear(x.s)
		x.slope[7] = 0
	}
	for i := range x.across {
		x.across[i], x.along[i], x.content[i] = rnd.NormFloat64(), rnd.NormFloat64(), rnd.NormFloat64()
	}
	return x
}

// clone returns a copy of x with rows of its own, each followed by a number that no
// kernel may touch.
func (x *crossing) clone() *crossing {
	y := *x
	for _, row := range y.rows() {
		n := len(*row)
		*row = append(slices.Clone(*row), 0.125)[:n]
	}
	y.pad = newScratch(x.n)
	return &y
}

func (x *crossing) rows() []*[]float64 {
	return []*[]float64{&x.out, &x.src, &x.r0, &x.r1, &x.r2, &x.p0, &x.p1, &x.s, &x.f, &x.between}
}

// The vector kernels across and along give the bits of the Go loops for every limiter
// and length, wherever the row ends, and write nothing beyond it.
func TestCrossingsAgree(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for trial := range 2400 {
		l := limiters[trial%len(limiters)]
		n, ahead := 1+rnd.IntN(45), 0
		if trial%3 == 0 {
			n, ahead = 8*(1+rnd.IntN(5)), 1+rnd.IntN(4)
		}
		start := drawCrossing(rnd, n, ahead, l)
		start.mean = trial%2 == 0
		for _, c := range []struct {
			name          string
			vector, plain func(x *crossing)
		}{
			{"cross", cross, func(x *crossing) { crossGo(x, 0) }},
			{"along", along, func(x *crossing) { alongGo(x, 0) }},
			{"crossAlong", crossAlong, func(x *crossing) {
				out := x.out
				x.out = x.between
				crossGo(x, 0)
				x.out, x.src = out, x.between
				alongGo(x, 0)
			}},
		} {
			a, b := start.clone(), start.clone()
			c.vector(a)
			c.plain(b)
			what := fmt.Sprintf("%s, %+v, %d cells, %d ahead", c.name, l, n, ahead)
			for i, row := range a.rows() {
				if row == &a.between || row == &a.src {
					continue
				}
				other := *b.rows()[i]
				sameBits(t, what, (*row)[:len(*row)+1], other[:len(other)+1])
			}
			if !start.mean {
				sameBits(t, what, a.across[:], b.across[:])
				sameBits(t, what, a.along[:], b.along[:])
				if c.name != "cross" {
					sameBits(t, what, a.content[:], b.content[:])
				}
			}
			if ahead > 0 {
				require.Equal(t, b.slope[7], a.slope[7], what)
				require.Equal(t, b.inflow[7], a.inflow[7], what)
			}
		}
	}
}

// The limited half slope keeps mid ± s between the neighbours up to a rounding,
// and non-negative exactly; that of third-order may leave them by its margin.
func TestSlopesStayBetween(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 4000 {
		r := awkward(rnd, 3, false)
		for i := range r {
			r[i] = math.Abs(r[i])
		}
		for _, l := range limiters {
			up, down := make([]float64, 1), make([]float64, 1)
			rest := 0.2 * math.Exp(rnd.NormFloat64())
			l.slopes(up, down, r[:1], r[1:2], r[2:], rest)
			margin := 0.0
			if l.kind == thirdOrder {
				margin = min(rest, r[0]/8, r[1]/8, r[2]/8)
			}
			low, high := min(r[0], r[1], r[2])-margin, max(r[0], r[1], r[2])+margin
			for _, v := range []float64{r[1] - down[0], r[1] + up[0]} {
				require.True(t, v >= 0)
				require.True(t, v >= low-1e-15*r[1] && v <= high*(1+1e-15), "%v: slopes %v %v of %v", r, up[0], down[0], l)
			}
			require.LessOrEqual(t, (r[1]-down[0])+(r[1]+up[0]), l.loss*r[1]*(1+1e-15))
		}
	}
}
