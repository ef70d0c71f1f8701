package compare

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// term is a named line of a list.
type term struct{ Name, Text string }

// blockText says what a block does: its formula, how to read its density and, if
// there is more to say in numbers, what the means over depth before and after
// training amount to.
type blockText struct {
	formula, reading string
	numbers          func(before, after []float64) string
}

// blockTexts holds the words for the blocks. A block that is not here can bring its
// own with a method Describe() (formula, reading string); without either, its name
// and parameters stand alone.
var blockTexts = map[string]blockText{
	"linear-scalar": {
		formula: "f(Z, θ)ᵢ = v a xᵢ s on the label coordinate, with s = (1/n) Σⱼ xⱼ yⱼ and θ = (a, v): linear attention",
		reading: "Only the product a·v acts: a head adds v a xᵢ s to the label of token i. Mass where a and v have the same sign predicts with the sign of the prompt's own covariance s, mass where they differ against it.",
	},
	"softmax-scalar": {
		formula: "f(Z, θ)ᵢ = v Σⱼ Pᵢⱼ yⱼ on the label coordinate, with Pᵢⱼ = softmaxⱼ(a xᵢ xⱼ) and θ = (a, v): softmax attention",
		reading: "A head is a Nadaraya–Watson regression: token i receives v times a weighted mean of the labels yⱼ, with weights proportional to exp(a xᵢ xⱼ). The parameter a sets the bandwidth: for a > 0 the weights are a Gaussian kernel in xᵢ − xⱼ of bandwidth 1/√a, tilted by exp(a xⱼ²/2) towards tokens far from 0; a = 0 averages all tokens alike, a < 0 prefers tokens of the opposite side. The value v is how much of that mean is added. The density says which bandwidths and values the heads of a layer have.",
		numbers: bandwidth,
	},
	"mlp-label": {
		formula: "h(Z, w)ᵢ = u σ(ω yᵢ) on the label coordinate, with w = (ω, u)",
		reading: "A neuron adds u σ(ω yᵢ) to the label of token i: ω is how steeply it responds, u how strongly and with which sign. For odd σ the pairs (ω, u) and (−ω, −u) act alike.",
	},
}

// bandwidth says what the mean of a amounts to as a kernel's bandwidth. Because
// a xᵢxⱼ = −a(xᵢ−xⱼ)²/2 + a xᵢ²/2 + a xⱼ²/2 and the term in xᵢ cancels in the
// softmax, it is 1/√a (derived).
func bandwidth(before, after []float64) string {
	if !(before[0] > 0 && after[0] > 0) {
		return ""
	}
	return fmt.Sprintf("At the mean of a the bandwidth 1/√a goes from %s to %s, in units of x.",
		decimal(1/math.Sqrt(before[0]), 2), decimal(1/math.Sqrt(after[0]), 2))
}

func wordsOf(b transformer.Block) blockText {
	if d, ok := b.(interface {
		Describe() (formula, reading string)
	}); ok {
		f, r := d.Describe()
		return blockText{formula: f, reading: r}
	}
	return blockTexts[b.Name()]
}

