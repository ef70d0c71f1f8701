package finite

import (
	"context"
	"fmt"
	"math"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// Characteristics describes the method of characteristics for the mean-field
// limit: the nodes of a tensor quadrature of each block's initial law, with its
// weights, move with the mean-field velocity −∇Ψ that they make. Because
// ∂_τρ = ∇·(ρ∇Ψ) is a push-forward, the weights stay and integrals against ρ keep
// the accuracy of the quadrature: spectral in Nodes for bumps and smooth blocks.
// For a Gaussian law the poles of tanh slow the Gauss rule down; compare two node
// counts there.
//
// Blocks with matrices have too many parameters for tensor rules. Random nodes of equal
// weight take their place: the rules Drawn, whose error in the mean field is of order
// (L·Nodes)^{−1/2}, and Repeated, the same nodes in every layer.
type Characteristics struct {
	Nodes int       `yaml:"nodes"` // points on every axis of every block, or random ones of every layer and block; 0 means the default 12
	Rule  grid.Rule `yaml:"rule"`  // "gauss", "midpoint", "drawn" or "repeated"; empty means the default "gauss"
	Seed  uint64    `yaml:"seed"`  // of random nodes, as in Draw and Repeat
	RTol  float64   `yaml:"rtol"`  // as in Gradient; 0 means the default 1e-8
	ATol  float64   `yaml:"atol"`  // as in Gradient; 0 means the default 1e-10
	// Step, if above 0, moves the nodes by the minimising movements of JKO with this step
	// and TimeOrder, in place of the flow in continuous time.
	Step      float64 `yaml:"step"`
	TimeOrder int     `yaml:"order"`
}

// The rules of random nodes.
const (
	Drawn    grid.Rule = "drawn"    // independent in every layer; see Draw
	Repeated grid.Rule = "repeated" // the same in every layer; see Repeat
)

// Random reports whether the nodes are drawn.
func (c Characteristics) Random() bool { return c.Rule == Drawn || c.Rule == Repeated }

// Count returns the number of nodes of a layer and block with the given number of
// parameters.
func (c Characteristics) Count(parameters int) float64 {
	c = c.filled()
	if c.Random() {
		return float64(c.Nodes)
	}
	return math.Pow(float64(c.Nodes), float64(parameters))
}

// DefaultCharacteristics returns the description with every default filled in.
func DefaultCharacteristics() Characteristics {
	return Characteristics{}.filled()
}

func (c Characteristics) filled() Characteristics {
	if c.Nodes == 0 {
		c.Nodes = 12
	}
	if c.Rule == "" {
		c.Rule = grid.Gauss
	}
	g := c.gradient().filled()
	c.RTol, c.ATol = g.RTol, g.ATol
	return c
}

// Scheme names how the nodes are moved: "characteristics" in continuous time, or
// "characteristics-jko" by minimising movements, with "-order-2" if they are of that order.
func (c Characteristics) Scheme() string {
	switch {
	case c.Step == 0:
		return "characteristics"
	case c.TimeOrder == 2:
		return "characteristics-jko-order-2"
	}
	return "characteristics-jko"
}

// dynamics returns what moves the nodes.
func (c Characteristics) dynamics() Dynamics {
	if c.Step != 0 {
		return JKO{Step: c.Step, TimeOrder: c.TimeOrder}
	}
	return c.gradient()
}

func (c Characteristics) gradient() Gradient { return Gradient{RTol: c.RTol, ATol: c.ATol} }

// Validate reports what makes the description unusable: fewer than one node, an
// unknown rule, a tolerance that Gradient does not accept.
func (c Characteristics) Validate() error {
	c = c.filled()
	if c.Nodes < 1 {
		return fmt.Errorf("nodes: %d: want at least 1 node an axis, such as 12", c.Nodes)
	}
	if c.Rule != grid.Gauss && c.Rule != grid.Midpoint && !c.Random() {
		return fmt.Errorf("rule: %q: want %q or %q, or random nodes, %q or %q", string(c.Rule), string(grid.Gauss), string(grid.Midpoint), string(Drawn), string(Repeated))
	}
	if c.TimeOrder != 0 && c.Step == 0 {
		return fmt.Errorf("order: %d: want a step: it is the order of minimising movements", c.TimeOrder)
	}
	return c.dynamics().Validate()
}

// Start returns the nodes with their weights. It fails where a tensor rule has more
// nodes than can be held, and panics where Nodes and Draw do.
func (c Characteristics) Start(m *transformer.Model) (*pde.Ensemble, error) {
	c = c.filled()
	switch c.Rule {
	case Drawn:
		return Draw(m, c.Nodes, c.Seed), nil
	case Repeated:
		return Repeat(m, c.Nodes, c.Seed), nil
	}
	e, err := Nodes(m, c.Rule, c.Nodes)
	if err != nil {
		return nil, fmt.Errorf("%w; blocks of many parameters want rule: %s, random nodes of equal weight", err, Drawn)
	}
	return e, nil
}

// Solve solves the mean-field limit of m at the saved times; see Simulate for
// the curve and the errors.
func (c Characteristics) Solve(ctx context.Context, m *transformer.Model, times []float64, o *Options) (*pde.Trajectory, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("finite: characteristics: %w", err)
	}
	start, err := c.Start(m)
	if err != nil {
		return nil, err
	}
	c = c.filled()
	return Simulate(ctx, m, start, times, c.dynamics(), o)
}
