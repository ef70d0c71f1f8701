package pde

import (
	"math"

	"pdesolve/grid"
)

// fixedPoint is the outer iteration of solvers that freeze a first variation ψ: it
// seeks ψ = Ψ[ρ(ψ)] by Anderson's acceleration. The owner puts the start into psi, and
// in each round Ψ at the ρ that it has found into image.
type fixedPoint struct {
	f          Functional
	psi, image flatField
	mix        *anderson
	best, last float64 // mismatches
	bestAt     int
}

// init prepares the iteration, combining as many earlier iterates as memory says.
func (p *fixedPoint) init(f Functional, grids []*grid.Grid, memory int) {
	p.f = f
	p.psi, p.image = newFlatField(grids), newFlatField(grids)
	p.mix = newAnderson(memory, len(p.psi.flat))
}

// reset forgets earlier iterations.
func (p *fixedPoint) reset() {
	p.mix.reset()
	p.best, p.bestAt = math.Inf(1), 0
}

// mismatch returns max |image − ψ| / (range of image) over the cells that hold mass.
func (p *fixedPoint) mismatch(rho State) float64 {
	worst := 0.0
	for c, d := range rho {
		floor, largest := massFloor*maxOf(d.Values), 0.0
		psi, image := p.psi.field[c], p.image.field[c]
		for i, v := range d.Values {
			if v > floor {
				largest = max(largest, math.Abs(image[i]-psi[i]))
			}
		}
		worst = max(worst, largest/spread(image, d.Values, floor))
	}
	p.last = worst
	return worst
}

// stuck reports whether the mismatches up to round k, of which this is the last, have
// come to rest: if as many as patience in a row have not halved the smallest so far.
func (p *fixedPoint) stuck(mismatch float64, k int) bool {
	if mismatch <= p.best/2 {
		p.best, p.bestAt = mismatch, k
	}
	return k-p.bestAt >= patience
}

// weigh gives the acceleration's inner product the mass that a cell has held, ρⁿ
// plus the first iterate of ρⁿ⁺¹, so that cells far from any mass do not decide.
func (p *fixedPoint) weigh(rho, rhoN State) {
	at := 0
	for c, d := range rho {
		scale := p.f.Weight(c) * d.Grid.CellVolume()
		for i, v := range d.Values {
			p.mix.weight[at] = scale * (v + rhoN[c].Values[i])
			at++
		}
	}
}

// next replaces psi by the next iterate.
func (p *fixedPoint) next() { p.mix.next(p.psi.flat, p.image.flat) }
