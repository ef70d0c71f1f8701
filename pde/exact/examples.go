package exact

import (
	"fmt"

	"pdesolve/internal/registry"
)

// Varied is a Solution with more examples than the one that Solutions holds.
type Varied interface {
	Solution
	// Variants returns further examples: other dimensions, exponents, axes. Their names
	// are short words.
	Variants() []NamedSolution
}

// NamedSolution is a solution under the name of an example.
type NamedSolution struct {
	Name     string
	Solution Solution
}

// Examples returns the examples of a registered solution: s itself under its own name
// and its variants as "name/variant".
func Examples(s Solution) []NamedSolution {
	all := []NamedSolution{{s.Name(), s}}
	if v, ok := s.(Varied); ok {
		for _, e := range v.Variants() {
			all = append(all, NamedSolution{s.Name() + "/" + e.Name, e.Solution})
		}
	}
	return all
}

// Example returns the one of the examples with the given variant's name, as a list.
// The error of an unknown name lists the choices.
func Example(examples []NamedSolution, variant string) ([]NamedSolution, error) {
	base := examples[0].Name
	var names []string
	for _, e := range examples[1:] {
		name := e.Name[len(base)+1:]
		if name == variant {
			return []NamedSolution{e}, nil
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("exact solution %s has no example %q: it has one example only", base, variant)
	}
	return nil, fmt.Errorf("unknown example %q of %s%s", variant, base, registry.Choices(variant, names))
}
