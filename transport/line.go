package transport

import (
	"fmt"
	"math"
	"slices"

	"pdesolve/grid"
)

// Monotone returns the plan between two measures on the line that keeps the order
// of the points, in O(n log n). It is optimal for every cost |x − y|^p, p ≥ 1. The
// masses of the entries are differences of partial sums: the marginals hold to
// rounding.
func Monotone(a, b *Measure) (*Plan, error) {
	mass, err := checkPair(a, b)
	if err != nil {
		return nil, err
	}
	if a.Dim != 1 {
		return nil, fmt.Errorf("transport: the monotone plan wants measures on the line: got dimension %d", a.Dim)
	}
	p := &Plan{}
	ia, ib := order(a), order(b)
	wa, wb := a.weights(1), b.weights(mass/b.Mass())
	var i, j int
	var left, right, moved grid.Compensated // partial sums up to and including i and j, and what has been moved
	left.Add(wa[ia[0]])
	right.Add(wb[ib[0]])
	for {
		end := min(left.Value(), right.Value())
		last := i == len(ia)-1 && j == len(ib)-1
		if last {
			end = max(left.Value(), right.Value())
		}
		if w := end - moved.Value(); w > 0 {
			p.add(ia[i], ib[j], w)
			moved = grid.Compensated{}
			moved.Add(end)
		}
		if last {
			return p, nil
		}
		if j == len(ib)-1 || (i < len(ia)-1 && left.Value() <= right.Value()) {
			i++
			left.Add(wa[ia[i]])
		} else {
			j++
			right.Add(wb[ib[j]])
		}
	}
}

// order returns the numbers of the points of a measure on the line in ascending
// order, equal ones in the order given.
func order(m *Measure) []int {
	index := make([]int, m.N)
	for i := range index {
		index[i] = i
	}
	slices.SortStableFunc(index, func(i, j int) int {
		switch x, y := m.Points[i], m.Points[j]; {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return index
}

// quantile is the quantile function of a piecewise constant density: linear from
// Lo to Hi while the distribution function grows to End.
type quantile struct{ lo, hi, end float64 }

// quantiles returns the pieces of a density on the line of mass c·mass, one a cell
// of positive average.
func quantiles(d *grid.Density, c float64) []quantile {
	axis := d.Grid.Axis(0)
	var all []quantile
	var mass grid.Compensated
	for i, v := range d.Values {
		if v > 0 {
			mass.Add(c * v * axis.Width(i))
			all = append(all, quantile{axis.Edge(i), axis.Edge(i + 1), mass.Value()})
		}
	}
	return all
}

// LineDensities returns W_p^p between the piecewise constant densities on the line
// that the cell averages of a and b are, exactly: with Q the quantile functions,
//
//	W_p^p = ∫_0^M |Q_a(s) − Q_b(s)|^p ds,   p = 1, 2.
//
// Between the ends of all pieces both Q are linear, and the integral is known.
func LineDensities(c Cost, a, b *grid.Density) (float64, error) {
	mass, err := checkDensities(a, b)
	if err != nil {
		return 0, err
	}
	if a.Grid.Dim() != 1 || b.Grid.Dim() != 1 {
		return 0, fmt.Errorf("transport: densities in dimensions %d and %d: want the line", a.Grid.Dim(), b.Grid.Dim())
	}
	return integral(c, quantiles(a, 1), quantiles(b, mass/b.Mass())), nil
}

// integral returns ∫|Q_a − Q_b|^p ds.
func integral(c Cost, qa, qb []quantile) float64 {
	var total grid.Compensated
	start, startA, startB := 0.0, 0.0, 0.0 // of this interval, and of the pieces
	for i, j := 0, 0; i < len(qa) && j < len(qb); {
		end := min(qa[i].end, qb[j].end)
		d0 := qa[i].at(startA, start) - qb[j].at(startB, start)
		d1 := qa[i].at(startA, end) - qb[j].at(startB, end)
		total.Add((end - start) * meanPower(c, d0, d1))
		if qa[i].end <= end {
			startA = qa[i].end
			i++
		}
		if qb[j].end <= end {
			startB = qb[j].end
			j++
		}
		start = end
	}
	return total.Value()
}

// at returns the quantile at s of a piece that begins at start.
func (q quantile) at(start, s float64) float64 {
	if !(q.end > start) {
		return q.lo
	}
	return q.lo + (q.hi-q.lo)*min(1, (s-start)/(q.end-start))
}

// meanPower returns the mean of |d|^p over an interval on which d is linear with
// end values d0 and d1.
func meanPower(c Cost, d0, d1 float64) float64 {
	if c == Squared {
		return (d0*d0 + d0*d1 + d1*d1) / 3
	}
	if d0*d1 >= 0 {
		return math.Abs(d0+d1) / 2
	}
	return (d0*d0 + d1*d1) / (2 * math.Abs(d1-d0))
}

// checkDensities refuses densities with negative or infinite averages, without
// mass, of different dimension or mass. It returns the mass of the first.
func checkDensities(a, b *grid.Density) (mass float64, err error) {
	for k, d := range []*grid.Density{a, b} {
		for i, v := range d.Values {
			if !(v >= 0) || math.IsInf(v, 0) {
				return 0, fmt.Errorf("transport: density %d: the average of cell %d is %v: want a finite number of 0 or more", k+1, i, v)
			}
		}
		if m := d.Mass(); !(m > 0) || math.IsInf(m, 0) {
			return 0, fmt.Errorf("transport: density %d: the mass is %v: want a finite number above 0", k+1, m)
		}
	}
	if a.Grid.Dim() != b.Grid.Dim() {
		return 0, fmt.Errorf("transport: densities in dimensions %d and %d: want the same dimension", a.Grid.Dim(), b.Grid.Dim())
	}
	return checkMasses(a.Mass(), b.Mass())
}
