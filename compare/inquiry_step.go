package compare

import "fmt"

// byStep varies the number of time steps of a scheme that takes one and holds its grid,
// or its nodes, and the depth L. The runs are compared with the flow on the same grid, or
// of the same nodes, in continuous time (plan.stepReference). The slope of a scheme of order p in time is −p, by the
// scheme's declaration.
type byStep struct{}

func init() { addInquiry(byStep{}) }

func (byStep) Name() Against { return Step }
func (byStep) Summary() string {
	return "time steps of each implicit scheme, against the flow on the same grid, or of the same nodes, in continuous time"
}
func (byStep) Axis() string          { return "number of steps" }
func (byStep) Standard() bool        { return true }
func (byStep) Chance() bool          { return false }
func (byStep) Needs() string         { return "a solver with step: [Δ, …] or steps: [k, …]" }
func (byStep) Validate(*Study) error { return nil }

// groups returns the solvers with a step by scheme and grid.
func (byStep) groups(s *Study) [][]Solver {
	return s.schemes(func(v Solver) (string, bool) {
		_, stepped := v.step()
		return fmt.Sprint(s.solverLabel(v), s.levelOf(v)), stepped
	})
}

func (q byStep) Levels(s *Study) int {
	most := 0
	for _, group := range q.groups(s) {
		var dt []float64
		for _, v := range group {
			h, _ := v.step()
			dt = append(dt, h)
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
		l := ladderPlan{against: Step, scheme: p.study.solverLabel(group[0]), Prediction: declared(group[0].order())}
		for _, v := range group {
			dt, _ := v.step()
			l.levels = append(l.levels, level{x: end / dt, depth: p.study.Model.Depth, tasks: []*task{p.solver(v)}, ref: p.stepReference(v)})
		}
		p.ladder(l)
	}
}
