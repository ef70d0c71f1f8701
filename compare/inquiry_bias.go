package compare

import (
	"fmt"
	"slices"

	"pdesolve/pde"
)

// biasParts is the number G of parts of a network in the bias ladder: more parts would
// leave less chance and more of the terms of higher order, for the parts are narrower.
const biasParts = 4

// byBias varies L·M at the model's depth, for every width that can be divided, and
// measures the bias E[R_M] − R_∞ of the risk and of the objective at the last training
// time. To second order in the fluctuation it is b/(LM) (derived; mathematics.md §4).
//
// It hides in the spread of the seeds, which is of order (LM)^(−1/2): the mean of R_M − R_∞
// over a hundred seeds says nothing. But that spread is due to a term which is linear in
// the empirical law ρ_M of the start, and ρ_M is the mean of the laws of G parts of M/G
// heads of every layer. So each network is compared with the G networks that these parts
// train to: in
//
//	(mean over parts of R_{M/G} − R_M)/(G − 1)
//
// the linear term cancels exactly. The mean is (G b/(LM) − b/(LM))/(G − 1) = b/(LM), and the
// spread, of the same order, is (G − 1)^(−1/2) times that of two halves (a jackknife of
// groups; derived). The next term is (G + 1) c/(LM)² if that of E[R_M] is c/(LM)². No
// reference is needed. A level whose mean is less than three standard errors from zero is
// not fitted: more seeds would show it. Because the draws are nested, the first part is the
// network of its width with the same seed; only the others are further runs.
type byBias struct{}

func init() { addInquiry(byBias{}) }

func (byBias) Name() Against { return Bias }
func (byBias) Summary() string {
	return "bias E[R] − R_∞ of networks by L·M, from networks and networks of parts of their heads"
}
func (byBias) Axis() string            { return "L·M" }
func (byBias) Standard() bool          { return false }
func (byBias) Chance() bool            { return true }
func (byBias) Needs() string           { return "finite: {width: [M, …]} with widths that are multiples of 4" }
func (q byBias) Levels(s *Study) int   { return len(q.widths(s)) }
func (byBias) Validate(s *Study) error { return networksGiven(Bias, s) }

// widths returns the widths that have halves.
func (byBias) widths(s *Study) []int {
	return slices.DeleteFunc(slices.Clone(s.Networks.Widths), func(w int) bool { return w%biasParts != 0 })
}

func (q byBias) plan(p *plan) {
	// Outputs have a sign for every prompt. The spread of the seeds is as large as the bias on
	// all levels, so that a slope as narrow as others would take thousands of them.
	l := ladderPlan{against: Bias, bias: true, only: []Quantity{Risk, Objective}, fixed: true, Prediction: Prediction{Slope: -1, Source: "(LM)^(−1): second order of the fluctuation"}}
	l.reference = fmt.Sprintf("none: every network is compared with %d networks of the parts of its heads", biasParts)
	d := p.study.Model.Depth
	for _, w := range q.widths(p.study) {
		v := level{x: float64(d * w), depth: d, width: w}
		for s := range p.study.Networks.Seeds {
			seed := p.study.Networks.Seed + uint64(s)
			v.tasks = append(v.tasks, p.network(d, w, seed))
			for i := range biasParts {
				v.tasks = append(v.tasks, p.part(d, w, seed, i, biasParts))
			}
		}
		v.seeds = func(q Quantity, _ *Reference) (out []float64, err error) {
			for run := range slices.Chunk(v.tasks, 1+biasParts) {
				sum := 0.0
				for _, t := range run[1:] {
					sum += endOf(q, t) - endOf(q, run[0])
				}
				out = append(out, sum/(biasParts*(biasParts-1)))
			}
			return out, nil
		}
		l.levels = append(l.levels, v)
	}
	p.ladder(l)
}

// endOf returns the risk or the objective of a finished run at the last saved time.
func endOf(q Quantity, t *task) float64 {
	if q == Objective {
		return lastOf(t.result.Trajectory.Energy)
	}
	return lastOf(t.result.Trajectory.Risk)
}

// partOf returns the part numbered i of n of the atoms of every component, each with the
// weight of n.
func partOf(e *pde.Ensemble, i, n int) *pde.Ensemble {
	dims, counts := make([]int, len(e.Component)), make([]int, len(e.Component))
	for c, a := range e.Component {
		dims[c], counts[c] = a.Dim, a.N/n
	}
	part := pde.NewEnsemble(dims, counts)
	for c := range part.Component {
		from, to := &e.Component[c], &part.Component[c]
		skip := i * to.N
		for d := range to.Dim {
			copy(to.Coordinate(d), from.Coordinate(d)[skip:])
		}
		for j := range to.Weight {
			to.Weight[j] = from.Weight[skip+j] * float64(n)
		}
	}
	return part
}
