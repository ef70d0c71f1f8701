package transport

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"pdesolve/grid"
)

// Optimal is an optimal transport plan with its certificate.
type Optimal struct {
	Plan  *Plan     // ordered by From, then To
	U, V  []float64 // duals: U[i] + V[j] ≤ c(x_i, y_j), to rounding
	Upper float64   // the plan's cost
	Lower float64   // Σ a_i U_i + Σ b_j V_j; no plan costs less
	Pivot int       // simplex pivots
}

// ErrNotConverged is what a solver returns that has not met its tolerance within
// its limit of iterations. No value comes with it.
var ErrNotConverged = errors.New("transport: not converged")

// Solve computes an optimal plan between two measures,
//
//	min_π Σ_ij π_ij c(x_i, y_j),  Σ_j π_ij = a_i,  Σ_i π_ij = b_j,  π ≥ 0,
//
// and the duals that prove it, by a network simplex method on several levels: groups
// of near points are solved first, as points, and their plan and duals are where the
// next level begins. Costs are computed from the points when they are needed: memory
// is in proportion to the number of points. Weights are rounded to whole multiples of
// 2⁻⁶⁰ of the mass, flows are integers, and the basis is kept strongly feasible, so
// that ties and duplicates cannot make it cycle. Entering arcs are the best of a
// block of candidates, the blocks taken in turn, until a look at all arcs finds none
// of negative reduced cost; in that look, groups of points that are too far away are
// passed over.
//
// At the end V is replaced by min_i c(x_i, y_j) − U_i over all i, and U likewise, which
// makes the duals feasible and Lower a bound, whatever rounding did before.
func Solve(c Cost, a, b *Measure) (*Optimal, error) {
	mass, err := checkPair(a, b)
	if err != nil {
		return nil, err
	}
	p, from := newProblem(c, a, b)
	s, err := p.solve()
	if err != nil {
		return nil, err
	}
	o := &Optimal{Plan: &Plan{}, Pivot: s.pivot}
	arcs := s.flows()
	for k, f := range arcs {
		arcs[k].i, arcs[k].j = from.a[f.i], from.b[f.j]
	}
	slices.SortFunc(arcs, func(x, y flow) int { return cmp.Or(cmp.Compare(x.i, y.i), cmp.Compare(x.j, y.j)) })
	for _, f := range arcs {
		o.Plan.add(int(f.i), int(f.j), float64(f.mass)*from.unit*mass)
	}
	o.certify(s, from, a, b, mass)
	o.Upper = o.Plan.Cost(c, a, b)
	o.Lower = min(o.Lower, o.Upper)
	return o, nil
}

// origin says where a problem comes from.
type origin struct {
	a, b  []int32   // numbers of the points
	shift []float64 // of the first points against the second, between the problems
	unit  float64   // mass of one unit of flow, as a fraction
}

// newProblem returns the problem between the points of positive weight. For the squared
// distance both measures are moved to mean 0, which changes no plan and keeps digits.
func newProblem(c Cost, a, b *Measure) (*problem, origin) {
	p, from := &problem{cost: c}, origin{shift: make([]float64, a.Dim)}
	wa, wb := whole(a.weights(1/a.Mass()), b.weights(1/b.Mass()))
	p.a, from.a, p.supply = support(a, wa)
	p.b, from.b, p.demand = support(b, wb)
	from.unit = 1 / float64(runs{p.a.N, 1}.sums(p.supply)[0])
	if c == Squared {
		p.a.center(p.supply, from.shift, 1)
		p.b.center(p.demand, from.shift, -1)
	}
	return p, from
}

// center moves the points to mean 0 and adds sign times their mean to shift.
func (m *Measure) center(w []int64, shift []float64, sign float64) {
	mean := runs{m.N, 1}.centroids(m, w)
	for k, c := range mean.Points {
		shift[k] += sign * c
		for i := range m.Coordinate(k) {
			m.Points[k*m.N+i] -= c
		}
	}
}

