package compare

import (
	"context"
	"math"
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

// knownOf returns what is known of a hypothesis on a block, or on the whole.
func knownOf(t *testing.T, r *Result, hypothesis, of string) (known, what string) {
	t.Helper()
	for _, line := range strings.Split(assumptions(r).Table.RenderMarkdown(), "\n") {
		cells := strings.Split(strings.ReplaceAll(line, `\|`, "¦"), "|")
		if len(cells) == 6 && strings.TrimSpace(cells[1]) == hypothesis && strings.TrimSpace(cells[2]) == of {
			return strings.TrimSpace(cells[3]), strings.TrimSpace(cells[4])
		}
	}
	t.Fatalf("no row %q of %q", hypothesis, of)
	return "", ""
}

// In benchmark B the gradient of Ψ is the linear map (κv + λa, κa + λv), whose Lipschitz
// constant is |κ| + λ, and the mean of its square is the exact dissipation.
func TestVisitAgainstExactSolution(t *testing.T) {
	s := linearStudy(t)
	start, err := finite.Nodes(&s.Model, grid.Gauss, 6)
	require.NoError(t, err)
	run := Run{ID: "characteristics", Kind: Characteristics, Depth: s.Model.Depth}
	run.Trajectory, err = finite.Simulate(context.Background(), &s.Model, start, s.Times, finite.Gradient{}, nil)
	require.NoError(t, err)
	r := &Result{Study: s, Runs: []*Run{&run}}
	v := visit(r)
	require.NotNil(t, v)
	b, err := exact.NewLinearAttention(&s.Model)
	require.NoError(t, err)
	kappa := func(tau float64) float64 {
		const h = 1e-6
		from := math.Max(0, tau-h)
		after, _ := b.At(tau + h)
		before, _ := b.At(from)
		return (after - before) / (tau + h - from)
	}
	steepest, growth, λ := 0.0, 0.0, s.Model.Decay
	for i, tau := range s.Times {
		k, e := kappa(tau), run.Trajectory.Ensembles[i].Component[0]
		steepest = max(steepest, math.Abs(k)+λ)
		for j, a := range e.Coordinate(0) {
			u := e.Coordinate(1)[j]
			growth = max(growth, math.Hypot(k*u+λ*a, k*a+λ*u)/(1+math.Hypot(a, u)))
		}
	}
	assert.LessOrEqual(t, v.lipschitz[0], steepest*(1+1e-5))
	assert.Greater(t, v.lipschitz[0], 0.98*steepest)
	assert.InDelta(t, growth, v.growth, 1e-5)
	assert.InDelta(t, math.Sqrt(b.Dissipation(0)), v.force[0], 1e-9)
	assert.InDelta(t, math.Sqrt(b.Dissipation(2)), v.force[1], 1e-6)
	last := run.Trajectory.Ensembles[2].Component[0]
	far, linear := 0.0, 0.0
	for j, w := range last.Weight {
		a, u := last.Coordinate(0)[j], last.Coordinate(1)[j]
		far = max(far, math.Hypot(a, u))
		linear += w * math.Pow(kappa(2)*a+λ*u, 2)
	}
	assert.InDelta(t, math.Sqrt(linear), v.linear[1], 1e-5)
	assert.GreaterOrEqual(t, v.radius[1], far)
	assert.LessOrEqual(t, v.radius[1], (1+v.radius[0])*math.Exp(2*v.growth)-1)
	known, what := knownOf(t, r, "bounded support (Prop 3.2)", "training")
	assert.Equal(t, "measured", known)
	assert.Contains(t, what, "the largest ¦θ¦ is "+significant(max(v.radius[0], v.radius[1]), 3))
	assert.Contains(t, assumptions(r).Text, "the particles of characteristics are")
}

func TestAssumptionsOfBlocksAndLaws(t *testing.T) {
	r := &Result{Study: Study{Model: fixtureModel(8)}}
	r.Study.Model.Blocks[1].Block = &transformer.MLPLabel{Activation: "relu"}
	r.Study.Model.Blocks[1].Initial = &grid.Gaussian{Mean: []float64{0, 0}, Covariance: [][]float64{{1, 0}, {0, 1}}}
	for hypothesis, want := range map[string][2]string{"partial homogeneity": {proved, proved}, "growth": {proved, proved}, "local Lipschitz gradient": {proved, fails}, "compact support of ρ₀": {proved, fails}} {
		for i, name := range []string{"softmax-scalar", "mlp-label"} {
			known, _ := knownOf(t, r, hypothesis, name)
			assert.Equal(t, want[i], known, "%s of %s", hypothesis, name)
		}
	}
	known, what := knownOf(t, r, "bounded data", "prompts")
	assert.Equal(t, proved, known)
	assert.Contains(t, what, "B = 1.41, labels ¦y¦ ≤ 0.500")

	bump := &grid.Bump{Center: []float64{0}, Radius: []float64{1}}
	m := transformer.Model{Depth: 1, Prompts: r.Study.Model.Prompts, Read: transformer.Readout{Token: -1, Coordinate: -1},
		Blocks: []transformer.Component{{Block: &transformer.Softmax{Rank: 1}, Initial: &grid.Product{{Times: 8, Law: bump}}}}}
	run := &Run{ID: "network", Kind: Finite, Depth: 1, Width: 3, Trajectory: &pde.Trajectory{Time: []float64{0, 1}, Ensembles: []*pde.Ensemble{finite.Draw(&m, 3, 1), finite.Draw(&m, 3, 2)}}}
	r = &Result{Study: Study{Model: m}, Runs: []*Run{run}}
	known, what = knownOf(t, r, "growth", "softmax")
	assert.Equal(t, fails, known)
	assert.Contains(t, what, "grows like")
	known, _ = knownOf(t, r, "compact support of ρ₀", "softmax")
	assert.Equal(t, proved, known)
	known, _ = knownOf(t, r, "the limit's support separates (Thm 4.1)", "limit")
	assert.Equal(t, unknown, known)
	r.Study.Model.Decay, r.Study.Model.Temperature = 0.1, 0.1
	known, _ = knownOf(t, r, "the limit's support separates (Thm 4.1)", "limit")
	assert.Equal(t, impossible, known)
	known, _ = knownOf(t, r, "bounded support (Prop 3.2)", "training")
	assert.Equal(t, fails, known)

	r.Study.Model.Prompts = nil
	assert.Nil(t, assumptions(r))
}
