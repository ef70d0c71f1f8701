package grid_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"

	"pdesolve/grid"
)

// Initial data for a gradient flow: a bump on a grid in two dimensions.
func Example() {
	g, err := grid.New(grid.Axis{Lo: -1, Hi: 3, N: 64}, grid.Axis{Lo: -1, Hi: 1, N: 32})
	if err != nil {
		fmt.Println(err)
		return
	}
	rho := grid.NewDensity(g)
	law := &grid.Bump{Center: []float64{1, 0}, Radius: []float64{1, 0.8}}
	if err := law.Average(rho); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("mass %.12f, mean %.3f\n", rho.Mass(), rho.Mean())
	// Output: mass 1.000000000000, mean [1.000 0.000]
}

func ExampleBump_Average_leak() {
	g, _ := grid.New(grid.Axis{Lo: -1, Hi: 1, N: 16})
	law := &grid.Bump{Center: []float64{0.5}, Radius: []float64{1}}
	fmt.Println(law.Average(grid.NewDensity(g)))
	// Output: grid: mass 0.0378 of the law lies beyond the upper end of axis 0 (above hi = 1), 0.0378 beyond all ends: want at most 1e-09: move the law or widen the axis
}

func ExampleBump_Quadrature() {
	law := &grid.Bump{Center: []float64{0}, Radius: []float64{1}}
	x, w, err := law.Quadrature(grid.Gauss, 3)
	fmt.Printf("%.6f %.6f %v\n", x, w, err)
	// Output: [-0.457796 0.000000 0.457796] [0.190933 0.618134 0.190933] <nil>
}

func ExampleBump_Quantile() {
	law := &grid.Bump{Center: []float64{1, 0}, Radius: []float64{1, 2}}
	x := make([]float64, 2)
	law.Quantile(x, []float64{0.5, 0.9})
	fmt.Printf("%.4f\n", x)
	// Output: [1.0000 0.7428]
}

func ExampleGaussian_Average() {
	a := grid.Axis{Lo: -8, Hi: 8, N: 64}
	g, _ := grid.New(a, a)
	rho := grid.NewDensity(g)
	law := &grid.Gaussian{Mean: []float64{1, 0}, Covariance: [][]float64{{1, 0.5}, {0.5, 1}}}
	if err := law.Average(rho); err != nil {
		fmt.Println(err)
		return
	}
	// h²/12 = 0.0052 above the covariance of the law.
	fmt.Printf("%.4f\n", rho.Covariance())
	// Output: [[1.0052 0.5000] [0.5000 1.0052]]
}

func ExampleDensity_Marginal() {
	g, _ := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 2}, grid.Axis{Lo: 0, Hi: 3, N: 3})
	rho := &grid.Density{Grid: g, Values: []float64{1, 2, 3, 0, 1, 0}}
	fmt.Println(rho.Marginal(0).Values, rho.Marginal(1).Values)
	// Output: [6 1] [0.5 1.5 1.5]
}

func ExampleDensity_Covariance() {
	g, _ := grid.New(grid.Axis{Lo: 0, Hi: 2, N: 2})
	rho := &grid.Density{Grid: g, Values: []float64{0.5, 0.5}}
	fmt.Println(rho.Mean(), rho.Covariance(), rho.Moment(0, 2))
	// Output: [1] [[0.25]] 1.25
}

func ExampleSampler() {
	g, _ := grid.New(grid.Axis{Lo: 0, Hi: 4, N: 4})
	s, err := grid.NewSampler(&grid.Density{Grid: g, Values: []float64{0, 0.25, 0, 0.75}})
	if err != nil {
		fmt.Println(err)
		return
	}
	x := make([]float64, 1)
	s.Quantile(x, []float64{0.625})
	fmt.Println(x)
	fmt.Printf("%.2f\n", s.Stratified(4, rand.NewPCG(1, 2)))
	// Output:
	// [3.5]
	// [1.77 3.21 3.59 3.93]
}

func ExampleWriteNPZ() {
	var file bytes.Buffer
	err := grid.WriteNPZ(&file, grid.Array{Name: "theta", Shape: []int{2, 3}, Data: []float64{1, 2, 3, 4, 5, 6}})
	fmt.Println(err)
	arrays, err := grid.ReadNPZ(bytes.NewReader(file.Bytes()), int64(file.Len()))
	fmt.Println(arrays, err)
	// Output:
	// <nil>
	// [{theta [2 3] [1 2 3 4 5 6]}] <nil>
}

func ExampleWriteDensity() {
	g, _ := grid.New(grid.Axis{Lo: 0, Hi: 1, N: 2})
	var file bytes.Buffer
	if err := grid.WriteDensity(&file, &grid.Density{Grid: g, Values: []float64{0.5, 1.5}}); err != nil {
		fmt.Println(err)
		return
	}
	rho, err := grid.ReadDensity(bytes.NewReader(file.Bytes()), int64(file.Len()))
	fmt.Println(rho.Values, rho.Grid.Axis(0).Edges(), err)
	// Output: [0.5 1.5] [0 0.5 1] <nil>
}

func ExampleSinh() {
	g, err := grid.New(grid.Axis{Lo: -10, Hi: 10, N: 40, Grading: grid.Sinh{Center: 0, Scale: 0.5}})
	if err != nil {
		fmt.Println(err)
		return
	}
	a := g.Axis(0)
	fmt.Printf("%.3f at the center, %.3f at the walls; %.3f if equal\n", a.Width(20), a.Width(0), a.MeanWidth())
	// Output: 0.093 at the center, 1.687 at the walls; 0.500 if equal
}

// Three independent coordinates, of which the first two have the same law.
func ExampleProduct() {
	bump := &grid.Bump{Center: []float64{0}, Radius: []float64{1}}
	p := grid.Product{{Times: 2, Law: bump}, {Law: &grid.Bump{Center: []float64{5}, Radius: []float64{2}}}}
	x := make([]float64, p.Dim())
	p.Quantile(x, []float64{0.5, 0.5, 0.5}) // the medians
	fmt.Printf("%.0f\n", x)
	// Output: [0 0 5]
}
