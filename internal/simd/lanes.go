package simd

import "math"

// Lanes is the number of doubles of a lane vector. The functions on lane vectors do the
// same to eight problems side by side, such as eight heads of attention: element l of
// every vector belongs to problem l, so no value ever crosses lanes. A matrix of such
// problems is a slice of vectors, Lanes numbers each. Products are fused with sums
// here, in plain Go by math.FMA, so that all paths give the same bytes.
const Lanes = 8

// Mix describes
//
//	dst[t,r] = Σ_s x[t,s]·c[t,s,r],    t < T, r < R, s < S,
//
// with lane vectors x and dst and numbers c that all lanes share, or dst += with Add.
// Strides of x and dst count vectors, those of c numbers.
type Mix struct {
	T, R, S        int
	DstT, DstR     int
	XT, XS         int
	CT, CS, CR     int
	Add            bool
	b              [9]int // strides in bytes: DstT, DstR, XT, XS, CT, CS, CR, and Add, for vector code
	dst, x, c, lim int    // lengths needed
}

// Bind checks the shape and makes it ready for Do.
func (m Mix) Bind() *Mix {
	if m.T < 0 || m.R < 0 || m.S < 0 || m.DstT < 0 || m.DstR < 0 || m.XT < 0 || m.XS < 0 || m.CT < 0 || m.CS < 0 || m.CR < 0 {
		panic("simd: Mix: negative shape")
	}
	v := 8 * Lanes
	m.b = [9]int{m.DstT * v, m.DstR * v, m.XT * v, m.XS * v, 8 * m.CT, 8 * m.CS, 8 * m.CR}
	if m.Add {
		m.b[7] = 1
	}
	if m.lim = m.T * m.R; m.lim > 0 {
		m.dst = Lanes * ((m.T-1)*m.DstT + (m.R-1)*m.DstR + 1)
		if m.S > 0 {
			m.x = Lanes * ((m.T-1)*m.XT + (m.S-1)*m.XS + 1)
			m.c = (m.T-1)*m.CT + (m.S-1)*m.CS + (m.R-1)*m.CR + 1
		}
	}
	return &m
}

// Do computes dst, which must not overlap x. It panics if a slice is too short.
func (m *Mix) Do(dst, x, c []float64) {
	if m.lim == 0 {
		return
	}
	if len(dst) < m.dst || len(x) < m.x || len(c) < m.c {
		panic("simd: Mix: a slice is shorter than its shape")
	}
	if m.S > 0 && mixVector(dst, x, c, m) {
		return
	}
	mixGo(dst, x, c, m)
}

func mixGo(dst, x, c []float64, m *Mix) {
	for t := range m.T {
		for r := range m.R {
			d := dst[(t*m.DstT+r*m.DstR)*Lanes:][:Lanes]
			if !m.Add {
				clear(d)
			}
			for s := range m.S {
				v, k := x[(t*m.XT+s*m.XS)*Lanes:][:Lanes], c[t*m.CT+s*m.CS+r*m.CR]
				for l, y := range v {
					d[l] = math.FMA(y, k, d[l])
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
type Outer struct {
	R, C, S    int
	DstR, DstC int
	XR, XS     int
	YS, YC     int
	b          [8]int // C, S and the strides DstR, DstC, XR, XS, YS, YC in bytes
	dst, x, y  int    // lengths needed
}

// Bind checks the shape and makes it ready for Do.
func (o Outer) Bind() *Outer {
	if o.R < 0 || o.C < 0 || o.S < 0 || o.DstR < 0 || o.DstC < 0 || o.XR < 0 || o.XS < 0 || o.YS < 0 || o.YC < 0 {
		panic("simd: Outer: negative shape")
	}
	v := 8 * Lanes
	o.b = [8]int{o.C, o.S, o.DstR * v, o.DstC * v, o.XR * v, o.XS * v, o.YS * v, o.YC * v}
	if o.R*o.C*o.S > 0 {
		o.dst = Lanes * ((o.R-1)*o.DstR + (o.C-1)*o.DstC + 1)
		o.x = Lanes * ((o.R-1)*o.XR + (o.S-1)*o.XS + 1)
		o.y = Lanes * ((o.S-1)*o.YS + (o.C-1)*o.YC + 1)
	}
	return &o
}

// Do adds to dst, which must not overlap x or y. It panics if a slice is too short.
func (o *Outer) Do(dst, x, y []float64) {
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

func outerGo(dst, x, y []float64, o *Outer) {
	for r := range o.R {
		for c := range o.C {
			d := dst[(r*o.DstR+c*o.DstC)*Lanes:][:Lanes]
			for s := range o.S {
				a, b := x[(r*o.XR+s*o.XS)*Lanes:][:Lanes], y[(s*o.YS+c*o.YC)*Lanes:][:Lanes]
				for l, v := range a {
					d[l] = math.FMA(v, b[l], d[l])
				}
			}
		}
	}
}

// LaneSoftmax replaces the vectors of x by their softmax over the vectors: in each lane
// l, x[j,l] becomes exp(x[j,l] − max_j)/Σ. Entries more than 708 below the largest count as
// 708 below. NaN in a lane makes all of the lane NaN. The relative error is a few
// ulp beside that of the differences.
func LaneSoftmax(x []float64) {
	if len(x)%Lanes != 0 {
		panic("simd: LaneSoftmax: want whole vectors")
	}
	if len(x) == 0 || softmaxVector(x) {
		return
	}
	softmaxGo(x)
}

func softmaxGo(x []float64) {
	for l := range Lanes {
		top := x[l]
		for j := l + Lanes; j < len(x); j += Lanes {
			if x[j] > top {
				top = x[j]
			}
		}
		sum := 0.0
		for j := l; j < len(x); j += Lanes {
			v := x[j] - top
			if -expFast > v {
				v = -expFast
			}
			x[j] = expFused(v)
			sum += x[j]
		}
		share := 1 / sum
		for j := l; j < len(x); j += Lanes {
			x[j] *= share
		}
	}
}

// expFused is exp for −expFast ≤ x ≤ expFast or NaN, with fused operations.
func expFused(x float64) float64 {
	t := math.FMA(x, math.Log2E, toInt)
	k := t - toInt
	scale := math.Float64frombits((math.Float64bits(t) + 1023) << 52)
	r := math.FMA(-k, ln2Lo, math.FMA(-k, ln2Hi, x))
	s := r * r
	p := math.FMA(r, q9, q8)
	p = math.FMA(s, p, math.FMA(r, q7, q6))
	p = math.FMA(s, p, math.FMA(r, q5, q4))
	p = math.FMA(s, p, math.FMA(r, q3, q2))
	p = math.FMA(s, p, math.FMA(r, q1, q0))
	return math.FMA(scale, math.FMA(s, p, r), scale)
}

// LaneTilt replaces the vectors r_j by p_j·(r_j − Σ_k p_k r_k), the derivative of a softmax p
// against r.
func LaneTilt(r, p []float64) {
	if len(r) != len(p) || len(r)%Lanes != 0 {
		panic("simd: LaneTilt: want as many whole vectors")
	}
	if len(r) == 0 || tiltVector(r, p) {
		return
	}
	tiltGo(r, p)
}

func tiltGo(r, p []float64) {
	for l := range Lanes {
		sum := 0.0
		for j := l; j < len(r); j += Lanes {
			sum = math.FMA(p[j], r[j], sum)
		}
		for j := l; j < len(r); j += Lanes {
			r[j] = p[j] * (r[j] - sum)
		}
	}
}
