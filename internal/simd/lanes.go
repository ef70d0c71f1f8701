package simd

import (
	"math"
	"unsafe"
)

// Float is the type of the elements of lane vectors.
type Float interface{ float32 | float64 }

// vectorBytes is the size of a lane vector.
const vectorBytes = 64

// Lanes returns the number of elements of a lane vector, eight doubles or sixteen floats.
// The functions on lane vectors do the same to so many problems side by side, such as
// heads of attention: element l of every vector belongs to problem l, so no value ever
// crosses lanes. A matrix of such problems is a slice of vectors. Products are fused with
// sums here. Doubles have the same bytes on all paths, plain Go using math.FMA. Floats
// have the same bytes on all vector paths; plain Go rounds a sum to a double before it
// rounds it to a float, which changes the last bit about once in 10⁹ operations.
func Lanes[T Float]() int { return vectorBytes / size[T]() }

func size[T Float]() int {
	var x T
	return int(unsafe.Sizeof(x))
}

// Mix describes
//
//	dst[t,r] = Σ_s x[t,s]·c[t,s,r],    t < T, r < R, s < S,
//
// with lane vectors x and dst and numbers c that all lanes share, or dst += with Add.
// Strides of x and dst count vectors, those of c numbers.
type Mix[E Float] struct {
	T, R, S    int
	DstT, DstR int
	XT, XS     int
	CT, CS, CR int
	Add        bool

	shape     mixShape
	dst, x, c int // lengths needed
}

// mixShape is what the vector code wants to know, strides in bytes.
type mixShape struct {
	T, R, S    int
	dstT, dstR int
	xT, xS     int
	cT, cS, cR int
	add        int
}

// Bind checks the shape and makes it ready for Do.
func (m Mix[E]) Bind() *Mix[E] {
	if m.T < 0 || m.R < 0 || m.S < 0 || m.DstT < 0 || m.DstR < 0 || m.XT < 0 || m.XS < 0 || m.CT < 0 || m.CS < 0 || m.CR < 0 {
		panic("simd: Mix: negative shape")
	}
	const v = vectorBytes
	e := size[E]()
	m.shape = mixShape{m.T, m.R, m.S, m.DstT * v, m.DstR * v, m.XT * v, m.XS * v, m.CT * e, m.CS * e, m.CR * e, 0}
	if m.Add {
		m.shape.add = 1
	}
	if m.T*m.R > 0 {
		m.dst = Lanes[E]() * ((m.T-1)*m.DstT + (m.R-1)*m.DstR + 1)
		if m.S > 0 {
			m.x = Lanes[E]() * ((m.T-1)*m.XT + (m.S-1)*m.XS + 1)
			m.c = (m.T-1)*m.CT + (m.S-1)*m.CS + (m.R-1)*m.CR + 1
		}
	}
	return &m
}

// Do computes dst, which must not overlap x. It panics if a slice is too short.
func (m *Mix[E]) Do(dst, x, c []E) {
	if m.dst == 0 {
		return
	}
	if len(dst) < m.dst || len(x) < m.x || len(c) < m.c {
		panic("simd: Mix: a slice is shorter than its shape")
	}
	if m.S == 0 || !mixVector(dst, x, c, &m.shape) {
		mixGo(dst, x, c, m)
	}
}

// fma returns x·y + z, rounded once in doubles.
func fma[E Float](x, y, z E) E {
	if size[E]() == 8 {
		return E(math.FMA(float64(x), float64(y), float64(z)))
	}
	return E(float64(x)*float64(y) + float64(z)) // the product is exact
}

func mixGo[E Float](dst, x, c []E, m *Mix[E]) {
	lanes := Lanes[E]()
	for t := range m.T {
		for r := range m.R {
			d := dst[(t*m.DstT+r*m.DstR)*lanes:][:lanes]
			if !m.Add {
				clear(d)
			}
			for s := range m.S {
				v, k := x[(t*m.XT+s*m.XS)*lanes:][:lanes], c[t*m.CT+s*m.CS+r*m.CR]
				for l, y := range v {
					d[l] = fma(y, k, d[l])
				}
			}
		}
	}
}

