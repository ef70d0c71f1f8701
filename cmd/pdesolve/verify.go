package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pdesolve/compare"
)

func verifyCommand() *cobra.Command {
	var o compare.VerifyOptions
	asJSON := false
	c := &cobra.Command{
		Use:   "verify",
		Short: "Measure every scheme's orders on every exact solution",
		Long: `verify runs every scheme on every exact solution that applies and measures its
order in space and in time apart, its mass error, its smallest density and the
largest rise of the energy over a step, and in one dimension the distances W1 and W2
at the finest level. Examples of one solution have names like barenblatt/2d.

` + compare.VerifyRule + `

The exit status is 1 if a claim is missed.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runVerify(c, o, asJSON) },
	}
	c.Flags().StringSliceVar(&o.Schemes, "scheme", nil, "schemes to verify, comma-separated (default: all)")
	c.Flags().StringSliceVar(&o.Cases, "case", nil, "exact solutions to verify on, comma-separated (default: all)")
	c.Flags().BoolVar(&o.Quick, "quick", false, "take shorter ladders and the first example of each solution: about 70 s of CPU time")
	c.Flags().BoolVar(&o.Graded, "graded", false, "verify on graded axes, fine in the middle, the schemes that take them")
	c.Flags().IntVar(&o.Workers, "workers", 0, "runs at a time; 0 means one per core")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON in place of a table")
	return c
}

func runVerify(c *cobra.Command, o compare.VerifyOptions, asJSON bool) error {
	if o.Workers < 0 {
		return fmt.Errorf("--workers %d: want 1 or more, or 0 for one per core", o.Workers)
	}
	if c.Flags().Changed("scheme") && len(o.Schemes) == 0 || c.Flags().Changed("case") && len(o.Cases) == 0 {
		return errors.New("--scheme and --case want at least one name")
	}
	show := newProgress(c.ErrOrStderr())
	o.Progress = func(done float64, label string) { show.update(done, unknown, label) }
	v, err := compare.Verify(c.Context(), o)
	show.stop()
	if err != nil {
		return err
	}
	if asJSON {
		e := json.NewEncoder(c.OutOrStdout())
		e.SetIndent("", " ")
		err = e.Encode(v)
	} else {
		err = showVerification(c.OutOrStdout(), v)
	}
	if err != nil {
		return failure{err}
	}
	missed := 0
	for _, r := range v.Rows {
		if !r.Pass {
			missed++
		}
	}
	switch {
	case missed > 0:
		return failure{fmt.Errorf("%d of %d claims are missed", missed, len(v.Rows))}
	case len(v.Rows) == 0:
		return errors.New("nothing to verify: no scheme that was asked for takes the energies of the cases")
	}
	return nil
}

// showVerification prints the table, what was missed and what was skipped.
func showVerification(w io.Writer, v *compare.Verification) error {
	t := newTable(table.Row{"case", "scheme", "axis", "declared", "finest", "fitted", "±", "limit", "errors", "levels", "W1", "W2", "mass", "min", "rise", ""})
	var notes []string
	for _, r := range v.Rows {
		verdict := "ok"
		if !r.Pass {
			verdict = "MISSED"
			notes = append(notes, fmt.Sprintf("%s, %s in %s: %s", r.Case, r.Scheme, r.Axis, r.Note))
		}
		levels := ""
		if n := len(r.Levels); n > 0 {
			levels = fmt.Sprintf("%.4g … %.4g", r.Levels[0], r.Levels[n-1])
		}
		t.AppendRow(table.Row{
			r.Case, r.Scheme, r.Axis, fmt.Sprintf("%.3g", r.Declared), measured(r.Finest, "%.2f"), measured(r.Fitted, "%.2f"), measured(r.HalfWidth, "%.2f"), measured(r.Limit, "%.2f"), numbers(r.Errors), levels,
			measured(r.W1, "%.1e"), measured(r.W2, "%.1e"), fmt.Sprintf("%.0e", r.MassError), fmt.Sprintf("%.1g", r.Min), fmt.Sprintf("%.0e", r.EnergyRise), verdict,
		})
	}
	if len(v.Rows) > 0 {
		fmt.Fprintln(w, t.Render())
	}
	for _, n := range notes {
		fmt.Fprintln(w, "missed:", n)
	}
	return showSkipped(w, v.Skipped)
}

// showSkipped prints each reason once, with the pairs that it excludes.
func showSkipped(w io.Writer, skipped []compare.VerifySkip) error {
	if len(skipped) == 0 {
		return nil
	}
	var order []string
	pairs := map[string][]string{}
	for _, s := range skipped {
		key := s.Scheme + ": " + s.Reason
		if pairs[key] == nil {
			order = append(order, key)
		}
		if name := s.Case; len(pairs[key]) == 0 || pairs[key][len(pairs[key])-1] != name {
			pairs[key] = append(pairs[key], name)
		}
	}
	fmt.Fprintln(w, "\nskipped:")
	for _, key := range order {
		if _, err := fmt.Fprintf(w, "  %s\n    on %s\n", key, strings.Join(pairs[key], ", ")); err != nil {
			return err
		}
	}
	return nil
}

// measured formats a number that may be missing.
func measured(v float64, format string) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf(format, v)
}

// numbers formats errors.
func numbers(x []float64) string {
	s := make([]string, len(x))
	for i, v := range x {
		s[i] = fmt.Sprintf("%.2e", v)
	}
	return strings.Join(s, " ")
}
