package pde_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// bump returns the bump of radius 1 around center on 120 cells of [−3, 3].
func bump(center float64) pde.State {
	g, err := grid.New(grid.Axis{Lo: -3, Hi: 3, N: 120})
	if err != nil {
		log.Fatal(err)
	}
	rho := grid.NewDensity(g)
	if err := (&grid.Bump{Center: []float64{center}, Radius: []float64{1}}).Average(rho); err != nil {
		log.Fatal(err)
	}
	return pde.State{rho}
}

// mean returns ∫ x ρ.
func mean(d *grid.Density) float64 {
	var m float64
	for i, x := range d.Grid.Axis(0).Centers() {
		m += x * d.Values[i] * d.Grid.CellVolume()
	}
	return m
}

// In the well x²/2 every point moves towards 0 as e^{−τ}, and so does the mean.
func ExampleSolve() {
	traj, err := pde.Solve(context.Background(), pde.Problem{
		Energy:  pde.Potential{Formula: "x^2/2"},
		Initial: bump(1.5),
		Times:   []float64{0, 0.5, 1},
	}, pde.MUSCL{}, nil)
	if err != nil {
		log.Fatal(err)
	}
	for s, t := range traj.Time {
		fmt.Printf("τ = %.1f  F = %.3f  mean %.2f\n", t, traj.Energy[s], mean(traj.States[s][0]))
	}
	fmt.Println("density stayed non-negative:", traj.Contracts.MinDensity >= 0)
	// Output:
	// τ = 0.0  F = 1.165  mean 1.50
	// τ = 0.5  F = 0.429  mean 0.91
	// τ = 1.0  F = 0.158  mean 0.55
	// density stayed non-negative: true
}

// A support that reaches the wall of the box stops the run with an error that says
// where.
func ExampleWallError() {
	_, err := pde.Solve(context.Background(), pde.Problem{
		Energy:  pde.Potential{Formula: "-x"},
		Initial: bump(1.5),
		Times:   []float64{0, 2},
	}, pde.Upwind{}, nil)
	var wall *pde.WallError
	if errors.As(err, &wall) {
		fmt.Printf("%s side of axis %d, τ < 1: %t\n", wall.Side, wall.Axis, wall.Time < 1)
	}
	// Output:
	// high side of axis 0, τ < 1: true
}

// Consensus is an energy of a user's own: F = ½ (∫ x ρ − Target)², which moves the
// whole density rigidly until its mean is Target.
type Consensus struct{ Target float64 }

// Validate accepts every target.
func (c Consensus) Validate() error { return nil }

// Bind tabulates the coordinates of the cells.
func (c Consensus) Bind(grids []*grid.Grid) (pde.Functional, error) {
	if len(grids) != 1 || grids[0].Dim() != 1 {
		return nil, errors.New("consensus: want one component in one dimension")
	}
	return &consensus{target: c.Target, x: grids[0].Axis(0).Centers()}, nil
}

type consensus struct {
	target float64
	x      []float64
}

func (c *consensus) Value(rho pde.State) float64 {
	gap := mean(rho[0]) - c.target
	return gap * gap / 2
}

func (c *consensus) Variation(psi pde.Field, rho pde.State) float64 {
	gap := mean(rho[0]) - c.target
	for i, x := range c.x {
		psi[0][i] = gap * x
	}
	return gap * gap / 2
}

func (c *consensus) Dependence() pde.Dependence { return pde.Mean }
func (c *consensus) Weight(int) float64         { return 1 }

// Anything with a value and a first variation can be solved: here mean − Target falls
// as e^{−τ}.
func ExampleEnergy() {
	traj, err := pde.Solve(context.Background(), pde.Problem{
		Energy:  Consensus{Target: 0.5},
		Initial: bump(-1),
		Times:   []float64{0, 1},
	}, pde.MUSCL{}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("mean %.3f, exactly %.3f\n", mean(traj.States[1][0]), 0.5-1.5*0.36787944)
	// Output:
	// mean -0.052, exactly -0.052
}

// The sum of a well and of the entropy is the free energy of the Ornstein–Uhlenbeck
// process; its flow rests at the Gaussian of variance Coefficient.
func ExampleSum() {
	traj, err := pde.Solve(context.Background(), pde.Problem{
		Energy: pde.Sum{
			pde.Potential{Func: func(x []float64) float64 { return x[0] * x[0] / 2 }},
			pde.Entropy{Coefficient: 0.25},
		},
		Initial: bump(0.5),
		Times:   []float64{0, 4},
	}, pde.Upwind{Stages: 2}, &pde.Options{WallMass: 1e-6})
	if err != nil {
		log.Fatal(err)
	}
	d := traj.States[1][0]
	var variance float64
	for i, x := range d.Grid.Axis(0).Centers() {
		variance += x * x * d.Values[i] * d.Grid.CellVolume()
	}
	fmt.Printf("variance %.2f\n", variance)
	// Output:
	// variance 0.25
}

// A formula that does not compile is reported with the place of the fault.
func ExamplePotential() {
	fmt.Println(pde.Potential{Formula: "x^2 + q"}.Validate())
	// Output:
	// unknown name q (1:7)
	//  | x^2 + q
	//  | ......^
}

// A scheme can be asked for by the name that an experiment file uses.
func ExampleMUSCL() {
	s, err := pde.Schemes.New("muscl")
	if err != nil {
		log.Fatal(err)
	}
	space, time := s.Order()
	fmt.Println(s.Name(), space, time)
	fmt.Println(pde.MUSCL{Limiter: "mc", CFL: 3}.Validate())
	// Output:
	// muscl 2 2
	// cfl: 3: want a fraction above 0 and at most 1 of the step that keeps the density positive
}

// A density that shrinks from the width 1 to 0.07 in a box of 16: graded cells, fine
// where it ends, make a sixth of the error of twice as many equal ones.
func ExampleMUSCL_graded() {
	well := pde.Sum{pde.Potential{Formula: "x^2/2"}, pde.Entropy{Coefficient: 0.0025}}
	truth := exact.OrnsteinUhlenbeck{Drift: [][]float64{{1}}, Coefficient: 0.0025, Initial: grid.Gaussian{Mean: []float64{0.5}, Covariance: [][]float64{{1}}}}
	for _, axis := range []grid.Axis{
		{Lo: -8, Hi: 8, N: 256},
		{Lo: -8, Hi: 8, N: 128, Grading: grid.Sinh{Center: 0, Scale: 0.1}},
	} {
		g, err := grid.New(axis)
		if err != nil {
			log.Fatal(err)
		}
		start, err := truth.Density(0, g)
		if err != nil {
			log.Fatal(err)
		}
		path, err := pde.Solve(context.Background(), pde.Problem{Energy: well, Initial: pde.State{start}, Times: []float64{0, 3}}, pde.MUSCL{}, nil)
		if err != nil {
			log.Fatal(err)
		}
		want, err := truth.Density(3, g)
		if err != nil {
			log.Fatal(err)
		}
		var l1 float64
		for i, v := range path.States[1][0].Values {
			l1 += math.Abs(v-want.Values[i]) * g.Volume(i)
		}
		fmt.Printf("%d cells: L1 error %.4f\n", axis.N, l1)
	}
	// Output:
	// 256 cells: L1 error 0.0175
	// 128 cells: L1 error 0.0030
}
