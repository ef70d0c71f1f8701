//go:build amd64 && !purego

package pde

import "golang.org/x/sys/cpu"

// useAVX2 is whether the vector kernels run. GODEBUG=cpu.avx2=off or the build tag
// purego switches them off; the results are the same bytes.
var useAVX2 = cpu.X86.HasAVX2

// useAVX512 is whether the kernels that have a variant for vectors of eight run it.
// GODEBUG=cpu.avx512f=off switches it off.
var useAVX512 = useAVX2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ

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

// The kernels of rows return how many elements they have treated; the loops in Go do those
// that are left.

func drains(w, p, lo, hi []float64, c float64) {
	n, k := len(w), 0
	p, lo, hi = p[:n], lo[:n], hi[:n]
	switch {
	case useAVX512:
		k = drainsAVX512(w, p, lo, hi, c)
	case useAVX2:
		k = drainsAVX2(w, p, lo, hi, c)
	}
	drainsGo(w[k:], p[k:], lo[k:], hi[k:], c)
}

func drainSums(w, p, lo, hi []float64, c float64) {
	n, k := len(w), 0
	p, lo, hi = p[:n], lo[:n], hi[:n]
	switch {
	case useAVX512:
		k = drainSumsAVX512(w, p, lo, hi, c)
	case useAVX2:
		k = drainSumsAVX2(w, p, lo, hi, c)
	}
	drainSumsGo(w[k:], p[k:], lo[k:], hi[k:], c)
}

func sumMin(x []float64, s, m *lanes) {
	k := 0
	if useAVX2 {
		k = sumMinAVX2(x, s, m)
	}
	sumMinGo(x[k:], s, m)
}

func sumMax(x []float64, s, m *lanes) {
	k := 0
	if useAVX2 {
		k = sumMaxAVX2(x, s, m)
	}
	sumMaxGo(x[k:], s, m)
}
