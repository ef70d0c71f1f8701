package experiment

import (
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml/ast"

	"pdesolve/pde/transformer"
)

// Depth is a number of layers, or continuous.
type Depth struct {
	Layers     int // 0 if continuous
	Continuous bool
}

const continuous = "continuous"

func (x *Depth) decode(d *decoder, n ast.Node, path string) {
	if s, ok := n.(*ast.StringNode); ok {
		if s.Value != continuous {
			d.fail(n, path, "%s: want a number of layers or the word continuous", describe(n))
			return
		}
		*x = Depth{Continuous: true}
		return
	}
	*x = Depth{}
	d.scalar(n, reflect.ValueOf(&x.Layers).Elem(), path)
}

func (x Depth) encode() any {
	if x.Continuous {
		return continuous
	}
	return x.Layers
}

// Index counts from 0; Last is the last entry.
type Index int

// Last is the last token or coordinate.
const Last Index = -1

func (x *Index) decode(d *decoder, n ast.Node, path string) {
	if s, ok := n.(*ast.StringNode); ok {
		if s.Value != "last" {
			d.fail(n, path, "%s: want a whole number from 0 or the word last", describe(n))
			return
		}
		*x = Last
		return
	}
	var i int
	d.scalar(n, reflect.ValueOf(&i).Elem(), path)
	if i < 0 {
		d.fail(n, path, "%d: want a whole number from 0 or the word last", i)
		return
	}
	*x = Index(i)
}

func (x Index) encode() any {
	if x == Last {
		return "last"
	}
	return int(x)
}

// Step is the duration of a residual step.
type Step string

const (
	stepHalf Step = "half"
	stepFull Step = "full"
)

func (x *Step) decode(d *decoder, n ast.Node, path string) {
	s, ok := n.(*ast.StringNode)
	if !ok || s.Value != string(stepHalf) && s.Value != string(stepFull) {
		d.fail(n, path, "%s: want half (dt/2, as in the paper) or full (dt)", describe(n))
		return
	}
	*x = Step(s.Value)
}

func (x Step) encode() any { return string(x) }

func (r *Read) readout() transformer.Readout {
	return transformer.Readout{Token: int(r.Token), Mean: r.Mean, Coordinate: int(r.Coordinate), Weights: r.Weights}
}

// plain is Transformer without its methods.
type plain Transformer

func (t *Transformer) decode(d *decoder, n ast.Node, path string) {
	*t = defaultTransformer()
	v := reflect.ValueOf((*plain)(t)).Elem()
	if values, ok := d.mapping(n, path, "a mapping of depth, prompts, blocks, …"); ok {
		d.fields(values, path, v)
	}
}

func (c *Component) decode(d *decoder, n ast.Node, path string) {
	f := families[reflect.TypeFor[transformer.Block]()]
	name, options, path, ok := d.named(n, f.word, f.names(), path)
	if !ok {
		return
	}
	block, err := transformer.Blocks.New(name)
	if err != nil {
		panic("experiment: " + err.Error()) // named has checked the name
	}
	c.Block = block
	values, ok := d.mapping(options, path, "{initial: …, grid: […]}")
	if !ok {
		return
	}
	type own Component
	d.fields(values, path, reflect.ValueOf((*own)(c)).Elem(), reflect.ValueOf(block).Elem())
}

func (f *Finite) decode(d *decoder, n ast.Node, path string) {
	*f = defaultFinite()
	type own Finite
	if values, ok := d.mapping(n, path, "a mapping of width, depth, seeds, seed, dynamics"); ok {
		d.fields(values, path, reflect.ValueOf((*own)(f)).Elem())
	}
}

func (p *Prompts) decode(d *decoder, n ast.Node, path string) {
	type own Prompts
	values, ok := d.mapping(n, path, "{file: …}, {table: {…}}, {linear: {…}}, {nonlinear: {…}} or {images: {…}}")
	if !ok {
		return
	}
	if len(values) != 1 {
		d.fail(n, path, "%d sources of prompts: want one of file, table, linear, nonlinear, images", len(values))
		return
	}
	d.fields(values, path, reflect.ValueOf((*own)(p)).Elem())
}

// componentPath returns the path of block i of the model.
func (e *Experiment) componentPath(i int) string {
	path := fmt.Sprintf("transformer.blocks[%d]", i)
	if b := e.Transformer.Blocks[i].Block; b != nil {
		path = child(path, b.Name())
	}
	return path
}
