package compare

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"pdesolve/pde"
)

// Runs of one scheme with different options have different names, which say in what
// they differ; steps and cells are no options.
func TestLabel(t *testing.T) {
	a, b, c := &pde.JKO{Step: 0.1, Inner: &pde.Variational{}}, &pde.JKO{Step: 0.2, Inner: &pde.Variational{}}, &pde.JKO{Step: 0.1, Inner: &pde.Variational{MaxIterations: 7}}
	plain := &Study{Solvers: []Solver{{Scheme: a}, {Scheme: b}, {Scheme: &pde.MUSCL{}}}}
	assert.Equal(t, "jko", plain.Label(a))
	assert.Equal(t, "muscl", plain.Label(&pde.MUSCL{}))
	both := &Study{Solvers: []Solver{{Scheme: a}, {Scheme: c}, {Scheme: &pde.MUSCL{Limiter: "mc"}}, {Scheme: &pde.MUSCL{Limiter: "koren"}}}}
	assert.NotEqual(t, both.Label(a), both.Label(c))
	assert.Contains(t, both.Label(c), "7")
	assert.Equal(t, "muscl-limiter-koren", both.Label(&pde.MUSCL{Limiter: "koren"}))
}
