package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestJudge(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		lo, hi, predicted float64
		points            int
		want              Verdict
	}{
		{-1.1, -0.9, -1, 5, Consistent},
		{-1, -0.9, -1, 5, Consistent},
		{-1.3, -1.1, -1, 5, Faster},
		{-0.9, -0.7, -1, 5, Slower},
		{-1.1, -0.9, -1, 2, Undecided},
		{-1.3, -0.7, -1, 5, Undecided},
		{-0.62, -0.38, -0.5, 5, Consistent},
		{-0.64, -0.36, -0.5, 5, Undecided},
		{-2.4, -1.6, -2, 5, Consistent},
		{-0.1, 0.1, 0, 5, Consistent},
		{-0.2, 0.2, 0, 5, Undecided},
		{-0.45, 0.35, -2, 5, Slower},
		{-1.2, -1.04, -1, 5, Consistent},
		{-1.2, -1.06, -1, 5, Faster},
		{-0.96, -0.8, -1, 5, Consistent},
		{-0.94, -0.8, -1, 5, Slower},
		{-0.7, 0.1, -1, 5, Undecided},
		{-3.2, -2.2, -1, 5, Faster},
		{nan, nan, -1, 5, Undecided},
		{-1.1, -0.9, nan, 5, Undecided},
	} {
		assert.Equal(t, c.want, judge(Rate{Lo: c.lo, Hi: c.hi, Predicted: c.predicted, Points: c.points}), "%+v", c)
	}
}

// A ladder of pure noise says nothing: whatever is predicted, it is left undecided, but
// for the few in a hundred by which an interval may miss.
func TestNoiseIsUndecided(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, predicted := range []float64{-0.5, -1, -2} {
		decided := 0
		for range 400 {
			points := powers(6, 1, predicted)
			for i := range points {
				points[i].Error = math.Exp(2 * rng.NormFloat64())
			}
			if Fit(points, FitOptions{Predicted: predicted}).Verdict != Undecided {
				decided++
			}
		}
		t.Logf("predicted %v: %d of 400 ladders are decided", predicted, decided)
		assert.LessOrEqual(t, decided, 20, "predicted %v", predicted)
	}
}

func TestRateDigits(t *testing.T) {
	for _, c := range []struct {
		r               Rate
		slope, interval string
	}{
		{Rate{Value: -1.01234, Lo: -1.0321, Hi: -0.9912}, "-1.01", "[-1.03, -0.99]"},
		{Rate{Value: -1.01234, Lo: -1.0133, Hi: -1.0112}, "-1.012", "[-1.013, -1.011]"},
		{Rate{Value: -1.01234, Lo: -3.1, Hi: 1.2}, "-1.0", "[-3.1, 1.2]"},
		{Rate{Value: -0.001, Lo: -0.1, Hi: 0.1}, "0.00", "[-0.10, 0.10]"},
		{Rate{Value: -1.01234, Lo: math.NaN(), Hi: math.NaN()}, "-1.01", "–"},
		{Rate{Value: math.NaN(), Lo: math.Inf(-1), Hi: math.Inf(1)}, "–", "–"},
	} {
		assert.Equal(t, c.slope, c.r.Slope())
		assert.Equal(t, c.interval, c.r.Interval())
	}
}

func TestSignificant(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0", 0.012345: "0.012", -12.3: "-12", 1234: "1234", 1.2345e-7: "1.2e-07", 3e9: "3.0e+09", math.Inf(1): "–",
	} {
		assert.Equal(t, want, significant(x, 2), x)
	}
}
