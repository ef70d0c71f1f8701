package compare

// byHeads trains networks of every width at the model's depth, from every seed, and
// tabulates the loss at the end of training and, for classes, the accuracy, on the
// training prompts and on the test prompts if the study has some: the first figure of
// [G, App. H], which varies the heads of a Transformer of fixed depth. A ladder of the
// training loss draws it and fits a slope; the paper measures no rate there and none is
// predicted. The words say whether more heads train better, up to the spread over seeds.
type byHeads struct{}

func init() { addInquiry(byHeads{}) }

func (byHeads) Name() Against { return Heads }
func (byHeads) Summary() string {
	return "loss and accuracy at the end of training by heads M at the model's depth (G App. H)"
}
func (byHeads) Axis() string            { return "heads a layer, M" }
func (byHeads) Standard() bool          { return false }
func (byHeads) Chance() bool            { return false } // no slope is fitted that would need many seeds
func (byHeads) Needs() string           { return "finite: {width: [M, …]}" }
func (byHeads) Levels(s *Study) int     { return len(s.Networks.Widths) }
func (byHeads) Validate(s *Study) error { return networksGiven(Heads, s) }

func (byHeads) plan(p *plan) {
	w := &sweep{against: Heads, title: "Training by the number of heads", heading: "heads M"}
	for _, width := range p.study.Networks.Widths {
		w.level(p, float64(width), p.study.Model.Depth, width)
	}
	w.plan(p)
}
