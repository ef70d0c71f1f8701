package compare

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// couplingStudy is benchmark B with networks of several widths and depths.
func couplingStudy(t *testing.T) Study {
	s := linearStudy(t)
	s.Solvers, s.Rates = nil, []Against{Coupling, CouplingParameters, CouplingDepth}
	s.Networks.Widths, s.Networks.Seeds = []int{4, 8, 16, 32}, 24
	return s
}

// made returns the plan of a study with all its runs made.
func made(t *testing.T, s Study) *plan {
	t.Helper()
	p := newPlan(&s)
	require.NoError(t, p.work(context.Background(), &Options{}))
	return p
}

// pushed returns the atoms moved by the exact flow of benchmark B.
func pushed(b *exact.LinearAttention, start *pde.Ensemble, tau float64) *pde.Ensemble {
	e := start.Clone()
	p, q := b.Push([]float64{1, 0}, tau), b.Push([]float64{0, 1}, tau) // the flow is linear
	for i := range e.Component {
		a, v := e.Component[i].Coordinate(0), e.Component[i].Coordinate(1)
		for j, x := range a {
			a[j], v[j] = p[0]*x+q[0]*v[j], p[1]*x+q[1]*v[j]
		}
	}
	return e
}

// The coupled particles of every seed, width and depth are the exact characteristics of
// benchmark B, to within the error that the reference claims.
func TestCouplingAgainstExactCharacteristics(t *testing.T) {
	serial(t)
	s := couplingStudy(t)
	p := made(t, s)
	checked := 0
	for _, l := range p.ladders {
		if l.against == CouplingDepth {
			continue
		}
		for _, v := range l.levels {
			m := p.model(v.depth)
			b, err := exact.NewLinearAttention(&m)
			require.NoError(t, err)
			ref, err := v.ref.get()
			require.NoError(t, err)
			got := map[Quantity][]float64{}
			for _, q := range l.only {
				got[q], err = v.seeds(q, ref)
				require.NoError(t, err)
				require.Less(t, ref.Error[q], 1e-5)
			}
			for seed, task := range v.tasks {
				_, start := s.network(&m, v.width, s.Networks.Seed+uint64(seed))
				want := map[Quantity]float64{}
				for i, tau := range s.Times {
					d := finite.Distances(task.result.Trajectory.Ensembles[i], pushed(b, start, tau), 0)
					want[Typical] = max(want[Typical], rms(d))
					for k := range v.depth { // the narrowest network's particles
						want[Farthest] = max(want[Farthest], slices.Max(d[k*v.width:k*v.width+4]))
					}
				}
				for _, q := range l.only {
					assert.InDelta(t, want[q], got[q][seed], ref.Error[q], "L = %d, M = %d, seed %d", v.depth, v.width, seed)
				}
				checked++
			}
		}
	}
	assert.Equal(t, 24*(4+4+2), checked)
}

// Random quadratures of the mean field know their error: it and its estimate have the same
// normal law, so that the ratio of their root mean squares over 64 pairs of fields lies within
// 1 ± 0.32 at about 99 %.
func TestDrawnCouplingKnowsItsError(t *testing.T) {
	serial(t)
	errors, estimates := map[Quantity]float64{}, map[Quantity]float64{}
	for field := range uint64(64) {
		s := couplingStudy(t)
		s.Rates, s.Networks.Seeds = nil, 2
		p := newPlan(&s)
		fine := finite.Characteristics{Nodes: 64, Rule: finite.Drawn, Seed: 100 + 2*field, RTol: wideTolerance, ATol: wideTolerance}
		coarse := fine
		coarse.Seed++
		c := p.coupleBy(2, []int{4}, fine, coarse)
		require.NoError(t, p.work(context.Background(), &Options{}))
		ref, err := c.ref.get()
		require.NoError(t, err)
		b, err := exact.NewLinearAttention(&s.Model)
		require.NoError(t, err)
		for _, q := range particleQuantities {
			estimates[q] += ref.Error[q] * ref.Error[q] / 64
			for seed := range 2 {
				worst := 0.0
				for time, tau := range s.Times {
					start := finite.Draw(&s.Model, 4, s.Networks.Seed+uint64(seed))
					particles, skip := c.at(seed, time)
					worst = max(worst, q.over(finite.Distances(pushed(b, start, tau), particles, skip)))
				}
				errors[q] += worst * worst / 128
			}
		}
	}
	for _, q := range particleQuantities {
		assert.InDelta(t, 1, math.Sqrt(errors[q]/estimates[q]), 0.32, "%s", q)
		t.Logf("%s: error %.3g, estimate %.3g", q, math.Sqrt(errors[q]), math.Sqrt(estimates[q]))
	}
}

