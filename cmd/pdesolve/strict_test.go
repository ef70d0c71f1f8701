package main

import (
	"strings"
	"testing"
)

// TestSolveStrict: a step that misses the tolerance of its certificate is warned of, and
// a failure with --strict; JKO runs have a table with their certificates.
func TestSolveStrict(t *testing.T) {
	const flow = `name: strict
grid: [{lo: -6, hi: 6, n: 100}]
exact: {heat: {}}
time: {end: 0.25, save: 0.25}
solve: [{jko: {steps: [4, 8], inner: {quantile: {tolerance: TOL}}}}, {jko: {steps: 4, order: 2, inner: {quantile: {}}}}]
`
	inFolder(t, map[string]string{
		"good.yaml":  strings.ReplaceAll(flow, "TOL", "1e-9"),
		"loose.yaml": strings.ReplaceAll(flow, "TOL", "1e-15"),
	})
	r := command(t, t.Context(), "solve", "good.yaml", "--strict", "-o", "good")
	if r.code != exitDone || strings.Contains(r.stderr, "warning") {
		t.Fatalf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	for _, want := range []string{"certificate", "order-1-n100", "order-2-n100", "0.9"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("no %q in\n%s", want, r.stdout)
		}
	}
	const miss = "steps are not solved to their tolerance"
	if r = command(t, t.Context(), "solve", "loose.yaml", "-o", "loose"); r.code != exitDone || !strings.Contains(r.stderr, miss) {
		t.Errorf("exit %d\n%s", r.code, r.stderr)
	}
	if r = command(t, t.Context(), "solve", "loose.yaml", "--strict", "-o", "strict"); r.code != exitFailed || !strings.Contains(r.stderr, "--strict") {
		t.Errorf("exit %d\n%s", r.code, r.stderr)
	}
}
