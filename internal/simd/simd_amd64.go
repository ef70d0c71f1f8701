//go:build amd64 && !purego

package simd

import "golang.org/x/sys/cpu"

// useAVX2 is whether the vector code runs, and useAVX512 whether it takes registers of 64
// bytes. GODEBUG=cpu.avx512f=off, cpu.avx2=off or the build tag purego switch them off;
// the results are the same bytes.
var (
	useAVX2   = cpu.X86.HasAVX2
	useAVX512 = useAVX2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ
)

// maxStrip is the length after which the vector code returns, because it cannot be
// preempted.
const maxStrip = 4096

// The kernels of internal/asm for Exp and Tanh treat leading groups of eight elements and
// return how many elements they did: not those from the first group on that has an element
// beyond expFast or tanhOne.

func expSlice(dst, x []float64) {
	for useAVX2 && len(x) >= 8 && len(dst) >= 8 {
		n, k := min(len(x), maxStrip), 0
		if useAVX512 {
			k = expAVX512(dst[:n], x[:n])
		} else {
			k = expAVX2(dst[:n], x[:n])
		}
		if k == 0 {
			k = 8
			expGo(dst[:k], x[:k])
		}
		dst, x = dst[k:], x[k:]
	}
	expGo(dst, x)
}

func tanhSlice(dst, x []float64) {
	for useAVX2 && len(x) >= 8 && len(dst) >= 8 {
		n, k := min(len(x), maxStrip), 0
		if useAVX512 {
			k = tanhAVX512(dst[:n], x[:n])
		} else {
			k = tanhAVX2(dst[:n], x[:n])
		}
		if k == 0 {
			k = 8
			tanhGo(dst[:k], x[:k])
		}
		dst, x = dst[k:], x[k:]
	}
	tanhGo(dst, x)
}

// addScaledHead returns how many elements it has treated.
func addScaledHead(dst []float64, alpha float64, x []float64) (k int) {
	for useAVX2 && len(x)-k >= 4 {
		to := min(len(x), k+maxStrip)
		if useAVX512 {
			k += addScaledAVX512(dst[k:to], alpha, x[k:to])
		} else {
			k += addScaledAVX2(dst[k:to], alpha, x[k:to])
		}
	}
	return k
}

// dotHead is not cut into strips, which would change the order of the sum; it takes
// less than a millisecond for 2²² elements.
func dotHead(x, y []float64) (sum float64, k int) {
	k = len(x) &^ 15
	if !useAVX2 || k == 0 {
		return dotGo(x, y)
	}
	return dotAVX2(x, y), k
}
