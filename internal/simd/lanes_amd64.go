//go:build amd64 && !purego

package simd

import (
	"math"

	"golang.org/x/sys/cpu"
)

// useFMA is whether the vector code of lane vectors runs; see useAVX2.
var useFMA = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// fused are the constants of the vector code.
type fused struct {
	log2e, toInt, ln2Hi, ln2Lo, bias, low, one lane
	p0, p1, p2, p3, p4, p5, p6, p7, p8, p9     lane
}

var fusedConstants = fused{
	log2e: lanesOf(math.Log2E), toInt: lanesOf(toInt), ln2Hi: lanesOf(ln2Hi), ln2Lo: lanesOf(ln2Lo),
	bias: lanesOf(math.Float64frombits(1023)), low: lanesOf(-expFast), one: lanesOf(1),
	p0: lanesOf(q0), p1: lanesOf(q1), p2: lanesOf(q2), p3: lanesOf(q3), p4: lanesOf(q4),
	p5: lanesOf(q5), p6: lanesOf(q6), p7: lanesOf(q7), p8: lanesOf(q8), p9: lanesOf(q9),
}

//go:noescape
func mixFMA(dst, x, c *float64, m *Mix)

//go:noescape
func outer2FMA(dst, x, y *float64, o *Outer)

//go:noescape
func outer1FMA(dst, x, y *float64, o *Outer)

//go:noescape
func softmaxFMA(x *float64, n int, c *fused)

//go:noescape
func tiltFMA(r, p *float64, n int)

func mixVector(dst, x, c []float64, m *Mix) bool {
	if useFMA {
		mixFMA(&dst[0], &x[0], &c[0], m)
	}
	return useFMA
}

// outerVector takes two rows at a time.
func outerVector(dst, x, y []float64, o *Outer) bool {
	if !useFMA {
		return false
	}
	r := 0
	for ; r+2 <= o.R; r += 2 {
		outer2FMA(&dst[r*o.DstR*Lanes], &x[r*o.XR*Lanes], &y[0], o)
	}
	if r < o.R {
		outer1FMA(&dst[r*o.DstR*Lanes], &x[r*o.XR*Lanes], &y[0], o)
	}
	return true
}

func softmaxVector(x []float64) bool {
	if useFMA {
		softmaxFMA(&x[0], len(x)/Lanes, &fusedConstants)
	}
	return useFMA
}

func tiltVector(r, p []float64) bool {
	if useFMA {
		tiltFMA(&r[0], &p[0], len(r)/Lanes)
	}
	return useFMA
}
