package transformer_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// tokensOfMasks is the number of tokens in conformance tests, which given masks need.
const tokensOfMasks = 5

// variants are settings of blocks to test beside the registered defaults.
var variants = []transformer.Block{
	&transformer.Softmax{Rank: 1},
	&transformer.Softmax{Rank: 2, Scaled: true},
	&transformer.Softmax{Scaled: true},
	&transformer.Softmax{Causal: true},
	&transformer.Softmax{Mask: [][]int{{1, 0, 0, 1, 0}, {0, 1, 1, 1, 1}, {0, 0, 1, 0, 0}, {1, 1, 1, 1, 1}, {0, 1, 0, 1, 0}}},
	&transformer.MLP{Activation: "logistic"},
	&transformer.MLP{Activation: "gelu"},
	&transformer.MLP{Activation: "erf"},
	&transformer.MLP{Activation: "softplus"},
	&transformer.MLP{Activation: "clip"},
	&transformer.MLP{Activation: "clipped-relu"},
	&transformer.MLP{Activation: "relu"},
	&transformer.MLPLabel{Activation: "gelu"},
	&transformer.MLPQuery{Activation: "softplus"},
}

// randomTokens are prompts of any dimension, x uniform in ±1.5 and the rest normal.
func randomTokens(r *rand.Rand, b, n, dim int) *transformer.Prompts {
	p := &transformer.Prompts{N: n, Dim: dim}
	for range b {
		for range n {
			p.Tokens = append(p.Tokens, 3*r.Float64()-1.5)
			for range dim - 1 {
				p.Tokens = append(p.Tokens, r.NormFloat64())
			}
		}
		p.Label = append(p.Label, r.NormFloat64())
	}
	return p
}

// conform runs a test on every registered block, its variants and lists of several
// blocks, on tokens of every dimension they accept.
func conform(t *testing.T, test func(t *testing.T, r *rand.Rand, m *transformer.Model)) {
	var lists [][]transformer.Block
	for _, name := range transformer.Blocks.Names() {
		b, err := transformer.Blocks.New(name)
		require.NoError(t, err)
		lists = append(lists, []transformer.Block{b})
	}
	for _, b := range variants {
		lists = append(lists, []transformer.Block{b})
	}
	lists = append(lists,
		[]transformer.Block{&transformer.Softmax{}, &transformer.MLP{}},
		[]transformer.Block{&transformer.MLP{}, &transformer.LinearAttention{}, &transformer.Softmax{Causal: true}},
		[]transformer.Block{&transformer.SoftmaxScalar{}, &transformer.MLPQuery{}, &transformer.MLPLabel{}},
	)
	for l, list := range lists {
		for _, dim := range []int{1, 2, 3, 5} {
			m := &transformer.Model{Depth: 1 + (l+dim)%2, Decay: 0.05, FullStep: l%3 == 0}
			name := ""
			for _, b := range list {
				m.Blocks = append(m.Blocks, transformer.Component{Block: b})
				name += fmt.Sprintf("%s%+v ", b.Name(), b)
			}
			r := rand.New(rand.NewPCG(uint64(l), uint64(dim)))
			m.Prompts = randomTokens(r, 2, tokensOfMasks, dim)
			m.Read = transformer.Readout{Token: r.IntN(tokensOfMasks), Coordinate: -1}
			if m.Validate() != nil {
				continue
			}
			randomReading(r, m)
			require.NoError(t, m.Validate())
			t.Run(fmt.Sprintf("%sD=%d", name, dim), func(t *testing.T) { test(t, r, m) })
		}
	}
}

// randomReading gives some models another read-out and loss.
func randomReading(r *rand.Rand, m *transformer.Model) {
	switch r.IntN(4) {
	case 0:
		m.Read.Mean = true
	case 1:
		m.Read.Weights = transformer.DrawWeights(1, m.Prompts.Dim, 1, r.Uint64())
	case 2:
		m.Read.Weights, m.Loss = transformer.DrawWeights(3, m.Prompts.Dim, 2, r.Uint64()), &transformer.CrossEntropy{}
		for b := range m.Prompts.Label {
			m.Prompts.Label[b] = float64(r.IntN(3))
		}
	}
}

// atomsOf draws unequal weights and normal parameters for 1 to 11 atoms a component:
// less and more than a panel.
func atomsOf(r *rand.Rand, m *transformer.Model) *pde.Ensemble {
	e := randomEnsemble(r, m, 6)
	for i := range e.Theta {
		e.Theta[i] = 0.6 * r.NormFloat64()
	}
	return e
}

