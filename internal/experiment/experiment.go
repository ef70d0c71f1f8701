package experiment

import (
	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
	"pdesolve/pde/transformer"
)

// Experiment is an experiment file after reading: every default is filled in.
// An experiment has either a transformer section or the three of a classical flow:
// grid, energy and initial.
type Experiment struct {
	Name        string          `yaml:"name"`        // of the results folder and in reports; letters, digits, - and _; default: the file's name
	Transformer *Transformer    `yaml:"transformer"` // the model whose training is solved
	Grid        []grid.Axis     `yaml:"grid"`        // of a classical flow
	Energy      []pde.Energy    `yaml:"energy"`      // of a classical flow, added up
	Initial     grid.Law        `yaml:"initial"`     // of a classical flow
	Exact       exact.Solution  `yaml:"exact"`       // of a classical flow: solution to report errors from; stands in for energy and initial if they are not given
	Time        Time            `yaml:"time"`        // required
	Solve       []*SolverConfig `yaml:"solve"`       // solvers of the PDE; default: none
	Finite      *Finite         `yaml:"finite"`      // finite-width networks; default: none
	Compare     Compare         `yaml:"compare"`     // what compare measures

	Warnings []string `yaml:"-"` // what deserves doubt, each with file, line and column
	Notes    []string `yaml:"-"` // what was made of the training data, in words

	reading *decoder
	source  opener
	data    map[string][]byte // files that the experiment read, by their name in it
}

// Transformer describes the model and its training data.
type Transformer struct {
	Depth       Depth            `yaml:"depth"`       // number of residual layers L, or the word continuous; default 8
	Slices      int              `yaml:"slices"`      // depth slices of continuous depth; default 16
	Decay       float64          `yaml:"decay"`       // λ, weight of the L2 regulariser; default 0
	Temperature float64          `yaml:"temperature"` // σ, weight of the entropy (noise); default 0; above 0 only for schemes on a grid and dynamics: langevin
	Prompts     Prompts          `yaml:"prompts"`     // required
	Read        Read             `yaml:"read"`        // which functions of the last tokens are compared with the label
	Loss        transformer.Loss `yaml:"loss"`        // what an output costs beside its label; default squared
	Step        Step             `yaml:"step"`        // duration of a block's residual step: half, dt/2 as in the paper, or full, dt; default half
	Blocks      []Component      `yaml:"blocks"`      // applied in this order in every layer; at least one
}

// Prompts says where the training data come from. Exactly one field is set.
type Prompts struct {
	File      string                 `yaml:"file"`      // CSV with the columns prompt, token, x0, x1, …, label
	Table     *transformer.Table     `yaml:"table"`     // prompts cut from the rows of a CSV table
	Linear    *transformer.Linear    `yaml:"linear"`    // drawn linear tasks
	Nonlinear *transformer.Nonlinear `yaml:"nonlinear"` // drawn nonlinear tasks
	Images    *transformer.Images    `yaml:"images"`    // patches of images to classify

	loaded           *transformer.Prompts
	validation, test *transformer.Prompts // nil if there are none
	embedding        *transformer.Embedding
}

// Read says which linear functions of the last layer's tokens are the outputs.
type Read struct {
	Token      Index       `yaml:"token"`      // from 0, or the word last; default last
	Mean       bool        `yaml:"mean"`       // the mean over all tokens in place of one
	Coordinate Index       `yaml:"coordinate"` // from 0, or the word last; default last
	Weights    [][]float64 `yaml:"weights"`    // in place of coordinate: a row of weights of all coordinates for each output
	Classes    int         `yaml:"classes"`    // in place of coordinate: the number of outputs, whose weights are drawn, normal of deviation scale/√D
	Scale      float64     `yaml:"scale"`      // of the weights of classes; default 1
	Seed       uint64      `yaml:"seed"`       // of the weights of classes
}

// Component is one block of the model. In a file the block's own options stand
// beside these.
type Component struct {
	Block   transformer.Block `yaml:"-"`
	Initial grid.Law          `yaml:"initial"` // law of the block's parameters at the start; required
	Grid    []grid.Axis       `yaml:"grid"`    // one axis a parameter; required by schemes, not by characteristics and networks
}

// Time says how long to train and when to keep the state.
type Time struct {
	End  float64 `yaml:"end"`  // training time; required
	Save float64 `yaml:"save"` // interval between saved times, a divisor of end; default end/8
	// UntilResidual ends a classical flow early, when ‖∂ρ/∂τ‖₁ falls below it; default 0: never
	UntilResidual float64 `yaml:"until_residual"`
}

// Finite describes the finite-width networks.
type Finite struct {
	Width    []int           `yaml:"width"`    // numbers of heads M, at the model's depth; default [8, 16, 32, 64, 128]
	Depth    []int           `yaml:"depth"`    // numbers of layers L; default [2, 4, 8, 16, 32]
	Seeds    Seeds           `yaml:"seeds"`    // independent draws of every network, or when there are enough; default 16
	Seed     uint64          `yaml:"seed"`     // of the first draw; the others count up from it; default 1
	Dynamics finite.Dynamics `yaml:"dynamics"` // how networks are trained; default gradient
	// Precision is float64, the default, or float32, for blocks with matrices of 16 heads and more:
	// 1.5 to 1.9 times as fast, with gradients that are off by about 1e-6 of the largest entry
	Precision transformer.Precision `yaml:"precision"`
}

// Compare says what to measure.
type Compare struct {
	Rates      []string  `yaml:"rates"`      // what ladders vary; default: all that the other sections allow
	Confidence float64   `yaml:"confidence"` // level of the intervals; default 0.95
	Depth      []int     `yaml:"depth"`      // numbers of layers L for the rate depth; default those of finite
	Heads      int       `yaml:"heads"`      // heads M of the sweep layers; default the middle width of finite
	Budget     int       `yaml:"budget"`     // heads in all, L·M, for the rate fixed-budget; default the model's depth times the largest width
	Decay      []float64 `yaml:"decay"`      // weights λ of the regulariser for the rate decay, in place of the model's
}

// defaults returns an experiment in which everything that has a default is set.
func defaults() *Experiment {
	return &Experiment{Compare: Compare{Confidence: 0.95}}
}

func defaultTransformer() Transformer {
	return Transformer{Depth: Depth{Layers: 8}, Slices: 16, Step: stepHalf, Loss: new(transformer.Squared), Read: Read{Token: Last, Coordinate: Last, Scale: 1}}
}

func defaultFinite() Finite {
	return Finite{Width: []int{8, 16, 32, 64, 128}, Depth: []int{2, 4, 8, 16, 32}, Seeds: Seeds{Start: defaultSeeds}, Seed: 1, Precision: transformer.Float64}
}

// defaultDynamics is the registered name of the dynamics of networks that
// configure none.
const defaultDynamics = "gradient"