// Outer describes products of matrices, one in each lane,
//
//	dst[r,c] += Σ_s x[r,s]·y[s,c],    r < R, c < C, s < S.
//
// All strides count vectors.
type Outer[E Float] struct {
	R, C, S    int
	DstR, DstC int
	XR, XS     int
	YS, YC     int

	shape     outerShape
	dst, x, y int // lengths needed
}

// outerShape is what the vector code wants to know, strides in bytes.
type outerShape struct {
	C, S       int
	dstR, dstC int
	xR, xS     int
	yS, yC     int
}

// Bind checks the shape and makes it ready for Do.
func (o Outer[E]) Bind() *Outer[E] {
	if o.R < 0 || o.C < 0 || o.S < 0 || o.DstR < 0 || o.DstC < 0 || o.XR < 0 || o.XS < 0 || o.YS < 0 || o.YC < 0 {
		panic("simd: Outer: negative shape")
	}
	const v = vectorBytes
	o.shape = outerShape{o.C, o.S, o.DstR * v, o.DstC * v, o.XR * v, o.XS * v, o.YS * v, o.YC * v}
	if o.R*o.C*o.S > 0 {
		o.dst = Lanes[E]() * ((o.R-1)*o.DstR + (o.C-1)*o.DstC + 1)
		o.x = Lanes[E]() * ((o.R-1)*o.XR + (o.S-1)*o.XS + 1)
		o.y = Lanes[E]() * ((o.S-1)*o.YS + (o.C-1)*o.YC + 1)
	}
	return &o
}

// Do adds to dst, which must not overlap x or y. It panics if a slice is too short.
func (o *Outer[E]) Do(dst, x, y []E) {
	if o.dst == 0 {
		return
	}
	if len(dst) < o.dst || len(x) < o.x || len(y) < o.y {
		panic("simd: Outer: a slice is shorter than its shape")
	}
	if !outerVector(dst, x, y, o) {
		outerGo(dst, x, y, o)
	}
}

func outerGo[E Float](dst, x, y []E, o *Outer[E]) {
	lanes := Lanes[E]()
	for r := range o.R {
		for c := range o.C {
			d := dst[(r*o.DstR+c*o.DstC)*lanes:][:lanes]
			for s := range o.S {
				a, b := x[(r*o.XR+s*o.XS)*lanes:][:lanes], y[(s*o.YS+c*o.YC)*lanes:][:lanes]
				for l, v := range a {
					d[l] = fma(v, b[l], d[l])
				}
			}
		}
	}
}

// LaneSoftmax replaces the vectors of x by their softmax over the vectors: in each lane
// l, x[j,l] becomes exp(x[j,l] − max_j)/Σ. Entries more than 708 below the largest, 87 for
// floats, count as so far below. NaN in a lane makes all of the lane NaN. The relative
// error is a few ulp beside that of the differences.
func LaneSoftmax[E Float](x []E) {
	if len(x)%Lanes[E]() != 0 {
		panic("simd: LaneSoftmax: want whole vectors")
	}
	if len(x) == 0 || softmaxVector(x) {
		return
	}
	softmaxGo(x)
}

// expRange returns what bounds |x| in expm1Fused.
func expRange[E Float]() E {
	if size[E]() == 4 {
		return expFast32
	}
	return E(expFast)
}

func softmaxGo[E Float](x []E) {
	lanes, low := Lanes[E](), -expRange[E]()
	for l := range lanes {
		top := x[l]
		for j := l + lanes; j < len(x); j += lanes {
			if x[j] > top {
				top = x[j]
			}
		}
		var sum E
		for j := l; j < len(x); j += lanes {
			v := x[j] - top
			if low > v {
				v = low
			}
			scale, p := expm1Fused(v)
			x[j] = fma(scale, p, scale)
			sum += x[j]
		}
		share := 1 / sum
		for j := l; j < len(x); j += lanes {
			x[j] *= share
		}
	}
}

