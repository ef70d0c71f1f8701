package compare

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde"
)

// byCoupling measures how far the particles of networks are from the coupled particles θ̃
// of the proof of [G, Thm 3.1], which start where they start and move with the velocity
// of the mean field at the same L (finite.Coupled). Of every network it takes, over the
// saved times τ,
//
//	coupling      max over τ and particles of |θ − θ̃|,
//	coupling-rms  max over τ of the root mean square of |θ − θ̃| over particles.
//
// It varies the number M of heads at the model's depth. The theorem bounds the largest
// distance over all particles by C sqrt((δ + log(L+1))/M), so that the slope is −1/2. The
// largest of more particles is larger, until they have explored the support of ρ₀, by a
// factor that has nothing to do with the rate. Because draws are nested, networks of all
// widths share the particles of the narrowest: the ladder follows the largest distance of
// those, and a table shows that of all particles beside it.
//
// With total it varies L·M, in the shapes of the parameters ladder: the field of a
// network is a mean over all its layers, so that its fluctuation is of order (LM)^(−1/2)
// (derived; mathematics.md §4). Networks of different depth share no particles, so that
// it measures the root mean square alone.
//
// A network with its coupled particles costs two, so that these ladders take the seeds that
// the others call for, couplingSeeds of a size at most, and call for none themselves.
type byCoupling struct{ total bool }

// couplingSeeds is the largest number of networks of a size beside which coupled particles
// are moved.
const couplingSeeds = 128

func init() {
	addInquiry(byCoupling{})
	addInquiry(byCoupling{total: true})
}

// What ladders of coupled particles vary.
const (
	Coupling           Against = "coupling"            // M
	CouplingParameters Against = "coupling-parameters" // L·M
)

// The distances of particles from their coupled ones; see byCoupling.
const (
	Farthest Quantity = "coupling"     // largest over the particles that all widths share
	Typical  Quantity = "coupling-rms" // root mean square over all particles
)

// particleQuantities are what ladders of coupled particles measure.
var particleQuantities = []Quantity{Farthest, Typical}

// over summarises the distances of all particles.
func (q Quantity) over(distances []float64) float64 {
	if q == Farthest {
		return slices.Max(distances)
	}
	return rms(distances)
}

func (q byCoupling) Name() Against {
	if q.total {
		return CouplingParameters
	}
	return Coupling
}
func (q byCoupling) Summary() string {
	if q.total {
		return "particles of networks of many shapes by L·M, against their coupled particles"
	}
	return "particles of networks by M, against those with the same start that the mean field moves"
}
func (q byCoupling) Axis() string {
	if q.total {
		return "L·M"
	}
	return "heads a layer, M"
}
func (byCoupling) Standard() bool      { return false }
func (byCoupling) Chance() bool        { return true }
func (byCoupling) Needs() string       { return "finite: {width: [M, …]}" }
func (byCoupling) Levels(s *Study) int { return len(s.Networks.Widths) }

func (q byCoupling) Validate(s *Study) error {
	if err := networksGiven(q.Name(), s); err != nil {
		return err
	}
	if _, noisy := s.Networks.Dynamics.(finite.Noisy); noisy {
		return lack(q.Name(), "finite.dynamics without noise, such as gradient: a network and its coupled particles would have to share %s's noise", s.Networks.Dynamics.Name())
	}
	return nil
}

func (q byCoupling) plan(p *plan) {
	if q.total {
		q.planTotal(p)
		return
	}
	widths, depth := slices.Sorted(slices.Values(p.study.Networks.Widths)), p.study.Model.Depth
	l := ladderPlan{against: Coupling, only: particleQuantities, fixed: true,
		Prediction: Prediction{Slope: -0.5, Bound: true, Source: "G Thm 3.1, of sup|θ − θ̃|: M^(−1/2) at fixed L"}}
	var all []couplingLevel
	particles := p.couple(depth, widths)
	for _, w := range widths {
		c := couplingLevel{networks: p.networks(float64(w), depth, w).first(couplingSeeds), coupling: particles, shared: widths[0]}
		all, l.levels = append(all, c), append(l.levels, c.level())
	}
	p.ladder(l)
	p.find(func(s *Study, _ *Options) (*Finding, error) { return largestCoupling(s, all), nil })
	p.find(func(s *Study, _ *Options) (*Finding, error) { return all[len(all)-1].quantiles(s), nil })
}

