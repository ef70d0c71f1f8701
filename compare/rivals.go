package compare

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Rival is a law for the fluctuation of a network of L layers of M heads about the
// mean field of the same L, held against a ladder: error = C g(L, M) with C free.
type Rival struct {
	Name   string  // g, as a formula
	Source string  // where it is from
	Slope  float64 // of log g against log X over the fitted points, by least squares
	Sigmas float64 // distance of the measured slope from it, in standard errors of the slope
	AIC    float64 // Akaike's criterion of the law less that of the best one
}

// law is a rival before it meets a ladder.
type law struct {
	name, source string
	g            func(depth, width float64) float64
}

// laws are the laws that the literature proposes for the width part of the error.
// [G] is a theorem's upper bound; the second is what independent draws in every layer
// give to first order (derived; mathematics.md §4), and Chizat's rate for residual
// networks of any M.
var laws = []law{
	{"sqrt(log(L+1)/M)", "G Thm 3.1, an upper bound",
		func(depth, width float64) float64 { return math.Sqrt(math.Log(depth+1) / width) }},
	{"1/sqrt(LM)", "derived; Chizat, arXiv:2509.10167, for residual networks",
		func(depth, width float64) float64 { return 1 / math.Sqrt(depth*width) }},
}

// empirical are the laws for the distance W₁ of M independent draws from their law on a
// plane; see byLaw.
var empirical = []law{
	{"sqrt(log(M+1)/M)", "two dimensions: Divol, arXiv:2101.08126",
		func(_, width float64) float64 { return math.Sqrt(math.Log(width+1) / width) }},
	{"1/sqrt(M)", "one dimension: Fournier and Guillin 2015",
		func(_, width float64) float64 { return 1 / math.Sqrt(width) }},
}

// rivals compares the laws on the used points of a ladder of networks. It returns nil
// for other ladders and where no slope has an interval.
//
// Sigmas takes the half-width of the rate's interval for Student's quantile at the
// confidence of 95 % times the standard error. AIC is χ² + 2, where χ² sums the squared
// deviations of log error from log C g, each over its variance by the delta method from
// the seeds, and C is the best. Levels share draws, so that χ² takes more independent
// evidence than there is: the criterion ranks, Sigmas decides.
func rivals(l *Ladder) []Rival {
	var used []*Point
	for i := range l.Points {
		if p := &l.Points[i]; p.Used && p.Width > 0 && len(p.Seeds) > 1 && !p.Signed {
			used = append(used, p)
		}
	}
	half := (l.Rate.Hi - l.Rate.Lo) / 2
	if len(used) < fitLevels || !(half > 0) {
		return nil
	}
	x, y := logs(used), logErrors(used)
	weight := make([]float64, len(used))
	for i, p := range used {
		weight[i] = 1 / logVariance(p)
	}
	normal := distuv.UnitNormal.Quantile(0.975)
	compared := laws
	if l.Against == Law {
		compared = empirical
	}
	out := make([]Rival, 0, len(compared))
	best := math.Inf(1)
	for _, w := range compared {
		v := Rival{Name: w.name, Source: w.source}
		g, off := make([]float64, len(used)), make([]float64, len(used))
		for i, p := range used {
			g[i] = math.Log(w.g(float64(p.Depth), float64(p.Width)))
			off[i] = y[i] - g[i]
		}
		_, v.Slope = stat.LinearRegression(x, g, weights(used), false)
		v.Sigmas = math.Abs(l.Rate.Value-v.Slope) / (half / normal)
		c := stat.Mean(off, weight)
		v.AIC = 2
		for i := range off {
			v.AIC += weight[i] * (off[i] - c) * (off[i] - c)
		}
		best = min(best, v.AIC)
		out = append(out, v)
	}
	for i := range out {
		out[i].AIC -= best
	}
	return out
}

// logVariance returns the variance of log Error, the logarithm of the root mean square
// of the seeds' distances, by the delta method: Var(mean of squares)/(2 mean)².
func logVariance(p *Point) float64 {
	sq := make([]float64, len(p.Seeds))
	for i, e := range p.Seeds {
		sq[i] = e * e
	}
	mean, variance := stat.MeanVariance(sq, nil)
	return variance / float64(len(sq)) / (4 * mean * mean)
}
