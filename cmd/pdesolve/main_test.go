package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// result is what a command line gave.
type result struct {
	code           int
	stdout, stderr string
}

// command runs a command line in the current folder.
func command(t *testing.T, ctx context.Context, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(ctx, args, &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// serial skips a test under -short, which the race detector is run with: it makes many runs, or
// runs in processes of their own, with the goroutines of TestCompare, TestInterrupt and TestSlurm.
func serial(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: many runs or processes; shorter tests run the same goroutines")
	}
}

// inFolder changes to a fresh folder that holds the given files.
func inFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	return dir
}

// tree lists everything below a folder.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && path != dir {
			rel, _ := filepath.Rel(dir, path)
			all = append(all, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// small is an experiment of a few hundredths of a second.
const small = `name: small
transformer:
  depth: 2
  decay: 0.02
  prompts:
    linear: {prompts: 2, tokens: 4}
  blocks:
    - softmax-scalar:
        initial: {bump: {center: [1.0, 0.3], radius: [1.0, 0.8]}}
        grid:
          - {lo: -3.0, hi: 5.0, n: 20}
          - {lo: -4.0, hi: 4.5, n: 20}
time: {end: 0.2, save: 0.1}
solve:
  - upwind: {refine: [12, 16, 20]}
  - jko: {step: [0.1, 0.05]}
finite: {width: [2, 4], depth: [2, 4], seeds: 8}
`

// rounds is small with seeds that are added in rounds.
var rounds = strings.Replace(small, "width: [2, 4], depth: [2, 4], seeds: 8", "width: [2, 4, 8], depth: [2, 4], seeds: {start: 8, until_half_width: 0.35, max: 40}", 1)

func TestCompare(t *testing.T) {
	dir := inFolder(t, map[string]string{"small.yaml": small})
	r := command(t, t.Context(), "compare", "small.yaml")
	if r.code != exitDone {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	for _, want := range []string{"quantity", "cells, upwind", "step, jko", "depth", "width", "parameters", "report: " + filepath.Join("results", "small", "report.html")} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("no %q in\n%s", want, r.stdout)
		}
	}
	files := tree(t, filepath.Join(dir, "results", "small"))
	for _, want := range []string{"report.html", "report.md", "summary.json", "series.csv", "resolved.yaml", "provenance.json", "states/upwind-n16.npz", "figures/risk.svg"} {
		if !slices.Contains(files, want) {
			t.Errorf("no %s among %v", want, files)
		}
	}
	for _, f := range files {
		if strings.Contains(f, ".tmp-") {
			t.Errorf("left behind: %s", f)
		}
	}
}

var wallSeconds = regexp.MustCompile(`"wall_seconds": [0-9.e+-]+`)

// TestRunningResolvedAgain: the resolved experiment of a result gives the same
// summary, wall times aside, with another number of workers.
func TestRunningResolvedAgain(t *testing.T) {
	serial(t)
	inFolder(t, map[string]string{"small.yaml": small})
	first := command(t, t.Context(), "compare", "small.yaml", "-o", "a", "--json", "--workers", "1")
	second := command(t, t.Context(), "compare", filepath.Join("a", "resolved.yaml"), "-o", "b", "--json", "--workers", "2")
	if first.code != exitDone || second.code != exitDone {
		t.Fatalf("exits %d, %d\n%s%s", first.code, second.code, first.stderr, second.stderr)
	}
	if a, b := wallSeconds.ReplaceAllString(first.stdout, ""), wallSeconds.ReplaceAllString(second.stdout, ""); a != b {
		t.Errorf("summaries differ:\n%s\n---\n%s", a, b)
	}
	stored, err := os.ReadFile(filepath.Join("a", "summary.json"))
	if err != nil || string(stored) != first.stdout {
		t.Errorf("--json is not summary.json (%v)", err)
	}
}

func TestReportRebuildsTheSameFiles(t *testing.T) {
	serial(t)
	dir := inFolder(t, map[string]string{"small.yaml": small})
	if r := command(t, t.Context(), "compare", "small.yaml", "-o", "out"); r.code != exitDone {
		t.Fatal(r.stderr)
	}
	before := map[string]string{}
	for _, f := range tree(t, "out") {
		if b, err := os.ReadFile(filepath.Join("out", f)); err == nil {
			before[f] = string(b)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "out", "figures")); err != nil {
		t.Fatal(err)
	}
	if r := command(t, t.Context(), "report", "out"); r.code != exitDone {
		t.Fatal(r.stderr)
	}
	for name, want := range before {
		got, err := os.ReadFile(filepath.Join("out", name))
		if err != nil || wallSeconds.ReplaceAllString(string(got), "") != wallSeconds.ReplaceAllString(want, "") {
			t.Errorf("%s differs after report (%v)", name, err)
		}
	}
}

// classical is a flow without a Transformer.
const classical = `name: ou
grid: [{lo: -6, hi: 6, n: 32}, {lo: -6, hi: 6, n: 32}]
energy:
  - potential: {formula: "(x^2 + y^2)/2"}
  - entropy
initial: {gaussian: {mean: [0.5, -0.5], covariance: [[0.25, 0], [0, 0.25]]}}
time: {end: 0.2, save: 0.1}
solve: [{muscl: {refine: [24, 32]}}, upwind]
`

func TestSolve(t *testing.T) {
	for name, text := range map[string]string{"small": small, "ou": classical} {
		inFolder(t, map[string]string{"x.yaml": text})
		r := command(t, t.Context(), "solve", "x.yaml")
		if r.code != exitDone {
			t.Fatalf("%s: exit %d\n%s", name, r.code, r.stderr)
		}
		if !strings.Contains(r.stdout, "energy") || strings.Contains(r.stdout, "risk") != (name == "small") {
			t.Errorf("%s: table\n%s", name, r.stdout)
		}
		states := tree(t, filepath.Join("results", name+"-solve", "states"))
		if len(states) != map[string]int{"small": 5, "ou": 3}[name] {
			t.Errorf("%s: states %v", name, states)
		}
	}
}

