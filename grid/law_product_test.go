package grid_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// A product of bumps is a bump of more coordinates.
func init() {
	bump := func(c, r []float64) *grid.Bump { return &grid.Bump{Center: c, Radius: r} }
	for _, s := range []struct {
		law  grid.Product
		same *grid.Bump
	}{
		{grid.Product{{Law: bump([]float64{0.3}, []float64{0.7})}}, bump([]float64{0.3}, []float64{0.7})},
		{grid.Product{{Times: 2, Law: bump([]float64{0.3}, []float64{0.7})}}, bump([]float64{0.3, 0.3}, []float64{0.7, 0.7})},
		{grid.Product{{Law: bump([]float64{1, 0}, []float64{1, 2})}, {Times: 1, Law: bump([]float64{-1}, []float64{0.5})}},
			bump([]float64{1, 0, -1}, []float64{1, 2, 0.5})},
	} {
		sample := bumpSample(s.same)
		sample.law = s.law
		lawSamples["product"] = append(lawSamples["product"], sample)
	}
}

func TestProductRefuses(t *testing.T) {
	good := &grid.Bump{Center: []float64{0}, Radius: []float64{1}}
	for want, p := range map[string]grid.Product{
		"empty: want a list of {times: …, law: …}":                            {},
		"entry 1: law: missing: want one of [bump gaussian product]":          {{Law: good}, {Times: 2}},
		"entry 0: times: -2: want at least 1":                                 {{Times: -2, Law: good}},
		"entry 0: law: center: empty: want one number per parameter":          {{Law: &grid.Bump{}}},
		"entry 0: times: 100000000: want at most 16777216 coordinates in all": {{Times: 1e8, Law: good}},
	} {
		assert.EqualError(t, p.Validate(), want)
	}
	p := grid.Product{{Times: 200, Law: good}}
	_, _, err := p.Quadrature(grid.Gauss, 4)
	assert.ErrorContains(t, err, "4 points on each of 200 axes: want at most")
	p[0].Times = 2
	g, err := grid.New(grid.Axis{Lo: -2, Hi: 2, N: 8}, grid.Axis{Lo: -0.5, Hi: 2, N: 8})
	require.NoError(t, err)
	assert.ErrorContains(t, p.Average(grid.NewDensity(g)), "the lower end of axis 1")
}