// The depth part is the exact distance of L layers from continuous depth.
func TestCouplingDepthAgainstExactCharacteristics(t *testing.T) {
	s := couplingStudy(t)
	s.Rates = []Against{CouplingDepth}
	p := made(t, s)
	nodes, err := finite.Nodes(&s.Model, grid.Gauss, depthNodes)
	require.NoError(t, err)
	start := &nodes.Component[0]
	limit := s.Model
	limit.Continuous = true
	b, err := exact.NewLinearAttentionAtoms(&limit, start)
	require.NoError(t, err)
	for _, v := range p.ladders[0].levels {
		m := p.model(v.depth)
		layers, err := exact.NewLinearAttentionAtoms(&m, start)
		require.NoError(t, err)
		ref, err := v.ref.get()
		require.NoError(t, err)
		for _, q := range particleQuantities {
			want := 0.0
			for _, tau := range s.Times {
				want = max(want, q.over(finite.Distances(pushed(layers, nodes, tau), pushed(b, nodes, tau), 0)))
			}
			pt := v.point(q, ref, false)
			assert.Nil(t, pt.Seeds)
			assert.InDelta(t, want, pt.Error, max(ref.Error[q], 1e-8), "L = %d", v.depth)
			assert.Greater(t, want, 1e-3)
		}
	}
}

// A cubic in depth is interpolated exactly, within the slices and half of one beyond.
func TestAtLayers(t *testing.T) {
	cubic := func(block int, t float64) float64 { return float64(block+1)*t*t*t - 2*t*t + 1 }
	for _, n := range []int{4, 5, 32} {
		dim, count := make([]int, 2*n), make([]int, 2*n)
		for i := range dim {
			dim[i], count[i] = 1, 1
		}
		e := pde.NewEnsemble(dim, count)
		for c := range dim {
			e.Component[c].Theta[0] = cubic(c/n, (float64(c%n)+0.5)/float64(n))
		}
		for _, layers := range []int{1, 2, 3, 8} {
			for c, a := range atLayers(e, n, layers).Component {
				assert.InDelta(t, cubic(c/layers, float64(c%layers)/float64(layers)), a.Theta[0], 1e-12, "%d slices, layer %d of %d", n, c%layers, layers)
				assert.Equal(t, []float64{1}, a.Weight)
			}
		}
	}
}

