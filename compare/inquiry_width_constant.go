package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// byWidthConstant predicts the constant of the width ladder, C in root mean square error =
// C/sqrt(LM), and compares it with the one that the networks have.
//
// The law ρ_M of the heads that a network starts from is that of M independent draws in
// each of L layers. To first order what the network trains to differs from the mean field by
// the response (see response) to ρ_M − ρ₀, whose covariance is that of white noise; so
// sqrt(LM)(X_M − X_∞) tends to a Gaussian curve, see response.gaussian (the delta method on
// the trained mean field; derived), C² is the mean square of its largest size over the saved
// times, and no network is trained to predict it. The predicted interval is what the
// polynomials of the highest degrees amount to.
//
// The measured C² is the limit for LM → ∞ of LM times the mean square distance, by a
// line in 1/(LM) through all widths. Of the seeds' spread most is known: each seed's own
// linear response Z is a control variate,
//
//	LM (mean over seeds of |X_M − X_∞|² − |Z|²) + C².
//
// Its interval is by resampling of seeds.
type byWidthConstant struct{}

func init() { addInquiry(byWidthConstant{}) }

func (byWidthConstant) Name() Against { return WidthConstant }
func (byWidthConstant) Summary() string {
	return "leading constant C/sqrt(LM) of the width ladder, predicted from the mean field"
}
func (byWidthConstant) Axis() string        { return byWidth{}.Axis() }
func (byWidthConstant) Standard() bool      { return false }
func (byWidthConstant) Chance() bool        { return true }
func (byWidthConstant) Needs() string       { return byWidth{}.Needs() }
func (byWidthConstant) Levels(s *Study) int { return len(s.Networks.Widths) }

func (byWidthConstant) Validate(s *Study) error {
	if err := networksGiven(WidthConstant, s); err != nil {
		return err
	}
	if err := responds(&s.Model); err != nil {
		return lack(WidthConstant, "%v", err)
	}
	return nil
}

func (byWidthConstant) plan(p *plan) {
	c := p.widthConstant(p.study.Model.Depth)
	p.find(func(s *Study, o *Options) (*Finding, error) {
		f := &Finding{
			Against: WidthConstant, Title: "The constant of the width ladder, root mean square error = C/sqrt(LM)",
			Columns: append([]string{"quantity"}, widthConstantColumns...),
			Source:  widthConstantSource, Verdict: Consistent,
		}
		at, err := c.at(s, o)
		if err != nil {
			return nil, err
		}
		for _, q := range Quantities {
			f.Rows = append(f.Rows, at[q].row(string(q)))
			f.Verdict = worstOf(f.Verdict, at[q].verdict())
		}
		f.Text = []string{c.words(s), constantRule}
		return f, nil
	})
}

// Words of all tables of constants of widths.
var widthConstantColumns = []string{"C predicted", "from", "to", "C measured", "from", "to", "measured/predicted", "variance that the linear response explains"}

const widthConstantSource = "covariance of the linear response of training to the draw (derived)"

// widthConstant is the plan of the constants of the networks of one depth.
type widthConstant struct {
	depth    int
	response *responsePlan
	levels   []level // of every width
}

func (p *plan) widthConstant(depth int) *widthConstant {
	c := &widthConstant{depth: depth, response: p.response(depth)}
	for _, w := range p.study.Networks.Widths {
		c.levels = append(c.levels, p.networks(float64(w), depth, w))
	}
	return c
}

// widthConstantOf is the constant of one quantity, predicted and measured.
type widthConstantOf struct {
	want, got constant
	sampling  float64 // error of the mean over Gaussian curves; want has that of the degrees, too
	explained float64 // share of the variance of the widest networks that the linear response explains
}

func (c *widthConstantOf) row(label string) FindingRow {
	return constantRow(label, c.want, c.got, c.explained)
}

func (c *widthConstantOf) verdict() Verdict {
	return sameConstant(within(c.want.value, c.sampling), c.got)
}

// words says how the constants were found.
func (c *widthConstant) words(s *Study) string {
	return fmt.Sprintf("Predicted: from the response of the mean field at L = %d to changes of its start, polynomials of degree %d or less in the parameters and of degree %d or less in depth; no network is trained for it. Measured: the limit for wide networks, from %d seeds of %d widths, with each seed's linear response as a control variate. The last column is of the widest networks.",
		c.depth, responseDegree, responseLayers, c.seeds(), len(c.levels))
}

