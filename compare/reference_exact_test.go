package compare

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
	"pdesolve/pde/transformer"
)

// blindStudy is benchmark B with everything that an inquiry may need, which does not know
// that it has an exact solution.
func blindStudy(t *testing.T) Study {
	s := findingStudy(t)
	s.blind = true
	s.Solvers = append(s.Solvers, Solver{Scheme: &pde.JKO{Step: 0.2, Inner: &pde.Variational{}}, Cells: 48}, Solver{Scheme: &pde.JKO{Step: 0.1, Inner: &pde.Variational{}}, Cells: 48},
		Solver{Characteristics: &finite.Characteristics{Nodes: 6, Rule: grid.Gauss, Step: 0.2}}, Solver{Characteristics: &finite.Characteristics{Nodes: 6, Rule: grid.Gauss, Step: 0.1}})
	s.Rates = nil
	for _, name := range Inquiries.Names() {
		try := s
		try.Rates = []Against{Against(name)}
		if inquiry(Against(name)).Levels(&s) > 1 && try.Validate() == nil {
			s.Rates = append(s.Rates, Against(name))
		}
	}
	return s
}

// makeRuns makes the runs of tasks.
func makeRuns(t *testing.T, s *Study, tasks []*task) {
	t.Helper()
	for _, v := range tasks {
		if v.result == nil {
			require.NoError(t, v.make(context.Background(), &s.Model, &Options{}, nil), v.run.ID)
		}
	}
}

// On benchmark B the error of every reference is known, and is within its estimate.
func TestReferencesKnowTheirErrors(t *testing.T) {
	serial(t)
	s := blindStudy(t)
	for _, a := range []Against{Cells, Step, Depth, Width, Parameters, FixedBudget, SingleHead, Decay, Tail, TwoWay, BestNetwork, Law} {
		assert.Contains(t, s.Rates, a)
	}
	p := newPlan(&s)
	solution := func(change func(m *transformer.Model)) *Reference {
		m := s.Model
		change(&m)
		e, err := exact.NewLinearAttention(&m)
		require.NoError(t, err)
		r, err := exactCurve(e, s.Times)
		require.NoError(t, err)
		return r
	}
	atoms := func(n int, continuous bool) *Reference {
		m := s.Model
		m.Continuous = continuous
		nodes, err := finite.Nodes(&m, grid.Gauss, n)
		require.NoError(t, err)
		e, err := exact.NewLinearAttentionAtoms(&m, &nodes.Component[0])
		require.NoError(t, err)
		r, err := exactCurve(e, s.Times)
		require.NoError(t, err)
		return r
	}
	checked := 0
	for key, plan := range p.refs {
		var truth *Reference
		var depth int
		switch {
		case strings.HasPrefix(key, "coupled"): // inquiry_coupling_test.go holds it against the exact flow
			continue
		case strings.HasPrefix(key, "end of "): // of its own atoms: exact by definition
			continue
		case key == "depth":
			truth = atoms(depthNodes, true)
		case key == "limit":
			truth = solution(func(m *transformer.Model) { m.Continuous = true })
		case key == "λ = 0":
			truth = solution(func(m *transformer.Model) { m.Decay = 0 })
		case strings.HasPrefix(key, "nodes "):
			truth = atoms(6, false)
		case strings.HasPrefix(key, "step "):
			i := slices.IndexFunc(s.Solvers, func(v Solver) bool { j, ok := v.Scheme.(*pde.JKO); return ok && j.Step == 0.2 })
			finer := p.scheme(s.Solvers[i].Scheme.(pde.StepScheme).SemiDiscrete(16), s.Solvers[i].Cells, "-truth")
			makeRuns(t, &s, []*task{finer})
			truth = curve(finer.result.Trajectory)
		default:
			_, err := fmt.Sscanf(strings.TrimPrefix(key, "base "), "L=%d", &depth)
			require.NoError(t, err, "%s: what is the truth?", key)
			truth = solution(func(m *transformer.Model) { m.Depth = depth })
		}
		makeRuns(t, &s, plan.tasks)
		r, err := plan.get()
		require.NoError(t, err)
		for _, q := range Quantities {
			got := distance(q, r, truth)
			t.Logf("%s, %s: error %.1e, estimated %.1e", key, q, got, r.Error[q])
			assert.LessOrEqual(t, got, r.Error[q]+1e-12, "%s, %s", key, q)
			assert.Less(t, r.Error[q], 1e-3, "%s, %s", key, q)
		}
		checked++
	}
	assert.GreaterOrEqual(t, checked, 8)
}

// The density of a grid run is as far from the exact one as the ladder of law says.
func TestLawKnowsTheErrorOfAGrid(t *testing.T) {
	s := lawStudy(t)
	s.Networks.Widths = []int{64}
	estimate := func(blind bool) (*lawPlan, []*task) {
		s := s
		s.blind = blind
		p := newPlan(&s)
		makeRuns(t, &s, p.tasks)
		g := byLaw{}.grids(&s)
		l := newLawPlan(p, g)
		return l, p.networks(64, s.Model.Depth, 64).tasks
	}
	l, tasks := estimate(true)
	ref, err := l.reference(tasks)
	require.NoError(t, err)
	got, err := l.distances(tasks, densityOf{time: lastTime})
	require.NoError(t, err)
	known, tasks := estimate(false)
	want, err := known.distances(tasks, densityOf{time: lastTime})
	require.NoError(t, err)
	off := make([]float64, len(got))
	for i := range got {
		off[i] = got[i] - want[i]
	}
	t.Logf("error %.1e, estimated %.1e", rms(off), ref.Error[Distance1])
	assert.Less(t, rms(off), ref.Error[Distance1])
}
