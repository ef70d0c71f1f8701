package compare

import (
	"fmt"
	"strings"

	"pdesolve/pde/transformer"
)

// readText says what the outputs are.
func readText(m *transformer.Model) string {
	token := "token " + position(m.Read.Token)
	if m.Read.Mean {
		token = "mean over all tokens"
	}
	switch n := len(m.Read.Weights); {
	case n == 0 && !m.Read.Mean:
		return fmt.Sprintf("The output is the entry (%s, coordinate %s) of the last layer, compared with the prompt's label y.", token, position(m.Read.Coordinate))
	case n == 0:
		return fmt.Sprintf("The output is coordinate %s of the %s of the last layer, compared with the prompt's label y.", position(m.Read.Coordinate), token)
	case n == 1:
		return fmt.Sprintf("The output is a fixed linear function of the %s of the last layer, compared with the prompt's label y.", token)
	default:
		return fmt.Sprintf("The outputs are %d fixed linear functions of the %s of the last layer, the logits of as many classes; the label y is a class.", n, token)
	}
}

// lossText is the loss of a prompt as a formula.
func lossText(m *transformer.Model) string {
	switch m.Loss.(type) {
	case nil, *transformer.Squared:
		return "½(output − y)²"
	case *transformer.CrossEntropy:
		return "−log softmax(outputs) at y"
	}
	return "the loss " + m.Loss.Name()
}

// half is the factor of a residual step.
func half(m *transformer.Model) string {
	if m.FullStep {
		return ""
	}
	return "½ "
}

// listed joins words, the first and the last of many.
func listed(words []string) string {
	if len(words) > 10 {
		words = []string{words[0], words[1], words[2], "…", words[len(words)-1]}
	}
	return strings.Join(words, ", ")
}

func position(i int) string {
	if i == -1 {
		return "last"
	}
	if i < 0 {
		return fmt.Sprintf("%d from the end", -i)
	}
	return fmt.Sprint(i)
}
