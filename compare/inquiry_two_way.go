package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// byTwoWay fits depth and width together, on networks of every depth with every width
// against the limit L = M = ∞ (plan.limitReference): the error is to be
//
//	C₁/L + C₂ g(L, M),
//
// with g = sqrt(log(L+1)/M) in the bound of [G, Thm 3.1] and 1/sqrt(LM) for independent
// draws (derived; Chizat, arXiv:2509.10167, for residual networks), or the root of the
// sum of the squares of the two terms, which is what a deterministic bias and a
// fluctuation of mean zero add up to (derived).
type byTwoWay struct{}

func init() { addInquiry(byTwoWay{}) }

func (byTwoWay) Name() Against { return TwoWay }
func (byTwoWay) Summary() string {
	return "C₁/L + C₂/sqrt(LM) and its rivals, fitted to all depths and widths together, against L = M = ∞"
}
func (byTwoWay) Axis() string        { return "layers and heads, (L, M)" }
func (byTwoWay) Standard() bool      { return false }
func (byTwoWay) Chance() bool        { return true }
func (byTwoWay) Needs() string       { return "finite: {width: [M, …], depth: [L, …]}" }
func (byTwoWay) Levels(s *Study) int { return min(len(s.Networks.Widths), len(s.Networks.Depths)) }

func (q byTwoWay) Validate(s *Study) error {
	if q.Levels(s) < 2 {
		return lack(TwoWay, "at least two values each of finite.width and finite.depth")
	}
	return networksGiven(TwoWay, s)
}

func (byTwoWay) plan(p *plan) {
	ref := p.limitReference()
	var levels []level
	for _, d := range p.study.Networks.Depths {
		for _, w := range p.study.Networks.Widths {
			v := p.networks(float64(d*w), d, w)
			v.ref = ref
			levels = append(levels, v)
		}
	}
	for _, q := range Quantities {
		p.find(func(s *Study, o *Options) (*Finding, error) { return twoWay(s, o, q, levels) })
	}
}

// twoWayModel is a law with two constants for the error of a network against the limit.
type twoWayModel struct {
	name, source string
	error        func(c1, c2, depth, width float64) float64
}

var twoWayModels = []twoWayModel{
	{"C₁/L + C₂ sqrt(log(L+1)/M)", "G Thm 3.1, an upper bound",
		func(a, b, l, m float64) float64 { return a/l + b*math.Sqrt(math.Log(l+1)/m) }},
	{"C₁/L + C₂/sqrt(LM)", "derived; Chizat, arXiv:2509.10167",
		func(a, b, l, m float64) float64 { return a/l + b/math.Sqrt(l*m) }},
	{"sqrt((C₁/L)² + C₂²/(LM))", "derived: bias and independent fluctuation",
		func(a, b, l, m float64) float64 { return math.Hypot(a/l, b/math.Sqrt(l*m)) }},
}

// shape is a point of a two-way table.
type shape struct {
	depth, width float64
	logError     float64
	weight       float64 // 1 over the variance of logError
}

