package compare

import (
	"fmt"
	"math"
	"slices"
)

// byParametersConstant predicts the constant C(L) of networks of every depth, in root mean
// square error = C(L)/sqrt(LM), and compares it with the one that they have, by the method
// of width-constant at every depth.
//
// The prediction error ~ (LM)^(−1/2) of ladders that vary L takes C for a constant. It is
// one in the limit only: C(L)² = L Σ_k ∫ℓ_k² dρ₀ is a sum over layers, of which the mean
// field trains each to what depth L makes of it, so that C(L) = C(∞) + O(1/L) (derived).
// From few layers on, that term moves the slope of the ladder. A second table therefore
// takes it out of the ladders in L·M, in L at fixed L·M and in L at one head: the errors are
// divided by the predicted C(L), up to a common factor, and fitted again. The slope is then
// that of the law of large numbers alone.
type byParametersConstant struct{}

func init() { addInquiry(byParametersConstant{}) }

func (byParametersConstant) Name() Against { return ParametersConstant }
func (byParametersConstant) Summary() string {
	return "constant C(L)/sqrt(LM) of networks of every depth, predicted; ladders in L with it taken out"
}
func (byParametersConstant) Axis() string        { return byDepth{}.Axis() }
func (byParametersConstant) Standard() bool      { return false }
func (byParametersConstant) Chance() bool        { return true }
func (byParametersConstant) Needs() string       { return byTwoWay{}.Needs() }
func (byParametersConstant) Levels(s *Study) int { return byTwoWay{}.Levels(s) }

func (q byParametersConstant) Validate(s *Study) error {
	if q.Levels(s) < 2 {
		return lack(ParametersConstant, "at least two values each of finite.width and finite.depth")
	}
	if err := networksGiven(ParametersConstant, s); err != nil {
		return err
	}
	if err := responds(&s.Model); err != nil {
		return lack(ParametersConstant, "%v", err)
	}
	return nil
}

func (byParametersConstant) plan(p *plan) {
	depths := slices.Sorted(slices.Values(append([]int{p.study.Model.Depth}, p.study.Networks.Depths...)))
	depths = slices.Compact(depths)
	c := &parametersConstant{plan: p}
	for _, d := range depths {
		c.depths = append(c.depths, p.widthConstant(d))
	}
	for _, q := range Quantities {
		p.find(func(s *Study, o *Options) (*Finding, error) { return c.constants(s, o, q) })
	}
	p.find(func(s *Study, o *Options) (*Finding, error) { return c.ladders(s, o) })
}

// parametersConstant is the plan of the findings.
type parametersConstant struct {
	plan   *plan
	depths []*widthConstant // by increasing depth
	known  []map[Quantity]*widthConstantOf
}

// all returns the constants of all depths, computed once.
func (c *parametersConstant) all(s *Study, o *Options) ([]map[Quantity]*widthConstantOf, error) {
	if c.known != nil {
		return c.known, nil
	}
	var out []map[Quantity]*widthConstantOf
	for _, d := range c.depths {
		at, err := d.at(s, o)
		if err != nil {
			return nil, err
		}
		out = append(out, at)
	}
	c.known = out
	return out, nil
}

// constants tabulates C(L) of one quantity.
func (c *parametersConstant) constants(s *Study, o *Options, q Quantity) (*Finding, error) {
	all, err := c.all(s, o)
	if err != nil {
		return nil, err
	}
	f := &Finding{
		Against: ParametersConstant, Title: fmt.Sprintf("The constant of networks by depth, root mean square error = C(L)/sqrt(LM): %s", q),
		Columns: append([]string{"L"}, widthConstantColumns...), Source: widthConstantSource, Verdict: Consistent,
	}
	var first, last *widthConstantOf
	for i, at := range all {
		f.Rows = append(f.Rows, at[q].row(fmt.Sprint(c.depths[i].depth)))
		f.Verdict = worstOf(f.Verdict, at[q].verdict())
		if first == nil {
			first = at[q]
		}
		last = at[q]
	}
	deepest := c.depths[len(c.depths)-1]
	f.Text = []string{
		fmt.Sprintf("From L = %d to L = %d the predicted constant changes by the factor %s, the measured one by %s.",
			c.depths[0].depth, deepest.depth, significant(last.want.value/first.want.value, 3), significant(last.got.value/first.got.value, 3)),
		deepest.words(s), constantRule,
	}
	return f, nil
}

// ladders takes the predicted C(L) out of the ladders that vary L.
func (c *parametersConstant) ladders(s *Study, o *Options) (*Finding, error) {
	all, err := c.all(s, o)
	if err != nil {
		return nil, err
	}
	f := &Finding{
		Against: ParametersConstant, Title: "Ladders in L with the predicted constant C(L) taken out",
		Columns: []string{"error against", "slope predicted", "slope", "from", "to", "slope of C(L)", "slope with C(L) taken out", "from", "to"},
		Source:  widthConstantSource, Verdict: Consistent,
	}
	var plain, rested int // slopes whose intervals hold the prediction, without C(L) taken out and with
	for i := range c.plan.ladders {
		l := &c.plan.ladders[i]
		if !slices.Contains([]Against{Parameters, FixedBudget, SingleHead}, l.against) {
			continue
		}
		for k := range l.measured {
			m := &l.measured[k]
			rest, ok := c.without(all, m, FitOptions{Confidence: s.Confidence, Predicted: l.Slope, Resamples: o.Resamples})
			if !ok {
				continue
			}
			r := &m.Rate
			f.Rows = append(f.Rows, FindingRow{Label: fmt.Sprintf("%s, %s", l.against.axis(), m.Quantity),
				Values: []float64{l.Slope, r.Value, r.Lo, r.Hi, r.Value - rest.Value, rest.Value, rest.Lo, rest.Hi}})
			if r.Lo <= l.Slope && l.Slope <= r.Hi {
				plain++
			}
			if rest.Lo <= l.Slope && l.Slope <= rest.Hi {
				rested++
			}
			switch {
			case rest.Verdict == Undecided:
				f.Verdict = worstOf(f.Verdict, Undecided)
			case rest.Verdict != Consistent:
				f.Verdict = worstOf(f.Verdict, Violates)
			}
		}
	}
	f.Text = []string{fmt.Sprintf("Every error is divided by the predicted C(L) of its depth and the ladder fitted again. Of %d slopes the intervals of %d hold the prediction, with C(L) taken out those of %d.", len(f.Rows), plain, rested)}
	return f, nil
}

// without fits a ladder whose errors are divided by the predicted C(L) of their depths, in
// terms of the one of the deepest; not ok if the C(L) of a depth is not known.
func (c *parametersConstant) without(all []map[Quantity]*widthConstantOf, l *Ladder, o FitOptions) (r Rate, ok bool) {
	points := slices.Clone(l.Points)
	for i := range points {
		p := &points[i]
		at := slices.IndexFunc(c.depths, func(d *widthConstant) bool { return d.depth == p.Depth })
		if at < 0 {
			return r, false
		}
		factor := all[len(all)-1][l.Quantity].want.value / all[at][l.Quantity].want.value
		if !isFinite(factor) || math.IsInf(1/factor, 0) {
			return r, false
		}
		p.Error *= factor
		p.Reference *= factor
		p.Seeds = scaled(p.Seeds, factor)
		p.Used, p.Why = false, ""
	}
	return Fit(points, o), true
}

// scaled returns a multiple of x; nil of nil.
func scaled(x []float64, factor float64) []float64 {
	if x == nil {
		return nil
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = factor * v
	}
	return out
}
