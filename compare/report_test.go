package compare

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

var fixtureProvenance = Provenance{
	Version: "0.1", Go: "go1.26", GOOS: "linux", GOARCH: "amd64", Command: "pdesolve compare <fixture>",
	Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Resolved: []byte("name: fixture\n"),
}

// files returns the contents of all files below dir, by slash-separated path.
func files(t *testing.T, dir string) map[string]string {
	out := map[string]string{}
	require.NoError(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(name)] = string(b)
		return err
	}))
	return out
}

func TestWriteReport(t *testing.T) {
	serial(t)
	dir := filepath.Join(t.TempDir(), "results")
	if keep := os.Getenv("PDESOLVE_KEEP_REPORT"); keep != "" {
		dir = keep // to look at the pages
	}
	r := fixture(t)
	require.NoError(t, WriteReport(dir, r, fixtureProvenance))
	first := files(t, dir)
	var names []string
	for name := range first {
		names = append(names, name)
	}
	want := []string{
		"resolved.yaml", "summary.json", "series.csv", "report.html", "report.md", "report.tex",
		"states/muscl-n40.npz", "states/network-L4-M64-s10.npz",
	}
	figures := []string{"error-cells", "error-step", "error-depth", "error-width", "risk", "energy", "density-softmax-scalar", "density-mlp-label", "attention-0", "attention-1", "heads-softmax-scalar", "heads-mlp-label"}
	for i := range fixtureTimes {
		figures = append(figures, fmt.Sprintf("gallery-softmax-scalar-%02d", i), fmt.Sprintf("gallery-mlp-label-%02d", i))
	}
	for _, f := range figures {
		want = append(want, "figures/"+f+".svg", "figures/"+f+".pdf")
	}
	assert.ElementsMatch(t, want, names, "no file missing, none left over")
	assert.Equal(t, "name: fixture\n", first["resolved.yaml"])

	old := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(old)
	again := t.TempDir()
	require.NoError(t, WriteReport(again, fixture(t), fixtureProvenance))
	second := files(t, again)
	for name := range first {
		assert.True(t, first[name] == second[name], "%s differs between two runs", name)
	}
}

func TestReportHTML(t *testing.T) {
	serial(t)
	pg, err := newPage(fixture(t), fixtureProvenance)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, pg.html(&b))
	page := withoutImages(b.String())
	for _, foreign := range []string{"http:", "https:", `="//`, "url(", "@import", "<script", "<link", "NaN", "ZgotmplZ", `aria-label=""`} {
		assert.False(t, strings.Contains(page, foreign), "the page contains %s", foreign)
	}
	assert.Equal(t, 22, strings.Count(page, "<svg"), "twelve figures and five frames for each block")
	assert.Equal(t, 22, strings.Count(page, `role="img" aria-label="`))
	// All figures have one scale: their share of the widest one goes with their width.
	assert.Equal(t, strings.Count(page, `width="475.2pt"`), strings.Count(page, `style="--share: 1"`))
	assert.Equal(t, strings.Count(page, `width="237.6pt"`), strings.Count(page, `style="--share: 0.5"`))
	for _, want := range []string{"a note &lt;with&gt; marks &amp; signs", "pdesolve compare &lt;fixture&gt;", "prefers-color-scheme: dark", "Nadaraya–Watson"} {
		assert.True(t, strings.Contains(page, want), "the page lacks %s", want)
	}
	wellFormed(t, page)
}

// withoutImages drops the embedded pictures, whose letters are chance.
func withoutImages(s string) string {
	return regexp.MustCompile(`xlink:href="data:image/[a-z]+;base64,[^"]*"`).ReplaceAllString(s, "")
}

// wellFormed checks that every tag of an HTML page is closed in order, except those
// that HTML leaves open.
func wellFormed(t *testing.T, page string) {
	page = regexp.MustCompile(`(?s)<style>.*?</style>`).ReplaceAllString(page, "")
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict = true
	d.Entity = xml.HTMLEntity
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if !assert.NoError(t, err) {
			return
		}
	}
}

func TestFiguresAreXML(t *testing.T) {
	serial(t)
	pg, err := newPage(fixture(t), fixtureProvenance)
	require.NoError(t, err)
	for _, f := range pg.allFigures() {
		assert.NoError(t, xml.Unmarshal(f.SVG, new(struct{})), f.File)
		svg := withoutImages(string(f.SVG))
		assert.False(t, strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf"), f.File)
		for _, size := range regexp.MustCompile(`font-size:([0-9.]+)px`).FindAllStringSubmatch(svg, -1) {
			points, err := strconv.ParseFloat(size[1], 64)
			require.NoError(t, err)
			assert.GreaterOrEqual(t, points, 8.0, "%s is legible in print", f.File)
		}
		assert.NotEmpty(t, f.Caption)
		assert.NotEmpty(t, f.Alt)
	}
}

func TestReportMarkdown(t *testing.T) {
	serial(t)
	pg, err := newPage(fixture(t), fixtureProvenance)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, pg.markdown(&b))
	page := b.String()
	for _, f := range pg.allFigures() {
		assert.Contains(t, page, "]("+f.File+")")
	}
	assert.Contains(t, page, "| quantity | against | slope | 95 % interval | points | predicted | verdict | source |")
	assert.Contains(t, page, "| output | cells, muscl |")
	assert.NotContains(t, page, "NaN")
	assert.NotContains(t, page, "&#")
}

