package compare

import (
	"fmt"
	"slices"

	"pdesolve/pde"
)

// byDepthConstant predicts the constant of the depth ladder, C in error = C/L + O(1/L²),
// and compares it with the one that the ladder has.
//
// L layers of step 1/L follow the field u + w/L to first order (package transformer,
// Modified), so that their objective is Q + Q₁/L with Q₁ = E∫⟨p, w⟩dt. They train
// to other parameters than continuous depth, for it is the gradient of Q + Q₁/L that moves
// them. With θ(t, τ) the parameters of continuous depth and δ(t, τ)/L what those of a layer at
// t = (k+½)/L differ by (derived; mathematics.md §4 for the first term alone),
//
//	∂δ/∂τ = −∇²Q(θ)δ − ∇Q₁(θ),    δ = 0 at τ = 0,
//	output_L − output_∞ = (1/L)(∫Φ(1,t) w(t) dt + D output(θ) δ) + O(1/L²),
//
// Φ being the flow of perturbations in depth: the bias of the steps at given parameters,
// and the response of training to it. Both together are the derivative by ε, at 0, of
// the curve that the flow of Q + εQ₁ in continuous depth trains. So it is computed:
// from two runs of the atoms of the depth ladder, with ε = 0 and modifiedStep. No
// network of finite depth enters. Its own error is that of the slices of depth, whose
// leading order, the second, is extrapolated from two numbers of them.
//
// The measured constant is the limit of L (X_L − X_∞) as a polynomial in 1/L through the
// three deepest levels of the ladder; its interval is the distance from the line through
// two of them, and what the error of the reference does.
type byDepthConstant struct{}

func init() { addInquiry(byDepthConstant{}) }

// modifiedStep is ε: the difference quotient is off by a term of this relative order.
const modifiedStep = 1e-4

// modifiedSlices are the slices of depth; the error is of second order in them.
var modifiedSlices = [2]int{32, 16}

// constantMargin is how far a measured constant may be from the predicted one, as a
// fraction of it, and still count as the same.
const constantMargin = 0.05

func (byDepthConstant) Name() Against { return DepthConstant }
func (byDepthConstant) Summary() string {
	return "leading constant C/L of the depth ladder, predicted from continuous depth"
}
func (byDepthConstant) Axis() string   { return byDepth{}.Axis() }
func (byDepthConstant) Standard() bool { return false }
func (byDepthConstant) Chance() bool   { return false }
func (byDepthConstant) Needs() string {
	return "finite: {depth: [L, …]} or compare: {depth: [L, …]} with three depths or more"
}
func (byDepthConstant) Levels(s *Study) int {
	return max(0, distinct(s.depths())-1) // three depths give two extrapolations
}

func (q byDepthConstant) Validate(s *Study) error {
	if q.Levels(s) < 2 {
		return lack(DepthConstant, "at least three values of finite.depth or compare.depth")
	}
	if s.Model.Continuous {
		return lack(DepthConstant, "transformer.depth as a number: the constant is that of residual layers")
	}
	return nil
}

func (byDepthConstant) plan(p *plan) {
	depths := slices.Compact(slices.Sorted(slices.Values(p.study.depths())))
	c := depthConstant{depths: depths[len(depths)-3:], ref: p.depthReference(), study: p.study}
	for _, d := range c.depths {
		c.layers = append(c.layers, p.nodes(p.model(d), depthNodes, fineTolerance))
	}
	for i, n := range modifiedSlices {
		m := p.model(n)
		m.Continuous = true
		c.plain[i] = p.nodes(m, depthNodes, fineTolerance)
		m.Modified = modifiedStep
		c.modified[i] = p.nodes(m, depthNodes, fineTolerance)
	}
	p.find(func(s *Study, _ *Options) (*Finding, error) { return c.find() })
}

// depthConstant is the plan of the finding.
type depthConstant struct {
	study           *Study
	depths          []int // the three deepest of the ladder
	layers          []*task
	ref             *refPlan
	plain, modified [2]*task // for each of modifiedSlices
}

// constant is a number with an interval.
type constant struct{ value, lo, hi float64 }

// within returns the constant v that is known up to e.
func within(v, e float64) constant { return constant{v, v - e, v + e} }