// expm1Fused returns 2ᵏ and eʳ − 1, with fused operations, of x = k log 2 + r in
// [−expFast, expFast], or [−expFast32, expFast32] for floats, or NaN.
func expm1Fused[E Float](x E) (scale, p E) {
	if size[E]() == 4 {
		t := fma(x, math.Log2E, toInt32)
		k := t - toInt32
		scale = E(math.Float32frombits((math.Float32bits(float32(t)) + 127) << 23))
		r := fma(-k, ln2Lo32, fma(-k, ln2Hi32, x))
		s := r * r
		p = fma(s, h4, fma(r, h3, h2))
		p = fma(s, p, fma(r, h1, h0))
		return scale, fma(s, p, r)
	}
	t := fma(x, math.Log2E, toInt)
	k := t - toInt
	scale = E(math.Float64frombits((math.Float64bits(float64(t)) + 1023) << 52))
	r := fma(-k, ln2Lo, fma(-k, ln2Hi, x))
	s := r * r
	p = fma(r, q9, q8)
	p = fma(s, p, fma(r, q7, q6))
	p = fma(s, p, fma(r, q5, q4))
	p = fma(s, p, fma(r, q3, q2))
	p = fma(s, p, fma(r, q1, q0))
	return scale, fma(s, p, r)
}

// Of floats: see toInt, expFast and the package comment. ln2Hi32 has 13 trailing zero
// bits. The polynomial of degree 4 approximates q to 0.16·2⁻²⁴ in eʳ (derived likewise).
const (
	toInt32   = 0x1.8p23
	expFast32 = 87
	ln2Hi32   = 0x1.62ep-1
	ln2Lo32   = 0x1.0bfbe8p-15
	h0        = 0.5
	h1        = 0x1.5554dep-3
	h2        = 0x1.55551ap-5
	h3        = 0x1.120b62p-7
	h4        = 0x1.6d10fcp-10
)

// LaneExp writes exp(c x) of every element of x, whole lane vectors, to dst, which may be
// x itself. The error is below 2 ulp beside that of the product; products beyond ±708, ±87
// for floats, count as these. NaN stays NaN.
func LaneExp[E Float](dst, x []E, c E) {
	if len(dst) != len(x) || len(x)%Lanes[E]() != 0 {
		panic("simd: LaneExp: want as many whole vectors")
	}
	if len(x) == 0 || expVector(dst, x, c) {
		return
	}
	end := expRange[E]()
	for i, v := range x {
		scale, p := expm1Fused(max(-end, min(end, c*v)))
		dst[i] = fma(scale, p, scale)
	}
}

// LaneInverse replaces every element of x, whole lane vectors, by its inverse.
func LaneInverse[E Float](x []E) {
	if len(x)%Lanes[E]() != 0 {
		panic("simd: LaneInverse: want whole vectors")
	}
	if len(x) == 0 || inverseVector(x) {
		return
	}
	for i, v := range x {
		x[i] = 1 / v
	}
}

// LaneTilt replaces the vectors r_j by p_j·(r_j − Σ_k p_k r_k), the derivative of a softmax p
// against r.
func LaneTilt[E Float](r, p []E) {
	if len(r) != len(p) || len(r)%Lanes[E]() != 0 {
		panic("simd: LaneTilt: want as many whole vectors")
	}
	if len(r) == 0 || tiltVector(r, p) {
		return
	}
	tiltGo(r, p)
}

func tiltGo[E Float](r, p []E) {
	lanes := Lanes[E]()
	for l := range lanes {
		var sum E
		for j := l; j < len(r); j += lanes {
			sum = fma(p[j], r[j], sum)
		}
		for j := l; j < len(r); j += lanes {
			r[j] = p[j] * (r[j] - sum)
		}
	}
}

// LaneTanh writes the hyperbolic tangent of every element of x, whole lane vectors, to
// dst, which may be x itself. Of floats the error is below 3 ulp; of doubles it is Tanh.
func LaneTanh[E Float](dst, x []E) {
	if len(dst) != len(x) || len(x)%Lanes[E]() != 0 {
		panic("simd: LaneTanh: want as many whole vectors")
	}
	if len(x) == 0 || tanhVector(dst, x) {
		return
	}
	for i, v := range x {
		a := min(E(math.Abs(float64(v))), 10) // NaN stays
		scale, p := expm1Fused(a + a)
		e := fma(scale, p, scale-1)
		dst[i] = E(math.Copysign(float64(e/(e+2)), float64(v)))
	}
}
