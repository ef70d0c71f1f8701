package compare

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"pdesolve/pde"
)

func TestUncertified(t *testing.T) {
	good := &Run{ID: "good", Trajectory: &pde.Trajectory{Contracts: pde.Contracts{Steps: 3, Certificate: 1e-9, Tolerance: 1e-8}}}
	bad := &Run{ID: "bad", Trajectory: &pde.Trajectory{Contracts: pde.Contracts{Steps: 4, Certificate: 2e-3, Tolerance: 1e-3, Uncertified: 2}}}
	assert.Empty(t, Uncertified([]*Run{good}))
	lines := Uncertified([]*Run{good, bad})
	assert.Len(t, lines, 1)
	assert.Contains(t, lines[0], "bad: 2 of 4 steps are not solved to their tolerance: the worst certificate is 0.0020, wanted at most 0.0010")
}
