//go:build amd64 && !purego

package simd

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// useFMA is whether the vector code of lane vectors runs, and useWide whether it takes
// registers of 64 bytes; see useAVX2.
var (
	useFMA  = cpu.X86.HasAVX2 && cpu.X86.HasFMA
	useWide = useFMA && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ
)

// at returns the address of x[i].
func at[E Float](x []E, i int) *byte { return (*byte)(unsafe.Pointer(&x[i])) }

func mixVector[E Float](dst, x, c []E, s *mixShape) bool {
	switch double := size[E]() == 8; {
	case !useFMA:
		return false
	case useWide && double:
		mix64AVX512(at(dst, 0), at(x, 0), at(c, 0), s)
	case useWide:
		mix32AVX512(at(dst, 0), at(x, 0), at(c, 0), s)
	case double:
		mix64AVX2(at(dst, 0), at(x, 0), at(c, 0), s)
	default:
		mix32AVX2(at(dst, 0), at(x, 0), at(c, 0), s)
	}
	return true
}

// outerVector takes two rows at a time.
func outerVector[E Float](dst, x, y []E, o *Outer[E]) bool {
	if !useFMA {
		return false
	}
	double := size[E]() == 8
	two, one := outer2x32AVX2, outer1x32AVX2
	switch {
	case useWide && double:
		two, one = outer2x64AVX512, outer1x64AVX512
	case useWide:
		two, one = outer2x32AVX512, outer1x32AVX512
	case double:
		two, one = outer2x64AVX2, outer1x64AVX2
	}
	lanes, r := Lanes[E](), 0
	for ; r+2 <= o.R; r += 2 {
		two(at(dst, r*o.DstR*lanes), at(x, r*o.XR*lanes), at(y, 0), &o.shape)
	}
	if r < o.R {
		one(at(dst, r*o.DstR*lanes), at(x, r*o.XR*lanes), at(y, 0), &o.shape)
	}
	return true
}

func softmaxVector[E Float](x []E) bool {
	n := len(x) / Lanes[E]()
	switch double := size[E]() == 8; {
	case !useFMA:
		return false
	case useWide && double:
		softmax64AVX512(at(x, 0), n)
	case useWide:
		softmax32AVX512(at(x, 0), n)
	case double:
		softmax64AVX2(at(x, 0), n)
	default:
		softmax32AVX2(at(x, 0), n)
	}
	return true
}

func expVector[E Float](dst, x []E, c E) bool {
	n, factor := len(x)/Lanes[E](), (*byte)(unsafe.Pointer(&c))
	switch double := size[E]() == 8; {
	case !useFMA:
		return false
	case useWide && double:
		exp64AVX512(at(dst, 0), at(x, 0), factor, n)
	case useWide:
		exp32AVX512(at(dst, 0), at(x, 0), factor, n)
	case double:
		exp64AVX2(at(dst, 0), at(x, 0), factor, n)
	default:
		exp32AVX2(at(dst, 0), at(x, 0), factor, n)
	}
	return true
}

func inverseVector[E Float](x []E) bool {
	n := len(x) / Lanes[E]()
	switch double := size[E]() == 8; {
	case !useFMA:
		return false
	case useWide && double:
		inverse64AVX512(at(x, 0), n)
	case useWide:
		inverse32AVX512(at(x, 0), n)
	case double:
		inverse64AVX2(at(x, 0), n)
	default:
		inverse32AVX2(at(x, 0), n)
	}
	return true
}

func tiltVector[E Float](r, p []E) bool {
	n := len(r) / Lanes[E]()
	switch double := size[E]() == 8; {
	case !useFMA:
		return false
	case useWide && double:
		tilt64AVX512(at(r, 0), at(p, 0), n)
	case useWide:
		tilt32AVX512(at(r, 0), at(p, 0), n)
	case double:
		tilt64AVX2(at(r, 0), at(p, 0), n)
	default:
		tilt32AVX2(at(r, 0), at(p, 0), n)
	}
	return true
}

func tanhVector[E Float](dst, x []E) bool {
	n := len(x) / Lanes[E]()
	switch double := size[E]() == 8; {
	case double:
		Tanh(any(dst).([]float64), any(x).([]float64))
	case !useFMA:
		return false
	case useWide:
		tanh32AVX512(at(dst, 0), at(x, 0), n)
	default:
		tanh32AVX2(at(dst, 0), at(x, 0), n)
	}
	return true
}
