package compare

import (
	"fmt"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/transport"
)

// byLaw varies the number M of heads a layer and measures how far the particles of a
// network are from the density of the mean field at the same L, at the end of training:
// with μ_c the particles of a layer and block and ρ_c their density,
//
//	(1/C) Σ_c W₁(ρ_c, μ_c).
//
// The density is that of the reference at the same L where it has one, and that of the
// study's finest grid run elsewhere; the error of the reference is what the distances change with the density of
// half as many cells, or of the next coarser run.
//
// M independent draws from a law of compact support in d dimensions are at a mean distance
// of order
//
//	M^(−1/2) for d = 1,    (log M/M)^(1/2) for d = 2,    M^(−1/d) for d ≥ 3
//
// [FG15, Divol21]. Particles of networks are independent at the start; what training does
// to that is of order M^(−1/2) ([G, Thm 3.1] by way of the coupled particles), no more. For
// d = 2 the predicted slope is that of the law over the levels, as of a bound: an addend to
// the logarithm, which no theorem knows, takes the slope some way to −1/2. [G] claims no
// rate for this distance.
//
// [FG15]: N. Fournier, A. Guillin, On the rate of convergence in Wasserstein distance of
// the empirical measure, Probability Theory and Related Fields 162 (2015) 707–738.
// [Divol21]: V. Divol, A short proof on the rate of convergence of the empirical measure for
// the Wasserstein distance, arXiv:2101.08126 (densities bounded on a torus).
type byLaw struct{}

func init() { addInquiry(byLaw{}) }

// lawSeeds bounds the networks of a width that are measured. In the search for potentials
// lawPoints points a particle, or lawLeast, stand for a density: on linear-exact, 2 points a
// particle give distances 2.4 % smaller than 8 points do, 4 points 0.8 %.
const (
	lawSeeds  = 16
	lawPoints = 8
	lawLeast  = 512
)

func (byLaw) Name() Against { return Law }
func (byLaw) Summary() string {
	return "particles of networks by M, against the density of the mean field at the same L, in W1"
}
func (byLaw) Axis() string   { return "heads a layer, M" }
func (byLaw) Standard() bool { return false }
func (byLaw) Chance() bool   { return true }
func (byLaw) Needs() string {
	return "finite: {width: [M, …]} and, under solve, a scheme on grids of two sizes"
}

func (q byLaw) Levels(s *Study) int {
	if q.grids(s) == nil || s.Model.Continuous {
		return 0
	}
	return len(s.Networks.Widths)
}

func (q byLaw) Validate(s *Study) error {
	if err := networksGiven(Law, s); err != nil {
		return err
	}
	if q.grids(s) == nil {
		return lack(Law, "a scheme on grids of two sizes under solve, whose densities the particles are compared with")
	}
	if s.Model.Continuous {
		return lack(Law, "transformer.depth as a number: slices of continuous depth have no layers of networks beside them")
	}
	return nil
}

// grids returns the finest grid solver and the next coarser one; nil if there are no two.
func (byLaw) grids(s *Study) []Solver {
	fine, ok := s.finest()
	if !ok {
		return nil
	}
	rest := *s
	rest.Solvers = nil
	for _, v := range s.Solvers {
		if v.Scheme != nil && s.cellsOf(v) < s.cellsOf(fine) {
			rest.Solvers = append(rest.Solvers, v)
		}
	}
	coarse, ok := rest.finest()
	if !ok {
		return nil
	}
	return []Solver{fine, coarse}
}

func (q byLaw) plan(p *plan) {
	l := newLawPlan(p, q.grids(p.study))
	out := ladderPlan{against: Law, only: []Quantity{Distance1}, fixed: true, Prediction: Prediction{Bound: true}}
	for _, w := range p.study.Networks.Widths {
		v := p.networks(float64(w), p.study.Model.Depth, w).first(lawSeeds)
		v.ref = &refPlan{make: func() (*Reference, error) { return l.reference(v.tasks) }}
		v.seeds = func(Quantity, *Reference) ([]float64, error) { return l.distances(v.tasks, densityOf{time: lastTime}) }
		out.levels = append(out.levels, v)
	}
	out.Slope, out.Source = q.predict(p.study)
	p.ladder(out)
	p.find(func(*Study, *Options) (*Finding, error) { return l.find(out.levels) })
}

