package pde

// Batched is an AtomFunctional whose data are samples that can be taken a few at a
// time: F = (1/B) Σ_b F_b over B samples, plus what does not depend on them.
type Batched interface {
	AtomFunctional
	// Samples returns B.
	Samples() int
	// BatchGradient is Gradient with the average taken over the given samples, distinct
	// numbers in [0, B) in any order, at least one. The average of its gradient over all
	// batches of one size is that of Gradient; with all samples it is that of Gradient to
	// the byte. A Learner's Reading is then that of the batch, with outputs of its samples
	// only.
	BatchGradient(grad []float64, e *Ensemble, batch []int) float64
}
