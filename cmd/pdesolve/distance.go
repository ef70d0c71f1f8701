package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pdesolve/transport"
)

// distanceFlags are the flags of the command.
type distanceFlags struct {
	metric, plan, block  string
	json, normalise      bool
	epsilon, tolerance   float64
	bandwidth            float64
	projections, maxIter int
	seed                 uint64
	time                 []float64
	slice                int
}

func distanceCommand() *cobra.Command {
	var f distanceFlags
	c := &cobra.Command{
		Use:   "distance A B",
		Short: "The distance between two point clouds, densities or saved states",
		Long: `distance prints the distance between A and B. Each is
    a CSV file with columns x0, x1, … and, optionally, w (weights; default equal),
    an npz file with edges_0, edges_1, … and rho (cell averages of a density),
    an npz file of states/ in a results folder: the root mean square of the distances
    over the depth slices, at the last saved time unless --time says another (two
    numbers: one for A and one for B), of one slice with --slice, of BLOCK with --block,
    an npy file: a density on the unit box.

Metrics
` + metricList(),
		Args: twoArgs("two files"),
		RunE: func(c *cobra.Command, args []string) error {
			return runDistance(c, args[0], args[1], f)
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.metric, "metric", "w2", "metric: "+strings.Join(transport.Distances.Names(), ", "))
	fl.BoolVar(&f.json, "json", false, "print JSON")
	fl.StringVar(&f.plan, "plan", "", "write the transport plan to this CSV file: from, to, mass")
	fl.BoolVar(&f.normalise, "normalise", false, "divide A and B by their masses first")
	fl.StringVar(&f.block, "block", "", "block of a saved state (default: the only one)")
	fl.Float64SliceVar(&f.time, "time", nil, "saved time of the states, or of A and of B (default: the last)")
	fl.IntVar(&f.slice, "slice", -1, "depth slice of the states, from 0 (default: all)")
	fl.Float64Var(&f.epsilon, "epsilon", 0, "sinkhorn: ε in units of the squared diagonal of the box around the points (default 0.001)")
	fl.Float64Var(&f.tolerance, "tolerance", 0, "sinkhorn: part of the mass that the marginals may miss; w2 between densities: relative change at which to stop (default 1e-6)")
	fl.Float64Var(&f.bandwidth, "bandwidth", 0, "mmd: bandwidth of the kernel (default: from the points)")
	fl.IntVar(&f.projections, "projections", 0, "sliced metrics: number of directions (default 200)")
	fl.Uint64Var(&f.seed, "seed", 0, "sliced metrics: seed of the directions (default 1)")
	fl.IntVar(&f.maxIter, "iterations", 0, "w2 between densities and sinkhorn: limit (default 300 and 20000)")
	return c
}

// twoArgs wants two arguments, described by what.
func twoArgs(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 2 {
			return fmt.Errorf("%s wants %s: got %d arguments\nusage: %s", c.CommandPath(), what, len(args), c.UseLine())
		}
		return nil
	}
}

func metricList() string {
	var b strings.Builder
	for _, name := range transport.Distances.Names() {
		d, err := transport.Distances.New(name)
		if err != nil {
			panic(err) // name is from Names
		}
		fmt.Fprintf(&b, "    %-20s %s\n", name, d.Summary())
	}
	return b.String()
}

// configure makes the metric and sets what the flags say, each the option of the
// same name. A flag that the metric does not have is an error.
func configure(c *cobra.Command, f distanceFlags) (transport.Distance, error) {
	d, err := transport.Distances.New(f.metric)
	if err != nil {
		return nil, err
	}
	options := reflect.ValueOf(d).Elem()
	for _, flag := range []struct {
		name  string
		value any
	}{
		{"epsilon", f.epsilon}, {"tolerance", f.tolerance}, {"bandwidth", f.bandwidth},
		{"projections", f.projections}, {"seed", f.seed}, {"iterations", f.maxIter},
	} {
		if !c.Flags().Changed(flag.name) {
			continue
		}
		at, ok := option(options, flag.name)
		if !ok {
			return nil, fmt.Errorf("metric %s has no --%s", f.metric, flag.name)
		}
		at.Set(reflect.ValueOf(flag.value))
	}
	return d, d.Validate()
}

