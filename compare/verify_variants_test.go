package compare

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The variants of a scheme have rows of their own, in time alone where their fluxes are
// those of the scheme.
func TestVerifyVariants(t *testing.T) {
	serial(t)
	v, err := Verify(t.Context(), VerifyOptions{Schemes: []string{"implicit-scharfetter-gummel"}, Cases: []string{"gravity"}, Quick: true})
	require.NoError(t, err)
	assert.True(t, v.Pass())
	var got [][2]any
	for _, r := range v.Rows {
		got = append(got, [2]any{r.Scheme + " in " + r.Axis, r.Declared})
	}
	assert.Equal(t, [][2]any{
		{"implicit-scharfetter-gummel in space", 2.},
		{"implicit-scharfetter-gummel in time", 2.},
		{"implicit-scharfetter-gummel, order 1 in time", 1.},
	}, got)
}
