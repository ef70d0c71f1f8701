package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pdesolve/finite"
	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// fixtureTimes are the saved times of the fixture.
var fixtureTimes = []float64{0, 0.5, 1, 2, 4}

// fixtureModel is a small softmax model with an MLP.
func fixtureModel(cells int) transformer.Model {
	return transformer.Model{
		Depth: 4, Decay: 0.02,
		Prompts: &transformer.Prompts{N: 2, Dim: 2, Tokens: []float64{1, 1, 0.5, 0, -1, 1, 0.3, 0}, Label: []float64{0.5, -0.2}},
		Read:    transformer.Readout{Token: -1, Coordinate: -1},
		Blocks: []transformer.Component{
			{Block: &transformer.SoftmaxScalar{}, Initial: &grid.Bump{Center: []float64{1, 0.3}, Radius: []float64{1, 0.8}},
				Axes: []grid.Axis{{Lo: -1.5, Hi: 3.5, N: cells}, {Lo: -2.5, Hi: 2.5, N: cells}}},
			{Block: &transformer.MLPLabel{Activation: "tanh"}, Initial: &grid.Bump{Center: []float64{0.5, 0}, Radius: []float64{1, 1}},
				Axes: []grid.Axis{{Lo: -2, Hi: 3, N: cells}, {Lo: -2.5, Hi: 2.5, N: cells}}},
		},
	}
}

// fixtureRun returns a run whose risk decays to the given level.
func fixtureRun(id string, kind Kind, scheme string, level float64) *Run {
	t := &pde.Trajectory{Time: fixtureTimes}
	for i, tau := range fixtureTimes {
		risk := level + 0.2*math.Exp(-tau)
		t.Risk = append(t.Risk, risk)
		t.Energy = append(t.Energy, risk+0.01)
		t.Dissipation = append(t.Dissipation, 0.2*math.Exp(-tau))
		t.Residual = append(t.Residual, float64(i)*1e-4)
		t.Output = append(t.Output, []float64{risk, -risk})
	}
	t.Contracts = pde.Contracts{MassError: 2.2e-15, Residual: 3e-4, WallMass: 1e-18, Steps: 400, Evaluations: 800, MaxDt: 0.02}
	return &Run{ID: id, Kind: kind, Scheme: scheme, Depth: 4, Trajectory: t, Wall: 1500 * time.Millisecond,
		Sources: []Source{FromStep}}
}

// fixtureStates moves a bump through parameter space in every block and slice.
func fixtureStates(t *testing.T, m *transformer.Model) []pde.State {
	var states []pde.State
	for s := range fixtureTimes {
		var state pde.State
		for b, c := range m.Blocks {
			g, err := grid.New(c.Axes...)
			require.NoError(t, err)
			for k := range m.Depth {
				shift := 0.2 * float64(s) * (1 + 0.3*float64(k)) * (1 - 1.3*float64(b))
				law := *c.Initial.(*grid.Bump)
				law.Center = []float64{law.Center[0] + shift*0.5, law.Center[1] + shift}
				law.Radius = []float64{law.Radius[0], law.Radius[1] * (1 - 0.1*float64(s))}
				d := grid.NewDensity(g)
				require.NoError(t, law.Average(d))
				state = append(state, d)
			}
		}
		states = append(states, state)
	}
	return states
}

// fixtureEnsembles returns five saved times of two blocks with four layers of m
// atoms.
func fixtureEnsembles(m int) []*pde.Ensemble {
	var out []*pde.Ensemble
	for s := range fixtureTimes {
		e := pde.NewEnsemble([]int{2, 2, 2, 2, 2, 2, 2, 2}, []int{m, m, m, m, m, m, m, m})
		for i := range e.Theta {
			e.Theta[i] = float64(1000*s + i)
		}
		out = append(out, e)
	}
	return out
}

