package compare

import (
	"fmt"
	"slices"

	"pdesolve/internal/registry"
)

// Inquiry is one question that a study asks: a source of error that its ladders vary,
// what they hold, the reference they are compared with and the slope that theory
// predicts. A new one is one new file, inquiry_NAME.go: an unexported plain type that
// registers itself. Its doc comment states all four, with the source of the prediction.
type Inquiry interface {
	// Name returns the word under which compare.rates asks for it.
	Name() Against
	// Summary says in a line what is varied and what it is compared with.
	Summary() string
	// Axis labels what is varied, with its symbol.
	Axis() string
	// Standard reports whether a study that names no rates makes the inquiry.
	Standard() bool
	// Levels returns the number of levels of the longest ladder that the study gives; a
	// slope needs two.
	Levels(s *Study) int
	// Needs says what an experiment must hold to have levels.
	Needs() string
	// Chance reports whether the interval of a slope comes from the spread of networks over
	// seeds.
	Chance() bool
	// Validate reports what the study lacks.
	Validate(s *Study) error
	// plan adds the ladders and the runs that they need.
	plan(p *plan)
}

// Inquiries holds what compare.rates can name.
var Inquiries = registry.New[Inquiry]("rate")

// addInquiry registers an inquiry under its name.
func addInquiry(q Inquiry) { Inquiries.Add(string(q.Name()), func() Inquiry { return q }) }

// inquiry returns the inquiry of that name. It panics on an unknown one, which
// Study.Validate has refused.
func inquiry(a Against) Inquiry {
	q, err := Inquiries.New(string(a))
	if err != nil {
		panic("compare: " + err.Error())
	}
	return q
}

// axis labels what the ladder varies.
func (a Against) axis() string {
	if q, err := Inquiries.New(string(a)); err == nil {
		return q.Axis()
	}
	return string(a) // of a stored result whose inquiry this program does not know
}

// limited reports an inquiry that compares with a limit which the study does not have: of
// a trained embedding none is computed.
func limited(s *Study, a Against) error {
	if s.Model.Embedding == nil || a == Heads || a == Layers {
		return nil
	}
	return fmt.Errorf("%s compares with a mean-field limit, which is not computed for a trained embedding: want %s or %s", a, Heads, Layers)
}

// PossibleRates returns the standard inquiries for which the study has levels, or with
// all those that are not standard too. Of the study it looks at Solvers, Networks and
// the model's depth, axes and embedding only.
func PossibleRates(s *Study, all bool) []Against {
	var out []Against
	for _, name := range Inquiries.Names() {
		if q := inquiry(Against(name)); (all || q.Standard() && limited(s, q.Name()) == nil) && q.Levels(s) > 1 {
			out = append(out, q.Name())
		}
	}
	return out
}

// lack returns the error of a study that an inquiry cannot do without something.
func lack(a Against, format string, args ...any) error {
	return fmt.Errorf("%s needs %s", a, fmt.Sprintf(format, args...))
}

// networksGiven is the Validate of inquiries into networks of chance.
func networksGiven(a Against, s *Study) error {
	n := s.Networks
	switch {
	case len(n.Widths) == 0:
		return lack(a, "finite.width")
	case n.Dynamics == nil:
		return lack(a, "finite.dynamics")
	case n.Seeds < 2:
		return lack(a, "at least 2 seeds (finite.seeds: %d), better %d or more: the spread of the error over seeds is what gives the slope its interval", n.Seeds, ladderSeeds)
	}
	return nil
}

// distinct returns the number of different values.
func distinct[T comparable](x []T) int {
	seen := map[T]bool{}
	for _, v := range x {
		seen[v] = true
	}
	return len(seen)
}

// cellsOf returns the cells on the first axis of the first block in a run of v.
func (s *Study) cellsOf(v Solver) int {
	if v.Cells > 0 || len(s.Model.Blocks) == 0 || len(s.Model.Blocks[0].Axes) == 0 {
		return v.Cells
	}
	return s.Model.Blocks[0].Axes[0].N
}

// levelOf returns what a solver holds while its step varies: cells or nodes on an axis.
func (s *Study) levelOf(v Solver) int {
	if v.Characteristics != nil {
		return v.Characteristics.Nodes
	}
	return s.cellsOf(v)
}

// schemes returns the study's solvers that key accepts, grouped by key, in order
// of first appearance.
func (s *Study) schemes(key func(Solver) (string, bool)) [][]Solver {
	var names []string
	groups := map[string][]Solver{}
	for _, v := range s.Solvers {
		k, ok := key(v)
		if !ok {
			continue
		}
		if !slices.Contains(names, k) {
			names = append(names, k)
		}
		groups[k] = append(groups[k], v)
	}
	out := make([][]Solver, 0, len(names))
	for _, n := range names {
		out = append(out, groups[n])
	}
	return out
}
