package compare

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/finite"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// wrongAdjoint is a model whose gradients are off by a factor. Its forward pass, and so
// all that a study measures of a state, is right.
type wrongAdjoint struct{ *transformer.Model }

func (w wrongAdjoint) BindAtoms(shape *pde.Ensemble) (pde.AtomFunctional, error) {
	f, err := w.Model.BindAtoms(shape)
	return wrongGradient{f, f.(pde.Learner)}, err
}

type wrongGradient struct {
	pde.AtomFunctional
	pde.Learner
}

func (w wrongGradient) Gradient(grad []float64, e *pde.Ensemble) float64 {
	energy := w.AtomFunctional.Gradient(grad, e)
	for i := range grad {
		grad[i] *= 1.2
	}
	return energy
}

// breakages are five mistakes that networks may have, and that a comparison with the
// mean field must see.
var breakages = map[string]*breakage{
	"dt in place of dt/2": {energy: func(m *transformer.Model) pde.AtomEnergy {
		twice := *m
		twice.FullStep = true
		return &twice
	}},
	"1/M missing": {draw: func(m *transformer.Model, width int, seed uint64) *pde.Ensemble {
		e := finite.Draw(m, width, seed)
		for c := range e.Component {
			for j := range e.Component[c].Weight {
				e.Component[c].Weight[j] = 1
			}
		}
		return e
	}},
	"adjoint off by a factor":    {energy: func(m *transformer.Model) pde.AtomEnergy { return wrongAdjoint{m} }},
	"heads shared across layers": {draw: finite.Repeat},
	"biased sampler": {draw: func(m *transformer.Model, width int, seed uint64) *pde.Ensemble {
		e := finite.Draw(m, width, seed)
		for i := range e.Theta {
			e.Theta[i] += 0.1
		}
		return e
	}},
}

// brokenStudy measures what tells right networks from wrong ones.
func brokenStudy(t *testing.T) Study {
	s := linearStudy(t)
	s.Model.Depth, s.Times, s.Solvers = 4, []float64{0, 0.5, 1}, nil
	s.Rates = []Against{Width, FixedBudget}
	s.Networks.Widths, s.Networks.Depths, s.Networks.Seeds = []int{4, 8, 16, 32, 64}, []int{2, 4, 8, 16, 32}, 40
	s.Networks.Dynamics = &finite.Gradient{RTol: 1e-5, ATol: 1e-7}
	return s
}

// verdictsOf returns the verdicts of all ladders of a study.
func verdictsOf(t *testing.T, s Study) []Verdict {
	t.Helper()
	r, err := Execute(context.Background(), s, nil)
	require.NoError(t, err)
	var out []Verdict
	for _, l := range r.Ladders {
		t.Logf("%s against %s: %s %s, %s", l.Quantity, l.Against, l.Rate.Slope(), l.Rate.Interval(), l.Rate.Verdict)
		out = append(out, l.Rate.Verdict)
	}
	return out
}

// Right networks are found right, and each of the five wrong ones contradicts a
// prediction: the proof that the instrument measures.
func TestBrokenNetworksAreFlagged(t *testing.T) {
	serial(t)
	confirmed := 0
	for _, v := range verdictsOf(t, brokenStudy(t)) {
		assert.Contains(t, []Verdict{Consistent, Sharp, Undecided}, v)
		if v != Undecided {
			confirmed++
		}
	}
	assert.GreaterOrEqual(t, confirmed, 4)
	for what, b := range breakages {
		t.Run(what, func(t *testing.T) {
			s := brokenStudy(t)
			s.broken = b
			assert.True(t, slices.ContainsFunc(verdictsOf(t, s), func(v Verdict) bool { return v == Violates || v == Slower }), "not flagged")
		})
	}
}
