package compare

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/finite"
	"pdesolve/pde"
)

// trainingStudy trains one network.
func trainingStudy(t *testing.T, d finite.Dynamics) Study {
	s := linearStudy(t)
	s.Solvers, s.Rates, s.Networks.Dynamics = nil, nil, d
	s.Trained = []Network{{Depth: 2, Width: 8, Seed: 3}}
	return s
}

// A run that was stopped on its way goes on from its last checkpoint, to the run that
// was never stopped; from a damaged one it starts anew.
func TestStoreGoesOnWithARun(t *testing.T) {
	s := trainingStudy(t, &finite.Adam{Step: 0.01, Beta1: 0.9, Beta2: 0.999})
	whole, err := Execute(context.Background(), s, nil)
	require.NoError(t, err)
	steps := whole.Runs[0].Trajectory.Contracts.Steps
	for what, damage := range map[string]func(file string) error{
		"whole": nil, "another request": nil,
		"cut":  func(file string) error { return os.Truncate(file, 100) },
		"gone": os.Remove,
	} {
		store := NewStore(t.TempDir(), "p")
		store.Interval = time.Nanosecond
		ctx, cancel := context.WithCancel(context.Background())
		done := 0
		_, err := Execute(ctx, s, &Options{Store: store, Progress: func(Event) {
			if done++; done == 7 {
				cancel()
			}
		}})
		require.ErrorIs(t, err, context.Canceled)
		files, err := filepath.Glob(filepath.Join(store.dir, "checkpoints", "*.npz"))
		require.NoError(t, err)
		require.Len(t, files, 2, "the one before the last is kept too")
		want := steps - 7
		if damage != nil {
			want = steps
			for _, f := range files {
				require.NoError(t, damage(f))
			}
		}
		other := s
		if what == "another request" {
			other.Model.Decay *= 2
			want = steps
		}
		done = 0
		got, err := Execute(context.Background(), other, &Options{Store: store, Progress: func(Event) { done++ }})
		require.NoError(t, err)
		assert.Equal(t, want, done-1, what) // one event says that the run has finished
		if what != "another request" {
			assert.Equal(t, whole.Runs[0].Trajectory, got.Runs[0].Trajectory, what)
		}
		assert.NoDirExists(t, filepath.Join(store.dir, "checkpoints"), what)
	}
}

// A run that diverges is kept up to its last good state, with the reason.
func TestDivergedRunIsKept(t *testing.T) {
	s := trainingStudy(t, &finite.Descent{Step: 1})
	s.Model.Decay = 50
	s.Times = []float64{0, 100, 200, 800}
	r, err := Execute(context.Background(), s, nil)
	var diverged *pde.DivergedError
	require.True(t, errors.As(err, &diverged), "%v", err)
	require.Len(t, r.Runs, 1)
	run := r.Runs[0]
	assert.Contains(t, run.Stopped, diverged.What)
	last := len(run.Trajectory.Time) - 1
	assert.Equal(t, diverged.Time, run.Trajectory.Time[last])
	assert.False(t, math.IsNaN(run.Trajectory.Energy[last]))
	for _, v := range run.Trajectory.Ensembles[last].Theta {
		assert.False(t, math.IsNaN(v) || math.IsInf(v, 0))
	}
	require.NoError(t, WriteReport(t.TempDir(), r, Provenance{}))
}
