package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// What attention figures show.
const (
	attentionPrompts = 2
	attentionHeads   = 3
	attentionLayers  = 4
	attentionPanel   = 1.45 * vg.Inch // width of a map with its axis
)

// shownNetwork returns the network whose heads are shown: of those at the model's depth,
// or else of all, the widest, of the first seed; nil if none stores its atoms.
func shownNetwork(r *Result) *Run {
	var best *Run
	better := func(a, b *Run) bool {
		at, bt := a.Depth == r.Study.Model.Depth, b.Depth == r.Study.Model.Depth
		if at != bt {
			return at
		}
		return cmp.Or(cmp.Compare(a.Width, b.Width), cmp.Compare(b.Seed, a.Seed)) > 0
	}
	for _, run := range r.Runs {
		if run.Kind == Finite && len(run.Trajectory.Ensembles) > 0 && (best == nil || better(run, best)) {
			best = run
		}
	}
	return best
}

// ofDepth returns the study's model with the depth of the run.
func ofDepth(m *transformer.Model, run *Run) *transformer.Model {
	other := *m
	other.Depth = run.Depth
	return &other
}

// attentionFigures draws the attention of the shown network's heads at the end of
// training, a figure a prompt, for the first block of softmax heads.
func attentionFigures(r *Result) []figure {
	run := shownNetwork(r)
	if run == nil {
		return nil
	}
	m := ofDepth(&r.Study.Model, run)
	block := -1
	for i := len(m.Blocks) - 1; i >= 0; i-- {
		if m.Attends(i) {
			block = i
		}
	}
	if block < 0 {
		return nil
	}
	var out []figure
	for prompt := range min(attentionPrompts, m.Prompts.Len()) {
		if f, ok := attentionFigure(run, m, block, prompt); ok {
			out = append(out, f)
		}
	}
	return out
}

// attentionFigure draws P of the heads that take most in every layer, layers in columns.
func attentionFigure(run *Run, m *transformer.Model, block, prompt int) (figure, bool) {
	e := lastEnsemble(run)
	heads := make([][]int, m.Depth)
	for k := range heads {
		heads[k] = strongest(&e.Component[m.ComponentOf(block, k)], m.LinearOf(block), attentionHeads)
	}
	p, err := m.Attention(e, block, prompt, heads)
	if err != nil {
		return figure{}, false // of another model, in a folder that was edited
	}
	layers := spread(m.Depth, attentionLayers)
	top := 0.0
	for _, k := range layers {
		for _, w := range p[k] {
			top = max(top, slices.Max(w))
		}
	}
	n := m.Prompts.N
	var rows [][]*plot.Plot
	for h := range heads[0] {
		var row []*plot.Plot
		for c, k := range layers {
			q := newPlot(fmt.Sprintf("layer %d, head %d", k, heads[k][h]), "", "")
			if h == len(heads[0])-1 {
				q.X.Label.Text = "token j"
			}
			if c == 0 {
				q.Y.Label.Text = "token i"
			}
			heat := plotter.NewHeatMap(newSquare(p[k][h], n), viridis{})
			heat.Min, heat.Max, heat.Rasterized = 0, top, true
			q.Add(heat)
			q.X.Min, q.X.Max, q.Y.Min, q.Y.Max = -0.5, float64(n)-0.5, -0.5, float64(n)-0.5
			q.X.Padding, q.Y.Padding = 0, 0
			q.X.Tick.Marker, q.Y.Tick.Marker = tokenTicks(n), tokenTicks(n)
			row = append(row, q)
		}
		rows = append(rows, append(row, colorBar(top, "P")))
	}
	tau := plain(lastOf(run.Trajectory.Time))
	what := fmt.Sprintf("prompt %d", prompt)
	if len(run.Accuracy) > 0 {
		what += fmt.Sprintf(" (class %s)", plain(m.Prompts.Label[prompt]))
	}
	peak, at := largest(p, layers)
	return figure{
		File:    fmt.Sprintf("figures/attention-%d.svg", prompt),
		drawing: renderWithBars(rows, vg.Length(len(layers))*attentionPanel+0.8*vg.Inch, vg.Length(len(rows))*1.65*vg.Inch),
		Caption: fmt.Sprintf("Attention after training (τ = %s) on %s: P_ij, the share of token j in what token i takes in; every row sums to 1. Block %s of run %s; of every layer the %d heads with the largest |V| (largest |v|), the largest first. A uniform head has P = %s everywhere.",
			tau, what, m.Blocks[block].Block.Name(), run.ID, len(heads[0]), significant(1/float64(n), 2)),
		Alt: fmt.Sprintf("Heat maps of the softmax weights of %d heads in layers %s on %s. The largest weight is %s, in layer %d.",
			len(heads[0]), list(layers), what, significant(peak, 2), at),
	}, true
}

// largest returns the largest weight in the layers, and its layer.
func largest(p [][][]float64, layers []int) (peak float64, layer int) {
	for _, k := range layers {
		for _, w := range p[k] {
			if v := slices.Max(w); v > peak {
				peak, layer = v, k
			}
		}
	}
	return peak, layer
}

// lastEnsemble returns the atoms at the end of a run that stores them.
func lastEnsemble(run *Run) *pde.Ensemble {
	return run.Trajectory.Ensembles[len(run.Trajectory.Ensembles)-1]
}

// strongest returns at most n atoms, those whose last linear parameters have the largest
// norm, the largest first.
func strongest(a *pde.Atoms, linear, n int) []int {
	size := make([]float64, a.N)
	for d := a.Dim - linear; d < a.Dim; d++ {
		for j, v := range a.Coordinate(d) {
			size[j] += v * v
		}
	}
	all := make([]int, a.N)
	for j := range all {
		all[j] = j
	}
	slices.SortStableFunc(all, func(i, j int) int { return cmp.Compare(size[j], size[i]) })
	return all[:min(n, a.N)]
}

// spread returns at most count of 0, …, n−1, evenly, the first and the last among them.
func spread(n, count int) []int {
	var out []int
	for i := range min(n, count) {
		out = append(out, i*(n-1)/max(1, min(n, count)-1))
	}
	return out
}

// square is an n×n matrix as gonum's GridXYZ, columns to the right and rows upwards, every
// entry being times×times pixels: viewers blur the bounds of pixels.
type square struct {
	p        []float64
	n, times int
}

// newSquare returns a square of at least 128 pixels.
func newSquare(p []float64, n int) square { return square{p, n, (127 + n) / n} }

func (s square) Dims() (int, int)   { return s.n * s.times, s.n * s.times }
func (s square) X(j int) float64    { return (float64(j)+0.5)/float64(s.times) - 0.5 }
func (s square) Y(i int) float64    { return s.X(i) }
func (s square) Z(j, i int) float64 { return s.p[i/s.times*s.n+j/s.times] }

// tokenTicks labels at most six of n tokens.
func tokenTicks(n int) plot.ConstantTicks {
	var t plot.ConstantTicks
	step := int(math.Ceil(float64(n) / 6))
	for i := 0; i < n; i += step {
		t = append(t, plot.Tick{Value: float64(i), Label: fmt.Sprint(i)})
	}
	return t
}