// planTotal adds the ladder in L·M.
func (q byCoupling) planTotal(p *plan) {
	l := ladderPlan{against: CouplingParameters, only: []Quantity{Typical}, fixed: true,
		Prediction: Prediction{Slope: -0.5, Source: "(LM)^(−1/2) at the same L (derived); within G Thm 3.1"}}
	for _, v := range p.parameterShapes() {
		widths := []int{v.width}
		if v.depth == p.study.Model.Depth {
			widths = p.study.Networks.Widths
		}
		c := couplingLevel{networks: v.first(couplingSeeds), coupling: p.couple(v.depth, widths)}
		l.levels = append(l.levels, c.level())
	}
	p.ladder(l)
}

// coupling is the coupled particles of the networks of some widths at one depth. Of a
// seed they are those of its widest network, of which narrower ones have the first.
type coupling struct {
	batches []couplingBatch // by increasing seed
	random  bool            // whether two random quadratures of ρ₀ are averaged
	ref     *refPlan
}

// couplingBatch is the coupled particles of the networks of some consecutive seeds, in
// one run: about as many as the atoms of the mean field that moves them.
type couplingBatch struct {
	from, seeds, width int // the first seed, from 0, their number, and heads a layer of each
	run                *task
	other              *task // by another quadrature of ρ₀; nil if not made
}

// couple adds the runs of coupled particles of the networks of some widths.
func (p *plan) couple(depth int, widths []int) *coupling {
	m := p.model(depth)
	fine := finite.Characteristics{Nodes: otherNodes[0], Rule: grid.Gauss, RTol: wideTolerance, ATol: wideTolerance}
	coarse := fine
	coarse.Nodes, coarse.RTol, coarse.ATol = otherNodes[1], 10*fine.RTol, 10*fine.ATol
	if !hasRule(&m) {
		fine.Nodes, fine.Rule, fine.Seed = p.wideWidth(), finite.Drawn, p.freeSeed()
		coarse = fine
		coarse.Seed++
	}
	return p.coupleBy(depth, widths, fine, coarse)
}

// coupleBy adds the runs of coupled particles by two quadratures of ρ₀: of all seeds by the
// fine one, and by the coarse one of the first batch, or of all if they are random.
func (p *plan) coupleBy(depth int, widths []int, fine, coarse finite.Characteristics) *coupling {
	m := p.model(depth)
	c := &coupling{random: fine.Random()}
	widest := func(seed int) (width int) {
		for _, w := range widths {
			if seed < min(couplingSeeds, p.study.seeds(sample{depth: depth, width: w})) {
				width = max(width, w)
			}
		}
		return width
	}
	for from := 0; widest(from) > 0; {
		b := couplingBatch{from: from, width: widest(from)}
		for b.seeds <= mostNodes(&m, fine)/b.width && widest(from+b.seeds) == b.width {
			b.seeds++
		}
		b.run = p.coupled(depth, b, fine)
		if from == 0 || c.random {
			b.other = p.coupled(depth, b, coarse)
		}
		c.batches = append(c.batches, b)
		from += b.seeds
	}
	c.ref = p.reference(fmt.Sprint("coupled L=", depth, " M=", widths), func() *refPlan {
		return &refPlan{make: func() (*Reference, error) { return c.reference(fine, coarse, depth), nil }}
	})
	return c
}