func TestSummaryRoundTrip(t *testing.T) {
	r := fixture(t)
	var b bytes.Buffer
	require.NoError(t, WriteSummary(&b, r, "0.1"))
	assert.NotContains(t, b.String(), "NaN")
	got, version, err := ReadSummary(bytes.NewReader(b.Bytes()), r.Study)
	require.NoError(t, err)
	assert.Equal(t, "0.1", version)
	var again bytes.Buffer
	require.NoError(t, WriteSummary(&again, got, version))
	assert.Equal(t, b.String(), again.String())
	require.Len(t, got.Runs, len(r.Runs))
	assert.Equal(t, r.Runs[0].Trajectory.Risk, got.Runs[0].Trajectory.Risk)
	assert.Equal(t, r.Runs[0].Trajectory.Contracts, got.Runs[0].Trajectory.Contracts)
	r.Ladders[0].Rate.Warnings = []string{} // from nil
	assert.Equal(t, r.Ladders[0], got.Ladders[0])
	assert.True(t, math.IsNaN(got.Ladders[len(got.Ladders)-1].Rate.Value))
	assert.Equal(t, r.Wall, got.Wall)
	_, _, err = ReadSummary(strings.NewReader("{"), r.Study)
	assert.Error(t, err)
}

// The fields that design.md promises to readers of summary.json.
func TestSummarySchema(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, WriteSummary(&b, fixture(t), "0.1"))
	var doc struct {
		Experiment string
		Runs       []map[string]any
		Rates      []map[string]any
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &doc))
	assert.Equal(t, "fixture", doc.Experiment)
	for _, key := range []string{"id", "kind", "scheme", "cells", "depth", "width", "seed", "time", "risk", "objective", "mass_error", "wall_seconds"} {
		assert.Contains(t, doc.Runs[0], key)
	}
	for _, key := range []string{"quantity", "against", "value", "lo", "hi", "predicted", "source", "verdict", "points", "warnings"} {
		assert.Contains(t, doc.Rates[0], key)
	}
	last := doc.Rates[len(doc.Rates)-1]
	assert.Nil(t, last["value"], "an undefined slope is null")
	assert.Equal(t, "undecided", last["verdict"])
	assert.Equal(t, []any{}, doc.Rates[9]["warnings"], "no warnings are an empty list")
}

// Wall times enter summary.json in fields of that name only.
func TestSummaryWallTimes(t *testing.T) {
	text := func(d time.Duration) string {
		r := fixture(t)
		r.Wall = d
		for _, run := range r.Runs {
			run.Wall = d
		}
		var b bytes.Buffer
		require.NoError(t, WriteSummary(&b, r, "0.1"))
		return regexp.MustCompile(`"wall_seconds": [0-9.]+`).ReplaceAllString(b.String(), "")
	}
	assert.Equal(t, text(time.Second), text(2*time.Second))
}

func TestWriteSeries(t *testing.T) {
	r := fixture(t)
	var b bytes.Buffer
	require.NoError(t, WriteSeries(&b, r))
	rows, err := csv.NewReader(&b).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+len(r.Runs)*len(fixtureTimes))
	assert.Equal(t, []string{"muscl-n20", "grid", "muscl", "20x20", "0", "4", "0", "0", "0", "0"}, rows[1][:10])
	last := rows[len(rows)-4]
	assert.Equal(t, []string{"0.5", last[10], last[11], "", "0.0001"}, last[9:], "infinite dissipation is empty")
}