// whole rounds two lists of fractions of sum one to integers of equal sums of about
// 2⁶⁰. Lists of equal weights become exactly equal integers.
func whole(a, b []float64) (wa, wb []int64) {
	wa, wb = make([]int64, len(a)), make([]int64, len(b))
	if equal(a) && equal(b) {
		g := gcd(len(a), len(b))
		for i := range wa {
			wa[i] = int64(len(b) / g)
		}
		for j := range wb {
			wb[j] = int64(len(a) / g)
		}
		return wa, wb
	}
	sa, la := scaleWhole(wa, a)
	sb, lb := scaleWhole(wb, b)
	if sa < sb {
		wa[la] += sb - sa
	} else {
		wb[lb] += sa - sb
	}
	return wa, wb
}

// scaleWhole rounds 2⁶⁰ w and returns the sum and where the largest stands.
func scaleWhole(dst []int64, w []float64) (total int64, largest int) {
	for i, v := range w {
		dst[i] = int64(math.Round(math.Ldexp(v, 60)))
		total += dst[i]
		if dst[i] > dst[largest] {
			largest = i
		}
	}
	return total, largest
}

func equal(w []float64) bool {
	for _, v := range w {
		if v != w[0] {
			return false
		}
	}
	return true
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// support returns the points of positive weight in the order of a k-d tree, their
// numbers and weights.
func support(m *Measure, w []int64) (p *Measure, index []int32, weight []int64) {
	for i, v := range w {
		if v > 0 {
			index = append(index, int32(i))
		}
	}
	treeOrder(m, index)
	weight = make([]int64, len(index))
	p = &Measure{Dim: m.Dim, N: len(index), Points: make([]float64, m.Dim*len(index))}
	for at, i := range index {
		weight[at] = w[i]
		for k := range m.Dim {
			p.Points[k*p.N+at] = m.Points[k*m.N+int(i)]
		}
	}
	return p, index, weight
}

// simplex is the workspace of Solve.
type simplex struct {
	tree
	*problem
	list  [][]arc // candidates by source
	bound float64 // no pair costs more
	pivot int     // at all levels
}

// run pivots until no arc has a negative reduced cost c − u − v: candidates first,
// then all arcs, until a round of all arcs finds none.
//
// Duals are sums along paths of the tree and err by some units in the last place of
// the largest cost; an arc enters if its reduced cost is below 32 of these, and the
// certificate says what that left.
func (s *simplex) run() error {
	tolerance := 32 * 0x1p-52 * s.bound
	for {
		if err := s.short(tolerance); err != nil {
			return err
		}
		s.reprice(s.root())
		if !s.long(tolerance) {
			return nil
		}
	}
}

// enter pivots on the arc from source i to sink j.
func (s *simplex) enter(i, j int, cost float64) error {
	n, m := s.a.N, s.b.N
	if s.pivot++; s.pivot > pivotLimit*(n+m) {
		return fmt.Errorf("%w: network simplex: %d pivots for %d and %d points", ErrNotConverged, s.pivot, n, m)
	}
	s.tree.pivot(int32(i), int32(n+j), cost)
	return nil
}

// pivotLimit is the number of pivots a point beyond which the simplex gives up. It
// takes about 5 on random points; the limit only guards against rounding.
const pivotLimit = 5000

// certify fills the duals, all of them by c-transforms, and Lower. For the squared
// distance, with s the shift, |x − y|² = |x′ − y′|² + 2s·x′ + (a function of y).
func (o *Optimal) certify(s *simplex, from origin, a, b *Measure, mass float64) {
	o.U, o.V = make([]float64, a.N), make([]float64, b.N)
	u := make([]float64, a.N)
	for i := range u {
		u[i] = math.Inf(-1)
	}
	mean := 0.0 // a constant is free; small duals keep digits
	for _, p := range s.price[:s.a.N] {
		mean += p / float64(s.a.N)
	}
	for at, i := range from.a {
		u[i] = s.price[at] - mean
		for k, z := range from.shift {
			u[i] += 2 * z * s.a.Points[k*s.a.N+at]
		}
	}
	parallel(b.N, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			o.V[j], _ = s.cost.lowest(b, a, j, u)
		}
	})
	parallel(a.N, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			o.U[i], _ = s.cost.lowest(a, b, i, o.V)
		}
	})
	var lower grid.Compensated
	for i, v := range o.U {
		lower.Add(v * a.At(i))
	}
	scale := mass / b.Mass()
	for j, v := range o.V {
		lower.Add(v * b.At(j) * scale)
	}
	o.Lower = lower.Value()
}
