package compare

import "slices"

// byBudget divides a fixed number N = L·M of heads among more and more layers: N is
// the study's Budget or the model's depth times the largest width, L runs through the depths that divide it, and
// M = N/L. Networks of many seeds are compared with the mean field at their own L
// (plan.sameDepthReference). With independent draws in every layer the fluctuation is
// of order N^(−1/2) whatever L (derived; mathematics.md §4), so that the ladder is flat,
// while the bound of [G, Thm 3.1] for the same networks, sqrt(log(L+1)/M), rises like
// sqrt(L log(L+1)): the sharpest discriminator between the two. See Ladder.Rivals.
type byBudget struct{}

func init() { addInquiry(byBudget{}) }

func (byBudget) Name() Against { return FixedBudget }
func (byBudget) Summary() string {
	return "layers L at fixed L·M, against M = ∞ at the same L: flat, or like sqrt(L log(L+1))"
}
func (byBudget) Axis() string   { return "layers at fixed L·M, L" }
func (byBudget) Standard() bool { return false }
func (byBudget) Chance() bool   { return true }
func (byBudget) Needs() string {
	return "finite: {width: [M, …], depth: [L, …]} with depths that divide compare.budget, by default depth × largest width"
}
func (byBudget) Validate(s *Study) error { return networksGiven(FixedBudget, s) }
func (q byBudget) Levels(s *Study) int   { return len(q.depths(s)) }

// budget returns N.
func (byBudget) budget(s *Study) int {
	if len(s.Networks.Widths) == 0 {
		return 0
	}
	if s.Budget > 0 {
		return s.Budget
	}
	return s.Model.Depth * slices.Max(s.Networks.Widths)
}

// depths returns the numbers of layers among which the budget can be divided.
func (q byBudget) depths(s *Study) []int {
	n := q.budget(s)
	return slices.DeleteFunc(slices.Clone(s.Networks.Depths), func(d int) bool { return d < 1 || n < d || n%d != 0 })
}

func (q byBudget) plan(p *plan) {
	l := ladderPlan{against: FixedBudget, Prediction: Prediction{Slope: 0, Source: "(LM)^(−1/2) at the same L: flat"}}
	for _, d := range q.depths(p.study) {
		l.levels = append(l.levels, p.networks(float64(d), d, q.budget(p.study)/d))
	}
	p.ladder(l)
}
