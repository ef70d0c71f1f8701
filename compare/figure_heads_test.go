package compare

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/finite"
	"pdesolve/pde"
)

// The area under a histogram is 1, also where all values are one.
func TestHistogramHasAreaOne(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	normal := make([]float64, 1000)
	for i := range normal {
		normal[i] = r.NormFloat64()
	}
	for name, c := range map[string]struct {
		x      []float64
		lo, hi float64
	}{"normal": {normal, -5, 5}, "ends": {[]float64{-1, 2}, -1, 2}, "one value": {[]float64{3, 3}, 3, 3}} {
		line, area := histogram(c.x, c.lo, c.hi), 0.0
		for i := 1; i < len(line.XYs); i++ {
			area += line.XYs[i-1].Y * (line.XYs[i].X - line.XYs[i-1].X)
		}
		assert.InDelta(t, 1, area, 1e-12, name)
	}
}

func TestParameterGroups(t *testing.T) {
	assert.Equal(t, []parameterGroup{{"a", 0, 1}, {"v", 1, 1}}, parameterGroups([]string{"a", "v"}))
	assert.Equal(t, []parameterGroup{{"omega", 0, 2}, {"b", 2, 1}, {"u", 3, 2}}, parameterGroups([]string{"omega[0]", "omega[1]", "b", "u[0]", "u[1]"}))
}

func TestStrongestHeads(t *testing.T) {
	e := pde.NewEnsemble([]int{3}, []int{4})
	a := &e.Component[0]
	copy(a.Coordinate(0), []float64{9, 9, 9, 9})
	copy(a.Coordinate(1), []float64{1, 0, -2, 0})
	copy(a.Coordinate(2), []float64{0, 3, 0, 0})
	assert.Equal(t, []int{1, 2, 0}, strongest(a, 2, 3))
	assert.Equal(t, []int{0, 2, 4, 7}, spread(8, 4))
	assert.Equal(t, []int{0}, spread(1, 4))
}

// The page of networks alone speaks of training only, and shows their heads.
func TestTrainingPage(t *testing.T) {
	s := trainingStudy(t, &finite.Descent{Step: 0.1})
	s.Trained = append(s.Trained, Network{Depth: 2, Width: 8, Seed: 4}, Network{Depth: 3, Width: 4, Seed: 3})
	r, err := Execute(context.Background(), s, nil)
	require.NoError(t, err)
	require.True(t, r.TrainsOnly())
	pg, err := newPage(r, Provenance{})
	require.NoError(t, err)
	var files []string
	for _, f := range pg.allFigures() {
		files = append(files, strings.TrimPrefix(f.File, "figures/"))
		svg := withoutImages(string(f.SVG))
		assert.False(t, strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf"), f.File)
		assert.NotEmpty(t, f.Alt)
	}
	assert.Equal(t, []string{"training.svg", "heads-linear-scalar.svg"}, files)
	for _, write := range []func(*bytes.Buffer) error{
		func(b *bytes.Buffer) error { return pg.html(b) }, func(b *bytes.Buffer) error { return pg.markdown(b) }, func(b *bytes.Buffer) error { return pg.latex(b) },
	} {
		var b bytes.Buffer
		require.NoError(t, write(&b))
		for _, word := range []string{"verdict", "Rates", "References", "predicted"} {
			assert.NotContains(t, b.String(), word)
		}
		assert.Contains(t, b.String(), "gradient norm")
	}
	shown := shownNetwork(r)
	assert.Equal(t, []int{2, 8, 3}, []int{shown.Depth, shown.Width, int(shown.Seed)})
}
