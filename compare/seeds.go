package compare

import (
	"fmt"
	"math"
)

// widest returns the largest half-width of the interval of a rate over networks of
// chance; 0 if there is none.
func (r *Result) widest() float64 {
	w := 0.0
	for i := range r.Ladders {
		l := &r.Ladders[i]
		if q, err := Inquiries.New(string(l.Against)); err == nil && q.Chance() && l.Rate.Points >= fitLevels {
			w = max(w, (l.Rate.Hi-l.Rate.Lo)/2)
		}
	}
	return w
}

// more returns the number of seeds for the next round: as many as the half-widths of
// this one call for, which fall like one over the root of the number, but at most twice
// and at least a quarter more; the present number if it is enough.
//
// The rule looks at the width of the intervals and never at the slopes, so that it does
// not choose among outcomes.
func (n *Networks) more(r *Result) int {
	w := r.widest()
	if n.UntilHalfWidth <= 0 || w <= n.UntilHalfWidth {
		return n.Seeds
	}
	factor := w / n.UntilHalfWidth
	next := math.Ceil(float64(n.Seeds) * min(2, max(1.25, factor*factor)))
	return max(n.Seeds, min(n.MaxSeeds, int(next)))
}

// enough says whether the seeds were.
func (n *Networks) enough(r *Result) string {
	w := r.widest()
	if w <= n.UntilHalfWidth {
		return fmt.Sprintf("%d seeds bring every interval over networks to a half-width of %s, below the wanted %s.", n.Seeds, decimal(w, 3), plain(n.UntilHalfWidth))
	}
	return fmt.Sprintf("%d seeds leave the widest interval over networks at a half-width of %s, above the wanted %s.", n.Seeds, decimal(w, 3), plain(n.UntilHalfWidth))
}
