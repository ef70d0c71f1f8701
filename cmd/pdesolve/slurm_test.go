package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Stand-ins for sbatch and squeue that run an array's tasks one after the other in the
// background. Of the first array, task 1 is lost on the way and Slurm's answer is as if
// all had been well.
const (
	fakeSbatch = `#!/bin/sh
for a in "$@"; do case $a in --array=*) list=${a#--array=} ;; esac; done
n=$(($(cat "$FAKE_SLURM/count" 2>/dev/null || echo 0) + 1)); echo $n >"$FAKE_SLURM/count"
cat >"$FAKE_SLURM/script.$n"; echo "$@" >"$FAKE_SLURM/args.$n"; mkdir "$FAKE_SLURM/job.$n"
for i in $(echo "$list" | tr , ' '); do touch "$FAKE_SLURM/job.$n/$i"; done
(
	sleep "${FAKE_SLURM_DELAY:-0}"
	for i in $(echo "$list" | tr , ' '); do
		if [ $n != 1 ] || [ $i != 1 ]; then
			SLURM_ARRAY_TASK_ID=$i sh "$FAKE_SLURM/script.$n" >"$FAKE_SLURM/log.$n.$i" 2>&1
		fi
		rm "$FAKE_SLURM/job.$n/$i"
	done
) >/dev/null 2>&1 &
echo $n
`
	fakeSqueue = `#!/bin/sh
while [ "$1" != -j ]; do shift; done
for f in "$FAKE_SLURM/job.$2"/*; do [ -e "$f" ] && echo RUNNING; done
exit 0
`
)

// fakeSlurm puts the stand-ins on the PATH and returns the folder of their notes.
func fakeSlurm(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"sbatch": fakeSbatch, "squeue": fakeSqueue} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("FAKE_SLURM", dir)
	t.Setenv(asProgram, "1") // the array's tasks are this executable
	poll := slurmPoll
	slurmPoll = 20 * time.Millisecond
	t.Cleanup(func() { slurmPoll = poll })
	return dir
}

// TestSlurm: a job array makes the runs, a task that is lost is submitted again, and the
// summary is that of one run on one machine.
func TestSlurm(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Fatal("this test needs a shell")
	}
	inFolder(t, map[string]string{"small.yaml": small})
	notes := fakeSlurm(t)
	if r := command(t, t.Context(), "compare", "small.yaml", "-o", "whole"); r.code != exitDone {
		t.Fatal(r.stderr)
	}
	r := command(t, t.Context(), "compare", "small.yaml", "-o", "array", "--engine", "slurm", "--tasks", "3", "--sbatch=--partition=main")
	if r.code != exitDone {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	if summaryOf(t, "whole") != summaryOf(t, "array") {
		t.Error("the array has another summary")
	}
	for file, want := range map[string]string{"args.1": "--array=0,1,2 ", "args.2": "--array=1 "} {
		b, err := os.ReadFile(filepath.Join(notes, file))
		if err != nil || !strings.Contains(string(b), want) || !strings.Contains(string(b), "--partition=main") {
			t.Errorf("%s: %s (%v)", file, b, err)
		}
	}
	if _, err := os.Stat(filepath.Join(notes, "args.3")); err == nil {
		t.Error("a third array was submitted")
	}
}

// TestSlurmRounds: every round of seeds is an array of its own, and nothing is left to make
// here.
func TestSlurmRounds(t *testing.T) {
	serial(t)
	inFolder(t, map[string]string{"rounds.yaml": rounds})
	notes := fakeSlurm(t)
	if r := command(t, t.Context(), "compare", "rounds.yaml", "-o", "whole"); r.code != exitDone {
		t.Fatal(r.stderr)
	}
	r := command(t, t.Context(), "compare", "rounds.yaml", "-o", "array", "--engine", "slurm", "--tasks", "2")
	if r.code != exitDone {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	if summaryOf(t, "whole") != summaryOf(t, "array") {
		t.Error("the arrays have another summary")
	}
	all := finishedIn("array")
	if want := fmt.Sprintf("%d of %d runs were there already", all, all); !strings.Contains(r.stderr, want) {
		t.Errorf("no %q in\n%s", want, r.stderr)
	}
	if _, err := os.Stat(filepath.Join(notes, "args.3")); err != nil {
		t.Error("after the first array and its lost task no round of more seeds was submitted")
	}
}

// TestSlurmDetaches: Ctrl-C leaves the job in the queue and says so; the same command
// comes back to it and submits nothing.
func TestSlurmDetaches(t *testing.T) {
	serial(t)
	inFolder(t, map[string]string{"small.yaml": small})
	notes := fakeSlurm(t)
	t.Setenv("FAKE_SLURM_DELAY", "1")
	args := []string{"compare", "small.yaml", "-o", "array", "--engine", "slurm", "--tasks", "1"}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		for range 1000 {
			if _, err := os.Stat(filepath.Join("array", slurmFile)); err == nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	r := command(t, ctx, args...)
	if r.code != exitFailed || !strings.Contains(r.stderr, "job array 1 goes on: the same command comes back to it") {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	r = command(t, t.Context(), args...)
	if r.code != exitDone || !strings.Contains(r.stderr, "back at job array 1") {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	if _, err := os.Stat(filepath.Join(notes, "args.2")); err == nil {
		t.Error("the second command submitted again")
	}
}

// TestSlurmRequests: what does not go together is refused in words, and so is a machine
// without Slurm.
func TestSlurmRequests(t *testing.T) {
	inFolder(t, map[string]string{"small.yaml": small})
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--engine", "slrm"}, exitRequest, `did you mean "slurm"`},
		{[]string{"--engine", "slurm", "--shard", "1/2"}, exitRequest, "makes all shards"},
		{[]string{"--sbatch", "--partition=main"}, exitRequest, "belongs to --engine slurm"},
		{[]string{"--engine", "slurm", "--tasks", "0"}, exitRequest, "want 1 to 1000"},
		{[]string{"--engine", "slurm"}, exitFailed, "needs Slurm's client commands"},
	} {
		t.Setenv("PATH", "")
		r := command(t, t.Context(), append([]string{"compare", "small.yaml"}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.stderr, c.want) {
			t.Errorf("%v: exit %d, no %q in\n%s", c.args, r.code, c.want, r.stderr)
		}
	}
}
