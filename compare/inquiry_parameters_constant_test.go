package compare

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func parametersConstantStudy(t *testing.T) Study {
	s := widthConstantStudy(t)
	s.Rates = []Against{SingleHead, ParametersConstant}
	s.Networks.Widths, s.Networks.Depths = []int{16, 64}, []int{1, 2, 4, 8}
	return s
}

// The constants of all depths are those of the networks, and with them taken out the rest
// of a ladder is what it is over their ratio.
func TestParametersConstant(t *testing.T) {
	serial(t)
	s := parametersConstantStudy(t)
	r, err := Execute(context.Background(), s, nil)
	require.NoError(t, err)
	require.Empty(t, r.Notes)
	require.Len(t, r.Findings, len(Quantities)+1)
	for _, f := range r.Findings {
		t.Log("\n" + f.Title + "\n" + f.Table().Render())
		t.Log(f.Text)
	}
	for _, f := range r.Findings[:len(Quantities)] {
		require.Len(t, f.Rows, 4)
		assert.Equal(t, Consistent, f.Verdict, f.Title)
	}
	ladders := r.Findings[len(Quantities)]
	require.Len(t, ladders.Rows, len(Quantities))
	for i, row := range ladders.Rows {
		c := r.Findings[i].Rows
		steps := math.Log(c[3].Values[0] / c[0].Values[0])
		assert.InDelta(t, steps/math.Log(8), row.Values[4], 0.05, "slope of C(L) by its ends") // the levels between bend it
		assert.InDelta(t, row.Values[1], row.Values[4]+row.Values[5], 1e-12)
	}
}

// Polynomials of layers are orthonormal, and complete where layers are few.
func TestLayerPolynomials(t *testing.T) {
	for _, depth := range []int{1, 2, 4, 9, 32} {
		p := layerPolynomials(depth)
		require.Len(t, p, min(depth, responseLayers+1))
		for i := range p {
			for j := range p {
				sum, want := 0.0, 0.0
				for k := range depth {
					sum += p[i][k] * p[j][k]
				}
				if i == j {
					want = 1
				}
				assert.InDelta(t, want, sum, 1e-12)
			}
		}
		for _, v := range p[0] {
			assert.InDelta(t, p[0][0], v, 1e-12, "degree 0")
		}
	}
}
