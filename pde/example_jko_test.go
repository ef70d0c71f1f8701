package pde_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"
	"strings"

	"pdesolve/grid"
	"pdesolve/pde"
)

// well binds the potential x²/2 to a Gaussian of mean 1 and variance 1/4.
func well() (pde.Functional, pde.State) {
	g, err := grid.New(grid.Axis{Lo: -4, Hi: 4, N: 400})
	if err != nil {
		log.Fatal(err)
	}
	rho := grid.NewDensity(g)
	law := grid.Gaussian{Mean: []float64{1}, Covariance: [][]float64{{0.25}}}
	if err := law.Average(rho); err != nil {
		log.Fatal(err)
	}
	f, err := pde.Potential{Formula: "x^2/2"}.Bind([]*grid.Grid{g})
	if err != nil {
		log.Fatal(err)
	}
	return f, pde.State{rho}
}

// One implicit step of any size keeps the mass and lowers the energy.
func ExampleJKO() {
	f, rho := well()
	stepper, err := pde.JKO{Step: 2}.Bind(f, rho.Grids())
	if err != nil {
		log.Fatal(err)
	}
	report, err := stepper.Step(context.Background(), rho, 6)
	if err != nil {
		log.Fatal(err)
	}
	// With P + τP² = 1 the mean is divided by 1 + τP = 2 (mathematics.md §6), up to
	// the cell width.
	fmt.Printf("step %g: energy %.3f to %.3f, mean %.2f, mass %.3f\n",
		report.Dt, report.Energy, f.Value(rho), rho[0].Mean()[0], rho[0].Mass())
	// Output: step 2: energy 0.625 to 0.211, mean 0.50, mass 1.000
}

// The flow that the steps approximate, on the same grid and in continuous time.
func ExampleJKO_SemiDiscrete() {
	f, rho := well()
	stepper, err := pde.JKO{Step: 0.1}.SemiDiscrete(1).Bind(f, rho.Grids())
	if err != nil {
		log.Fatal(err)
	}
	for at := 0.0; at < 1; {
		report, err := stepper.Step(context.Background(), rho, 1-at)
		if err != nil {
			log.Fatal(err)
		}
		at += report.Dt
	}
	fmt.Printf("mean %.2f, exp(-1) = %.2f\n", rho[0].Mean()[0], math.Exp(-1))
	// Output: mean 0.37, exp(-1) = 0.37
}

// The inner solver can be used by itself: one step and its certificate.
func ExampleVariational() {
	f, rho := well()
	solver, err := pde.Variational{}.Bind(f, rho.Grids())
	if err != nil {
		log.Fatal(err)
	}
	start := pde.JKOStart{Rho: rho.Clone(), Variation: pde.NewField(rho.Grids()), Tau: 0.5}
	start.Energy = f.Variation(start.Variation, rho)
	result, err := solver.Solve(context.Background(), rho, start)
	if errors.Is(err, pde.ErrNotConverged) {
		log.Fatal("try a smaller step")
	}
	fmt.Println("descends:", result.Energy+result.Transport < start.Energy, "solved:", result.Residual < 1e-13)
	// Output: descends: true solved: true
}

// A solver that does not fit is refused, with the choices that do.
func ExampleJKO_Bind() {
	_, rho := well()
	f, err := pde.Potential{Formula: "x^2/2"}.Bind(rho.Grids())
	if err != nil {
		log.Fatal(err)
	}
	_, err = pde.JKO{Step: 0.1, Inner: pde.Variational{Mobility: "centred"}}.Bind(f, rho.Grids())
	reason, _, _ := strings.Cut(err.Error(), ";") // the solvers and schemes that fit follow
	fmt.Println(reason)
	// Output: the inner solver variational takes energies of potentials and averages of ρ (an interaction, a Transformer) and convex functions of ρ (entropy, porous medium), not without convex functions of ρ (entropy, porous medium), not potentials
}

// On the line the JKO step itself is solved: its dual bound meets its value.
func ExampleQuantile() {
	g, err := grid.New(grid.Axis{Lo: -7, Hi: 7, N: 200})
	if err != nil {
		log.Fatal(err)
	}
	rho := pde.State{grid.NewDensity(g)}
	law := grid.Gaussian{Mean: []float64{1}, Covariance: [][]float64{{0.25}}}
	if err := law.Average(rho[0]); err != nil {
		log.Fatal(err)
	}
	energy := pde.Sum{pde.Potential{Formula: "x^2/2"}, pde.Entropy{Coefficient: 1}}
	path, err := pde.Solve(context.Background(), pde.Problem{Energy: energy, Initial: rho, Times: []float64{0, 1}},
		pde.JKO{Step: 1, Inner: pde.Quantile{}}, nil)
	if err != nil {
		log.Fatal(err)
	}
	end := path.States[1][0]
	fmt.Printf("mean %.3f, variance %.3f, gap below 1e-12: %t\n", end.Mean()[0], end.Covariance()[0][0], path.Contracts.Gap < 1e-12)
	// Output: mean 0.500, variance 0.711, gap below 1e-12: true
}

// A step of an energy that is nothing but a sum of an interaction and a diffusion.
func ExampleProximal() {
	g, _ := grid.New(grid.Axis{Lo: -2, Hi: 2, N: 40})
	rho := grid.NewDensity(g)
	if err := (&grid.Bump{Center: []float64{0}, Radius: []float64{1}}).Average(rho); err != nil {
		log.Fatal(err)
	}
	f, err := pde.Sum{pde.Interaction{Formula: "r^2/2"}, pde.PorousMedium{Exponent: 2, Coefficient: 1}}.Bind([]*grid.Grid{g})
	if err != nil {
		log.Fatal(err)
	}
	stepper, err := pde.JKO{Step: 0.1, Inner: &pde.Proximal{}}.Bind(f, []*grid.Grid{g})
	if err != nil {
		log.Fatal(err)
	}
	report, err := stepper.Step(context.Background(), pde.State{rho}, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("mass %.3f, certified: %v, energy fell: %v\n", rho.Mass(), report.Residual <= report.Tolerance, f.Value(pde.State{rho}) < report.Energy)
	// Output: mass 1.000, certified: true, energy fell: true
}

// Of second order by the midpoint form: four steps come nearer to the variance
// 1 − ¾e^{−2} than twenty of first order.
func ExampleJKO_second() {
	g, err := grid.New(grid.Axis{Lo: -7, Hi: 7, N: 400})
	if err != nil {
		log.Fatal(err)
	}
	rho := pde.State{grid.NewDensity(g)}
	law := grid.Gaussian{Mean: []float64{1}, Covariance: [][]float64{{0.25}}}
	if err := law.Average(rho[0]); err != nil {
		log.Fatal(err)
	}
	energy := pde.Sum{pde.Potential{Formula: "x^2/2"}, pde.Entropy{Coefficient: 1}}
	for _, scheme := range []pde.JKO{
		{Step: 0.05, Inner: pde.Quantile{}},
		{Step: 0.25, Inner: pde.Quantile{}, TimeOrder: 2, Form: "midpoint"},
	} {
		path, err := pde.Solve(context.Background(), pde.Problem{Energy: energy, Initial: rho, Times: []float64{0, 1}}, scheme, nil)
		if err != nil {
			log.Fatal(err)
		}
		miss := path.States[1][0].Covariance()[0][0] - (1 - 0.75*math.Exp(-2))
		fmt.Printf("%d steps: the variance misses by %.3f\n", path.Contracts.Steps, miss)
	}
	// Output:
	// 20 steps: the variance misses by -0.013
	// 4 steps: the variance misses by 0.006
}
