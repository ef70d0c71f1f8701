package pde_test

import (
	"context"
	"fmt"
	"log"
	"math"

	"pdesolve/grid"
	"pdesolve/pde"
)

// Fokker–Planck from a block of mass to its equilibrium in ten steps, each about 200
// times as long as an explicit scheme could take.
func ExampleImplicitUpwind() {
	g, err := grid.New(grid.Axis{Lo: -5, Hi: 5, N: 200})
	if err != nil {
		log.Fatal(err)
	}
	rho := grid.NewDensity(g)
	for i, x := range g.Axis(0).Centers() {
		if x > 1 && x < 2 {
			rho.Values[i] = 1
		}
	}
	traj, err := pde.Solve(context.Background(), pde.Problem{
		Energy:  pde.Sum{pde.Potential{Formula: "x^2/2"}, pde.Entropy{Coefficient: 0.5}},
		Initial: pde.State{rho},
		Times:   []float64{0, 5},
	}, pde.ImplicitUpwind{Step: 0.5}, nil)
	if err != nil {
		log.Fatal(err)
	}
	rest := math.Exp(-0.25*0.05*0.05*4/4) / math.Sqrt(math.Pi) // exp(−x²)/√π at the peak
	fmt.Printf("%d steps, peak %.3f of %.3f, energy rose by %g\n",
		traj.Contracts.Steps, traj.States[1][0].Values[100], rest, traj.Contracts.EnergyRise)
	// Output: 10 steps, peak 0.563 of 0.564, energy rose by 0
}

// Steps that follow a tolerance: short while the block of mass spreads, long near rest.
func ExampleImplicitScharfetterGummel() {
	g, err := grid.New(grid.Axis{Lo: -5, Hi: 5, N: 200})
	if err != nil {
		log.Fatal(err)
	}
	rho := grid.NewDensity(g)
	for i, x := range g.Axis(0).Centers() {
		if x > 1 && x < 2 {
			rho.Values[i] = 1
		}
	}
	traj, err := pde.Solve(context.Background(), pde.Problem{
		Energy:  pde.Sum{pde.Potential{Formula: "x^2/2"}, pde.Entropy{Coefficient: 0.5}},
		Initial: pde.State{rho},
		Times:   []float64{0, 1},
	}, pde.ImplicitScharfetterGummel{Step: 1, Tolerance: 1e-4}, nil)
	if err != nil {
		log.Fatal(err)
	}
	mean := 0.0
	for i, x := range g.Axis(0).Centers() {
		mean += x * traj.States[1][0].Values[i] * g.CellVolume()
	}
	fmt.Printf("mean %.3f, exactly %.3f\n", mean, 1.5*math.Exp(-1))
	// Output: mean 0.552, exactly 0.552
}
