package compare

// byDissipation asks of every explicit scheme how well it keeps the balance of energy
//
//	dQ/dτ + Σ_c w_c ∫ρ_c|∇Ψ_c|² = 0
//
// (derived from the flow; mathematics.md §2), on the runs of the cells ladder: the
// largest residual of the integrated balance over a saved interval, relative to the
// whole fall of Q (pde.Contracts.Residual). Steps follow the cells, and the trapezoidal
// rule that integrates the dissipation is of second order, so that the residual falls
// like the scheme's order in time, at most two.
type byDissipation struct{}

func init() { addInquiry(byDissipation{}) }

func (byDissipation) Name() Against { return Dissipation }
func (byDissipation) Summary() string {
	return "balance of energy and dissipation of each explicit scheme, by cells"
}
func (byDissipation) Axis() string          { return "cells on an axis, n" }
func (byDissipation) Standard() bool        { return false }
func (byDissipation) Chance() bool          { return false }
func (byDissipation) Needs() string         { return byCells{}.Needs() }
func (byDissipation) Levels(s *Study) int   { return byCells{}.Levels(s) }
func (byDissipation) Validate(*Study) error { return nil }

func (byDissipation) plan(p *plan) {
	for _, group := range (byCells{}).groups(p.study) {
		if len(group) < 2 {
			continue
		}
		_, order := group[0].Scheme.Order()
		l := ladderPlan{against: Dissipation, scheme: p.study.Label(group[0].Scheme), Prediction: declared(min(order, 2))}
		l.Source = "order in time of the scheme, at most that of the trapezoidal rule"
		l.values = map[Quantity]func(*task) float64{Balance: func(t *task) float64 { return t.result.Trajectory.Contracts.Residual }}
		for _, v := range group {
			l.levels = append(l.levels, level{x: float64(p.study.cellsOf(v)), depth: p.study.Model.Depth, tasks: []*task{p.solver(v)}})
		}
		p.ladder(l)
	}
}
