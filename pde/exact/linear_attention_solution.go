package exact

import (
	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

func init() {
	Solutions.Add("linear-attention", func() Solution { return exampleLinearAttention() })
}

// exampleLinearAttention returns the solution that Solutions holds: three prompts
// of three tokens, two layers, a bump off the diagonal. Its numbers have no
// meaning but that the flow moves, turns and contracts the density visibly.
func exampleLinearAttention() *LinearAttention {
	s, err := NewLinearAttention(&transformer.Model{
		Depth: 2, Decay: 0.02,
		Prompts: &transformer.Prompts{
			N: 3, Dim: 2,
			Tokens: []float64{
				1, 0.8, -0.5, -0.4, 0.9, 0,
				0.6, -0.7, 1.2, -1.4, -1, 0,
				-1.1, -0.4, 0.3, 0.2, 0.7, 0,
			},
			Label: []float64{0.7, 1.1, 0.3},
		},
		Read: transformer.Readout{Token: -1, Coordinate: -1},
		Blocks: []transformer.Component{{
			Block:   new(transformer.LinearScalar),
			Initial: &grid.Bump{Center: []float64{1, 0.3}, Radius: []float64{0.8, 0.7}},
		}},
	})
	if err != nil {
		panic("exact: the example of linear attention: " + err.Error())
	}
	return s
}

// Name returns "linear-attention".
func (s *LinearAttention) Name() string { return "linear-attention" }

// Summary says in a line what the flow is.
func (s *LinearAttention) Summary() string { return "training of one block of linear attention" }

// Validate returns nil: the constructors check.
func (s *LinearAttention) Validate() error { return nil }

// Facts returns the horizon 0.5.
func (s *LinearAttention) Facts() Facts {
	f := Facts{Horizon: 0.5, Source: "derived"}
	if _, ok := s.law.(*grid.Bump); ok {
		f.Regularity = bumpRegularity
	}
	return f
}

// Energy returns the model and its depth. The model of the continuous limit is the
// one that was given; its output differs from the limit's by its own error in
// depth.
func (s *LinearAttention) Energy() (energy pde.Energy, components int) {
	m := s.model
	return &m, m.Depth
}

// Value returns Objective(tau) and no error.
func (s *LinearAttention) Value(tau float64) (float64, error) { return s.Objective(tau), nil }

// Box returns a box that holds the density at τ: all of a bump, all but 1e-12 of
// the mass of a Gaussian. It fails where Density does for any grid.
func (s *LinearAttention) Box(tau float64) (lo, hi []float64, err error) {
	d, k := s.moved(tau)
	switch law := s.law.(type) {
	case *grid.Bump:
		box := pushedBox(law, d, k)
		return []float64{box[0][0], box[1][0]}, []float64{box[0][1], box[1][1]}, nil
	case *grid.Gaussian:
		lo, hi = boxOf(pushGaussian(law, d, k))
		return lo, hi, nil
	}
	return nil, nil, s.noDensity()
}
