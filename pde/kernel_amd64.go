//go:build amd64 && !purego

package pde

import "golang.org/x/sys/cpu"

// useAVX2 is whether the vector kernels run. GODEBUG=cpu.avx2=off or the build tag
// purego switches them off; the results are the same bytes.
var useAVX2 = cpu.X86.HasAVX2

// useAVX512 is whether the kernels that have a variant for vectors of eight run it.
// GODEBUG=cpu.avx512f=off switches it off.
var useAVX512 = useAVX2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ

// eights returns how many of n elements go to the kernels for vectors of eight.
func eights(n int) int {
	if !useAVX512 {
		return 0
	}
	return n &^ 7
}

// vectorised returns how many of n elements go to the vector kernels: those in
// whole groups of four.
func vectorised(n int) int {
	if !useAVX2 {
		return 0
	}
	return n &^ 3
}

// The kernels of internal/asm, by limiter; those of a pair without and with means.
var (
	crossAVX2        = [...]func(*crossing) int{crossConstantAVX2, crossMinmodAVX2, crossVanLeerAVX2, crossKorenAVX2, crossThirdAVX2}
	alongAVX2        = [...][2]func(*crossing) int{{alongConstantAVX2, alongMeanConstantAVX2}, {alongMinmodAVX2, alongMeanMinmodAVX2}, {alongVanLeerAVX2, alongMeanVanLeerAVX2}, {alongKorenAVX2, alongMeanKorenAVX2}, {alongThirdAVX2, alongMeanThirdAVX2}}
	crossAVX512      = [...]func(*crossing){crossConstantAVX512, crossMinmodAVX512, crossVanLeerAVX512, crossKorenAVX512, crossThirdAVX512}
	alongAVX512      = [...][2]func(*crossing){{alongConstantAVX512, alongMeanConstantAVX512}, {alongMinmodAVX512, alongMeanMinmodAVX512}, {alongVanLeerAVX512, alongMeanVanLeerAVX512}, {alongKorenAVX512, alongMeanKorenAVX512}, {alongThirdAVX512, alongMeanThirdAVX512}}
	crossAlongAVX512 = [...][2]func(*crossing){{crossAlongConstantAVX512, crossAlongMeanConstantAVX512}, {crossAlongMinmodAVX512, crossAlongMeanMinmodAVX512}, {crossAlongVanLeerAVX512, crossAlongMeanVanLeerAVX512}, {crossAlongKorenAVX512, crossAlongMeanKorenAVX512}, {crossAlongThirdAVX512, crossAlongMeanThirdAVX512}}
)

// option returns the index of the kernel without or with means.
func option(mean bool) int {
	if mean {
		return 1
	}
	return 0
}

// cross treats an axis whose neighbours are other rows; see crossing.
func cross(x *crossing) {
	switch {
	case useAVX512:
		crossAVX512[x.limiter.kind](x)
	case useAVX2:
		crossGo(x, crossAVX2[x.limiter.kind](x))
	default:
		crossGo(x, 0)
	}
}

// along treats the last axis; see crossing.
func along(x *crossing) {
	switch {
	case x.metric != nil:
		alongGo(x, 0)
	case useAVX512:
		alongAVX512[x.limiter.kind][option(x.mean)](x)
	case useAVX2:
		alongGo(x, alongAVX2[x.limiter.kind][option(x.mean)](x))
	default:
		alongGo(x, 0)
	}
}

// crossAlong treats one of the former axes and then the last; see crossing.
func crossAlong(x *crossing) {
	if useAVX512 && x.metric == nil {
		crossAlongAVX512[x.limiter.kind][option(x.mean)](x)
		return
	}
	crossAlongGo(x)
}

func drains(w, p, lo, hi []float64, c float64) {
	n := len(w)
	p, lo, hi = p[:n], lo[:n], hi[:n]
	k := vectorised(n)
	if k > 0 {
		drainsAVX2(&w[0], &p[0], &lo[0], &hi[0], k, c)
	}
	if k < n {
		drainsGo(w[k:], p[k:], lo[k:], hi[k:], c)
	}
}

func drainSums(w, p, lo, hi []float64, c float64) {
	n := len(w)
	p, lo, hi = p[:n], lo[:n], hi[:n]
	k := vectorised(n)
	if k > 0 {
		drainSumsAVX2(&w[0], &p[0], &lo[0], &hi[0], k, c)
	}
	if k < n {
		drainSumsGo(w[k:], p[k:], lo[k:], hi[k:], c)
	}
}

func sumMin(x []float64, s, m *lanes) {
	k := vectorised(len(x))
	if k > 0 {
		sumMinAVX2(&x[0], k, s, m)
	}
	if k < len(x) {
		sumMinGo(x[k:], s, m)
	}
}

func sumMax(x []float64, s, m *lanes) {
	k := vectorised(len(x))
	if k > 0 {
		sumMaxAVX2(&x[0], k, s, m)
	}
	if k < len(x) {
		sumMaxGo(x[k:], s, m)
	}
}

// The vector kernels take n > 0, a multiple of 4.

//go:noescape
func drainsAVX2(w, p, lo, hi *float64, n int, c float64)

//go:noescape
func drainSumsAVX2(w, p, lo, hi *float64, n int, c float64)

//go:noescape
func sumMinAVX2(x *float64, n int, s, m *lanes)

//go:noescape
func sumMaxAVX2(x *float64, n int, s, m *lanes)
