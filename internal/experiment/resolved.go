package experiment

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// item and mapping are YAML mappings that keep their order.
type (
	item    = yaml.MapItem
	mapping = yaml.MapSlice
)

func entry(key string, value any) item { return item{Key: key, Value: value} }

// flow is a value that is written on one line.
type flow struct{ value any }

// encoded is implemented by the types of this package whose YAML form is not
// that of their Go type.
type encoded interface{ encode() any }

// Resolved returns the experiment as YAML with every default filled in. Files of
// data are named as Data names them. Reading it again gives the same experiment.
func (e *Experiment) Resolved() []byte {
	m := encodeStruct(reflect.ValueOf(*e))
	if e.Transformer == nil {
		m = slices.DeleteFunc(m, func(i item) bool { return i.Key == "compare" })
	}
	b, err := yaml.MarshalWithOptions(m, yaml.IndentSequence(true), yaml.CustomMarshaler[flow](marshalFlow))
	if err != nil {
		panic("experiment: Resolved: " + err.Error()) // the tree holds plain values only
	}
	return oneLetterKey.ReplaceAll(b, []byte("$1:"))
}

// oneLetterKey matches the keys that the library quotes because YAML 1.1 once
// read them as truth values.
var oneLetterKey = regexp.MustCompile(`"([ny])":`)

func marshalFlow(f flow) ([]byte, error) {
	return yaml.MarshalWithOptions(f.value, yaml.Flow(true))
}

// encodeStruct returns the fields of a struct that a file can set. Sections and
// members that are absent stay so.
func encodeStruct(v reflect.Value) mapping {
	m := mapping{}
	for key, i := range fieldsOf(v.Type()) {
		f := v.Field(i)
		switch f.Kind() {
		case reflect.Pointer, reflect.Interface, reflect.Slice:
			if f.IsNil() || f.Kind() == reflect.Slice && f.Len() == 0 && f.Type().Elem().Kind() != reflect.String {
				continue
			}
		}
		m = append(m, entry(key, encodeValue(f)))
	}
	return m
}

func encodeValue(v reflect.Value) any {
	if e, ok := v.Interface().(encoded); ok {
		return e.encode()
	}
	if f, ok := families[v.Type()]; ok {
		return encodeMember(v, f)
	}
	switch v.Kind() {
	case reflect.Pointer:
		return encodeValue(v.Elem())
	case reflect.Struct:
		return compact(encodeStruct(v))
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = encodeValue(v.Index(i))
		}
		if k := v.Type().Elem().Kind(); k != reflect.Struct && k != reflect.Interface && k != reflect.Pointer {
			return flow{unflow(list)}
		}
		return list
	case reflect.Float64:
		return v.Float()
	case reflect.String:
		return v.String()
	}
	return v.Interface()
}

// unflow removes marks inside a value that is written on one line as a whole.
func unflow(list []any) []any {
	for i, x := range list {
		if f, ok := x.(flow); ok {
			list[i] = f.value
		}
	}
	return list
}

// compactLength is the length up to which a mapping is written on one line.
const compactLength = 72

// compact returns a mapping of numbers, words and short lists as one line.
func compact(m mapping) any {
	flat := make(mapping, len(m))
	for i, x := range m {
		switch v := x.Value.(type) {
		case mapping, []any:
			return m
		case flow:
			x.Value = v.value
		}
		flat[i] = x
	}
	if b, err := marshalFlow(flow{flat}); err != nil || len(b) > compactLength {
		return m
	}
	return flow{flat}
}

// encodeMember writes a description as name: {options}. A description says its
// own name, or is found by its type.
func encodeMember(v reflect.Value, f family) any {
	name, m := memberName(v.Elem(), f), reflect.Indirect(v.Elem())
	if m.Kind() != reflect.Struct {
		return mapping{entry(name, encodeValue(m))}
	}
	return mapping{entry(name, compact(encodeStruct(m)))}
}

func memberName(v reflect.Value, f family) string {
	for _, name := range f.names() {
		if m, err := f.make(name); err == nil && reflect.TypeOf(m) == v.Type() {
			return name
		}
	}
	panic(fmt.Sprintf("experiment: %v is not a registered %s", v.Type(), f.word))
}

func (t Transformer) encode() any {
	m := encodeStruct(reflect.ValueOf(plain(t)))
	if t.Depth.Continuous {
		return m
	}
	return slices.DeleteFunc(m, func(i item) bool { return i.Key == "slices" })
}

// encode leaves out what another field takes the place of.
func (r Read) encode() any {
	m := mapping{entry("token", encodeValue(reflect.ValueOf(r.Token)))}
	if r.Mean {
		m = mapping{entry("mean", true)}
	}
	switch {
	case len(r.Weights) > 0:
		m = append(m, entry("weights", encodeValue(reflect.ValueOf(r.Weights))))
	case r.Classes > 0:
		m = append(m, entry("classes", r.Classes), entry("scale", r.Scale), entry("seed", r.Seed))
	default:
		m = append(m, entry("coordinate", encodeValue(reflect.ValueOf(r.Coordinate))))
	}
	return compact(m)
}

func (c Component) encode() any {
	options := encodeStruct(reflect.Indirect(reflect.ValueOf(c.Block)))
	type own Component
	options = append(options, encodeStruct(reflect.ValueOf(own(c)))...)
	return mapping{entry(c.Block.Name(), options)}
}

func (p Prompts) encode() any {
	switch {
	case p.Table != nil:
		t := *p.Table
		t.File = storedName(t.File)
		return mapping{entry("table", compact(encodeStruct(reflect.ValueOf(t))))}
	case p.Linear != nil:
		return mapping{entry("linear", compact(encodeStruct(reflect.ValueOf(*p.Linear))))}
	case p.Images != nil:
		m := *p.Images
		m.File = storedName(m.File)
		return mapping{entry("images", compact(encodeStruct(reflect.ValueOf(m))))}
	case p.Nonlinear != nil:
		return mapping{entry("nonlinear", compact(encodeStruct(reflect.ValueOf(*p.Nonlinear))))}
	}
	return mapping{entry("file", storedName(p.File))}
}

// options writes the options of a description with their defaults on one line.
// A list without a default is shown as […].
func options(v reflect.Value) string {
	var parts []string
	for key, i := range fieldsOf(v.Type()) {
		f := v.Field(i)
		switch {
		case f.Kind() == reflect.Slice:
			parts = append(parts, key+": […]")
		case f.Kind() == reflect.Interface && f.IsNil():
			parts = append(parts, key+": {…}")
		default:
			b, err := marshalFlow(flow{unflow([]any{encodeValue(f)})[0]})
			if err != nil {
				panic("experiment: options: " + err.Error()) // the tree holds plain values only
			}
			parts = append(parts, key+": "+strings.TrimSpace(string(b)))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
