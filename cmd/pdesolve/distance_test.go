package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pdesolve/grid"
	"pdesolve/transport"
)

// npz returns an npz file as a string.
func npz(t *testing.T, arrays ...grid.Array) string {
	t.Helper()
	var b bytes.Buffer
	if err := grid.WriteNPZ(&b, arrays...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// npy returns the only member of an npz file: what numpy.save writes.
func npy(t *testing.T, a grid.Array) string {
	t.Helper()
	s := npz(t, a)
	at := strings.Index(s, "\x93NUMPY")
	end := strings.Index(s[at:], "PK")
	return s[at : at+end]
}

// distanceFiles are inputs of every kind.
func distanceFiles(t *testing.T) map[string]string {
	t.Helper()
	g, err := grid.New(grid.Axis{Lo: 0, Hi: 2, N: 2}, grid.Axis{Lo: 0, Hi: 1, N: 3})
	if err != nil {
		t.Fatal(err)
	}
	rho := grid.Array{Name: "rho", Shape: []int{2, 3}, Data: []float64{0.5, 0.5, 0.5, 0.5, 0.5, 0.5}}
	other := rho
	other.Data = []float64{1, 1, 1, 0, 0, 0}
	edges := grid.EdgeArrays("", g)
	state := grid.EdgeArrays("s.", g)
	state = append(state, grid.Array{Name: "time", Shape: []int{2}, Data: []float64{0, 1}},
		grid.Array{Name: "s.rho", Shape: []int{2, 2, 2, 3}, Data: slices.Concat(other.Data, other.Data, rho.Data, other.Data)})
	atoms := []grid.Array{
		{Name: "time", Shape: []int{1}, Data: []float64{0}},
		{Name: "s.theta", Shape: []int{1, 2, 1, 2}, Data: []float64{0, 0, 3, 4}},
		{Name: "s.weight", Shape: []int{2, 1}, Data: []float64{1, 1}},
	}
	apart := []grid.Array{atoms[0], {Name: "s.theta", Shape: []int{1, 2, 1, 2}, Data: []float64{0, 0, 0, 0}}, atoms[2]}
	return map[string]string{
		"a.csv": "x0,x1\n0,0\n1,0\n", "b.csv": "x0,x1,w\n0,1,0.5\n1,1,0.5\n", "heavy.csv": "x0,x1,w\n0,1,1.5\n1,1,0.5\n",
		"nan.csv": "x0,x1\n0,0\n1,nan\n", "word.csv": "x0,x1,w\n0,1,0.5\n1,z,0.5\n", "negative.csv": "x0,w\n0,1\n1,-1\n", "ragged.csv": "x0,x1\n0,0\n1\n",
		"names.csv": "x0,y\n0,0\n", "only.csv": "x0\n", "empty.csv": "", "w.csv": "w\n1\n", "line.csv": "x0\n0\n1\n",
		"rho.npz": npz(t, append(edges, rho)...), "other.npz": npz(t, append(edges, other)...),
		"state.npz": npz(t, state...), "atoms.npz": npz(t, atoms...), "apart.npz": npz(t, apart...),
		"edges.npz": npz(t, edges...), "shape.npz": npz(t, append(edges, grid.Array{Name: "rho", Shape: []int{6}, Data: rho.Data})...),
		"two.npz": npz(t, append(append([]grid.Array{}, state...), grid.Array{Name: "m.rho", Shape: []int{1}, Data: []float64{1}})...),
		"one.npy": npy(t, grid.Array{Name: "a", Shape: []int{4}, Data: []float64{2, 2, 0, 0}}),
		"oth.npy": npy(t, grid.Array{Name: "a", Shape: []int{4}, Data: []float64{0, 0, 2, 2}}),
		"bad.npz": "PK", "a.txt": "",
	}
}

func TestDistance(t *testing.T) {
	inFolder(t, distanceFiles(t))
	for _, c := range []struct {
		args  string
		value float64
		about float64
	}{
		{"a.csv b.csv", 1, 1e-15},
		{"a.csv b.csv --metric w1", 1, 1e-15},
		{"a.csv b.csv --metric sinkhorn --epsilon 0.01", 1, 1e-9},
		{"a.csv b.csv --metric sinkhorn-divergence --iterations 100", 1, 1e-6},
		{"a.csv b.csv --metric max-sliced-w2 --projections 3 --seed 7", 1, 1e-6},
		{"a.csv heavy.csv --normalise --metric w1", 0.25*math.Sqrt2 + 0.75, 1e-15},
		{"rho.npz rho.npz", 0, 1e-7},
		{"rho.npz other.npz", math.Sqrt(0.5), 1e-6},
		{"one.npy oth.npy", 0.5, 1e-15},
		{"one.npy oth.npy --metric w1", 0.5, 1e-15},
		{"state.npz state.npz", 0, 1e-7},
		{"state.npz state.npz --block s", 0, 1e-7},
		{"state.npz state.npz --time 0,1", 0.5, 1e-6},
		{"state.npz state.npz --time 1,0 --slice 0", math.Sqrt(0.5), 1e-6},
		{"state.npz state.npz --time 1,0 --slice 1", 0, 1e-7},
		{"state.npz rho.npz --slice 0", 0, 1e-7},
		{"atoms.npz apart.npz --time 0 --slice 1", 5, 1e-12},
		{"atoms.npz apart.npz", 5 / math.Sqrt2, 1e-12},
	} {
		r := command(t, t.Context(), append([]string{"distance", "--json"}, strings.Fields(c.args)...)...)
		if r.code != exitDone || r.stderr != "" {
			t.Errorf("%s: exit %d: %s", c.args, r.code, r.stderr)
			continue
		}
		var a struct {
			Metric, Solver        string
			Value, Lower, Upper   *float64
			Iterations            *int
			Seconds               *float64
			metricOrderDoesNotSay int
		}
		d := json.NewDecoder(strings.NewReader(r.stdout))
		d.DisallowUnknownFields()
		if err := d.Decode(&a); err != nil {
			t.Errorf("%s: %v in %s", c.args, err, r.stdout)
			continue
		}
		if math.Abs(*a.Value-c.value) > c.about {
			t.Errorf("%s: %v, want %v", c.args, *a.Value, c.value)
		}
		if a.Metric == "" || a.Solver == "" || a.Iterations == nil || a.Seconds == nil {
			t.Errorf("%s: fields missing in %s", c.args, r.stdout)
		}
		if a.Lower != nil && a.Upper != nil && !(*a.Lower <= *a.Value && *a.Value <= *a.Upper) {
			t.Errorf("%s: %s: bounds do not hold the value", c.args, r.stdout)
		}
	}
}

// A density and particles: the same list of slices on both sides, in either order.
func TestDistanceMixed(t *testing.T) {
	inFolder(t, distanceFiles(t))
	forth := command(t, t.Context(), "distance", "state.npz", "atoms.npz")
	back := command(t, t.Context(), "distance", "atoms.npz", "state.npz")
	number := regexp.MustCompile(`(?m)^w2  (\S+)$`)
	x, y := number.FindStringSubmatch(forth.stdout), number.FindStringSubmatch(back.stdout)
	if x == nil || y == nil || x[1] != y[1] || !strings.Contains(forth.stdout, "between") {
		t.Errorf("forth %v, back %v", forth, back)
	}
}

func TestDistancePlan(t *testing.T) {
	inFolder(t, distanceFiles(t))
	if r := command(t, t.Context(), "distance", "a.csv", "b.csv", "--plan", "plan.csv"); r.code != exitDone {
		t.Fatal(r)
	}
	data, err := os.ReadFile("plan.csv")
	if err != nil || string(data) != "from,to,mass\n0,0,0.5\n1,1,0.5\n" {
		t.Errorf("%v: %q", err, data)
	}
	r := command(t, t.Context(), "distance", "a.csv", "b.csv", "--plan", "no/plan.csv")
	if r.code != exitRequest || !strings.Contains(r.stderr, "plan: ") {
		t.Error(r)
	}
	r = command(t, t.Context(), "distance", "a.csv", "b.csv", "--metric", "mmd", "--plan", "mmd.csv")
	if r.code != exitRequest || !strings.Contains(r.stderr, "has no plan") {
		t.Error(r)
	}
	if _, err := os.Stat("mmd.csv"); err == nil {
		t.Error("a file in spite of an error")
	}
}

// Wrong requests exit 2 and say what is wrong and where.
func TestDistanceBadRequests(t *testing.T) {
	inFolder(t, distanceFiles(t))
	for args, want := range map[string]string{
		"a.csv":                            `wants two files: got 1`,
		"a.csv none.csv":                   `none\.csv: no such file`,
		"a.csv a.txt":                      `a\.txt: want a file name that ends in \.csv`,
		"a.csv nan.csv":                    `nan\.csv:3:3: "nan" in column x1: want a finite number`,
		"a.csv word.csv":                   `word\.csv:3:3: "z" in column x1`,
		"a.csv negative.csv":               `negative\.csv:3:3: "-1" in column w: want a weight of 0 or more`,
		"a.csv ragged.csv":                 `ragged\.csv:3:1: wrong number of fields`,
		"a.csv names.csv":                  `names\.csv:1:4: column "y": want "x1"`,
		"a.csv w.csv":                      `w\.csv:1:1: column "w": want "x0"`,
		"a.csv only.csv":                   `only\.csv: no points`,
		"a.csv empty.csv":                  `empty\.csv: an empty file`,
		"a.csv heavy.csv":                  `a\.csv against heavy\.csv: .*masses 1 and 2 differ`,
		"a.csv line.csv":                   `dimensions 2 and 1`,
		"a.csv bad.npz":                    `bad\.npz: .*not a zip file`,
		"a.csv edges.npz":                  `edges\.npz: neither an array rho nor theta`,
		"a.csv shape.npz":                  `shape\.npz: array "rho" has shape \[6\]: want \[2 3\]`,
		"a.csv two.npz":                    `two\.npz: blocks s, m: choose one with --block`,
		"a.csv state.npz --block q":        `no block "q": want one of s`,
		"a.csv state.npz":                  `lists of 2 and 1 slices`,
		"a.csv b.csv --metric w3":          `unknown distance "w3": did you mean`,
		"state.npz state.npz --time 2":     `state\.npz: --time 2: the saved times are \[0 1\]`,
		"state.npz state.npz --time 0,1,1": `--time: 3 numbers: want one, or one for each`,
		"state.npz state.npz --slice 2":    `state\.npz: --slice 2: want 0 to 1`,
		"rho.npz rho.npz --time 0":         `rho\.npz: --time 0: the file has no times`,
		"a.csv b.csv --seed 3":             `metric w2 has no --seed`,
		"a.csv b.csv --iterations -3":      `iterations -3`,
		"a.csv b.csv --metric mmd --e 3 ":  `unknown flag: --e`,
	} {
		r := command(t, t.Context(), append([]string{"distance"}, strings.Fields(args)...)...)
		if r.code != exitRequest || !regexp.MustCompile(want).MatchString(r.stderr) || r.stdout != "" {
			t.Errorf("%s: exit %d, %q, want %q", args, r.code, r.stderr, want)
		}
	}
	r := command(t, t.Context(), "distance", "rho.npz", "other.npz", "--metric", "sinkhorn", "--iterations", "1", "--epsilon", "1e-4")
	if r.code != exitFailed || !strings.Contains(r.stderr, "not converged") {
		t.Error(r)
	}
}

// The help lists every metric.
func TestDistanceHelp(t *testing.T) {
	r := command(t, t.Context(), "distance", "--help")
	for _, name := range transport.Distances.Names() {
		if !strings.Contains(r.stdout, "    "+name+" ") {
			t.Errorf("help without %s", name)
		}
	}
}
