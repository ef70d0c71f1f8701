package compare

import "slices"

// byParameters varies the number L·M of heads in all: every width at the model's depth,
// and one small width at every other depth. Networks of many seeds are compared with
// the mean field at their own L (plan.sameDepthReference). The fluctuation at the same
// L is of order (LM)^(−1/2) (derived; mathematics.md §4), within what [G, Thm 3.1] allows.
type byParameters struct{}

func init() { addInquiry(byParameters{}) }

func (byParameters) Name() Against { return Parameters }
func (byParameters) Summary() string {
	return "networks of many shapes by L·M, against M = ∞ at their own L"
}
func (byParameters) Axis() string            { return "L·M" }
func (byParameters) Standard() bool          { return true }
func (byParameters) Chance() bool            { return true }
func (byParameters) Needs() string           { return "finite: {width: [M, …]}" }
func (byParameters) Levels(s *Study) int     { return len(s.Networks.Widths) }
func (byParameters) Validate(s *Study) error { return networksGiven(Parameters, s) }

func (byParameters) plan(p *plan) {
	p.ladder(ladderPlan{against: Parameters, levels: p.parameterShapes(),
		Prediction: Prediction{Slope: -0.5, Source: "(LM)^(−1/2) at the same L; within G Thm 3.1"}})
}

// parameterShapes returns every width at the model's depth, and one small width at every
// other depth.
func (p *plan) parameterShapes() []level {
	var out []level
	n, base := p.study.Networks, p.study.Model.Depth
	shape := func(d, w int) { out = append(out, p.networks(float64(d*w), d, w)) }
	for _, w := range n.Widths {
		shape(base, w)
	}
	small := slices.Sorted(slices.Values(n.Widths))[min(1, len(n.Widths)-1)]
	for _, d := range n.Depths {
		if d != base {
			shape(d, small)
		}
	}
	return out
}
