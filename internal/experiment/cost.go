package experiment

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"

	"pdesolve/compare"
	"pdesolve/grid"
	"pdesolve/pde"
)

// maxGrid bounds the cells of one density, which some solvers number with 32
// bits.
const maxGrid = 1 << 31

// memoryShare is the share of the machine's memory that an experiment may be
// predicted to need.
const memoryShare = 0.75

// workCopies is the number of copies of the unknown that a solver works with: the
// densities, the first variation, two stages and the scheme's own arrays.
const workCopies = 6

// Cost predicts what one solver needs.
type Cost struct {
	Solver   string  // as configured, with its cells and step
	Unknowns float64 // cells of all components, or parameters of all atoms
	Bytes    float64 // working memory and saved states
	Dt       float64 // step that the solver would take first; 0 where it was not tried
	Steps    float64 // time steps of that size; 0 where it was not tried
	Seconds  float64 // on one core; 0 where it was not tried. Rough: the step changes on the way

	path string // where the size is configured
	size string // how the size comes about
}

// Costs predicts the cost of every solver of the solve section.
func (e *Experiment) Costs() []Cost {
	var all []Cost
	for _, s := range e.Solve {
		for i := range s.Levels {
			all = append(all, e.cost(s, &s.Levels[i]))
		}
	}
	return all
}

func (e *Experiment) cost(s *SolverConfig, l *compare.Solver) Cost {
	copies := float64(workCopies + len(e.Times()))
	if l.Characteristics != nil {
		c := Cost{Solver: fmt.Sprintf("%s, %d nodes", l.Characteristics.Scheme(), l.Characteristics.Nodes), path: child(s.path, "nodes")}
		for _, p := range e.parts() {
			atoms := l.Characteristics.Count(p.dim)
			c.Unknowns += atoms * float64(p.dim) * p.slices
		}
		c.size = fmt.Sprintf("%d nodes an axis", l.Characteristics.Nodes)
		if l.Characteristics.Random() {
			c.size = fmt.Sprintf("%d %s nodes", l.Characteristics.Nodes, l.Characteristics.Rule)
		}
		c.Bytes = 8 * c.Unknowns * (copies + 8) // the integrator keeps its stages
		return c
	}
	c := Cost{Solver: s.Name}
	for _, p := range e.parts() {
		n, label := 1.0, ""
		for k, a := range refined(p.axes, l.Cells) {
			n *= float64(a.N)
			if k > 0 {
				label += " × "
			}
			label += strconv.Itoa(a.N)
		}
		if n*p.slices > c.Unknowns {
			c.path, c.size = p.path, label
		}
		c.Unknowns += n * p.slices
	}
	if l.Cells > 0 {
		c.path = fmt.Sprintf("%s.refine[%d]", s.path, slices.Index(s.Refine, l.Cells))
	}
	c.Solver += ", " + c.size + " cells"
	c.Bytes = 8 * c.Unknowns * copies
	if stepped, ok := l.Scheme.(pde.StepScheme); ok {
		c.Solver += fmt.Sprintf(", step %.4g", stepped.NominalStep())
	}
	return c
}

// part is a density, or as many of them as there are depth slices.
type part struct {
	axes   []grid.Axis
	dim    int
	slices float64
	path   string // of the grid
}

func (e *Experiment) parts() []part {
	if e.Transformer == nil {
		return []part{{e.Grid, len(e.Grid), 1, "grid"}}
	}
	m, _ := e.Model()
	var all []part
	for i, b := range m.Blocks {
		all = append(all, part{b.Axes, len(m.Parameters(i)), float64(m.Depth), child(e.componentPath(i), "grid")})
	}
	return all
}

// CheckMemory reports sizes that no run on this machine can have, of an experiment whose
// fields have been changed.
func (e *Experiment) CheckMemory() error {
	e.reading.errs = nil
	e.checkMemory()
	if errs := e.reading.errs; len(errs) > 0 {
		return fmt.Errorf("%s: %s", errs[0].Path, errs[0].Message) // without the place in the file, where it may not be from
	}
	return nil
}

// checkMemory reports sizes that no run on this machine can have.
func (e *Experiment) checkMemory() {
	d := e.reading
	limit := memory() * memoryShare
	for _, c := range e.Costs() {
		switch {
		case c.Unknowns > maxGrid:
			d.failAt(c.path, "%s: makes %.3g unknowns, %s for each copy: want at most %.2g", c.size, c.Unknowns, Bytes(8*c.Unknowns), float64(maxGrid))
		case limit > 0 && c.Bytes > limit:
			d.failAt(c.path, "%s: needs about %s, and %.0f %% of this machine's memory is %s", c.size, Bytes(c.Bytes), 100*memoryShare, Bytes(limit))
		default:
			continue
		}
		return
	}
	if e.Finite == nil {
		return
	}
	parameters := 0.0
	for _, p := range e.parts() {
		parameters += float64(p.dim)
	}
	check := func(path string, values []int, other int) {
		for i, v := range values {
			bytes := 8 * parameters * float64(v) * float64(other) * float64(workCopies+8+len(e.Times()))
			if limit > 0 && bytes > limit || float64(v)*float64(other) > maxGrid {
				d.failAt(fmt.Sprintf("%s[%d]", path, i), "%d: networks of %.3g atoms need about %s", v, float64(v)*float64(other), Bytes(bytes))
			}
		}
	}
	m, _ := e.Model()
	check("finite.width", e.Finite.Width, m.Depth)
	check("finite.depth", e.Finite.Depth, 1)
	if runs := float64(e.Finite.Seeds.most()) * float64(len(e.Finite.Width)+len(e.Finite.Depth)); runs > maxRuns {
		d.failAt("finite.seeds", "%d: makes %.3g networks: want at most %d", e.Finite.Seeds.most(), runs, maxRuns)
	}
}

// maxRuns bounds the networks of one experiment.
const maxRuns = 1000000

// Bytes formats a number of bytes like 1.5 GiB.
func Bytes(b float64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	i := 0
	for b >= 1024 && i < len(units)-1 {
		b /= 1024
		i++
	}
	return fmt.Sprintf("%.3g %s", b, units[i])
}

var totalMemory = regexp.MustCompile(`(?m)^MemTotal:\s+([0-9]+) kB`)

// memory returns the machine's memory in bytes, 0 where it cannot be known.
func memory() float64 {
	b, err := os.ReadFile("/proc/meminfo") // Linux only
	if err != nil {
		return 0
	}
	m := totalMemory.FindSubmatch(b)
	if m == nil {
		return 0
	}
	kib, _ := strconv.ParseFloat(string(m[1]), 64)
	return kib * 1024
}
