//go:build long

package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The coverage that the comment of bootstrap.interval reports.
func TestFitCoverageLong(t *testing.T) {
	for _, seeds := range []int{5, 8, 12, 20} {
		for _, dim := range []int{1, 3} {
			a, b := coverage(2000, 6, seeds, dim, normal), coverage(2000, 6, seeds, dim, exponential)
			t.Logf("seeds %d, outputs %d: normal %.3f, exponential %.3f", seeds, dim, a, b)
			// Three standard errors of 2000 ladders are 0.015.
			assert.GreaterOrEqual(t, min(a, b), 0.92)
		}
	}
}

// The coverage that the comment of correction reports, for c/X.
func TestFitSmoothCoverageLong(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for levels := 4; levels <= 6; levels++ {
		hits := 0
		for range 2000 {
			points := make([]Point, levels)
			c := 0.6 * (2*rng.Float64() - 1)
			for i := range points {
				x := math.Exp2(float64(i + 1))
				points[i] = Point{X: x, Error: (1 + 2*c/x) / x * math.Exp(0.003*rng.NormFloat64())}
			}
			if r := Fit(points, FitOptions{Predicted: -1}); r.Lo <= -1 && -1 <= r.Hi {
				hits++
			}
		}
		t.Logf("%d levels: %.3f", levels, float64(hits)/2000)
		assert.InDelta(t, 0.95, float64(hits)/2000, 0.03)
	}
}

// Fewer seeds at the larger widths, which cost more.
func TestFitUnequalSeedsCoverageLong(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	hits := 0
	for i := range 2000 {
		points := nested(rng, 6, 32, 3, normal)
		for l, n := range []int{32, 32, 24, 16, 16, 10} {
			points[l].Seeds = points[l].Seeds[:n]
		}
		if r := Fit(points, FitOptions{Predicted: -0.5, Resamples: 500, Seed: uint64(i)}); r.Lo <= -0.5 && -0.5 <= r.Hi {
			hits++
		}
	}
	t.Logf("coverage %.3f", float64(hits)/2000)
	assert.GreaterOrEqual(t, hits, 1860)
}

// Coverage with everything at once: a known slope, a reference error of known size added
// to every seed's distance, and nested draws. Levels that come within ten times the
// reference's error are left out, so that the floor does not bend the rest.
func TestFitFloorCoverageLong(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	hits, shortened := 0, 0
	for i := range 2000 {
		points := nested(rng, 7, 16, 3, normal)
		floor := 0.012
		for l := range points {
			points[l].Reference = floor
			for s := range points[l].Seeds {
				points[l].Seeds[s] = math.Hypot(points[l].Seeds[s], floor)
			}
		}
		r := Fit(points, FitOptions{Predicted: -0.5, Resamples: 500, Seed: uint64(i)})
		if r.Points < 7 {
			shortened++
		}
		if r.Lo <= -0.5 && -0.5 <= r.Hi {
			hits++
		}
	}
	t.Logf("coverage %.3f, %d of 2000 ladders without their closest levels", float64(hits)/2000, shortened)
	assert.InDelta(t, 0.95, float64(hits)/2000, 0.035)
}

// Coverage of the rule that adds seeds until the interval is narrow: looking at widths and
// stopping does not make intervals miss.
func TestSequentialCoverageLong(t *testing.T) {
	const repetitions, target = 1000, 0.05
	rng := rand.New(rand.NewPCG(31, 32))
	hits, most := 0, 0
	for i := range repetitions {
		s := linearStudy(t)
		s.Rates, s.Solvers, s.Networks.Widths = []Against{Width}, nil, []int{8, 16, 32, 64, 128, 256}
		s.Networks.Seeds, s.Networks.UntilHalfWidth, s.Networks.MaxSeeds = 16, target, 300
		all := nested(rng, 6, 900, 1, normal)
		for {
			p := newPlan(&s)
			l := &p.ladders[0]
			points := make([]Point, len(l.levels))
			for k := range points {
				points[k] = Point{X: l.levels[k].x, Seeds: all[k].Seeds[:min(900, s.seeds(l.levels[k].sample()))]}
			}
			l.measured = []Ladder{{Rate: Fit(points, FitOptions{Predicted: -0.5, Resamples: 300, Seed: uint64(i)})}}
			if s.draws = p.more(); s.draws == nil {
				r := l.measured[0].Rate
				if r.Lo <= -0.5 && -0.5 <= r.Hi {
					hits++
				}
				most = max(most, len(points[5].Seeds))
				break
			}
		}
	}
	t.Logf("coverage %.3f, at most %d seeds of the largest network", float64(hits)/repetitions, most)
	assert.InDelta(t, 0.95, float64(hits)/repetitions, 0.03)
}
