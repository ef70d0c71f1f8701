package grid_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"pdesolve/grid"
)

// Terms whose sum plain addition loses, in an order of falling and of rising size.
func TestCompensated(t *testing.T) {
	for _, terms := range [][]float64{{1, 1e100, 1, -1e100}, {1e100, 1, -1e100, 1}, {1e-20, 1, -1, 1e-20}} {
		var c grid.Compensated
		want := terms[0]
		if terms[1] == 1e100 || terms[0] == 1e100 {
			want = 2
		} else {
			want = 2e-20
		}
		for _, v := range terms {
			c.Add(v)
		}
		assert.Equal(t, want, c.Value(), "%v", terms)
	}
	var c grid.Compensated
	assert.Zero(t, c.Value())
	c.Add(math.Inf(1))
	c.Add(3)
	assert.Equal(t, math.Inf(1), c.Value())
	c.Add(math.NaN())
	assert.True(t, math.IsNaN(c.Value()))
}

func ExampleCompensated() {
	var c grid.Compensated
	for range 10 {
		c.Add(0.1)
	}
	fmt.Println(c.Value())
	// Output: 1
}
