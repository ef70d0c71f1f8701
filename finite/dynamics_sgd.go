package finite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"pdesolve/pde"
)

// SGD is stochastic gradient descent over minibatches of prompts,
//
//	θ ← θ − h ∇Ψ_S(θ),
//
// where S is a batch of distinct prompts, drawn anew for every step from all batches
// of its size with equal chance, and Ψ_S belongs to the risk averaged over S. So
// E ∇Ψ_S = ∇Ψ. A step takes training time h. The curve's root mean square distance from
// the flow of Gradient falls at order 1/2 in h; the mean over seeds tends to Descent's
// curve but for a bias of the order of h.
// A batch of all prompts is Descent, to the byte.
//
// The batch of a step depends on (Seed, step) only. Energies and risks of a trajectory
// are over all prompts and known at the saved times only.
type SGD struct {
	Step  float64 `yaml:"step"`  // training time h of a step, above 0; 0 means the default 0.01
	Batch int     `yaml:"batch"` // prompts a step, at least 1; 0 means the default 1; all of them if there are fewer
	Seed  uint64  `yaml:"seed"`  // of the batches
	Clip  float64 `yaml:"clip"`  // largest length of the gradient, see Descent; 0, the default, does not clip
}

func init() {
	Kinds.Add("sgd", func() Dynamics { return &SGD{Step: defaultStep, Batch: 1} })
}

// Name returns "sgd".
func (SGD) Name() string { return "sgd" }

// Summary says what the dynamics is.
func (SGD) Summary() string {
	return "gradient descent over minibatches of prompts; order 1/2 in the step to gradient flow"
}

// Validate reports a step that is not positive and a negative batch or clip.
func (d SGD) Validate() error {
	if d.Batch < 0 {
		return fmt.Errorf("batch: %d: want at least 1 prompt a step", d.Batch)
	}
	return checkClipped(d.Step, d.Clip)
}

// Train moves e; see Dynamics, and Descent.Train for the saved times and for runs that
// diverge. It fails if f, unwrapped, is not a pde.Batched.
func (d SGD) Train(ctx context.Context, f pde.AtomFunctional, e *pde.Ensemble, times []float64, save func(s int) error) error {
	if err := d.Validate(); err != nil {
		return fmt.Errorf("finite: sgd: %w", err)
	}
	b, ok := bare(f).(pde.Batched)
	if !ok {
		return fmt.Errorf("finite: sgd: an energy of %T has no samples to take batches of; want a Transformer, or descent", bare(f))
	}
	m := &march{name: d.Name(), step: filledStep(d.Step), clip: d.Clip, f: f, blind: true}
	return m.train(ctx, newSGD(d, b), e, times, save)
}

// sgd makes the steps of SGD.
type sgd struct {
	pde.Batched
	seed   uint64
	size   int
	order  []int // the samples; a step's batch comes first
	source rand.ChaCha8
	choice *rand.Rand
}

func newSGD(d SGD, b pde.Batched) *sgd {
	w := &sgd{Batched: b, seed: d.Seed, size: min(max(d.Batch, 1), b.Samples()), order: make([]int, b.Samples())}
	w.choice = rand.New(&w.source)
	return w
}

func (*sgd) advance(m *march, e *pde.Ensemble, h float64, number int) {
	descent{}.advance(m, e, h, number)
}

func (*sgd) carry() []any { return nil } // a batch depends on the number of the step only

func (w *sgd) force(m *march, e *pde.Ensemble, number int) float64 {
	m.calls++
	return w.BatchGradient(m.grad, e, w.batch(number))
}

// batch draws the batch of a step: the first entries of a random permutation, in
// increasing order.
func (w *sgd) batch(number int) []int {
	for i := range w.order {
		w.order[i] = i
	}
	key := streamKey{seed: w.seed, block: batchStream, layer: uint64(number)}
	w.source.Seed(key.bytes())
	for i := range w.size {
		j := i + w.choice.IntN(len(w.order)-i)
		w.order[i], w.order[j] = w.order[j], w.order[i]
	}
	batch := w.order[:w.size]
	slices.Sort(batch)
	return batch
}
