package experiment

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde"
)

// Limits of what is accepted.
const (
	maxSaves     = 100000 // saved times
	enoughSeeds  = 8      // below, a rate over seeds deserves doubt
	coarseCells  = 8      // cells an axis for trying an initial law on its box
	saveRounding = 1e-9   // relative, of end as a multiple of save
)

var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// check reports everything that reading value by value cannot see.
func (e *Experiment) check() {
	d := e.reading
	if !validName.MatchString(e.Name) {
		d.failAt("name", "%q: want letters, digits, '-', '_' and '.', because results are stored under this name", e.Name)
	}
	e.checkSections()
	if len(d.errs) > 0 {
		return
	}
	if e.Transformer != nil {
		e.checkTransformer()
	} else if e.Initial != nil || e.Exact == nil {
		e.checkStart("initial", "grid", e.Initial, e.Grid, nil, e.needsGrid())
	}
	e.checkFinite()
	e.checkRates()
	e.checkTwins()
	e.checkSteps()
	if len(d.errs) == 0 {
		e.checkMemory()
		e.checkGradings()
	}
	if len(d.errs) == 0 {
		e.checkWhole()
	}
}

// checkSections reports missing sections and those that do not go together.
func (e *Experiment) checkSections() {
	d := e.reading
	given := func(path string) bool { return d.at[path] != nil }
	need := func(path, what string) {
		if !given(path) {
			d.failAt(path, "missing: want %s", what)
		}
	}
	if e.Transformer != nil {
		for _, s := range []string{"grid", "energy", "initial", "exact"} {
			if given(s) {
				d.failAt(s, "given beside transformer: want either a transformer or a classical flow (grid, energy, initial)")
			}
		}
		need("transformer.prompts", "{file: …}, {table: {…}}, {linear: {…}}, {nonlinear: {…}} or {images: {…}}")
		need("transformer.blocks", "a list of "+strings.Join(families[blockType].names(), ", "))
		if given("transformer.slices") && !e.Transformer.Depth.Continuous {
			d.failAt("transformer.slices", "given beside depth: %d: slices belong to depth: continuous", e.Transformer.Depth.Layers)
		}
	} else {
		if !given("grid") && !given("energy") && !given("initial") {
			d.failAt("transformer", "missing: want a transformer, or the grid, energy and initial of a classical flow")
		} else {
			need("grid", "a list of axes {lo: …, hi: …, n: …}")
			if !given("exact") { // which stands in for both
				need("energy", "a list of "+strings.Join(pde.Energies.Names(), ", "))
				need("initial", "one of "+strings.Join(grid.Laws.Names(), ", "))
			}
		}
		for _, s := range []string{"finite", "compare"} {
			if given(s) {
				d.failAt(s, "a classical flow has no %s section: it belongs to a transformer", s)
			}
		}
	}
	if len(e.Solve) == 0 && e.Finite == nil {
		d.failAt("solve", "nothing to do: want a list of solvers under solve, or a finite section")
	}
}

// checkTime reports a horizon or a saved interval that makes no list of times.
func (e *Experiment) checkTime() {
	d, t := e.reading, e.Time
	switch u := t.UntilResidual; {
	case !(u >= 0) || math.IsInf(u, 0):
		d.failAt("time.until_residual", "%v: want a number above 0, such as 1e-10, or 0 to solve to the end", u)
	case u > 0 && e.Transformer != nil:
		d.failAt("time.until_residual", "is for classical flows: networks and their mean field are compared at common times")
	}
	switch {
	case d.at["time.end"] == nil:
		if d.at["time"] == nil || len(d.errs) == 0 {
			d.failAt("time.end", "missing: want the training time to solve to, such as time: {end: 4, save: 0.5}")
		}
		return
	case !(t.End > 0):
		d.failAt("time.end", "%v: want a time above 0", t.End)
	case !(t.Save > 0):
		d.failAt("time.save", "%v: want an interval above 0", t.Save)
	case t.Save > t.End:
		d.failAt("time.save", "%v is longer than end = %v", t.Save, t.End)
	case t.End/t.Save > maxSaves:
		d.failAt("time.save", "%v: makes %.3g saved times up to end = %v: want at most %d", t.Save, t.End/t.Save, t.End, maxSaves)
	default:
		n := math.Round(t.End / t.Save)
		if math.Abs(n*t.Save-t.End) > saveRounding*t.End {
			d.failAt("time.save", "%v does not divide end = %v: want a divisor, such as %.6g", t.Save, t.End, t.End/n)
		}
	}
}

// needsGrid reports whether any solver works on a grid.
func (e *Experiment) needsGrid() bool {
	return slices.ContainsFunc(e.Solve, func(s *SolverConfig) bool { return s.Name != characteristics })
}

