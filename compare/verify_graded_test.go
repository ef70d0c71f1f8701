package compare

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// On graded axes the schemes that take them keep their orders, and the others say why
// they do not.
func TestVerifyOnGradedAxes(t *testing.T) {
	serial(t)
	v, err := Verify(t.Context(), VerifyOptions{Schemes: []string{"scharfetter-gummel", "implicit-scharfetter-gummel", "weno"}, Cases: []string{"ornstein-uhlenbeck/1d"}, Quick: true, Graded: true})
	require.NoError(t, err)
	require.Len(t, v.Rows, 5)
	for _, r := range v.Rows {
		assert.Equal(t, "ornstein-uhlenbeck/1d, graded", r.Case)
		assert.True(t, r.Pass, "%+v", r)
	}
	require.NotEmpty(t, v.Skipped)
	for _, s := range v.Skipped {
		assert.True(t, s.Scheme == "weno" && strings.Contains(s.Reason, "axis 0 is graded"), "%+v", s)
	}
}
