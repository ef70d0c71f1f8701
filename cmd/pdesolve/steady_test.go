package main

import (
	"strings"
	"testing"
)

const wellAtRest = `
grid: [{lo: -7, hi: 7, n: 64}]
energy: [{potential: {formula: "x^2/2"}}, entropy]
initial: {gaussian: {mean: [0.5], covariance: [[1]]}}
time: {end: 100, save: 50, until_residual: 1e-8}
solve: [{rkl2: {step: 0.1}}, scharfetter-gummel]
`

// TestSolveSteady: a run until a residual says when it was at rest, in the table and
// in summary.json, and one that is not at rest at the end says that.
func TestSolveSteady(t *testing.T) {
	inFolder(t, map[string]string{"x.yaml": wellAtRest, "short.yaml": strings.Replace(wellAtRest, "end: 100, save: 50", "end: 1", 1)})
	r := command(t, t.Context(), "solve", "x.yaml", "-o", "out")
	if r.code != exitDone || !strings.Contains(r.stdout, "steady at τ") || !strings.Contains(r.stdout, "at the end") || strings.Contains(r.stderr, "warning") {
		t.Fatalf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if s := readFile(t, "out/summary.json"); strings.Count(s, `"steady": true`) != 2 || strings.Count(s, `"motion"`) != 2 {
		t.Errorf("summary.json:\n%s", s)
	}
	r = command(t, t.Context(), "solve", "short.yaml", "-o", "out2")
	if r.code != exitDone || strings.Contains(r.stdout, "steady") || strings.Count(r.stderr, "the flow is not steady at τ = 1") != 2 {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if s := readFile(t, "out2/summary.json"); !strings.Contains(s, "the flow is not steady at τ = 1") {
		t.Errorf("summary.json:\n%s", s)
	}
}

// TestSolveBlowUp: above the critical sensitivity 8π the run ends and warns.
func TestSolveBlowUp(t *testing.T) {
	for strength, crowded := range map[string]bool{"-2": false, "-8": true} { // the critical one is −4
		inFolder(t, map[string]string{"x.yaml": `
grid: [{lo: -2, hi: 2, n: 40}, {lo: -2, hi: 2, n: 40}]
energy: [entropy, {interaction: {kernel: {logarithmic: {strength: ` + strength + `}}}}]
initial: {gaussian: {mean: [0.1, 0], covariance: [[0.05, 0], [0, 0.05]]}}
time: {end: 0.05}
solve: [scharfetter-gummel]
`})
		r := command(t, t.Context(), "solve", "x.yaml", "-o", "out")
		summary := readFile(t, "out/summary.json")
		const warning = "sits in 4 cells"
		if r.code != exitDone || strings.Contains(r.stderr, warning) != crowded || strings.Contains(summary, warning) != crowded {
			t.Errorf("strength %s: exit %d\n%s%s", strength, r.code, r.stderr, summary)
		}
	}
}
