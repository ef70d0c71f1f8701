package exact_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde/exact"
)

// secondForms are JKO's forms of second order.
var secondForms = map[string]func(exact.Extended, float64, int) (exact.Extended, error){
	"midpoint": exact.Midpoint, "bdf2": exact.BDF2,
}

// The iterates of second order tend to the flow with the order 2, on the line and in the plane,
// where covariances do not commute with the drift.
func TestIteratesOfSecondOrderTendToTheFlow(t *testing.T) {
	plane := exact.NewBarenblatt()
	plane.Center = []float64{0, 0}
	for _, s := range []exact.Extended{exact.NewBarenblatt(), plane, exact.NewOrnsteinUhlenbeck(), exact.NewAttractionDiffusion()} {
		end := s.Facts().Horizon
		want, err := s.Value(end)
		require.NoError(t, err)
		for name, form := range secondForms {
			gap := func(steps int) float64 {
				last, err := form(s, end/float64(steps), steps)
				require.NoError(t, err)
				got, err := last.Value(0)
				require.NoError(t, err)
				return math.Abs(got - want)
			}
			coarse, fine := gap(256), gap(512)
			order := math.Log2(coarse / fine)
			t.Logf("%s %s: %.3g %.3g order %.3f", s.Name(), name, coarse, fine, order)
			assert.InDelta(t, 2, order, 0.05, "%s %s", s.Name(), name)
		}
	}
}

// Along a geodesic to its own middle the second half is the way on, and a way that would let
// particles cross is refused.
func TestExtend(t *testing.T) {
	from := exact.NewOrnsteinUhlenbeck()
	to := *from
	to.Initial = grid.Gaussian{Mean: []float64{-1, 2}, Covariance: [][]float64{{0.3, -0.2}, {-0.2, 0.9}}}
	same, err := to.Extend(from, 0)
	require.NoError(t, err)
	middle, err := to.Extend(from, -0.5)
	require.NoError(t, err)
	again, err := middle.(exact.Extended).Extend(from, 1)
	require.NoError(t, err)
	for i := range 2 {
		for j := range 2 {
			assert.InDelta(t, to.Initial.Covariance[i][j], same.(*exact.OrnsteinUhlenbeck).Initial.Covariance[i][j], 1e-14)
			assert.InDelta(t, to.Initial.Covariance[i][j], again.(*exact.OrnsteinUhlenbeck).Initial.Covariance[i][j], 1e-14)
		}
	}
	thin := *from
	thin.Initial = grid.Gaussian{Mean: []float64{0, 0}, Covariance: [][]float64{{0.01, 0}, {0, 0.01}}}
	_, err = thin.Extend(from, 1)
	assert.ErrorContains(t, err, "particles cross")
	wide := &exact.Barenblatt{Exponent: 2, Coefficient: 1, Center: []float64{0}, Radius: 1}
	_, err = exact.NewBarenblatt().Extend(wide, 1)
	assert.ErrorContains(t, err, "particles cross")
}

// BDF2 with one step is a midpoint step; no step changes nothing.
func TestBDF2Starts(t *testing.T) {
	b := exact.NewBarenblatt()
	one, err := exact.BDF2(b, 1e-4, 1)
	require.NoError(t, err)
	mid, err := exact.Midpoint(b, 1e-4, 1)
	require.NoError(t, err)
	assert.Equal(t, mid, one)
	none, err := exact.BDF2(b, 1e-4, 0)
	require.NoError(t, err)
	assert.Equal(t, exact.Extended(b), none)
}

// How far 16 steps of bdf2 are from the flow, with no error in space.
func ExampleBDF2() {
	s := exact.NewBarenblatt()
	end := s.Facts().Horizon
	last, err := exact.BDF2(s, end/16, 16)
	if err != nil {
		panic(err)
	}
	fmt.Printf("radius %.5f, flow %.5f\n", last.(*exact.Barenblatt).Radius, s.RadiusAt(end))
	// Output: radius 0.40084, flow 0.40000
}

// The iterates of the midpoint form are nearer to the flow.
func ExampleMidpoint() {
	s := exact.NewBarenblatt()
	end := s.Facts().Horizon
	last, err := exact.Midpoint(s, end/16, 16)
	if err != nil {
		panic(err)
	}
	fmt.Printf("radius %.5f, flow %.5f\n", last.(*exact.Barenblatt).Radius, s.RadiusAt(end))
	// Output: radius 0.40003, flow 0.40000
}
