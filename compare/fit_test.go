package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// powers returns a ladder of n levels 4, 8, 16, … with error c·X^p.
func powers(n int, c, p float64) []Point {
	points := make([]Point, n)
	for i := range points {
		x := math.Exp2(float64(i + 2))
		points[i] = Point{X: x, Error: c * math.Pow(x, p)}
	}
	return points
}

// nested returns a ladder of widths 8, 16, … whose error is the Euclidean norm of
// the mean of X draws of a centered law in dim dimensions; the draws of a seed are
// nested. Its slope is −1/2 exactly.
func nested(rng *rand.Rand, levels, seeds, dim int, draw func(*rand.Rand) float64) []Point {
	points := make([]Point, levels)
	for l := range points {
		points[l] = Point{X: float64(int(8) << l), Seeds: make([]float64, seeds)}
	}
	for s := range seeds {
		sum, n := make([]float64, dim), 0
		for l := range points {
			for ; n < int(points[l].X); n++ {
				for d := range sum {
					sum[d] += draw(rng)
				}
			}
			e := 0.0
			for _, v := range sum {
				e += v * v / float64(n*n)
			}
			points[l].Seeds[s] = math.Sqrt(e)
		}
	}
	return points
}

func normal(r *rand.Rand) float64      { return r.NormFloat64() }
func exponential(r *rand.Rand) float64 { return r.ExpFloat64() - 1 }

func TestFitExactPower(t *testing.T) {
	points := powers(5, 3, -1)
	r := Fit(points, FitOptions{Predicted: -1, Source: "G Thm 3.1"})
	assert.InDelta(t, -1, r.Value, 1e-12)
	assert.InDelta(t, 3, r.Constant, 1e-11)
	assert.InDelta(t, 0, r.Hi-r.Lo, 1e-12)
	assert.Equal(t, 5, r.Points)
	assert.Equal(t, "G Thm 3.1", r.Source)
	assert.Empty(t, r.Warnings)
	for _, p := range points {
		assert.True(t, p.Used)
	}
}

// The interval against numbers worked out by hand: log2 X = 0, 1, 2, log2 Error =
// 0, −1, −1, slope −1/2, residuals (−1, 2, −1)/6, s² = 1/6, Sxx = 2,
// t_{1, 0.975} = tan(0.475π) = 12.7062047.
func TestFitStudentInterval(t *testing.T) {
	r := Fit([]Point{{X: 1, Error: 1}, {X: 2, Error: 0.5}, {X: 4, Error: 0.5}}, FitOptions{Predicted: -1})
	half := math.Tan(0.475*math.Pi) * math.Sqrt(1./12)
	assert.InDelta(t, -0.5, r.Value, 1e-12)
	assert.InDelta(t, -0.5-half, r.Lo, 1e-6)
	assert.InDelta(t, -0.5+half, r.Hi, 1e-6)
	assert.Equal(t, Undecided, r.Verdict)
}

func TestFitLeavesOutDoubtfulPoints(t *testing.T) {
	points := powers(8, 1, -2)
	points[0].Reference = points[0].Error / 9.99
	points[1].Error = math.NaN()
	points[2].Error = 0
	points[3].Reference = math.NaN()
	points[4].Error, points[4].Why = math.NaN(), "the reference diverged"
	points[5].Reference = points[5].Error / 10
	r := Fit(points, FitOptions{Predicted: -2})
	assert.Equal(t, 3, r.Points)
	assert.InDelta(t, -2, r.Value, 1e-12)
	for i, want := range []bool{false, false, false, false, false, true, true, true} {
		assert.Equal(t, want, points[i].Used, i)
		assert.Equal(t, want, points[i].Why == "", i)
	}
	assert.Contains(t, points[0].Why, "not ten times")
	assert.Equal(t, "the reference diverged", points[4].Why)
	require.Len(t, r.Warnings, 3)
	assert.Contains(t, r.Warnings[0], "3 of 8 points")
	assert.Contains(t, r.Warnings[1], "too inaccurate for 1 of 8")
	assert.Contains(t, r.Warnings[2], "4 of 8")
}

func TestFitTooFewPoints(t *testing.T) {
	for n := range 3 {
		r := Fit(powers(n, 1, -1), FitOptions{Predicted: -1})
		assert.Equal(t, Undecided, r.Verdict, n)
		assert.Equal(t, n < 2, math.IsNaN(r.Value), n)
		assert.True(t, math.IsNaN(r.Lo), n)
		assert.NotEmpty(t, r.Warnings)
	}
	assert.Panics(t, func() { Fit(nil, FitOptions{Confidence: 95}) })
}

func TestFitSeedsAreRMS(t *testing.T) {
	points := []Point{{X: 1, Seeds: []float64{3, 4}}, {X: 2, Seeds: []float64{1, 1}}}
	Fit(points, FitOptions{})
	assert.InDelta(t, math.Sqrt(12.5), points[0].Error, 1e-15)
	assert.InDelta(t, 1, points[1].Error, 1e-15)
}

func TestFitWarnsOfDrift(t *testing.T) {
	points := powers(5, 1, -1)
	for i := range points {
		points[i].Error += 0.2 // a floor that the reference's estimate does not know of
	}
	r := Fit(points, FitOptions{Predicted: -1})
	assert.Contains(t, fmt.Sprint(r.Warnings), "drifts")
	assert.NotContains(t, fmt.Sprint(Fit(powers(5, 1, -1), FitOptions{Predicted: -1}).Warnings), "drifts")
}

