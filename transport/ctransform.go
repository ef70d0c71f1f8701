package transport

import (
	"math"

	"pdesolve/grid"
)

// CTransform writes the c-transform for c = |x − y|²/2 between the cell centers of a
// grid,
//
//	φᶜ(x) = min_y |x − y|²/2 − φ(y),
//
// to dst and returns it; nil allocates. It is taken axis after axis, each line in
// linear time as a lower envelope [FH12]. Where φ is −∞ there is no y; where it is
// +∞ the transform is −∞ everywhere. dst may be phi. It panics if an axis is graded.
func CTransform(dst, phi []float64, g *grid.Grid) []float64 {
	return cTransform(dst, phi, g, false)
}

// SmoothCTransform is CTransform for φ as a function on the box and not only on the cell
// centers: along each axis, the minimum over centers is replaced by that of the parabola
// through the values at it and its two neighbours (derived). Where φ has three
// derivatives the result is exact to O(h³), to rounding for a quadratic φ, where
// CTransform is only exact to O(h²); its differences give the optimal map, y − ∇φᶜ(y).
// It is never above CTransform. Conventions are the same.
func SmoothCTransform(dst, phi []float64, g *grid.Grid) []float64 {
	return cTransform(dst, phi, g, true)
}

func cTransform(dst, phi []float64, g *grid.Grid, smooth bool) []float64 {
	if dst == nil {
		dst = make([]float64, g.Len())
	}
	if len(dst) != g.Len() || len(phi) != g.Len() {
		panic("transport: CTransform: lengths do not fit the grid")
	}
	for i, v := range phi {
		dst[i] = -v
	}
	for k := range g.Dim() {
		envelopes(dst, g.Axis(k).N, g.Stride(k), g.Axis(k).H(), smooth)
	}
	return dst
}

// envelopeColumns is the number of strided lines that are copied together.
const envelopeColumns = 8

// envelopes replaces each line of an axis of n cells of width h by its lower
// envelope of parabolas, interpolated between them if smooth.
func envelopes(x []float64, n, stride int, h float64, smooth bool) {
	c := h * h / 2
	columns := min(envelopeColumns, stride)
	groups := (stride + columns - 1) / columns
	parallel(groups*(len(x)/(n*stride)), func(lo, hi int) {
		e := newEnvelope(n, smooth)
		block := make([]float64, n*columns)
		for at := lo; at < hi; at++ {
			if stride == 1 {
				line := x[at*n : (at+1)*n]
				e.transform(line, line, c)
				continue
			}
			column := at % groups * columns
			base := at/groups*n*stride + column
			count := min(columns, stride-column)
			for i := range n {
				for k, v := range x[base+i*stride:][:count] {
					block[k*n+i] = v
				}
			}
			for k := range count {
				line := block[k*n : (k+1)*n]
				e.transform(line, line, c)
			}
			for i := range n {
				row := x[base+i*stride:][:count]
				for k := range row {
					row[k] = block[k*n+i]
				}
			}
		}
	})
}

// envelope is scratch for lines of n values.
type envelope struct {
	at     []int32   // positions of the parabolas on the envelope
	height []float64 // f_j + c j² of these
	value  []float64 // f_j of these
	line   []float64 // a copy of f; nil if the result is not to be smooth
}

func newEnvelope(n int, smooth bool) *envelope {
	e := &envelope{at: make([]int32, n), height: make([]float64, n), value: make([]float64, n)}
	if smooth {
		e.line = make([]float64, n)
	}
	return e
}

// transform writes min_j f_j + c(i − j)² to dst[i]; dst may be f. Because
//
//	f_j + c(i − j)² = c i² + (f_j + c j²) − 2c i j,
//
// the minimum for all i follows from the lower convex hull of the points (j, f_j + c j²)
// (derived; the lower envelope of parabolas of [FH12] without divisions): j is best at i
// where the hull's slope passes 2c i. A value of −∞ makes the whole line −∞; +∞ and NaN
// never are the minimum.
func (e *envelope) transform(dst, f []float64, c float64) {
	n := 0
	at, height, value := e.at, e.height, e.value
	for j, v := range f {
		if !(v < math.Inf(1)) {
			continue
		}
		if math.IsInf(v, -1) {
			for i := range dst {
				dst[i] = v
			}
			return
		}
		y := v + c*float64(j)*float64(j)
		for n >= 2 && (height[n-1]-height[n-2])*float64(j-int(at[n-1])) >= (y-height[n-1])*float64(at[n-1]-at[n-2]) {
			n--
		}
		at[n], height[n], value[n] = int32(j), y, v
		n++
	}
	if n == 0 {
		for i := range dst {
			dst[i] = math.Inf(1)
		}
		return
	}
	if e.line != nil {
		e.between(dst, f, n, c)
		return
	}
	k := 0
	for i := range dst {
		slope := 2 * c * float64(i)
		for k+1 < n && height[k+1]-height[k] <= slope*float64(at[k+1]-at[k]) {
			k++
		}
		z := float64(i - int(at[k]))
		dst[i] = value[k] + c*z*z
	}
}

// between is the second half of transform for a smooth result. With f_j + c(i − j)² least
// at j, let a, b ≥ 0 be what it is more at j − 1 and j + 1. The parabola through the
// three is least by (b − a)²/(8(a + b)) less than at j, at most half a cell away.
func (e *envelope) between(dst, f []float64, n int, c float64) {
	at, height, value := e.at[:n], e.height[:n], e.value[:n]
	line := e.line[:copy(e.line, f)]
	k := 0
	for i := range dst {
		slope := 2 * c * float64(i)
		for k+1 < n && height[k+1]-height[k] <= slope*float64(at[k+1]-at[k]) {
			k++
		}
		j := int(at[k])
		z := float64(i - j)
		least := value[k] + c*z*z
		if j > 0 && j < len(line)-1 {
			a := line[j-1] + c*(z+1)*(z+1) - least
			b := line[j+1] + c*(z-1)*(z-1) - least
			if s := a + b; s > 0 && s < math.Inf(1) {
				least -= (b - a) * (b - a) / (8 * s)
			}
		}
		dst[i] = least
	}
}
