package compare

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Inner solvers of the true JKO step have rows against exact iterates, where the error
// has no part in time.
func TestVerifyIterates(t *testing.T) {
	v, err := Verify(t.Context(), VerifyOptions{Schemes: []string{"jko"}, Cases: []string{"attraction"}, Quick: true})
	require.NoError(t, err)
	found := 0
	for _, r := range v.Rows {
		if r.Axis != IterateAxis {
			continue
		}
		found++
		assert.True(t, r.Pass, "%+v", r)
		assert.Len(t, r.Levels, 3)
		assert.Greater(t, r.W2, 0.0)
		if r.Scheme == "jko, quantile" {
			assert.Less(t, r.Errors[2], 1e-6)
		}
	}
	assert.GreaterOrEqual(t, found, 2)
	for _, s := range v.Skipped {
		assert.NotEqual(t, "jko, quantile", s.Scheme)
	}
}
