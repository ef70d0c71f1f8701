package compare

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// byTail tests the probability in [G, Thm 3.1]: with probability at least 1 − 3e^{−δ}
// the error of a network against the limit L = M = ∞ is at most
//
//	C (1/L + sqrt((δ + log(L+1))/M)).
//
// Networks of every width at the model's depth are compared with continuous depth and
// M = ∞ (plan.limitReference). C is the smallest with which the odd-numbered seeds keep
// the bound for every δ of the table; then the fraction of the even-numbered seeds
// outside is compared with 3e^{−δ}. The interval of the fraction is Clopper and
// Pearson's, with the seeds of one width as its sample, for the widths share draws; the
// fraction is that of the worst width.
type byTail struct{}

func init() { addInquiry(byTail{}) }

func (byTail) Name() Against { return Tail }
func (byTail) Summary() string {
	return "seeds outside C(1/L + sqrt((δ + log(L+1))/M)) against 3e^(−δ), C from other seeds"
}
func (byTail) Axis() string        { return "δ" }
func (byTail) Standard() bool      { return false }
func (byTail) Chance() bool        { return true }
func (byTail) Needs() string       { return "finite: {width: [M, …]}" }
func (byTail) Levels(s *Study) int { return len(s.Networks.Widths) }

func (byTail) Validate(s *Study) error {
	if err := networksGiven(Tail, s); err != nil {
		return err
	}
	if s.Networks.Seeds < 2*ladderSeeds {
		return lack(Tail, "at least %d seeds (finite.seeds: %d): one half fits the constant, the other tests it", 2*ladderSeeds, s.Networks.Seeds)
	}
	return nil
}

func (byTail) plan(p *plan) {
	ref := p.limitReference()
	var levels []level
	for _, w := range p.study.Networks.Widths {
		v := p.networks(float64(w), p.study.Model.Depth, w)
		v.ref = ref
		levels = append(levels, v)
	}
	for _, q := range Quantities {
		p.find(func(s *Study, _ *Options) (*Finding, error) { return tail(s, q, levels) })
	}
}

// tailDeltas are the values of δ of the table; 3e^{−δ} is 0.67, 0.41, …, 0.055.
var tailDeltas = []float64{1.5, 2, 2.5, 3, 4}

// tail compares the fractions outside the bound with the theorem's probabilities.
func tail(s *Study, q Quantity, levels []level) (*Finding, error) {
	f := &Finding{
		Against: Tail, Title: fmt.Sprintf("Seeds outside the bound of the theorem: %s", q),
		Columns: []string{"δ", "3e^(−δ)", "fraction outside", "from", "to"},
		Source:  "G Thm 3.1: at most 3e^(−δ)",
	}
	var fit, test [][]float64
	var depth, width []float64
	for _, v := range levels {
		ref, err := v.ref.get()
		if err != nil {
			return nil, err
		}
		var e [2][]float64
		for i, t := range v.tasks {
			d, err := ref.distance(q, t.result.Trajectory)
			if err != nil {
				return nil, err
			}
			e[i%2] = append(e[i%2], d)
		}
		fit, test = append(fit, e[0]), append(test, e[1])
		depth, width = append(depth, float64(v.depth)), append(width, float64(v.width))
	}
	bound := func(l int, delta float64) float64 {
		return 1/depth[l] + math.Sqrt((delta+math.Log(depth[l]+1))/width[l])
	}
	c := 0.0
	for l, e := range fit {
		sorted := slices.Sorted(slices.Values(e))
		for _, d := range tailDeltas {
			c = max(c, quantile(1-3*math.Exp(-d), sorted)/bound(l, d))
		}
	}
	f.Verdict = Better
	level := 1 - (1-s.Confidence)/float64(len(tailDeltas)) // of all rows together, by Bonferroni
	for _, d := range tailDeltas {
		worst, n := 0, len(test[0])
		for l, e := range test {
			out := 0
			for _, x := range e {
				if x > c*bound(l, d) {
					out++
				}
			}
			if out*n > worst*len(e) || worst == 0 && len(e) < n { // of none outside, the fewest seeds say least
				worst, n = out, len(e)
			}
		}
		lo, hi := clopperPearson(worst, n, level)
		allowed := 3 * math.Exp(-d)
		f.Rows = append(f.Rows, FindingRow{Values: []float64{d, allowed, float64(worst) / float64(n), lo, hi}})
		switch {
		case lo > allowed:
			f.Verdict = Violates
		case hi > allowed && f.Verdict == Better:
			f.Verdict = Undecided // the bound is not contradicted, and not confirmed by so few seeds
		}
	}
	f.Text = []string{fmt.Sprintf("With C = %s, fitted on one half of the seeds, the table gives the fraction of the other half outside the bound, at the worst of %d widths, with an interval of %s %% for all rows together.",
		significant(c, 2), len(levels), plain(100*s.Confidence))}
	return f, nil
}

// clopperPearson returns the exact interval of a probability of which k of n trials
// came true.
func clopperPearson(k, n int, confidence float64) (lo, hi float64) {
	a := (1 - confidence) / 2
	lo, hi = 0, 1
	if k > 0 {
		lo = distuv.Beta{Alpha: float64(k), Beta: float64(n - k + 1)}.Quantile(a)
	}
	if k < n {
		hi = distuv.Beta{Alpha: float64(k + 1), Beta: float64(n - k)}.Quantile(1 - a)
	}
	return lo, hi
}
