package finite

import (
	"fmt"
	"slices"

	"pdesolve/grid"
	"pdesolve/pde"
)

// Checkpoint is how Simulate keeps a run on its way and goes on with one. A run that
// goes on from a kept state returns what one that was never stopped returns, to the
// byte: the state holds the curve so far and all that the dynamics carries from step to
// step.
type Checkpoint struct {
	// From is a state that Keep was given by a run of the same request, to go on from; nil,
	// or one of another shape, is the start.
	From []grid.Array
	// Due is asked after every step whether the state is to be kept. Default: after every
	// step.
	Due func() bool
	// Keep is given the state, which is a copy, when it is due and when ctx ends the run:
	// a step begun is lost, the ones before are not. Its error ends the run.
	Keep func(state []grid.Array) error
}

// The arrays of a kept state, beside those of the curve: what the dynamics carries, what
// the recorder does, and which saved times have atoms.
const (
	carriedName  = "carried"
	recordedName = "recorded"
	atomsName    = "theta"
	hasAtomsName = "has_theta"
)

// Carry takes note of what the dynamics carries, and fills it from the checkpoint that
// the run goes on from, if there is one of that shape.
func (r *recorder) Carry(state ...any) bool {
	r.carried = state
	c := r.options.Checkpoint
	return c != nil && r.restore(c.From)
}

// keep gives the present state to the checkpoint if one is due, or at the end of ctx.
func (r *recorder) keep(stopped bool) {
	c := r.options.Checkpoint
	if c == nil || c.Keep == nil || r.carried == nil || r.failed != nil || !stopped && c.Due != nil && !c.Due() {
		return
	}
	r.failed = c.Keep(r.state())
}

func (r *recorder) keepError() error { return fmt.Errorf("finite: checkpoint: %w", r.failed) }

// numbers returns pointers to the recorder's own numbers.
func (r *recorder) numbers() []any {
	c := &r.curve.Contracts
	return []any{&r.energy, &r.rise, &r.dissipated, &r.before, &c.Steps, &c.Evaluations, &c.Rejections, &c.MaxDt}
}

// curves returns the curve's numbers, one a saved time.
func (r *recorder) curves() map[string]*[]float64 {
	t := r.curve
	return map[string]*[]float64{"time": &t.Time, "energy": &t.Energy, "dissipation": &t.Dissipation, "residual": &t.Residual, "risk": &t.Risk}
}

// state copies everything that the run needs to go on.
func (r *recorder) state() []grid.Array {
	line := func(name string, data []float64) grid.Array {
		return grid.Array{Name: name, Shape: []int{len(data)}, Data: data}
	}
	t := r.curve
	out := []grid.Array{line(carriedName, flatten(r.carried)), line(recordedName, flatten(r.numbers()))}
	for _, name := range []string{"time", "energy", "dissipation", "residual", "risk"} {
		out = append(out, line(name, slices.Clone(*r.curves()[name])))
	}
	out = append(out, line("output", slices.Concat(t.Output...)))
	var has, theta []float64
	for _, e := range t.Ensembles {
		if e == nil {
			has = append(has, 0)
			continue
		}
		has, theta = append(has, 1), append(theta, e.Theta...)
	}
	return append(out, line(hasAtomsName, has), line(atomsName, theta))
}

// restore fills the recorder and the dynamics from a kept state, and reports whether it
// was one of this run's shape; if not, nothing has changed.
func (r *recorder) restore(state []grid.Array) bool {
	if len(state) == 0 {
		return false
	}
	find := func(name string) []float64 {
		a, _ := grid.FindArray(state, name)
		return a.Data
	}
	carried, recorded := find(carriedName), find(recordedName)
	has, theta, output := find(hasAtomsName), find(atomsName), find("output")
	n, size := len(find("time")), len(r.atoms.Theta)
	atoms := 0
	for _, v := range has {
		atoms += int(v)
	}
	_, learns := r.AtomFunctional.(pde.Learner)
	switch {
	case len(carried) != len(flatten(r.carried)) || len(recorded) != len(flatten(r.numbers())):
		return false
	case n < 1 || n > len(r.times) || !slices.Equal(find("time"), r.times[:n]) || len(has) != n || len(theta) != atoms*size:
		return false
	case learns != (len(output) > 0) || len(output)%n != 0:
		return false
	}
	for name := range r.curves() {
		if d := find(name); len(d) != n && (name != "risk" || learns) {
			return false
		}
	}
	for name, p := range r.curves() {
		*p = slices.Clone(find(name))
	}
	t := r.curve
	for s := range n {
		if learns {
			k := len(output) / n
			t.Output = append(t.Output, slices.Clone(output[s*k:(s+1)*k]))
		}
		t.Ensembles = append(t.Ensembles, nil)
		if has[s] != 0 {
			t.Ensembles[s] = r.atoms.Clone()
			copy(t.Ensembles[s].Theta, theta)
			theta = theta[size:]
		}
	}
	fill(r.numbers(), recorded)
	fill(r.carried, carried)
	return true
}

// flatten copies what Carry's pointers point to, in order. Whole numbers and truth
// values are exact in a float64.
func flatten(state []any) []float64 {
	var out []float64
	for _, p := range state {
		switch p := p.(type) {
		case *float64:
			out = append(out, *p)
		case *int:
			out = append(out, float64(*p))
		case *bool:
			v := 0.0
			if *p {
				v = 1
			}
			out = append(out, v)
		case *[]float64:
			out = append(out, *p...)
		default:
			panic("finite: Carry: want pointers to float64, int, bool and []float64")
		}
	}
	return out
}

// fill is the inverse of flatten.
func fill(state []any, from []float64) {
	for _, p := range state {
		switch p := p.(type) {
		case *float64:
			*p = from[0]
		case *int:
			*p = int(from[0])
		case *bool:
			*p = from[0] != 0
		case *[]float64:
			from = from[copy(*p, from):]
			continue
		}
		from = from[1:]
	}
}
