package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// doses is a table of two columns.
func doses() string {
	var b strings.Builder
	b.WriteString("dose,response,ward\n")
	for i := range 60 {
		fmt.Fprintf(&b, "%g,%g,north\n", float64(i*i%17), float64(i*i%17)/3+float64(i%5))
	}
	return b.String()
}

// TestInitTable: from a user's table to an experiment that can be checked, and whose
// boxes hold the support, without an edit.
func TestInitTable(t *testing.T) {
	serial(t)
	inFolder(t, map[string]string{"my doses.csv": doses()})
	r := command(t, t.Context(), "init", "--table", "my doses.csv") // the third column is no number
	if r.code != exitDone || !strings.Contains(r.stdout, "pdesolve compare my-doses.yaml") {
		t.Fatalf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if r := command(t, t.Context(), "check", "my-doses.yaml"); r.code != exitDone || r.stderr != "" {
		t.Fatalf("check: exit %d\n%s", r.code, r.stderr)
	}
	// The coarsest grid has the widest tails: it is the one that meets the walls first.
	b, err := os.ReadFile("my-doses.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?s)solve:.*compare:\n.*`).ReplaceAllString(string(b), "solve: [upwind: {refine: [32]}, muscl: {refine: [32]}, jko: {step: [0.25]}]\n")
	if err := os.WriteFile("short.yaml", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := command(t, t.Context(), "solve", "short.yaml"); r.code != exitDone {
		t.Errorf("solve: exit %d\n%s", r.code, r.stderr)
	}
}

// TestInitRefuses: what init cannot do it says, and writes nothing.
func TestInitRefuses(t *testing.T) {
	dir := inFolder(t, map[string]string{
		"d.csv": doses(), "taken.yaml": "x", "empty.csv": "a,b\n", "three.csv": "a,b,c\n1,2,3\n4,5,6\n7,8,9\n",
		"nan.csv": "a,b\n1,2\n2,x\n3,4\n", "same.csv": "a,b\n1,2\n1,3\n1,4\n", "ragged.csv": "a,b\n1,2\n1\n",
	})
	before := tree(t, dir)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"nope"}, `no built-in experiment "nope"`},
		{[]string{"--x", "a"}, "belong to --table"},
		{[]string{"tiny", "--table", "d.csv"}, "beside --table"},
		{[]string{"--table", "none.csv"}, "no such file"},
		{[]string{"--table", "empty.csv"}, "at least 2 rows"},
		{[]string{"--table", "three.csv"}, "two of the numeric columns a, b, c"},
		{[]string{"--table", "three.csv", "--x", "a", "--y", "d"}, `no column "d"`},
		{[]string{"--table", "nan.csv"}, "nan.csv:3"},
		{[]string{"--table", "same.csv"}, `column "a"`},
		{[]string{"--table", "ragged.csv"}, "ragged.csv"},
		{[]string{"--table", "d.csv", "-o", "taken.yaml"}, "taken.yaml is there already"},
	} {
		r := command(t, t.Context(), append([]string{"init"}, c.args...)...)
		if r.code != exitRequest || !strings.Contains(r.stderr, c.want) {
			t.Errorf("%v: exit %d, no %q in\n%s", c.args, r.code, c.want, r.stderr)
		}
	}
	if after := tree(t, dir); !slices.Equal(before, after) {
		t.Errorf("left behind: %v", after)
	}
}

// TestInitBuiltin: a built-in experiment comes with its data and its comments.
func TestInitBuiltin(t *testing.T) {
	dir := inFolder(t, nil)
	if r := command(t, t.Context(), "init"); r.code != exitDone {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	if files := tree(t, dir); !slices.Equal(files, []string{"data", "data/diabetes.csv", "diabetes.yaml"}) {
		t.Errorf("wrote %v", files)
	}
	if r := command(t, t.Context(), "check", "diabetes.yaml"); r.code != exitDone {
		t.Errorf("check: exit %d\n%s", r.code, r.stderr)
	}
	if r := command(t, t.Context(), "init"); r.code != exitRequest || !strings.Contains(r.stderr, "is there already") {
		t.Errorf("a second time: exit %d\n%s", r.code, r.stderr)
	}
}
