package finite

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"pdesolve/grid"
	"pdesolve/pde"
)

func TestLangevinWithoutNoise(t *testing.T) {
	m := testModel(3, true)
	start := Draw(m, 5, 1)
	assert.Equal(t, trained(t, m, start, testTimes, Descent{Step: 0.02}), trained(t, m, start, testTimes, Langevin{Step: 0.02, Order: 1}))
	checkOrder(t, 2, 0.15, []float64{0.05, 0.025, 0.0125, 0.00625}, func(h float64) Dynamics { return Langevin{Step: h} })
}

// The stationary variance of an Ornstein–Uhlenbeck process tells the orders: it is
// (σ/κ)/(1 − z/2) at order 1 and (σ/κ)(1 − z/2)/(1 − z/2 + z²/4) at order 2, z = κh.
func TestLangevinStationary(t *testing.T) {
	serial(t)
	const κ, σ, atoms = 1.5, 0.3, 1500
	times := []float64{0}
	for s := range 60 {
		times = append(times, float64(s+2)*2) // three or more relaxation times apart
	}
	start := pde.NewEnsemble([]int{2}, []int{atoms})
	for _, c := range []struct {
		order int
		steps []float64
		exact func(z float64) float64
	}{
		{1, []float64{0.8, 0.4, 0.2, 0.1}, func(z float64) float64 { return 1 / (1 - z/2) }},
		{2, []float64{1.2, 0.9, 0.6, 0.4}, func(z float64) float64 { return (1 - z/2) / (1 - z/2 + z*z/4) }},
	} {
		var bias []float64
		for _, z := range c.steps {
			h := 2 / math.Ceil(2*κ/z) // divides 2
			tr, err := Simulate(context.Background(), &testEnergy{κ: κ, σ: σ}, start, times, Langevin{Step: h, Order: c.order, Seed: 4}, nil)
			require.NoError(t, err)
			sum, n := 0.0, 0.0
			for _, e := range tr.Ensembles[1:] {
				for _, x := range e.Theta {
					sum += x * x
					n++
				}
			}
			got := sum / n / (σ / κ)
			// Five standard errors of a variance of n independent normal numbers.
			assert.InEpsilon(t, c.exact(κ*h), got, 5*math.Sqrt(2/n), "order %d, z = %v", c.order, κ*h)
			bias = append(bias, math.Abs(got-1))
			t.Logf("order %d, z = %.3f: variance %.4f, exact %.4f", c.order, κ*h, got, c.exact(κ*h))
		}
		first, last := 2/math.Ceil(2*κ/c.steps[0]), 2/math.Ceil(2*κ/c.steps[3])
		p := math.Log(bias[0]/bias[3]) / math.Log(first/last)
		t.Logf("order %d measured %.3f", c.order, p)
		assert.InDelta(t, c.order, p, 0.25)
	}
}

// The law at a time is that of the Ornstein–Uhlenbeck process: from points, normal
// with mean x e^{−κτ} and variance (σ/κ)(1 − e^{−2κτ}).
func TestLangevinTransient(t *testing.T) {
	const κ, σ, atoms, end = 1.5, 0.3, 20000, 0.7
	start := pde.NewEnsemble([]int{1}, []int{atoms})
	for i := range start.Theta {
		start.Theta[i] = 2
	}
	x := trained(t, &testEnergy{κ: κ, σ: σ}, start, []float64{0, end}, Langevin{Step: 0.02, Seed: 9})
	variance := σ / κ * (1 - math.Exp(-2*κ*end))
	slices.Sort(x)
	worst := 0.0
	for i, v := range x {
		cdf := math.Erfc(-(v-2*math.Exp(-κ*end))/math.Sqrt(2*variance)) / 2
		worst = max(worst, math.Abs(cdf-(float64(i)+0.5)/atoms))
	}
	// Kolmogorov: a distance of 1.95/√n has a chance of a thousandth.
	assert.Less(t, worst, 1.95/math.Sqrt(atoms))
}

