package compare

import (
	"fmt"
	"math"
	"strings"

	"pdesolve/grid"
	"pdesolve/pde/transformer"
)

// densityPart is one block's heat map with the words on it.
type densityPart struct {
	Title  string
	Figure figure
	Words  []string
	Frames []figure // see gallery
}

// densityParts describes the density of every block of the finest grid run.
func densityParts(r *Result) []densityPart {
	run := densityRun(r)
	if run == nil {
		return nil
	}
	m := &r.Study.Model
	var out []densityPart
	for b, c := range m.Blocks {
		name := strings.TrimSuffix(blockPrefixes(m)[b], ".")
		if name == "" {
			name = c.Block.Name()
		}
		out = append(out, densityPart{
			Title:  name,
			Figure: densityFigure(run, m, b, "figures/density-"+fileName(name)+".svg"),
			Words:  densityWords(run, m, b),
			Frames: gallery(run, m, b, name),
		})
	}
	return out
}

// densityWords says what the density of block b means and, from the numbers, where
// its mass went.
func densityWords(run *Run, m *transformer.Model, b int) []string {
	var out []string
	if w := wordsOf(m.Blocks[b].Block); w.reading != "" {
		out = append(out, w.reading)
	}
	names := mapped(m.Parameters(b), symbol)
	states := run.Trajectory.States
	first, last := states[0][b*run.Depth:(b+1)*run.Depth], states[len(states)-1][b*run.Depth:(b+1)*run.Depth]
	var moves []string
	var before, after []float64
	for k, name := range names {
		m0, s0 := overDepth(first, k)
		m1, s1 := overDepth(last, k)
		before, after = append(before, m0), append(after, m1)
		moves = append(moves, fmt.Sprintf("%s from %s (spread %s) to %s (spread %s)", name, decimal(m0, 2), decimal(s0, 2), decimal(m1, 2), decimal(s1, 2)))
	}
	end := plain(run.Trajectory.Time[len(states)-1])
	out = append(out, fmt.Sprintf("Averaged over depth, the mean moves between τ = 0 and τ = %s: %s. Spread is the standard deviation.", end, strings.Join(moves, "; ")))
	if f := wordsOf(m.Blocks[b].Block).numbers; f != nil {
		if text := f(before, after); text != "" {
			out = append(out, text)
		}
	}
	if run.Depth > 1 {
		out = append(out, depthTrend(run, names, last))
	}
	out = append(out, signWords(names, first, last, end))
	return out
}

// overDepth returns the mean and standard deviation of coordinate k under the
// mixture of the slices.
func overDepth(slices []*grid.Density, k int) (mean, deviation float64) {
	second := 0.0
	for _, d := range slices {
		mu, v := d.Mean()[k], d.Covariance()[k][k]
		mean += mu
		second += v + mu*mu
	}
	n := float64(len(slices))
	mean /= n
	return mean, math.Sqrt(max(0, second/n-mean*mean))
}

// depthTrend compares the first with the last layer after training.
func depthTrend(run *Run, names []string, last []*grid.Density) string {
	a, z := last[0].Mean(), last[len(last)-1].Mean()
	var parts []string
	for k, name := range names {
		parts = append(parts, fmt.Sprintf("%s is %s at t = %s and %s at t = %s", name,
			decimal(a[k], 2), plain(sliceDepth(run, 0)), decimal(z[k], 2), plain(sliceDepth(run, run.Depth-1))))
	}
	return "After training the mean of " + strings.Join(parts, "; that of ") + "."
}

// signWords says how much of the marginal of each parameter lies above zero at the
// start and at the end.
func signWords(names []string, first, last []*grid.Density, end string) string {
	var parts []string
	for k, name := range names {
		parts = append(parts, fmt.Sprintf("%s > 0: %s before, %s after", name, percent(above(first, k)), percent(above(last, k))))
	}
	return "Share of the mass, all depths together, with " + strings.Join(parts, "; with ") + " (τ = " + end + ")."
}

// above returns the mass of the marginal on axis k above 0, averaged over the slices;
// the cell that holds 0 is split in proportion.
func above(slices []*grid.Density, k int) float64 {
	total := 0.0
	for _, d := range slices {
		p := d.Marginal(k)
		a := p.Grid.Axis(0)
		for i, v := range p.Values {
			lo, hi := a.Edge(i), a.Edge(i+1)
			total += v * max(0, hi-max(lo, 0))
		}
	}
	return total / float64(len(slices))
}

func percent(x float64) string { return decimal(100*x, 0) + "\u00a0%" }

// contractGroup is a row of the table of contracts: one run, or the networks of one
// depth together.
type contractGroup struct {
	label   string
	grid    bool
	worst   contracts
	seconds float64
}
