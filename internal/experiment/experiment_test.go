package experiment

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pdesolve/grid"

	experiments "pdesolve/testdata/experiments"
)

var update = flag.Bool("update", false, "write the golden files anew")

// builtins are the experiments of testdata/experiments.
var builtins = []string{"diabetes", "diabetes-heads", "icl-regression", "linear-exact", "tiny", "vit-digits"}

func load(t *testing.T, name string) *Experiment {
	t.Helper()
	e, err := LoadFS(experiments.Files, name+".yaml", name+".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestBuiltinsHaveNoWarnings(t *testing.T) {
	for _, name := range builtins {
		if e := load(t, name); len(e.Warnings) > 0 || e.Name != name {
			t.Errorf("%s: name %q, warnings %v", name, e.Name, e.Warnings)
		}
	}
}

// reread writes an experiment with its data to a folder and loads it from there.
func reread(t *testing.T, e *Experiment) *Experiment {
	t.Helper()
	dir := t.TempDir()
	for name, data := range e.Data() {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "resolved.yaml")
	if err := os.WriteFile(path, e.Resolved(), 0o644); err != nil {
		t.Fatal(err)
	}
	again, err := Load(path)
	if err != nil {
		t.Fatalf("%v\n%s", err, e.Resolved())
	}
	return again
}

// TestResolvedIsTheSameExperiment: reading what Resolved writes gives the same
// study, and the same bytes again.
func TestResolvedIsTheSameExperiment(t *testing.T) {
	for _, name := range builtins {
		e := load(t, name)
		again := reread(t, e)
		if a, b := e.Resolved(), again.Resolved(); !bytes.Equal(a, b) {
			t.Errorf("%s: resolved twice:\n%s\n---\n%s", name, a, b)
		}
		a, errA := e.Study()
		b, errB := again.Study()
		if errA != nil || errB != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%s: the studies differ: %+v\n%+v", name, a, b)
		}
	}
}

// TestDataIsKeptByName: a file of data from anywhere is stored under data/, where
// the resolved experiment finds it.
func TestDataIsKeptByName(t *testing.T) {
	text := edit(t, base, "linear: {prompts: 2, tokens: 4}", "table: {file: ../other/t.csv, x: p, y: q, tokens: 3}")
	dir := t.TempDir()
	path := filepath.Join(dir, "here", "x.yaml")
	csv := "p,q\n1,2\n2,1\n3,5\n4,4\n"
	for name, data := range map[string]string{path: text, filepath.Join(dir, "other", "t.csv"): csv} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(data), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	e, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(e.Data()["data/t.csv"]); got != csv {
		t.Errorf("data %q", got)
	}
	a, _ := e.Model()
	b, _ := reread(t, e).Model()
	if !reflect.DeepEqual(a.Prompts, b.Prompts) {
		t.Error("the prompts differ after a second reading")
	}
	if len(e.Notes) == 0 || !strings.HasSuffix(e.Notes[0], "left out: 1") {
		t.Errorf("notes %q", e.Notes)
	}
}

// classical is a flow without a Transformer.
const classical = `
grid: [{lo: -6, hi: 6, n: 32}, {lo: -6, hi: 6, n: 32}]
energy:
  - potential: {formula: "(x^2 + y^2)/2"}
  - entropy
initial: {gaussian: {mean: [0.5, -0.5], covariance: [[0.25, 0], [0, 0.25]]}}
time: {end: 1}
solve: [{muscl: {refine: [32, 64]}}, upwind]
`

func TestClassicalFlow(t *testing.T) {
	e, err := Parse([]byte(classical), "dir/ou.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if e.Name != "ou" || len(e.Times()) != defaultSaves+1 {
		t.Errorf("name %q, %d times: want ou and %d", e.Name, len(e.Times()), defaultSaves+1)
	}
	p, err := e.Problem(64)
	if err != nil || p.Initial[0].Grid.Len() != 64*64 {
		t.Errorf("problem on %d cells, error %v: want 4096", p.Initial[0].Grid.Len(), err)
	}
	if _, err := e.Study(); err == nil || !strings.Contains(err.Error(), "use solve") {
		t.Errorf("study of a classical flow: %v", err)
	}
	if a, b := e.Resolved(), reread(t, e).Resolved(); !bytes.Equal(a, b) {
		t.Errorf("resolved twice:\n%s\n---\n%s", a, b)
	}
}