// Noise belongs to (seed, component, atom, step): cores and width do not change it.
func TestLangevinStreams(t *testing.T) {
	m := testModel(2, true)
	m.Temperature = 0.1
	run := func(cores int, seed uint64) []float64 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		return trained(t, m, Draw(m, 33, 2), []float64{0, 0.1}, Langevin{Seed: seed})
	}
	assert.Equal(t, run(1, 1), run(2, 1))
	assert.NotEqual(t, run(1, 1), run(1, 2))
	one := func(n int) []float64 {
		return trained(t, &testEnergy{κ: 1, σ: 1}, pde.NewEnsemble([]int{1, 1}, []int{n, n}), []float64{0, 0.1}, Langevin{Seed: 7})
	}
	narrow, wide := one(3), one(5)
	assert.Equal(t, narrow[:3], wide[:3])
	assert.Equal(t, narrow[3:], wide[5:8])
	seen := map[float64]bool{}
	for _, v := range wide {
		assert.False(t, seen[v], "%v twice", v)
		seen[v] = true
	}
}

// The marginals of S at a temperature are those of the density with entropy, at four
// widths and over many seeds: the distances W₁ are distributed as those of independent
// draws from the density, and the first two moments agree within the standard errors of
// all seeds together.
//
// Chance alone puts one distance of a hundred above 2.1 times their mean, so one
// network shows little, however wide. Atoms of one network see each other through the
// risk, which damps what they have in common; that makes distances smaller than those of
// independent draws, if anything, and the test looks for larger ones.
func TestLangevinMarginals(t *testing.T) {
	serial(t)
	const end = 0.8
	m := testModel(2, false)
	m.Decay, m.Temperature = 0.5, 0.2
	limit := func(n int) pde.State {
		m.Blocks[0].Axes = []grid.Axis{{Lo: -3, Hi: 4, N: n}, {Lo: -3, Hi: 4, N: n}}
		grids, err := m.Grids(0)
		require.NoError(t, err)
		rho, err := m.InitialState(grids)
		require.NoError(t, err)
		tr, err := pde.Solve(context.Background(), pde.Problem{Energy: m, Initial: rho, Times: []float64{0, end}}, pde.RKL2{Step: 0.02}, nil)
		require.NoError(t, err)
		return tr.States[1]
	}
	coarse, rho := limit(64), limit(96)
	r := rand.New(rand.NewPCG(21, 22))
	for _, c := range []struct{ width, seeds int }{{64, 40}, {256, 20}, {1024, 10}, {4096, 5}} {
		var ratio [2][]float64      // W₁ over its chance mean, of each parameter
		var mean, spread [2]float64 // sums of standardised errors of the mean and the variance
		for seed := range c.seeds {
			tr, err := Simulate(context.Background(), m, Draw(m, c.width, uint64(100+seed)), []float64{0, end}, Langevin{Step: 0.04, Seed: uint64(seed)}, nil)
			require.NoError(t, err)
			for l, d := range rho {
				μ, cov := d.Mean(), d.Covariance()
				for k := range 2 {
					x := tr.Ensembles[1].Component[l].Coordinate(k)
					w, chance := marginalDistance(d.Marginal(k), x)
					ratio[k] = append(ratio[k], w/chance)
					first, second := 0.0, 0.0
					for _, v := range x {
						first += v - μ[k]
						second += (v - μ[k]) * (v - μ[k])
					}
					n := float64(c.width)
					mean[k] += first / math.Sqrt(n*cov[k][k])
					spread[k] += (second/n/cov[k][k] - 1) / math.Sqrt(2/n)
				}
			}
		}
		all := float64(len(ratio[0])) // seeds and layers
		for k := range 2 {
			var null []float64
			for range 400 {
				d := rho[len(null)%2].Marginal(k)
				w, chance := marginalDistance(d, independent(r, d, c.width))
				null = append(null, w/chance)
			}
			got, want, sd := stat.Mean(ratio[k], nil), stat.Mean(null, nil), stat.StdDev(null, nil)
			t.Logf("width %d, parameter %d, %v networks' layers: W1 over its chance mean %.3f, largest %.2f; independent draws %.3f ± %.3f, one of a hundred above %.2f; mean off by %.2f, variance by %.2f standard errors",
				c.width, k, all, got, slices.Max(ratio[k]), want, sd, stat.Quantile(0.99, stat.Empirical, slices.Sorted(slices.Values(null)), nil), mean[k]/math.Sqrt(all), spread[k]/math.Sqrt(all))
			assert.InDelta(t, 1, want, 5*sd/20, "the null's mean, from the formula for chance")
			assert.Less(t, got, want+4*sd/math.Sqrt(all), "W1, width %d", c.width)
			assert.Less(t, math.Abs(mean[k]), 4*math.Sqrt(all), "mean, width %d", c.width)
			assert.Less(t, math.Abs(spread[k]), 4*math.Sqrt(all), "variance, width %d", c.width)
			// The grid is no part of what is seen: two thirds of the cells change the moments by
			// less than half a standard error of all seeds, and its own error is 4/5 of that.
			for l := range rho {
				σ := rho[l].Covariance()[k][k]
				n := all * float64(c.width)
				assert.Less(t, math.Abs(coarse[l].Mean()[k]-rho[l].Mean()[k]), 0.5*math.Sqrt(σ/n))
				assert.Less(t, math.Abs(coarse[l].Covariance()[k][k]/σ-1), 0.5*math.Sqrt(2/n))
			}
		}
	}
}

