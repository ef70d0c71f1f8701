package compare

import (
	"fmt"
	"math"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// What is known of a hypothesis, and limits of what is looked at.
const (
	proved      = "proved"      // derived for every block of the kind, or plain
	seen        = "measured"    // on the region that the networks visit
	fails       = "fails"       // does not hold for this experiment
	impossible  = "cannot hold" // contradicts another hypothesis
	unknown     = "not known"   // no finite computation can show it
	mostVisits  = 9             // saved times that are looked at
	mostNearest = 31            // pairs of a particle
)

// assumptionRow is a hypothesis of the theory and what is known of it.
type assumptionRow struct{ hypothesis, of, known, what string }

// assumptionsPart is the part of a report on the hypotheses of the theory.
type assumptionsPart struct {
	Text  string
	Table table.Writer
}

// assumptions lists the hypotheses of [G] with what is known of them in the experiment:
// facts that the blocks state (transformer.Facts), and figures over the region that the
// networks visit. It returns nil if the study has no prompts.
func assumptions(r *Result) *assumptionsPart {
	m := &r.Study.Model
	if m.Prompts == nil || m.Prompts.Len() == 0 || len(m.Blocks) == 0 {
		return nil
	}
	v := visit(r)
	size, label := dataSize(m.Prompts)
	rows := []assumptionRow{{"bounded data", "prompts", proved, fmt.Sprintf("a finite set: tokens |z| ≤ B = %s, labels |y| ≤ %s", significant(size, 3), significant(label, 3))}}
	for i, b := range m.Blocks {
		rows = append(rows, blockRows(m, i, b.Block.Name(), size, v)...)
	}
	text := "The hypotheses of the theorems of G, in our words, and what is known of each here."
	if v != nil {
		rows = append(rows, v.rows(m)...)
		text += fmt.Sprintf(" Measured constants are those of the places where the particles of %s are at the saved times, and so lower bounds of the constants of a region.", strings.Join(v.runs, ", "))
	}
	t := newTable("hypothesis", "of", "known", "what")
	for _, w := range rows {
		t.AppendRow(table.Row{w.hypothesis, w.of, w.known, w.what})
	}
	return &assumptionsPart{text, t}
}

// dataSize returns the largest norms of a token and of a label.
func dataSize(p *transformer.Prompts) (token, label float64) {
	for i := 0; i < len(p.Tokens); i += p.Dim {
		norm := 0.0
		for _, x := range p.Tokens[i : i+p.Dim] {
			norm = math.Hypot(norm, x)
		}
		token = max(token, norm)
	}
	for _, y := range p.Label {
		label = max(label, math.Abs(y))
	}
	return token, label
}

// blockRows are the hypotheses on one block and its initial law.
func blockRows(m *transformer.Model, i int, name string, size float64, v *visited) []assumptionRow {
	facts := m.Facts(i, m.Prompts.N, size)
	parameters := mapped(m.Parameters(i), symbol)
	split := len(parameters) - m.LinearOf(i)
	rows := []assumptionRow{{"partial homogeneity", name, proved, fmt.Sprintf("linear in (%s), whatever (%s)", listed(parameters[split:]), listed(parameters[:split]))}}
	growth := assumptionRow{"growth", name, fails, facts.Reason}
	if !math.IsInf(facts.Growth, 1) {
		growth.known, growth.what = proved, fmt.Sprintf("|∇⟨f(Z, θ), p⟩| ≤ K |p| (1 + |θ|) with %s; K = %s at the prompts' B", facts.Reason, significant(facts.Growth, 2))
	}
	smooth := assumptionRow{"local Lipschitz gradient", name, proved, "on bounded sets of tokens and parameters"}
	if facts.Rough != "" {
		smooth.known, smooth.what = fails, facts.Rough
	}
	if v != nil && v.lipschitz[i] > 0 {
		smooth.what += fmt.Sprintf("; of Ψ where the networks go, the constant is at least %s (a lower bound, from pairs of particles of a layer)", significant(v.lipschitz[i], 2))
	}
	start := assumptionRow{"compact support of ρ₀", name, proved, "the initial law vanishes outside a bounded set"}
	if law := m.Blocks[i].Initial; law == nil || !compact(law) {
		start.known, start.what = fails, "the initial law is positive everywhere; draws are bounded with a probability only"
	}
	return append(rows, growth, smooth, start)
}

// compact reports whether a law is known to vanish outside a bounded set.
func compact(law grid.Law) bool {
	switch l := law.(type) {
	case *grid.Bump:
		return true
	case *grid.Product:
		for _, f := range *l {
			if !compact(f.Law) {
				return false
			}
		}
		return true
	}
	return false
}

// visited is what is measured over the particles of some networks at saved times.
type visited struct {
	runs      []string
	end       float64    // last training time
	radius    [2]float64 // largest |θ| at the start and over all times
	growth    float64    // largest |∇Ψ|/(1 + |θ|)
	lipschitz []float64  // of each block: largest |∇Ψ(θ) − ∇Ψ(θ′)|/|θ − θ′| over pairs of a layer
	force     [2]float64 // root mean square of |∇Ψ| at the first and the last time
	linear    [2]float64 // the same of its part in the linear parameters
}

// visit evaluates ∇Ψ along networks at the model's depth, one each of the narrowest, a
// middle and the widest, or else along characteristics. It returns nil if no run has atoms.
func visit(r *Result) *visited {
	var runs []*Run
	for _, g := range shownNetworks(r) {
		runs = append(runs, g.runs[0])
	}
	for _, run := range r.Runs {
		if len(runs) == 0 && (run.Kind == Finite || run.Kind == Characteristics) && run.Depth == r.Study.Model.Depth && run.Continuous == r.Study.Model.Continuous {
			runs = append(runs, run)
		}
	}
	v := &visited{lipschitz: make([]float64, len(r.Study.Model.Blocks))}
	for _, run := range runs {
		if len(run.Trajectory.Ensembles) > 1 && v.follow(&r.Study.Model, run) == nil {
			v.runs = append(v.runs, run.ID)
		}
	}
	if len(v.runs) == 0 {
		return nil
	}
	return v
}

// follow adds the particles of one run. The forces are those of the last run followed,
// the widest.
func (v *visited) follow(m *transformer.Model, run *Run) error {
	t := run.Trajectory
	stride := (len(t.Ensembles)-2)/(mostVisits-1) + 1
	var f pde.AtomFunctional
	for s := 0; s < len(t.Ensembles); s += stride {
		if s+stride >= len(t.Ensembles) {
			s = len(t.Ensembles) - 1
		}
		e := t.Ensembles[s]
		if e == nil {
			continue
		}
		if f == nil {
			var err error
			if f, err = m.BindAtoms(e); err != nil {
				return err
			}
		}
		grad := make([]float64, len(e.Theta))
		f.Gradient(grad, e)
		v.end = max(v.end, t.Time[s])
		at := 0
		if s > 0 {
			at = 1
		}
		v.force[at] = math.Sqrt(finite.Dissipation(f, grad, e) / float64(len(m.Blocks)))
		v.linear[at] = 0
		g := e.With(grad)
		for c := range m.Components() {
			v.component(m, c, &e.Component[c], &g.Component[c], at)
		}
		v.linear[at] = math.Sqrt(v.linear[at] / float64(m.Components()))
	}
	return nil
}

// component adds the particles of one layer and block.
func (v *visited) component(m *transformer.Model, c int, a, g *pde.Atoms, at int) {
	block, _ := m.BlockOf(c)
	norm := func(x *pde.Atoms, j, from int) (r float64) {
		for d := from; d < x.Dim; d++ {
			r = math.Hypot(r, x.Coordinate(d)[j])
		}
		return r
	}
	apart := func(x *pde.Atoms, i, j int) (r float64) {
		for d := range x.Dim {
			r = math.Hypot(r, x.Coordinate(d)[i]-x.Coordinate(d)[j])
		}
		return r
	}
	for i := range a.N {
		size := norm(a, i, 0)
		v.radius[at] = max(v.radius[at], size)
		v.growth = max(v.growth, norm(g, i, 0)/(1+size))
		part := norm(g, i, a.Dim-m.LinearOf(block))
		v.linear[at] += a.Weight[i] * part * part
		for d := 1; d <= min(mostNearest, a.N/2); d++ {
			j := (i + d) % a.N
			if far := apart(a, i, j); far > 1e-6 { // nearer pairs measure rounding
				v.lipschitz[block] = max(v.lipschitz[block], apart(g, i, j)/far)
			}
		}
	}
}

// rows are the hypotheses on the law along training.
func (v *visited) rows(m *transformer.Model) []assumptionRow {
	bound := (1+v.radius[0])*math.Exp(v.growth*v.end) - 1
	largest := max(v.radius[0], v.radius[1])
	support := assumptionRow{"bounded support (Prop 3.2)", "training", seen, fmt.Sprintf(
		"|∇Ψ| ≤ G (1 + |θ|) with G = %s where the networks go, so that |θ| ≤ (1 + R) e^(Gτ) − 1 = %s at τ = %s from R = %s (derived); the largest |θ| is %s",
		significant(v.growth, 3), significant(bound, 3), plain(v.end), significant(v.radius[0], 3), significant(largest, 3))}
	if m.Temperature > 0 {
		support.known, support.what = fails, "noise has no bounded support; "+support.what
	}
	converges := assumptionRow{"the flow converges (Thm 4.1)", "training", unknown, fmt.Sprintf(
		"no run of finite length can show it: the root mean square of |∇Ψ| goes from %s at the start to %s at τ = %s", significant(v.force[0], 2), significant(v.force[1], 2), plain(v.end))}
	separates := assumptionRow{"the limit's support separates (Thm 4.1)", "limit", unknown, "a property of the limit, which a run of finite length does not reach"}
	if m.Decay > 0 {
		separates.known = impossible
		separates.what = fmt.Sprintf("with λ > 0 a law at rest has ∂Ψ/∂v = 0 (derived), so that the linear parameters v are a function of the others, a, on its support, and bounded: it cannot hold several v at one a. The root mean square of ∂Ψ/∂v goes from %s to %s. Of the theorem its conclusion is tested (inquiry decay), not this hypothesis",
			significant(v.linear[0], 2), significant(v.linear[1], 2))
	}
	return []assumptionRow{support, converges, separates}
}
