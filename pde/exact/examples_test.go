package exact_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde/exact"
)

// TestExamples: all examples are valid, have names of their own and a box, and the
// error of a wrong name lists the choices.
func TestExamples(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range exact.Solutions.Names() {
		s, err := exact.Solutions.New(name)
		require.NoError(t, err)
		for i, e := range exact.Examples(s) {
			assert.False(t, seen[e.Name], e.Name)
			seen[e.Name] = true
			assert.Equal(t, i == 0, e.Name == name)
			assert.Equal(t, name, e.Solution.Name())
			require.NoError(t, e.Solution.Validate(), e.Name)
			_, _, err := e.Solution.Box(e.Solution.Facts().Horizon)
			assert.NoError(t, err, e.Name)
		}
	}
	all := exact.Examples(exact.NewBarenblatt())
	one, err := exact.Example(all, "2d")
	require.NoError(t, err)
	assert.Equal(t, "barenblatt/2d", one[0].Name)
	_, err = exact.Example(all, "2b")
	assert.ErrorContains(t, err, `unknown example "2b" of barenblatt: did you mean "2d"`)
}
