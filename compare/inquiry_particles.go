package compare

import (
	"errors"
	"fmt"
	"math"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat"

	"pdesolve/pde"
	"pdesolve/transport"
)

// byParticles measures how far the particles of networks are from the density of the
// PDE itself, in the metric of the flow: with ρ the density of the study's finest grid run
// and μ the particles of a run at the same L, at every saved time,
//
//	W₂(ρ, μ) = (1/L Σ_{k, block} W₂²(ρ_k, μ_k))^{1/2},
//
// the conditional Wasserstein distance over depth slices. The distance is between rounding
// bounds only up to what transport.Quantisation leaves: the runs get the columns w2,
// w2_lower and w2_upper, of which the outer ones hold the distance and w2 is the root of
// the mean of their squares. Networks of the first particleSeeds seeds of every width are
// measured, and the study's characteristics.
//
// The error of the grid run is part of the distance: where first-order schemes blur the
// density, wide networks come no nearer. [G] claims no rate for this distance; the table
// shows one.
type byParticles struct{}

func init() { addInquiry(byParticles{}) }

// Particles is W₂ from networks to the density, by M.
const Particles Against = "particles"

// particleSeeds bounds the networks of a width that are measured, and
// particlePoints the points that stand for a slice's density.
const (
	particleSeeds  = 8
	particlePoints = 256
)

func (byParticles) Name() Against { return Particles }
func (byParticles) Summary() string {
	return "particles of networks by M, against the density of the finest grid run, in W2"
}
func (byParticles) Axis() string   { return "heads, M" }
func (byParticles) Standard() bool { return true }
func (byParticles) Chance() bool   { return true }
func (byParticles) Needs() string {
	return "finite: {width: [M, …]} and, under solve, a scheme on a grid"
}
func (byParticles) Levels(s *Study) int {
	if _, ok := s.finest(); !ok || s.Model.Continuous {
		return 0
	}
	return len(s.Networks.Widths)
}
func (byParticles) Validate(s *Study) error {
	if err := networksGiven(Particles, s); err != nil {
		return err
	}
	if _, ok := s.finest(); !ok {
		return lack(Particles, "a scheme on a grid under solve, whose density the particles are compared with")
	}
	if s.Model.Continuous {
		return lack(Particles, "transformer.depth as a number: slices of continuous depth have no layers of networks beside them")
	}
	return nil
}

// finest returns the grid solver with the most cells, of several the one of the highest
// order.
func (s *Study) finest() (best Solver, ok bool) {
	order := 0
	for _, v := range s.Solvers {
		if v.Scheme == nil {
			continue
		}
		space, _ := v.Scheme.Order()
		if n := s.cellsOf(v); !ok || n > s.cellsOf(best) || n == s.cellsOf(best) && space > order {
			best, order, ok = v, space, true
		}
	}
	return best, ok
}

func (byParticles) plan(p *plan) {
	v, _ := p.study.finest()
	from := p.solver(v)
	var levels []level
	for _, w := range p.study.Networks.Widths {
		l := p.networks(float64(w), p.study.Model.Depth, w)
		l.tasks = l.tasks[:min(len(l.tasks), particleSeeds)]
		levels = append(levels, l)
	}
	all := level{}
	for _, l := range levels {
		all.tasks = append(all.tasks, l.tasks...)
	}
	for _, v := range p.study.Solvers {
		if v.Characteristics != nil {
			all.tasks = append(all.tasks, p.solver(v))
		}
	}
	p.find(func(s *Study, _ *Options) (*Finding, error) {
		if err := s.distances(from.result, all.tasks); err != nil {
			return nil, fmt.Errorf("particles: %w", err)
		}
		return particles(s, from.result, levels), nil
	})
}

// distances fills W2, W2Lower and W2Upper of the runs of the tasks, a saved time after
// the other, so that the quantised density of one time is all that is kept.
func (s *Study) distances(from *Run, tasks []*task) error {
	for _, t := range tasks {
		n := len(t.result.Trajectory.Ensembles)
		if n != len(from.Trajectory.States) {
			return fmt.Errorf("%s and %s have %d and %d saved states", from.ID, t.run.ID, len(from.Trajectory.States), n)
		}
		t.result.W2To = from.ID
		t.result.W2, t.result.W2Lower, t.result.W2Upper = make([]float64, n), make([]float64, n), make([]float64, n)
	}
	for i, state := range from.Trajectory.States {
		q := make([]*transport.Quantisation, len(state))
		var g errgroup.Group
		g.SetLimit(s.workers())
		for c, d := range state {
			g.Go(func() (err error) {
				if d.Min() < 0 {
					return fmt.Errorf("%s: a negative density at τ = %v", from.ID, from.Trajectory.Time[i])
				}
				q[c], err = transport.Quantise(d, particlePoints)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		for _, t := range tasks {
			g.Go(func() (err error) {
				r := t.result
				r.W2[i], r.W2Lower[i], r.W2Upper[i], err = conditional(q, r.Trajectory.Ensembles[i], s.Model.Depth)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// conditional returns the distance of an ensemble of L layers from the densities, with
// its bounds.
func conditional(q []*transport.Quantisation, e *pde.Ensemble, layers int) (value, lower, upper float64, err error) {
	if len(e.Component) != len(q) {
		return 0, 0, 0, errors.New("the density and the particles differ in depth")
	}
	for c := range q {
		a := &e.Component[c]
		r, err := q[c].W2(&transport.Measure{Dim: a.Dim, N: a.N, Points: a.Theta, Weight: a.Weight})
		if err != nil {
			return 0, 0, 0, fmt.Errorf("component %d: %w", c, err)
		}
		lower += r.Lower * r.Lower / float64(layers)
		upper += r.Upper * r.Upper / float64(layers)
	}
	return math.Sqrt((lower + upper) / 2), math.Sqrt(lower), math.Sqrt(upper), nil
}

// particles tabulates the distances by width, as root mean squares over the seeds.
func particles(s *Study, from *Run, levels []level) *Finding {
	f := &Finding{
		Against: Particles, Title: "Particles of networks and the density of the PDE",
		Columns: []string{"M", "W2 at τ = 0", "W2 at the end", "at least", "at most", "seeds"},
		Source:  "none: G claims no rate for this distance",
	}
	end := len(s.Times) - 1
	var m, w2 []float64
	for _, l := range levels {
		mean := func(of func(*Run) float64) float64 {
			sum := 0.0
			for _, t := range l.tasks {
				sum += of(t.result) * of(t.result) / float64(len(l.tasks))
			}
			return math.Sqrt(sum)
		}
		last := mean(func(r *Run) float64 { return r.W2[end] })
		f.Rows = append(f.Rows, FindingRow{Values: []float64{l.x,
			mean(func(r *Run) float64 { return r.W2[0] }), last,
			mean(func(r *Run) float64 { return r.W2Lower[end] }), mean(func(r *Run) float64 { return r.W2Upper[end] }),
			float64(len(l.tasks))}})
		m, w2 = append(m, math.Log(l.x)), append(w2, math.Log(last))
	}
	f.Text = append(f.Text, fmt.Sprintf("W2 is the conditional distance over depth slices from the density of %s, root mean square over seeds, and certainly between the two bounds; series.csv and summary.json have it for these runs and the characteristics at every saved time.", from.ID))
	if len(m) > 1 {
		_, slope := stat.LinearRegression(m, w2, nil, false)
		f.Text = append(f.Text, fmt.Sprintf("At τ = %s the distance falls like M^(%s).", plain(s.end()), decimal(slope, 2)))
	}
	return f
}