// coupled adds the run of a batch.
func (p *plan) coupled(depth int, b couplingBatch, field finite.Characteristics) *task {
	m := p.model(depth)
	first := p.study.Networks.Seed + uint64(b.from)
	run := Run{ID: fmt.Sprintf("coupled-%s%d-L%d-M%d-s%d", field.Rule, field.Nodes, depth, b.width, first), Kind: CoupledParticles, Scheme: "coupled",
		Depth: depth, Continuous: m.Continuous, Width: b.width, Nodes: mostNodes(&m, field), Seed: first, Sources: []Source{FromQuadrature, FromDepth}}
	if b.seeds > 1 {
		run.ID += fmt.Sprintf("to%d", first+uint64(b.seeds)-1)
	}
	if field.Random() {
		run.ID += fmt.Sprintf("-field%d", field.Seed)
	}
	return p.add(&task{run: run, cost: p.costAtoms(m, run.Nodes+b.width*b.seeds), inputs: []any{m, p.study.Times, b.width, b.seeds, field}, do: func(ctx context.Context, o *finite.Options) (*Run, error) {
		var starts []*pde.Ensemble
		for s := range b.seeds {
			_, start := p.study.network(&m, b.width, first+uint64(s))
			starts = append(starts, start)
		}
		atoms, err := field.Start(&m)
		if err != nil {
			return nil, err
		}
		r := run
		c := finite.Coupled{Field: atoms, Particles: finite.Join(starts...), Dynamics: finite.Gradient{RTol: field.RTol, ATol: field.ATol}}
		r.Trajectory, err = c.Simulate(ctx, &m, p.study.Times, o)
		return &r, err
	}})
}

// at returns the coupled particles of a seed, counted from 0, at a saved time, and the
// number of the first of them in a component.
func (c *coupling) at(seed, time int) (particles *pde.Ensemble, skip int) {
	i, _ := slices.BinarySearchFunc(c.batches, seed, func(b couplingBatch, seed int) int { return b.from + b.seeds - 1 - seed })
	b := &c.batches[i]
	e := b.run.result.Trajectory.Ensembles[time]
	if c.random {
		e = e.Clone()
		for i, v := range b.other.result.Trajectory.Ensembles[time].Theta {
			e.Theta[i] = (e.Theta[i] + v) / 2
		}
	}
	return e, (seed - b.from) * b.width
}

// distances returns |θ − θ̃| of the particles of a network of the given seed.
func (c *coupling) distances(t *task, seed, time int) []float64 {
	particles, skip := c.at(seed, time)
	return finite.Distances(t.result.Trajectory.Ensembles[time], particles, skip)
}

// reference says what the coupled particles are and how well they are known.
func (c *coupling) reference(fine, coarse finite.Characteristics, depth int) *Reference {
	r := &Reference{Error: map[Quantity]float64{}}
	share := 1.0
	if c.random {
		share = 0.5
		r.Label = fmt.Sprintf("coupled particles in the field of networks of %d heads and neurons a layer at L = %d: the mean of two that are drawn with seeds of their own; error: half their distance", fine.Nodes, depth)
	} else {
		r.Label = fmt.Sprintf("coupled particles in the mean field at the same L, with %d nodes an axis and block; error: distance from %d nodes and a tenfold tolerance", fine.Nodes, coarse.Nodes)
	}
	for _, q := range particleQuantities {
		var errors []float64 // of every seed, measured as a network is, with all its particles
		for _, b := range c.batches {
			if b.other == nil {
				continue
			}
			worst := make([]float64, b.seeds)
			for time, e := range b.other.result.Trajectory.Ensembles {
				d := finite.Distances(e, b.run.result.Trajectory.Ensembles[time], 0)
				for seed := range worst {
					worst[seed] = max(worst[seed], share*q.over(strided(d, seed*b.width, b.width, b.seeds*b.width)))
				}
			}
			errors = append(errors, worst...)
		}
		r.Error[q] = rms(errors)
	}
	return r
}

// couplingLevel joins the networks of one shape with their coupled particles.
type couplingLevel struct {
	networks level
	coupling *coupling
	shared   int // of the particles of a layer, those that all widths have
}

