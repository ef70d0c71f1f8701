package compare

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// sample names the networks of one size: those that are trained or, if drawn is set,
// those that are drawn from the trained mean field.
type sample struct {
	depth, width int
	drawn        bool
}

// draws are the numbers of seeds of samples that have more than Networks.Seeds.
type draws map[sample]int

// Limits of a round of seeds: by how much the information of a ladder grows.
const (
	mostGrowth  = 4
	leastGrowth = 1.25
)

// seeds returns how many networks the study has of a size.
func (s *Study) seeds(of sample) int { return max(s.draws[of], s.Networks.Seeds) }

// more returns the seeds of the next round; nil if there are enough.
//
// A ladder over networks of chance is enlarged while the interval of one of its slopes
// is wider than wanted. The half-width falls like the root of the information
// I = Σ n (x − x̄)² about the slope, n being the seeds of a level, x = log X and x̄ the
// mean of x weighted by n. The seeds become the larger of the present ones and
//
//	n = κ sqrt(cost of the costliest network / cost of this one),
//
// which is how a given cost measures all levels best (Neyman's allocation), with the least
// κ for which I grows as the half-width calls for, by a factor between leastGrowth
// and mostGrowth. κ, the seeds of the costliest network, is at most Networks.MaxSeeds.
// Fixed ladders do not count.
//
// The rule looks at the widths of intervals and never at slopes, so that it does not
// choose among outcomes.
func (p *plan) more() draws {
	target := p.study.Networks.UntilHalfWidth
	if target <= 0 {
		return nil
	}
	next, grown := maps.Clone(p.study.draws), false
	if next == nil {
		next = draws{}
	}
	for i := range p.ladders {
		l := &p.ladders[i]
		w := l.widest()
		if !(w > target) {
			continue
		}
		growth := w / target
		for of, n := range p.enlarge(l, min(mostGrowth, max(leastGrowth, growth*growth))) {
			if n > p.study.seeds(of) {
				next[of], grown = max(next[of], n), true
			}
		}
	}
	if !grown {
		return nil
	}
	return next
}

// most returns the seeds of the last round that more may come to.
func (p *plan) most() draws {
	all := draws{}
	for i := range p.ladders {
		if l := &p.ladders[i]; l.chance() {
			for of, n := range p.enlarge(l, math.Inf(1)) {
				all[of] = max(all[of], n)
			}
		}
	}
	return all
}

// chance reports whether the ladder is over networks of chance that seeds are added for.
func (l *ladderPlan) chance() bool {
	q, err := Inquiries.New(string(l.against))
	return err == nil && q.Chance() && l.values == nil && !l.fixed
}

// widest returns the largest half-width of the ladder's slopes, 0 if there is none that
// seeds could narrow.
func (l *ladderPlan) widest() float64 {
	if !l.chance() {
		return 0
	}
	w := 0.0
	for i := range l.measured {
		if r := &l.measured[i].Rate; r.Points >= fitLevels {
			w = max(w, (r.Hi-r.Lo)/2)
		}
	}
	return w
}

// enlarge returns the seeds of the ladder's levels with which its information is growth
// times the present one; see more.
func (p *plan) enlarge(l *ladderPlan, growth float64) map[sample]int {
	var x, cost, n []float64
	for _, v := range l.levels {
		x, cost, n = append(x, math.Log(v.x)), append(cost, p.costSeed(v.sample())), append(n, float64(p.study.seeds(v.sample())))
	}
	most := slices.Max(cost)
	wanted := growth * information(x, n)
	at := func(kappa int) []float64 {
		out := slices.Clone(n)
		for i, c := range cost {
			out[i] = max(n[i], math.Ceil(float64(kappa)*math.Sqrt(most/c)))
		}
		return out
	}
	kappa := 1
	for kappa < p.study.Networks.MaxSeeds && information(x, at(kappa)) < wanted {
		kappa++
	}
	out := map[sample]int{}
	for i, k := range at(kappa) {
		of := l.levels[i].sample()
		out[of] = max(out[of], int(k))
	}
	return out
}

// information returns Σ n (x − x̄)².
func information(x, n []float64) float64 {
	_, variance := stat.PopMeanVariance(x, n)
	sum := 0.0
	for _, v := range n {
		sum += v
	}
	return variance * sum
}

// costSeed predicts the cost of one more network of a size.
func (p *plan) costSeed(of sample) float64 {
	c := p.costAtoms(p.model(of.depth), of.width)
	if of.drawn { // it is evaluated once
		c /= guessEvals * p.study.end()
	}
	return c
}

// enough says whether the seeds were.
func (p *plan) enough(r *Result) string {
	var wide []string
	for i := range p.ladders {
		l := &p.ladders[i]
		if w := l.widest(); w > p.study.Networks.UntilHalfWidth {
			wide = append(wide, fmt.Sprintf("%s, ± %s", l.against, decimal(w, 3)))
		}
	}
	n := p.study.Networks
	start := fmt.Sprintf("With %s seeds, more of them for small networks,", r.seeds())
	if len(wide) == 0 {
		return fmt.Sprintf("%s every interval over networks has a half-width of at most the wanted %s.", start, plain(n.UntilHalfWidth))
	}
	return fmt.Sprintf("%s and at most %d for the largest network of a ladder, these intervals are wider than the wanted ± %s: %s.", start, n.MaxSeeds, plain(n.UntilHalfWidth), strings.Join(wide, "; "))
}

// seeds says how many seeds the sizes of networks have.
func (r *Result) seeds() string {
	least, most := math.MaxInt, 0
	for i := range r.Ladders {
		for _, p := range r.Ladders[i].Points {
			if n := len(p.Seeds); n > 1 {
				least, most = min(least, n), max(most, n)
			}
		}
	}
	if least >= most {
		return strconv.Itoa(max(most, r.Study.Networks.Seeds))
	}
	return fmt.Sprintf("%d to %d", least, most)
}
