package compare

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
)

// byHorizon follows the constant of the width part through training time. Networks of
// every width at the model's depth are compared at each saved time with the mean field
// at the same L (plan.baseReference):
//
//	C(τ)² = mean over widths and seeds of L M |R_M(τ) − R_∞(τ)|².
//
// The proof of [G, Thm 3.1] lets C grow like e^{cτ}, by Gronwall's inequality; the
// table shows what it does, and its growth rate d log C/dτ over the second half of the
// horizon.
type byHorizon struct{}

func init() { addInquiry(byHorizon{}) }

func (byHorizon) Name() Against { return Horizon }
func (byHorizon) Summary() string {
	return "growth in training time of the constant C(τ) of the width part"
}
func (byHorizon) Axis() string            { return "training time, τ" }
func (byHorizon) Standard() bool          { return false }
func (byHorizon) Chance() bool            { return true }
func (byHorizon) Needs() string           { return "finite: {width: [M, …]}" }
func (byHorizon) Levels(s *Study) int     { return len(s.Networks.Widths) }
func (byHorizon) Validate(s *Study) error { return networksGiven(Horizon, s) }

func (byHorizon) plan(p *plan) {
	var levels []level
	for _, w := range p.study.Networks.Widths {
		levels = append(levels, p.networks(float64(w), p.study.Model.Depth, w))
	}
	p.find(func(s *Study, _ *Options) (*Finding, error) { return horizon(s, levels) })
}

// horizon measures C at every saved time.
func horizon(s *Study, levels []level) (*Finding, error) {
	f := &Finding{
		Against: Horizon, Title: "The constant of the width part in training time",
		Columns: []string{"τ", "C of the output", "C of the risk", "C of the objective"},
		Source:  "G Thm 3.1: at most exponential in τ",
	}
	c := make([][3]float64, len(s.Times))
	for _, v := range levels {
		ref, err := v.ref.get()
		if err != nil {
			return nil, err
		}
		for _, t := range v.tasks {
			got := curve(t.result.Trajectory)
			for i := range s.Times {
				for k, q := range Quantities {
					d := distance(q, got.at(i), ref.at(i))
					c[i][k] += float64(v.depth*v.width) * d * d / float64(len(v.tasks)*len(levels))
				}
			}
		}
	}
	var tau, logC []float64
	for i, t := range s.Times {
		row := FindingRow{Values: []float64{t}}
		for k := range c[i] {
			row.Values = append(row.Values, math.Sqrt(c[i][k]))
		}
		f.Rows = append(f.Rows, row)
		if 2*i >= len(s.Times)-1 && row.Values[2] > 0 {
			tau, logC = append(tau, t), append(logC, math.Log(row.Values[2]))
		}
	}
	if len(tau) > 1 {
		_, rate := stat.LinearRegression(tau, logC, nil, false)
		f.Text = append(f.Text, fmt.Sprintf("Over the second half of the horizon the constant of the risk grows like e^(%s τ): the error of a network at τ = %s is %s times that at τ = %s.",
			decimal(rate, 2), plain(tau[len(tau)-1]), significant(math.Exp(logC[len(logC)-1]-logC[0]), 2), plain(tau[0])))
	}
	return f, nil
}

// at returns the reference at saved time i alone.
func (r *Reference) at(i int) *Reference {
	return &Reference{Risk: r.Risk[i : i+1], Objective: r.Objective[i : i+1], Output: r.Output[i : i+1]}
}
