package pde_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// attention returns linear or softmax attention with its start on n² cells.
func attention(t testing.TB, softmax bool, n int) (pde.Energy, pde.State) {
	s, g := linearAttention(t, n)
	energy, components := s.Energy()
	model := *energy.(*transformer.Model)
	if softmax {
		model.Blocks = []transformer.Component{{Block: new(transformer.SoftmaxScalar), Initial: model.Blocks[0].Initial}}
	}
	begin := pde.State{}
	for range components {
		d := grid.NewDensity(g)
		require.NoError(t, model.Blocks[0].Initial.Average(d))
		begin = append(begin, d)
	}
	return &model, begin
}

// Training lowers the objective step by step, for short and long steps of every inner
// solver that takes it, of first and second order.
func TestJKOLowersTheObjectiveOfAttention(t *testing.T) {
	for _, softmax := range []bool{false, true} {
		energy, begin := attention(t, softmax, 40)
		f, err := energy.Bind(begin.Grids())
		require.NoError(t, err)
		for _, inner := range []pde.JKOInner{&pde.Variational{}, &pde.PushForward{}} {
			for _, order := range []int{1, 2} {
				if order == 2 && !inner.Domain().Wasserstein {
					continue
				}
				for _, tau := range []float64{0.05, 0.4, 2} {
					scheme := pde.JKO{Step: tau, Inner: inner, TimeOrder: order}
					s, err := scheme.Bind(f, begin.Grids())
					require.NoError(t, err)
					rho := begin.Clone()
					last := f.Value(rho)
					for range 3 {
						r, err := s.Step(t.Context(), rho, tau)
						require.NoError(t, err)
						now := f.Value(rho)
						assert.LessOrEqual(t, now, last+1e-12, "%s of order %d, softmax %t, τ = %v", inner.Name(), order, softmax, tau)
						assert.LessOrEqual(t, r.Residual, r.Tolerance)
						last = now
					}
				}
			}
		}
	}
}

// On linear attention the midpoint form is of second order in τ towards the known
// objective of the flow. (bdf2 crosses it: its errors at 2, 4, 8 steps on 256² cells are
// 1.7e-4, −8e-8 and 1.5e-5 in size, from which no order can be read.)
func TestJKOSecondOrderOnLinearAttention(t *testing.T) {
	const end = 2.0
	s, g := linearAttention(t, 192)
	energy, components := s.Energy()
	begin := pde.State{}
	for range components {
		d, err := s.Density(0, g)
		require.NoError(t, err)
		begin = append(begin, d)
	}
	var errs []float64
	for _, n := range []int{2, 4} {
		path, err := pde.Solve(t.Context(), pde.Problem{Energy: energy, Initial: begin, Times: []float64{0, end}},
			pde.JKO{Step: end / float64(n), Inner: &pde.PushForward{}, TimeOrder: 2}, nil)
		require.NoError(t, err)
		assert.Zero(t, path.Contracts.Limited)
		assert.LessOrEqual(t, path.Contracts.EnergyRise, 1e-12)
		errs = append(errs, math.Abs(path.Energy[1]-s.Objective(end)))
	}
	order := math.Log2(errs[0] / errs[1])
	t.Logf("%.3g order %.3f", errs, order)
	assert.GreaterOrEqual(t, order, 1.9)
}
