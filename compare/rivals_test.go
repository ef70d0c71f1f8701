package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lawLadder returns a ladder of fixed budget whose seeds scatter about C g(L, M).
func lawLadder(g func(depth, width float64) float64, seeds int) *Ladder {
	rng := rand.New(rand.NewPCG(3, 4))
	l := &Ladder{Against: FixedBudget}
	for _, d := range []int{2, 4, 8, 16, 32} {
		p := Point{X: float64(d), Depth: d, Width: 1024 / d, Runs: []string{"a"}}
		for range seeds {
			p.Seeds = append(p.Seeds, 0.3*g(float64(d), float64(p.Width))*math.Abs(rng.NormFloat64()))
		}
		l.Points = append(l.Points, p)
	}
	l.Rate = Fit(l.Points, FitOptions{Predicted: 0})
	return l
}

// On ladders that follow one of the laws the other is rejected at three standard errors
// and by Akaike's criterion, whichever is true.
func TestRivalsTellTheLawsApart(t *testing.T) {
	for i, w := range laws {
		l := lawLadder(w.g, 60)
		r := rivals(l)
		require.Len(t, r, len(laws))
		assert.Less(t, r[i].Sigmas, 2.0, w.name)
		assert.Zero(t, r[i].AIC, w.name)
		assert.Greater(t, r[1-i].Sigmas, 3.0, w.name)
		assert.Greater(t, r[1-i].AIC, 10.0, w.name)
	}
}

func TestRivalsNeedNetworksOfSeveralSeeds(t *testing.T) {
	points := powers(5, 1, -1)
	l := &Ladder{Points: points, Rate: Fit(points, FitOptions{Predicted: -1})}
	assert.Nil(t, rivals(l))
}

// The slope of the law of the theorem along a fixed budget N is that of
// sqrt(L log(L+1)/N).
func TestRivalSlope(t *testing.T) {
	r := rivals(lawLadder(laws[1].g, 60))
	a, b := math.Sqrt(2*math.Log(3)), math.Sqrt(32*math.Log(33))
	assert.InDelta(t, math.Log(b/a)/math.Log(16), r[0].Slope, 0.03)
	assert.InDelta(t, 0, r[1].Slope, 1e-12)
}

// A bias is the mean with its sign, and is not fitted where it may be zero.
func TestFitOfABias(t *testing.T) {
	serial(t)
	rng := rand.New(rand.NewPCG(5, 6))
	points := make([]Point, 6)
	for i := range points {
		x := math.Exp2(float64(i + 1))
		points[i] = Point{X: x, Signed: true}
		for range 4000 {
			points[i].Seeds = append(points[i].Seeds, -1/x+0.5*rng.NormFloat64()/math.Sqrt(x))
		}
	}
	points = append(points, Point{X: 1e4, Signed: true, Seeds: []float64{1, -1, 2, -2.1}})
	r := Fit(points, FitOptions{Predicted: -1})
	assert.Equal(t, Consistent, r.Verdict, r.Interval())
	assert.Equal(t, 6, r.Points)
	assert.Contains(t, points[6].Why, "standard errors from zero")
	assert.InDelta(t, 0.5, points[0].Error, 0.03)
}

// Of an upper bound a faster fall is good news and a slower one a contradiction.
func TestVerdictOfABound(t *testing.T) {
	for slope, want := range map[float64]Verdict{-1: Better, -0.5: Sharp, -0.25: Violates} {
		r := Fit(powers(5, 1, slope), FitOptions{Predicted: -0.5, Bound: true})
		assert.Equal(t, want, r.Verdict, "slope %v", slope)
	}
}
