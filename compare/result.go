package compare

import (
	"time"

	"pdesolve/pde"
)

// Kind says what a run computed.
type Kind string

// The kinds of run.
const (
	Grid            Kind = "grid"            // densities on a grid
	Characteristics Kind = "characteristics" // weighted quadrature nodes of ρ₀
	Finite          Kind = "finite"          // a network of finite width
	// CoupledParticles are the particles of networks moved by the mean field; see
	// finite.Coupled. Width is that of the networks, Seed that of the first; the curves are of
	// the mean field.
	CoupledParticles Kind = "coupled"
	// Response is a run of weighted nodes from a start a little different from ρ₀; see
	// the inquiry width-constant.
	Response Kind = "response"
)

// Source is a source of a run's distance from the limit L = M = ∞.
type Source string

// The sources of error that a run can carry.
const (
	FromCells      Source = "cells"      // finite cells
	FromStep       Source = "step"       // finite time step
	FromQuadrature Source = "quadrature" // finite nodes for ρ₀
	FromDepth      Source = "depth"      // finite L
	FromWidth      Source = "width"      // finite M, including the chance of the draw
)

// Run is one finished computation.
type Run struct {
	ID         string
	Kind       Kind
	Scheme     string  // registered name of the scheme or dynamics
	Cells      []int   // of the first block's grid; nil for atoms
	Dt         float64 // nominal time step of a scheme that has one, else 0
	Depth      int     // L
	Continuous bool    // continuous depth, integrated with Depth slices
	Width      int     // M; 0 for the mean-field limit
	Nodes      int     // atoms a layer and block of a quadrature of ρ₀; 0 for others
	Seed       uint64  // of the draw
	Sources    []Source
	Trajectory *pde.Trajectory
	ErrorL1    []float64 // L¹ distance from an exact solution at the saved times; nil if none is given
	ErrorW2    []float64 // W₂ distance, in one dimension
	W2         []float64 // of particles: conditional W₂ from the density of the run W2To at the saved times; nil if not measured
	W2Lower    []float64 // the distance is at least this
	W2Upper    []float64 // and at most this
	W2To       string
	// Scores of a network at the saved times; nil where there are no classes or no test
	// prompts.
	Accuracy           []float64 // share of the training prompts whose largest output is their class
	ValidationRisk     []float64 // R over the validation prompts
	ValidationAccuracy []float64
	TestRisk           []float64 // R over the test prompts
	TestAccuracy       []float64
	Stopped            string // why the run stopped before its end, with its last good state as the last entry; empty: it did not
	Wall               time.Duration

	stored string // folder that holds the states already; see Store
}

// Point is one level of a ladder.
type Point struct {
	X         float64   // cells, steps, L, M or L·M
	Depth     int       // L of the point's runs
	Width     int       // M of the point's networks; 0 for the mean field
	Error     float64   // distance from the reference; over several seeds their root mean square, or the size of their mean
	Seeds     []float64 // the distance of each seed, with its sign if Signed; nil where there is no chance
	Signed    bool      // whether Error is |mean of Seeds|, a bias, and not their root mean square
	Reference float64   // estimated error of this point's reference
	Runs      []string  // IDs
	Used      bool      // whether it entered the fit
	Why       string    // why not
}

// Ladder is a rate with the points behind it.
type Ladder struct {
	Quantity  Quantity
	Against   Against
	Scheme    string  // of a ladder in cells or step; else empty
	Reference string  // Reference.Label; of several references, what they have in common
	Points    []Point // by increasing X
	Rate      Rate
	Rivals    []Rival // other laws for the same points, of networks of chance
}

// Verdict compares a measured slope with a predicted one.
type Verdict string

// The verdicts. The first three are of a prediction that states the rate itself, the
// next three of a theorem that bounds it from above.
const (
	Consistent Verdict = "consistent" // the interval holds the prediction, or a slope within the margin of it
	Faster     Verdict = "faster"     // the error falls faster than predicted, by more than the margin
	Slower     Verdict = "slower"     // the error falls more slowly than predicted, by more than the margin

	Violates Verdict = "violates"            // the error falls more slowly than the theorem allows
	Sharp    Verdict = "within, sharp"       // the interval holds the rate of the bound, or a slope within the margin of it
	Better   Verdict = "within, better than" // the error falls faster than the bound

	Undecided Verdict = "undecided" // too few points or too wide an interval to say
)

// Rate is a measured slope of log error against log X, with its interval.
type Rate struct {
	Value, Lo, Hi float64
	Constant      float64 // C of the fitted C·X^Value
	Predicted     float64
	Bound         bool   // whether Predicted is an upper bound of the error and not its rate
	Source        string // where the prediction is from
	Verdict       Verdict
	Points        int        // that entered the fit
	Intervals     []Interval // by each method; Lo and Hi are the hull of those that are Joined
	LeaveOut      *Interval  // range of the slopes that leaving out one level gives; nil for fewer than four
	Floor         *Floor     // fit with an additive error of the reference; nil where no point calls for it
	Warnings      []string
}

// Interval is an interval of a slope.
type Interval struct {
	Method Method
	Lo, Hi float64
	Joined bool // whether it enters the rate's interval
}

// Method names how an interval is made.
type Method string

// The methods.
const (
	Student      Method = "Student"             // scatter of the levels about the line
	Extrapolated Method = "extrapolated"        // what a term of next order would change; ladders without chance
	Expanded     Method = "expanded percentile" // bootstrap over seeds, widened for few of them
	BCa          Method = "BCa"                 // bias-corrected and accelerated bootstrap over seeds
)

// Floor is the fit of error² = (C Xᵖ)² + f² to the points of a ladder and to those left
// out because they come close to their reference's error.
type Floor struct {
	Slope  float64 // p
	Level  float64 // f
	Points int
}

// Result is what Run returns and the reports are made of.
type Result struct {
	Study    Study
	Runs     []*Run
	Ladders  []Ladder
	Findings []Finding // what was measured beside the slopes of ladders
	Wall     time.Duration
	Notes    []string // findings about the study as a whole, in words
	Reused   int      // runs that were taken from the store
}

// Finished returns the number of runs that reached their end.
func (r *Result) Finished() int {
	n := 0
	for _, run := range r.Runs {
		if run.Stopped == "" {
			n++
		}
	}
	return n
}