// predict returns the slope of the law of the largest blocks over the widths.
func (byLaw) predict(s *Study) (slope float64, source string) {
	d := 0
	for i := range s.Model.Blocks {
		d = max(d, len(s.Model.Parameters(i)))
	}
	switch {
	case d == 1:
		return -0.5, "M^(−1/2) of draws in 1-D: Fournier and Guillin 2015"
	case d > 2:
		return -1 / float64(d), fmt.Sprintf("M^(−1/%d) of draws in %d-D: Fournier and Guillin 2015", d, d)
	}
	var x, y []float64
	for _, w := range s.Networks.Widths {
		x, y = append(x, math.Log(float64(w))), append(y, math.Log(empirical[0].g(1, float64(w))))
	}
	_, slope = stat.LinearRegression(x, y, nil, false)
	return slope, "(log M/M)^(1/2) of draws in 2-D: Fournier and Guillin 2015, Divol 2021"
}

// lawPlan measures distances from particles to densities.
type lawPlan struct {
	study        *Study
	fine, coarse *task
	base         *refPlan
	at           map[densityOf][]*target
	known        map[densityOf]map[*task]float64
}

func newLawPlan(p *plan, g []Solver) *lawPlan {
	return &lawPlan{study: p.study, fine: p.solver(g[0]), coarse: p.solver(g[1]), base: p.baseReference(),
		at: map[densityOf][]*target{}, known: map[densityOf]map[*task]float64{}}
}

// densityOf names a density: at the first or last saved time, fine or coarse, and by how
// many points it is quantised.
type densityOf struct {
	time   when
	coarse bool
	points int
}

// when is a saved time.
type when int

const (
	firstTime when = iota
	lastTime
)

// index returns the number of the saved time.
func (w when) index(s *Study) int {
	if w == firstTime {
		return 0
	}
	return len(s.Times) - 1
}

// target is the density of a component: all of its cells as points, and a few points.
type target struct{ cells, few *transport.Measure }

// distance returns W₁ from a density to points, or a little less: the potential of the
// points that is optimal for the few points, with the density's own integral,
//
//	Σ_x ρ(x) min_j (|x − y_j| − v_j) + Σ_j b_j v_j ≤ W₁ for any v,
//
// short of the maximum by the square of what v is off.
func (t *target) distance(b *transport.Measure) (float64, error) {
	o, err := transport.Solve(transport.Euclidean, t.few, b)
	if err != nil {
		return 0, err
	}
	var sum grid.Compensated
	for j, v := range o.V {
		sum.Add(b.At(j) * v)
	}
	for i := range t.cells.N {
		least := math.Inf(1)
		for j, v := range o.V {
			square := 0.0
			for k := range b.Dim {
				d := t.cells.Points[k*t.cells.N+i] - b.Points[k*b.N+j]
				square += d * d
			}
			least = min(least, math.Sqrt(square)-v)
		}
		sum.Add(t.cells.At(i) * least)
	}
	return sum.Value(), nil
}

// targets returns the densities of all components, made once.
func (l *lawPlan) targets(of densityOf) ([]*target, error) {
	if l.at[of] != nil {
		return l.at[of], nil
	}
	run := l.fine
	if of.coarse {
		run = l.coarse
	}
	state := run.result.Trajectory.States[of.time.index(l.study)]
	if ref, err := l.base.get(); err == nil && ref.Density != nil {
		if state, err = l.exact(ref, state, of); err != nil {
			return nil, err
		}
	}
	var out []*target
	for _, d := range state {
		q, err := transport.Quantise(d, of.points)
		if err != nil {
			return nil, err
		}
		out = append(out, &target{transport.FromDensity(d), q.Points})
	}
	l.at[of] = out
	return out, nil
}

