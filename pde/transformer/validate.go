package transformer

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pdesolve/grid"
	"pdesolve/internal/registry"
	"pdesolve/pde"
)

// Validate reports what makes the model unusable, naming the field and, where one
// is at fault, the block. Initial and Axes may be missing; what is there must fit
// the block.
func (m *Model) Validate() error {
	switch {
	case m.Depth < 1:
		return fmt.Errorf("depth: %d layers: want at least 1", m.Depth)
	case !(m.Decay >= 0) || math.IsInf(m.Decay, 0):
		return fmt.Errorf("decay: %v: want a finite number, at least 0", m.Decay)
	case !(m.Temperature >= 0) || math.IsInf(m.Temperature, 0):
		return fmt.Errorf("temperature: %v: want a finite number, at least 0", m.Temperature)
	case !(m.Modified >= 0) || math.IsInf(m.Modified, 0) || m.Modified > 0 && !m.Continuous:
		return fmt.Errorf("modified: %v: want a finite number, at least 0, and above 0 only with continuous depth", m.Modified)
	case m.Prompts == nil:
		return fmt.Errorf("prompts: missing: want at least one labelled prompt")
	case len(m.Blocks) == 0:
		return fmt.Errorf("blocks: none: want at least one of %v", Blocks.Names())
	}
	if err := m.Prompts.Validate(); err != nil {
		return fmt.Errorf("prompts: %w", err)
	}
	for i := range m.Blocks {
		if err := m.validateBlock(i); err != nil {
			return m.blockError(i, err)
		}
	}
	if err := m.ValidatePrecision(); err != nil {
		return err
	}
	if err := m.validateTokens(); err != nil {
		return err
	}
	if err := m.validateEmbedding(); err != nil {
		return err
	}
	if err := m.Read.validate(m); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	if err := m.loss().Validate(); err != nil {
		return fmt.Errorf("loss: %w", err)
	}
	if err := m.loss().fits(m.Read.outputs(), m.Prompts.Label); err != nil {
		return fmt.Errorf("loss: %w", err)
	}
	return nil
}

// ValidatePrecision reports a precision that is unknown or that a block does not have.
func (m *Model) ValidatePrecision() error {
	switch m.Precision {
	case "", Float64:
		return nil
	case Float32:
	default:
		return fmt.Errorf("precision: unknown %q%s", m.Precision, registry.Choices(string(m.Precision), []string{string(Float32), string(Float64)}))
	}
	for _, c := range m.Blocks {
		if _, ok := c.Block.(interface{ inPanels() }); !ok {
			return fmt.Errorf("precision: float32: the block %s computes in float64 alone: want float64, or only blocks with matrices (softmax, linear, mlp)", c.Block.Name())
		}
	}
	return nil
}

// Fits reports what of block i, which is valid, does not fit the prompts.
func (m *Model) Fits(i int) error { return m.Blocks[i].Block.fits(m.Prompts) }

func (m *Model) validateBlock(i int) error {
	c := &m.Blocks[i]
	if c.Block == nil {
		return fmt.Errorf("missing: want one of %v", Blocks.Names())
	}
	if err := c.Block.Validate(); err != nil {
		return err
	}
	if err := m.Fits(i); err != nil {
		return err
	}
	names := m.Parameters(i)
	if c.Initial != nil {
		if err := c.Initial.Validate(); err != nil {
			return fmt.Errorf("initial: %w", err)
		}
		if d := c.Initial.Dim(); d != len(names) {
			return fmt.Errorf("initial: a law in %d dimensions: want %d, for %s", d, len(names), nameList(names))
		}
	}
	if len(c.Axes) == 0 {
		return nil
	}
	if err := m.HasGrid(i); err != nil {
		return err
	}
	if len(c.Axes) != len(names) {
		return fmt.Errorf("grid: %d axes: want %d, for %v", len(c.Axes), len(names), names)
	}
	for k, a := range c.Axes {
		if err := a.Validate(); err != nil {
			return fmt.Errorf("grid: axis %d (%s): %w", k, names[k], err)
		}
	}
	return nil
}

// validateTokens reports a coordinate that one block moves and another relies on not to
// change.
func (m *Model) validateTokens() error {
	for i, c := range m.Blocks {
		for d := range m.Prompts.Dim {
			if !c.Block.holds(d) {
				continue
			}
			for j, o := range m.Blocks {
				if o.Block.moves(d) {
					return m.blockError(i, fmt.Errorf("wants coordinate %d of the tokens never to change, and entry %d (%s) moves it", d, j, o.Block.Name()))
				}
			}
		}
	}
	return nil
}

