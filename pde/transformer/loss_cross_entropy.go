package transformer

import (
	"fmt"
	"math"
)

// CrossEntropy is the loss −log softmax(y)_label of C outputs, the logits of C classes;
// labels are the whole numbers 0 to C − 1.
type CrossEntropy struct{}

func init() { Losses.Add("cross-entropy", func() Loss { return new(CrossEntropy) }) }

// Name returns "cross-entropy".
func (CrossEntropy) Name() string { return "cross-entropy" }

// Summary says what the loss is in a line.
func (CrossEntropy) Summary() string {
	return "minus the log-probability of the label among the classes, whose logits are the outputs"
}

// Validate returns nil.
func (CrossEntropy) Validate() error { return nil }

func (CrossEntropy) fits(outputs int, label []float64) error {
	if outputs < 2 {
		return fmt.Errorf("cross-entropy: %d output: want one for each class, at least 2: a read-out with weights or classes", outputs)
	}
	for b, v := range label {
		if v != math.Trunc(v) || !(v >= 0 && v < float64(outputs)) {
			return fmt.Errorf("cross-entropy: prompt %d has label %v: want a class, 0 to %d", b, v, outputs-1)
		}
	}
	return nil
}

func (CrossEntropy) value(grad, y []float64, label float64) float64 {
	top, sum := math.Inf(-1), 0.0
	for _, v := range y {
		top = max(top, v)
	}
	for c, v := range y {
		grad[c] = math.Exp(v - top)
		sum += grad[c]
	}
	for c := range grad {
		grad[c] /= sum
	}
	c := int(label)
	grad[c]--
	return math.Log(sum) - (y[c] - top)
}

// Accuracy returns the share of prompts whose largest output, of those that a
// pde.Learner reports for C classes, is that of the label.
func Accuracy(output, label []float64) float64 {
	classes := len(output) / len(label)
	if classes < 2 || classes*len(label) != len(output) {
		panic("transformer: Accuracy: want an output for every class of every prompt")
	}
	right := 0
	for b, v := range label {
		y, best := output[b*classes:(b+1)*classes], 0
		for c := range y {
			if y[c] > y[best] {
				best = c
			}
		}
		if float64(best) == v {
			right++
		}
	}
	return float64(right) / float64(len(label))
}