func (e *Experiment) checkTransformer() {
	d, t := e.reading, e.Transformer
	if t.Depth.Continuous && t.Slices < 1 {
		d.failAt("transformer.slices", "%d: want at least 1", t.Slices)
	}
	if !t.Depth.Continuous && t.Depth.Layers < 1 {
		d.failAt("transformer.depth", "%d layers: want at least 1", t.Depth.Layers)
	}
	if t.Decay < 0 {
		d.failAt("transformer.decay", "%v: want at least 0", t.Decay)
	}
	e.checkTemperature()
	if len(t.Blocks) == 0 {
		d.failAt("transformer.blocks", "empty: want a list of %s", strings.Join(families[blockType].names(), ", "))
	}
	e.checkRead()
	if e.loadPrompts(); t.Prompts.loaded == nil {
		return
	}
	m, _ := e.Model()
	if f := e.Finite; f != nil {
		m.Precision = f.Precision
		if err := m.ValidatePrecision(); err != nil {
			d.failAt("finite.precision", "%s", strings.TrimPrefix(err.Error(), "precision: "))
		}
	}
	for i := range t.Blocks {
		b, path := &t.Blocks[i], e.componentPath(i)
		if err := m.Fits(i); err != nil { // before the number of parameters, which follows from it
			d.complain(path, trim(err))
			continue
		}
		box := child(path, "grid")
		if err := m.HasGrid(i); err != nil && (e.needsGrid() || len(b.Grid) > 0) {
			d.failAt(box, "%s", strings.TrimPrefix(trim(err), "grid: "))
			continue
		}
		e.checkStart(child(path, "initial"), box, b.Initial, b.Grid, m.Parameters(i), e.needsGrid())
	}
}

// checkRead reports outputs that are given twice.
func (e *Experiment) checkRead() {
	d, r := e.reading, &e.Transformer.Read
	const path = "transformer.read"
	switch given := func(key string) bool { return d.at[child(path, key)] != nil }; {
	case r.Mean && given("token"):
		d.failAt(path+".token", "given beside mean: true: want the mean over all tokens, or one of them")
	case given("weights") && given("classes"):
		d.failAt(path+".classes", "given beside weights: want weights, or classes whose weights are drawn")
	case given("coordinate") && (given("weights") || given("classes")):
		d.failAt(path+".coordinate", "given beside weights or classes, which take its place")
	case !(r.Scale > 0):
		d.failAt(path+".scale", "%v: want a number above 0", r.Scale)
	case r.Classes < 0 || given("classes") && r.Classes < 2 || r.Classes > maxClasses:
		d.failAt(path+".classes", "%d: want 2 to %d classes", r.Classes, maxClasses)
	}
}

// maxClasses bounds the outputs of a prompt.
const maxClasses = 100000

// checkTemperature reports a temperature below 0, and beside one above 0 solvers and
// dynamics that move particles without noise.
func (e *Experiment) checkTemperature() {
	d, sigma := e.reading, e.Transformer.Temperature
	if sigma < 0 {
		d.failAt("transformer.temperature", "%v: want at least 0", sigma)
	}
	if sigma <= 0 {
		return
	}
	for _, s := range e.Solve {
		if s.Name == characteristics {
			d.failAt(s.path, "moves particles without noise: at a temperature above 0 want schemes on a grid, or temperature: 0")
		}
	}
	if e.Finite == nil || e.Finite.Dynamics == nil {
		return
	}
	if _, noisy := e.Finite.Dynamics.(finite.Noisy); !noisy {
		d.failAt("finite", "%s moves particles without noise: at a temperature above 0 want dynamics: langevin, or temperature: 0", e.Finite.Dynamics.Name())
	}
}

// checkStart reports an initial law that is missing, of the wrong dimension, or
// outside its box.
func (e *Experiment) checkStart(initial, box string, law grid.Law, axes []grid.Axis, names []string, needed bool) {
	d := e.reading
	want := len(names)
	if names == nil {
		want = len(axes)
	}
	if law == nil {
		d.failAt(initial, "missing: want a law for the parameters %s: one of %s", listed(names), strings.Join(grid.Laws.Names(), ", "))
		return
	}
	if law.Dim() != want {
		d.failAt(initial, "a law of %d coordinates: want %d%s", law.Dim(), want, forNames(names))
		return
	}
	if len(axes) == 0 {
		if needed {
			d.failAt(box, "missing: want one axis {lo: …, hi: …, n: …} for each of the parameters %s", listed(names))
		}
		return
	}
	if len(axes) != want || want > grid.MaxDim {
		d.failAt(box, "%d axes: want %d%s", len(axes), min(want, grid.MaxDim), forNames(names))
		return
	}
	coarse := slices.Clone(axes)
	for k := range coarse {
		coarse[k].N, coarse[k].Grading = min(coarse[k].N, coarseCells), nil
	}
	g, err := grid.New(coarse...)
	if err != nil {
		d.failAt(box, "%v", err)
		return
	}
	if err := law.Average(grid.NewDensity(g)); err != nil {
		d.failAt(initial, "%s", trim(err))
	}
}

func forNames(names []string) string {
	if names == nil {
		return ", one for each axis of the grid"
	}
	return ", one for each of the parameters " + listed(names)
}

// listed joins names, the first and the last of many.
func listed(names []string) string {
	if len(names) > 10 {
		names = []string{names[0], names[1], names[2], "…", names[len(names)-1]}
	}
	return strings.Join(names, ", ")
}

// trim drops the package prefix of an error.
func trim(err error) string {
	s := err.Error()
	for _, p := range []string{"grid: ", "pde: ", "transformer: ", "finite: ", "compare: "} {
		s = strings.TrimPrefix(s, p)
	}
	return s
}

// warn records a warning at a path.
func (e *Experiment) warn(path, format string, args ...any) {
	w := e.reading.errorAt(path, format, args...).place()
	if !slices.Contains(e.Warnings, w) {
		e.Warnings = append(e.Warnings, w)
	}
}