// A ladder with chance warns of drift when the seeds agree on it, and seldom when
// there is none.
func TestFitDriftAgainstChance(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	false1 := 0
	for i := range 60 {
		r := Fit(nested(rng, 4, 12, 3, normal), FitOptions{Predicted: -0.5, Resamples: 300, Seed: uint64(i)})
		for _, w := range r.Warnings {
			if len(w) > 9 && w[:9] == "the slope" {
				false1++
			}
		}
	}
	assert.LessOrEqual(t, false1, 6)
}

func TestFitWarnsOfFewSeeds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	warnings := fmt.Sprint(Fit(nested(rng, 5, 3, 2, normal), FitOptions{Predicted: -0.5}).Warnings)
	assert.Contains(t, warnings, "only 3 seeds")
	noise := fmt.Sprint(Fit([]Point{{X: 1, Error: 1}, {X: 2, Error: 3}, {X: 4, Error: 1}, {X: 8, Error: 2}}, FitOptions{}).Warnings)
	assert.Contains(t, noise, "interval is wide")
}

func TestFitIsDeterministic(t *testing.T) {
	fit := func(seed uint64) Rate {
		return Fit(nested(rand.New(rand.NewPCG(1, 1)), 5, 8, 2, normal), FitOptions{Predicted: -0.5, Seed: seed})
	}
	assert.Equal(t, fit(1), fit(1))
}

// Pure noise has a wide interval on every ladder that a study can hold, and so no
// verdict.
func TestFitNoiseIsUndecided(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	decided := 0
	for range 200 {
		points := powers(5, 1, 0)
		for i := range points {
			points[i].Error = math.Exp(rng.NormFloat64())
		}
		if Fit(points, FitOptions{Predicted: -0.5}).Verdict != Undecided {
			decided++
		}
	}
	assert.LessOrEqual(t, decided, 10, "of 200")
}

// coverage returns the fraction of intervals that hold the true slope −1/2.
func coverage(ladders, levels, seeds, dim int, draw func(*rand.Rand) float64) float64 {
	rng := rand.New(rand.NewPCG(3, 14))
	hits := 0
	for i := range ladders {
		r := Fit(nested(rng, levels, seeds, dim, draw), FitOptions{Predicted: -0.5, Resamples: 500, Seed: uint64(i)})
		if r.Lo <= -0.5 && -0.5 <= r.Hi {
			hits++
		}
	}
	return float64(hits) / float64(ladders)
}

// 200 ladders with a true coverage of 0.95 stay above 0.905 with probability
// 0.995; the plain percentile's 0.85 does not.
func TestFitCoverage(t *testing.T) {
	c := coverage(200, 5, 8, 3, exponential)
	t.Logf("coverage %.3f at level 0.95", c)
	assert.GreaterOrEqual(t, c, 0.905)
}

// A smooth ladder C X^p (1 + c/X) is not scatter about its line: the interval still
// holds p. Student's alone holds it for none of the ladders of five levels.
func TestFitCoversTheLeadingTerm(t *testing.T) {
	for _, c := range []float64{-1, -0.3, -0.01, 0.01, 0.3, 1} {
		for n := 4; n <= 7; n++ {
			points := powers(n, 0.3, -1)
			for i := range points {
				points[i].Error *= 1 + c/points[i].X
			}
			r := Fit(points, FitOptions{Predicted: -1})
			assert.Equal(t, Consistent, r.Verdict, "c = %v, %d levels: %s", c, n, r.Interval())
			assert.Less(t, (r.Hi-r.Lo)/2, 0.2)
		}
	}
}

// However narrow the interval, a slope within the margin is no deviation, and says that the
// margin decided; one beyond it is.
func TestFitHasAMargin(t *testing.T) {
	for _, c := range []struct {
		slope, predicted float64
		bound            bool
		want             Verdict
		warns            bool
	}{
		{-1.01, -1, true, Sharp, true},
		{-1.049, -1, true, Sharp, true},
		{-0.951, -1, true, Sharp, true},
		{-1.051, -1, true, Better, false},
		{-0.949, -1, true, Violates, false},
		{-1.049, -1, false, Consistent, true},
		{-1.051, -1, false, Faster, false},
		{-0.53, -0.5, false, Faster, false},
		{0.024, 0, false, Consistent, true},
		{0.026, 0, false, Slower, false},
		{-1, -1, false, Consistent, false},
	} {
		r := Fit(powers(5, 1, c.slope), FitOptions{Predicted: c.predicted, Bound: c.bound})
		assert.Equal(t, c.want, r.Verdict, "%+v", c)
		assert.Equal(t, c.warns, strings.Contains(fmt.Sprint(r.Warnings), "less than the margin of "), "%+v: %v", c, r.Warnings)
	}
	// A term of the next order, a tenth at the coarsest level, moves the slope by 0.03.
	points := powers(5, 1, -1)
	for i := range points {
		points[i].Error *= 1 + 0.1*points[0].X/points[i].X
	}
	assert.InDelta(t, -1.031, Fit(points, FitOptions{Predicted: -1}).Value, 0.001)
}

func TestFitUnequalSeeds(t *testing.T) {
	points := nested(rand.New(rand.NewPCG(2, 2)), 5, 20, 3, normal)
	points[4].Seeds = points[4].Seeds[:9]
	r := Fit(points, FitOptions{Predicted: -0.5})
	assert.Less(t, r.Lo, r.Value)
	assert.Greater(t, r.Hi, r.Value)
	assert.InDelta(t, -0.5, r.Value, 0.2)
}