// exact returns the exact densities on the grid of the finest run, or on one of half as many
// cells.
func (l *lawPlan) exact(ref *Reference, state pde.State, of densityOf) (pde.State, error) {
	var out pde.State
	for c := range state {
		g := l.fine.result.Trajectory.States[0][c].Grid
		if of.coarse {
			axes := g.Axes()
			for k := range axes {
				axes[k].N /= 2
			}
			var err error
			if g, err = grid.New(axes...); err != nil {
				return nil, err
			}
		}
		d, err := ref.Density(c, l.study.Times[of.time.index(l.study)], g)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// distances returns the mean distance over the components of every run from a density.
func (l *lawPlan) distances(tasks []*task, of densityOf) ([]float64, error) {
	of.points = max(lawLeast, lawPoints*tasks[0].run.Width)
	targets, err := l.targets(of)
	if err != nil {
		return nil, err
	}
	if l.known[of] == nil {
		l.known[of] = map[*task]float64{}
	}
	var g errgroup.Group
	g.SetLimit(l.study.workers())
	out := make([]float64, len(tasks))
	for i, t := range tasks {
		if d, ok := l.known[of][t]; ok {
			out[i] = d
			continue
		}
		g.Go(func() error {
			e := t.result.Trajectory.Ensembles[of.time.index(l.study)]
			for c := range e.Component {
				a := &e.Component[c]
				d, err := targets[c].distance(&transport.Measure{Dim: a.Dim, N: a.N, Points: a.Theta, Weight: a.Weight})
				if err != nil {
					return fmt.Errorf("law: %s, component %d: %w", t.run.ID, c, err)
				}
				out[i] += d / float64(len(targets))
			}
			return nil
		})
	}
	err = g.Wait()
	for i, t := range tasks {
		l.known[of][t] = out[i]
	}
	return out, err
}

// lawReferenceSeeds are the networks that the error of the reference is estimated with.
const lawReferenceSeeds = 4

// reference says what the distances of the networks change with a coarser density.
func (l *lawPlan) reference(tasks []*task) (*Reference, error) {
	tasks = tasks[:min(len(tasks), lawReferenceSeeds)]
	fine, err := l.distances(tasks, densityOf{time: lastTime})
	if err != nil {
		return nil, err
	}
	coarse, err := l.distances(tasks, densityOf{time: lastTime, coarse: true})
	if err != nil {
		return nil, err
	}
	change := make([]float64, len(fine))
	for i := range fine {
		change[i] = fine[i] - coarse[i]
	}
	label := fmt.Sprintf("the density of %s; error: what that of %s changes", l.fine.run.ID, l.coarse.run.ID)
	if ref, err := l.base.get(); err == nil && ref.Density != nil {
		label = fmt.Sprintf("%s, as averages of the cells of %s; error: what half as many cells change", ref.DensityLabel, l.fine.run.ID)
	}
	return &Reference{Label: label, Error: map[Quantity]float64{Distance1: rms(change)}}, nil
}

// find tabulates the distances at the start and at the end.
func (l *lawPlan) find(levels []level) (*Finding, error) {
	f := &Finding{
		Against: Law, Title: "Distance W₁ from the particles of networks to the density",
		Columns: []string{"M", "W₁ at τ = 0", "W₁ at the end", "sqrt(M/log(M+1)) W₁ at τ = 0", "the same at the end", "seeds"},
		Source:  "Fournier and Guillin 2015, Divol 2021: of order (log M/M)^(1/2) for draws in two dimensions",
	}
	for _, v := range levels {
		scale := 1 / empirical[0].g(1, v.x)
		var w [2]float64
		for i, at := range []when{firstTime, lastTime} {
			d, err := l.distances(v.tasks, densityOf{time: at})
			if err != nil {
				return nil, err
			}
			w[i] = rms(d)
		}
		f.Rows = append(f.Rows, FindingRow{Values: []float64{v.x, w[0], w[1], scale * w[0], scale * w[1], float64(len(v.tasks))}})
	}
	f.Text = []string{"Means over layers and blocks, root mean square over seeds. At τ = 0 the particles are independent draws; training keeps them about as far from the density as independent draws from it would be if the last columns are level."}
	return f, nil
}

// workers returns how many things the study does at a time.
func (s *Study) workers() int {
	if s.Workers == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return s.Workers
}