// seeds returns how many all widths have.
func (c *widthConstant) seeds() int {
	n := math.MaxInt
	for _, v := range c.levels {
		n = min(n, len(v.tasks))
	}
	return n
}

// predicted returns the constants by the response.
func (c *widthConstant) predicted() map[Quantity]*widthConstantOf {
	r := c.response.get()
	top := truncation{responseDegree, responseLayers}
	size := r.gaussian(top, truncation{responseDegree - 1, responseLayers}, truncation{responseDegree, len(r.layers) - 2})
	out := map[Quantity]*widthConstantOf{}
	for _, q := range Quantities {
		v := math.Sqrt(size[0][q])
		e := v - math.Sqrt(size[1][q])
		if len(r.layers) < c.depth { // degrees in depth are left out
			e += v - math.Sqrt(size[2][q])
		}
		sampling := v / math.Sqrt(gaussianDraws)
		out[q] = &widthConstantOf{want: within(v, 2*sampling+e), sampling: sampling}
	}
	return out
}

// at returns the constants in all quantities.
func (c *widthConstant) at(s *Study, o *Options) (map[Quantity]*widthConstantOf, error) {
	n, r := c.seeds(), c.response.get()
	linear := make([][]*Reference, len(c.levels))
	for l, v := range c.levels {
		for _, t := range v.tasks[:n] {
			m := s.Model
			m.Depth = c.depth
			_, start := s.network(&m, v.width, t.run.Seed)
			linear[l] = append(linear[l], r.linear(start))
		}
	}
	out := c.predicted()
	for _, q := range Quantities {
		excess := make([][]float64, len(c.levels)) // LM (|X|² − |Z|²) of each width and seed
		var rest, all float64
		for l, v := range c.levels {
			ref, err := v.ref.get()
			if err != nil {
				return nil, err
			}
			lm := float64(v.depth * v.width)
			for i, t := range v.tasks[:n] {
				y := combine([]float64{1, -1}, curve(t.result.Trajectory), ref)
				d, z := y.size(q), linear[l][i].size(q)
				excess[l] = append(excess[l], lm*(d*d-z*z))
				e := combine([]float64{1, -1}, y, linear[l][i]).size(q)
				if l == len(c.levels)-1 {
					rest, all = rest+e*e, all+d*d
				}
			}
		}
		known := out[q].want.value
		out[q].got = limitOfWidths(c.levels, excess, known*known, o, s.Confidence)
		out[q].explained = 1 - rest/all
	}
	return out, nil
}

// limitOfWidths returns the square root of the value at 1/(LM) = 0 of the line through the
// mean over seeds of each width, and its interval over seeds.
func limitOfWidths(levels []level, excess [][]float64, known float64, o *Options, confidence float64) constant {
	x := make([]float64, len(levels))
	for l, v := range levels {
		x[l] = 1 / float64(v.depth*v.width)
	}
	n := len(excess[0])
	at := func(pick []int) float64 {
		y := make([]float64, len(levels))
		for l, e := range excess {
			for _, i := range pick {
				y[l] += e[i] / float64(n)
			}
		}
		// The spread of LM |X|² less its linear part falls with LM.
		w := make([]float64, len(x))
		for l := range x {
			w[l] = 1 / x[l]
		}
		a, _ := stat.LinearRegression(x, y, w, false)
		return math.Sqrt(max(0, known+a))
	}
	rng := rand.New(rand.NewPCG(2, 0x7769647468)) // any fixed second word
	resamples := o.Resamples
	if resamples == 0 {
		resamples = FitOptions{}.defaults().Resamples
	}
	pick := make([]int, n) // the same seeds on every level: the draws are nested
	var all []float64
	for range resamples {
		for i := range pick {
			pick[i] = rng.IntN(n)
		}
		all = append(all, at(pick))
	}
	for i := range pick {
		pick[i] = i
	}
	slices.Sort(all)
	tail := (1 - confidence) / 2
	return constant{at(pick), quantile(tail, all), quantile(1-tail, all)}
}
