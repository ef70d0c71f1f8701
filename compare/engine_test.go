package compare

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// linearStudy is benchmark B, small: its reference is exact.
func linearStudy(t *testing.T) Study {
	t.Helper()
	prompts, err := (&transformer.Linear{Prompts: 16, Tokens: 8, Seed: 1}).Draw()
	require.NoError(t, err)
	return Study{
		Name: "linear",
		Model: transformer.Model{
			Depth: 2, Decay: 0.02, Prompts: prompts, Read: transformer.Readout{Token: -1, Coordinate: -1},
			Blocks: []transformer.Component{{
				Block:   &transformer.LinearScalar{},
				Initial: &grid.Bump{Center: []float64{0.7, 0.4}, Radius: []float64{0.7, 0.7}},
				Axes:    []grid.Axis{{Lo: -2, Hi: 4, N: 24}, {Lo: -2, Hi: 4, N: 24}},
			}},
		},
		Times: []float64{0, 1, 2},
		Solvers: []Solver{
			{Scheme: &pde.Upwind{CFL: 0.4, Stages: 1}, Cells: 48}, {Scheme: &pde.Upwind{CFL: 0.4, Stages: 1}, Cells: 72}, {Scheme: &pde.Upwind{CFL: 0.4, Stages: 1}, Cells: 108},
			{Characteristics: &finite.Characteristics{Nodes: 6, Rule: grid.Gauss, RTol: 1e-10, ATol: 1e-12}},
		},
		Networks:   Networks{Widths: []int{2, 4, 8}, Depths: []int{2, 4, 8}, Seeds: 3, Seed: 1, Dynamics: &finite.Gradient{RTol: 1e-7, ATol: 1e-9}},
		Rates:      []Against{Cells, Depth, Width, Parameters},
		Confidence: 0.95,
	}
}

func TestExecuteMeasuresAgainstTheExactSolution(t *testing.T) {
	r, err := Execute(context.Background(), linearStudy(t), nil)
	require.NoError(t, err)
	require.Len(t, r.Ladders, 4*len(Quantities)+1) // and the density against cells
	for _, l := range r.Ladders {
		assert.NotEmpty(t, l.Reference, "%s against %s", l.Quantity, l.Against)
		for i := 1; i < len(l.Points); i++ {
			assert.LessOrEqual(t, l.Points[i-1].X, l.Points[i].X)
		}
		switch l.Against {
		case Cells:
			assert.Equal(t, "upwind", l.Scheme)
			if l.Quantity == Output || l.Quantity == Risk { // the others are not asymptotic yet
				assert.InDelta(t, -1, l.Rate.Value, 0.15, "%s against cells", l.Quantity)
			}
		case Depth:
			assert.InDelta(t, -1, l.Rate.Value, 0.15, "%s against depth", l.Quantity)
		case Parameters:
			assert.Len(t, l.Points, 5) // three widths at L = 2, M = 4 at L = 4 and 8
		case Width:
			for _, p := range l.Points {
				assert.Len(t, p.Seeds, 3)
				assert.Len(t, p.Runs, 3)
			}
		}
	}
	// Characteristics are exact to the integrator's tolerance for this model.
	for _, run := range r.Runs {
		if run.ID == "characteristics-gauss6-L2" {
			ref, err := newPlan(&r.Study).baseReference().get()
			require.NoError(t, err)
			for _, q := range Quantities {
				assert.Less(t, Distance(q, run.Trajectory, ref), 1e-9, q)
			}
		}
	}
}

func TestExecuteDoesNotDependOnWorkers(t *testing.T) {
	s := linearStudy(t)
	s.Workers = 1
	one, err := Execute(context.Background(), s, nil)
	require.NoError(t, err)
	s.Workers = 4
	four, err := Execute(context.Background(), s, nil)
	require.NoError(t, err)
	require.Len(t, four.Runs, len(one.Runs))
	for i := range one.Runs {
		assert.Equal(t, one.Runs[i].ID, four.Runs[i].ID)
		assert.Equal(t, one.Runs[i].Trajectory, four.Runs[i].Trajectory, one.Runs[i].ID)
	}
	assert.Equal(t, one.Ladders, four.Ladders)
}

