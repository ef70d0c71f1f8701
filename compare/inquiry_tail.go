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
// M = ∞ (plan.limitReference). C is the smallest with which no odd-numbered seed of any
// width is outside for the largest δ of the table; then the fraction of the even-numbered
// seeds outside is compared with 3e^{−δ}. The interval of the fraction is Clopper and
// Pearson's, with the seeds of one width as its sample, for the widths share draws; the
// fraction is that of the worst width.
//
// (With the smallest C that the odd-numbered seeds allow at all, the even-numbered ones
// would be outside as often as allowed, up to chance, and no number of seeds could decide.
// Of the even-numbered seeds of a width k or more are farther out than all the odd-numbered
// ones with a probability of 2^{−k}.)
//
// A study that adds seeds takes as many of each width as it needs to decide for the largest
// δ with tailOutside of them outside.
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
		n := p.study.seeds(sample{depth: p.study.Model.Depth, width: w})
		if more := p.study.Networks; more.UntilHalfWidth > 0 {
			n = max(n, min(tailSeeds(p.study), more.MaxSeeds))
		}
		v := p.someNetworks(float64(w), p.study.Model.Depth, w, n)
		v.ref = ref
		levels = append(levels, v)
	}
	for _, q := range Quantities {
		p.find(func(s *Study, _ *Options) (*Finding, error) { return tail(s, q, levels) })
	}
}

// tailDeltas are the values of δ of the table; 3e^{−δ} is 0.67, 0.41, …, 0.055.
var tailDeltas = []float64{1.5, 2, 2.5, 3, 4}

// tailOutside is how many of one half of the seeds may be outside for the largest δ with the
// bound still confirmed.
const tailOutside = 2

// tailAllowed returns the theorem's probability 3e^{−δ}.
func tailAllowed(delta float64) float64 { return 3 * math.Exp(-delta) }

// tailConfidence is the level of one row, for that of all together, by Bonferroni.
func (s *Study) tailConfidence() float64 { return 1 - (1-s.Confidence)/float64(len(tailDeltas)) }

// tailSeeds returns the least number of seeds, both halves together, with which tailOutside
// of one half outside confirm the bound for the largest δ.
func tailSeeds(s *Study) int {
	n := tailOutside + 1
	for {
		if _, hi := clopperPearson(tailOutside, n, s.tailConfidence()); hi <= tailAllowed(slices.Max(tailDeltas)) {
			return 2 * n
		}
		n++
	}
}

// tail compares the fractions outside the bound with the theorem's probabilities.
func tail(s *Study, q Quantity, levels []level) (*Finding, error) {
	f := &Finding{
		Against: Tail, Title: fmt.Sprintf("Seeds outside the bound of the theorem: %s", q),
		Columns: []string{"δ", "3e^(−δ)", "fraction outside", "from", "to"},
		Source:  "G Thm 3.1: at most 3e^(−δ)",
	}
	var fit, test [][]float64
	var depth, width []float64
	var sizes []int
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
		fit, test, sizes = append(fit, e[0]), append(test, e[1]), append(sizes, len(e[1]))
		depth, width = append(depth, float64(v.depth)), append(width, float64(v.width))
	}
	bound := func(l int, delta float64) float64 {
		return 1/depth[l] + math.Sqrt((delta+math.Log(depth[l]+1))/width[l])
	}
	c := f.compareTails(s, fit, test, bound)
	f.Text = []string{fmt.Sprintf("With C = %s, which no seed of one half exceeds for δ = %s, the table gives the fraction of the other half outside the bound, at the worst of %d widths, with an interval of %s %% for all rows together. Seeds of that half by width: %s.",
		significant(c, 2), plain(slices.Max(tailDeltas)), len(levels), plain(100*s.Confidence), list(sizes))}
	return f, nil
}

// compareTails fits C to the errors of one half of the seeds, by width, and compares the
// fractions of the other half outside with the theorem's probabilities.
func (f *Finding) compareTails(s *Study, fit, test [][]float64, bound func(l int, delta float64) float64) (c float64) {
	for l, e := range fit {
		c = max(c, slices.Max(e)/bound(l, slices.Max(tailDeltas)))
	}
	f.Verdict = Better
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
		lo, hi := clopperPearson(worst, n, s.tailConfidence())
		allowed := tailAllowed(d)
		f.Rows = append(f.Rows, FindingRow{Values: []float64{d, allowed, float64(worst) / float64(n), lo, hi}})
		switch {
		case lo > allowed:
			f.Verdict = Violates
		case hi > allowed && f.Verdict == Better:
			f.Verdict = Undecided // the bound is not contradicted, and not confirmed by so few seeds
		}
	}
	return c
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
