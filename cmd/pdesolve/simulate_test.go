package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pdesolve/grid"
)

// training is one network of many steps.
const training = `name: training
transformer:
  depth: 2
  decay: 0.02
  prompts:
    linear: {prompts: 4, tokens: 4}
  blocks:
    - softmax-scalar:
        initial: {bump: {center: [1.0, 0.3], radius: [1.0, 0.8]}}
time: {end: 1, save: 0.25}
finite: {width: [4], seeds: 2, dynamics: {adam: {step: 0.00005}}}
`

func TestSimulate(t *testing.T) {
	serial(t)
	inFolder(t, map[string]string{"small.yaml": small})
	r := command(t, t.Context(), "simulate", "small.yaml")
	if r.code != exitDone {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	for _, want := range []string{"layers L", "gradient norm", "report: " + filepath.Join("results", "small-simulate", "report.html")} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("no %q in\n%s", want, r.stdout)
		}
	}
	files := tree(t, filepath.Join("results", "small-simulate"))
	for _, want := range []string{"report.html", "report.md", "summary.json", "series.csv", "resolved.yaml", "states/network-L2-M2-s1.npz", "figures/training.svg", "figures/training.pdf"} {
		if !slices.Contains(files, want) {
			t.Errorf("no %s among %v", want, files)
		}
	}
	page := readFile(t, "results/small-simulate/report.html")
	if r := command(t, t.Context(), "report", "results/small-simulate"); r.code != exitDone || readFile(t, "results/small-simulate/report.html") != page {
		t.Errorf("report makes another page (exit %d)\n%s", r.code, r.stderr)
	}
	// Networks of compare and of simulate are the same.
	if r := command(t, t.Context(), "compare", "small.yaml"); r.code != exitDone {
		t.Fatal(r.stderr)
	}
	for _, name := range []string{"network-L2-M2-s1.npz", "network-L2-M4-s8.npz"} {
		a, b := readFile(t, filepath.Join("results/small-simulate/states", name)), readFile(t, filepath.Join("results/small/states", name))
		if a != b {
			t.Errorf("%s differs between simulate and compare", name)
		}
	}
}

// TestSimulateFlags: flags take the place of what the experiment says, in all
// combinations, and report makes the same pages again.
func TestSimulateFlags(t *testing.T) {
	inFolder(t, map[string]string{"small.yaml": small})
	r := command(t, t.Context(), "simulate", "small.yaml", "-o", "out", "--json", "--width", "3,5", "--depth", "1,4", "--seed", "7", "--seeds", "2")
	if r.code != exitDone {
		t.Fatal(r.stderr)
	}
	var doc struct {
		Runs []struct {
			ID           string
			Depth, Width int
			Seed         uint64
			Risk         []float64
			Dissipation  []float64
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &doc); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, run := range doc.Runs {
		ids = append(ids, run.ID)
		if len(run.Risk) != 3 || len(run.Dissipation) != 3 {
			t.Errorf("%s: %d risks, %d dissipations at 3 saved times", run.ID, len(run.Risk), len(run.Dissipation))
		}
	}
	slices.Sort(ids)
	want := []string{"network-L1-M3-s7", "network-L1-M3-s8", "network-L1-M5-s7", "network-L1-M5-s8",
		"network-L4-M3-s7", "network-L4-M3-s8", "network-L4-M5-s7", "network-L4-M5-s8"}
	if !slices.Equal(ids, want) {
		t.Errorf("%v: want %v", ids, want)
	}
	page := readFile(t, "out/report.html")
	if r := command(t, t.Context(), "report", "out"); r.code != exitDone || readFile(t, "out/report.html") != page {
		t.Errorf("report makes another page (exit %d)\n%s", r.code, r.stderr)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"small.yaml", "--width", "0"}, "--width 0: want whole numbers of at least 1"},
		{[]string{"small.yaml", "--depth", "2,-1"}, "--depth 2,-1: want whole numbers of at least 1"},
		{[]string{"small.yaml", "--seeds", "0"}, "--seeds 0: want"},
		{[]string{"small.yaml", "--checkpoint", "0s"}, "--checkpoint 0s: want a time above 0"},
		{[]string{"small.yaml", "--width", "2000000000"}, "finite.width[0]: 2000000000: networks of 4e+09 atoms need about"},
		{[]string{"ornstein-uhlenbeck"}, "no networks: want a section finite"},
		{nil, "wants an experiment"},
	} {
		r := command(t, t.Context(), append([]string{"simulate"}, c.args...)...)
		if r.code != exitRequest || !strings.Contains(r.stderr, c.want) {
			t.Errorf("%v: exit %d\n%s", c.args, r.code, r.stderr)
		}
	}
}

