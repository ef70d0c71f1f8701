package compare

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"pdesolve/pde"
)

// Label returns the name under which the study's runs by a scheme are known: the
// registered one and, where the study has the scheme with different options, those in
// which they differ, like "jko-inner-quantile". The step is not among them: steps and
// cells are levels of a ladder.
func (s *Study) Label(of pde.Scheme) string {
	own := schemeOptions(of)
	var differ []string
	for _, v := range s.Solvers {
		if v.Scheme == nil || v.Scheme.Name() != of.Name() {
			continue
		}
		other := schemeOptions(v.Scheme)
		for key, value := range other {
			member, _, nested := strings.Cut(key, ".")
			if nested && own[member] != other[member] {
				continue // another member's options
			}
			if own[key] != value && !slices.Contains(differ, key) {
				differ = append(differ, key)
			}
		}
	}
	slices.Sort(differ)
	out := of.Name()
	for _, key := range differ {
		out += "-" + key
		if own[key] != "" {
			out += "-" + own[key]
		}
	}
	return out
}

// schemeOptions returns the options of a scheme as they stand in an experiment file, those
// of a nested description under the name of its own, like "inner.tolerance".
func schemeOptions(s pde.Scheme) map[string]string {
	out := map[string]string{}
	addOptions(out, "", reflect.ValueOf(s))
	return out
}

func addOptions(out map[string]string, prefix string, v reflect.Value) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if !f.IsExported() || key == "" || key == "-" || prefix == "" && key == "step" {
			continue
		}
		x := v.Field(i)
		if n, ok := x.Interface().(interface{ Name() string }); ok && (x.Kind() != reflect.Interface || !x.IsNil()) {
			out[prefix+key] = n.Name()
			addOptions(out, prefix+key+".", x)
			continue
		}
		out[prefix+key] = fmt.Sprint(x.Interface())
	}
}
