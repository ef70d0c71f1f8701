package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestBadRequests: every wrong request exits 2, says what is wrong and where,
// and leaves nothing behind.
func TestBadRequests(t *testing.T) {
	place := func(line, column string) string { return `x\.yaml:` + line + ":" + column + ": " }
	for _, c := range []struct {
		what, old, new string
		want           []string // patterns
	}{
		{"unknown key", "decay:", "decya:", []string{place("4", "3"), `"decya"`, `did you mean "decay"`}},
		{"misspelt scheme", "upwind", "upwnd", []string{place("15", "5"), `"upwnd"`, `did you mean "upwind"`}},
		{"wrong type", "n: 20", "n: sixteen", []string{place("11", "36"), "sixteen", "whole number"}},
		{"no cells", "n: 20", "n: 0", []string{place("11", "36"), "0 cells", "at least 1"}},
		{"hi below lo", "hi: 5.0", "hi: -5.0", []string{place("11", "28"), "-5 is not above lo = -3"}},
		{"bump outside the box", "0.3]", "4.3]", []string{place("9", "9"), "mass 0.198", "upper end of axis 1", "widen the axis"}},
		{"NaN in a CSV file", "linear: {prompts: 2, tokens: 4}", "file: nan.csv", []string{place("6", "11"), `nan\.csv:3:5: .*NaN.*want a finite number`}},
		{"ragged prompt", "linear: {prompts: 2, tokens: 4}", "file: ragged.csv", []string{place("6", "11"), `ragged\.csv:4: .*want the same number`}},
		{"missing CSV file", "linear: {prompts: 2, tokens: 4}", "file: none.csv", []string{place("6", "11"), `none\.csv: `}},
		{"one seed only", "seeds: 8", "seeds: 1", []string{place("17", "47"), "1: a rate", "at least 2 seeds, better 8"}},
		{"order 2 of entropic", "step: [0.1, 0.05]", "step: [0.1, 0.05], order: 2, inner: {entropic: {}}", []string{"order: 2 wants an inner solver .* not entropic: want back-and-forth"}},
		{"order 2 of proximal in the plane", "step: [0.1, 0.05]", "step: [0.1, 0.05], order: 2, inner: {proximal: {}}", []string{"order: 2 takes the inner solver proximal on a line alone, not in 2 dimensions"}},
		{"a grid of 10¹² cells", "n: 20}\n          - {lo: -4.0, hi: 4.5, n: 20", "n: 1000000}\n          - {lo: -4.0, hi: 4.5, n: 1000000",
			[]string{place("10", "9"), "1000000 × 1000000", "TiB"}},
	} {
		text := strings.Replace(small, c.old, c.new, 1)
		if text == small {
			t.Fatalf("%s: nothing to replace", c.what)
		}
		files := map[string]string{
			"x.yaml":     text,
			"nan.csv":    "prompt,token,x0,x1,label\na,0,1,2,3\na,1,NaN,0,3\n",
			"ragged.csv": "prompt,token,x0,x1,label\na,0,1,2,3\na,1,0.5,0,3\nb,0,1,1,1\n",
		}
		dir := inFolder(t, files)
		for _, args := range [][]string{{"compare", "x.yaml"}, {"solve", "x.yaml"}, {"check", "x.yaml"}} {
			r := command(t, t.Context(), args...)
			if r.code != exitRequest || r.stdout != "" {
				t.Errorf("%s: %v: exit %d, stdout %q", c.what, args, r.code, r.stdout)
			}
			for _, want := range c.want {
				if !regexp.MustCompile(want).MatchString(r.stderr) {
					t.Errorf("%s: %v: no %q in\n%s", c.what, args, want, r.stderr)
				}
			}
		}
		if left := tree(t, dir); !slices.Equal(left, []string{"nan.csv", "ragged.csv", "x.yaml"}) {
			t.Errorf("%s: left behind: %v", c.what, left)
		}
	}
}

// nothing is a valid experiment without any work.
var nothing = small[:strings.Index(small, "solve:")] + "finite: {width: [2], depth: [2]}\n"