// marginalDistance returns W₁ between the density d of one axis and the atoms x, both
// seen at the edges of cells, and what it is in mean for independent draws from d.
func marginalDistance(d *grid.Density, x []float64) (w, chance float64) {
	a, n := d.Grid.Axis(0), float64(len(x))
	h := (a.Hi - a.Lo) / float64(a.N)
	x = slices.Sorted(slices.Values(x))
	cdf := 0.0
	for i, v := range d.Values {
		cdf += v * h
		below, _ := slices.BinarySearch(x, a.Lo+float64(i+1)*h)
		w += h * math.Abs(cdf-float64(below)/n)
		chance += h * math.Sqrt(max(0, cdf*(1-cdf))*2/(math.Pi*n))
	}
	return w, chance
}

// independent returns n independent draws from the density d of one axis, each in the
// middle of its cell.
func independent(r *rand.Rand, d *grid.Density, n int) []float64 {
	a := d.Grid.Axis(0)
	h := (a.Hi - a.Lo) / float64(a.N)
	cdf := make([]float64, a.N)
	floats.CumSum(cdf, d.Values)
	floats.Scale(h, cdf)
	x := make([]float64, n)
	for j := range x {
		i, _ := slices.BinarySearch(cdf, r.Float64())
		x[j] = a.Lo + (float64(min(i, a.N-1))+0.5)*h
	}
	return x
}

func TestNoiseIsNotForgotten(t *testing.T) {
	for _, name := range Kinds.Names() {
		d, err := Kinds.New(name)
		require.NoError(t, err)
		_, err = Simulate(context.Background(), &testEnergy{κ: 1, σ: 0.2}, testAtoms(1), []float64{0, 0.1}, d, nil)
		if name == "langevin" {
			assert.NoError(t, err)
			continue
		}
		assert.ErrorContains(t, err, name+": moves atoms without noise, and the energy has temperature 0.2")
	}
	m := testModel(1, false)
	m.Temperature = 0.2
	_, err := Characteristics{}.Solve(context.Background(), m, []float64{0, 1}, nil)
	assert.ErrorContains(t, err, "without noise")
	assert.ErrorContains(t, Langevin{Order: 3}.Validate(), "order: ")
	assert.ErrorContains(t, Langevin{Step: -1}.Validate(), "step: ")
}
