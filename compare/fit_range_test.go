package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A ladder whose coarse end has another slope is shortened from there, by the rule, and
// says so; four levels are never shortened.
func TestFitShortensAPreAsymptoticLadder(t *testing.T) {
	bent := func(n int) []Point {
		points := powers(n, 1, -1)
		for i := range points {
			points[i].Error *= 1 + 8*math.Exp2(-2*float64(i))
		}
		return points
	}
	points := bent(8)
	r := Fit(points, FitOptions{Predicted: -1})
	assert.InDelta(t, -1, r.Value, 0.05)
	assert.False(t, points[0].Used)
	assert.Equal(t, preAsymptotic, points[0].Why)
	assert.True(t, points[7].Used)
	assert.Contains(t, r.Warnings[0], "coarsest levels were left out")
	assert.Equal(t, 4, Fit(bent(4), FitOptions{Predicted: -1}).Points)
	again := Fit(points, FitOptions{Predicted: -1})
	assert.Equal(t, r.Value, again.Value, "a fit of fitted points")
}

// With noise the local slopes hardly ever drift one way by chance: levels are kept.
func TestFitKeepsNoisyLevels(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	dropped := 0
	for range 200 {
		points := nested(rng, 6, 12, 2, normal)
		if Fit(points, FitOptions{Predicted: -0.5, Resamples: 200}).Points < 6 {
			dropped++
		}
	}
	t.Logf("%d of 200 ladders were shortened", dropped)
	assert.LessOrEqual(t, dropped, 6)
}

// The floor of a ladder comes back, with the slope of the part above it.
func TestFitFloor(t *testing.T) {
	points := powers(8, 1, -1)
	for i := range points {
		points[i].Error = math.Hypot(points[i].Error, 0.01)
		points[i].Reference = 0.01
	}
	r := Fit(points, FitOptions{Predicted: -1})
	require.NotNil(t, r.Floor)
	assert.InDelta(t, -1, r.Floor.Slope, 0.02)
	assert.InDelta(t, 0.01, r.Floor.Level, 5e-4)
	assert.Equal(t, 8, r.Floor.Points)
	assert.Less(t, r.Points, 8)
	assert.Nil(t, Fit(powers(8, 1, -1), FitOptions{Predicted: -1}).Floor)
}

func TestFitWarnsOfASingleLevel(t *testing.T) {
	points := powers(5, 1, -1)
	points[4].Error *= 0.2
	r := Fit(points, FitOptions{Predicted: -1})
	assert.InDelta(t, -1, r.LeaveOut.Hi, 1e-9)
	assert.Less(t, r.LeaveOut.Lo, r.Value)
}

// The methods of a ladder of seeds agree roughly, and the rate's interval is the hull of
// those that are joined.
func TestFitIntervalsByMethod(t *testing.T) {
	points := nested(rand.New(rand.NewPCG(1, 3)), 6, 24, 2, exponential)
	r := Fit(points, FitOptions{Predicted: -0.5})
	require.Len(t, r.Intervals, 3)
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range r.Intervals {
		assert.Less(t, v.Lo, r.Value, v.Method)
		assert.Greater(t, v.Hi, r.Value, v.Method)
		if v.Joined {
			lo, hi = min(lo, v.Lo), max(hi, v.Hi)
		} else {
			assert.Equal(t, BCa, v.Method)
		}
	}
	assert.Equal(t, lo, r.Lo)
	assert.Equal(t, hi, r.Hi)
}
