package compare

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLoadIsTheInverseOfWriteReport: a loaded result has the states and atoms of
// the stored one bit for bit, and gives the same report.
func TestLoadIsTheInverseOfWriteReport(t *testing.T) {
	serial(t)
	dir := t.TempDir()
	r := fixture(t)
	require.NoError(t, WriteReport(dir, r, Provenance{Version: "v1"}))
	got, version, err := Load(dir, r.Study)
	require.NoError(t, err)
	require.Equal(t, "v1", version)
	require.Len(t, got.Runs, len(r.Runs))
	densities, atoms := 0, 0
	for i, run := range r.Runs {
		other := got.Runs[i].Trajectory
		require.Equal(t, run.ID, got.Runs[i].ID)
		require.Len(t, other.States, len(run.Trajectory.States))
		for s, state := range run.Trajectory.States {
			for c, d := range state {
				require.Equal(t, d.Values, other.States[s][c].Values)
				require.True(t, d.Grid.Equal(other.States[s][c].Grid))
				densities++
			}
		}
		require.Equal(t, run.Trajectory.Ensembles, other.Ensembles)
		atoms += len(other.Ensembles)
	}
	require.NotZero(t, densities)
	require.NotZero(t, atoms)

	again := t.TempDir()
	require.NoError(t, WriteReport(again, got, Provenance{Version: version}))
	for _, name := range []string{"series.csv", "report.md", "report.html", "states/muscl-n40.npz", "figures/risk.svg"} {
		want, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		rewritten, err := os.ReadFile(filepath.Join(again, name))
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, rewritten), name)
	}
}

// TestLoadRefuses: files that are missing, damaged or of another model are errors
// that name the run.
func TestLoadRefuses(t *testing.T) {
	serial(t)
	_, _, err := Load(t.TempDir(), Study{})
	require.ErrorContains(t, err, "summary.json")

	dir := t.TempDir()
	r := fixture(t)
	require.NoError(t, WriteReport(dir, r, Provenance{}))
	other := r.Study
	other.Model.Blocks = other.Model.Blocks[:1]
	_, _, err = Load(dir, other)
	require.ErrorContains(t, err, "states of run muscl-n40")

	states := filepath.Join(dir, "states", "muscl-n40.npz")
	data, err := os.ReadFile(states)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(states, data[:len(data)/2], 0o644))
	_, _, err = Load(dir, r.Study)
	require.ErrorContains(t, err, "states of run muscl-n40")
}
