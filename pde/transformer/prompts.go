package transformer

import (
	"fmt"
	"math"
)

// Validate reports what makes the prompts unusable: none of them, lengths that do
// not agree, a number that is not finite.
func (p *Prompts) Validate() error {
	b := p.Len()
	switch {
	case b == 0:
		return fmt.Errorf("no prompt: want at least one")
	case p.N < 1:
		return fmt.Errorf("%d tokens a prompt: want at least 1", p.N)
	case p.Dim < 1:
		return fmt.Errorf("tokens of %d coordinates: want at least 1", p.Dim)
	case len(p.Tokens) != b*p.N*p.Dim:
		return fmt.Errorf("%d token entries: want %d, for %d prompts of %d tokens in %d dimensions", len(p.Tokens), b*p.N*p.Dim, b, p.N, p.Dim)
	}
	if n := b * p.N * p.InputDim; len(p.Inputs) != n {
		return fmt.Errorf("%d numbers of inputs: want %d, for %d prompts of %d tokens of %d inputs", len(p.Inputs), n, b, p.N, p.InputDim)
	}
	for i, x := range p.Inputs {
		if !finite(x) {
			t := i / p.InputDim
			return fmt.Errorf("prompt %d, token %d, input %d: %v is not finite", t/p.N, t%p.N, i%p.InputDim, x)
		}
	}
	for i, x := range p.Tokens {
		if !finite(x) {
			t := i / p.Dim
			return fmt.Errorf("prompt %d, token %d, coordinate %d: %v is not finite", t/p.N, t%p.N, i%p.Dim, x)
		}
	}
	for i, y := range p.Label {
		if !finite(y) {
			return fmt.Errorf("prompt %d: label %v is not finite", i, y)
		}
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
