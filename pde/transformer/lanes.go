package transformer

import (
	"math"

	"pdesolve/internal/simd"
)

// lanes is the number of atoms that blocks with matrices treat side by side: a panel.
// Within a panel coordinate d of atom l stands at d·lanes + l.
const lanes = simd.Lanes

// panels returns the number of panels of m atoms; the last may be partly empty.
func panels(m int) int { return (m + lanes - 1) / lanes }

// gather writes atoms from, from+1, … of coordinate-major x, m atoms in all, to a panel
// of as many vectors as x has coordinates. Lanes without an atom are 0.
func gather(panel, x []float64, m, from int) {
	w := min(lanes, m-from)
	if w == lanes { // a copy of constant length is two moves
		for ; len(x) > 0; x, panel = x[m:], panel[lanes:] {
			*(*[lanes]float64)(panel) = [lanes]float64(x[from:])
		}
		return
	}
	for ; len(x) > 0; x, panel = x[m:], panel[lanes:] {
		k := copy(panel[:lanes], x[from:from+w])
		clear(panel[k:lanes])
	}
}

// scatter adds a panel to coordinate-major x.
func scatter(x, panel []float64, m, from int) {
	w := min(lanes, m-from)
	for ; len(x) > 0; x, panel = x[m:], panel[lanes:] {
		out, in := x[from:from+w], panel[:w]
		for l, v := range in {
			out[l] += v
		}
	}
}

// gatherWeights is gather of one coordinate.
func gatherWeights(panel, w []float64, from int) { gather(panel, w, len(w), from) }

// across writes the sums over the lanes of vectors [n][dim] to dst, coordinate-major.
func across(dst, x []float64, n int) {
	dim := len(dst) / n
	for i := range n {
		for d := range dim {
			v := x[:lanes]
			dst[d*n+i] = ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7]))
			x = x[lanes:]
		}
	}
}

// rootOf is 1/√d.
func rootOf(d int) float64 { return 1 / math.Sqrt(float64(d)) }
