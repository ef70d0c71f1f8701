package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// asProgram makes the test's own executable be pdesolve, so that it can be killed.
const asProgram = "PDESOLVE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// summaryOf reads a summary without its wall times.
func summaryOf(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	return wallSeconds.ReplaceAllString(string(b), "")
}

// program starts the command line as a process of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), exe, args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	return c
}

// finishedIn counts the finished runs in a results folder.
func finishedIn(dir string) int {
	files, _ := filepath.Glob(filepath.Join(dir, "tasks", "*.json")) // the pattern is well formed
	return len(files)
}

// killAndResume kills a run at random moments, each time in a folder of its own, and
// wants the summary of an uninterrupted run when the command is given again.
func killAndResume(t *testing.T, experiment string, kills int) {
	if out, err := program(t, "compare", experiment, "-o", "whole").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	all := finishedIn("whole")
	rng := rand.New(rand.NewPCG(1, 2))
	partly := 0
	for i := range kills {
		dir := fmt.Sprintf("killed-%d", i)
		c := program(t, "compare", experiment, "-o", dir)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		// At a random moment after a random number of finished runs, however fast the
		// machine is.
		for n, start := rng.IntN(all), time.Now(); finishedIn(dir) < n && time.Since(start) < time.Minute; {
			time.Sleep(200 * time.Microsecond)
		}
		time.Sleep(time.Duration(rng.Float64() * float64(2*time.Millisecond)))
		c.Process.Kill() // it may have finished
		c.Wait()
		if _, err := os.Stat(filepath.Join(dir, "summary.json")); err != nil && finishedIn(dir) > 0 {
			partly++
		}
		if out, err := program(t, "compare", experiment, "-o", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if summaryOf(t, "whole") != summaryOf(t, dir) {
			t.Errorf("kill %d: the resumed run has another summary", i)
		}
	}
	t.Logf("%d of %d kills left a part of the runs", partly, kills)
	if partly == 0 {
		t.Error("no kill came while runs were made")
	}
}

// TestResumeAfterKill: SIGKILL at any moment loses at most the runs at hand.
func TestResumeAfterKill(t *testing.T) {
	serial(t)
	inFolder(t, map[string]string{"rounds.yaml": rounds})
	killAndResume(t, "rounds.yaml", 6)
}

// TestShards: the folders of two shards, copied together, give the same summary as one
// run, and each shard says what it lacks.
func TestShards(t *testing.T) {
	serial(t)
	inFolder(t, map[string]string{"small.yaml": small})
	for _, args := range [][]string{
		{"-o", "whole"}, {"-o", "one", "--shard", "1/2"}, {"-o", "two", "--shard", "2/2"},
	} {
		r := command(t, t.Context(), append([]string{"compare", "small.yaml"}, args...)...)
		if r.code != exitDone {
			t.Fatalf("%v: exit %d\n%s", args, r.code, r.stderr)
		}
	}
	for _, sub := range []string{"tasks", "states"} {
		if err := os.CopyFS(filepath.Join("one", sub), os.DirFS(filepath.Join("two", sub))); err != nil {
			t.Fatal(err)
		}
	}
	r := command(t, t.Context(), "compare", "small.yaml", "-o", "one")
	if r.code != exitDone || !strings.Contains(r.stderr, "38 of 38 runs were there already") {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	if summaryOf(t, "whole") != summaryOf(t, "one") {
		t.Error("the merged shards have another summary")
	}
	for _, bad := range []string{"0/2", "3/2", "2", "a/b", "1/0"} {
		if r := command(t, t.Context(), "compare", "small.yaml", "--shard", bad); r.code != exitRequest {
			t.Errorf("--shard %s: exit %d\n%s", bad, r.code, r.stderr)
		}
	}
}

// TestReportOfTwoFolders: what changed between two results is said, as a table and as
// JSON, and nothing is written.
func TestReportOfTwoFolders(t *testing.T) {
	serial(t)
	inFolder(t, map[string]string{"small.yaml": small, "more.yaml": strings.Replace(small, "decay: 0.02", "decay: 0.3", 1)})
	for _, name := range []string{"small", "more"} {
		if r := command(t, t.Context(), "compare", name+".yaml", "-o", name); r.code != exitDone {
			t.Fatal(r.stderr)
		}
	}
	before := tree(t, ".")
	r := command(t, t.Context(), "report", "small", "more")
	if r.code != exitDone || !strings.Contains(r.stdout, "significant") || !strings.Contains(r.stdout, "second: more") {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	r = command(t, t.Context(), "report", "small", "small", "--json")
	if r.code != exitDone || !strings.Contains(r.stdout, `"change": "unchanged"`) {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if r := command(t, t.Context(), "report", "small", "none"); r.code != exitRequest || !strings.Contains(r.stderr, "none holds no results") {
		t.Errorf("exit %d\n%s", r.code, r.stderr)
	}
	if after := tree(t, "."); !slices.Equal(before, after) {
		t.Error("report of two folders has written something")
	}
}
