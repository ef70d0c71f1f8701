package transformer

import "pdesolve/internal/registry"

// Loss is what the outputs of a prompt cost beside its label. The risk is its mean over
// the prompts, and the adjoint starts from its gradient.
type Loss interface {
	// Name returns the name under which the loss is registered.
	Name() string
	// Validate reports what makes the description unusable.
	Validate() error
	// fits reports why the loss cannot judge so many outputs against such labels.
	fits(outputs int, label []float64) error
	// value returns the loss of the outputs y and writes its gradient to grad.
	value(grad, y []float64, label float64) float64
}

// Losses holds the losses that an experiment file can name.
var Losses = registry.New[Loss]("loss")

// loss returns the model's loss.
func (m *Model) loss() Loss {
	if m.Loss == nil {
		return Squared{}
	}
	return m.Loss
}
