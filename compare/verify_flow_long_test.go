//go:build long

package compare

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// bdf2 is of second order where the steps at which it begins to be so want more cells than
// verify's budget allows.
func TestVerifyFlowLateLadders(t *testing.T) {
	for name, s := range map[string]exact.Solution{"ornstein-uhlenbeck/1d": ornsteinUhlenbeckLine(t), "barenblatt": exact.NewBarenblatt()} {
		task := flowTask(t, name, s, pde.JKO{Inner: pde.Quantile{}.WithTolerance(flowTolerance), TimeOrder: 2, Form: "bdf2"})
		task.row.Declared = 2
		require.NoError(t, task.flow(t.Context(), 1e10))
		require.Empty(t, task.skip)
		task.row.orders(true)
		task.row.judge(nil, true, task.caveats(), false)
		t.Logf("%s: %v steps, slope %.3f ± %.3f", name, task.row.Levels, task.row.Fitted, task.row.HalfWidth)
		assert.True(t, task.row.Pass, "%+v", task.row)
	}
}
