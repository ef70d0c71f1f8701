package compare

import (
	"fmt"

	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// score fills in how well a network, which is of model m, does on classes and on the
// test prompts, if there are any, at the saved times.
func (r *Run) score(m *transformer.Model, test *transformer.Prompts) error {
	t := r.Trajectory
	for _, output := range t.Output {
		r.Accuracy = appendAccuracy(r.Accuracy, m.Prompts, output)
	}
	if test == nil || len(t.Ensembles) == 0 {
		return nil
	}
	other := *m
	other.Prompts = test
	f, err := other.BindAtoms(t.Ensembles[0])
	if err != nil {
		return fmt.Errorf("test prompts: %w", err)
	}
	for _, e := range t.Ensembles {
		f.Value(e)
		risk, output := f.(pde.Learner).Reading()
		r.TestRisk = append(r.TestRisk, risk)
		r.TestAccuracy = appendAccuracy(r.TestAccuracy, test, output)
	}
	return nil
}

// appendAccuracy appends the share of prompts whose class has the largest output, and
// nothing if there is one output a prompt.
func appendAccuracy(x []float64, p *transformer.Prompts, output []float64) []float64 {
	if len(output) < 2*len(p.Label) {
		return x
	}
	return append(x, transformer.Accuracy(output, p.Label))
}
