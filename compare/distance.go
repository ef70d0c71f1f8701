package compare

import (
	"math"

	gonum "gonum.org/v1/gonum/floats" // the package has floats of its own

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/transport"
)

// Reference is what the points of a ladder are compared with: a curve of risk,
// objective and outputs over the saved times, with an estimate of its error.
type Reference struct {
	Label     string               // in words: what it is and how its error was estimated
	Risk      []float64            // at the saved times
	Objective []float64            // at the saved times
	Output    [][]float64          // [saved time][prompt]
	Error     map[Quantity]float64 // estimated error, in each quantity's own distance
	// Density returns the density of a component at a saved time, as cell averages; nil where
	// only the curves above are known. DensityLabel says what it is.
	Density      func(c int, tau float64, g *grid.Grid) (*grid.Density, error)
	DensityLabel string
}

// curve returns the reference that a trajectory stands for, with no error
// estimate yet.
func curve(t *pde.Trajectory) *Reference {
	return &Reference{Risk: t.Risk, Objective: t.Energy, Output: t.Output, Error: map[Quantity]float64{}}
}

// Distance returns how far a learner's trajectory is from a reference, uniformly
// over the saved times as in [G, Thm 3.1]: max_s |R − R_ref|, max_s |Q − Q_ref|, or
// max_s (Σ_b (out_b − ref_b)²/B)^{1/2}.
func Distance(q Quantity, t *pde.Trajectory, r *Reference) float64 {
	return distance(q, curve(t), r)
}

func distance(q Quantity, a, b *Reference) float64 {
	switch q {
	case Risk:
		return maxDifference(a.Risk, b.Risk)
	case Objective:
		return maxDifference(a.Objective, b.Objective)
	case Output:
		worst := 0.0
		for s := range b.Output {
			sum := 0.0
			for i, y := range b.Output[s] {
				d := a.Output[s][i] - y
				sum += d * d
			}
			worst = max(worst, math.Sqrt(sum/float64(len(b.Output[s]))))
		}
		return worst
	}
	panic("compare: unknown quantity " + string(q))
}

// DensityDistance returns max_s (1/C) Σ_c ‖ρ_c(τ_s) − ρ_ref(τ_s)‖₁ over the saved
// times and the C components of a grid run.
func DensityDistance(t *pde.Trajectory, r *Reference) (float64, error) {
	worst := 0.0
	for s, state := range t.States {
		sum := 0.0
		for c, d := range state {
			want, err := r.Density(c, t.Time[s], d.Grid)
			if err != nil {
				return 0, err
			}
			sum += l1Distance(d, want)
		}
		worst = max(worst, sum/float64(len(state)))
	}
	return worst, nil
}

func maxDifference(a, b []float64) float64 {
	worst := 0.0
	for s := range b {
		worst = max(worst, math.Abs(a[s]-b[s]))
	}
	return worst
}

// estimate records, as the error of r, its distance from a coarser version of
// itself.
func (r *Reference) estimate(coarser *Reference) *Reference {
	for _, q := range Quantities {
		r.Error[q] = distance(q, r, coarser)
	}
	return r
}

// extrapolate returns Richardson's extrapolation of a quantity whose error falls
// like n^{-order}, from its values at n (fine) and n/2 (coarse). Its error estimate is
// its distance from the fine values, which overestimates it.
func extrapolate(fine, coarse *Reference, order int) *Reference {
	w := 1 / (math.Exp2(float64(order)) - 1)
	r := combine([]float64{1 + w, -w}, fine, coarse)
	return r.estimate(fine)
}

// combine returns the curve Σ_i weight_i curves_i, without an error estimate.
func combine(weight []float64, curves ...*Reference) *Reference {
	r := &Reference{Risk: make([]float64, len(curves[0].Risk)), Objective: make([]float64, len(curves[0].Objective)), Error: map[Quantity]float64{}}
	for _, y := range curves[0].Output {
		r.Output = append(r.Output, make([]float64, len(y)))
	}
	for i, c := range curves {
		gonum.AddScaled(r.Risk, weight[i], c.Risk)
		gonum.AddScaled(r.Objective, weight[i], c.Objective)
		for s, y := range c.Output {
			gonum.AddScaled(r.Output[s], weight[i], y)
		}
	}
	return r
}

// size returns the distance of a curve from 0.
func (r *Reference) size(q Quantity) float64 { return distance(q, r, combine([]float64{0}, r)) }

// l1Distance returns ∫|a − b| of two densities on the same grid.
func l1Distance(a, b *grid.Density) float64 {
	var sum float64
	for i, v := range a.Values {
		sum += math.Abs(v-b.Values[i]) * a.Grid.RelativeVolume(i)
	}
	return sum * a.Grid.MeanVolume()
}

// DensityErrors returns the distances of two densities of the same mass on the same
// grid: in L¹, and the Wasserstein distances W₁ and W₂ on a grid of one axis, where
// they are cheap and exact for averages that are constant in each cell; NaN on others.
func DensityErrors(a, b *grid.Density) (l1, w1, w2 float64) {
	if !a.Grid.Equal(b.Grid) {
		panic("compare: DensityErrors: densities on different grids")
	}
	w1, w2 = math.NaN(), math.NaN()
	if a.Grid.Dim() == 1 {
		if w, err := transport.LineDensities(transport.Euclidean, a, b); err == nil {
			w1 = w
		}
		if w, err := transport.LineDensities(transport.Squared, a, b); err == nil {
			w2 = math.Sqrt(w)
		}
	}
	return l1Distance(a, b), w1, w2
}