// settings formats the exported fields of a description that are not zero, like
// "center 1, 0.3; radius 1, 0.8".
func settings(v any) string {
	x := reflect.ValueOf(v)
	for x.Kind() == reflect.Pointer || x.Kind() == reflect.Interface {
		if x.IsNil() {
			return ""
		}
		x = x.Elem()
	}
	if x.Kind() != reflect.Struct {
		return setting(x)
	}
	var out []string
	for i := range x.NumField() {
		f := x.Type().Field(i)
		if !f.IsExported() || x.Field(i).IsZero() {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "" || name == "-" {
			name = strings.ToLower(f.Name)
		}
		out = append(out, name+" "+setting(x.Field(i)))
	}
	return strings.Join(out, "; ")
}

func setting(x reflect.Value) string {
	switch x.Kind() {
	case reflect.Slice, reflect.Array:
		items := make([]string, x.Len())
		for i := range items {
			items[i] = setting(x.Index(i))
		}
		return strings.Join(items, ", ")
	case reflect.Struct, reflect.Pointer, reflect.Interface:
		if n, ok := x.Interface().(interface{ Name() string }); ok {
			return strings.TrimSpace(n.Name() + " " + parenthesis(settings(x.Interface())))
		}
		if x.Kind() == reflect.Interface { // a member of a family, without a Name
			return strings.TrimSpace(typeName(x.Interface()) + " " + parenthesis(settings(x.Interface())))
		}
		return parenthesis(settings(x.Interface()))
	case reflect.Float64:
		return plain(x.Float())
	}
	return fmt.Sprint(x.Interface())
}

func parenthesis(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

// typeName returns the lower-case name of a description's type.
func typeName(v any) string {
	return strings.ToLower(reflect.Indirect(reflect.ValueOf(v)).Type().Name())
}

// setup says what was run.
func setup(r *Result) []term {
	s := &r.Study
	m := &s.Model
	depth := fmt.Sprintf("L = %d layers, each of step 1/L", m.Depth)
	if m.Continuous {
		depth = fmt.Sprintf("continuous depth, integrated with %d slices (symmetric splitting, second order)", m.Depth)
	}
	out := []term{
		{"Model", fmt.Sprintf("A Transformer whose tokens T move through depth t ∈ [0, 1] by residual blocks, dT/dt = %sΣ ∫ f(T, θ) ρ_t(dθ) (one term a block): %s. In a layer of width M the density ρ is M heads or neurons, averaged.", half(m), depth)},
		{"Limit", "M = ∞: training is the Wasserstein gradient flow ∂ρ/∂τ = ∇·(ρ∇Ψ) of every depth slice, where Ψ = δQ/δρ is the first variation of the objective Q. The solvers discretise this equation."},
	}
	if r.TrainsOnly() {
		out = out[:1]
	}
	for i, c := range m.Blocks {
		text := wordsOf(c.Block).formula
		if text == "" {
			text = "parameters (" + listed(mapped(m.Parameters(i), symbol)) + ")"
		}
		if o := settings(c.Block); o != "" {
			text += "; " + o
		}
		text += "."
		if c.Initial != nil {
			text += fmt.Sprintf(" Initial law ρ₀: %s (%s).", typeName(c.Initial), settings(c.Initial))
		}
		if len(c.Axes) > 0 {
			var axes []string
			for k, a := range c.Axes {
				axes = append(axes, fmt.Sprintf("%s ∈ [%s, %s]", symbol(m.Parameters(i)[k]), plain(a.Lo), plain(a.Hi)))
			}
			text += " Box: " + strings.Join(axes, ", ") + "."
		}
		out = append(out, term{fmt.Sprintf("Block %d: %s", i+1, c.Block.Name()), text})
	}
	if p := m.Prompts; p != nil {
		out = append(out, term{"Data", fmt.Sprintf("%d prompts of %d tokens in %d dimensions, all of the same weight. %s",
			p.Len(), p.N, p.Dim, readText(m))})
	}
	if m.Embedding != nil {
		out = append(out, term{"Embedding", "The tokens are z = E x + e with weights E and positions e that are trained too: one set for the network, which moves by −∂Q/∂(E, e) in the same training time."})
	}
	objective := fmt.Sprintf("Q = R + (λ/2) × mean squared parameter, λ = %s; the risk is R = mean of %s.", plain(m.Decay), lossText(m))
	if m.Temperature > 0 {
		objective += fmt.Sprintf(" To Q the temperature σ = %s adds σ × mean of ∫ρ log ρ over the layers, the noise of noisy training.", plain(m.Temperature))
	}
	out = append(out, term{"Objective", objective})
	if n := len(s.Times); n > 0 {
		out = append(out, term{"Training time", fmt.Sprintf("τ from 0 to %s, compared at %d saved times.", plain(s.Times[n-1]), n)})
	}
	var solvers []string
	for _, v := range s.Solvers {
		solvers = append(solvers, s.solverText(v))
	}
	if len(solvers) > 0 && !r.TrainsOnly() {
		out = append(out, term{"Solvers", strings.Join(solvers, "; ") + "."})
	}
	if n := s.Networks; n.Dynamics != nil && (len(n.Widths) > 0 || len(n.Depths) > 0) {
		precision := ""
		if n.Precision == transformer.Float32 {
			precision = " Heads and neurons in single precision (float32)."
		}
		out = append(out, term{"Networks", fmt.Sprintf("widths M = %s; depths L = %s; %s independent initial draws from ρ₀ for each size (seeds from %d on), nested: a narrower network is part of the wider one. Dynamics: %s.%s",
			list(n.Widths), list(n.Depths), r.seeds(), n.Seed, strings.TrimSpace(n.Dynamics.Name()+" "+parenthesis(settings(n.Dynamics))), precision)})
	}
	return out
}

func (study *Study) solverText(v Solver) string {
	if c := v.Characteristics; c != nil {
		if c.Random() {
			return fmt.Sprintf("characteristics (%d nodes a layer and block, %s from ρ₀ with seed %d)", c.Nodes, c.Rule, c.Seed)
		}
		if c.Step > 0 {
			return fmt.Sprintf("%s (%d nodes an axis, minimising movements of step %s)", c.Scheme(), c.Nodes, plain(c.Step))
		}
		return fmt.Sprintf("characteristics (%d nodes an axis)", c.Nodes)
	}
	s := study.Label(v.Scheme)
	if v.Cells > 0 {
		s += fmt.Sprintf(", %d cells an axis", v.Cells)
	}
	if t, ok := v.Scheme.(pde.StepScheme); ok {
		s += ", step " + plain(t.NominalStep())
	}
	return s
}

func list(x []int) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(x)), ", "), "[]")
}