// option returns the field of a description with the given key.
func option(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("yaml") == key {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// answer is what the command prints.
type answer struct {
	Metric     string   `json:"metric"`
	Value      float64  `json:"value"`
	Lower      *float64 `json:"lower"`
	Upper      *float64 `json:"upper"`
	Solver     string   `json:"solver"`
	Iterations int      `json:"iterations"`
	Seconds    float64  `json:"seconds"`
}

func runDistance(c *cobra.Command, nameA, nameB string, f distanceFlags) error {
	d, err := configure(c, f)
	if err != nil {
		return err
	}
	ofA, ofB, err := f.choices()
	if err != nil {
		return err
	}
	a, err := readSubject(nameA, ofA)
	if err != nil {
		return err
	}
	b, err := readSubject(nameB, ofB)
	if err != nil {
		return err
	}
	if f.normalise {
		a.normalise()
		b.normalise()
	}
	start := time.Now()
	r, err := between(d, a, b)
	if err != nil {
		err = fmt.Errorf("%s against %s: %w", nameA, nameB, err)
		return asFailure(err)
	}
	out := answer{f.metric, r.Value, known(r.Lower), known(r.Upper), r.Solver, r.Iterations, time.Since(start).Seconds()}
	if f.plan != "" {
		if r.Plan == nil {
			return fmt.Errorf("--plan: %s between these has no plan: want w1 or w2 between two point clouds", f.metric)
		}
		if err := writePlan(f.plan, r.Plan); err != nil {
			return err
		}
	}
	return printAnswer(c.OutOrStdout(), out, f.json)
}

// choices says what is meant of A and of B.
func (f distanceFlags) choices() (a, b choice, err error) {
	a = choice{f.block, math.NaN(), f.slice}
	b = a
	switch len(f.time) {
	case 0:
	case 1:
		a.time, b.time = f.time[0], f.time[0]
	case 2:
		a.time, b.time = f.time[0], f.time[1]
	default:
		err = fmt.Errorf("--time: %d numbers: want one, or one for each file", len(f.time))
	}
	return a, b, err
}

// known returns nil for a number that is none.
func known(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func printAnswer(w io.Writer, a answer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(a)
	}
	_, err := fmt.Fprintf(w, "%s  %.10g\n", a.Metric, a.Value)
	if err == nil && a.Lower != nil && a.Upper != nil {
		_, err = fmt.Fprintf(w, "between  %.10g and %.10g\n", *a.Lower, *a.Upper)
	} else if err == nil && a.Lower != nil {
		_, err = fmt.Fprintf(w, "at least  %.10g\n", *a.Lower)
	}
	if err == nil {
		_, err = fmt.Fprintf(w, "by  %s, %d iterations, %.3g s\n", a.Solver, a.Iterations, a.Seconds)
	}
	return err
}

// writePlan writes the plan whole or not at all.
func writePlan(name string, p *transport.Plan) error {
	temp := name + ".tmp"
	file, err := os.Create(temp)
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	buffered := bufio.NewWriter(file)
	w := csv.NewWriter(buffered)
	err = w.Write([]string{"from", "to", "mass"})
	for k := 0; k < len(p.Mass) && err == nil; k++ {
		err = w.Write([]string{strconv.Itoa(p.From[k]), strconv.Itoa(p.To[k]), strconv.FormatFloat(p.Mass[k], 'g', -1, 64)})
	}
	w.Flush()
	if err == nil {
		err = w.Error()
	}
	if err == nil {
		err = buffered.Flush()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temp, name)
	}
	if err != nil {
		os.Remove(temp)
		return fmt.Errorf("plan: %w", err)
	}
	return nil
}