func (c *depthConstant) find() (*Finding, error) {
	ref, err := c.ref.get()
	if err != nil {
		return nil, err
	}
	held, err := c.held()
	if err != nil {
		return nil, err
	}
	f := &Finding{
		Against: DepthConstant, Title: "The constant of the depth ladder, error = C/L",
		Columns: []string{"quantity", "C predicted", "from", "to", "C measured", "from", "to", "measured/predicted", "C of given parameters"},
		Source:  "(1/L)∫Φ(1,t)w(t)dt and the response of training to it (derived)",
		Verdict: Consistent,
	}
	derivative := func(i int) *Reference {
		return combine([]float64{1 / modifiedStep, -1 / modifiedStep}, curve(c.modified[i].result.Trajectory), curve(c.plain[i].result.Trajectory))
	}
	fine := derivative(0)
	predicted := extrapolate(fine, derivative(1), 2)
	three, two := c.limit(ref, 3), c.limit(ref, 2)
	deepest := float64(lastOf(c.depthsAsFloats()))
	for _, q := range Quantities {
		want := within(predicted.size(q), distance(q, predicted, fine)+modifiedStep*predicted.size(q))
		got := within(three.size(q), distance(q, three, two)+deepest*ref.Error[q])
		f.Rows = append(f.Rows, constantRow(string(q), want, got, held.size(q)))
		f.Verdict = worstOf(f.Verdict, sameConstant(want, got))
	}
	f.Text = []string{
		fmt.Sprintf("Predicted: the derivative by 1/L of what continuous depth trains to when its field is that of residual layers, from %d and %d slices of depth; no network of finite depth enters. Measured: the limit of L times the error, from L = %s. The last column leaves out that networks of finite depth train to other parameters.", modifiedSlices[0], modifiedSlices[1], list(c.depths)),
		constantRule,
	}
	return f, nil
}

// constantRule says when constants are the same.
var constantRule = fmt.Sprintf("Consistent: the intervals of the two constants, that of the measured one no wider than %s %% to either side, come within %s %% of one another.", plain(100*2*constantMargin), plain(100*constantMargin))

// sameConstant compares a measured constant with a predicted one.
func sameConstant(want, got constant) Verdict {
	m := constantMargin * want.value
	switch {
	case !(want.value > 0):
		return Undecided
	case got.lo > want.hi+m || got.hi < want.lo-m:
		return Violates
	case !((got.hi-got.lo)/2 <= 2*m):
		return Undecided
	}
	return Consistent
}

// worstOf returns the one of two verdicts on constants that says less for the prediction.
func worstOf(a, b Verdict) Verdict {
	for _, v := range []Verdict{Violates, Undecided} {
		if a == v || b == v {
			return v
		}
	}
	return Consistent
}

func constantRow(label string, want, got constant, more ...float64) FindingRow {
	return FindingRow{Label: label, Values: append([]float64{want.value, want.lo, want.hi, got.value, got.lo, got.hi, got.value / want.value}, more...)}
}

func (c *depthConstant) depthsAsFloats() []float64 {
	x := make([]float64, len(c.depths))
	for i, d := range c.depths {
		x[i] = float64(d)
	}
	return x
}

// limit returns the limit of L (X_L − X_∞) as a polynomial in 1/L through the n deepest
// levels.
func (c *depthConstant) limit(ref *Reference, n int) *Reference {
	depths := c.depthsAsFloats()[len(c.depths)-n:]
	var weight []float64
	var curves []*Reference
	total := 0.0
	for i, l := range depths {
		w := l // L times the value at 1/L = 0 of Lagrange's polynomial of the level
		for j, k := range depths {
			if j != i {
				w *= (1 / k) / (1/k - 1/l)
			}
		}
		weight, curves = append(weight, w), append(curves, curve(c.layers[len(c.layers)-n+i].result.Trajectory))
		total += w
	}
	return combine(append(weight, -total), append(curves, ref)...)
}

// held returns the derivative by ε with the parameters held that continuous depth trains
// to: the first of the two terms.
func (c *depthConstant) held() (*Reference, error) {
	m := c.study.Model
	m.Depth, m.Continuous = modifiedSlices[0], true
	var at [2]*Reference
	for i, epsilon := range []float64{0, modifiedStep} {
		m.Modified = epsilon
		r := &Reference{}
		for _, e := range c.plain[0].result.Trajectory.Ensembles {
			f, err := m.BindAtoms(e)
			if err != nil {
				return nil, err
			}
			r.Objective = append(r.Objective, f.Value(e))
			risk, output := f.(pde.Learner).Reading()
			r.Risk, r.Output = append(r.Risk, risk), append(r.Output, slices.Clone(output))
		}
		at[i] = r
	}
	return combine([]float64{-1 / modifiedStep, 1 / modifiedStep}, at[0], at[1]), nil
}