// symbolList defines every letter of the report.
func symbolList(confidence string) []term {
	return []term{
		{"t", "depth, from 0 (prompt) to 1 (last layer); layer k stands at t = k/L"},
		{"τ", "training time of the gradient flow"},
		{"L, M", "number of layers, and of heads (neurons) per layer and block; λ weighs the regulariser"},
		{"ρ, ρ₀", "density of the parameters of one block at one depth, of mass one, and its start"},
		{"Ψ, D", "first variation δQ/δρ, so that −∇Ψ is the velocity; dissipation D = Σ ∫ρ|∇Ψ|² averaged over depth"},
		{"R, Q", "risk and objective; output: the number that the Transformer returns for a prompt"},
		{"error", "largest distance from the reference over the saved times: |R − R_ref|, |Q − Q_ref|, or for outputs the root mean square over prompts; of several seeds the root mean square; for densities, where the reference has one, the L¹ norm of the difference"},
		{"θ, θ̃", "parameters of one head or neuron of a network, and of its coupled particle, which starts at the same place and moves with the velocity −∇Ψ of the mean field; coupling: the largest |θ − θ̃| over the saved times and over the particles that networks of all widths share; coupling-rms: the largest root mean square over all particles"},
		{"slope", "p of the least-squares fit error ≈ C·Xᵖ, with a " + confidence},
		{"verdict", "of a rate that is predicted as such: consistent: the interval, no wider than half of the prediction, contains it or comes within the margin, 5 % of it (0.025 near 0), which was fixed beforehand; faster, slower: the interval lies beyond the margin on the side where the error falls faster or more slowly. Of a theorem's upper bound: within, sharp: the interval contains the bound's rate or comes within the margin; within, better than: the error falls faster than the bound; violates: it falls more slowly. Undecided: fewer than three points, or too wide an interval"},
		{"rival laws", "laws for the fluctuation of networks about the mean field of the same depth, error = C·g(L, M) with C free: slope is that of g over the fitted points, σ how many standard errors the measured slope is from it, ΔAIC how much worse than the best law it describes the points (Akaike's criterion; above 10 it has next to no support)"},
		{"contracts", "mass error: largest relative change of the mass of a component; energy rise: largest rise of Q in one step, relative to max(1, |Q| at the start); dissipation residual: largest |ΔQ + ∫D dτ| over a saved interval, relative to the whole fall of Q; wall mass: largest mass in the outermost cells of the box; certificate: how far an implicit step is from its optimality conditions"},
	}
}

// verdicts lists the verdicts in the order of the report.
var verdicts = []Verdict{Consistent, Faster, Slower, Sharp, Better, Violates, Undecided}

// rateSentence describes ladders of the same runs, with the interval of the first;
// the others are in the table.
func rateSentence(ladders []Ladder) string {
	var parts []string
	for i := range ladders {
		l := &ladders[i]
		if !isFinite(l.Rate.Value) {
			parts = append(parts, fmt.Sprintf("%s no slope (%s)", l.Quantity, l.Rate.Verdict))
			continue
		}
		interval := ""
		if i == 0 {
			interval = " " + l.Rate.Interval()
		}
		parts = append(parts, fmt.Sprintf("%s %s%s, %s", l.Quantity, l.Rate.Slope(), interval, l.Rate.Verdict))
	}
	l := &ladders[0]
	source := ""
	if l.Rate.Source != "" {
		source = " (" + l.Rate.Source + ")"
	}
	return fmt.Sprintf("Against %s%s, predicted slope %s%s: %s.", l.Against.axis(), schemeSuffix(l), plain(l.Rate.Predicted), source, strings.Join(parts, "; "))
}

// contractSentence states the worst of the contracts over the grid runs.
func contractSentence(r *Result) string {
	mass, low, rise, wall, n := 0.0, math.Inf(1), 0.0, 0.0, 0
	for _, run := range r.Runs {
		if run.Kind == Grid {
			c := run.Trajectory.Contracts
			mass, low, rise, wall = max(mass, c.MassError), min(low, c.MinDensity), max(rise, c.EnergyRise), max(wall, c.WallMass)
			n++
		}
	}
	if n == 0 {
		return ""
	}
	rises := "Q rises in no step"
	if rise != 0 {
		rises += " by more than " + significant(rise, 2) + " (relative)"
	}
	return fmt.Sprintf("Over all %d grid runs the mass of a component changes by at most %s (relative), the density is at least %s, %s, and at most %s of the mass is at the wall of the box.",
		n, significant(mass, 2), significant(low, 2), rises, significant(wall, 2))
}
