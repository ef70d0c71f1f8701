package compare

// byDepth varies the number of layers L and holds M = ∞: every layer has the same
// equal atoms, which are an exact ρ₀, so that no chance is left. The networks are
// compared with continuous depth for the same atoms (plan.depthReference). [G, Thm 3.1]
// bounds this part of the error by C/L, and the bias of the residual steps has exactly
// this order (derived; mathematics.md §4); for the symmetric splitting it is 1/L².
type byDepth struct{}

func init() { addInquiry(byDepth{}) }

func (byDepth) Name() Against { return Depth }
func (byDepth) Summary() string {
	return "layers L of equal atoms (M = ∞, no chance), against continuous depth"
}
func (byDepth) Axis() string        { return "layers, L" }
func (byDepth) Standard() bool      { return true }
func (byDepth) Chance() bool        { return false }
func (byDepth) Needs() string       { return "finite: {depth: [L, …]} or compare: {depth: [L, …]}" }
func (byDepth) Levels(s *Study) int { return len(s.depths()) }

// depths returns the levels of the depth ladder.
func (s *Study) depths() []int {
	if s.Depths != nil {
		return s.Depths
	}
	return s.Networks.Depths
}

func (q byDepth) Validate(s *Study) error {
	if q.Levels(s) == 0 {
		return lack(Depth, "finite.depth or compare.depth")
	}
	return nil
}

func (byDepth) plan(p *plan) {
	l := ladderPlan{against: Depth, Prediction: Prediction{Slope: -1, Bound: true, Source: "G Thm 3.1: 1/L"}}
	if p.study.Model.Continuous {
		l.Prediction = Prediction{Slope: -2, Source: "symmetric splitting: second order in 1/L"}
	}
	for _, d := range p.study.depths() {
		m := p.model(d)
		l.levels = append(l.levels, level{x: float64(d), depth: d, tasks: []*task{p.nodes(m, depthNodes, fineTolerance)}, ref: p.depthReference()})
	}
	p.ladder(l)
}
