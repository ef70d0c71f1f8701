package main

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// publish takes a results folder of the full study and makes it the published one:
//
//	go test ./cmd/pdesolve -run TestPublished -publish results/paper-rates
var publish = flag.String("publish", "", "results `folder` to publish")

// published holds the published result of paper-rates: all rates, findings and notes, the
// curves of all solvers and of a few networks, and the report. States are left out.
const published = "../../testdata/results/paper-rates"

// publishedNetworks are the networks whose curves are published, beside all solvers of the
// limit: enough to make again in seconds what a change of the numerics would change.
var publishedNetworks = regexp.MustCompile(`^network-L(2|8)-M(8|16)-s[12]$`)

// document is a summary of which nothing is known but its runs' curves.
type document struct{ Runs []curves }

type curves struct {
	ID                    string
	Time, Risk, Objective []float64
}

// TestPublished: the report that is made of the published summary has the parts, tables and
// figures of the published one (see reportsDiffer; words may change), and the published
// networks train to the published curves.
func TestPublished(t *testing.T) {
	serial(t)
	if *publish != "" {
		makePublished(t, *publish)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "paper-rates"), os.DirFS(published)); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	golden, err := os.ReadFile(filepath.Join("paper-rates", "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	if r := command(t, t.Context(), "report", "paper-rates"); r.code != exitDone {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	again, err := os.ReadFile(filepath.Join("paper-rates", "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range reportsDiffer(string(golden), string(again)) {
		t.Error(d)
	}

	want := readDocument(t, filepath.Join("paper-rates", "summary.json"))
	for _, depth := range []string{"2", "8"} {
		r := command(t, t.Context(), "simulate", "paper-rates", "--depth", depth, "--width", "8,16", "--seeds", "2", "-o", "again-"+depth)
		if r.code != exitDone {
			t.Fatalf("exit %d\n%s", r.code, r.stderr)
		}
		compared := 0
		for _, run := range readDocument(t, filepath.Join("again-"+depth, "summary.json")).Runs {
			i := slices.IndexFunc(want.Runs, func(w curves) bool { return w.ID == run.ID })
			if i < 0 {
				continue
			}
			compared++
			for s := range run.Time {
				// Rounding differs between processors, and the integrator's steps follow it; its
				// own error is about 1e-6.
				if math.Abs(run.Risk[s]-want.Runs[i].Risk[s]) > 1e-9 || math.Abs(run.Objective[s]-want.Runs[i].Objective[s]) > 1e-9 {
					t.Errorf("%s at τ = %v: risk %v, objective %v: published are %v and %v", run.ID, run.Time[s],
						run.Risk[s], run.Objective[s], want.Runs[i].Risk[s], want.Runs[i].Objective[s])
				}
			}
		}
		if compared != 4 {
			t.Errorf("%d published networks of depth %s were made again: want 4", compared, depth)
		}
	}
}

func readDocument(t *testing.T, path string) (d document) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// makePublished writes the published folder anew.
func makePublished(t *testing.T, from string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(from, "summary.json"))
	var doc map[string]any
	if err == nil {
		err = json.Unmarshal(b, &doc)
	}
	if err != nil {
		t.Fatal(err)
	}
	doc["runs"] = slices.DeleteFunc(doc["runs"].([]any), func(run any) bool {
		id := run.(map[string]any)["id"].(string)
		return strings.HasPrefix(id, "network-") && !publishedNetworks.MatchString(id)
	})
	for _, rate := range doc["rates"].([]any) {
		for _, point := range rate.(map[string]any)["ladder"].([]any) {
			p := point.(map[string]any)
			delete(p, "runs")
			if seeds, ok := p["seeds"].([]any); ok { // as many digits as plots show
				for i, s := range seeds {
					if v, ok := s.(float64); ok {
						seeds[i], _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
					}
				}
			}
		}
	}
	if b, err = json.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(published, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(published, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("summary.json", append(b, '\n'))
	for _, name := range []string{resolvedFile, provenanceFile} {
		b, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		write(name, b)
	}
	if err := os.CopyFS(filepath.Join(published, "data"), os.DirFS(filepath.Join(from, "data"))); err != nil {
		t.Log(err) // it is there already
	}
	r, err := rebuild(published)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rates are published", len(r.Ladders))
	for _, name := range []string{"report.html", "report.tex"} {
		if err := os.Remove(filepath.Join(published, name)); err != nil {
			t.Fatal(err)
		}
	}
	figures, err := filepath.Glob(filepath.Join(published, "figures", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figures {
		if !strings.HasPrefix(filepath.Base(f), "error-") || filepath.Ext(f) != ".svg" {
			if err := os.Remove(f); err != nil {
				t.Fatal(err)
			}
		}
	}
}
