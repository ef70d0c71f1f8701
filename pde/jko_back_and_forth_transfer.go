package pde

import (
	"math"

	"pdesolve/grid"
)

// transfer moves cell values between a grid and one with fewer cells on the same box,
// axis after axis.
type transfer struct {
	fine, coarse *grid.Grid
	work         [2][]float64
}

func newTransfer(fine, coarse *grid.Grid) *transfer {
	return &transfer{fine: fine, coarse: coarse, work: [2][]float64{make([]float64, fine.Len()), make([]float64, fine.Len())}}
}

// restrict writes to dst the sums of src over the coarse cells, a fine cell that two
// share being divided, or the means if mean is set.
func (t *transfer) restrict(dst, src []float64, mean bool) {
	copy(t.work[0], src)
	from, to := t.work[0], t.work[1]
	outer, inner := 1, t.fine.Len()
	for k := range t.fine.Dim() {
		n, m := t.fine.Axis(k).N, t.coarse.Axis(k).N
		inner /= n
		clear(to[:outer*m*inner])
		ratio := float64(m) / float64(n)
		for i := range n {
			lo, hi := float64(i)*ratio, float64(i+1)*ratio
			j := min(int(lo), m-1)
			part := 1.0 // that falls into coarse cell j
			if over := hi - float64(j+1); over > 1e-12 {
				part = 1 - over/ratio
			}
			weight := [2]float64{part, 1 - part}
			if mean {
				weight[0] *= ratio
				weight[1] *= ratio
			}
			for o := range outer {
				row := from[(o*n+i)*inner:][:inner]
				for side, w := range weight {
					if w == 0 {
						continue
					}
					out := to[(o*m+j+side)*inner:][:inner]
					for c, v := range row {
						out[c] += w * v
					}
				}
			}
		}
		outer *= m
		from, to = to, from
	}
	copy(dst, from)
}

// prolong writes src, interpolated by cubics, to dst.
func (t *transfer) prolong(dst, src []float64) {
	copy(t.work[0], src)
	from, to := t.work[0], t.work[1]
	outer, inner := 1, t.coarse.Len()
	for k := range t.fine.Dim() {
		n, m := t.fine.Axis(k).N, t.coarse.Axis(k).N
		inner /= m
		for i := range n {
			x := (float64(i)+0.5)*float64(m)/float64(n) - 0.5
			first, weight := cubicWeights(x, m)
			for o := range outer {
				out := to[(o*n+i)*inner:][:inner]
				clear(out)
				for side, w := range weight {
					if w == 0 {
						continue
					}
					row := from[(o*m+first+side)*inner:][:inner]
					for c, v := range row {
						out[c] += w * v
					}
				}
			}
		}
		outer *= n
		from, to = to, from
	}
	copy(dst, from)
}

// cubicWeights returns the weights with which the values at first … first+3 of 0 … m−1
// give that of the cubic through them at x; of the straight line for m < 4.
func cubicWeights(x float64, m int) (first int, w [4]float64) {
	if m < 4 {
		if m == 1 {
			return 0, [4]float64{1}
		}
		first = min(max(int(math.Floor(x)), 0), m-2)
		z := x - float64(first)
		return first, [4]float64{1 - z, z}
	}
	first = min(max(int(math.Floor(x))-1, 0), m-4)
	z := x - float64(first)
	return first, [4]float64{
		-(z - 1) * (z - 2) * (z - 3) / 6, z * (z - 2) * (z - 3) / 2,
		-z * (z - 1) * (z - 3) / 2, z * (z - 1) * (z - 2) / 6,
	}
}
