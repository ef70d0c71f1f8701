package experiment

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// maxNesting bounds the depth of a file's values. The grammar needs about ten; an
// alias inside its own anchor would need more than any bound.
const maxNesting = 40

// decoder fills Go values from YAML nodes. It records every error and goes on,
// so that one reading of a file reports all that is wrong in it.
type decoder struct {
	file    string
	source  []string                // lines
	at      map[string]*token.Token // where the value of each path stands
	anchors map[string]ast.Node
	errs    []*Error
	nesting int
}

func newDecoder(file string, data []byte) *decoder {
	return &decoder{file: file, source: strings.Split(string(data), "\n"), at: map[string]*token.Token{}, anchors: map[string]ast.Node{}}
}

// custom is implemented by the types of this package whose YAML form is not that
// of their Go type.
type custom interface {
	decode(d *decoder, n ast.Node, path string)
}

// fail records an error at a node.
func (d *decoder) fail(n ast.Node, path, format string, args ...any) {
	var t *token.Token
	if n != nil {
		t = start(n)
	}
	d.errs = append(d.errs, at(d.file, d.source, t, path, format, args...))
}

// failAt records an error at the value of a path or, where the file does not
// have it, at the nearest value that would contain it.
func (d *decoder) failAt(path, format string, args ...any) {
	d.errs = append(d.errs, d.errorAt(path, format, args...))
}

func (d *decoder) errorAt(path, format string, args ...any) *Error {
	return at(d.file, d.source, d.place(path), path, format, args...)
}

// place returns the token of a path or of its nearest ancestor in the file.
func (d *decoder) place(path string) *token.Token {
	for p := path; ; p = parent(p) {
		if t, ok := d.at[p]; ok || p == "" {
			return t
		}
	}
}

// parent returns the path that contains path: "a.b" of "a.b[3]", "a" of "a.b".
func parent(path string) string {
	return path[:max(strings.LastIndexByte(path, '.'), strings.LastIndexByte(path, '['), 0)]
}

// child returns the path of a key inside path.
func child(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// start returns the token where a node begins.
func start(n ast.Node) *token.Token {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return n.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken()
	}
	return n.GetToken()
}

// unwrap follows anchors and aliases and drops what carries no meaning here.
func (d *decoder) unwrap(n ast.Node, path string) (ast.Node, bool) {
	for range maxNesting {
		switch x := n.(type) {
		case *ast.AnchorNode:
			d.anchors[x.Name.GetToken().Value] = x.Value
			n = x.Value
		case *ast.AliasNode:
			target, ok := d.anchors[x.Value.GetToken().Value]
			if !ok {
				d.fail(n, path, "no anchor %q before this", x.Value.GetToken().Value)
				return nil, false
			}
			n = target
		case *ast.TagNode:
			d.fail(n, path, "tags such as %s are not used here", x.GetToken().Value)
			return nil, false
		case nil:
			return nil, true
		default:
			return n, true
		}
	}
	d.fail(n, path, "anchors refer to each other without end")
	return nil, false
}

// value fills v from n.
func (d *decoder) value(n ast.Node, v reflect.Value, path string) {
	if d.nesting++; d.nesting > maxNesting {
		d.fail(n, path, "nested too deeply")
		d.nesting--
		return
	}
	defer func() { d.nesting-- }()
	n, ok := d.unwrap(n, path)
	if !ok {
		return
	}
	if c, ok := v.Addr().Interface().(custom); ok {
		c.decode(d, n, path)
		return
	}
	if f, ok := families[v.Type()]; ok {
		if m := d.member(n, f, path); m.IsValid() {
			v.Set(m)
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.value(n, v.Elem(), path)
	case reflect.Struct:
		if values, ok := d.mapping(n, path, "a mapping of "+strings.Join(keys(v), ", ")); ok {
			d.fields(values, path, v)
		}
	case reflect.Slice:
		d.list(n, v, path)
	default:
		d.scalar(n, v, path)
	}
}

// mapping returns the entries of a mapping; null is the empty one.
func (d *decoder) mapping(n ast.Node, path, want string) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	case nil, *ast.NullNode:
		return nil, true
	}
	d.fail(n, path, "%s: want %s", describe(n), want)
	return nil, false
}

// fields fills the structs from the entries of a mapping, each key from the
// first struct that has it, and validates each struct that it could fill.
func (d *decoder) fields(values []*ast.MappingValueNode, path string, structs ...reflect.Value) {
	before := len(d.errs)
	seen := map[string]bool{}
	for _, e := range values {
		key, ok := d.key(e, path)
		if !ok {
			continue
		}
		p := child(path, key)
		if seen[key] {
			d.fail(e.Key, p, "given twice")
			continue
		}
		seen[key] = true
		d.mark(e, p)
		f := field(key, structs)
		if !f.IsValid() {
			var all []string
			for _, s := range structs {
				all = append(all, keys(s)...)
			}
			d.fail(e.Key, path, "unknown key %q%s", key, choices(key, all))
			continue
		}
		d.value(e.Value, f, p)
	}
	for _, s := range structs {
		if len(d.errs) == before {
			d.validate(s, path)
		}
	}
}

// key returns the key of a mapping's entry, which must be a plain word.
func (d *decoder) key(e *ast.MappingValueNode, path string) (string, bool) {
	if s, ok := e.Key.(*ast.StringNode); ok {
		return s.Value, true
	}
	d.fail(e.Key, path, "%s is no key", describe(e.Key))
	return "", false
}

// mark records where the value of a path stands: a scalar by itself, all else by
// its key.
func (d *decoder) mark(e *ast.MappingValueNode, path string) {
	switch e.Value.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode, *ast.AliasNode:
		d.at[path] = e.Value.GetToken()
	default:
		d.at[path] = e.Key.GetToken()
	}
}

// list fills a slice.
func (d *decoder) list(n ast.Node, v reflect.Value, path string) {
	if s, ok := n.(*ast.StringNode); ok && v.Type().Elem().Kind() == reflect.String { // a word is a list of one
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		d.value(s, v.Index(0), path)
		return
	}
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fail(n, path, "%s: want a list [%s, …]", describe(n), example(v.Type().Elem()))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
	for i, e := range seq.Values {
		p := fmt.Sprintf("%s[%d]", path, i)
		if e != nil {
			d.at[p] = start(e)
		}
		d.value(e, v.Index(i), p)
	}
}
