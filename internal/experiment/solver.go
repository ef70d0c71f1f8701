package experiment

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"pdesolve/compare"
	"pdesolve/finite"
	"pdesolve/pde"
)

// characteristics is the name, beside those of pde.Schemes, of the solver that
// moves weighted nodes.
const characteristics = "characteristics"

// SolverConfig is one entry of solve: a scheme, or characteristics, with ladders.
// In a file the options of the scheme stand beside refine, step and steps.
type SolverConfig struct {
	Name   string
	Refine []int     // cells on every axis, one run each; default: the grid's own
	Step   []float64 // time steps of a scheme that has one, one run each
	Steps  []int     // numbers of time steps in all, in place of Step

	Levels []compare.Solver // one a run: every Refine with every Step

	member  reflect.Value // description of the first level
	path    string
	broken  bool                    // an error was found in its ladders
	options []*ast.MappingValueNode // without the ladders
}

// solverNames lists what solve can name.
func solverNames() []string {
	names := append(pde.Schemes.Names(), characteristics)
	slices.Sort(names)
	return names
}

// solverMember returns a fresh description of a solver.
func solverMember(name string) reflect.Value {
	if name == characteristics {
		c := finite.DefaultCharacteristics()
		return reflect.ValueOf(&c)
	}
	s, err := pde.Schemes.New(name)
	if err != nil {
		panic("experiment: " + err.Error()) // the decoder has checked the name
	}
	return reflect.ValueOf(s)
}

// decode keeps the entry's own options for expand, which needs the end time.
func (s *SolverConfig) decode(d *decoder, n ast.Node, path string) {
	name, node, path, ok := d.named(n, "solver", solverNames(), path)
	if !ok {
		return
	}
	options, ok := d.mapping(node, path, "{options}")
	if !ok {
		return
	}
	s.Name, s.path = name, path
	var l ladders
	before := len(d.errs)
	stepped := field("step", []reflect.Value{solverMember(name).Elem()}).IsValid()
	for _, e := range options {
		key, _ := d.key(e, path)
		isLadder := key == "refine" && name != characteristics || stepped && (key == "step" || key == "steps")
		if !isLadder {
			s.options = append(s.options, e)
			continue
		}
		p := child(path, key)
		d.mark(e, p)
		value, ok := d.unwrap(e.Value, p)
		if !ok {
			continue
		}
		f := field(key, []reflect.Value{reflect.ValueOf(&l).Elem()})
		if _, isList := value.(*ast.SequenceNode); isList {
			d.value(value, f, p)
		} else {
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
			d.value(value, f.Index(0), p)
		}
	}
	s.Refine, s.Step, s.Steps = l.Refine, l.Step, l.Steps
	s.checkLadders(d)
	s.broken = len(d.errs) > before
}

// ladders are the keys of an entry that stand beside the options of a scheme.
type ladders struct {
	Refine []int     `yaml:"refine"`
	Step   []float64 `yaml:"step"`
	Steps  []int     `yaml:"steps"`
}

// checkLadders reports what no ladder can be.
func (s *SolverConfig) checkLadders(d *decoder) {
	bad := func(key string, i int, format string, args ...any) {
		path := fmt.Sprintf("%s[%d]", child(s.path, key), i)
		d.failAt(path, format, args...)
	}
	for i, c := range s.Refine {
		if c < 1 {
			bad("refine", i, "%d cells: want at least 1", c)
		} else if slices.Contains(s.Refine[:i], c) {
			bad("refine", i, "%d is given twice", c)
		}
	}
	for i, dt := range s.Step {
		if !(dt > 0) {
			bad("step", i, "%v: want a time step above 0", dt)
		} else if slices.Contains(s.Step[:i], dt) {
			bad("step", i, "%v is given twice", dt)
		}
	}
	for i, k := range s.Steps {
		if k < 1 {
			bad("steps", i, "%d: want at least 1 step", k)
		} else if slices.Contains(s.Steps[:i], k) {
			bad("steps", i, "%d is given twice", k)
		}
	}
	if len(s.Step) > 0 && len(s.Steps) > 0 {
		d.failAt(child(s.path, "steps"), "given beside step: want one of them")
	}
}

// expand makes one solver for every level of the ladders.
func (s *SolverConfig) expand(d *decoder, end float64) {
	if s.Name == "" || s.broken {
		return
	}
	cells := s.Refine
	if len(cells) == 0 {
		cells = []int{0}
	}
	steps := slices.Clone(s.Step)
	for _, k := range s.Steps {
		steps = append(steps, end/float64(k))
	}
	if len(steps) == 0 {
		steps = []float64{0}
	}
	before := len(d.errs)
	for _, n := range cells {
		for _, dt := range steps {
			m := solverMember(s.Name)
			if dt > 0 {
				field("step", []reflect.Value{m.Elem()}).SetFloat(dt)
			}
			d.fields(s.options, s.path, append([]reflect.Value{m.Elem()}, s.choices(m)...)...)
			if len(d.errs) > before {
				return // every level would repeat it
			}
			if !s.member.IsValid() {
				s.member = m
			}
			level := compare.Solver{Cells: n}
			switch x := m.Interface().(type) {
			case *finite.Characteristics:
				level.Characteristics = x
			case pde.Scheme:
				level.Scheme = x
			}
			s.Levels = append(s.Levels, level)
		}
	}
}

// choices returns what an unknown option could have been beside the options of
// the member: the ladders that fit it. Their keys are no longer among the options.
func (s *SolverConfig) choices(member reflect.Value) []reflect.Value {
	type refine struct {
		Refine []int `yaml:"refine"`
	}
	type steps struct {
		Step  []float64 `yaml:"step"`
		Steps []int     `yaml:"steps"`
	}
	switch {
	case s.Name == characteristics:
		return []reflect.Value{reflect.ValueOf(&steps{}).Elem()}
	case field("step", []reflect.Value{member.Elem()}).IsValid():
		return []reflect.Value{reflect.ValueOf(&ladders{}).Elem()}
	}
	return []reflect.Value{reflect.ValueOf(&refine{}).Elem()}
}

// encode returns the entry as it would be written.
func (s SolverConfig) encode() any {
	options := encodeStruct(s.member.Elem())
	set := func(key string, v any) {
		for i := range options {
			if options[i].Key == key {
				options[i].Value = v
				return
			}
		}
		options = append(options, entry(key, v))
	}
	if s.Name == characteristics && len(s.Steps)+len(s.Step) == 0 {
		options = slices.DeleteFunc(options, func(i item) bool { return i.Key == "step" || i.Key == "order" })
	}
	switch {
	case len(s.Steps) > 0:
		options = slices.DeleteFunc(options, func(i item) bool { return i.Key == "step" })
		set("steps", encodeValue(reflect.ValueOf(s.Steps)))
	case len(s.Step) > 0:
		set("step", encodeValue(reflect.ValueOf(s.Step)))
	}
	if len(s.Refine) > 0 {
		set("refine", encodeValue(reflect.ValueOf(s.Refine)))
	}
	return mapping{entry(s.Name, compact(options))}
}
