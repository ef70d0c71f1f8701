package transformer

import "fmt"

// Squared is the loss ½(y − label)² of one output, that of [G].
type Squared struct{}

func init() { Losses.Add("squared", func() Loss { return new(Squared) }) }

// Name returns "squared".
func (Squared) Name() string { return "squared" }

// Summary says what the loss is in a line.
func (Squared) Summary() string { return "half the squared distance of one output from the label" }

// Validate returns nil.
func (Squared) Validate() error { return nil }

func (Squared) fits(outputs int, _ []float64) error {
	if outputs != 1 {
		return fmt.Errorf("squared: %d outputs: want one, or the loss cross-entropy", outputs)
	}
	return nil
}

func (Squared) value(grad, y []float64, label float64) float64 {
	e := y[0] - label
	grad[0] = e
	return 0.5 * e * e
}
