package experiment

import (
	"reflect"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"pdesolve/compare"
	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/internal/registry"
	"pdesolve/pde"
	"pdesolve/pde/exact"
	"pdesolve/pde/transformer"
	"pdesolve/transport"
)

// family is a registry without its type parameter.
type family struct {
	word  string
	names func() []string
	make  func(name string) (any, error)
}

func of[T any](r *registry.Registry[T]) family {
	return family{r.Family(), r.Names, func(name string) (any, error) {
		m, err := r.New(name)
		return m, err
	}}
}

// families tells the interfaces whose members a file can name.
var families = map[reflect.Type]family{
	reflect.TypeFor[grid.Law]():           of(grid.Laws),
	reflect.TypeFor[grid.Grading]():       of(grid.Gradings),
	reflect.TypeFor[pde.Energy]():         of(pde.Energies),
	reflect.TypeFor[pde.Kernel]():         of(pde.Kernels),
	reflect.TypeFor[pde.Scheme]():         of(pde.Schemes),
	reflect.TypeFor[exact.Solution]():     of(exact.Solutions),
	reflect.TypeFor[pde.JKOInner]():       of(pde.JKOInners),
	reflect.TypeFor[transformer.Block]():  of(transformer.Blocks),
	reflect.TypeFor[transformer.Loss]():   of(transformer.Losses),
	reflect.TypeFor[finite.Dynamics]():    of(finite.Kinds),
	reflect.TypeFor[compare.Inquiry]():    of(compare.Inquiries),
	reflect.TypeFor[transport.Distance](): of(transport.Distances),
}

// member reads name: {options}, or a bare name where all options keep their
// defaults, and returns the description.
func (d *decoder) member(n ast.Node, f family, path string) reflect.Value {
	name, options, path, ok := d.named(n, f.word, f.names(), path)
	if !ok {
		return reflect.Value{}
	}
	made, err := f.make(name)
	if err != nil {
		panic("experiment: " + err.Error()) // named has checked the name
	}
	m := reflect.ValueOf(made)
	if m.Elem().Kind() != reflect.Struct { // a list, such as the members of a sum
		before := len(d.errs)
		d.value(options, m.Elem(), path)
		if len(d.errs) == before {
			d.validate(m.Elem(), path)
		}
		return m
	}
	if values, ok := d.mapping(options, path, "{options}"); ok {
		d.fields(values, path, m.Elem())
	}
	return m
}

// named splits name: {options} or a bare name. It returns the options, nil for a
// bare name, and their path.
func (d *decoder) named(n ast.Node, word string, names []string, path string) (string, ast.Node, string, bool) {
	fail := func() (string, ast.Node, string, bool) { return "", nil, "", false }
	if s, ok := n.(*ast.StringNode); ok {
		if !slices.Contains(names, s.Value) {
			d.fail(n, path, "unknown %s %q%s", word, s.Value, choices(s.Value, names))
			return fail()
		}
		return s.Value, nil, child(path, s.Value), true
	}
	entries, ok := d.mapping(n, path, "a "+word+", written name: {options}")
	if !ok {
		return fail()
	}
	if len(entries) != 1 {
		d.fail(n, path, "%d names: want one %s, written name: {options}", len(entries), word)
		return fail()
	}
	name, ok := d.key(entries[0], path)
	if !ok {
		return fail()
	}
	if !slices.Contains(names, name) {
		d.fail(entries[0].Key, path, "unknown %s %q%s", word, name, choices(name, names))
		return fail()
	}
	path = child(path, name)
	d.at[path] = entries[0].Key.GetToken()
	options, ok := d.unwrap(entries[0].Value, path)
	return name, options, path, ok
}

// blockType is the interface of the blocks of a model.
var blockType = reflect.TypeFor[transformer.Block]()

// shownDim is the number of coordinates of a token for which a Member shows the
// parameters of a block.
const shownDim = 2

// Member is a registered description and its options.
type Member struct {
	Name       string   `json:"name"`
	Parameters []string `json:"parameters,omitempty"` // of an atom, of a block
	Options    string   `json:"options"`              // as YAML with their defaults; empty if there are none
	Summary    string   `json:"summary"`              // what it is, in a line; empty if it does not say
}

// summarised is implemented by members that say in a line what they are.
type summarised interface{ Summary() string }

// Members returns what a file or a flag can name, by the family's word in messages:
// block, distance, dynamics, energy, grading, inner solver, kernel, law, loss, solver.
func Members() map[string][]Member {
	all := map[string][]Member{}
	add := func(word, name string, m any) {
		x := Member{Name: name}
		if b, ok := m.(transformer.Block); ok {
			x.Parameters = b.Parameters(shownDim)
		}
		if s, ok := m.(summarised); ok {
			x.Summary = s.Summary()
		}
		if v := reflect.Indirect(reflect.ValueOf(m)); v.Kind() == reflect.Struct && len(keys(v)) > 0 {
			x.Options = options(v)
		}
		all[word] = append(all[word], x)
	}
	for t, f := range families {
		if t == reflect.TypeFor[pde.Scheme]() {
			continue
		}
		for _, name := range f.names() {
			if m, err := f.make(name); err == nil {
				add(f.word, name, m)
			}
		}
	}
	for _, name := range solverNames() {
		add("solver", name, solverMember(name).Interface())
	}
	return all
}
