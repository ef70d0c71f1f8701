package compare_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"os"

	"pdesolve/compare"
	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// ladder is a result with one ladder in depth and one run.
func ladder() *compare.Result {
	var points []compare.Point
	for _, l := range []float64{2, 4, 8, 16} {
		points = append(points, compare.Point{X: l, Error: 0.3/l + 0.01/(l*l)})
	}
	rate := compare.Fit(points, compare.FitOptions{Predicted: -1, Source: "G Thm 3.1"})
	run := &compare.Run{ID: "muscl-n64", Kind: compare.Grid, Scheme: "muscl", Cells: []int{64, 64}, Depth: 8,
		Trajectory: &pde.Trajectory{Time: []float64{0, 0.5}, Risk: []float64{0.3, 0.2}, Energy: []float64{0.31, 0.22}}}
	return &compare.Result{
		Study:   compare.Study{Name: "icl", Model: transformer.Model{Depth: 8}, Confidence: 0.95},
		Runs:    []*compare.Run{run},
		Ladders: []compare.Ladder{{Quantity: compare.Output, Against: compare.Depth, Points: points, Rate: rate}},
	}
}

func ExampleFit() {
	points := []compare.Point{
		{X: 2, Error: 0.152}, {X: 4, Error: 0.075}, {X: 8, Error: 0.038}, {X: 16, Error: 0.0187},
		{X: 32, Error: 0.0095, Reference: 0.004}, // its reference is too coarse
	}
	r := compare.Fit(points, compare.FitOptions{Predicted: -1, Source: "G Thm 3.1"})
	fmt.Println(r.Slope(), r.Interval(), r.Verdict)
	fmt.Println(r.Warnings)
	fmt.Println(points[4].Why)
	// Output:
	// -1.00 [-1.03, -0.98] consistent
	// [the reference is too inaccurate for 1 of 5 points, which were left out]
	// its error 0.0095 is not ten times that of its reference, 0.0040
}

func ExampleRatesTable() {
	fmt.Println(compare.RatesTable(ladder()).Render())
	// Output:
	// quantity  against  slope   95 % interval     points  predicted  verdict     source
	// output    depth    -1.007  [-1.016, -0.998]  4/4     -1         consistent  G Thm 3.1
}

func ExampleWriteSeries() {
	if err := compare.WriteSeries(os.Stdout, ladder()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// run,kind,scheme,cells,dt,depth,width,nodes,seed,time,risk,objective,dissipation,residual
	// muscl-n64,grid,muscl,64x64,0,8,0,0,0,0,0.3,0.31,,
	// muscl-n64,grid,muscl,64x64,0,8,0,0,0,0.5,0.2,0.22,,
}

func ExampleWriteReport() {
	dir, err := os.MkdirTemp("", "results")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := compare.WriteReport(dir, ladder(), compare.Provenance{Version: "0.1", Resolved: []byte("name: icl\n")}); err != nil {
		fmt.Println(err)
		return
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		fmt.Println(e.Name())
	}
	r, _, err := compare.Load(dir, compare.Study{Name: "icl", Model: transformer.Model{Depth: 8}})
	fmt.Println(len(r.Runs), math.Round(100*r.Ladders[0].Rate.Value)/100, err)
	// Output:
	// figures
	// report.html
	// report.md
	// report.tex
	// resolved.yaml
	// series.csv
	// states
	// summary.json
	// 1 -1.01 <nil>
}

// A study with a store is made once: the second time every run is there already.
func ExampleNewStore() {
	prompts, err := (&transformer.Linear{Prompts: 4, Tokens: 4, Seed: 1}).Draw()
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "results")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	study := compare.Study{
		Name: "depth", Times: []float64{0, 1}, Rates: []compare.Against{compare.Depth}, Confidence: 0.95,
		Networks: compare.Networks{Depths: []int{2, 4}},
		Model: transformer.Model{
			Depth: 2, Prompts: prompts, Read: transformer.Readout{Token: -1, Coordinate: -1},
			Blocks: []transformer.Component{{Block: &transformer.LinearScalar{}, Initial: &grid.Bump{Center: []float64{0.7, 0.4}, Radius: []float64{0.7, 0.7}}}},
		},
	}
	for range 2 {
		r, err := compare.Execute(context.Background(), study, &compare.Options{Store: compare.NewStore(dir, "example")})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(r.Runs), "runs,", r.Reused, "of them from the store")
	}
	// Output:
	// 4 runs, 0 of them from the store
	// 4 runs, 4 of them from the store
}