func (c couplingLevel) level() level {
	l := c.networks
	l.ref = c.coupling.ref
	l.seeds = func(q Quantity, _ *Reference) ([]float64, error) {
		var out []float64
		for seed, t := range l.tasks {
			worst := 0.0
			for s := range t.result.Trajectory.Time {
				d := c.coupling.distances(t, seed, s)
				if q == Farthest {
					d = c.sharedOf(d)
				}
				worst = max(worst, q.over(d))
			}
			out = append(out, worst)
		}
		return out, nil
	}
	return l
}

// sharedOf returns the distances of the particles that all widths have.
func (c couplingLevel) sharedOf(d []float64) []float64 {
	return strided(d, 0, c.shared, c.networks.width)
}

// strided returns n entries of every stride of them in d, from the given one on: those of
// some particles of each component.
func strided(d []float64, from, n, stride int) []float64 {
	var out []float64
	for ; from < len(d); from += stride {
		out = append(out, d[from:from+n]...)
	}
	return out
}

// largestCoupling tabulates the largest distance of all particles beside the bound.
func largestCoupling(s *Study, levels []couplingLevel) *Finding {
	f := &Finding{
		Against: Coupling, Title: "The largest distance of all particles by M",
		Columns: []string{"M", "largest of all particles", "of those in all widths", "rms", "largest × sqrt(M/log(L+1))"},
		Source:  "G Thm 3.1: the largest is at most C sqrt((δ + log(L+1))/M), so that the last column stays bounded in M",
	}
	for _, c := range levels {
		n := c.networks
		var all, shared, typical []float64
		for seed, t := range n.tasks {
			worst, common, mean := 0.0, 0.0, 0.0
			for time := range s.Times {
				d := c.coupling.distances(t, seed, time)
				worst, common, mean = max(worst, slices.Max(d)), max(common, slices.Max(c.sharedOf(d))), max(mean, rms(d))
			}
			all, shared, typical = append(all, worst), append(shared, common), append(typical, mean)
		}
		bound := math.Sqrt(math.Log(float64(n.depth)+1) / float64(n.width))
		f.Rows = append(f.Rows, FindingRow{Values: []float64{n.x, rms(all), rms(shared), rms(typical), rms(all) / bound}})
	}
	f.Text = []string{fmt.Sprintf("Largest values over the saved times, root mean squares over seeds. The widest network has %d times as many particles as the narrowest, and the largest of more is larger.",
		levels[len(levels)-1].networks.width/levels[0].networks.width)}
	return f
}

// quantiles tabulates the distances over training time, of the particles of all seeds.
func (c couplingLevel) quantiles(s *Study) *Finding {
	n := c.networks
	f := &Finding{
		Against: Coupling, Title: fmt.Sprintf("Particles and their coupled particles in training time, M = %d", n.width),
		Columns: []string{"τ", "median |θ − θ̃|", "90 %", "99 %", "largest", "its mean over seeds", "rms × sqrt(LM)"},
		Source:  "G Thm 3.1: the largest is at most C(τ) sqrt((δ + log(L+1))/M), C at most exponential in τ",
	}
	for time, tau := range s.Times {
		var all, largest []float64
		for seed, t := range n.tasks {
			d := c.coupling.distances(t, seed, time)
			all, largest = append(all, d...), append(largest, slices.Max(d))
		}
		slices.Sort(all)
		f.Rows = append(f.Rows, FindingRow{Values: []float64{tau, quantile(0.5, all), quantile(0.9, all), quantile(0.99, all),
			all[len(all)-1], stat.Mean(largest, nil), rms(all) * math.Sqrt(float64(n.depth*n.width))}})
	}
	f.Text = []string{fmt.Sprintf("θ are the particles of the %d networks with L = %d and M = %d, θ̃ those with the same start that the mean field of the same L moves; |θ − θ̃| is the Euclidean distance of two sets of parameters of one head or neuron. Quantiles are over all particles of all seeds.",
		len(n.tasks), n.depth, n.width)}
	return f
}