// partial turns ∇Ψ into ∂Q/∂θ = Weight(c)·weight_m·∇Ψ.
func partial(f pde.AtomFunctional, e *pde.Ensemble, grad []float64) []float64 {
	var all []float64
	for c, a := range e.Component {
		for i := range a.Theta {
			all = append(all, f.Weight(c)*a.Weight[i%a.N]*grad[len(all)])
		}
	}
	return all
}

// TestBlocksAgainstTheTape: outputs, objective and every partial derivative, against
// reverse-mode differentiation of the formulas.
func TestBlocksAgainstTheTape(t *testing.T) {
	conform(t, func(t *testing.T, r *rand.Rand, m *transformer.Model) {
		e := atomsOf(r, m)
		output, q, want := taped(m, e)
		f := bindAtoms(t, m, e)
		grad := make([]float64, len(e.Theta))
		value := f.Gradient(grad, e)
		_, got := f.(pde.Learner).Reading()
		requireClose(t, output, got, 1e-13)
		assert.InEpsilon(t, q, value, 1e-13)
		requireClose(t, want, partial(f, e, grad), 1e-13)
		assert.Equal(t, value, f.Value(e), "Gradient returns Value")
	})
}

// TestBlocksAgainstDifferences checks some entries of the gradient, in residual and in
// continuous depth, where a block is evaluated several times with the same atoms.
func TestBlocksAgainstDifferences(t *testing.T) {
	conform(t, func(t *testing.T, r *rand.Rand, m *transformer.Model) {
		if slices.ContainsFunc(m.Blocks, func(c transformer.Component) bool {
			b, ok := c.Block.(*transformer.MLP)
			return ok && b.Activation == "relu" // has a kink; the tape knows it
		}) {
			return
		}
		if m.Continuous = r.IntN(2) == 0; m.Continuous {
			// Four stages compose attention without a softmax, cubic in the tokens, to a
			// degree at which only small tokens leave differences accurate.
			for i := range m.Prompts.Tokens {
				m.Prompts.Tokens[i] /= 2
			}
		}
		e := atomsOf(r, m)
		f := bindAtoms(t, m, e)
		grad := make([]float64, len(e.Theta))
		f.Gradient(grad, e)
		all := partial(f, e, grad)
		var got, want []float64
		for range 12 {
			i := r.IntN(len(e.Theta))
			old := e.Theta[i]
			want = append(want, derivative(func(h float64) float64 {
				e.Theta[i] = old + h
				return f.Value(e)
			}, 0.005)) // roundings are 1e-12 of Q, and truncation falls like the sixth power
			e.Theta[i] = old
			got = append(got, all[i])
		}
		scale := 0.0
		for _, g := range all {
			scale = max(scale, math.Abs(g))
		}
		for i := range got {
			assert.InDelta(t, want[i], got[i], 1e-8*scale)
		}
	})
}

// TestBlocksAreLinear: with one layer the last tokens are linear in the linear
// parameters.
func TestBlocksAreLinear(t *testing.T) {
	conform(t, func(t *testing.T, r *rand.Rand, m *transformer.Model) {
		m.Depth, m.Blocks = 1, m.Blocks[:1]
		if m.Validate() != nil {
			return
		}
		e := atomsOf(r, m)
		a := &e.Component[0]
		v := a.Theta[(a.Dim-m.LinearOf(0))*a.N:]
		f := bindAtoms(t, m, e)
		output := func(c float64) []float64 {
			old := slices.Clone(v)
			defer copy(v, old)
			for i := range v {
				v[i] *= c
			}
			f.Value(e)
			_, y := f.(pde.Learner).Reading()
			return slices.Clone(y)
		}
		y0, y1, y3 := output(0), output(1), output(-3)
		for i := range y0 {
			assert.InDelta(t, -3*(y1[i]-y0[i]), y3[i]-y0[i], 1e-13*(1+math.Abs(y3[i])))
		}
	})
}

// TestTokensMayBePermuted: a block without a mask sees a set of tokens.
func TestTokensMayBePermuted(t *testing.T) {
	conform(t, func(t *testing.T, r *rand.Rand, m *transformer.Model) {
		for _, c := range m.Blocks {
			if b, ok := c.Block.(*transformer.Softmax); ok && (b.Causal || len(b.Mask) > 0) {
				return
			}
		}
		e := atomsOf(r, m)
		other, p := *m, m.Prompts
		other.Prompts = &transformer.Prompts{N: p.N, Dim: p.Dim, Label: p.Label}
		perm := r.Perm(p.N)
		for b := range p.Len() {
			for _, i := range perm {
				at := (b*p.N + i) * p.Dim
				other.Prompts.Tokens = append(other.Prompts.Tokens, p.Tokens[at:at+p.Dim]...)
			}
		}
		other.Read.Token = slices.Index(perm, m.Read.Token)
		g1, g2 := make([]float64, len(e.Theta)), make([]float64, len(e.Theta))
		bindAtoms(t, m, e).Gradient(g1, e)
		bindAtoms(t, &other, e).Gradient(g2, e)
		requireClose(t, g1, g2, 1e-12)
	})
}

