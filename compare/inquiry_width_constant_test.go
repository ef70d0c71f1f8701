package compare

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/finite"
)

func widthConstantStudy(t *testing.T) Study {
	s := linearStudy(t)
	s.Rates, s.Solvers = []Against{WidthConstant}, nil
	s.Networks.Widths, s.Networks.Seeds = []int{16, 32, 64, 128}, 32
	s.Networks.Dynamics = &finite.Gradient{RTol: 1e-7, ATol: 1e-9}
	return s
}

func TestWidthConstantOfLinearAttention(t *testing.T) {
	serial(t)
	s := widthConstantStudy(t)
	r, err := Execute(context.Background(), s, nil)
	require.NoError(t, err)
	require.Empty(t, r.Notes)
	require.Len(t, r.Findings, 1)
	f := r.Findings[0]
	t.Log("\n" + f.Table().Render())
	assert.Equal(t, Consistent, f.Verdict)
	for _, row := range f.Rows {
		assert.Greater(t, row.Values[7], 0.95, row.Label)
	}
}

// The polynomials are orthonormal under the law: draws have the moments.
func TestPolynomialsAreOrthonormal(t *testing.T) {
	serial(t)
	m := fixtureModel(24)
	nodes, err := finite.Nodes(&m, "gauss", responseNodes)
	require.NoError(t, err)
	a := &nodes.Component[0]
	p := newPolynomials(a.Theta, a.Weight)
	require.Len(t, p.degree, 9)
	u, theta := make([]float64, 2), make([]float64, 2)
	rng := rand.New(rand.NewPCG(1, 2))
	const n = 40000
	gram := make([][]float64, 10)
	for i := range gram {
		gram[i] = make([]float64, 10)
	}
	for range n {
		u[0], u[1] = rng.Float64(), rng.Float64()
		m.Blocks[0].Initial.Quantile(theta, u)
		psi := append([]float64{1}, p.at(theta)...)
		for i := range psi {
			for j := range psi {
				gram[i][j] += psi[i] * psi[j] / n
			}
		}
	}
	for i := range gram {
		for j := range gram {
			want := 0.0
			if i == j {
				want = 1
			}
			assert.InDelta(t, want, gram[i][j], 8/math.Sqrt(n))
		}
	}
}

// The measured constant does not hang on the prediction, though that is its control
// variate: with a response that is wrong by a tenth it stays, and the prediction is refuted.
func TestWidthConstantRefutesAWrongResponse(t *testing.T) {
	serial(t)
	s := widthConstantStudy(t)
	p := newPlan(&s)
	c := p.widthConstant(s.Model.Depth)
	require.NoError(t, p.work(context.Background(), &Options{}))
	right, err := c.at(&s, &Options{Resamples: 200})
	require.NoError(t, err)
	for _, block := range c.response.get().alpha {
		for _, terms := range block {
			for b := range terms {
				terms[b] = combine([]float64{1.1}, terms[b])
			}
		}
	}
	wrong, err := c.at(&s, &Options{Resamples: 200})
	require.NoError(t, err)
	for _, q := range Quantities {
		assert.Equal(t, Consistent, right[q].verdict(), q)
		assert.InEpsilon(t, 1.1*right[q].want.value, wrong[q].want.value, 1e-9, q)
		assert.Less(t, wrong[q].got.lo, right[q].got.value, q)
		assert.Greater(t, wrong[q].got.hi, right[q].got.value, q)
	}
	verdict := Consistent
	for _, q := range Quantities {
		verdict = worstOf(verdict, wrong[q].verdict())
	}
	assert.Equal(t, Violates, verdict)
}
