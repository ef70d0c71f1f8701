package finite

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde/transformer"
)

// TestHeadsWithMatricesTrain trains heads and neurons with matrices on linear and
// nonlinear regression in D = 2, 5 and 10: the risk falls, the objective never rises, and
// the energy-dissipation identity holds to an error that falls with rtol.
func TestHeadsWithMatricesTrain(t *testing.T) {
	for _, features := range []int{1, 4, 9} {
		for _, linear := range []bool{true, false} {
			t.Run(fmt.Sprintf("D=%d/linear=%v", features+1, linear), func(t *testing.T) {
				p, err := (&transformer.Nonlinear{Prompts: 6, Tokens: 8, Features: features, Seed: 5}).Draw()
				if linear {
					p, err = (&transformer.Linear{Prompts: 6, Tokens: 8, Features: features, Seed: 5}).Draw()
				}
				require.NoError(t, err)
				m := &transformer.Model{Depth: 2, Decay: 0.01, Prompts: p, Read: transformer.Readout{Token: -1, Coordinate: -1},
					Blocks: []transformer.Component{{Block: &transformer.Softmax{}}, {Block: &transformer.MLP{Activation: "gelu"}}}}
				for i := range m.Blocks {
					m.Blocks[i].Initial = &grid.Product{{Times: len(m.Parameters(i)), Law: &grid.Bump{Center: []float64{0.1}, Radius: []float64{0.5}}}}
				}
				var residual []float64
				for _, rtol := range []float64{1e-6, 1e-10} {
					c, err := Simulate(context.Background(), m, Draw(m, 5, 1), []float64{0, 1, 2}, Gradient{RTol: rtol, ATol: rtol}, nil)
					require.NoError(t, err)
					assert.Less(t, c.Risk[2], c.Risk[0])
					assert.LessOrEqual(t, c.Contracts.EnergyRise, 1e-12)
					residual = append(residual, c.Contracts.Residual)
				}
				assert.Less(t, residual[1], 1e-6)
				assert.Less(t, residual[1], residual[0]/10)
			})
		}
	}
}
