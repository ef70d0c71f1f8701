package transformer

import "math"

// method is an explicit Runge–Kutta method whose stage s+1 starts from
// Z + c·link[s]·K_s, with K_s the block's velocity at stage s and c the duration:
// the forward Euler and the classical fourth-order method are of this kind.
type method struct {
	link   []float64 // one less than the stages
	weight []float64
}

var (
	euler     = method{weight: []float64{1}}
	classical = method{link: []float64{0.5, 0.5, 1}, weight: []float64{1. / 6, 1. / 3, 1. / 3, 1. / 6}}
)

// substep applies one block of one slice for the duration c of its coefficient.
type substep struct {
	block, slice int
	c            float64
	method       *method
	stage        int // number of its first stage among all of the plan
	slot         int // number of its first stage among those of the block
}

// plan is the list of substeps from the prompt to the output. The forward pass and
// its exact adjoint follow it and know no other depth rule.
type plan struct {
	steps  []substep
	stages int
	slots  [][]int // slots[i]: slice of each stage of block i
}

func (p *plan) add(block, slice int, c float64, m *method) {
	p.steps = append(p.steps, substep{block: block, slice: slice, c: c, method: m, stage: p.stages, slot: len(p.slots[block])})
	p.stages += len(m.weight)
	for range m.weight {
		p.slots[block] = append(p.slots[block], slice)
	}
}

// residualPlan is the network: in every layer each block in order makes one Euler step
// of the given duration.
func residualPlan(blocks, depth int, step float64) plan {
	p := plan{slots: make([][]int, blocks)}
	for k := range depth {
		for i := range blocks {
			p.add(i, k, step, &euler)
		}
	}
	return p
}

// continuousPlan is the symmetric splitting: see the package comment. modified is ε.
func continuousPlan(blocks, depth int, step, modified float64) plan {
	p := plan{slots: make([][]int, blocks)}
	half := 0.5 * step
	last := blocks - 1
	for k := range depth {
		for i := range last {
			p.add(i, k, half, &classical)
		}
		if modified == 0 {
			p.add(last, k, 2*half, &classical)
		} else {
			p.add(last, k, half, &classical)
			p.modify(blocks, depth, k, step, modified)
			p.add(last, k, half, &classical)
		}
		for i := last - 1; i >= 0; i-- {
			p.add(i, k, half, &classical)
		}
	}
	return p
}

// modify adds the flow of εw for the duration of slice k, w being the field of the
// package comment. One layer of step s is Φ_s = exp(su + s²w + O(s³)); hence
//
//	Φ_s Φ_{−s} Φ_{−s} Φ_s = exp(4s²w + O(s⁴)),
//
// in which the terms in s and s³ cancel (derived).
func (p *plan) modify(blocks, depth, k int, step, epsilon float64) {
	// A block's step is c in a layer of step s = dt·c/step, and 4s² = ε dt.
	c := 0.5 * step * math.Sqrt(epsilon*float64(depth))
	for _, sign := range []float64{1, -1, -1, 1} {
		for i := range blocks {
			p.add(i, k, sign*c, &euler)
		}
	}
}

func (m *Model) plan() plan {
	step := 0.5 / float64(m.Depth)
	if m.FullStep {
		step = 1 / float64(m.Depth)
	}
	if m.Continuous {
		return continuousPlan(len(m.Blocks), m.Depth, step, m.Modified)
	}
	return residualPlan(len(m.Blocks), m.Depth, step)
}