func TestBadCommandLines(t *testing.T) {
	dir := inFolder(t, map[string]string{"small.yaml": small, "ou.yaml": classical, "none.yml": nothing})
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"comprae"}, `unknown command "comprae": did you mean "compare"`},
		{[]string{"compare", "diabtes"}, `no built-in experiment "diabtes": did you mean "diabetes"`},
		{[]string{"compare", "none.yaml"}, "none.yaml: "},
		{[]string{"compare", "small.yaml", "--workers", "-1"}, "--workers -1: want"},
		{[]string{"compare", "small.yaml", "--outptu", "x"}, "--outptu"},
		{[]string{"compare", "ou.yaml"}, "use solve"},
		{[]string{"compare", "none.yml"}, "nothing to run"},
		{[]string{"solve", "none.yml"}, "no solvers"},
		{[]string{"solve"}, "wants an experiment"},
		{[]string{"check", "a", "b"}, "wants an experiment"},
		{[]string{"list", "all"}, "takes no arguments"},
		{[]string{"report"}, "wants a results folder"},
		{[]string{"report", "none"}, "none holds no results"},
		{[]string{"compare", "small.yaml", "-o", filepath.Join("small.yaml", "out")}, "results folder"},
		{[]string{"compare", "small.yaml", "-o", "small.yaml"}, "results folder"},
	} {
		r := command(t, t.Context(), c.args...)
		if r.code != exitRequest || !strings.Contains(r.stderr, c.want) || r.stdout != "" {
			t.Errorf("%v: exit %d, stderr %q: want %q", c.args, r.code, r.stderr, c.want)
		}
	}
	if left := tree(t, dir); !slices.Equal(left, []string{"none.yml", "ou.yaml", "small.yaml"}) {
		t.Errorf("left behind: %v", left)
	}
}

// TestReadOnlyFolder: a folder that cannot be written to is refused before
// anything is computed.
func TestReadOnlyFolder(t *testing.T) {
	inFolder(t, map[string]string{"small.yaml": small})
	out := "out"
	if err := os.Mkdir(out, 0o555); err != nil {
		t.Fatal(err)
	}
	if f, err := os.CreateTemp(out, "probe"); err == nil { // the superuser may write: take a folder of the kernel
		if err := os.Remove(f.Name()); err != nil {
			t.Fatal(err)
		}
		f.Close()
		out = filepath.Join("/proc", "pdesolve-results")
	}
	r := command(t, t.Context(), "compare", "small.yaml", "-o", out)
	if r.code != exitRequest || !strings.Contains(r.stderr, out) || strings.Contains(r.stderr, "runs") {
		t.Errorf("exit %d\n%s", r.code, r.stderr)
	}
}

// TestOverwrite: results of another experiment are replaced only when asked for, their
// unchanged runs are used again, and nothing else is ever removed.
func TestOverwrite(t *testing.T) {
	serial(t)
	inFolder(t, map[string]string{"small.yaml": small})
	args := []string{"compare", "small.yaml", "-o", "out"}
	if r := command(t, t.Context(), args...); r.code != exitDone {
		t.Fatal(r.stderr)
	}
	stale, mine := filepath.Join("out", "states", "stale.npz"), filepath.Join("out", "notes.txt")
	for _, f := range []string{stale, mine} {
		if err := os.WriteFile(f, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if r := command(t, t.Context(), args...); r.code != exitDone || !strings.Contains(r.stderr, "38 of 38 runs were there already") {
		t.Errorf("a folder with the same results: exit %d\n%s", r.code, r.stderr)
	}
	if err := os.WriteFile("small.yaml", []byte(strings.Replace(small, "seeds: 8", "seeds: 9", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := command(t, t.Context(), args...); r.code != exitRequest || !strings.Contains(r.stderr, "--overwrite") {
		t.Errorf("a folder with other results: exit %d\n%s", r.code, r.stderr)
	}
	if _, err := os.Stat(stale); err != nil {
		t.Error("the refused run has removed a file")
	}
	if r := command(t, t.Context(), append(args, "--overwrite")...); r.code != exitDone || !strings.Contains(r.stderr, "38 of 41 runs were there already") {
		t.Errorf("--overwrite: exit %d\n%s", r.code, r.stderr)
	}
	if _, err := os.Stat(stale); err == nil {
		t.Error("--overwrite kept a state of the earlier result")
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error("--overwrite removed a file that is not a result")
	}
	if err := os.WriteFile("precious.txt", []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := command(t, t.Context(), "compare", "small.yaml", "-o", ".", "--overwrite"); r.code != exitRequest || !strings.Contains(r.stderr, "no results of pdesolve") {
		t.Errorf("a folder without results: exit %d\n%s", r.code, r.stderr)
	}
}
