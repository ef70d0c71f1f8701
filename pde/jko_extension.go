package pde

import (
	"math"

	"pdesolve/grid"
	"pdesolve/transport"
)

// extension carries a density along −∇φ on a grid of any dimension.
type extension struct {
	grid  *grid.Grid
	remap *transport.Remap
	phi   []float64
	hull  []float64
	known []bool // scratch of prolong
}

func newExtension(g *grid.Grid) *extension {
	return &extension{grid: g, remap: transport.NewRemap(g), phi: make([]float64, g.Len()), hull: make([]float64, g.Len())}
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

// prolong continues phi from where there is mass, see massFloor, with its slope at the edge,
// along one axis after the other, and between two edges with the lower of both: vacuum then
// gives way. Edges that lie across the axes keep a part of the error.
func (e *extension) prolong(phi, rho []float64) {
	known, floor := e.known[:0], massFloor*maxOf(rho)
	for _, r := range rho {
		known = append(known, r > floor)
	}
	e.known = known
	for k := range e.grid.Dim() {
		n, stride := e.grid.Axis(k).N, e.grid.Stride(k)
		for base := range phi {
			if base/stride%n == 0 {
				prolongLine(phi[base:], known[base:], n, stride)
			}
		}
	}
}

// prolongLine continues a line of n cells with the given stride.
func prolongLine(phi []float64, known []bool, n, stride int) {
	for j := 0; j < n; {
		if known[j*stride] {
			j++
			continue
		}
		end := j
		for end < n && !known[end*stride] {
			end++
		}
		for i := j; i < end; i++ {
			v := math.Inf(1)
			if j > 0 {
				v = beyond(phi, known, (j-1)*stride, -stride, j > 1, i-j+1)
			}
			if end < n {
				v = min(v, beyond(phi, known, end*stride, stride, end+1 < n, end-i))
			}
			if !math.IsInf(v, 1) {
				phi[i*stride] = v
			}
		}
		if j > 0 || end < n {
			for i := j; i < end; i++ {
				known[i*stride] = true
			}
		}
		j = end
	}
}

// beyond returns phi so many cells beyond the one at the edge, from the slope between it and
// the cell at the distance inward, if there is one with mass.
func beyond(phi []float64, known []bool, edge, inward int, has bool, cells int) float64 {
	if !has || !known[edge+inward] {
		return phi[edge]
	}
	return phi[edge] + float64(cells)*(phi[edge]-phi[edge+inward])
}
