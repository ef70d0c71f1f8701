package main

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pdesolve/compare"
	"pdesolve/internal/experiment"
)

func checkCommand() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:   "check EXPERIMENT",
		Short: "Validate an experiment; print all defaults and what it will cost",
		Args:  oneArg("an experiment"),
		RunE: func(c *cobra.Command, args []string) error {
			e, err := load(args[0], c.ErrOrStderr())
			if err != nil {
				return err
			}
			return showCheck(c, e, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// trialTime is how long check may try solvers to predict their cost.
const trialTime = 3 * time.Second

// prediction is what check prints as JSON.
type prediction struct {
	Experiment string   `json:"experiment"`
	Resolved   string   `json:"resolved"`
	Notes      []string `json:"notes"`
	Warnings   []string `json:"warnings"`
	Solvers    []solver `json:"solvers"`
	Runs       int      `json:"runs,omitempty"`            // of compare
	Seconds    float64  `json:"compare_seconds,omitempty"` // of work on one core
	// What compare may come to where seeds are added until intervals are narrow.
	MostRuns    int     `json:"most_runs,omitempty"`
	MostSeconds float64 `json:"most_compare_seconds,omitempty"`
}

type solver struct {
	Solver   string  `json:"solver"`
	Unknowns float64 `json:"unknowns"`
	Bytes    float64 `json:"bytes"`
	Dt       float64 `json:"first_step,omitempty"`
	Steps    float64 `json:"steps,omitempty"`
	Seconds  float64 `json:"seconds,omitempty"` // on one core
}

func predict(ctx context.Context, e *experiment.Experiment) prediction {
	ctx, cancel := context.WithTimeout(ctx, trialTime)
	defer cancel()
	p := prediction{Experiment: e.Name, Resolved: string(e.Resolved()), Notes: e.Notes, Warnings: e.Warnings}
	for _, c := range e.Predict(ctx) {
		p.Solvers = append(p.Solvers, solver{c.Solver, c.Unknowns, c.Bytes, c.Dt, c.Steps, c.Seconds})
	}
	if s, err := e.Study(); err == nil {
		p.Seconds, p.Runs = compare.Cost(s)
		if seconds, runs := compare.MostCost(s); runs > p.Runs {
			p.MostSeconds, p.MostRuns = seconds, runs
		}
	}
	return p
}

func showCheck(c *cobra.Command, e *experiment.Experiment, asJSON bool) error {
	w, p := c.OutOrStdout(), predict(c.Context(), e)
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", " ")
		return enc.Encode(p)
	}
	fmt.Fprintf(w, "# every default filled in\n%s\n", p.Resolved)
	for _, n := range p.Notes {
		fmt.Fprintln(w, n)
	}
	if len(p.Solvers) > 0 {
		fmt.Fprintf(w, "\n%s\n\n", solverTable(p.Solvers).Render())
		fmt.Fprintln(w, "Steps and times are predicted from each solver's first steps: within a factor of about 3.")
	}
	if p.Runs > 0 {
		cores := runtime.GOMAXPROCS(0)
		fmt.Fprintf(w, "compare makes %d runs, references and networks included: roughly %s of work on one core, %s on the %d here.\n",
			p.Runs, duration(p.Seconds), duration(p.Seconds/float64(cores)), cores)
		if p.MostRuns > 0 {
			fmt.Fprintf(w, "It then adds seeds until every interval is as narrow as finite asks: up to %d runs, %s on one core, %s on the %d here.\n",
				p.MostRuns, duration(p.MostSeconds), duration(p.MostSeconds/float64(cores)), cores)
		}
	}
	return nil
}

func solverTable(solvers []solver) table.Writer {
	t := newTable(table.Row{"solver", "unknowns", "memory", "first step", "steps", "time on one core"})
	known := func(x float64, text string) string {
		if x == 0 {
			return "?"
		}
		return text
	}
	for _, s := range solvers {
		t.AppendRow(table.Row{s.Solver, fmt.Sprintf("%.0f", s.Unknowns), experiment.Bytes(s.Bytes),
			known(s.Dt, fmt.Sprintf("%.3g", s.Dt)), known(s.Steps, fmt.Sprintf("%.0f", s.Steps)), known(s.Seconds, duration(s.Seconds))})
	}
	return t
}