func TestWriteStates(t *testing.T) {
	r := fixture(t)
	m := &r.Study.Model
	read := func(run *Run) []grid.Array {
		var b bytes.Buffer
		require.NoError(t, WriteStates(&b, m, run))
		arrays, err := grid.ReadNPZ(bytes.NewReader(b.Bytes()), int64(b.Len()))
		require.NoError(t, err)
		return arrays
	}
	run := r.Runs[1]
	arrays := read(run)
	rho, ok := grid.FindArray(arrays, "mlp-label.rho")
	require.True(t, ok)
	assert.Equal(t, []int{5, 4, 40, 40}, rho.Shape)
	assert.Equal(t, run.Trajectory.States[3][4+2].Values, rho.Data[(3*4+2)*1600:(3*4+3)*1600])
	edges, ok := grid.FindArray(arrays, "softmax-scalar.edges_0")
	require.True(t, ok)
	assert.Len(t, edges.Data, 41)
	times, ok := grid.FindArray(arrays, "time")
	require.True(t, ok)
	assert.Equal(t, fixtureTimes, times.Data)

	network := r.Runs[len(r.Runs)-1]
	theta, ok := grid.FindArray(read(network), "mlp-label.theta")
	require.True(t, ok)
	assert.Equal(t, []int{5, 4, 3, 2}, theta.Shape)
	c := network.Trajectory.Ensembles[2].Component[4+1]
	assert.Equal(t, []float64{c.Coordinate(0)[2], c.Coordinate(1)[2]}, theta.Data[((2*4+1)*3+2)*2:((2*4+1)*3+3)*2])

	network.Trajectory.Ensembles[1].Component = network.Trajectory.Ensembles[1].Component[:3]
	assert.ErrorContains(t, WriteStates(io.Discard, m, network), "3 components: want 8")
	assert.ErrorContains(t, WriteStates(io.Discard, m, r.Runs[0]), "none stored")
}

func TestWriteFileLeavesNothingHalfWritten(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a"), []byte("old"), 0o644))
	err := writeFile(dir, "a", func(w io.Writer) error {
		_, _ = w.Write([]byte("half"))
		return errors.New("disk full")
	})
	assert.EqualError(t, err, "compare: a: disk full")
	assert.Equal(t, map[string]string{"a": "old"}, files(t, dir))
}

func TestWriteReportToAFileFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	assert.ErrorContains(t, WriteReport(path, fixture(t), Provenance{}), "results folder")
}

// A report of nothing is still a report.
func TestReportOfAnEmptyResult(t *testing.T) {
	r := &Result{Study: Study{Name: "empty", Model: fixtureModel(8)}}
	require.NoError(t, WriteReport(t.TempDir(), r, Provenance{}))
}

func TestRatesTable(t *testing.T) {
	out := RatesTable(fixture(t)).Render()
	lines := strings.Split(out, "\n")
	assert.Regexp(t, `^quantity +against +slope +95 % interval +points +predicted +verdict +source$`, lines[0])
	assert.Regexp(t, `^output +cells, upwind +-[01]\.\d+ +\[-1\.\d+, -0\.\d+\] +4/4 +-1 +consistent +declared order`, lines[1])
	assert.Regexp(t, `^objective +parameters +– +– +0/1 +-0\.5 +undecided`, lines[len(lines)-1])
}

// The pages that are rebuilt from a folder are those that were written with it.
func TestRewriteReport(t *testing.T) {
	serial(t)
	dir, again := t.TempDir(), t.TempDir()
	r := fixture(t)
	require.NoError(t, WriteReport(dir, r, fixtureProvenance))
	back, version, err := Load(dir, r.Study)
	require.NoError(t, err)
	assert.Equal(t, "0.1", version)
	require.NoError(t, RewriteReport(again, back, fixtureProvenance))
	first := files(t, dir)
	second := files(t, again)
	assert.Len(t, second, 3+2*22, "three pages, and 22 figures in two formats")
	for name := range second {
		assert.True(t, first[name] == second[name], "%s differs", name)
	}
	_, _, err = Load(t.TempDir(), r.Study)
	assert.ErrorIs(t, err, os.ErrNotExist)
	r.Study.Model.Blocks = r.Study.Model.Blocks[:1]
	_, _, err = Load(dir, r.Study)
	assert.ErrorContains(t, err, "states of run muscl-n40")
}

// The LaTeX report has every figure and table, no character that LaTeX would stumble
// over, and its braces and environments match.
func TestReportLaTeX(t *testing.T) {
	serial(t)
	r := fixture(t)
	r.Findings = []Finding{{Title: "50 % of #1 & more_", Columns: []string{"law", "C₁"}, Rows: []FindingRow{{Label: "C₁/L", Values: []float64{0.1}}}, Text: []string{"a_b"}, Source: "s", Verdict: Sharp}}
	pg, err := newPage(r, fixtureProvenance)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, pg.latex(&b))
	page := b.String()
	for _, f := range pg.allFigures() {
		assert.Contains(t, page, strings.TrimSuffix(f.File, ".svg")+".pdf")
	}
	assert.Contains(t, page, `50 \% of \#1 \& more\_`)
	assert.Contains(t, page, `\ensuremath{\tau}`)
	assert.NotContains(t, page, "NaN")
	for _, c := range page {
		if c > 0x7f && !strings.ContainsRune("äöüéèÄÖÜß", c) {
			t.Errorf("the character %q is not translated", c)
			break
		}
	}
	plain := strings.NewReplacer(`\{`, "", `\}`, "").Replace(page)
	assert.Equal(t, strings.Count(plain, "{"), strings.Count(plain, "}"))
	assert.Equal(t, strings.Count(page, `\begin{`), strings.Count(page, `\end{`))
}
