package experiment

import (
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml/ast"
)

// Seeds is a number of independent draws, or a rule that says when there are enough.
type Seeds struct {
	Start int     `yaml:"start"`            // draws to begin with; default 16
	Until float64 `yaml:"until_half_width"` // half-width of an interval at which to stop adding draws to its ladder; 0: Start draws and no more
	Max   int     `yaml:"max"`              // most draws of the largest network of a ladder; default 200
}

const (
	defaultSeeds = 16
	mostSeeds    = 200
)

// decode reads a number, or {until_half_width: …, max: …, start: …}.
func (s *Seeds) decode(d *decoder, n ast.Node, path string) {
	if _, ok := n.(ast.MapNode); !ok {
		*s = Seeds{}
		d.scalar(n, reflect.ValueOf(&s.Start).Elem(), path)
		return
	}
	*s = Seeds{Start: defaultSeeds, Max: mostSeeds}
	values, ok := d.mapping(n, path, "a number, or {until_half_width: 0.03, max: 200}")
	if !ok {
		return
	}
	before := len(d.errs)
	type own Seeds
	d.fields(values, path, reflect.ValueOf((*own)(s)).Elem())
	if len(d.errs) > before {
		return
	}
	if err := s.validate(); err != nil {
		d.fail(n, path, "%v", err)
	}
}

// validate reports a rule that cannot be followed.
func (s *Seeds) validate() error {
	switch {
	case !(s.Until > 0):
		return fmt.Errorf("until_half_width: %v: want a number above 0, such as 0.03, or a number of seeds in place of the rule", s.Until)
	case s.Start < enoughSeeds:
		return fmt.Errorf("start: %d: want at least %d, for an interval that can be trusted", s.Start, enoughSeeds)
	case s.Max < s.Start:
		return fmt.Errorf("max: %d: want at least start = %d", s.Max, s.Start)
	}
	return nil
}

// most returns the largest number of draws.
func (s Seeds) most() int { return max(s.Start, s.Max) }

func (s Seeds) encode() any {
	if s.Until == 0 {
		return s.Start
	}
	type own Seeds
	return compact(encodeStruct(reflect.ValueOf(own(s))))
}