// TestHeadsMayBePermuted: ∇Ψ of a head does not depend on its place.
func TestHeadsMayBePermuted(t *testing.T) {
	conform(t, func(t *testing.T, r *rand.Rand, m *transformer.Model) {
		e := atomsOf(r, m)
		o := e.Clone()
		for c, a := range e.Component {
			perm := r.Perm(a.N)
			o.Component[c].Weight = make([]float64, a.N)
			for i, j := range perm {
				o.Component[c].Weight[i] = a.Weight[j]
				for d := range a.Dim {
					o.Component[c].Theta[d*a.N+i] = a.Theta[d*a.N+j]
				}
			}
		}
		g1, g2 := make([]float64, len(e.Theta)), make([]float64, len(e.Theta))
		bindAtoms(t, m, e).Gradient(g1, e)
		bindAtoms(t, m, o).Gradient(g2, o)
		slices.Sort(g1)
		slices.Sort(g2)
		requireClose(t, g1, g2, 1e-12)
	})
}

// TestCausalTokensIgnoreTheFuture: the first token's output does not depend on later ones.
func TestCausalTokensIgnoreTheFuture(t *testing.T) {
	r := rand.New(rand.NewPCG(71, 72))
	m := &transformer.Model{
		Depth: 2, Prompts: randomTokens(r, 2, 6, 3), Read: transformer.Readout{Token: 2, Coordinate: 1},
		Blocks: []transformer.Component{{Block: &transformer.Softmax{Causal: true}}, {Block: &transformer.MLP{}}},
	}
	e := atomsOf(r, m)
	f := bindAtoms(t, m, e)
	f.Value(e)
	_, y := f.(pde.Learner).Reading()
	for b := range 2 {
		for i := (b*6 + 3) * 3; i < (b+1)*18; i++ {
			m.Prompts.Tokens[i] = 1e3 * r.NormFloat64()
		}
	}
	g := bindAtoms(t, m, e)
	g.Value(e)
	_, z := g.(pde.Learner).Reading()
	assert.Equal(t, y, z)
}

// TestMomentTrick: where a block has a grid, a density is the atoms at its cell centers.
func TestMomentTrick(t *testing.T) {
	tried := 0
	conform(t, func(t *testing.T, r *rand.Rand, m *transformer.Model) {
		var grids []*grid.Grid
		for c := range m.Components() {
			i, _ := m.BlockOf(c)
			var axes []grid.Axis
			for range m.Parameters(i) {
				axes = append(axes, grid.Axis{Lo: -1 - r.Float64(), Hi: 1 + r.Float64(), N: 3 + r.IntN(3)})
			}
			g, err := grid.New(axes...)
			if err != nil {
				return
			}
			grids = append(grids, g)
		}
		f, err := m.Bind(grids)
		if err != nil {
			assert.ErrorContains(t, err, "has no grid")
			return
		}
		tried++
		rho := randomState(r, grids)
		e := cellAtoms(m, rho)
		psi := pde.NewField(grids)
		value := f.Variation(psi, rho)
		a := bindAtoms(t, m, e)
		grad := make([]float64, len(e.Theta))
		assert.InEpsilon(t, a.Gradient(grad, e), value, 1e-13)
		// Ψ is a polynomial of degree 2 in the linear parameter, so its central difference on
		// three cells is exact.
		w := e.With(grad)
		for c, g := range grids {
			n, h := g.Axis(g.Dim()-1).N, g.Axis(g.Dim()-1).H()
			for i := 1; i < g.Len()-1; i++ {
				if j := i % n; j > 0 && j < n-1 {
					want := w.Component[c].Coordinate(g.Dim() - 1)[i]
					assert.InDelta(t, want, (psi[c][i+1]-psi[c][i-1])/(2*h), 1e-12*(1+math.Abs(want)))
				}
			}
		}
	})
	assert.Greater(t, tried, 4)
}

