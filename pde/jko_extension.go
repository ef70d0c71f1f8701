package pde

import (
	"pdesolve/grid"
	"pdesolve/transport"
)

// extension carries a density along −∇φ on a grid of any dimension.
type extension struct {
	grid  *grid.Grid
	remap *transport.Remap
	phi   []float64
	hull  []float64

	// Scratch of prolong.
	state []uint8     // of the cells
	layer []int32     // cells in the order in which they become known
	slope [][]float64 // differences to the next cell, of each axis
}

func newExtension(g *grid.Grid) *extension {
	n := g.Len()
	e := &extension{grid: g, remap: transport.NewRemap(g), phi: make([]float64, n), hull: make([]float64, n), state: make([]uint8, n), layer: make([]int32, 0, n)}
	for range g.Dim() {
		e.slope = append(e.slope, make([]float64, n))
	}
	return e
}

// carry writes the image of rho under x ↦ x − s∇φ to dst. The inverse of that map is
// y ↦ y − ∇ψ with ψ = (sφ)ᶜ, the transform for the cost |x − y|²/2 (derived). Where the map
// folds, as it does once s∇²φ is above the identity somewhere, ψ belongs to the convex hull of
// |x|²/2 − sφ: particles that would have passed each other meet, and their mass falls into
// one cell.
func (e *extension) carry(dst, rho, phi []float64, s float64) {
	for i, v := range phi {
		e.phi[i] = s * v
	}
	transport.SmoothCTransform(e.hull, e.phi, e.grid)
	e.remap.Gradient(e.hull)
	e.remap.Carry(dst, rho)
}

// The states of a cell in prolong.
const (
	unknownCell = iota
	queuedCell
	knownCell
)

// prolong continues phi from where there is mass, see massFloor, into the vacuum, layer by
// layer: in a cell beside those that are known it is the mean of their linear continuations,
// and its slopes are the mean of theirs.
func (e *extension) prolong(phi, rho []float64) {
	floor := massFloor * maxOf(rho)
	for i, r := range rho {
		e.state[i] = unknownCell
		if r > floor {
			e.state[i] = knownCell
		}
	}
	layer := e.layer[:0]
	for i := range phi {
		if e.state[i] == knownCell {
			e.slopes(phi, i)
			layer = append(layer, int32(i))
		}
	}
	for from := 0; from < len(layer); {
		end := len(layer)
		for _, i := range layer[from:end] {
			for k := range e.slope {
				for side := -1; side <= 1; side += 2 {
					if j := e.neighbour(int(i), k, side); j >= 0 && e.state[j] == unknownCell {
						e.state[j] = queuedCell
						layer = append(layer, int32(j))
					}
				}
			}
		}
		for _, i := range layer[end:] {
			e.continueTo(phi, int(i))
		}
		for _, i := range layer[end:] {
			e.state[i] = knownCell
		}
		from = end
	}
	e.layer = layer
}

// neighbour returns the cell beside i on a side, −1 or 1, of axis k, or −1 at a wall.
func (e *extension) neighbour(i, k, side int) int {
	stride, n := e.grid.Stride(k), e.grid.Axis(k).N
	if at := i/stride%n + side; at < 0 || at == n {
		return -1
	}
	return i + side*stride
}

// slopes sets the differences of phi to the next cell along each axis, the mean of those on the
// sides that are known.
func (e *extension) slopes(phi []float64, i int) {
	for k, slope := range e.slope {
		sum, count := 0.0, 0
		for side := -1; side <= 1; side += 2 {
			if j := e.neighbour(i, k, side); j >= 0 && e.state[j] == knownCell {
				sum += float64(side) * (phi[j] - phi[i])
				count++
			}
		}
		slope[i] = sum / float64(max(count, 1))
	}
}

// continueTo sets phi and its slopes in cell i, which has neighbours that are known.
func (e *extension) continueTo(phi []float64, i int) {
	value, count := 0.0, 0
	for _, slope := range e.slope {
		slope[i] = 0
	}
	for k := range e.slope {
		for side := -1; side <= 1; side += 2 {
			if j := e.neighbour(i, k, side); j >= 0 && e.state[j] == knownCell {
				value += phi[j] - float64(side)*e.slope[k][j]
				count++
				for _, slope := range e.slope {
					slope[i] += slope[j]
				}
			}
		}
	}
	phi[i] = value / float64(count)
	for _, slope := range e.slope {
		slope[i] /= float64(count)
	}
}
