package compare

import (
	"slices"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde/transformer"
)

// Quadratures of ρ₀ that the studies use beside those that the user asks for,
// in Gauss nodes an axis. The coarser one of a pair only estimates the finer one's
// error.
var (
	baseNodes  = [2]int{12, 8} // reference at the model's own depth
	depthNodes = 4             // the equal atoms of the depth ladder: any number is an exact ρ₀
	otherNodes = [2]int{6, 4}  // reference of the parameters ladder at other depths
)

// plan turns a study into tasks and into ladders that say which tasks they need.
type plan struct {
	study   *Study
	tasks   []*task
	byID    map[string]*task
	refs    map[string]*refPlan
	ladders []ladderPlan
	meter   *meter // of this round of seeds and those before

	findings []findingPlan
}

// ladderPlan is a ladder before its runs are made.
type ladderPlan struct {
	against Against
	scheme  string
	Prediction
	levels []level
	bias   bool // whether the mean over seeds is measured, with its sign, and not the root mean square
	// only, if not nil, lists the quantities that are measured.
	only []Quantity
	// fixed says that no seeds are added for the ladder: they would not narrow its interval.
	fixed bool
	// reference, if not empty, describes what takes the place of references.
	reference string
	// values, if not nil, says what is measured of a run in place of its distance from
	// the reference; with a reference, the distance of the value from the reference's
	// at the last saved time.
	values map[Quantity]func(*task) float64

	measured []Ladder // one a quantity, once the runs are made
}

// Prediction is what theory says of the slope of a ladder.
type Prediction struct {
	Slope  float64
	Bound  bool // whether it is that of an upper bound
	Source string
}

// declared is the prediction that a scheme makes for itself.
func declared(order int) Prediction {
	return Prediction{Slope: -float64(order), Source: "declared order of the scheme"}
}

// level is one point of a ladder: the runs of all its seeds.
type level struct {
	x            float64
	depth, width int  // L; M, or 0 for the mean field
	drawn        bool // whether the networks are drawn from the trained mean field
	tasks        []*task
	ref          *refPlan // nil where an error needs none
	// seeds, if not nil, makes the distances of all seeds from the finished tasks, or that of
	// the one run of the mean field.
	seeds func(Quantity, *Reference) ([]float64, error)
}

// sample names the networks of the level.
func (v *level) sample() sample { return sample{v.depth, v.width, v.drawn} }

// first returns the level of its first n networks, or of all if there are fewer.
func (v level) first(n int) level {
	v.tasks = v.tasks[:min(n, len(v.tasks))]
	return v
}

func newPlan(s *Study) *plan {
	p := &plan{study: s, byID: map[string]*task{}, refs: map[string]*refPlan{}}
	for _, v := range s.Solvers {
		p.solver(v)
	}
	for _, n := range s.Trained {
		p.network(n.Depth, n.Width, n.Seed)
	}
	for _, a := range s.Rates {
		inquiry(a).plan(p)
	}
	return p
}

// add registers a task once; a second one with the same ID is the first.
func (p *plan) add(t *task) *task {
	if old, ok := p.byID[t.run.ID]; ok {
		return old
	}
	p.byID[t.run.ID] = t
	p.tasks = append(p.tasks, t)
	return t
}

// networks returns the level of all seeds of one shape.
func (p *plan) networks(x float64, depth, width int) level {
	return p.someNetworks(x, depth, width, p.study.seeds(sample{depth: depth, width: width}))
}

// someNetworks returns the level of the first seeds of one shape.
func (p *plan) someNetworks(x float64, depth, width, seeds int) level {
	l := level{x: x, depth: depth, width: width, ref: p.sameDepthReference(depth)}
	for s := range seeds {
		l.tasks = append(l.tasks, p.network(depth, width, p.study.Networks.Seed+uint64(s)))
	}
	return l
}

// ladder keeps a ladder, its levels in increasing order, and returns its number.
func (p *plan) ladder(l ladderPlan) int {
	slices.SortStableFunc(l.levels, func(a, b level) int {
		switch {
		case a.x < b.x:
			return -1
		case a.x > b.x:
			return 1
		}
		return 0
	})
	p.ladders = append(p.ladders, l)
	return len(p.ladders) - 1
}

// model returns the study's model at another depth.
func (p *plan) model(depth int) transformer.Model {
	m := p.study.Model
	m.Depth = depth
	return m
}

// defaultCharacteristics are those of a study that configures none.
func defaultCharacteristics() finite.Characteristics {
	return finite.Characteristics{Nodes: baseNodes[0], Rule: grid.Gauss, RTol: fineTolerance, ATol: fineTolerance}
}
