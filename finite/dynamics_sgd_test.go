package finite

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde"
)

func TestSGDOfAllPromptsIsDescent(t *testing.T) {
	m := testModel(3, true)
	start := Draw(m, 5, 1)
	want := trained(t, m, start, testTimes, Descent{Step: 0.02})
	for _, batch := range []int{6, 100} {
		assert.Equal(t, want, trained(t, m, start, testTimes, SGD{Step: 0.02, Batch: batch, Seed: 3}))
	}
	assert.NotEqual(t, want, trained(t, m, start, testTimes, SGD{Step: 0.02, Batch: 5, Seed: 3}))
}

// Every prompt is as likely in every batch, and a step's batch depends on seed and step
// alone.
func TestSGDBatches(t *testing.T) {
	m := testModel(1, false)
	e := Draw(m, 1, 1)
	f, err := m.BindAtoms(e)
	require.NoError(t, err)
	w := newSGD(SGD{Batch: 2, Seed: 5}, f.(pde.Batched))
	pairs := map[[2]int]int{}
	const steps = 15000
	for s := range steps {
		b := w.batch(s)
		require.Len(t, b, 2)
		pairs[[2]int{b[0], b[1]}]++
	}
	assert.Len(t, pairs, 15)
	for p, n := range pairs {
		// Five standard deviations of a binomial count of mean 1000.
		assert.InDelta(t, steps/15, n, 5*math.Sqrt(1000), "%v", p)
	}
}

// The root mean square distance from the flow falls at order 1/2 in the step.
func TestSGDOrder(t *testing.T) {
	serial(t)
	m := linearModel(2)
	start := Draw(m, 4, 1)
	times := []float64{0, 1}
	flow := trained(t, m, start, times, Gradient{RTol: 1e-10, ATol: 1e-12})
	const seeds = 200
	var spread []float64
	for _, h := range []float64{0.1, 0.05, 0.025, 0.0125, 0.00625} {
		square := 0.0
		for seed := range uint64(seeds) {
			d := distance(trained(t, m, start, times, SGD{Step: h, Batch: 2, Seed: seed}), flow)
			square += d * d / seeds
		}
		spread = append(spread, math.Sqrt(square))
	}
	t.Logf("spread %.3g, orders %.3f", spread, orders(spread))
	for _, p := range orders(spread) {
		assert.InDelta(t, 0.5, p, 0.1)
	}
}

// The mean over seeds tends to descent's curve like one over the root of their number,
// down to a bias of the order of the step.
func TestSGDMean(t *testing.T) {
	serial(t)
	m := linearModel(2)
	start := Draw(m, 4, 1)
	times := []float64{0, 1}
	const h = 0.01
	want := trained(t, m, start, times, Descent{Step: h})
	sum, square, n := make([]float64, len(want)), 0.0, 0.0
	var ratio []float64
	for seed := range uint64(2000) {
		got := trained(t, m, start, times, SGD{Step: h, Batch: 2, Seed: seed})
		square += distance(got, want) * distance(got, want)
		for i, v := range got {
			sum[i] += v
		}
		if n++; n == 20 || n == 200 || n == 2000 {
			mean := make([]float64, len(sum))
			for i, v := range sum {
				mean[i] = v / n
			}
			ratio = append(ratio, distance(mean, want)/math.Sqrt(square/n))
		}
	}
	t.Logf("distance of the mean over the spread: %.4f", ratio)
	for i, chance := range []float64{1 / math.Sqrt(20), 1 / math.Sqrt(200), 1 / math.Sqrt(2000)} {
		assert.Less(t, ratio[i], 3*chance)
	}
}

func TestSGDRefuses(t *testing.T) {
	assert.ErrorContains(t, SGD{Batch: -1}.Validate(), "batch: ")
	assert.ErrorContains(t, SGD{Step: -1}.Validate(), "step: ")
	e := testAtoms(1)
	f, err := (&testEnergy{}).BindAtoms(e)
	require.NoError(t, err)
	assert.ErrorContains(t, SGD{}.Train(t.Context(), f, e, []float64{0, 1}, nil), "no samples")
}
