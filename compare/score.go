package compare

import (
	"fmt"

	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// score fills in how well a network, which is of model m, does on classes, on the
// validation prompts and on the test prompts, as far as there are any, at the saved
// times.
func (r *Run) score(m *transformer.Model, s *Study) (err error) {
	for _, output := range r.Trajectory.Output {
		r.Accuracy = appendAccuracy(r.Accuracy, m.Prompts, output)
	}
	if r.ValidationRisk, r.ValidationAccuracy, err = r.scoreOn(m, s.Validation); err != nil {
		return fmt.Errorf("validation prompts: %w", err)
	}
	if r.TestRisk, r.TestAccuracy, err = r.scoreOn(m, s.Test); err != nil {
		return fmt.Errorf("test prompts: %w", err)
	}
	return nil
}

// scoreOn returns the risk and, of classes, the accuracy on other prompts, nil without
// prompts.
func (r *Run) scoreOn(m *transformer.Model, p *transformer.Prompts) (risks, accuracies []float64, err error) {
	t := r.Trajectory
	if p == nil || len(t.Ensembles) == 0 {
		return nil, nil, nil
	}
	other := *m
	other.Prompts = p
	f, err := other.BindAtoms(t.Ensembles[0])
	if err != nil {
		return nil, nil, err
	}
	for _, e := range t.Ensembles {
		f.Value(e)
		risk, output := f.(pde.Learner).Reading()
		risks = append(risks, risk)
		accuracies = appendAccuracy(accuracies, p, output)
	}
	return risks, accuracies, nil
}

// appendAccuracy appends the share of prompts whose class has the largest output, and
// nothing if there is one output a prompt.
func appendAccuracy(x []float64, p *transformer.Prompts, output []float64) []float64 {
	if len(output) < 2*len(p.Label) {
		return x
	}
	return append(x, transformer.Accuracy(output, p.Label))
}