func TestExecuteReportsProgress(t *testing.T) {
	var last Event
	finished := map[string]bool{}
	_, err := Execute(context.Background(), linearStudy(t), &Options{Progress: func(e Event) {
		assert.GreaterOrEqual(t, e.Done, last.Done-1e-12)
		if e.Finished != nil {
			finished[e.Finished.ID] = true
		}
		last = e
	}})
	require.NoError(t, err)
	assert.InEpsilon(t, last.Total, last.Done, 1e-9)
	seconds, runs := Cost(linearStudy(t))
	assert.Len(t, finished, runs)
	assert.InEpsilon(t, last.Total, seconds, 1e-9)
}

func TestExecuteKeepsWhatIsComplete(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := linearStudy(t)
	s.Workers = 1
	runs := 0
	r, err := Execute(ctx, s, &Options{Progress: func(e Event) {
		if e.Finished != nil {
			if runs++; runs == 3 {
				cancel()
			}
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	assert.Len(t, r.Runs, 3)
	assert.Empty(t, r.Ladders)
	assert.NotEmpty(t, r.Notes)
}

func TestExecuteNamesTheRunThatFails(t *testing.T) {
	s := linearStudy(t)
	s.Model.Blocks[0].Axes = []grid.Axis{{Lo: -0.1, Hi: 1.5, N: 24}, {Lo: -0.5, Hi: 1.2, N: 24}}
	s.Times = []float64{0, 4}
	r, err := Execute(context.Background(), s, nil)
	var wall *pde.WallError
	require.True(t, errors.As(err, &wall), "%v", err)
	assert.ErrorContains(t, err, "run upwind-n")
	assert.Empty(t, r.Ladders)
}

func TestValidate(t *testing.T) {
	require.NoError(t, func() error { s := linearStudy(t); return s.Validate() }())
	for want, spoil := range map[string]func(*Study){
		"times":      func(s *Study) { s.Times = []float64{0} },
		"follow":     func(s *Study) { s.Times = []float64{0, 1, 1} },
		"confidence": func(s *Study) { s.Confidence = 95 },
		"2 seeds":    func(s *Study) { s.Networks.Seeds = 1 },
		"depth":      func(s *Study) { s.Networks.Depths = nil },
		"width":      func(s *Study) { s.Networks.Widths = nil },
		"unknown":    func(s *Study) { s.Rates = []Against{"breadth"} },
		"above 0":    func(s *Study) { s.Rates, s.Decays = []Against{Decay}, []float64{0.1, -1} },
		"two values": func(s *Study) { s.Rates, s.Decays = []Against{Decay}, []float64{0.1} },
		"16 seeds":   func(s *Study) { s.Rates = []Against{Tail} },
		"either":     func(s *Study) { s.Solvers = []Solver{{}} },
	} {
		s := linearStudy(t)
		spoil(&s)
		assert.ErrorContains(t, s.Validate(), want)
	}
}

func TestDistance(t *testing.T) {
	ref := &Reference{Risk: []float64{0, 0}, Objective: []float64{1, 1}, Output: [][]float64{{0, 0}, {0, 0}}}
	run := &pde.Trajectory{Risk: []float64{0.5, -2}, Energy: []float64{1, 1.25}, Output: [][]float64{{3, 4}, {1, 0}}}
	assert.Equal(t, 2.0, Distance(Risk, run, ref))
	assert.Equal(t, 0.25, Distance(Objective, run, ref))
	assert.InDelta(t, math.Sqrt(12.5), Distance(Output, run, ref), 1e-15)
}

func TestExtrapolateRemovesTheLeadingError(t *testing.T) {
	at := func(n float64) *Reference {
		return &Reference{Risk: []float64{1 + 3/(n*n)}, Objective: []float64{2 - 1/(n*n)}, Output: [][]float64{{5 / (n * n)}}, Error: map[Quantity]float64{}}
	}
	r := extrapolate(at(8), at(4), 2)
	assert.InDelta(t, 1, r.Risk[0], 1e-15)
	assert.InDelta(t, 2, r.Objective[0], 1e-15)
	assert.InDelta(t, 0, r.Output[0][0], 1e-15)
	assert.InDelta(t, 3.0/64, r.Error[Risk], 1e-15)
}

// Seeds are added until the intervals are narrow, to the ladders that need them and more
// of them to small networks; the runs made before are not made again.
func TestExecuteAddsSeedsUntilIntervalsAreNarrow(t *testing.T) {
	s := linearStudy(t)
	s.Rates, s.Solvers, s.Networks.Widths, s.Networks.Seeds = []Against{Width, BestNetwork, Tail}, nil, []int{2, 4, 8, 16}, 16
	s.Networks.UntilHalfWidth, s.Networks.MaxSeeds = 0.15, 400
	made := map[string]int{}
	r, err := Execute(context.Background(), s, &Options{Progress: func(e Event) {
		if e.Finished != nil {
			made[e.Finished.ID]++
		}
	}})
	require.NoError(t, err)
	for _, l := range r.Ladders {
		assert.LessOrEqual(t, (l.Rate.Hi-l.Rate.Lo)/2, 0.15, "%s against %s", l.Quantity, l.Against)
		small, large := len(l.Points[0].Seeds), len(l.Points[3].Seeds)
		assert.Greater(t, small, large)
		assert.Less(t, large, 400)
		if l.Against == Width {
			assert.Len(t, l.Points[0].Runs, small)
		}
	}
	assert.Contains(t, r.Notes[len(r.Notes)-1], "at most the wanted 0.15")
	for id, times := range made {
		assert.Equal(t, 1, times, id)
	}

	// A target that cannot be met stops at the most seeds of the largest network.
	s.Networks.UntilHalfWidth, s.Networks.MaxSeeds = 1e-3, 20
	r, err = Execute(context.Background(), s, nil)
	require.NoError(t, err)
	first, fewest := Cost(s)
	all, most := MostCost(s)
	assert.Equal(t, len(r.Runs), most)
	assert.Less(t, fewest, most)
	assert.Less(t, first, all)
	many := s
	many.Networks.MaxSeeds = 5000
	most16 := newPlan(&many).most()[sample{depth: s.Model.Depth, width: 16}]
	assert.Equal(t, 5000, most16)
	for _, l := range r.Ladders {
		assert.Len(t, l.Points[3].Seeds, 20)
		assert.Len(t, l.Points[0].Seeds, int(math.Ceil(20*math.Sqrt(float64(16+layerAtoms)/(2+layerAtoms)))))
	}
	assert.Contains(t, r.Notes[len(r.Notes)-1], "wider than the wanted ± 0.001: width, ± 0.")

	// A ladder that is narrow enough gets none.
	s.Rates, s.Networks.UntilHalfWidth, s.Networks.MaxSeeds = []Against{Width}, 10, 400
	r, err = Execute(context.Background(), s, nil)
	require.NoError(t, err)
	assert.Len(t, r.Ladders[0].Points[0].Seeds, 16)
}

// The seeds of a ladder depend on the widths of its intervals and on costs, not on slopes.
func TestEnlarge(t *testing.T) {
	s := linearStudy(t)
	s.Networks.Widths, s.Networks.Seeds, s.Networks.MaxSeeds = []int{1, 4, 16, 64}, 10, 1000
	p := newPlan(&s)
	i := slices.IndexFunc(p.ladders, func(l ladderPlan) bool { return l.against == Width })
	l := &p.ladders[i]
	n := p.enlarge(l, 2)
	x, before, after := []float64{0, 1, 2, 3}, []float64{10, 10, 10, 10}, []float64{}
	for k, w := range s.Networks.Widths {
		after = append(after, float64(n[sample{depth: 2, width: w}]))
		if k > 0 && after[k] > 10 {
			cost := func(k int) float64 { return float64(s.Networks.Widths[k] + layerAtoms) }
			assert.InEpsilon(t, math.Sqrt(cost(k)/cost(k-1)), after[k-1]/after[k], 0.1)
		}
	}
	assert.InEpsilon(t, 2, information(x, after)/information(x, before), 0.15)
	assert.Nil(t, p.more(), "no half-width is wanted")
}

// Ctrl-C stops the measuring after the runs, too, which says what it does.
func TestExecuteStopsWhileItMeasures(t *testing.T) {
	s := linearStudy(t)
	s.Rates, s.Solvers = []Against{Width, WidthConstant}, nil
	ctx, cancel := context.WithCancel(context.Background())
	var said []string
	r, err := Execute(ctx, s, &Options{Progress: func(e Event) {
		if e.Done > 0.999*e.Total && e.Finished == nil && (strings.HasPrefix(e.Label, "measures") || strings.HasPrefix(e.Label, "finding")) {
			said = append(said, e.Label)
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, []string{"measures width"}, said)
	assert.Empty(t, r.Findings)
	assert.NotEmpty(t, r.Runs)
}
