package main

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"pdesolve/grid"
	"pdesolve/pde"
)

// thief is a scheme that claims to be of second order, is of first, and loses mass.
type thief struct{ pde.MUSCL }

func (thief) Name() string { return "thief" }

// Summary says in a line what the scheme is.
func (thief) Summary() string { return "wrong on purpose" }

func (thief) Bind(f pde.Functional, grids []*grid.Grid) (pde.Stepper, error) {
	s, err := pde.Upwind{}.Bind(f, grids)
	return thiefStepper{s}, err
}

type thiefStepper struct{ pde.Stepper }

func (s thiefStepper) Step(ctx context.Context, rho pde.State, limit float64) (pde.StepReport, error) {
	r, err := s.Stepper.Step(ctx, rho, limit)
	rho[0].Scale(1 - 1e-6)
	return r, err
}

func init() { pde.Schemes.Add("thief", func() pde.Scheme { return new(thief) }) }

// TestVerify: claims that are kept exit 0 and come as a table and as JSON; a missed
// claim exits 1 and says which.
func TestVerify(t *testing.T) {
	inFolder(t, nil)
	r := command(t, t.Context(), "verify", "--quick", "--scheme", "muscl,rkl2", "--case", "gravity,attraction")
	if r.code != exitDone {
		t.Fatalf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	for _, want := range []string{"gravity", "muscl", "space", "time", "declared", "finest", "fitted", "W2", "skipped:", "no diffusion"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("no %q in\n%s", want, r.stdout)
		}
	}
	r = command(t, t.Context(), "verify", "--quick", "--scheme", "muscl,thief", "--case", "gravity", "--json")
	if r.code != exitFailed || !strings.Contains(r.stderr, "2 of 4 claims are missed") {
		t.Errorf("exit %d\n%s", r.code, r.stderr)
	}
	var got struct {
		Rows []struct {
			Case, Scheme, Axis string
			Declared, Measured *float64
			Finest, Fitted     *float64
			Limit              *float64
			HalfWidth          *float64 `json:"half_width"`
			End                float64
			W1, W2             *float64
			Note               string
			Errors, Levels     []float64
			MassError          float64 `json:"mass_error"`
			Min                float64
			EnergyRise         float64 `json:"energy_rise"`
			Pass               bool
		}
		Skipped []any
	}
	d := json.NewDecoder(strings.NewReader(r.stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if len(got.Rows) != 4 || got.Skipped == nil {
		t.Fatalf("%+v", got)
	}
	for _, row := range got.Rows {
		if row.Pass != (row.Scheme == "muscl") || row.Case != "gravity" || *row.Declared != 2 {
			t.Errorf("%+v", row)
		}
		if row.Pass && (*row.Measured < 1.9 || len(row.Errors) < 3 || len(row.Levels) != len(row.Errors)) {
			t.Errorf("%+v", row)
		}
		if !row.Pass && !(row.MassError > 0.9e-6) {
			t.Errorf("%+v", row)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	dir := inFolder(t, nil)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--scheme", "mucsl"}, `unknown scheme "mucsl": did you mean "muscl"`},
		{[]string{"--case", "gravty"}, `unknown exact solution "gravty": did you mean "gravity"`},
		{[]string{"--workers", "-2"}, "--workers -2: want"},
		{[]string{"--scheme", ""}, "at least one name"},
		{[]string{"all"}, "takes no arguments"},
		{[]string{"--scheme", "rkl2", "--case", "attraction"}, "nothing to verify"},
	} {
		r := command(t, t.Context(), append([]string{"verify", "--quick"}, c.args...)...)
		if r.code != exitRequest || !strings.Contains(r.stderr, c.want) {
			t.Errorf("%v: exit %d, stderr %q: want %q", c.args, r.code, r.stderr, c.want)
		}
	}
	if left := tree(t, dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestSolveExact: errors against an exact solution are in the table, in series.csv
// and in summary.json.
func TestSolveExact(t *testing.T) {
	inFolder(t, map[string]string{"x.yaml": strings.Replace(classical, "time:", "exact: {ornstein-uhlenbeck: {}}\ntime:", 1)})
	r := command(t, t.Context(), "solve", "x.yaml", "-o", "out")
	if r.code != exitDone || !strings.Contains(r.stdout, "L1 error") || strings.Contains(r.stdout, "W2 error") {
		t.Fatalf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if s := readFile(t, "out/series.csv"); !strings.Contains(strings.SplitN(s, "\n", 2)[0], ",error_l1,error_w2") {
		t.Errorf("series.csv:\n%s", s)
	}
	if s := readFile(t, "out/summary.json"); strings.Count(s, `"error_l1"`) != 3 || strings.Contains(s, `"error_w2"`) {
		t.Errorf("summary.json:\n%s", s)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
