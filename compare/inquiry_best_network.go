package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"pdesolve/pde"
)

// byBestNetwork draws networks from the trained mean field and measures what they miss:
// M heads a layer, independent, from ρ_T of the reference (plan.baseReference), for
// every width at the model's depth, compared with the mean field at the same L at the
// end of training. [G, Prop 3.3] says of the best network that it comes within
// C(1/L + sqrt(log(L+1)/M)) of the best measure; at the same L the rate in M is −1/2, and
// a network drawn like this is an upper bound for the best one. The atoms of ρ_T are
// those of the reference's quadrature, drawn with their weights: the mean field of these
// atoms is the reference itself. A table shows the same for every depth of the study too,
// each beside its own trained mean field.
type byBestNetwork struct{}

func init() { addInquiry(byBestNetwork{}) }

func (byBestNetwork) Name() Against { return BestNetwork }
func (byBestNetwork) Summary() string {
	return "networks drawn from the trained mean field by M, against it (Prop 3.3)"
}
func (byBestNetwork) Axis() string            { return "heads drawn a layer, M" }
func (byBestNetwork) Standard() bool          { return false }
func (byBestNetwork) Chance() bool            { return true }
func (byBestNetwork) Needs() string           { return "finite: {width: [M, …]}" }
func (byBestNetwork) Levels(s *Study) int     { return len(s.Networks.Widths) }
func (byBestNetwork) Validate(s *Study) error { return networksGiven(BestNetwork, s) }

func (byBestNetwork) plan(p *plan) {
	m := p.study.Model
	from := p.nodes(m, baseNodes[0], fineTolerance)
	l := ladderPlan{against: BestNetwork, Prediction: Prediction{Slope: -0.5, Bound: true, Source: "G Prop 3.3: sqrt(log(L+1)/M)"}}
	for _, w := range p.study.Networks.Widths {
		l.levels = append(l.levels, level{x: float64(w), depth: m.Depth, width: w, drawn: true, tasks: []*task{from}, ref: p.ownReference(from),
			seeds: func(q Quantity, ref *Reference) ([]float64, error) {
				return p.drawn(q, ref, from, w, p.study.seeds(sample{m.Depth, w, true}))
			}})
	}
	p.ladder(l)
	var fields []bestField
	for _, d := range p.study.Networks.Depths {
		t := p.nodes(p.model(d), otherNodes[0], fineTolerance)
		fields = append(fields, bestField{t, p.ownReference(t)})
	}
	if len(fields) > 0 {
		p.find(func(*Study, *Options) (*Finding, error) { return p.bestShapes(fields) })
	}
}

// bestField is the trained mean field of a depth, and the same as a reference.
type bestField struct {
	run *task
	ref *refPlan
}

// bestShapes tabulates the distances of drawn networks of every depth and width from the
// trained mean field at their own depth, in which the part 1/L of the bound is not.
func (p *plan) bestShapes(fields []bestField) (*Finding, error) {
	n := p.study.Networks
	f := &Finding{
		Against: BestNetwork, Title: "Networks drawn from the trained mean field, by L and M",
		Columns: []string{"L", "M", "output", "risk", "output × sqrt(LM)", "output / sqrt(log(L+1)/M)"},
		Source:  "G Prop 3.3: the last column stays bounded; independent layers keep the one before it constant (derived)",
		Text: []string{fmt.Sprintf("Root mean squares over %d draws of the distance from the mean field that a network is drawn from, at the same L and τ = %s. The other part of the bound, 1/L, is that of the depth ladder.",
			n.Seeds, plain(p.study.end()))},
	}
	for _, v := range fields {
		ref, err := v.ref.get()
		if err != nil {
			return nil, err
		}
		for _, w := range n.Widths {
			var miss [2]float64
			for i, q := range []Quantity{Output, Risk} {
				d, err := p.drawn(q, ref, v.run, w, n.Seeds)
				if err != nil {
					return nil, err
				}
				miss[i] = rms(d)
			}
			l, m := float64(v.run.run.Depth), float64(w)
			f.Rows = append(f.Rows, FindingRow{Values: []float64{l, m, miss[0], miss[1], miss[0] * math.Sqrt(l*m), miss[0] / math.Sqrt(math.Log(l+1)/m)}})
		}
	}
	return f, nil
}

// ownReference is the end of a run of atoms: exact for networks drawn from it.
func (p *plan) ownReference(t *task) *refPlan {
	return p.reference("end of "+t.run.ID, func() *refPlan {
		return &refPlan{tasks: []*task{t}, make: func() (*Reference, error) {
			c := curve(t.result.Trajectory)
			r := c.at(len(c.Risk) - 1)
			r.Label = fmt.Sprintf("the mean field of the atoms of %s at the end of training, from which the networks are drawn", t.run.ID)
			r.Error = map[Quantity]float64{Output: drawnRounding, Risk: drawnRounding, Objective: drawnRounding}
			return r, nil
		}}
	})
}

// drawnRounding bounds the rounding of an evaluation.
const drawnRounding = 1e-13

// drawn returns the distances of networks of the given width from the mean field that
// they are drawn from, one a seed.
func (p *plan) drawn(q Quantity, ref *Reference, from *task, width, seeds int) ([]float64, error) {
	all := from.result.Trajectory.Ensembles
	whole := all[len(all)-1]
	dims, counts := make([]int, len(whole.Component)), make([]int, len(whole.Component))
	for c, a := range whole.Component {
		dims[c], counts[c] = a.Dim, width
	}
	e := pde.NewEnsemble(dims, counts)
	m := p.model(from.run.Depth)
	f, err := m.BindAtoms(e)
	if err != nil {
		return nil, err
	}
	var out []float64
	for s := range seeds {
		seed := p.study.Networks.Seed + uint64(s)
		for c := range e.Component {
			rng := rand.New(rand.NewPCG(seed, uint64(c))) // a stream a layer: narrow networks are parts of wide ones
			redraw(&e.Component[c], &whole.Component[c], rng)
		}
		energy := f.Value(e)
		risk, output := f.(pde.Learner).Reading()
		got := &Reference{Risk: []float64{risk}, Objective: []float64{energy}, Output: [][]float64{output}}
		out = append(out, distance(q, got, ref))
	}
	return out, nil
}

// redraw fills dst with atoms drawn from src with its weights.
func redraw(dst, src *pde.Atoms, rng *rand.Rand) {
	sum := make([]float64, src.N)
	total := 0.0
	for i, w := range src.Weight {
		total += w
		sum[i] = total
	}
	for j := range dst.N {
		u := rng.Float64() * total
		i := min(sort.Search(src.N, func(i int) bool { return sum[i] > u }), src.N-1)
		for d := range src.Dim {
			dst.Theta[d*dst.N+j] = src.Theta[d*src.N+i]
		}
	}
}
