package compare

import "pdesolve/pde"

// byCells varies the number of cells on an axis of the grid and holds the depth L. The
// runs of each explicit scheme are compared with the mean field at the same L
// (plan.baseReference), where that is exact also in the density. The slope of a scheme
// of order p in space is −p, by the scheme's declaration.
type byCells struct{}

func init() { addInquiry(byCells{}) }

func (byCells) Name() Against { return Cells }
func (byCells) Summary() string {
	return "cells on an axis of each explicit scheme, against the mean field at the same L"
}
func (byCells) Axis() string          { return "cells on an axis, n" }
func (byCells) Standard() bool        { return true }
func (byCells) Chance() bool          { return false }
func (byCells) Needs() string         { return "a scheme without time steps and with refine: [n, …]" }
func (byCells) Validate(*Study) error { return nil }

// groups returns the explicit solvers by scheme.
func (byCells) groups(s *Study) [][]Solver {
	return s.schemes(func(v Solver) (string, bool) {
		if v.Scheme == nil {
			return "", false
		}
		_, stepped := v.Scheme.(pde.StepScheme)
		return s.Label(v.Scheme), !stepped
	})
}

func (q byCells) Levels(s *Study) int {
	most := 0
	for _, group := range q.groups(s) {
		var n []int
		for _, v := range group {
			n = append(n, s.cellsOf(v))
		}
		most = max(most, distinct(n))
	}
	return most
}

func (q byCells) plan(p *plan) {
	for _, group := range q.groups(p.study) {
		if len(group) < 2 {
			continue
		}
		space, _ := group[0].Scheme.Order()
		l := ladderPlan{against: Cells, scheme: p.study.Label(group[0].Scheme), Prediction: declared(space)}
		for _, v := range group {
			l.levels = append(l.levels, level{x: float64(p.study.cellsOf(v)), depth: p.study.Model.Depth, tasks: []*task{p.solver(v)}, ref: p.baseReference()})
		}
		at := p.ladder(l)
		if space > 1 && len(l.levels) >= signedLevels {
			p.find(func(s *Study, _ *Options) (*Finding, error) { return signedErrors(s, &p.ladders[at], space) })
		}
	}
}