func TestGradedAxis(t *testing.T) {
	e, err := Parse([]byte(graded), "x.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Problem(64)
	if err != nil {
		t.Fatal(err)
	}
	want := grid.Axis{Lo: -6, Hi: 6, N: 64, Grading: grid.Sinh{Center: 0.5, Scale: 0.5}}
	if a := p.Initial[0].Grid.Axis(0); !a.Equal(want) {
		t.Errorf("axis %v: want the refined %v", a, want)
	}
	if a, b := e.Resolved(), reread(t, e).Resolved(); !bytes.Equal(a, b) || !bytes.Contains(a, []byte("scale: 0.5")) {
		t.Errorf("resolved twice:\n%s\n---\n%s", a, b)
	}
}

func TestLaddersExpand(t *testing.T) {
	e, err := Parse([]byte(edit(t, base, "- upwind", "- jko: {steps: [4, 8], refine: [12, 24]}\n  - characteristics")), "x.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range e.Solvers() {
		if s.Characteristics != nil {
			got = append(got, fmt.Sprint("nodes ", s.Characteristics.Nodes))
			continue
		}
		dt := reflect.ValueOf(s.Scheme).Elem().FieldByName("Step").Float()
		got = append(got, fmt.Sprint(s.Scheme.Name(), " ", s.Cells, " ", dt))
	}
	want := []string{"jko 12 0.5", "jko 12 0.25", "jko 24 0.5", "jko 24 0.25", "nodes 12"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if r := string(e.Resolved()); !strings.Contains(r, "steps: [4, 8]") || strings.Contains(r, "step: [") || strings.Contains(r, "step: 0") {
		t.Errorf("steps are not kept:\n%s", r)
	}
}

// TestForeignLineEnds: files from Windows read the same.
func TestForeignLineEnds(t *testing.T) {
	want, err := Parse([]byte(base), "x.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"CRLF": strings.ReplaceAll(base, "\n", "\r\n"), "byte order mark": "\ufeff" + base} {
		got, err := Parse([]byte(text), "x.yaml")
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !bytes.Equal(got.Resolved(), want.Resolved()) {
			t.Errorf("%s: resolved differently:\n%s", name, got.Resolved())
		}
	}
}

func TestTimesEndExactly(t *testing.T) {
	e, err := Parse([]byte(edit(t, base, "{end: 2, save: 1}", "{end: 0.3, save: 0.1}")), "x.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Times(); len(got) != 4 || got[0] != 0 || got[3] != 0.3 {
		t.Errorf("times %v", got)
	}
}

func TestContinuousDepth(t *testing.T) {
	e, err := Parse([]byte(edit(t, base, "depth: 2", "depth: continuous")), "x.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if m, _ := e.Model(); !m.Continuous || m.Depth != 16 {
		t.Errorf("depth %d, continuous %v: want 16 slices", m.Depth, m.Continuous)
	}
	if a, b := e.Resolved(), reread(t, e).Resolved(); !bytes.Equal(a, b) {
		t.Errorf("resolved twice:\n%s\n---\n%s", a, b)
	}
}

func TestWarnings(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"- upwind", "- jko: {step: 0.3}", "x.yaml:16:17: solve[0].jko.step: the step 0.3 does not divide the saved interval 1: steps of 0.25 are taken"},
		{"seeds: 8", "seeds: 3", "x.yaml:17:47: finite.seeds: 3: fewer than 8 seeds"},
	} {
		e, err := Parse([]byte(edit(t, base, c.old, c.new)), "x.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if len(e.Warnings) != 1 || !strings.HasPrefix(e.Warnings[0], c.want) {
			t.Errorf("warnings %q, want %q", e.Warnings, c.want)
		}
	}
}

func TestLoadMissingFile(t *testing.T) {
	if _, err := Load("no/such.yaml"); err == nil || !strings.HasPrefix(err.Error(), "experiment no/such.yaml: ") {
		t.Error(err)
	}
}
