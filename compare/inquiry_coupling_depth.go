package compare

import (
	"fmt"
	"math"
	"slices"

	"pdesolve/finite"
	"pdesolve/pde"
)

// byCouplingDepth measures the other part of the coupling bound of [G, Thm 3.1], C/L. It
// varies the number of layers L of networks of equal atoms (M = ∞, no chance), as in the
// depth ladder, and compares their particles θ with the coupled ones of the limit
// L = ∞: those with the same start that the mean field of continuous depth moves at
// t_k = k/L, where layer k of the paper's network stands. Because the start is the same
// at every depth, these are the atoms of the reference of the depth ladder itself
// (plan.depthReference), interpolated between its slices.
type byCouplingDepth struct{}

func init() { addInquiry(byCouplingDepth{}) }

// CouplingDepth varies L at M = ∞.
const CouplingDepth Against = "coupling-depth"

func (byCouplingDepth) Name() Against { return CouplingDepth }
func (byCouplingDepth) Summary() string {
	return "particles of L layers of equal atoms (M = ∞, no chance), against coupled ones in continuous depth"
}
func (byCouplingDepth) Axis() string        { return "layers, L" }
func (byCouplingDepth) Standard() bool      { return false }
func (byCouplingDepth) Chance() bool        { return false }
func (byCouplingDepth) Needs() string       { return byDepth{}.Needs() }
func (byCouplingDepth) Levels(s *Study) int { return len(s.depths()) }

func (q byCouplingDepth) Validate(s *Study) error {
	switch {
	case q.Levels(s) == 0:
		return lack(CouplingDepth, "finite.depth or compare.depth")
	case s.Model.Continuous:
		return lack(CouplingDepth, "transformer.depth as a number: slices of continuous depth are no layers")
	case slices.Max(s.depths()) < depthStencil:
		return lack(CouplingDepth, "a depth of at least %d among finite.depth or compare.depth: particles are interpolated between as many slices", depthStencil)
	}
	return nil
}

func (byCouplingDepth) plan(p *plan) {
	l := ladderPlan{against: CouplingDepth, only: particleQuantities,
		Prediction: Prediction{Slope: -1, Bound: true, Source: "G Thm 3.1, of sup|θ − θ̃|: 1/L"}}
	limit := depthLimit{p.depthReference().tasks}
	for _, d := range p.study.depths() {
		t := p.nodes(p.model(d), depthNodes, fineTolerance)
		l.levels = append(l.levels, level{x: float64(d), depth: d, tasks: []*task{t}, ref: limit.reference(d),
			seeds: func(q Quantity, _ *Reference) ([]float64, error) {
				worst := 0.0
				for s, e := range t.result.Trajectory.Ensembles {
					worst = max(worst, q.over(finite.Distances(e, limit.particles(d, s), 0)))
				}
				return []float64{worst}, nil
			}})
	}
	p.ladder(l)
}

// depthLimit is the mean field of continuous depth by two runs, the first with twice the
// slices of the second.
type depthLimit struct{ runs []*task }

// particles returns the coupled particles of L layers at a saved time: Richardson's
// extrapolation of the two runs, which are of second order in the slices.
func (v depthLimit) particles(depth, time int) *pde.Ensemble {
	e, coarse := v.of(0, depth, time), v.of(1, depth, time)
	for i, c := range coarse.Theta {
		e.Theta[i] += (e.Theta[i] - c) / 3
	}
	return e
}

// of interpolates one of the runs.
func (v depthLimit) of(run, depth, time int) *pde.Ensemble {
	r := v.runs[run].result
	return atLayers(r.Trajectory.Ensembles[time], r.Depth, depth)
}

// reference says what the coupled particles are, with the distance of those of the finer
// run for their error.
func (v depthLimit) reference(depth int) *refPlan {
	return &refPlan{tasks: v.runs, make: func() (*Reference, error) {
		n := v.runs[0].result.Depth
		r := &Reference{Label: fmt.Sprintf("coupled particles in continuous depth: the same atoms at t = k/L, symmetric splitting with %d and %d slices, extrapolated; error: distance from %d slices", n, n/2, n), Error: map[Quantity]float64{}}
		for time := range v.runs[0].result.Trajectory.Time {
			d := finite.Distances(v.of(0, depth, time), v.particles(depth, time), 0)
			for _, q := range particleQuantities {
				r.Error[q] = max(r.Error[q], q.over(d))
			}
		}
		return r, nil
	}}
}

// atLayers returns the atoms at t = k/L, k = 0, …, L−1, of an ensemble with n slices, of
// which slice i stands at (i+½)/n: the cubic through the four slices about t.
func atLayers(e *pde.Ensemble, n, layers int) *pde.Ensemble {
	blocks := len(e.Component) / n
	dim, count := make([]int, blocks*layers), make([]int, blocks*layers)
	for c := range dim {
		a := &e.Component[c/layers*n]
		dim[c], count[c] = a.Dim, a.N
	}
	out := pde.NewEnsemble(dim, count)
	for c := range out.Component {
		x := float64(c%layers)/float64(layers)*float64(n) - 0.5 // in slices
		from := max(0, min(int(math.Floor(x))-1, n-depthStencil))
		to := &out.Component[c]
		for i := range depthStencil {
			weight := 1.0
			for j := range depthStencil {
				if j != i {
					weight *= (x - float64(from+j)) / float64(i-j)
				}
			}
			a := &e.Component[c/layers*n+from+i]
			copy(to.Weight, a.Weight)
			for k, v := range a.Theta {
				to.Theta[k] += weight * v
			}
		}
	}
	return out
}

// depthStencil is the number of slices that a particle is interpolated between.
const depthStencil = 4