// HasGrid returns nil if block i has a grid on the model's prompts, and else an error that
// says why it has none and names blocks that have.
func (m *Model) HasGrid(i int) error {
	names, linear := m.Parameters(i), m.LinearOf(i)
	if linear == 1 && len(names) <= grid.MaxDim {
		return nil
	}
	var fit []string
	for _, name := range Blocks.Names() {
		if o, err := Blocks.New(name); err == nil && o.fits(m.Prompts) == nil && o.linear(m.Prompts.Dim) == 1 && len(o.Parameters(m.Prompts.Dim)) <= grid.MaxDim {
			fit = append(fit, name)
		}
	}
	what := "no block has a grid on such tokens"
	if len(fit) > 0 {
		what = fmt.Sprintf("those with a grid on such tokens: %s", strings.Join(fit, ", "))
	}
	return fmt.Errorf("grid: %d parameters, linear in %d of them: want at most %d and one; this block has no grid, only particles and characteristics; %s",
		len(names), linear, grid.MaxDim, what)
}

// Parameters returns the names of the parameters of an atom of block i on the model's
// prompts.
func (m *Model) Parameters(i int) []string {
	dim := 0
	if m.Prompts != nil {
		dim = m.Prompts.Dim
	}
	return m.Blocks[i].Block.Parameters(dim)
}

// LinearOf returns the number of parameters, the last ones, that block i is linear in.
func (m *Model) LinearOf(i int) int { return m.Blocks[i].Block.linear(m.Prompts.Dim) }

// nameList formats names for an error message: of many, the first and the last.
func nameList(names []string) string {
	if len(names) > 10 {
		return fmt.Sprintf("[%s … %s]", strings.Join(names[:4], " "), names[len(names)-1])
	}
	return fmt.Sprint(names)
}

// blockError names the block that err is about.
func (m *Model) blockError(i int, err error) error {
	if b := m.Blocks[i].Block; b != nil {
		return fmt.Errorf("blocks: entry %d (%s): %w", i, b.Name(), err)
	}
	return fmt.Errorf("blocks: entry %d: %w", i, err)
}

// Components returns the number of components of the model's states and
// ensembles: blocks × Depth.
func (m *Model) Components() int { return len(m.Blocks) * m.Depth }

// BlockOf returns the block (an index into Blocks) and the depth slice of component
// c.
func (m *Model) BlockOf(c int) (block, slice int) { return c / m.Depth, c % m.Depth }

// ComponentOf returns the component of a block in a depth slice.
func (m *Model) ComponentOf(block, slice int) int { return block*m.Depth + slice }

// Dims returns the number of parameters of an atom of each component, the first
// argument of pde.NewEnsemble.
func (m *Model) Dims() []int {
	d := make([]int, m.Components())
	for c := range d {
		i, _ := m.BlockOf(c)
		d[c] = len(m.Parameters(i))
	}
	return d
}

// Grids returns the grid of each component; the slices of a block share one. With
// n > 0 every axis has n cells in place of its own number. It fails if a block has no
// axes or a grid is too large, and names the block.
func (m *Model) Grids(n int) ([]*grid.Grid, error) {
	var grids []*grid.Grid
	for i := range m.Blocks {
		axes := slices.Clone(m.Blocks[i].Axes)
		if err := m.HasGrid(i); err != nil {
			return nil, m.blockError(i, err)
		}
		if len(axes) == 0 {
			return nil, m.blockError(i, fmt.Errorf("grid: missing: want one axis for each of %v", m.Parameters(i)))
		}
		for k := range axes {
			if n > 0 {
				axes[k].N = n
			}
		}
		g, err := grid.New(axes...)
		if err != nil {
			return nil, m.blockError(i, err)
		}
		for range m.Depth {
			grids = append(grids, g)
		}
	}
	return grids, nil
}

// InitialState returns the cell averages of the initial laws on the given grids,
// one per component, each of mass one. It fails if a block has no initial law or
// its law leaves the box, and names the block.
func (m *Model) InitialState(grids []*grid.Grid) (pde.State, error) {
	if len(grids) != m.Components() {
		panic("transformer: InitialState: want one grid per component")
	}
	s := make(pde.State, len(grids))
	for c, g := range grids {
		i, k := m.BlockOf(c)
		if k > 0 && grids[c-1].Equal(g) {
			s[c] = s[c-1].Clone()
			s[c].Grid = g
			continue
		}
		law := m.Blocks[i].Initial
		if law == nil {
			return nil, m.blockError(i, fmt.Errorf("initial: missing: want one of %v", grid.Laws.Names()))
		}
		s[c] = grid.NewDensity(g)
		if err := law.Average(s[c]); err != nil {
			return nil, m.blockError(i, fmt.Errorf("initial: %w", err))
		}
	}
	return s, nil
}
