package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readmeBlocks returns the shell blocks of the README, comments removed.
func readmeBlocks(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	var blocks [][]string
	for i, part := range strings.Split(string(text), "```") {
		body, ok := strings.CutPrefix(part, "sh\n")
		if i%2 == 0 || !ok {
			continue
		}
		var lines []string
		for line := range strings.Lines(body) {
			line, _, _ = strings.Cut(line, "#")
			if line = strings.TrimSpace(line); line != "" {
				lines = append(lines, line)
			}
		}
		blocks = append(blocks, lines)
	}
	return blocks
}

func TestReadmeStartsWithTheTwoCommands(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(text), "# pdesolve\n\n```sh\ngo run ./cmd/pdesolve compare\ngo test ./...\n```\n"))
}

// TestReadmeCommands runs every pdesolve command that the README shows, in
// order, in a folder where my.yaml is the smallest built-in experiment. The job of
// the first line, which is the same command on the default experiment, is left to
// its users: it takes a minute.
func TestReadmeCommands(t *testing.T) {
	serial(t)
	data, err := filepath.Abs("../../testdata")
	require.NoError(t, err)
	blocks := readmeBlocks(t)
	require.GreaterOrEqual(t, len(blocks), 2)
	t.Chdir(t.TempDir())
	require.NoError(t, os.Symlink(data, "testdata"))
	tiny, err := os.ReadFile("testdata/experiments/tiny.yaml")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile("my.yaml", tiny, 0o644))
	ran := 0
	for _, line := range blocks[1] {
		args, ok := strings.CutPrefix(line, "pdesolve ")
		if !ok {
			assert.Equal(t, "go install ./cmd/pdesolve", line)
			continue
		}
		var stdout, stderr bytes.Buffer
		assert.Zero(t, run(context.Background(), strings.Fields(args), &stdout, &stderr), "%s\n%s", line, &stderr)
		assert.NotEmpty(t, stdout.String(), line)
		ran++
	}
	assert.GreaterOrEqual(t, ran, 5)
	assert.FileExists(t, "results/my/report.html")
}
