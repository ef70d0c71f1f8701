package transformer

import "pdesolve/internal/simd"

// headPanels holds the matrices A and V of heads, panel by panel, as far as they can be
// kept. The others are packed each time that they are used, from the nodes: for softmax
// heads a small part of what is done with them.
type headPanels[E simd.Float] struct {
	kept [][]E // of each slice, its first panels
	own  []E   // any other one
	size int   // elements of a panel, A and V
}

func newHeadPanels[E simd.Float](s *kernelShape) headPanels[E] {
	dim := s.prompts.Dim
	h := headPanels[E]{own: vectors[E](2 * dim * dim)}
	h.size = len(h.own)
	for _, m := range s.nodes {
		number := 0
		for number < panels[E](m) && s.afford(vectorBytes*2*dim*dim) {
			number++
		}
		h.kept = append(h.kept, make([]E, number*h.size))
	}
	return h
}

// vectorBytes is the size of a lane vector.
const vectorBytes = 64

// at returns A and V of the panel of slice k that starts with node from. If they are not
// kept the caller packs them.
func (h *headPanels[E]) at(k, from int) (a, v []E, kept bool) {
	part := h.own
	if at := from / simd.Lanes[E]() * h.size; at < len(h.kept[k]) {
		part, kept = h.kept[k][at:at+h.size], true
	}
	return part[:h.size/2], part[h.size/2:], kept
}

// gatheredPanels returns zeroed derivatives by A and V of all heads, panel by panel.
func gatheredPanels[E simd.Float](s *kernelShape) (all [][]E) {
	for _, m := range s.nodes {
		all = append(all, vectors[E](panels[E](m)*2*s.prompts.Dim*s.prompts.Dim))
	}
	return all
}

// gatheredAt returns the parts for A and V of the panel that starts with node from.
func gatheredAt[E simd.Float](x []E, dim, from int) (byA, byV []E) {
	lanes := simd.Lanes[E]()
	size := dim * dim * lanes
	at := 2 * (from / lanes) * size
	return x[at : at+size], x[at+size : at+2*size]
}
