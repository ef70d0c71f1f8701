package compare

// bySingleHead varies the number of layers L of networks of one head a layer, M = 1,
// which no bound in M alone says anything of. Networks of many seeds are compared with
// the mean field at the same L (plan.sameDepthReference). Independent draws in every
// layer average over depth, so that the error still falls, like L^(−1/2) (derived;
// mathematics.md §4).
type bySingleHead struct{}

func init() { addInquiry(bySingleHead{}) }

func (bySingleHead) Name() Against { return SingleHead }
func (bySingleHead) Summary() string {
	return "layers L of networks of one head (M = 1), against M = ∞ at the same L"
}
func (bySingleHead) Axis() string            { return "layers of one head, L" }
func (bySingleHead) Standard() bool          { return false }
func (bySingleHead) Chance() bool            { return true }
func (bySingleHead) Needs() string           { return "finite: {depth: [L, …]}" }
func (bySingleHead) Levels(s *Study) int     { return len(s.Networks.Depths) }
func (bySingleHead) Validate(s *Study) error { return networksGiven(SingleHead, s) }

func (bySingleHead) plan(p *plan) {
	l := ladderPlan{against: SingleHead, Prediction: Prediction{Slope: -0.5, Source: "L^(−1/2) at M = 1: averaging over depth"}}
	for _, d := range p.study.Networks.Depths {
		l.levels = append(l.levels, p.networks(float64(d), d, 1))
	}
	p.ladder(l)
}
