package compare

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde"
)

// Constants of a table that follows a law come back, and that law is the best.
func TestTwoWayFindsTheConstants(t *testing.T) {
	for i, m := range twoWayModels {
		var table []shape
		for _, l := range []float64{2, 4, 8, 16, 32} {
			for _, w := range []float64{8, 16, 32, 64, 128} {
				table = append(table, shape{l, w, math.Log(m.error(0.3, 0.07, l, w)), 100})
			}
		}
		for j := range twoWayModels {
			c1, c2, chi := twoWayModels[j].fit(table)
			if i == j {
				assert.InEpsilon(t, 0.3, c1, 1e-6, m.name)
				assert.InEpsilon(t, 0.07, c2, 1e-6, m.name)
				assert.Less(t, chi, 1e-9, m.name)
			} else {
				assert.Greater(t, chi, 1e-3, "%s fits %s", twoWayModels[j].name, m.name)
			}
		}
	}
}

// The interval of Clopper and Pearson in closed form: of 0 of n it ends at
// 1 − (α/2)^{1/n}, and k of n mirrors n − k of n.
func TestClopperPearson(t *testing.T) {
	lo, hi := clopperPearson(0, 20, 0.95)
	assert.Zero(t, lo)
	assert.InDelta(t, 1-math.Pow(0.025, 1.0/20), hi, 1e-12)
	a, b := clopperPearson(7, 20, 0.9)
	c, d := clopperPearson(13, 20, 0.9)
	assert.InDelta(t, 1-d, a, 1e-10)
	assert.InDelta(t, 1-c, b, 1e-10)
	_, one := clopperPearson(20, 20, 0.95)
	assert.Equal(t, 1.0, one)
}

func TestResampleDrawsWithTheWeights(t *testing.T) {
	src := pde.NewEnsemble([]int{2}, []int{3})
	copy(src.Theta, []float64{1, 2, 3, 10, 20, 30})
	copy(src.Component[0].Weight, []float64{0.2, 0.5, 0.3})
	dst := pde.NewEnsemble([]int{2}, []int{20000})
	redraw(&dst.Component[0], &src.Component[0], rand.New(rand.NewPCG(1, 2)))
	count := map[float64]int{}
	for j, v := range dst.Component[0].Coordinate(0) {
		count[v]++
		assert.Equal(t, 10*v, dst.Component[0].Coordinate(1)[j])
	}
	for v, w := range map[float64]float64{1: 0.2, 2: 0.5, 3: 0.3} { // four standard deviations
		assert.InDelta(t, w, float64(count[v])/20000, 4*math.Sqrt(w*(1-w)/20000))
	}
}

// findingStudy is benchmark B with every inquiry that makes a finding or that networks
// of chance need.
func findingStudy(t *testing.T) Study {
	s := linearStudy(t)
	s.Rates = []Against{Horizon, Dissipation, Decay, Tail, TwoWay, BestNetwork, FixedBudget, SingleHead, Bias}
	s.Networks.Seeds, s.Networks.Widths, s.Networks.Depths = 16, []int{2, 4, 8, 16}, []int{2, 4, 8, 16}
	s.Decays = []float64{0.4, 0.2, 0.1, 0.05}
	return s
}

