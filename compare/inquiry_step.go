package compare

import (
	"fmt"

	"pdesolve/pde"
)

// byStep varies the number of time steps of a scheme that takes one and holds its grid
// and the depth L. The runs are compared with the flow on the same grid in continuous
// time (plan.stepReference). The slope of a scheme of order p in time is −p, by the
// scheme's declaration.
type byStep struct{}

func init() { addInquiry(byStep{}) }

func (byStep) Name() Against { return Step }
func (byStep) Summary() string {
	return "time steps of each implicit scheme, against the flow on the same grid in continuous time"
}
func (byStep) Axis() string          { return "number of steps" }
func (byStep) Standard() bool        { return true }
func (byStep) Chance() bool          { return false }
func (byStep) Needs() string         { return "a solver with step: [Δ, …] or steps: [k, …]" }
func (byStep) Validate(*Study) error { return nil }

// groups returns the solvers with a step by scheme and grid.
func (byStep) groups(s *Study) [][]Solver {
	return s.schemes(func(v Solver) (string, bool) {
		_, stepped := v.Scheme.(pde.StepScheme)
		return fmt.Sprint(s.Label(v.Scheme), s.cellsOf(v)), stepped
	})
}

func (q byStep) Levels(s *Study) int {
	most := 0
	for _, group := range q.groups(s) {
		var dt []float64
		for _, v := range group {
			dt = append(dt, v.Scheme.(pde.StepScheme).NominalStep())
		}
		most = max(most, distinct(dt))
	}
	return most
}

func (q byStep) plan(p *plan) {
	end := p.study.end()
	for _, group := range q.groups(p.study) {
		if len(group) < 2 {
			continue
		}
		_, order := group[0].Scheme.Order()
		l := ladderPlan{against: Step, scheme: p.study.Label(group[0].Scheme), Prediction: declared(order)}
		for _, v := range group {
			s := v.Scheme.(pde.StepScheme)
			l.levels = append(l.levels, level{x: end / s.NominalStep(), depth: p.study.Model.Depth, tasks: []*task{p.solver(v)}, ref: p.stepReference(v)})
		}
		p.ladder(l)
	}
}