// TestFlowDissipates: along −∇Ψ the objective falls at the rate Σ Weight Σ weight |∇Ψ|².
func TestFlowDissipates(t *testing.T) {
	conform(t, func(t *testing.T, r *rand.Rand, m *transformer.Model) {
		e := atomsOf(r, m)
		f := bindAtoms(t, m, e)
		grad, start := make([]float64, len(e.Theta)), slices.Clone(e.Theta)
		f.Gradient(grad, e)
		rate, at := 0.0, 0
		for c, a := range e.Component {
			for i := range a.Theta {
				rate += f.Weight(c) * a.Weight[i%a.N] * grad[at+i] * grad[at+i]
			}
			at += len(a.Theta)
		}
		steepest := 0.0
		for _, g := range grad {
			steepest = max(steepest, math.Abs(g))
		}
		q := func(h float64) float64 { // h is the largest change of a parameter
			for i := range start {
				e.Theta[i] = start[i] - h/steepest*grad[i]
			}
			return f.Value(e)
		}
		// All parameters move at once, so the step is a tenth of that for one of them.
		assert.InEpsilon(t, -rate/steepest, derivative(q, 0.003), 1e-8)
		last := q(0)
		for k := 1; k <= 5; k++ {
			now := q(0.01 * float64(k))
			assert.Less(t, now, last)
			last = now
		}
	})
}

func TestBlocksThatDoNotGoTogether(t *testing.T) {
	r := rand.New(rand.NewPCG(73, 74))
	m := &transformer.Model{Depth: 1, Prompts: randomTokens(r, 2, 4, 2), Read: query, Blocks: []transformer.Component{
		{Block: &transformer.SoftmaxScalar{}}, {Block: &transformer.MLP{}}}}
	assert.EqualError(t, m.Validate(), "blocks: entry 0 (softmax-scalar): wants coordinate 0 of the tokens never to change, and entry 1 (mlp) moves it")
	m.Blocks = m.Blocks[1:]
	_, err := m.Grids(0)
	assert.EqualError(t, err, "blocks: entry 0 (mlp): grid: 5 parameters, linear in 2 of them: want at most 4 and one; this block has no grid, only particles and characteristics; those with a grid on such tokens: linear-scalar, mlp-label, mlp-query, softmax-scalar")
	for want, b := range map[string]transformer.Block{
		"rank: 3: want at most 2, the coordinates of a token, or 0 for a full matrix A": &transformer.Softmax{Rank: 3},
		"rank: -1: want at least 1, or 0 for a full matrix A":                           &transformer.Softmax{Rank: -1},
		"mask: 1 rows: want 4, one for each token of a prompt":                          &transformer.Softmax{Mask: [][]int{{1}}},
		"mask: entry 0: 2 numbers: want 1, for as many rows":                            &transformer.Softmax{Mask: [][]int{{1, 1}}},
		"mask: entry 0: column 0 is 2: want 0 or 1":                                     &transformer.Softmax{Mask: [][]int{{2}}},
		"mask: entry 0: all zero: token 0 sees no token, want at least one 1":           &transformer.Softmax{Mask: [][]int{{0}}},
		"mask: given beside causal: want one of them":                                   &transformer.Softmax{Causal: true, Mask: [][]int{{1}}},
	} {
		m.Blocks = []transformer.Component{{Block: b}}
		assert.EqualError(t, m.Validate(), "blocks: entry 0 (softmax): "+want)
	}
	m.Blocks = []transformer.Component{{Block: &transformer.MLP{}}}
	m.Read.Weights = transformer.DrawWeights(2, 2, 1, 1)
	assert.EqualError(t, m.Validate(), "loss: squared: 2 outputs: want one, or the loss cross-entropy")
	m.Loss, m.Prompts.Label[0] = &transformer.CrossEntropy{}, 0.5
	assert.EqualError(t, m.Validate(), "loss: cross-entropy: prompt 0 has label 0.5: want a class, 0 to 1")
	m.Read.Weights[1] = []float64{1}
	assert.EqualError(t, m.Validate(), "read: weights: entry 1: 1 numbers: want 2, one for each coordinate of a token")
	m.Read.Weights = [][]float64{{0, 0}}
	assert.EqualError(t, m.Validate(), "read: weights: all coordinates that they see are moved by no block, so no training can change the output")
	m.Read.Weights = nil
	assert.EqualError(t, m.Validate(), "loss: cross-entropy: 1 output: want one for each class, at least 2: a read-out with weights or classes")
}

func TestAccuracy(t *testing.T) {
	assert.Equal(t, 2./3, transformer.Accuracy([]float64{1, 2, 0, 3, 1, 1, 5, 6, 7}, []float64{1, 0, 0}))
	assert.Panics(t, func() { transformer.Accuracy([]float64{1}, []float64{1}) })
}
