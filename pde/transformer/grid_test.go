package transformer_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// randomGrids has a grid of its own for every component, so that slices of a block
// differ; shared says that they do not. Some of their axes are graded.
func randomGrids(t testing.TB, r *rand.Rand, m *transformer.Model, shared bool) []*grid.Grid {
	grids := make([]*grid.Grid, m.Components())
	for c := range grids {
		if _, k := m.BlockOf(c); shared && k > 0 {
			grids[c] = grids[c-1]
			continue
		}
		axes := make([]grid.Axis, 2)
		for k := range axes {
			axes[k] = grid.Axis{Lo: -1 - r.Float64(), Hi: 1 + r.Float64(), N: 3 + r.IntN(4)}
			if r.IntN(2) == 0 {
				axes[k].Grading = grid.Geometric{Ratio: 0.5 + 3*r.Float64()}
			}
		}
		g, err := grid.New(axes...)
		require.NoError(t, err)
		grids[c] = g
	}
	return grids
}

func randomState(r *rand.Rand, grids []*grid.Grid) pde.State {
	s := make(pde.State, len(grids))
	for c, g := range grids {
		s[c] = grid.NewDensity(g)
		for i := range s[c].Values {
			s[c].Values[i] = r.Float64()
		}
		s[c].Scale(1 / s[c].Mass())
	}
	return s
}

// cellAtoms is the ensemble of atoms at the cell centers with the cells' masses.
func cellAtoms(m *transformer.Model, rho pde.State) *pde.Ensemble {
	n := make([]int, len(rho))
	for c := range n {
		n[c] = rho[c].Grid.Len()
	}
	e := pde.NewEnsemble(m.Dims(), n)
	for c, a := range e.Component {
		center := make([]float64, a.Dim)
		for i, v := range rho[c].Values {
			rho[c].Grid.Center(center, i)
			for d, x := range center {
				a.Coordinate(d)[i] = x
			}
			a.Weight[i] = v * rho[c].Grid.Volume(i)
		}
	}
	return e
}

func TestGridIsAtomsAtCellCenters(t *testing.T) {
	eachModel(t, func(t *testing.T, r *rand.Rand, m *transformer.Model) {
		for _, shared := range []bool{false, true} {
			grids := randomGrids(t, r, m, shared)
			rho := randomState(r, grids)
			e := cellAtoms(m, rho)
			f, err := m.Bind(grids)
			require.NoError(t, err)
			psi := pde.NewField(grids)
			value := f.Variation(psi, rho)
			assert.Equal(t, value, f.Value(rho))
			assert.Equal(t, pde.Mean, f.Dependence())
			assert.Equal(t, 1/float64(m.Depth), f.Weight(0))
			a := bindAtoms(t, m, e)
			grad := make([]float64, len(e.Theta))
			assert.InEpsilon(t, a.Gradient(grad, e), value, 1e-13)
			risk, output := f.(pde.Learner).Reading()
			risk2, output2 := a.(pde.Learner).Reading()
			assert.InDelta(t, risk2, risk, 1e-13*(1+risk))
			requireClose(t, output2, output, 1e-13)
			// Ψ = ½vψ + (λ/2)|θ|² and the v-part of ∇Ψ is ½ψ + λv: so
			// Ψ = v(∂Ψ/∂v − λv) + (λ/2)|θ|².
			g := e.With(grad)
			for c, b := range e.Component {
				want := make([]float64, b.N)
				for i := range want {
					x, v := b.Coordinate(0)[i], b.Coordinate(1)[i]
					want[i] = v*(g.Component[c].Coordinate(1)[i]-m.Decay*v) + m.Decay/2*(x*x+v*v)
				}
				requireClose(t, want, psi[c], 1e-12)
			}
		}
	})
}

func TestVariationAgainstDifferences(t *testing.T) {
	eachModel(t, func(t *testing.T, r *rand.Rand, m *transformer.Model) {
		grids := randomGrids(t, r, m, true)
		rho := randomState(r, grids)
		f, err := m.Bind(grids)
		require.NoError(t, err)
		psi := pde.NewField(grids)
		f.Variation(psi, rho)
		for range 3 {
			// A direction of zero mass in every component.
			direction := pde.NewField(grids)
			want := 0.0
			for c := range direction {
				for i := range direction[c] {
					direction[c][i] = r.NormFloat64()
				}
				mean := 0.0
				for i, v := range direction[c] {
					mean += v * grids[c].RelativeVolume(i) / float64(len(direction[c]))
				}
				for i := range direction[c] {
					direction[c][i] -= mean
					want += f.Weight(c) * psi[c][i] * direction[c][i] * grids[c].Volume(i)
				}
			}
			moved := rho.Clone()
			got := derivative(func(h float64) float64 {
				for c := range moved {
					for i := range moved[c].Values {
						moved[c].Values[i] = rho[c].Values[i] + h*direction[c][i]
					}
				}
				return f.Value(moved)
			}, 0.02)
			assert.InDelta(t, got, want, 1e-9*max(math.Abs(got), 0.1))
		}
	})
}

func TestGridNodesThatOverflow(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	m := &transformer.Model{Depth: 2, Decay: 0.1, Prompts: randomPrompts(r, 3, 5), Read: query, Blocks: families()["softmax"]}
	g, err := grid.New(grid.Axis{Lo: -2000, Hi: 2000, N: 21}, grid.Axis{Lo: -1, Hi: 2, N: 3})
	require.NoError(t, err)
	grids := []*grid.Grid{g, g}
	rho := randomState(r, grids)
	f, err := m.Bind(grids)
	require.NoError(t, err)
	e := cellAtoms(m, rho)
	output, q := oracle(m, e)
	psi := pde.NewField(grids)
	assert.InEpsilon(t, q, f.Variation(psi, rho), 1e-12)
	_, got := f.(pde.Learner).Reading()
	requireClose(t, output, got, 1e-12)
	for _, x := range psi[0] {
		assert.False(t, math.IsNaN(x))
	}
}

func TestEvaluationsDoNotAllocate(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	m := &transformer.Model{Depth: 2, Continuous: true, Decay: 0.1, Prompts: randomPrompts(r, 3, 5), Read: query, Blocks: families()["softmax+logistic+ln"]}
	e := randomEnsemble(r, m, 4)
	e.Theta[0] = 1e6
	grad := make([]float64, len(e.Theta))
	a := bindAtoms(t, m, e)
	assert.Zero(t, testing.AllocsPerRun(5, func() { a.Gradient(grad, e); a.Value(e) }))
	grids := randomGrids(t, r, m, false)
	rho, psi := randomState(r, grids), pde.NewField(grids)
	f, err := m.Bind(grids)
	require.NoError(t, err)
	assert.Zero(t, testing.AllocsPerRun(5, func() { f.Variation(psi, rho); f.Value(rho) }))
}

func TestEvaluationsRepeat(t *testing.T) {
	eachModel(t, func(t *testing.T, r *rand.Rand, m *transformer.Model) {
		e, other := randomEnsemble(r, m, 4), (*pde.Ensemble)(nil)
		f := bindAtoms(t, m, e)
		other = e.Clone()
		for i := range other.Theta {
			other.Theta[i] *= 1.1
		}
		g1, g2 := make([]float64, len(e.Theta)), make([]float64, len(e.Theta))
		q1 := f.Gradient(g1, e)
		f.Gradient(g2, other)
		f.Value(other)
		q2 := f.Gradient(g2, e)
		assert.Equal(t, q1, q2)
		assert.Equal(t, g1, g2)
	})
}
