package pde

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"pdesolve/grid"
)

// crewed is a Stepper whose team Solve may call between steps.
type crewed interface{ crew() *team }

// survey finds the mass and the smallest average of densities, and what their rows have at
// their ends. The goroutines of a team share the cells of a density, as far as possible those
// that they have just written: what one core has written is dear to the other. The sums of
// the strips are added in their order, so that the bytes do not depend on the team.
type survey struct {
	team  *team
	work  func(i int) // does part i of the parts of density
	parts int

	density *grid.Density
	sums    []float64    // of every strip …
	lows    []float64    // … and the smallest average of every part
	ends    [2][]float64 // averages times relative volumes of the first and last cell of every row
}

// newSurvey returns the survey by the stepper's team, if it has one.
func newSurvey(s Stepper) *survey {
	v := &survey{team: newTeam(1)}
	if c, ok := s.(crewed); ok {
		v.team = c.crew()
	}
	v.lows = make([]float64, v.team.size())
	v.work = v.part
	return v
}

// massMin returns the mass and the smallest average of d in one pass. The mass is
// NaN or infinite if an average is; the minimum may then be anything.
func (v *survey) massMin(d *grid.Density) (mass, low float64) {
	n := len(d.Values)
	v.density, v.parts = d, max(1, min(v.team.size(), n/leastSlab))
	v.sums = slices.Grow(v.sums[:0], strips(n))[:strips(n)]
	rows := n / d.Grid.Axis(d.Grid.Dim()-1).N
	for e := range v.ends {
		v.ends[e] = slices.Grow(v.ends[e][:0], rows)[:rows]
	}
	v.team.run(v.parts, v.work)
	var total compensated
	for _, s := range v.sums {
		total.add(s)
	}
	return total.value() * d.Grid.MeanVolume(), slices.Min(v.lows[:v.parts])
}

// strips returns the number of strips of n cells.
func strips(n int) int { return (n + stripLength - 1) / stripLength }

// part sums the strips of one part and copies the ends of its rows.
func (v *survey) part(i int) {
	first, end := i*len(v.sums)/v.parts, (i+1)*len(v.sums)/v.parts
	inf := math.Inf(1)
	m := lanes{inf, inf, inf, inf}
	x, ratio := v.density.Values, v.density.Grid.Jacobian()
	var share [stripLength]float64
	for k := first; k < end; k++ {
		from, to := k*stripLength, min((k+1)*stripLength, len(x))
		var s lanes
		sumMin(x[from:to], &s, &m)
		if ratio != nil {
			s = lanes{}
			floats.MulTo(share[:to-from], x[from:to], ratio[from:to])
			sumMin(share[:to-from], &s, &lanes{})
		}
		v.sums[k] = s.sum()
	}
	v.lows[i] = min(m[0], m[1], m[2], m[3])
	v.copyEnds(first*stripLength, min(end*stripLength, len(x)))
}

// copyEnds copies the ends of rows that are among the cells from, …, to−1.
func (v *survey) copyEnds(from, to int) {
	x, ratio := v.density.Values, v.density.Grid.Jacobian()
	row := len(x) / len(v.ends[0])
	for e, at := range [2]int{0, row - 1} {
		end := v.ends[e]
		k := max(0, from-at+row-1) / row
		for c := k*row + at; c < to; c += row {
			end[k] = x[c]
			if ratio != nil {
				end[k] *= ratio[c]
			}
			k++
		}
	}
}

// endSums returns the sums over the first and the last cells of the rows of the density
// last given to massMin, of averages times relative volumes.
func (v *survey) endSums() (low, high float64) {
	for k, a := range v.ends[0] {
		low += a
		high += v.ends[1][k]
	}
	return low, high
}