func TestCheckListVersion(t *testing.T) {
	dir := inFolder(t, map[string]string{"ou.yaml": classical})
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"check", "diabetes"}, []string{"confidence: 0.95", "49 prompts of 9 tokens", "jko, 64 × 64 cells, step 0.25", "compare makes "}},
		{[]string{"check", "ou.yaml"}, []string{"save: 0.1", "muscl, 24 × 24 cells", "576"}},
		{[]string{"list"}, []string{"diabetes", "linear-exact", "softmax-scalar", "parameters a, v", "jko", "variational", "gradient", "bump", "entropy", "rates", "sinkhorn-divergence"}},
		{[]string{"version"}, []string{"pdesolve ", "go1"}},
		{nil, []string{"compare", "solve", "check", "list", "report", "version"}},
	} {
		r := command(t, t.Context(), c.args...)
		if r.code != exitDone || r.stderr != "" {
			t.Errorf("%v: exit %d, stderr %q", c.args, r.code, r.stderr)
		}
		for _, want := range c.want {
			if !strings.Contains(r.stdout, want) {
				t.Errorf("%v: no %q in\n%s", c.args, want, r.stdout)
			}
		}
	}
	for _, args := range [][]string{{"list", "--json"}, {"check", "tiny", "--json"}} {
		if r := command(t, t.Context(), args...); r.code != exitDone || !json.Valid([]byte(r.stdout)) {
			t.Errorf("%v: exit %d\n%s", args, r.code, r.stdout)
		}
	}
	if files := tree(t, dir); !slices.Equal(files, []string{"ou.yaml"}) {
		t.Errorf("left behind: %v", files)
	}
}

// TestEveryMemberIsDescribed: list has words for everything that is registered.
func TestEveryMemberIsDescribed(t *testing.T) {
	r := command(t, t.Context(), "list")
	for _, line := range strings.Split(r.stdout, "\n") {
		if f := strings.Fields(line); strings.HasPrefix(line, "  ") && len(f) == 1 && !strings.HasPrefix(f[0], "{") {
			t.Errorf("no words for %s", f[0])
		}
	}
}

// TestInterrupt: a run that is stopped ends within a second, says so, exits 1 and
// leaves whole files only.
func TestInterrupt(t *testing.T) {
	slow := strings.NewReplacer("n: 20", "n: 64", "refine: [12, 16, 20]", "refine: [48, 64]", "step: [0.1, 0.05]", "step: [0.0002, 0.0001]").Replace(small)
	for _, args := range [][]string{{"compare", "slow.yaml"}, {"solve", "slow.yaml"}} {
		inFolder(t, map[string]string{"slow.yaml": slow})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(300*time.Millisecond, cancel)
		start := time.Now()
		r := command(t, ctx, args...)
		if d := time.Since(start); d > 1300*time.Millisecond {
			t.Errorf("%v: stopped after %v", args, d)
		}
		if r.code != exitFailed || !strings.Contains(r.stderr, "interrupted") {
			t.Errorf("%v: exit %d\n%s", args, r.code, r.stderr)
		}
		for _, f := range tree(t, ".") {
			if strings.Contains(f, ".tmp-") {
				t.Errorf("%v: left behind: %s", args, f)
			}
		}
		if _, err := os.Stat("results"); err == nil && !strings.Contains(r.stderr, "are kept in") {
			t.Errorf("%v: results without a word of them:\n%s", args, r.stderr)
		}
	}
}

// TestWall: a support that reaches the wall of its box is a failure of the
// numerics that says where.
func TestWall(t *testing.T) {
	wall := strings.Replace(small, "hi: 4.5", "hi: 1.12", 1)
	inFolder(t, map[string]string{"wall.yaml": wall})
	for _, args := range [][]string{{"compare", "wall.yaml"}, {"solve", "wall.yaml"}} {
		r := command(t, t.Context(), args...)
		if r.code != exitFailed {
			t.Errorf("%v: exit %d", args, r.code)
		}
		for _, want := range []string{"τ = ", "mass ", "high side of axis 1", "block softmax-scalar", "parameter v"} {
			if !strings.Contains(r.stderr, want) {
				t.Errorf("%v: no %q in\n%s", args, want, r.stderr)
			}
		}
	}
}

// TestFailureKeepsFinishedRuns: when one run fails, those that finished are kept
// as a readable result, and the exit status still is 1.
func TestFailureKeepsFinishedRuns(t *testing.T) {
	broken := strings.NewReplacer("hi: 4.5", "hi: 1.12", "  - upwind", "  - characteristics\n  - upwind", "  - jko: {step: [0.1, 0.05]}\n", "").Replace(small)
	for _, args := range [][]string{{"compare", "x.yaml", "-o", "out", "--workers", "1"}, {"solve", "x.yaml", "-o", "out"}} {
		inFolder(t, map[string]string{"x.yaml": broken})
		r := command(t, t.Context(), args...)
		if r.code != exitFailed || !strings.Contains(r.stderr, "finished runs are kept in out") {
			t.Errorf("%v: exit %d\n%s", args, r.code, r.stderr)
		}
		b, err := os.ReadFile(filepath.Join("out", "summary.json"))
		if err != nil || !json.Valid(b) || !strings.Contains(string(b), "incomplete: ") {
			t.Errorf("%v: summary.json (%v):\n%s", args, err, b)
		}
	}
}
