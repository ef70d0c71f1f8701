package compare

import (
	"fmt"
	"math"
	"slices"
)

// byDecay varies the weight λ of the regulariser and measures what it costs at the end
// of training: R_λ − R_0 at the last saved time, of the mean field at the model's depth
// (characteristics). The conclusion of [G, Thm 4.1] is R ≤ ε + C₂λ at long times, so
// that the excess is to fall at least like λ; on benchmark B it is of order λ² (derived).
// The horizon is the study's: the table shows how far training has come. The theorem's
// hypotheses on the support of the limit are not tested.
type byDecay struct{}

func init() { addInquiry(byDecay{}) }

func (byDecay) Name() Against { return Decay }
func (byDecay) Summary() string {
	return "risk at the end of training by the weight λ of the regulariser, against λ = 0"
}
func (byDecay) Axis() string        { return "inverse weight of the regulariser, 1/λ" }
func (byDecay) Standard() bool      { return false }
func (byDecay) Chance() bool        { return false }
func (byDecay) Needs() string       { return "compare: {decay: [λ, …]}" }
func (byDecay) Levels(s *Study) int { return distinct(s.Decays) }

func (q byDecay) Validate(s *Study) error {
	for _, d := range s.Decays {
		if !(d > 0) || !isFinite(d) {
			return fmt.Errorf("compare.decay: %v: want finite numbers above 0", d)
		}
	}
	if q.Levels(s) < 2 {
		return lack(Decay, "at least two values of compare.decay")
	}
	return nil
}

func (byDecay) plan(p *plan) {
	ref := p.zeroDecayReference()
	l := ladderPlan{against: Decay, Prediction: Prediction{Slope: -1, Bound: true, Source: "G Thm 4.1: R ≤ ε + C₂λ"}}
	l.values = map[Quantity]func(*task) float64{Risk: func(t *task) float64 { return lastOf(t.result.Trajectory.Risk) }}
	for _, d := range p.study.Decays {
		l.levels = append(l.levels, level{x: 1 / d, depth: p.study.Model.Depth, tasks: []*task{p.decayed(d, baseNodes[0])}, ref: ref})
	}
	p.ladder(l)
	p.find(func(s *Study, _ *Options) (*Finding, error) { return decayTable(p, s, ref) })
}

// decayed is the mean field at the model's depth with another weight of the regulariser.
func (p *plan) decayed(lambda float64, nodes int) *task {
	m := p.study.Model
	m.Decay = lambda
	return p.nodes(m, nodes, fineTolerance)
}

// zeroDecayReference is the mean field at λ = 0.
func (p *plan) zeroDecayReference() *refPlan {
	return p.reference("λ = 0", func() *refPlan {
		return pair(p.decayed(0, baseNodes[0]), p.decayed(0, baseNodes[1]),
			fmt.Sprintf("characteristics with λ = 0 and %d nodes an axis and block; error: distance from %d nodes", baseNodes[0], baseNodes[1]))
	})
}

// decayTable shows the risk of every weight and the largest C₂.
func decayTable(p *plan, s *Study, ref *refPlan) (*Finding, error) {
	zero, err := ref.get()
	if err != nil {
		return nil, err
	}
	f := &Finding{
		Against: Decay, Title: "Risk at the end of training and the weight of the regulariser",
		Columns: []string{"λ", "R at the end", "R − R at λ = 0", "(R − R at λ = 0)/λ", "dissipation at the end"},
		Source:  "G Thm 4.1: R ≤ ε + C₂λ at long times",
	}
	worst := 0.0
	for _, d := range slices.Sorted(slices.Values(s.Decays)) {
		t := p.decayed(d, baseNodes[0]).result.Trajectory
		r := lastOf(t.Risk)
		excess := r - lastOf(zero.Risk)
		worst = max(worst, excess/d)
		f.Rows = append(f.Rows, FindingRow{Values: []float64{d, r, excess, excess / d, lastOf(t.Dissipation)}})
	}
	f.Text = []string{fmt.Sprintf("At τ = %s the risk at λ = 0 is %s; over all weights R ≤ R(λ = 0) + C₂λ holds with C₂ = %s.",
		plain(s.end()), significant(lastOf(zero.Risk), 3), significant(worst, 3))}
	return f, nil
}

// lastOf returns the last element, NaN if there is none.
func lastOf(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	return x[len(x)-1]
}