// twoWay fits the models and ranks them by Akaike's criterion.
func twoWay(s *Study, o *Options, q Quantity, levels []level) (*Finding, error) {
	f := &Finding{
		Against: TwoWay, Title: fmt.Sprintf("Depth and width together: %s", q),
		Columns: []string{"law", "C₁", "from", "to", "C₂", "from", "to", "χ²/ν", "ΔAIC"},
		Source:  "G Thm 3.1 and its rivals",
	}
	var points []Point
	for i := range levels {
		ref, err := levels[i].ref.get()
		if err != nil {
			return nil, err
		}
		pt := levels[i].point(q, ref, false)
		if pt.Error > floorRatio*pt.Reference {
			points = append(points, pt)
		}
	}
	if len(points) < ladderLevels {
		f.Text = []string{fmt.Sprintf("%d of %d shapes are ten times farther from the limit than its own error: too few to fit.", len(points), len(levels))}
		f.Verdict = Undecided
		return f, nil
	}
	table := shapes(points, nil)
	resamples := twoWayResamples(o)
	best, at := math.Inf(1), 0
	var aic []float64
	for i, m := range twoWayModels {
		c1, c2, chi := m.fit(table)
		rng := rand.New(rand.NewPCG(uint64(i), 0x74776f776179)) // any fixed second word
		var all [2][]float64
		for range resamples {
			a, b, _ := m.fit(shapes(points, rng))
			all[0], all[1] = append(all[0], a), append(all[1], b)
		}
		row := FindingRow{Label: m.name}
		for k, c := range []float64{c1, c2} {
			slices.Sort(all[k])
			tail := (1 - s.Confidence) / 2
			row.Values = append(row.Values, c, quantile(tail, all[k]), quantile(1-tail, all[k]))
		}
		row.Values = append(row.Values, chi/float64(len(table)-2), math.NaN())
		f.Rows = append(f.Rows, row)
		aic = append(aic, chi+4)
		if aic[i] < best {
			best, at = aic[i], i
		}
	}
	for i := range f.Rows {
		f.Rows[i].Values[len(f.Rows[i].Values)-1] = aic[i] - best
	}
	f.Text = []string{fmt.Sprintf("Of %d laws, %s (%s) describes the %d shapes best. Intervals of the constants: percentiles over %d resamples of the seeds.",
		len(twoWayModels), twoWayModels[at].name, twoWayModels[at].source, len(table), resamples)}
	return f, nil
}

// twoWayResamples is a tenth of those of a rate: every one takes a search.
func twoWayResamples(o *Options) int {
	n := o.Resamples
	if n == 0 {
		n = FitOptions{}.defaults().Resamples
	}
	return max(n/10, 20)
}

// shapes returns the table of the points, or of a resample of their seeds, the same ones
// for all points because the draws are nested.
func shapes(points []Point, rng *rand.Rand) []shape {
	var pick []int
	if rng != nil {
		var strata []int
		for i := range points {
			strata = append(strata, len(points[i].Seeds))
		}
		slices.Sort(strata)
		pick = make([]int, strata[len(strata)-1])
		resample(pick, slices.Compact(strata), rng)
	}
	out := make([]shape, 0, len(points))
	for i := range points {
		p := points[i]
		if pick != nil {
			seeds := make([]float64, len(p.Seeds))
			for j := range seeds {
				seeds[j] = p.Seeds[pick[j]]
			}
			p.Seeds = seeds
		}
		out = append(out, shape{float64(p.Depth), float64(p.Width), math.Log(rms(p.Seeds)), 1 / logVariance(&points[i])})
	}
	return out
}

// fit returns the constants that minimise χ² = Σ weight (log error − log model)². For a
// given direction (cos φ, sin φ) of (C₁, C₂) their size is in closed form, because the
// models are homogeneous of degree one; the direction is found by golden section about
// the best of a grid of angles between the axes.
func (m *twoWayModel) fit(table []shape) (c1, c2, chi float64) {
	off, weight := make([]float64, len(table)), make([]float64, len(table))
	at := func(phi float64) (scale, chi float64) {
		for i, p := range table {
			off[i] = p.logError - math.Log(m.error(math.Cos(phi), math.Sin(phi), p.depth, p.width))
			weight[i] = p.weight
		}
		mean := stat.Mean(off, weight)
		for i, v := range off {
			chi += weight[i] * (v - mean) * (v - mean)
		}
		return math.Exp(mean), chi
	}
	const grid = 64
	const least = 1e-6 // of an angle: neither constant is exactly 0, where the model may vanish
	angle := func(i float64) float64 { return least + (math.Pi/2-2*least)*i/grid }
	best, low := 0, math.Inf(1)
	for i := range grid + 1 {
		if _, c := at(angle(float64(i))); c < low {
			best, low = i, c
		}
	}
	a, b := angle(math.Max(float64(best-1), 0)), angle(math.Min(float64(best+1), grid))
	for ratio := (math.Sqrt(5) - 1) / 2; b-a > 1e-10; {
		x, y := b-ratio*(b-a), a+ratio*(b-a)
		_, cx := at(x)
		if _, cy := at(y); cx < cy {
			b = y
		} else {
			a = x
		}
	}
	phi := (a + b) / 2
	scale, chi := at(phi)
	return scale * math.Cos(phi), scale * math.Sin(phi), chi
}
