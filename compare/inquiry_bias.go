package compare

import "slices"

// biasWidths are the widths of the bias ladder: the bias falls twice as fast as the
// spread of the seeds in which it hides, so that it shows in small networks only.
var biasWidths = []int{1, 2, 4, 8}

// byBias varies L·M of small networks at the model's depth and measures the mean over
// seeds of R_M − R_∞ at the last training time, with its sign: the bias that is left
// when the fluctuation averages out. Reference: the mean field at the same L
// (plan.baseReference). To second order in the fluctuation it is of order 1/(LM)
// (derived; mathematics.md §4). A level whose mean is less than three standard errors
// from zero is not fitted: more seeds would show it.
type byBias struct{}

func init() { addInquiry(byBias{}) }

func (byBias) Name() Against { return Bias }
func (byBias) Summary() string {
	return "mean over seeds of R − R_∞ of small networks by L·M, against M = ∞ at the same L"
}
func (byBias) Axis() string            { return "L·M of small networks" }
func (byBias) Standard() bool          { return false }
func (byBias) Chance() bool            { return true }
func (byBias) Needs() string           { return "finite: {width: [M, …]}" }
func (byBias) Levels(s *Study) int     { return min(len(s.Networks.Widths), 1) * len(biasWidths) }
func (byBias) Validate(s *Study) error { return networksGiven(Bias, s) }

func (byBias) plan(p *plan) {
	l := ladderPlan{against: Bias, bias: true, Prediction: Prediction{Slope: -1, Source: "(LM)^(−1): second order of the fluctuation"}}
	d := p.study.Model.Depth
	for _, w := range slices.Sorted(slices.Values(biasWidths)) {
		l.levels = append(l.levels, p.networks(float64(d*w), d, w))
	}
	p.ladder(l)
}