func TestFindingsOfLinearAttention(t *testing.T) {
	serial(t)
	r, err := Execute(context.Background(), findingStudy(t), &Options{Resamples: 200})
	require.NoError(t, err)
	assert.Empty(t, r.Notes)
	slopes := map[Against]map[Quantity]Rate{}
	for _, l := range r.Ladders {
		if slopes[l.Against] == nil {
			slopes[l.Against] = map[Quantity]Rate{}
		}
		slopes[l.Against][l.Quantity] = l.Rate
	}
	for a, want := range map[Against]float64{FixedBudget: 0, SingleHead: -0.5, BestNetwork: -0.5} {
		rate := slopes[a][Output]
		assert.Less(t, rate.Lo, want, a)
		assert.Greater(t, rate.Hi, want, a)
		assert.Less(t, rate.Hi-rate.Lo, 1.0, a)
	}
	// Benchmark B: the excess is between first and second order in λ on this range.
	assert.Less(t, slopes[Decay][Risk].Value, -1.0)
	assert.Greater(t, slopes[Decay][Risk].Value, -2.1)
	assert.Less(t, slopes[Dissipation][Balance].Value, -0.8)

	found := map[Against][]Finding{}
	for _, f := range r.Findings {
		found[f.Against] = append(found[f.Against], f)
		assert.NotEmpty(t, f.Rows, f.Title)
		assert.NotEmpty(t, f.Text, f.Title)
		assert.NotContains(t, f.Table().Render(), "NaN")
	}
	require.Len(t, found[TwoWay], 3)
	require.Len(t, found[Tail], 3)
	require.Len(t, found[Horizon], 1)
	for _, f := range found[Tail] {
		assert.NotEqual(t, Violates, f.Verdict, f.Title)
	}
	// At time 0 the risk of a network is that of its draw: C is above 0 from the start.
	assert.Greater(t, found[Horizon][0].Rows[0].Values[2], 0.0)
	// The depth bias of the risk is the same constant in the joint fit and in the depth
	// ladder, where networks have no chance.
	depth := linearStudy(t)
	depth.Rates, depth.Networks.Depths = []Against{Depth}, []int{4, 8, 16, 32}
	d, err := Execute(context.Background(), depth, nil)
	require.NoError(t, err)
	require.Equal(t, Risk, d.Ladders[1].Quantity)
	bias := d.Ladders[1].Points[3].Error * 32
	row := found[TwoWay][1].Rows[2].Values
	assert.Less(t, row[1], bias)
	assert.Greater(t, row[2], bias)
	assert.Less(t, row[2]-row[1], 0.5*bias)
}

// The distance of drawn networks by the delta method: the output depends on the means of
// v·a of the layers, each of variance Var(v·a)/M, with equal derivatives Read'/L.
func TestBestNetworkByDepthAndWidth(t *testing.T) {
	s := findingStudy(t)
	s.Rates, s.Networks.Seeds = []Against{BestNetwork}, 60
	r, err := Execute(context.Background(), s, &Options{Resamples: 50})
	require.NoError(t, err)
	require.Len(t, r.Findings, 1)
	rows := r.Findings[0].Rows
	require.Len(t, rows, 16)
	for _, row := range rows {
		v := row.Values
		l, m := v[0], v[1]
		assert.InDelta(t, v[2]/math.Sqrt(math.Log(l+1)/m), v[5], 1e-12)
		if l*m < 32 {
			continue // the output is not linear in so few draws
		}
		var run *Run
		for _, x := range r.Runs {
			if x.ID == fmt.Sprintf("characteristics-gauss%d-L%v", otherNodes[0], l) {
				run = x
			}
		}
		require.NotNil(t, run)
		e := run.Trajectory.Ensembles[len(s.Times)-1]
		atoms, mean, square := &e.Component[0], 0.0, 0.0
		for j, w := range atoms.Weight {
			x := atoms.Coordinate(0)[j] * atoms.Coordinate(1)[j]
			mean, square = mean+w*x, square+w*x*x
		}
		model := s.Model
		model.Depth = int(l)
		f, err := model.BindAtoms(e)
		require.NoError(t, err)
		read := func(scale float64) []float64 {
			x := e.Clone()
			for c := range x.Component {
				for j := range x.Component[c].N {
					x.Component[c].Coordinate(1)[j] *= scale
				}
			}
			f.Value(x)
			_, y := f.(pde.Learner).Reading()
			return slices.Clone(y)
		}
		const h = 1e-5
		var slope []float64
		for b, y := range read(1 + h) {
			slope = append(slope, (y-read(1 - h)[b])/(2*h*mean))
		}
		assert.InEpsilon(t, rms(slope)*math.Sqrt(square-mean*mean), v[4], 0.25, "L = %v, M = %v", l, m) // 9 % by chance of 60 seeds
	}
}

// Findings survive a stored summary.
func TestSummaryKeepsFindings(t *testing.T) {
	r := &Result{Findings: []Finding{{Against: TwoWay, Title: "t", Columns: []string{"law", "C"}, Text: []string{"says"}, Source: "s", Verdict: Sharp,
		Rows: []FindingRow{{Label: "a law", Values: []float64{0.1}}, {Label: "b", Values: []float64{1e-300}}}}}}
	var b bytes.Buffer
	require.NoError(t, WriteSummary(&b, r, ""))
	back, _, err := ReadSummary(&b, r.Study)
	require.NoError(t, err)
	assert.Equal(t, r.Findings, back.Findings)
}
