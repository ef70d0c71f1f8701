package compare

// byWidth varies the number M of heads a layer and holds the depth L. Networks of many
// seeds are compared with the mean field at the same L (plan.baseReference).
// [G, Thm 3.1] bounds the error by C sqrt((δ + log(L+1))/M), so that its slope in M at
// fixed L is −1/2.
type byWidth struct{}

func init() { addInquiry(byWidth{}) }

func (byWidth) Name() Against { return Width }
func (byWidth) Summary() string {
	return "heads M of networks of many seeds, against M = ∞ at the same L"
}
func (byWidth) Axis() string            { return "heads a layer, M" }
func (byWidth) Standard() bool          { return true }
func (byWidth) Chance() bool            { return true }
func (byWidth) Needs() string           { return "finite: {width: [M, …]}" }
func (byWidth) Levels(s *Study) int     { return len(s.Networks.Widths) }
func (byWidth) Validate(s *Study) error { return networksGiven(Width, s) }

func (byWidth) plan(p *plan) {
	l := ladderPlan{against: Width, Prediction: Prediction{Slope: -0.5, Bound: true, Source: "G Thm 3.1: M^(−1/2) at fixed L"}}
	for _, w := range p.study.Networks.Widths {
		l.levels = append(l.levels, p.networks(float64(w), p.study.Model.Depth, w))
	}
	p.ladder(l)
}
