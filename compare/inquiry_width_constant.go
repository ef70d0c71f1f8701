package compare

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"

	"pdesolve/grid"
)

// byWidthConstant predicts the constant of the width ladder, C in root mean square error =
// C/sqrt(LM), and compares it with the one that the networks have.
//
// The law ρ_M of the heads that a network starts from is that of M independent draws in
// each of L layers. To first order what the network trains to differs from the mean field by
// the response (see response) to ρ_M − ρ₀, whose covariance is that of white noise; so
// sqrt(LM)(X_M − X_∞) tends to the Gaussian curve
//
//	sqrt(L) Σ_c Σ_b α_cb ξ_cb,    ξ_cb independent and standard normal
//
// (the delta method on the trained mean field; derived), C² is the mean square of its
// largest size over the saved times, and no network is trained to predict it. The
// predicted interval is what the polynomials of the highest degree amount to.
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
	for i, b := range s.Model.Blocks {
		if n := len(s.Model.Parameters(i)); n > grid.MaxDim {
			return lack(WidthConstant, "blocks of at most %d parameters, not %s of %d: its initial law has no tensor rule of a useful number of nodes", grid.MaxDim, b.Block.Name(), n)
		}
	}
	return nil
}

func (byWidthConstant) plan(p *plan) {
	var levels []level
	for _, w := range p.study.Networks.Widths {
		levels = append(levels, p.networks(float64(w), p.study.Model.Depth, w))
	}
	p.find(func(s *Study, o *Options) (*Finding, error) {
		r, err := s.respond(context.Background())
		if err != nil {
			return nil, err
		}
		return widthConstant(s, o, r, levels)
	})
}

// gaussianDraws is the number of Gaussian curves; the error of C is 1 % with them.
const gaussianDraws = 4000

// gaussian returns the mean square sizes of the Gaussian curve in all quantities.
func (r *response) gaussian(degree int) map[Quantity]float64 {
	rng := rand.New(rand.NewPCG(1, 0x6761757373)) // any fixed second word
	out := map[Quantity]float64{}
	root := math.Sqrt(float64(r.depth))
	for range gaussianDraws {
		x := r.of(degree, func(int, int) float64 { return root * rng.NormFloat64() })
		for _, q := range Quantities {
			d := x.size(q)
			out[q] += d * d / gaussianDraws
		}
	}
	return out
}

// widthConstant makes the finding.
func widthConstant(s *Study, o *Options, r *response, levels []level) (*Finding, error) {
	f := &Finding{
		Against: WidthConstant, Title: "The constant of the width ladder, root mean square error = C/sqrt(LM)",
		Columns: []string{"quantity", "C predicted", "from", "to", "C measured", "from", "to", "measured/predicted", "variance that the linear response explains"},
		Source:  "covariance of the linear response of training to the draw (derived)",
		Verdict: Consistent,
	}
	whole, less := r.gaussian(responseDegree), r.gaussian(responseDegree-1)
	n := math.MaxInt
	for _, v := range levels {
		n = min(n, len(v.tasks))
	}
	linear := make([][]*Reference, len(levels))
	for l, v := range levels {
		for _, t := range v.tasks[:n] {
			m := s.Model
			_, start := s.network(&m, v.width, t.run.Seed)
			linear[l] = append(linear[l], r.linear(start))
		}
	}
	for _, q := range Quantities {
		want := math.Sqrt(whole[q])
		sampling := want / math.Sqrt(gaussianDraws)
		excess := make([][]float64, len(levels)) // LM (|X|² − |Z|²) of each width and seed
		var rest, all float64
		for l, v := range levels {
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
				if l == len(levels)-1 {
					rest, all = rest+e*e, all+d*d
				}
			}
		}
		got := limitOfWidths(levels, excess, whole[q], o, s.Confidence)
		f.Rows = append(f.Rows, constantRow(string(q), within(want, 2*sampling+want-math.Sqrt(less[q])), got, 1-rest/all))
		f.Verdict = worstOf(f.Verdict, sameConstant(constant{want, want - sampling, want + sampling}, got))
	}
	f.Text = []string{
		fmt.Sprintf("Predicted: from the response of the mean field at L = %d to changes of its start, polynomials of degree %d or less; no network is trained for it. Measured: the limit for wide networks, from %d seeds of %d widths, with each seed's linear response as a control variate. The last column is of the widest networks.", s.Model.Depth, responseDegree, n, len(levels)),
		constantRule,
	}
	return f, nil
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
