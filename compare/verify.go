package compare

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// VerifyOptions selects what Verify runs.
type VerifyOptions struct {
	Schemes []string // names in pde.Schemes; nil means all. One that comes twice counts once
	// Cases are names in exact.Solutions, which stand for all their examples, or a name
	// and an example, "barenblatt/2d"; nil means all, or with Quick the first example of
	// each solution. An example that comes twice counts once.
	Cases   []string
	Quick   bool // shorter ladders: about 30 s of CPU time for all
	Graded  bool // on axes that are fine in the middle, for the schemes and energies that take them
	Workers int  // runs at a time; 0 means GOMAXPROCS. It does not change a byte
	// Progress, if not nil, is called as rows are done, by one goroutine at a time.
	Progress func(done float64, label string)
}

// VerifySkip is a pair of a case and a scheme that cannot be run or measured.
type VerifySkip struct {
	Case   string `json:"case"`
	Scheme string `json:"scheme"`
	Axis   string `json:"axis"`
	Reason string `json:"reason"`
}

// Verification is what Verify returns, ordered by case, scheme and axis.
type Verification struct {
	Rows    []VerifyRow  `json:"rows"`
	Skipped []VerifySkip `json:"skipped"`
}

// Pass reports whether there is a row and every row passes.
func (v *Verification) Pass() bool {
	return len(v.Rows) > 0 && !slices.ContainsFunc(v.Rows, func(r VerifyRow) bool { return !r.Pass })
}

// Verify measures the orders of the registered schemes on the registered exact
// solutions, in space and in time apart, and what else every scheme promises: mass,
// sign, energy. How it measures and what passes is VerifyRule.
//
// It fails on an unknown name and if ctx ends. That a claim is missed is no error;
// see Verification.Pass.
func Verify(ctx context.Context, o VerifyOptions) (*Verification, error) {
	tasks, err := verifyTasks(&o)
	if err != nil {
		return nil, err
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if err := runTasks(ctx, tasks, &o); err != nil {
		return nil, err
	}
	v := &Verification{Rows: []VerifyRow{}, Skipped: []VerifySkip{}}
	for _, t := range tasks {
		if t.skip != "" {
			v.Skipped = append(v.Skipped, VerifySkip{t.c.name, t.row.Scheme, t.axis, t.skip})
		} else {
			v.Rows = append(v.Rows, t.row)
		}
	}
	return v, nil
}

// runTasks runs the tasks, those that are expected to take longest first.
func runTasks(ctx context.Context, tasks []*verifyTask, o *VerifyOptions) error {
	order := slices.Clone(tasks)
	slices.SortStableFunc(order, func(a, b *verifyTask) int { return cmp.Compare(b.cost, a.cost) })
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(o.Workers)
	var lock sync.Mutex
	var all, done float64
	for _, t := range order {
		all += t.cost
	}
	for _, t := range order {
		group.Go(func() error {
			if err := t.run(ctx); err != nil {
				return err
			}
			lock.Lock()
			defer lock.Unlock()
			done += t.cost
			if o.Progress != nil {
				o.Progress(done/all, t.c.name+", "+t.row.Scheme+" in "+t.axis)
			}
			return nil
		})
	}
	return group.Wait()
}

// verifyTasks lists what is to be run, in the order of the result.
func verifyTasks(o *VerifyOptions) ([]*verifyTask, error) {
	schemes := o.Schemes
	if schemes == nil {
		schemes = pde.Schemes.Names()
	}
	type named struct {
		name   string
		scheme pde.Scheme
		axes   []string
	}
	both := []string{SpaceAxis, TimeAxis}
	var chosen []named
	for i, name := range schemes {
		if slices.Contains(schemes[:i], name) {
			continue
		}
		s, err := pde.Schemes.New(name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, named{name, s, both})
		if varied, ok := s.(pde.Varied); ok {
			for _, v := range varied.Variants() {
				axes := both
				was, _ := s.Order()
				if is, _ := v.Order(); is == was { // the same fluxes
					axes = both[1:]
				}
				chosen = append(chosen, named{name + ", " + v.Label, v.Scheme, axes})
			}
		}
	}
	if slices.Contains(schemes, "jko") {
		names, iterated := iterateRows()
		for i, name := range names {
			chosen = append(chosen, named{name, iterated[i], []string{IterateAxis}})
		}
		names, flowing := flowRows(o.Quick)
		for i, name := range names {
			chosen = append(chosen, named{name, flowing[i], []string{FlowAxis}})
		}
	}
	cases, err := verifyCases(o)
	if err != nil {
		return nil, err
	}
	var tasks []*verifyTask
	for _, c := range cases {
		for _, s := range chosen {
			for _, axis := range s.axes {
				if axis == FlowAxis && c.iterates(s.scheme) == nil {
					continue
				}
				t := newVerifyTask(c, s.scheme, axis, o.Quick)
				t.row.Scheme = s.name
				tasks = append(tasks, t)
			}
		}
	}
	return tasks, nil
}

// verifyCases returns the cases that are asked for.
func verifyCases(o *VerifyOptions) ([]*verifyCase, error) {
	names := o.Cases
	if names == nil {
		names = exact.Solutions.Names()
	}
	var cases []*verifyCase
	for _, name := range names {
		base, wanted, one := strings.Cut(name, "/")
		s, err := exact.Solutions.New(base)
		if err != nil {
			return nil, err
		}
		examples := exact.Examples(s)
		if one {
			if examples, err = exact.Example(examples, wanted); err != nil {
				return nil, err
			}
		} else if o.Cases == nil && o.Quick {
			examples = examples[:1]
		}
		for _, e := range examples {
			c, err := newVerifyCase(e)
			if err != nil {
				return nil, err
			}
			if o.Graded {
				c.name, c.graded = c.name+", graded", true
			}
			if !slices.ContainsFunc(cases, func(b *verifyCase) bool { return b.name == c.name }) {
				cases = append(cases, c)
			}
		}
	}
	return cases, nil
}