// TestSimulateAfterKill: SIGKILL at any moment loses at most the time since the last
// checkpoint, and the resumed command ends with the files of one that was never stopped.
func TestSimulateAfterKill(t *testing.T) {
	serial(t)
	inFolder(t, map[string]string{"training.yaml": training})
	args := func(dir string) []string {
		return []string{"simulate", "training.yaml", "-o", dir, "--checkpoint", "1ms"}
	}
	start := time.Now()
	if out, err := program(t, args("whole")...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	took := time.Since(start)
	rng := rand.New(rand.NewPCG(3, 4))
	onTheWay := 0
	for range 2 {
		if err := os.RemoveAll("killed"); err != nil {
			t.Fatal(err)
		}
		for kill := range 3 { // three times on the same way
			c := program(t, args("killed")...)
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(rng.Float64() * float64(took) / 2))
			c.Process.Kill() // it may have finished
			c.Wait()
			if _, err := os.Stat(filepath.Join("killed", "checkpoints")); err == nil && kill > 0 {
				onTheWay++
			}
		}
		if out, err := program(t, args("killed")...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if summaryOf(t, "whole") != summaryOf(t, "killed") {
			t.Error("the resumed run has another summary")
		}
		for _, name := range []string{"series.csv", "states/network-L2-M4-s1.npz", "states/network-L2-M4-s2.npz"} {
			if readFile(t, filepath.Join("whole", name)) != readFile(t, filepath.Join("killed", name)) {
				t.Errorf("the resumed run has another %s", name)
			}
		}
	}
	if onTheWay == 0 {
		t.Error("no kill came while a run had a checkpoint")
	}
}

// TestSimulateInterrupted: Ctrl-C keeps the runs at hand.
func TestSimulateInterrupted(t *testing.T) {
	inFolder(t, map[string]string{"training.yaml": strings.Replace(training, "0.00005", "0.0000005", 1)})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // when both runs are on their way
		for ctx.Err() == nil {
			if files, _ := filepath.Glob("out/checkpoints/*.json"); len(files) == 2 {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	defer cancel()
	r := command(t, ctx, "simulate", "training.yaml", "-o", "out", "--checkpoint", "1ms")
	if r.code != exitFailed || !strings.Contains(r.stderr, "0 finished runs and checkpoints of 2 unfinished ones are kept in out") {
		t.Errorf("exit %d\n%s", r.code, r.stderr)
	}
	for _, f := range tree(t, ".") {
		if strings.Contains(f, ".tmp-") {
			t.Errorf("left behind: %s", f)
		}
	}
}

// TestLearningRateThatDiverges: the run stops at the step, names the quantity and keeps
// the last good state.
func TestLearningRateThatDiverges(t *testing.T) {
	serial(t)
	text := strings.NewReplacer("decay: 0.02", "decay: 30", "end: 1, save: 0.25", "end: 400, save: 100", "adam: {step: 0.00005}", "descent: {step: 1}").Replace(training)
	inFolder(t, map[string]string{"x.yaml": text})
	for _, args := range [][]string{{"simulate", "x.yaml", "-o", "out"}, {"simulate", "x.yaml", "-o", "out"}} { // and again, into the same folder
		r := command(t, t.Context(), args...)
		if r.code != exitFailed {
			t.Fatalf("exit %d\n%s", r.code, r.stderr)
		}
		for _, want := range []string{"run network-L2-M4-s", "step ", "the step is too long: it is ", "the last good state, at training time ", "is the last entry of out/states/network-L2-M4-s"} {
			if !strings.Contains(r.stderr, want) {
				t.Errorf("no %q in\n%s", want, r.stderr)
			}
		}
	}
	files, err := filepath.Glob("out/states/*.npz")
	if err != nil || len(files) == 0 {
		t.Fatalf("no states (%v)", err)
	}
	f, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, _ := f.Stat()
	arrays, err := grid.ReadNPZ(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	times, _ := grid.FindArray(arrays, "time")
	theta, _ := grid.FindArray(arrays, "theta")
	if n := len(times.Data); n < 2 || theta.Shape[0] != n || times.Data[n-1] != float64(int(times.Data[n-1])) {
		t.Errorf("times %v, theta %v", times.Data, theta.Shape)
	}
	for _, v := range theta.Data {
		if v != v {
			t.Fatal("a parameter of the last good state is NaN")
		}
	}
	if s := readFile(t, "out/summary.json"); !strings.Contains(s, `"stopped"`) || !strings.Contains(s, "incomplete: ") {
		t.Errorf("summary.json says nothing of it:\n%s", s)
	}
}