func TestCouplingRates(t *testing.T) {
	s := couplingStudy(t)
	store := NewStore(filepath.Join(t.TempDir(), "results"), "test")
	r, err := Execute(context.Background(), s, &Options{Store: store})
	require.NoError(t, err)
	require.Len(t, r.Ladders, 5)
	for _, l := range r.Ladders {
		t.Logf("%s against %s: %s %s, %s", l.Quantity, l.Against, l.Rate.Slope(), l.Rate.Interval(), l.Rate.Verdict)
		want := map[Against][]Verdict{Coupling: {Sharp, Undecided}, CouplingParameters: {Consistent, Undecided}, CouplingDepth: {Sharp, Undecided}}
		assert.Contains(t, want[l.Against], l.Rate.Verdict)
		assert.Equal(t, l.Against != CouplingDepth, len(l.Rivals) > 0)
	}
	require.Len(t, r.Findings, 2)
	f := r.Findings[0]
	require.Len(t, f.Rows, 4)
	assert.Equal(t, f.Rows[0].Values[1], f.Rows[0].Values[2])
	for _, row := range f.Rows[1:] {
		assert.Greater(t, row.Values[1], row.Values[2])
		assert.Greater(t, row.Values[2], row.Values[3])
		assert.InDelta(t, row.Values[4], row.Values[1]*math.Sqrt(row.Values[0]/math.Log(3)), 1e-12)
	}
	f = r.Findings[1]
	require.Len(t, f.Rows, len(s.Times))
	for i, row := range f.Rows {
		require.Len(t, row.Values, len(f.Columns))
		for k := 2; k < 5; k++ {
			assert.LessOrEqual(t, row.Values[k-1], row.Values[k])
		}
		assert.LessOrEqual(t, row.Values[5], row.Values[4])
		if i > 0 {
			assert.Greater(t, row.Values[4], f.Rows[i-1].Values[4])
		}
	}
	assert.Equal(t, []float64{0, 0, 0, 0, 0, 0, 0}, f.Rows[0].Values)

	again, err := Execute(context.Background(), s, &Options{Store: store})
	require.NoError(t, err)
	assert.Equal(t, len(r.Runs), again.Reused)
	assert.Equal(t, r.Ladders, again.Ladders)
	assert.Equal(t, r.Findings, again.Findings)
	for _, g := range contractGroups(r) {
		assert.Greater(t, g.worst.Evaluations, 0)
		assert.False(t, math.IsNaN(g.seconds))
	}
}

// Four of the five mistakes keep the particles away from the coupled ones. Heads that are
// shared across layers do not, at one depth.
func TestCouplingFlagsBrokenNetworks(t *testing.T) {
	serial(t)
	study := func() Study {
		s := brokenStudy(t)
		s.Rates, s.Networks.Seeds = []Against{Coupling}, 16
		return s
	}
	for _, v := range verdictsOf(t, study()) {
		assert.Contains(t, []Verdict{Sharp, Undecided}, v)
	}
	for what, b := range breakages {
		t.Run(what, func(t *testing.T) {
			s := study()
			s.broken = b
			for _, v := range verdictsOf(t, s) {
				assert.Equal(t, what != "heads shared across layers", v == Violates, "%s", v)
			}
		})
	}
}

func TestCouplingWants(t *testing.T) {
	s := couplingStudy(t)
	s.Networks.Dynamics = finite.Langevin{}
	assert.ErrorContains(t, s.Validate(), "coupling needs finite.dynamics without noise")
	s = couplingStudy(t)
	s.Networks.Widths = nil
	assert.ErrorContains(t, s.Validate(), "coupling needs finite.width")
	s = couplingStudy(t)
	s.Rates, s.Networks.Depths = []Against{CouplingDepth}, []int{1, 2, 3}
	assert.ErrorContains(t, s.Validate(), "a depth of at least 4")
	s.Networks.Depths = nil
	assert.ErrorContains(t, s.Validate(), "coupling-depth needs finite.depth")
}

// No coupled particles are planned for seeds beyond the limit, though networks are.
func TestCouplingSeedsAreLimited(t *testing.T) {
	s := linearStudy(t)
	s.Rates, s.Solvers = []Against{Width, Coupling, CouplingParameters}, nil
	s.Networks.Seeds = couplingSeeds + 12
	p := newPlan(&s)
	for i := range p.ladders {
		for _, v := range p.ladders[i].levels {
			want := couplingSeeds
			if p.ladders[i].against == Width {
				want += 12
			}
			assert.Len(t, v.tasks, want)
		}
	}
	c := p.couple(2, s.Networks.Widths)
	last := c.batches[len(c.batches)-1]
	assert.Equal(t, couplingSeeds, last.from+last.seeds)
}
