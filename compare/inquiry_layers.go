package compare

import "slices"

// byLayers trains networks of every depth with a fixed number of heads, the study's
// SweepHeads or the middle one of its widths, and tabulates what byHeads does: the second figure of [G, App. H],
// which varies the layers.
type byLayers struct{}

func init() { addInquiry(byLayers{}) }

func (byLayers) Name() Against { return Layers }
func (byLayers) Summary() string {
	return "loss and accuracy at the end of training by layers L at a fixed width (G App. H)"
}
func (byLayers) Axis() string        { return "layers, L" }
func (byLayers) Standard() bool      { return false }
func (byLayers) Chance() bool        { return false } // as for byHeads
func (byLayers) Needs() string       { return "finite: {depth: [L, …], width: [M, …]}" }
func (byLayers) Levels(s *Study) int { return len(s.Networks.Depths) }

func (q byLayers) Validate(s *Study) error {
	if q.Levels(s) == 0 {
		return lack(Layers, "finite.depth")
	}
	if s.SweepHeads < 0 {
		return lack(Layers, "compare.heads of at least 1, or 0 for the middle width of finite: %d", s.SweepHeads)
	}
	return networksGiven(Layers, s)
}

func (byLayers) plan(p *plan) {
	widths := slices.Sorted(slices.Values(p.study.Networks.Widths))
	heads := widths[len(widths)/2]
	if p.study.SweepHeads > 0 {
		heads = p.study.SweepHeads
	}
	w := &sweep{against: Layers, title: "Training by the number of layers", heading: "layers L"}
	for _, depth := range p.study.Networks.Depths {
		w.level(p, float64(depth), depth, heads)
	}
	w.plan(p)
}
