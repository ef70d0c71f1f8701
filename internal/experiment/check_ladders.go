package experiment

import (
	"fmt"
	"math"
	"slices"

	"pdesolve/compare"
	"pdesolve/pde"
)

// checkFinite reports ladders of networks that no run could make.
func (e *Experiment) checkFinite() {
	d, f := e.reading, e.Finite
	ladder := func(path string, values []int, what string) {
		for i, v := range values {
			p := fmt.Sprintf("%s[%d]", path, i)
			if v < 1 {
				d.failAt(p, "%d %s: want at least 1", v, what)
			} else if slices.Contains(values[:i], v) {
				d.failAt(p, "%d is given twice", v)
			}
		}
	}
	ladder("compare.depth", e.Compare.Depth, "layers")
	if b := e.Compare.Budget; b < 0 {
		d.failAt("compare.budget", "%d heads: want at least 1, or nothing for the model's depth times the largest width", b)
	}
	if f == nil {
		return
	}
	ladder("finite.width", f.Width, "heads")
	ladder("finite.depth", f.Depth, "layers")
	if f.Seeds.Start < 1 {
		d.failAt("finite.seeds", "%d: want at least 2, better %d or more", f.Seeds.Start, enoughSeeds)
	}
}

// checkRates reports rates that do not exist or that the experiment cannot
// measure.
func (e *Experiment) checkRates() {
	d := e.reading
	if c := e.Compare.Confidence; !(c > 0.5 && c < 1) {
		d.failAt("compare.confidence", "%v: want a level between 0.5 and 1, such as 0.95", c)
	}
	for i, v := range e.Compare.Decay {
		if !(v > 0) {
			d.failAt(fmt.Sprintf("compare.decay[%d]", i), "%v: want a weight above 0; 0 is what it is compared with", v)
		}
	}
	if n := e.Compare.Heads; n < 0 {
		d.failAt("compare.heads", "%d: want at least 1, or 0 for the middle width of finite", n)
	}
	possible, chance := e.possibleRates(true), false
	for i, r := range e.Compare.Rates {
		path := fmt.Sprintf("compare.rates[%d]", i)
		q, err := compare.Inquiries.New(r)
		chance = chance || err == nil && q.Chance()
		switch {
		case err != nil:
			d.failAt(path, "%v", err)
		case slices.Contains(e.Compare.Rates[:i], r):
			d.failAt(path, "%s is given twice", r)
		case !slices.Contains(possible, r):
			d.failAt(path, "%s needs at least two levels: want %s", r, q.Needs())
		}
	}
	if !chance || e.Finite == nil || e.Finite.Seeds.Start < 1 {
		return
	}
	if n := e.Finite.Seeds.Start; n < 2 {
		d.failAt("finite.seeds", "%d: a rate over networks of chance needs at least 2 seeds, better %d or more: their spread is what gives its slope an interval", n, enoughSeeds)
	} else if n < enoughSeeds {
		e.warn("finite.seeds", "%d: fewer than %d seeds make the intervals of rates over networks unreliable", n, enoughSeeds)
	}
}

// checkSteps warns of time steps that do not divide the saved interval.
func (e *Experiment) checkSteps() {
	for _, s := range e.Solve {
		for _, l := range s.Levels {
			stepped, ok := l.Scheme.(pde.StepScheme)
			if !ok {
				continue
			}
			dt := stepped.NominalStep()
			n := e.Time.Save / dt
			if math.Abs(n-math.Round(n)) <= saveRounding*n && n > 0.5 {
				continue
			}
			e.warn(s.stepPath(e.reading), "the step %.6g does not divide the saved interval %.6g: steps of %.6g are taken",
				dt, e.Time.Save, e.Time.Save/math.Ceil(n))
		}
	}
}

// checkGradings reports levels of refine that do not resolve the grading of an axis.
func (e *Experiment) checkGradings() {
	for _, s := range e.Solve {
		for i, n := range s.Refine {
			for _, p := range e.parts() {
				for k, a := range refined(p.axes, n) {
					if a.Grading == nil || n < 1 {
						continue
					}
					if err := a.Validate(); err != nil {
						e.reading.failAt(fmt.Sprintf("%s.refine[%d]", s.path, i), "%d: %s[%d]: %v", n, p.path, k, err)
					}
				}
			}
		}
	}
}

// checkTwins reports two runs that could not be told apart: a run is known by its
// solver, the options in which it differs from others of the scheme, cells and step.
func (e *Experiment) checkTwins() {
	seen := map[string]string{}
	study := compare.Study{Solvers: e.Solvers()}
	for _, s := range e.Solve {
		for _, l := range s.Levels {
			id := s.Name
			if l.Scheme != nil {
				id = fmt.Sprintf("%s with %d cells", study.Label(l.Scheme), e.cellsOf(l))
			}
			if c := l.Characteristics; c != nil {
				id = fmt.Sprintf("%s with %d %s nodes", c.Scheme(), c.Nodes, c.Rule)
				if c.Step > 0 {
					id += fmt.Sprintf(" and step %v", c.Step)
				}
				if c.Random() {
					id += fmt.Sprintf(" of seed %d", c.Seed)
				}
			}
			if stepped, ok := l.Scheme.(pde.StepScheme); ok {
				id += fmt.Sprintf(" and step %v", stepped.NominalStep())
			}
			if other, twice := seen[id]; twice {
				e.reading.failAt(s.path, "%s is also made by %s: want each run once", id, other)
				break
			}
			seen[id] = s.path
		}
	}
}

// stepPath returns where the time step of a solver is written.
func (s *SolverConfig) stepPath(d *decoder) string {
	for _, key := range []string{"step", "steps"} {
		if p := child(s.path, key); d.at[p] != nil {
			return p
		}
	}
	return s.path
}
