package transformer

import (
	"math"

	"pdesolve/internal/simd"
)

// Blocks with matrices treat so many atoms side by side as a lane vector has elements: a
// panel. Within a panel coordinate d of atom l stands at d·lanes + l. The elements E of
// panels are those of the model's Precision; parameters, tokens and adjoints stay float64
// outside of panels, and so do sums over lanes and over chunks of prompts.

// onMatrices is embedded by the blocks with matrices.
type onMatrices struct{}

func (onMatrices) moves(int) bool { return true }

func (onMatrices) holds(int) bool { return false }

// inPanels marks the blocks that follow the model's Precision.
func (onMatrices) inPanels() {}

// panels returns the number of panels of m atoms; the last may be partly empty.
func panels[E simd.Float](m int) int { return (m + simd.Lanes[E]() - 1) / simd.Lanes[E]() }

// vectors returns n lane vectors.
func vectors[E simd.Float](n int) []E { return make([]E, n*simd.Lanes[E]()) }

// gather writes atoms from, from+1, … of coordinate-major x, m atoms in all, to a panel
// of as many vectors as x has coordinates. Lanes without an atom are 0.
func gather[E simd.Float](panel []E, x []float64, m, from int) {
	lanes := simd.Lanes[E]()
	w := min(lanes, m-from)
	if p, ok := any(panel).([]float64); ok && w == lanes { // a copy of constant length is two moves
		for ; len(x) > 0; x, p = x[m:], p[8:] {
			*(*[8]float64)(p) = [8]float64(x[from:])
		}
		return
	}
	for ; len(x) > 0; x, panel = x[m:], panel[lanes:] {
		for l, v := range x[from : from+w] {
			panel[l] = E(v)
		}
		clear(panel[w:lanes])
	}
}

// scatter adds a panel to coordinate-major x.
func scatter[E simd.Float](x []float64, panel []E, m, from int) {
	lanes := simd.Lanes[E]()
	w := min(lanes, m-from)
	for ; len(x) > 0; x, panel = x[m:], panel[lanes:] {
		out, in := x[from:from+w], panel[:w]
		for l, v := range in {
			out[l] += float64(v)
		}
	}
}

// gatherWeights is gather of one coordinate.
func gatherWeights[E simd.Float](panel []E, w []float64, from int) { gather(panel, w, len(w), from) }

// across writes the sums over the lanes of vectors [n][dim] to dst, coordinate-major.
func across[E simd.Float](dst []float64, x []E, n int) {
	dim := len(dst) / n
	for i := range n {
		for d := range dim {
			var sum float64
			for v := x[:simd.Lanes[E]()]; len(v) > 0; v = v[8:] {
				v := (*[8]E)(v)
				sum += ((float64(v[0]) + float64(v[1])) + (float64(v[2]) + float64(v[3]))) + ((float64(v[4]) + float64(v[5])) + (float64(v[6]) + float64(v[7])))
			}
			dst[d*n+i] = sum
			x = x[simd.Lanes[E]():]
		}
	}
}

// inElements returns x in elements E: x itself, or in buffer.
func inElements[E simd.Float](buffer []E, x []float64) []E {
	if same, ok := any(x).([]E); ok {
		return same
	}
	buffer = buffer[:len(x)]
	for i, v := range x {
		buffer[i] = E(v)
	}
	return buffer
}

// rootOf is 1/√d.
func rootOf(d int) float64 { return 1 / math.Sqrt(float64(d)) }