// fixture returns a result with every kind of run and ladder, a rate without an
// interval, a point without a reference, and numbers that JSON cannot hold.
func fixture(t *testing.T) *Result {
	rng := rand.New(rand.NewPCG(1, 2))
	m := fixtureModel(40)
	r := &Result{
		Study: Study{Name: "fixture", Model: m, Times: fixtureTimes, Confidence: 0.95,
			Networks: Networks{Widths: []int{8, 16, 32, 64}, Depths: []int{2, 4, 8}, Seeds: 10, Seed: 1, Dynamics: &finite.Gradient{RTol: 1e-8}},
			Solvers:  []Solver{{Characteristics: &finite.Characteristics{Nodes: 12}}}},
		Wall:  75 * time.Second,
		Notes: []string{"a note <with> marks & signs"},
	}
	for _, n := range []int{20, 40} {
		run := fixtureRun(fmt.Sprintf("muscl-n%d", n), Grid, "muscl", 0.1+1/float64(n*n))
		run.Cells = []int{n, n}
		if n == 40 {
			run.Trajectory.States = fixtureStates(t, &m)
		}
		r.Runs = append(r.Runs, run)
	}
	jko := fixtureRun("jko-n40-dt0.1", Grid, "jko", 0.102)
	jko.Cells, jko.Dt, jko.Trajectory.Contracts.Certificate = []int{40, 40}, 0.1, 1e-9
	nodes := fixtureRun("characteristics-gauss12-L4", Characteristics, "characteristics", 0.1)
	nodes.Nodes = 144
	r.Runs = append(r.Runs, jko, nodes)
	for _, width := range r.Study.Networks.Widths {
		for seed := range uint64(10) {
			run := fixtureRun(fmt.Sprintf("network-L4-M%d-s%d", width, seed+1), Finite, "gradient", 0.1+0.2*rng.NormFloat64()/math.Sqrt(float64(4*width)))
			run.Width, run.Seed = width, seed+1
			r.Runs = append(r.Runs, run)
		}
	}
	last := r.Runs[len(r.Runs)-1].Trajectory
	last.Ensembles = fixtureEnsembles(3)
	last.Contracts.EnergyRise = math.NaN()
	last.Dissipation[1] = math.Inf(1)
	r.Ladders = fixtureLadders(rng)
	return r
}

func fixtureLadders(rng *rand.Rand) []Ladder {
	var out []Ladder
	add := func(against Against, scheme string, predicted float64, source string, make func(q int) []Point) {
		for i, q := range Quantities {
			points := make(i)
			l := Ladder{Quantity: q, Against: against, Scheme: scheme, Points: points, Reference: "characteristics at L = 4 with 12 nodes an axis; error: distance from 8 nodes"}
			l.Rate = Fit(points, FitOptions{Predicted: predicted, Source: source})
			out = append(out, l)
		}
	}
	noisy := func(n int, c, p float64) []Point {
		points := powers(n, c, p)
		for i := range points {
			points[i].X *= 4
			points[i].Error *= math.Exp(0.03 * rng.NormFloat64())
			points[i].Reference = 1e-6
			points[i].Runs = []string{"a", "b"}
		}
		return points
	}
	add(Cells, "upwind", -1, "declared order of the scheme", func(q int) []Point { return noisy(4, 0.3, -1) })
	add(Cells, "muscl", -2, "declared order of the scheme", func(q int) []Point { return noisy(5, 0.6/float64(q+1), -2) })
	add(Step, "jko", -1, "declared order of the scheme", func(q int) []Point { return noisy(3, 0.5, -1) })
	add(Depth, "", -1, "G Thm 3.1: 1/L", func(q int) []Point { return noisy(5, 0.2, -1) })
	add(Width, "", -0.5, "G Thm 3.1", func(q int) []Point {
		points := nested(rng, 6, 20, 3, normal)
		for i := range points {
			points[i].Reference = 1e-4
		}
		points[5].Reference = 0.1
		return points
	})
	add(Parameters, "", -0.5, "derived: (LM)^(−1/2)", func(q int) []Point { return []Point{{X: 32, Error: math.NaN(), Why: "the reference diverged"}} })
	return out
}

// serial marks a test whose length is statistics, the drawing of pages or many rows, in
// which nothing runs side by side that shorter tests do not run, too. go test -short, which
// the race detector slows down about tenfold, does without it.
func serial(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: statistics, drawing or many rows; shorter tests run the same goroutines")
	}
}
